// The ledger under clocks that jump, go back and stand still: what is written stays in order, and nothing is due before
// its time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/base/steadied_clock.h"
#include "ledger/engine/ledger.h"
#include "ledger/log/block.h"
#include "ledger/log/memory_log.h"

namespace bursar {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);
const Principal kOlga{.role = Role::kOperator, .name = "olga"};
const Principal kPortal{.role = Role::kService, .name = "portal"};
const UserId kAda = UserId::OfHandle("ada");

// A wall clock that is set now and then, the steadied one over it, and a ledger that lives by that.
class ClockJump : public testing::Test {
 protected:
  ClockJump() {
    auto ledger = Ledger::Open({.log = &log_, .clock = &clock_});
    EXPECT_TRUE(ledger.ok()) << ledger.status();
    ledger_ = *std::move(ledger);
    Must(kPortal, RegisterUser{.handle = "ada", .person = {.email = "ada@example.org"}, .currency = "USD"});
  }

  Answer Must(const Principal& principal, Command command) {
    absl::StatusOr<Answer> answer = ledger_->SubmitAndWait({.principal = principal,
                                                            .request_id = absl::StrCat("request-", ++requests_),
                                                            .fingerprint = "fingerprint-1234",
                                                            .command = std::move(command)});
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? *answer : std::make_shared<storage::v1::Entry>();
  }
  Position Grant(absl::Time expires) {
    return Must(kOlga, GrantCredit{.billing_account = BillingAccountId(kAda),
                                   .amount = Money::Micros(1'000'000),
                                   .expire_time = expires,
                                   .reason = "a gift"})
        ->position();
  }
  // Real time goes on; the wall clock too, unless it stands still.
  void Pass(absl::Duration by, bool wall_stands) {
    steady_micros_ += absl::ToInt64Microseconds(by);
    if (!wall_stands) wall_.Advance(by);
  }
  absl::Time Real() const { return kStart + absl::Microseconds(steady_micros_.load()); }

  ManualClock wall_{kStart};
  // The ledger's threads look at it too.
  std::atomic<int64_t> steady_micros_ = 0;
  SteadiedClock clock_{{.wall = &wall_, .steady = [this] { return absl::Microseconds(steady_micros_.load()); }}};
  MemoryLog log_;
  std::unique_ptr<Ledger> ledger_;
  int requests_ = 0;
};

TEST_F(ClockJump, NothingExpiresBecauseTheClockWasSetWrong) {
  const Position credit = Grant(kStart + absl::Hours(24 * 365));
  for (const absl::Duration jump :
       {absl::Hours(1), absl::Hours(24), absl::Hours(24 * 3653), -absl::Hours(1), -absl::Hours(24 * 3653)}) {
    wall_.Advance(jump);
    Pass(absl::Seconds(1), /*wall_stands=*/false);
    ASSERT_TRUE(ledger_->Tick().ok());
    EXPECT_EQ(log_.Last().position, credit) << jump;
    wall_.Advance(-jump);
  }
  const Answer after = Must(kOlga, PublishPartner{.partner_id = "acme"});
  EXPECT_EQ(absl::FromUnixMicros(after->commit_time()), Real());
}

TEST_F(ClockJump, EntriesKeepTheirOrderAndExpiriesTheirTimeUnderAnyClock) {
  std::mt19937_64 random(3);
  const auto below = [&](int64_t n) { return static_cast<int64_t>(random() % static_cast<uint64_t>(n)); };
  std::map<Position, absl::Time> expires;
  // How far what was believed has taken the clock from real time.
  absl::Duration off;
  for (int i = 0; i < 1'500; ++i) {
    Pass(absl::Milliseconds(below(120'000)), /*wall_stands=*/below(10) == 0);
    if (below(5) == 0) wall_.Advance(absl::Hours(below(2) == 0 ? 24 * 3653 : 1) * (below(2) == 0 ? 1 : -1));
    if (below(5) == 0) wall_.Advance(absl::Seconds(below(400) - 200));
    if (below(8) == 0) wall_.Set(Real() + absl::Seconds(below(20) - 10));
    off = std::max(off, absl::AbsDuration(clock_.Now() - Real()));
    if (below(3) == 0) {
      // Around now, to the microsecond, or in some hours.
      const absl::Time time =
          std::max(clock_.Now() + absl::Hours(below(6)), clock_.Now() + absl::Microseconds(below(2)));
      const auto granted = ledger_->SubmitAndWait({.principal = kOlga,
                                                   .request_id = absl::StrCat("grant-", i),
                                                   .fingerprint = "fingerprint-1234",
                                                   .command = GrantCredit{.billing_account = BillingAccountId(kAda),
                                                                          .amount = Money::Micros(1),
                                                                          .expire_time = time,
                                                                          .reason = "a gift"}});
      // In the past by what the ledger has seen: refused.
      if (granted.ok()) expires[(*granted)->position()] = time;
    } else {
      ASSERT_TRUE(ledger_->Tick().ok());
    }
  }
  Pass(absl::Hours(7), false);
  wall_.Set(clock_.Now());
  ASSERT_TRUE(ledger_->Tick().ok());

  int64_t last = 0;
  std::map<Position, absl::Time> expired;
  ASSERT_TRUE(
      VerifiedRead(log_, [&](const storage::v1::Block& block) {
        for (const storage::v1::Entry& entry : block.entries()) {
          EXPECT_LE(last, entry.commit_time()) << entry.position();
          last = entry.commit_time();
          for (const storage::v1::Event& event : entry.events()) {
            if (!event.has_credit_expired()) continue;
            EXPECT_TRUE(
                expired.emplace(event.credit_expired().credit(), absl::FromUnixMicros(entry.commit_time())).second)
                << "twice";
          }
        }
        return absl::OkStatus();
      }).ok());
  EXPECT_GT(expires.size(), 200u);
  EXPECT_EQ(expired.size(), expires.size()) << "each once";
  for (const auto& [credit, time] : expires) {
    ASSERT_TRUE(expired.contains(credit)) << credit;
    EXPECT_GE(expired[credit], time) << "not before its time";
  }
  EXPECT_LT(off, absl::Hours(1)) << "jumps of hours and years were not followed";
}

}  // namespace
}  // namespace bursar
