// A journal for beancount. Its assertions hold at the beginning of their day, so those of the end of a day stand on the
// day after; and they are exact, where beancount would let a few millionths pass.
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/cli/book_file.h"
#include "services/cli/book_names.h"
#include "services/cli/write_file.h"

namespace bursar::cli {
namespace {

std::string Quoted(const std::string& text) {
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
}

class BeancountFile : public BookFile {
 public:
  explicit BeancountFile(const std::string& file) : file_(file) {
    file_.Write(
        "; The books of Bursar. Amounts are exact to a millionth; every month ends with what the books held.\n"
        "option \"title\" \"Bursar\"\n\n");
  }

  void Open(absl::CivilDay day, const BookBalances& balances) override {
    first_day_ = day;
    std::string text;
    std::map<std::string, WideMoney> opened;
    for (const v1::BookBalance& balance : balances) {
      if (balance.balance_micros() == 0) continue;
      const Money amount = Money::Micros(balance.balance_micros());
      text += Line(NameOf(balance), amount, balance.currency());
      opened[balance.currency()] += amount;
    }
    for (const auto& [currency, amount] : opened) text += Line(kOpeningName, WideMoney() - amount, currency);
    if (!text.empty()) Put(absl::StrCat(absl::FormatCivilTime(day), " * \"Opening balances\"\n", text));
  }

  void Add(const v1::BookTransaction& transaction) override {
    std::string text = absl::StrCat(absl::FormatCivilTime(DayOf(transaction)), " * ", Quoted(transaction.event()),
                                    "\n  position: ", transaction.position(), "\n  at: ", Quoted(TimeText(transaction)),
                                    "\n  by: ", Quoted(transaction.principal()), "\n");
    if (!transaction.request_id().empty()) {
      absl::StrAppend(&text, "  request: ", Quoted(transaction.request_id()), "\n");
    }
    for (const v1::BookPosting& posting : transaction.postings()) {
      text += Line(NameOfBook(posting.book_class(), posting.book_account(), posting.billing_account()),
                   Money::Micros(posting.amount_micros()), posting.currency());
    }
    for (const auto& [currency, amount] : MissingFrom(transaction)) text += Line(kOtherName, amount, currency);
    Put(text);
  }

  void Assert(absl::CivilDay day, const BookBalances& balances) override {
    std::string text;
    for (const v1::BookBalance& balance : balances) {
      text += Balance(day + 1, NameOf(balance), Money::Micros(balance.balance_micros()), balance.currency());
    }
    for (const auto& [name, sum] : SumsOf(balances)) text += Balance(day + 1, name.first, sum, name.second);
    if (!text.empty()) Put(text);
  }

  absl::Status Finish() override { return file_.Finish(); }

 private:
  static std::string NameOf(const v1::BookBalance& balance) {
    return NameOfBook(balance.book_class(), balance.book_account(), balance.billing_account());
  }

  // Opens what has not been named before.
  void Name(const std::string& account) {
    if (!accounts_.insert(account).second) return;
    absl::StrAppend(&declarations_, absl::FormatCivilTime(first_day_), " open ", account, "\n");
  }

  std::string Line(const std::string& account, WideMoney amount, const std::string& currency) {
    Name(account);
    return absl::StrCat("  ", account, "  ", SixDecimals(amount), " ", currency, "\n");
  }

  std::string Balance(absl::CivilDay day, const std::string& account, WideMoney sum, const std::string& currency) {
    Name(account);
    return absl::StrCat(absl::FormatCivilTime(day), " balance ", account, "  ", SixDecimals(sum), " ~ 0 ", currency,
                        "\n");
  }

  void Put(const std::string& directives) {
    if (!declarations_.empty()) file_.Write(declarations_ + "\n");
    declarations_.clear();
    file_.Write(directives + "\n");
  }

  NewFile file_;
  absl::CivilDay first_day_;
  std::set<std::string> accounts_;
  std::string declarations_;
};

}  // namespace

std::unique_ptr<BookFile> NewBeancountFile(const std::string& file) { return std::make_unique<BeancountFile>(file); }

}  // namespace bursar::cli
