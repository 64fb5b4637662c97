// `bursar finance export`: pages of transactions from the server, and what the books held at the end of each month,
// into a file.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "bursar/v1/finance.pb.h"
#include "google/protobuf/util/time_util.h"
#include "services/cli/book_file.h"
#include "services/cli/error_text.h"
#include "services/cli/progress.h"
#include "services/cli/show.h"

namespace bursar::cli {
namespace {

using google::protobuf::util::TimeUtil;

constexpr int kPage = 5'000;
constexpr int kAccountsPerPage = 1'000;

// One export, from the first page to the last assertion.
class Exporting {
 public:
  Exporting(const Showing& showing, BookFile& file)
      : showing_(showing),
        request_(static_cast<const v1::ExportRequest&>(showing.request)),
        file_(file),
        progress_("Exporting", showing.world.err, showing.world.err_is_terminal) {
    if (request_.page_size() == 0) request_.set_page_size(kPage);
  }

  absl::Status Run() {
    do {
      const auto page = showing_.client.Call<v1::ExportResponse>(request_);
      if (!page.ok()) return page.status();
      if (absl::Status taken = Take(*page); !taken.ok()) return taken;
      request_.set_page_token(page->next_page_token());
    } while (!request_.page_token().empty());
    progress_.Finish();
    if (!open_) return absl::OkStatus();
    const auto balances = BalancesAt([this](auto& request) { request.set_at_position(last_position_); });
    if (!balances.ok()) return balances.status();
    file_.Assert(last_day_, *balances);
    return absl::OkStatus();
  }

  int64_t transactions() const { return transactions_; }

 private:
  absl::Status Take(const v1::ExportResponse& page) {
    for (const v1::BookTransaction& transaction : page.transactions()) {
      const absl::CivilDay day = DayOf(transaction);
      if (absl::Status ready = open_ ? EndMonthsBefore(day) : Open(day); !ready.ok()) return ready;
      file_.Add(transaction);
      last_day_ = day;
      ++transactions_;
    }
    last_position_ = page.last_position();
    progress_.Show(page.position() - page.first_position(), page.last_position() - page.first_position(),
                   showing_.world.now());
    return absl::OkStatus();
  }

  // What was there before the period, on its first day or, where it has no beginning, on that of the first transaction.
  absl::Status Open(absl::CivilDay day) {
    open_ = true;
    last_day_ = day;
    if (!request_.has_start_time()) {
      file_.Open(day, {});
      return absl::OkStatus();
    }
    const absl::Time start = absl::FromUnixMicros(TimeUtil::TimestampToMicroseconds(request_.start_time()));
    const auto balances = BalancesBefore(start);
    if (!balances.ok()) return balances.status();
    last_day_ = absl::ToCivilDay(start, absl::UTCTimeZone());
    file_.Open(last_day_, *balances);
    return EndMonthsBefore(day);
  }

  absl::Status EndMonthsBefore(absl::CivilDay day) {
    for (absl::CivilMonth month(last_day_); month < absl::CivilMonth(day); ++month) {
      const absl::CivilDay next(month + 1);
      const auto balances = BalancesBefore(absl::FromCivil(next, absl::UTCTimeZone()));
      if (!balances.ok()) return balances.status();
      file_.Assert(next - 1, *balances);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<BookBalances> BalancesBefore(absl::Time time) {
    return BalancesAt([time](auto& request) {
      *request.mutable_at_time() = TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(time) - 1);
    });
  }

  template <class SetMoment>
  absl::StatusOr<BookBalances> BalancesAt(SetMoment set_moment) {
    v1::ListBookBalancesRequest request;
    request.set_billing_account(request_.billing_account());
    request.set_page_size(kAccountsPerPage);
    set_moment(request);
    BookBalances balances;
    do {
      const auto page = showing_.client.Call<v1::ListBookBalancesResponse>(request);
      if (!page.ok()) return page.status();
      balances.insert(balances.end(), page->balances().begin(), page->balances().end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return balances;
  }

  const Showing& showing_;
  v1::ExportRequest request_;
  BookFile& file_;
  Progress progress_;
  bool open_ = false;
  absl::CivilDay last_day_;
  uint64_t last_position_ = 0;
  int64_t transactions_ = 0;
};

}  // namespace

ExitCode ShowExport(const Showing& showing) {
  const std::string file = showing.Own("--file");
  if (file.empty()) {
    const auto answer = showing.client.Call<v1::ExportResponse>(static_cast<const v1::ExportRequest&>(showing.request));
    if (!answer.ok()) return showing.fail(answer.status(), ExitCodeOf(answer.status()));
    WriteAnswer(showing, *answer);
    return kDone;
  }
  const absl::StatusOr<BookKind> kind = BookKindOf(showing.Own("--kind"), file);
  if (!kind.ok()) return showing.fail(kind.status(), kMisuse);
  const std::unique_ptr<BookFile> books = NewBookFile(*kind, file);
  Exporting exporting(showing, *books);
  if (absl::Status exported = exporting.Run(); !exported.ok()) return showing.fail(exported, ExitCodeOf(exported));
  if (absl::Status finished = books->Finish(); !finished.ok()) return showing.fail(finished, kMisuse);
  showing.world.out << "Wrote " << exporting.transactions() << " transactions to " << file << ".\n";
  return kDone;
}

}  // namespace bursar::cli
