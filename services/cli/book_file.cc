#include "services/cli/book_file.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "ledger/base/check.h"
#include "services/cli/book_names.h"
#include "services/cli/values.h"

namespace bursar::cli {
namespace {

absl::Time TimeOf(const v1::BookTransaction& transaction) {
  return absl::FromUnixMicros(google::protobuf::util::TimeUtil::TimestampToMicroseconds(transaction.commit_time()));
}

}  // namespace

absl::StatusOr<BookKind> BookKindOf(const std::string& kind, const std::string& file) {
  const auto is = [&](const char* name, std::initializer_list<const char*> ends) {
    if (!kind.empty()) return kind == name;
    for (const char* end : ends) {
      if (absl::EndsWith(file, end)) return true;
    }
    return false;
  };
  if (is("csv", {".csv"})) return BookKind::kCsv;
  if (is("xlsx", {".xlsx"})) return BookKind::kXlsx;
  if (is("hledger", {".journal", ".hledger", ".ledger"})) return BookKind::kHledger;
  if (is("beancount", {".beancount", ".bean"})) return BookKind::kBeancount;
  return absl::InvalidArgumentError(absl::StrCat(kind.empty()
                                                     ? absl::StrCat("The end of ", file, " does not say what to write")
                                                     : absl::StrCat("\"", kind, "\" is not allowed"),
                                                 "; write --kind with one of: csv, xlsx, hledger, beancount."));
}

std::unique_ptr<BookFile> NewBookFile(BookKind kind, const std::string& file) {
  switch (kind) {
    case BookKind::kCsv:
      return NewCsvFile(file);
    case BookKind::kXlsx:
      return NewXlsxFile(file);
    case BookKind::kHledger:
      return NewHledgerFile(file);
    case BookKind::kBeancount:
      return NewBeancountFile(file);
  }
  BURSAR_CHECK(!"an unknown kind of file");
}

absl::CivilDay DayOf(const v1::BookTransaction& transaction) {
  return absl::ToCivilDay(TimeOf(transaction), absl::UTCTimeZone());
}

std::string TimeText(const v1::BookTransaction& transaction) { return WriteTime(TimeOf(transaction)); }

std::string SixDecimals(WideMoney amount) {
  std::string text = amount.Text();
  constexpr size_t kDecimals = 6;
  text.append(kDecimals - (text.size() - text.find('.') - 1), '0');
  return text;
}

std::map<std::string, WideMoney> MissingFrom(const v1::BookTransaction& transaction) {
  std::map<std::string, WideMoney> missing;
  for (const v1::BookPosting& posting : transaction.postings()) {
    missing[posting.currency()] -= Money::Micros(posting.amount_micros());
  }
  for (auto currency = missing.begin(); currency != missing.end();) {
    currency = currency->second == WideMoney() ? missing.erase(currency) : std::next(currency);
  }
  return missing;
}

std::map<std::pair<std::string, std::string>, WideMoney> SumsOf(const BookBalances& balances) {
  std::map<std::pair<std::string, std::string>, WideMoney> sums;
  for (const v1::BookBalance& balance : balances) {
    sums[{NameOfBook(balance.book_class(), balance.book_account()), balance.currency()}] +=
        Money::Micros(balance.balance_micros());
  }
  return sums;
}

}  // namespace bursar::cli
