#include "ledger/projections/books.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "ledger/domain/postings.h"
#include "ledger/projections/balance_rows.h"
#include "tests/projections/world.h"

namespace bursar {
namespace {

using storage::v1::Entry;

// Everything that a balance says, in a form that tests can compare and people read.
std::string Text(const Balance& balance) {
  std::string text = RowOf(balance, "").ShortDebugString();
  for (const Credit& credit : balance.credits) absl::StrAppend(&text, " | ", RowOf(credit).ShortDebugString());
  return text;
}

// Plays a seeded story of spending on three accounts in two currencies, with credits that are used up and expire.
class Story {
 public:
  explicit Story(World& world) : world_(world) {
    for (const char* handle : {"ada", "bob"}) world.Register(handle, "sjcloudplatform");
    world.Register("eve", "", "EUR");
    for (const char* handle : {"ada", "bob", "eve"}) {
      world.Upgrade(handle, Personal(handle));
      world.SetLimit(Personal(handle), Usd(500));
    }
  }

  void Play(int steps) {
    for (int i = 0; i < steps; ++i) Step();
  }

 private:
  int Pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

  void Step() {
    const std::string handle = std::vector<std::string>{"ada", "bob", "eve"}[static_cast<size_t>(Pick(3))];
    const BillingAccountId account = Personal(handle);
    if (Pick(3) == 0) world_.now += absl::Minutes(Pick(90));
    switch (Pick(8)) {
      case 0:
        world_.Try("operator-olga", GrantCredit{.billing_account = account,
                                                .amount = Usd(1 + Pick(20)),
                                                .priority = Pick(3),
                                                .expire_time = world_.now + absl::Hours(1 + Pick(20)),
                                                .reason = "goodwill"});
        return;
      case 1:
        world_.Try("finance-fay",
                   RecordPayment{.billing_account = account, .amount = Usd(1 + Pick(30)), .reference = "wire"});
        return;
      case 2:
        world_.Try("service-portal", RecordUsage{.user = UserOf(handle),
                                                 .bill_to = account,
                                                 .metered = {.sku = "storage", .quantity = Pick(20)}});
        return;
      case 3:
      case 4:
      case 5:
        world_.Try("service-portal", PlaceHold{.action = {.action = "analysis.run",
                                                          .user = UserOf(handle),
                                                          .bill_to = account,
                                                          .cost = Usd(1 + Pick(40))},
                                               .expire_time = world_.now + absl::Hours(1 + Pick(10))});
        return;
      case 6:
        if (!world_.state.holds.empty()) {
          world_.Try("service-portal", CaptureHold{.hold = AnyHold(), .cost = Usd(Pick(10)), .last = Pick(2) == 0});
        }
        return;
      default:
        if (!world_.state.holds.empty()) world_.Try("service-portal", ReleaseHold{.hold = AnyHold()});
    }
  }

  HoldId AnyHold() {
    std::vector<HoldId> holds;
    for (const auto& [id, hold] : world_.state.holds) holds.push_back(id);
    std::sort(holds.begin(), holds.end());
    return holds[static_cast<size_t>(Pick(static_cast<int>(holds.size())))];
  }

  World& world_;
  std::mt19937 random_{20260302};
};

class BooksOfAStory : public testing::Test {
 protected:
  BooksOfAStory() { Story(world_).Play(800); }

  // What `see` says of the state after every entry, replayed from the first.
  void Replay(const std::function<void(const State&, const Entry&)>& see) {
    State state;
    for (const Entry& entry : world_.entries) {
      Evolve(state, entry);
      see(state, entry);
    }
  }

  World world_;
};

TEST_F(BooksOfAStory, F4_BalanceAtAPositionIsThatOfTheStateReplayedSoFar) {
  int finished = 0;
  Replay([&](const State& state, const Entry& entry) {
    const auto as_of = world_.views.books.At(entry.position());
    ASSERT_TRUE(as_of.ok()) << as_of.status();
    EXPECT_EQ(as_of->time, absl::FromUnixMicros(entry.commit_time()));
    for (const auto& [id, account] : state.accounts) {
      const auto answer = world_.views.books.BalanceOf(id, *as_of);
      ASSERT_TRUE(answer.ok()) << answer.status();
      EXPECT_EQ(Text(answer->balance), Text(account.balance)) << id.text() << " at " << entry.position();
      EXPECT_EQ(answer->currency, account.currency);
      EXPECT_EQ(answer->funds, account.balance.Funds(state.time));
      EXPECT_EQ(answer->as_of.position, entry.position());
      for (const Credit& credit : account.balance.credits) finished += IsFinished(credit) ? 1 : 0;
    }
  });
  EXPECT_GT(finished, 1000);
}

TEST_F(BooksOfAStory, F4_BalanceAtATimeIsThatAfterTheLastEntryCommittedByThen) {
  std::map<absl::Time, std::map<BillingAccountId, Balance>> at;
  std::map<absl::Time, Position> positions;
  Replay([&](const State& state, const Entry& entry) {
    auto& balances = at[state.time];
    for (const auto& [id, account] : state.accounts) balances[id] = account.balance;
    positions[state.time] = entry.position();
  });
  ASSERT_GT(at.size(), 100u);
  for (auto moment = at.begin(); moment != at.end(); ++moment) {
    const absl::Time until = std::next(moment) == at.end() ? moment->first + absl::Hours(1) : std::next(moment)->first;
    for (const absl::Time time : {moment->first, until - absl::Nanoseconds(1)}) {
      const auto as_of = world_.views.books.At(time);
      ASSERT_TRUE(as_of.ok()) << as_of.status();
      EXPECT_EQ(as_of->position, positions[moment->first]);
      EXPECT_EQ(as_of->time, time);
      for (const auto& [id, balance] : moment->second) {
        const auto answer = world_.views.books.BalanceOf(id, *as_of);
        ASSERT_TRUE(answer.ok()) << answer.status();
        EXPECT_EQ(Text(answer->balance), Text(balance));
        EXPECT_EQ(answer->funds, balance.Funds(time));
      }
    }
  }
}

TEST_F(BooksOfAStory, F5_TrialBalanceIsZeroPerCurrencyAtEveryPosition) {
  std::map<std::pair<std::string, BookAccount>, WideMoney> sums;
  Replay([&](const State& state, const Entry& entry) {
    for (const auto& event : entry.events()) {
      for (const Posting& posting : PostingsOf(event)) sums[{posting.currency, posting.account}] += posting.amount;
    }
    for (const auto& as_of : {world_.views.books.At(entry.position()), world_.views.books.At(state.time)}) {
      ASSERT_TRUE(as_of.ok()) << as_of.status();
      if (as_of->position != entry.position()) continue;  // not the last entry of this time
      const auto trial = world_.views.books.TrialBalanceOf(*as_of);
      ASSERT_TRUE(trial.ok()) << trial.status();
      std::map<std::pair<std::string, BookAccount>, WideMoney> lines;
      std::map<std::string, WideMoney> totals;
      for (const TrialBalance::Line& line : trial->lines) {
        lines[{line.currency, line.account}] = line.sum;
        totals[line.currency] += line.sum;
      }
      EXPECT_EQ(lines.size(), trial->lines.size());
      EXPECT_TRUE(lines == sums) << entry.position();
      for (const auto& [currency, total] : totals)
        EXPECT_EQ(total, WideMoney()) << currency << " at " << entry.position();
    }
  });
  EXPECT_EQ(sums.count({"EUR", BookAccount::kReceivables}), 1u);
  EXPECT_EQ(sums.count({"USD", BookAccount::kExpiredCredits}), 1u);
}

TEST_F(BooksOfAStory, F7_RebuiltRowsAreTheFollowedOnesByteForByte) {
  const std::string followed = *world_.views.store->Digest();

  Followed in_one_go;
  Batch all(*in_one_go.store);
  for (const Entry& entry : world_.entries) in_one_go.ApplyTo(all, entry);
  ASSERT_TRUE(in_one_go.store->Write(all).ok());
  EXPECT_EQ(*in_one_go.store->Digest(), followed);

  Followed forgetful(/*current_balances=*/1);
  for (const Entry& entry : world_.entries) forgetful.Follow(entry);
  EXPECT_EQ(*forgetful.store->Digest(), followed);
}

TEST_F(BooksOfAStory, F7_ABatchThatWasNeverWrittenLeavesNoTrace) {
  Followed interrupted;
  for (size_t i = 0; i < world_.entries.size(); i += 7) {
    const size_t end = std::min(i + 7, world_.entries.size());
    Batch lost(*interrupted.store);
    for (size_t j = i; j < end; ++j) interrupted.ApplyTo(lost, world_.entries[j]);
    for (size_t j = i; j < end; ++j) interrupted.Follow(world_.entries[j]);
  }
  EXPECT_EQ(*interrupted.store->Digest(), *world_.views.store->Digest());
}

TEST_F(BooksOfAStory, ListsEveryChargeOnceOverPagesOfAnySize) {
  std::vector<std::pair<Position, Money>> charged;
  for (const Entry& entry : world_.entries) {
    for (const auto& event : entry.events()) {
      if (AccountOf(event) != Personal("bob")) continue;
      const Money amount = event.has_hold_captured()
                               ? Sum(event.hold_captured().drawn()) + Sum(event.hold_captured().beyond())
                               : Sum(event.usage_charged().drawn());
      if (amount != Money()) charged.emplace_back(entry.position(), amount);
    }
  }
  ASSERT_GT(charged.size(), 20u);
  for (const size_t limit : {1u, 7u, 1000u}) {
    std::vector<std::pair<Position, Money>> listed;
    ChargeQuery query{.account = Personal("bob"), .limit = limit};
    for (bool more = true; more;) {
      const auto page = world_.views.books.ListCharges(query);
      ASSERT_TRUE(page.ok()) << page.status();
      EXPECT_EQ(page->as_of.position, world_.state.position);
      for (const Charge& charge : page->charges) {
        listed.emplace_back(charge.id.number(), charge.amount);
        EXPECT_EQ(charge.amount, charge.from_credits + charge.from_limit);
      }
      more = page->more;
      if (more) query.after = page->charges.back().id;
    }
    EXPECT_EQ(listed, charged);
  }
}

TEST_F(BooksOfAStory, ListsTheChargesOfATimeRange) {
  const auto all = world_.views.books.ListCharges({.account = Personal("ada"), .limit = 1000});
  ASSERT_TRUE(all.ok());
  const absl::Time from = all->charges[all->charges.size() / 3].time;
  const absl::Time to = all->charges[2 * all->charges.size() / 3].time;
  ASSERT_LT(from, to);
  const auto some = world_.views.books.ListCharges({.account = Personal("ada"), .from = from, .to = to, .limit = 1000});
  ASSERT_TRUE(some.ok());
  std::vector<Position> expected;
  for (const Charge& charge : all->charges) {
    if (from <= charge.time && charge.time < to) expected.push_back(charge.id.number());
  }
  std::vector<Position> listed;
  for (const Charge& charge : some->charges) listed.push_back(charge.id.number());
  EXPECT_FALSE(expected.empty());
  EXPECT_EQ(listed, expected);
}

TEST_F(BooksOfAStory, MayBeReadWhileTheyFollow) {
  Followed followed;
  std::atomic<bool> done = false;
  const auto read = [&] {
    while (!done) {
      const auto as_of = followed.books.Last();
      ASSERT_TRUE(as_of.ok()) << as_of.status();
      const auto trial = followed.books.TrialBalanceOf(*as_of);
      ASSERT_TRUE(trial.ok()) << trial.status();
      std::map<std::string, WideMoney> totals;
      for (const TrialBalance::Line& line : trial->lines) totals[line.currency] += line.sum;
      for (const auto& [currency, total] : totals) EXPECT_EQ(total, Money());
      if (as_of->position > 20) {
        EXPECT_TRUE(followed.books.BalanceOf(Personal("ada"), *as_of).ok());
      }
      EXPECT_TRUE(followed.books.ListCharges({.account = Personal("ada")}).ok());
      EXPECT_TRUE(followed.outbox.List({}, world_.key, as_of->time).ok());
    }
  };
  std::thread one(read);
  std::thread two(read);
  for (const Entry& entry : world_.entries) followed.Follow(entry);
  done = true;
  one.join();
  two.join();
  EXPECT_EQ(*followed.store->Digest(), *world_.views.store->Digest());
}

TEST(Books, F1_TellEachCreditLimitOutstandingHeldAndChargesByCategory) {
  World world;
  world.Register("ada", "sjcloudplatform");
  world.Upgrade("ada", Personal("ada"));
  world.SetLimit(Personal("ada"), Usd(200));
  world.Spend("ada", Personal("ada"), Usd(60));
  world.Do("service-portal", RecordUsage{.user = UserOf("ada"), .metered = {.sku = "storage", .quantity = 6}});
  world.Hold("ada", Personal("ada"), Usd(8));
  const auto answer = world.views.books.BalanceOf(Personal("ada"), *world.views.books.Last());
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->funds, Usd(180));
  EXPECT_EQ(answer->balance.limit, Usd(200));
  EXPECT_EQ(answer->balance.outstanding, Usd(12));
  EXPECT_EQ(answer->balance.Held(), Usd(8));
  ASSERT_EQ(answer->balance.credits.size(), 1u);
  EXPECT_EQ(answer->balance.credits[0].charged, Usd(50));
  EXPECT_THAT(answer->balance.charged_by_category,
              testing::ElementsAre(testing::Pair("compute", Usd(60)), testing::Pair("storage", Usd(2))));
  EXPECT_EQ(answer->as_of.position, world.state.position);
  EXPECT_EQ(answer->as_of.time, world.now);
}

TEST(Books, C2_OneChargeShowsTheCreditsPartAndTheLimitsPart) {
  World world;
  world.Register("ada", "sjcloudplatform");
  world.Upgrade("ada", Personal("ada"));
  world.SetLimit(Personal("ada"), Usd(200));
  world.Spend("ada", Personal("ada"), Usd(60));
  const auto page = world.views.books.ListCharges({.account = Personal("ada")});
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->charges.size(), 1u);
  const Charge& charge = page->charges[0];
  EXPECT_EQ(charge.amount, Usd(60));
  EXPECT_EQ(charge.from_credits, Usd(50));
  EXPECT_EQ(charge.from_limit, Usd(10));
  EXPECT_EQ(charge.row.action(), "analysis.run");
  EXPECT_EQ(charge.row.category(), "compute");
  EXPECT_EQ(charge.row.user_id(), "user-ada");
  EXPECT_EQ(charge.time, world.now);
}

TEST(Books, F4_CreditsThatAreNotInForceAtTheAskedTimeAreNotFunds) {
  World world;
  world.Register("ada");
  const absl::Time expiry = world.now + absl::Hours(2);
  world.Do(
      "operator-olga",
      GrantCredit{.billing_account = Personal("ada"), .amount = Usd(5), .expire_time = expiry, .reason = "goodwill"});
  const Books& books = world.views.books;
  EXPECT_EQ(books.BalanceOf(Personal("ada"), *books.At(expiry - absl::Seconds(1)))->funds, Usd(5));
  // No entry says yet that it expired.
  EXPECT_EQ(books.BalanceOf(Personal("ada"), *books.At(expiry))->funds, Usd(0));
}

TEST(Books, KnowNoAccountBeforeItWasOpened) {
  World world;
  const Position before = world.state.position;
  world.Register("ada");
  const Books& books = world.views.books;
  EXPECT_TRUE(absl::IsNotFound(books.BalanceOf(Personal("ada"), *books.At(before)).status()));
  EXPECT_TRUE(absl::IsNotFound(books.BalanceOf(Personal("ad"), *books.Last()).status()));
  EXPECT_EQ(books.BalanceOf(Personal("ada"), *books.Last())->funds, Usd(0));
  EXPECT_TRUE(books.TrialBalanceOf(*books.Last())->lines.empty());
}

TEST(Books, RefuseAPositionBeyondTheLastEntry) {
  World world;
  EXPECT_TRUE(absl::IsInvalidArgument(world.views.books.At(world.state.position + 1).status()));
  EXPECT_EQ(world.views.books.At(absl::UnixEpoch())->position, 0u);
}

}  // namespace
}  // namespace bursar
