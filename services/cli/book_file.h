// A file that the books are written to, for another program.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "bursar/v1/finance.pb.h"
#include "ledger/projections/wide_money.h"

namespace bursar::cli {

using BookBalances = std::vector<v1::BookBalance>;

// In this order: Open once, Add and Assert as time goes on, Finish. All days are those of UTC.
class BookFile {
 public:
  virtual ~BookFile() = default;

  // What the books held before the first transaction, which is of this day or a later one.
  virtual void Open(absl::CivilDay day, const BookBalances& balances) = 0;
  virtual void Add(const v1::BookTransaction& transaction) = 0;
  // What the books held at the end of this day, after everything that was added; more may follow on the days after, and
  // after the last assertion nothing.
  virtual void Assert(absl::CivilDay day, const BookBalances& balances) = 0;
  // The file is there afterwards, whole. An error is a sentence.
  virtual absl::Status Finish() = 0;
};

enum class BookKind { kCsv, kXlsx, kHledger, kBeancount };

// By the kind's name, else by the end of the file's name; INVALID_ARGUMENT where neither says.
absl::StatusOr<BookKind> BookKindOf(const std::string& kind, const std::string& file);

std::unique_ptr<BookFile> NewBookFile(BookKind kind, const std::string& file);
std::unique_ptr<BookFile> NewCsvFile(const std::string& file);
std::unique_ptr<BookFile> NewXlsxFile(const std::string& file);
std::unique_ptr<BookFile> NewHledgerFile(const std::string& file);
std::unique_ptr<BookFile> NewBeancountFile(const std::string& file);

// What the files have in common.

absl::CivilDay DayOf(const v1::BookTransaction& transaction);
// "2026-03-02T09:00:00.25Z"
std::string TimeText(const v1::BookTransaction& transaction);
// In units with all six decimals: "-12.500000".
std::string SixDecimals(WideMoney amount);
// What is missing from zero, by currency: where a transaction moved money of other accounts too, which are not in this
// export.
std::map<std::string, WideMoney> MissingFrom(const v1::BookTransaction& transaction);
// The sums over all billing accounts, by name of the book account and currency.
std::map<std::pair<std::string, std::string>, WideMoney> SumsOf(const BookBalances& balances);

// Where openings come from, and what is missing goes.
inline constexpr char kOpeningName[] = "Equity:Opening-Balances";
inline constexpr char kOtherName[] = "Equity:Other-Accounts";

}  // namespace bursar::cli
