// What would have been, over random worlds: with nothing changed it is what was, and a higher limit never denies more,
// but to sponsors, who pay more for others then.
// On the way every decision of these worlds is explained.
#include "ledger/domain/what_if.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "ledger/domain/decide.h"
#include "ledger/domain/evolve.h"
#include "ledger/domain/explain.h"
#include "tests/laws/dice.h"
#include "tests/laws/model.h"
#include "tests/laws/workload.h"

namespace bursar::laws {
namespace {

using storage::v1::Entry;

constexpr uint64_t kWorlds = 40;
constexpr int kCommands = 2'000;

const Entry* EntryIn(const std::vector<Entry>& log, Position position) {
  return position >= 1 && position <= log.size() ? &log[position - 1] : nullptr;
}

// A world's log; each of its decisions is explained as it is made.
class World {
 public:
  explicit World(uint64_t seed) : workload_(seed, model_) {
    for (int i = 0; i < kCommands; ++i) {
      now_ = workload_.Later(now_, absl::ToUnixMicros(std::min(state_.NextDue(), absl::FromUnixMicros(kNever))));
      while (state_.NextDue() <= absl::FromUnixMicros(now_)) Give(ExpireDue{}, Principal::System());
      const Asked asked = workload_.Next(now_);
      Give(asked.command, asked.principal);
    }
  }

  const std::vector<Entry>& log() const { return log_; }
  int64_t explained() const { return explained_; }

 private:
  void Give(const Command& command, const Principal& principal) {
    auto decision = Decide(state_, command, principal, absl::FromUnixMicros(now_));
    if (!decision.ok() || decision->events.empty() || !decision->written) return;
    Entry& entry = log_.emplace_back();
    entry.set_position(state_.position + 1);
    entry.set_commit_time(now_);
    entry.set_principal(principal.text());
    entry.mutable_events()->Assign(decision->events.begin(), decision->events.end());
    Explain(entry);
    Evolve(state_, entry);
    for (const auto& event : entry.events()) model_.Apply(event, entry);
  }

  void Explain(const Entry& entry) {
    const auto explanation = ExplainEntry(state_, entry, [this](Position position) { return EntryIn(log_, position); });
    ASSERT_TRUE(explanation.ok()) << explanation.status() << entry.ShortDebugString();
    if (!explanation->has_value()) return;
    ++explained_;
    Money funds = (*explanation)->limit - (*explanation)->outstanding - (*explanation)->held_on_limit;
    for (const ExplainedCredit& credit : (*explanation)->credits) funds += credit.counted();
    EXPECT_EQ(funds, (*explanation)->funds) << entry.ShortDebugString();
    if (!(*explanation)->denial.has_value()) return;
    for (const auto& binding : (*explanation)->denial->bindings()) {
      if (binding.reason() == "SPENDING_LIMIT_EXCEEDED") {
        EXPECT_EQ(binding.available_micros(), funds.micros()) << entry.ShortDebugString();
      }
    }
  }

  State state_;
  Model model_;
  Workload workload_;
  std::vector<Entry> log_;
  int64_t now_ = 1'000'000;
  int64_t explained_ = 0;
};

State StateBefore(const std::vector<Entry>& log, Position first) {
  State state;
  for (const Entry& entry : log) {
    if (entry.position() >= first) break;
    Evolve(state, entry);
  }
  return state;
}

// The log from `first` on, decided anew.
WhatIf Replay(const std::vector<Entry>& log, Position first, WhatIfChange change) {
  WhatIf what_if(StateBefore(log, first), std::move(change),
                 [&log](Position position) { return EntryIn(log, position); });
  for (const Entry& entry : log) {
    if (entry.position() >= first) what_if.Take(entry);
  }
  return what_if;
}

// The highest limit that any account had in the log.
Money HighestLimit(const std::vector<Entry>& log) {
  Money highest;
  for (const Entry& entry : log) {
    for (const auto& event : entry.events())
      highest = std::max(highest, Money::Micros(event.spending_limit_set().limit_micros()));
  }
  return highest;
}

std::set<BillingAccountId> Sponsors(const std::vector<Entry>& log) {
  std::set<BillingAccountId> sponsors;
  for (const Entry& entry : log) {
    for (const auto& event : entry.events()) {
      if (event.has_sponsorship_published())
        sponsors.insert(BillingAccountId::Trusted(event.sponsorship_published().billing_account()));
    }
  }
  return sponsors;
}

class WhatIfLaws : public testing::TestWithParam<uint64_t> {};

TEST_P(WhatIfLaws, NothingChangedIsWhatWas) {
  const World world(GetParam());
  for (const Position first : {Position{1}, Position{world.log().size() / 2}, Position{world.log().size()}}) {
    WhatIf what_if = Replay(world.log(), first, {});
    EXPECT_TRUE(what_if.now().Canonical() == what_if.then().Canonical()) << "from " << first;
    const WhatIfReport report = what_if.Finish();
    EXPECT_EQ(report.differences_in_all, 0);
    EXPECT_EQ(report.not_reproduced, 0);
    EXPECT_EQ(report.refused, 0) << report.first_refused << ": " << report.first_refusal;
    for (const auto& [id, account] : report.accounts) {
      EXPECT_EQ(account.now.charged, account.then.charged) << id.text();
      EXPECT_EQ(account.now.charged_to_limit, account.then.charged_to_limit) << id.text();
      EXPECT_EQ(account.now.admitted, account.then.admitted) << id.text();
      EXPECT_EQ(account.now.denied, account.then.denied) << id.text();
      EXPECT_EQ(account.now.expired, account.then.expired) << id.text();
      EXPECT_EQ(account.now.lowest_funds, account.then.lowest_funds) << id.text();
      EXPECT_EQ(account.now.ran_out_position, account.then.ran_out_position) << id.text();
      EXPECT_EQ(account.gone, 0) << id.text();
    }
  }
}

TEST_P(WhatIfLaws, AHigherLimitNeverDeniesMore) {
  const World world(GetParam());
  const std::set<BillingAccountId> sponsors = Sponsors(world.log());
  const Money highest = HighestLimit(world.log());
  for (const Money raise : {Money(), Money::Micros(1), Money::Micros(1'000'000)}) {
    if (highest + raise > kMostMoney) continue;
    const WhatIfReport report = Replay(world.log(), 1, {.limit = highest + raise}).Finish();
    Money charged_now;
    Money charged_then;
    int64_t gone = 0;
    for (const auto& [id, account] : report.accounts) {
      charged_now += account.now.charged;
      charged_then += account.then.charged;
      gone += account.gone;
      if (sponsors.count(id) != 0) continue;
      EXPECT_EQ(account.newly_denied, 0) << id.text();
      EXPECT_LE(account.now.denied, account.then.denied) << id.text();
      EXPECT_EQ(account.gone, 0) << id.text();
      EXPECT_LE(account.now.charged, account.then.charged) << id.text();
    }
    if (gone > 0) continue;
    EXPECT_EQ(charged_now, charged_then) << "what sponsors pay others do not";
  }
}

// Nothing of these is known beforehand but that each world holds together: what is charged was drawn from somewhere.
TEST_P(WhatIfLaws, AnyChangeLeavesAWorldThatAddsUp) {
  const World world(GetParam());
  Dice dice(GetParam());
  WhatIfChange change{.limit = Money::Micros(static_cast<int64_t>(dice.Next() % 50'000'000)),
                      .currency = "USD",
                      .hold_newly_allowed = true};
  change.prices = {{.sku = "compute.mem1", .price = Money::Micros(7), .per_quantity = 3, .category = "compute"}};
  for (const Entry& entry : world.log()) {
    for (const auto& event : entry.events()) {
      if (event.has_credit_granted())
        change.priorities[CreditId(event.credit_granted().credit())] = static_cast<int32_t>(dice.Next() % 9);
    }
  }
  WhatIf what_if = Replay(world.log(), world.log().size() / 4 + 1, change);
  EXPECT_TRUE(what_if.then().Canonical() == StateBefore(world.log(), world.log().size() + 1).Canonical());
  for (const auto& [id, account] : what_if.now().accounts) {
    Money held;
    for (const auto& [number, hold] : what_if.now().holds) {
      if (hold.account == id) held += hold.Held();
      if (hold.sponsored.account == id) held += Sum(hold.sponsored.parts);
    }
    EXPECT_EQ(account.balance.Held(), held) << id.text();
    for (const Credit& credit : account.balance.credits) {
      EXPECT_EQ(credit.granted,
                credit.available + credit.held + credit.charged + credit.expired + credit.revoked + credit.moved)
          << credit.id.text();
      EXPECT_GE(credit.available, Money()) << credit.id.text();
    }
  }
  for (const auto& [id, account] : what_if.Finish().accounts)
    EXPECT_EQ(account.now.charged, account.now.charged_to_credits + account.now.charged_to_limit) << id.text();
}

// Worlds in which none of it happens would prove nothing.
TEST(WhatIfWorlds, ComeAcrossWhatMatters) {
  int64_t explained = 0;
  int64_t newly_allowed = 0;
  int64_t newly_denied = 0;
  int64_t gone = 0;
  for (uint64_t seed = 1; seed <= kWorlds; ++seed) {
    const World world(seed);
    explained += world.explained();
    for (const Money limit : {Money(), kMostMoney}) {
      for (const auto& [id, account] : Replay(world.log(), 1, {.limit = limit}).Finish().accounts) {
        newly_allowed += account.newly_allowed;
        newly_denied += account.newly_denied;
        gone += account.gone;
      }
    }
  }
  EXPECT_GT(explained, 1'000);
  EXPECT_GT(newly_allowed, 100);
  EXPECT_GT(newly_denied, 100);
  EXPECT_GT(gone, 50);
}

INSTANTIATE_TEST_SUITE_P(Worlds, WhatIfLaws, testing::Range<uint64_t>(1, kWorlds + 1));

}  // namespace
}  // namespace bursar::laws
