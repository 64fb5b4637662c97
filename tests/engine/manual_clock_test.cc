// A clock that stands still until a command moves it, and what becomes due on the way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/domain/refusals.h"
#include "ledger/engine/ledger.h"
#include "ledger/log/block.h"
#include "ledger/log/memory_log.h"

namespace bursar {
namespace {

using ::testing::HasSubstr;

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);
const Principal kOlga{.role = Role::kOperator, .name = "olga"};
const Principal kPortal{.role = Role::kService, .name = "portal"};
const UserId kAda = UserId::OfHandle("ada");

class ManualClockTest : public testing::Test {
 protected:
  ManualClockTest() { Open({.manual_clock = kStart}); }

  absl::Status TryOpen(Ledger::Options options) {
    ledger_.reset();
    options.log = &log_;
    absl::StatusOr<std::unique_ptr<Ledger>> ledger = Ledger::Open(std::move(options));
    if (ledger.ok()) ledger_ = *std::move(ledger);
    return ledger.status();
  }
  void Open(Ledger::Options options) {
    const absl::Status opened = TryOpen(std::move(options));
    ASSERT_TRUE(opened.ok()) << opened;
  }

  absl::StatusOr<Answer> Ask(const Principal& principal, const std::string& request_id, Command command) {
    return ledger_->SubmitAndWait({.principal = principal,
                                   .request_id = request_id,
                                   .fingerprint = "fingerprint-1234",
                                   .command = std::move(command)});
  }
  Answer Must(const Principal& principal, const std::string& request_id, Command command) {
    absl::StatusOr<Answer> answer = Ask(principal, request_id, std::move(command));
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? *answer : std::make_shared<storage::v1::Entry>();
  }
  Answer Advance(const std::string& request_id, absl::Duration by) {
    return Must(kPortal, request_id, AdvanceClock{.by = by, .clock_is_manual = true});
  }
  // Credits that expire after 1, 2, ... hours.
  void GrantAda(int count) {
    Must(kPortal, "ada", RegisterUser{.handle = "ada", .person = {.email = "ada@example.org"}, .currency = "USD"});
    for (int i = 1; i <= count; ++i) {
      Must(kOlga, absl::StrCat("grant-", i),
           GrantCredit{.billing_account = BillingAccountId(kAda),
                       .amount = Money::Micros(1'000'000),
                       .expire_time = kStart + absl::Hours(i),
                       .reason = "a gift"});
    }
  }

  std::vector<storage::v1::Entry> Entries() const {
    std::vector<storage::v1::Entry> entries;
    EXPECT_TRUE(VerifiedRead(log_, [&](const storage::v1::Block& block) {
                  entries.insert(entries.end(), block.entries().begin(), block.entries().end());
                  return absl::OkStatus();
                }).ok());
    return entries;
  }
  absl::Time Now() const {
    absl::Time now;
    ledger_->Read([&](const State&, absl::Time time) { now = time; });
    return now;
  }
  std::string Canonical() const {
    std::string canonical;
    ledger_->Read([&](const State& state, absl::Time) { canonical = state.Canonical(); });
    return canonical;
  }

  MemoryLog log_;
  std::unique_ptr<Ledger> ledger_;
};

TEST_F(ManualClockTest, BeginsWhereItIsTold) {
  EXPECT_TRUE(ledger_->clock_is_manual());
  EXPECT_EQ(Now(), kStart);
  ASSERT_EQ(Entries().size(), 1u);
  EXPECT_TRUE(Entries()[0].events(0).has_clock_advanced());
  EXPECT_EQ(Entries()[0].principal(), "system");
  EXPECT_EQ(Must(kOlga, "one", PublishPartner{.partner_id = "acme"})->commit_time(), absl::ToUnixMicros(kStart));
}

TEST_F(ManualClockTest, PlaysWhatIsDueOneAfterTheOtherAtItsOwnTime) {
  GrantAda(20);
  const size_t before = Entries().size();
  const Answer answer = Advance("month", absl::Hours(24 * 30));
  const std::vector<storage::v1::Entry> entries = Entries();
  ASSERT_EQ(entries.size(), before + 21);
  for (int i = 1; i <= 20; ++i) {
    const storage::v1::Entry& entry = entries[before + i - 1];
    EXPECT_TRUE(entry.events(0).has_credit_expired());
    EXPECT_EQ(entry.commit_time(), absl::ToUnixMicros(kStart + absl::Hours(i)));
    EXPECT_EQ(entry.principal(), "system");
  }
  EXPECT_EQ(entries.back().SerializeAsString(), answer->SerializeAsString());
  const auto& advanced = answer->events(0).clock_advanced();
  EXPECT_EQ(advanced.from_time(), absl::ToUnixMicros(kStart));
  EXPECT_EQ(advanced.to_time(), absl::ToUnixMicros(kStart + absl::Hours(24 * 30)));
  EXPECT_EQ(answer->commit_time(), advanced.to_time());
  EXPECT_EQ(answer->principal(), "service-portal");
  EXPECT_EQ(answer->request_id(), "month");
  EXPECT_EQ(Now(), kStart + absl::Hours(24 * 30));
}

TEST_F(ManualClockTest, GoesItsWayThroughManyGroups) {
  Open({.manual_clock = kStart, .group_capacity = 2});
  GrantAda(9);
  const size_t before = Entries().size();
  const Answer answer = Advance("day", absl::Hours(24));
  ASSERT_EQ(Entries().size(), before + 10);
  EXPECT_EQ(Entries().back().SerializeAsString(), answer->SerializeAsString());
  EXPECT_EQ(answer->events(0).clock_advanced().from_time(), absl::ToUnixMicros(kStart));
  EXPECT_EQ(answer->commit_time(), absl::ToUnixMicros(kStart + absl::Hours(24)));
}

TEST_F(ManualClockTest, LeavesWhatIsNotYetDue) {
  GrantAda(3);
  Advance("almost", absl::Hours(2) - absl::Microseconds(1));
  const size_t before = Entries().size();
  Advance("there", absl::Microseconds(1));
  EXPECT_EQ(Entries().size(), before + 2);
  ledger_->Read([](const State& state, absl::Time) {
    const std::vector<Credit>& credits = state.Find(BillingAccountId(kAda))->balance.credits;
    EXPECT_EQ(std::count_if(credits.begin(), credits.end(), [](const Credit& credit) { return credit.over; }), 2);
  });
}

TEST_F(ManualClockTest, GivesTheSameAnswerToTheSameRequest) {
  const std::string first = Advance("once", absl::Hours(1))->SerializeAsString();
  EXPECT_EQ(Advance("once", absl::Hours(1))->SerializeAsString(), first);
  Open({.manual_clock = kStart});
  EXPECT_EQ(Advance("once", absl::Hours(1))->SerializeAsString(), first);
  EXPECT_EQ(Now(), kStart + absl::Hours(1));
}

TEST_F(ManualClockTest, GoesOnAfterARestartWhereItStood) {
  GrantAda(3);
  Advance("later", absl::Hours(2));
  const std::string live = Canonical();
  Open({.manual_clock = kStart - absl::Hours(100)});
  EXPECT_EQ(Now(), kStart + absl::Hours(2));
  EXPECT_EQ(Canonical(), live);
  Advance("later still", absl::Hours(1));
  EXPECT_EQ(Now(), kStart + absl::Hours(3));
}

TEST_F(ManualClockTest, RehearsesWithoutMoving) {
  const absl::StatusOr<Answer> rehearsed = ledger_->Rehearse(
      {.principal = kOlga, .request_id = "r", .command = AdvanceClock{.by = absl::Hours(1), .clock_is_manual = true}});
  ASSERT_TRUE(rehearsed.ok()) << rehearsed.status();
  EXPECT_EQ((*rehearsed)->events(0).clock_advanced().to_time(), absl::ToUnixMicros(kStart + absl::Hours(1)));
  EXPECT_EQ(Now(), kStart);
}

TEST_F(ManualClockTest, DoesNotGoBack) {
  const absl::Status back =
      Ask(kOlga, "back", AdvanceClock{.to = kStart - absl::Seconds(1), .clock_is_manual = true}).status();
  EXPECT_EQ(ReasonOf(back), "CLOCK_WOULD_GO_BACK") << back;
  EXPECT_EQ(Entries().size(), 1u);
}

TEST_F(ManualClockTest, GivesWayToTheSystemsClockOnlyWhereThatIsNotBehind) {
  Advance("ahead", absl::Hours(1));
  ManualClock system(kStart + absl::Minutes(59));
  const absl::Status behind = TryOpen({.clock = &system});
  EXPECT_TRUE(absl::IsFailedPrecondition(behind)) << behind;
  EXPECT_THAT(std::string(behind.message()), HasSubstr("manual clock"));
  system.Advance(absl::Minutes(1));
  Open({.clock = &system});
  EXPECT_FALSE(ledger_->clock_is_manual());
  EXPECT_EQ(ReasonOf(Ask(kOlga, "no", AdvanceClock{.by = absl::Hours(1)}).status()), "CLOCK_NOT_MANUAL");
}

}  // namespace
}  // namespace bursar
