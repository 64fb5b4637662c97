// A workbook: postings on as many sheets as they need, balances on another. Written row by row, so that a long export
// needs no memory for it.
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/cli/book_file.h"
#include "services/cli/write_file.h"
#include "xlsxwriter.h"

namespace bursar::cli {
namespace {

// A spreadsheet counts in 15 decimal digits; amounts that need more are written as text.
constexpr int64_t kMostExact = 999'999'999'999'999;
// What a sheet has room for.
constexpr lxw_row_t kMostRows = 1'048'576;

// A sheet with a heading, and others like it where it is full.
class Sheets {
 public:
  struct Column {
    const char* heading;
    double width;
  };

  Sheets(lxw_workbook* workbook, lxw_format* bold, std::string name, std::vector<Column> columns)
      : workbook_(workbook), bold_(bold), name_(std::move(name)), columns_(std::move(columns)) {
    Begin();
  }

  // Texts, then an amount in the last column.
  void Add(const std::vector<std::string>& texts, int64_t micros, lxw_format* amount_format) {
    if (row_ == kMostRows) Begin();
    lxw_col_t column = 0;
    for (const std::string& text : texts) worksheet_write_string(sheet_, row_, column++, text.c_str(), nullptr);
    if (std::abs(micros) <= kMostExact) {
      worksheet_write_number(sheet_, row_, column, static_cast<double>(micros) / 1e6, amount_format);
    } else {
      worksheet_write_string(sheet_, row_, column, SixDecimals(Money::Micros(micros)).c_str(), nullptr);
    }
    ++row_;
  }

 private:
  void Begin() {
    ++number_;
    const std::string name = number_ == 1 ? name_ : absl::StrCat(name_, " ", number_);
    sheet_ = workbook_add_worksheet(workbook_, name.c_str());
    worksheet_freeze_panes(sheet_, 1, 0);
    lxw_col_t column = 0;
    for (const Column& heading : columns_) {
      worksheet_set_column(sheet_, column, column, heading.width, nullptr);
      worksheet_write_string(sheet_, 0, column++, heading.heading, bold_);
    }
    row_ = 1;
  }

  lxw_workbook* const workbook_;
  lxw_format* const bold_;
  const std::string name_;
  const std::vector<Column> columns_;
  lxw_worksheet* sheet_ = nullptr;
  lxw_row_t row_ = 0;
  int number_ = 0;
};

class XlsxFile : public BookFile {
 public:
  explicit XlsxFile(const std::string& file) : file_(file) {
    lxw_workbook_options options = {};
    options.constant_memory = LXW_TRUE;
    workbook_ = workbook_new_opt(file_.part().c_str(), &options);
    lxw_format* bold = workbook_add_format(workbook_);
    format_set_bold(bold);
    amount_ = workbook_add_format(workbook_);
    format_set_num_format(amount_, "#,##0.00####;[Red]-#,##0.00####");
    postings_ = std::make_unique<Sheets>(workbook_, bold, "Postings",
                                         std::vector<Sheets::Column>{{"Day", 11},
                                                                     {"Time (UTC)", 27},
                                                                     {"Position", 10},
                                                                     {"Event", 18},
                                                                     {"Principal", 18},
                                                                     {"Request", 24},
                                                                     {"Billing account", 22},
                                                                     {"Book account", 20},
                                                                     {"Currency", 9},
                                                                     {"Amount", 18}});
    balances_ = std::make_unique<Sheets>(workbook_, bold, "Balances",
                                         std::vector<Sheets::Column>{{"End of day", 11},
                                                                     {"Kind", 9},
                                                                     {"Billing account", 22},
                                                                     {"Book account", 20},
                                                                     {"Currency", 9},
                                                                     {"Balance", 18}});
  }
  ~XlsxFile() override {
    if (workbook_ != nullptr) workbook_close(workbook_);
  }

  void Open(absl::CivilDay day, const BookBalances& balances) override { Balances("opening", day - 1, balances); }

  void Add(const v1::BookTransaction& transaction) override {
    for (const v1::BookPosting& posting : transaction.postings()) {
      postings_->Add({absl::FormatCivilTime(DayOf(transaction)), TimeText(transaction),
                      absl::StrCat(transaction.position()), transaction.event(), transaction.principal(),
                      transaction.request_id(), posting.billing_account(), posting.book_account(), posting.currency()},
                     posting.amount_micros(), amount_);
    }
  }

  void Assert(absl::CivilDay day, const BookBalances& balances) override { Balances("balance", day, balances); }

  absl::Status Finish() override {
    const lxw_error error = workbook_close(workbook_);
    workbook_ = nullptr;
    if (error == LXW_NO_ERROR) return file_.Finish();
    return absl::InvalidArgumentError(absl::StrCat("The workbook cannot be written: ", lxw_strerror(error)));
  }

 private:
  void Balances(const char* kind, absl::CivilDay day, const BookBalances& balances) {
    for (const v1::BookBalance& balance : balances) {
      balances_->Add(
          {absl::FormatCivilTime(day), kind, balance.billing_account(), balance.book_account(), balance.currency()},
          balance.balance_micros(), amount_);
    }
  }

  NewFile file_;
  lxw_workbook* workbook_ = nullptr;
  lxw_format* amount_ = nullptr;
  std::unique_ptr<Sheets> postings_;
  std::unique_ptr<Sheets> balances_;
};

}  // namespace

std::unique_ptr<BookFile> NewXlsxFile(const std::string& file) { return std::make_unique<XlsxFile>(file); }

}  // namespace bursar::cli
