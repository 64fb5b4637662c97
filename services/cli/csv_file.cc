// One line per posting, and one per balance at the end of a month, which says so in its first column.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "services/cli/book_file.h"
#include "services/cli/write_file.h"

namespace bursar::cli {
namespace {

// Quoted where it has to be. A text that a spreadsheet would calculate is kept from it by an apostrophe; no amount and
// no time is written here.
std::string Cell(const std::string& text) {
  std::string cell = text;
  if (!cell.empty() && std::string("=+-@").find(cell[0]) != std::string::npos) cell.insert(0, "'");
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  return absl::StrCat("\"", absl::StrReplaceAll(cell, {{"\"", "\"\""}}), "\"");
}

class CsvFile : public BookFile {
 public:
  explicit CsvFile(const std::string& file) : file_(file) {
    file_.Write("kind,day,time,position,event,principal,request_id,billing_account,book_account,currency,amount\r\n");
  }

  void Open(absl::CivilDay day, const BookBalances& balances) override { Balances("opening", day, balances); }

  void Add(const v1::BookTransaction& transaction) override {
    for (const v1::BookPosting& posting : transaction.postings()) {
      Line({"posting", absl::FormatCivilTime(DayOf(transaction)), TimeText(transaction),
            absl::StrCat(transaction.position()), Cell(transaction.event()), Cell(transaction.principal()),
            Cell(transaction.request_id()), Cell(posting.billing_account()), Cell(posting.book_account()),
            Cell(posting.currency()), SixDecimals(Money::Micros(posting.amount_micros()))});
    }
  }

  void Assert(absl::CivilDay day, const BookBalances& balances) override { Balances("balance", day, balances); }

  absl::Status Finish() override { return file_.Finish(); }

 private:
  void Balances(const char* kind, absl::CivilDay day, const BookBalances& balances) {
    for (const v1::BookBalance& balance : balances) {
      Line({kind, absl::FormatCivilTime(day), "", "", "", "", "", Cell(balance.billing_account()),
            Cell(balance.book_account()), Cell(balance.currency()),
            SixDecimals(Money::Micros(balance.balance_micros()))});
    }
  }

  void Line(const std::vector<std::string>& cells) { file_.Write(absl::StrJoin(cells, ",") + "\r\n"); }

  NewFile file_;
};

}  // namespace

std::unique_ptr<BookFile> NewCsvFile(const std::string& file) { return std::make_unique<CsvFile>(file); }

}  // namespace bursar::cli
