// A journal for hledger. Assertions are transactions of their own on the day that they are about, behind all others of
// it: hledger checks those of one day in the order of the file.
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/cli/book_file.h"
#include "services/cli/book_names.h"
#include "services/cli/write_file.h"

namespace bursar::cli {
namespace {

// Everything but letters, digits, '.', '_' and '-' as %XX: a comment has a grammar of its own.
std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-') {
      escaped += c;
    } else {
      absl::StrAppendFormat(&escaped, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  return escaped;
}

class HledgerFile : public BookFile {
 public:
  explicit HledgerFile(const std::string& file) : file_(file) {
    file_.Write(
        "; The books of Bursar. Amounts are exact to a millionth; every month ends with what the books held.\n\n");
  }

  void Open(absl::CivilDay day, const BookBalances& balances) override {
    if (balances.empty()) return;
    std::string text;
    std::map<std::string, WideMoney> opened;
    for (const v1::BookBalance& balance : balances) {
      if (balance.balance_micros() == 0) continue;
      const Money amount = Money::Micros(balance.balance_micros());
      absl::StrAppend(&text, Line(NameOf(balance), amount, balance.currency()), "\n");
      opened[balance.currency()] += amount;
    }
    for (const auto& [currency, amount] : opened) {
      absl::StrAppend(&text, Line(kOpeningName, WideMoney() - amount, currency), "\n");
    }
    if (!text.empty()) Put(absl::StrCat(absl::FormatCivilTime(day), " * Opening balances\n", text));
  }

  void Add(const v1::BookTransaction& transaction) override {
    std::string text = absl::StrCat(absl::FormatCivilTime(DayOf(transaction)), " * (", transaction.position(), ") ",
                                    transaction.event(), "\n    ; position:", transaction.position(),
                                    ", at:", TimeText(transaction), ", by:", Escaped(transaction.principal()));
    if (!transaction.request_id().empty()) absl::StrAppend(&text, ", request:", Escaped(transaction.request_id()));
    text += "\n";
    for (const v1::BookPosting& posting : transaction.postings()) {
      absl::StrAppend(&text,
                      Line(NameOfBook(posting.book_class(), posting.book_account(), posting.billing_account()),
                           Money::Micros(posting.amount_micros()), posting.currency()),
                      "\n");
    }
    for (const auto& [currency, amount] : MissingFrom(transaction)) {
      absl::StrAppend(&text, Line(kOtherName, amount, currency), "\n");
    }
    Put(text);
  }

  void Assert(absl::CivilDay day, const BookBalances& balances) override {
    std::string text;
    for (const v1::BookBalance& balance : balances) {
      absl::StrAppend(&text, Line(NameOf(balance), WideMoney(), balance.currency()), " = ",
                      SixDecimals(Money::Micros(balance.balance_micros())), " ", balance.currency(), "\n");
    }
    for (const auto& [name, sum] : SumsOf(balances)) {
      absl::StrAppend(&text, Line(name.first, WideMoney(), name.second), " =* ", SixDecimals(sum), " ", name.second,
                      "\n");
    }
    if (!text.empty()) Put(absl::StrCat(absl::FormatCivilTime(day), " * Balances at the end of the day\n", text));
  }

  absl::Status Finish() override { return file_.Finish(); }

 private:
  static std::string NameOf(const v1::BookBalance& balance) {
    return NameOfBook(balance.book_class(), balance.book_account(), balance.billing_account());
  }

  // A posting; what has not been named before is declared first.
  std::string Line(const std::string& account, WideMoney amount, const std::string& currency) {
    if (accounts_.insert(account).second) absl::StrAppend(&declarations_, "account ", account, "\n");
    if (currencies_.insert(currency).second) {
      absl::StrAppend(&declarations_, "commodity 1000.000000 ", currency, "\n");
    }
    return absl::StrCat("    ", account, "  ", SixDecimals(amount), " ", currency);
  }

  void Put(const std::string& transaction) {
    if (!declarations_.empty()) file_.Write(declarations_ + "\n");
    declarations_.clear();
    file_.Write(transaction + "\n");
  }

  NewFile file_;
  std::set<std::string> accounts_;
  std::set<std::string> currencies_;
  std::string declarations_;
};

}  // namespace

std::unique_ptr<BookFile> NewHledgerFile(const std::string& file) { return std::make_unique<HledgerFile>(file); }

}  // namespace bursar::cli
