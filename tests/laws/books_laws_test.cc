// The books of random worlds add up: whatever way spending is grouped it is the same sum, the books of all accounts are
// the trial balance, and every month of every account is a statement that leads to the next.
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "gtest/gtest.h"
#include "ledger/base/check.h"
#include "ledger/domain/decide.h"
#include "ledger/domain/evolve.h"
#include "ledger/domain/postings.h"
#include "ledger/domain/state.h"
#include "ledger/projections/aging.h"
#include "ledger/projections/books.h"
#include "ledger/projections/forecast.h"
#include "ledger/projections/row_store.h"
#include "ledger/projections/statement.h"
#include "tests/laws/dice.h"
#include "tests/laws/model.h"
#include "tests/laws/workload.h"

namespace bursar::laws {
namespace {

constexpr int kWorlds = 24;
constexpr int kCommands = 768;
constexpr int kLookEvery = 48;

// Books on a store in memory.
struct Shelf {
  explicit Shelf(size_t current) : store(*RowStore::Open("")), books(*store, current) {}
  void Follow(const storage::v1::Entry& entry) {
    Batch batch(*store);
    books.Apply(entry, batch);
    BURSAR_CHECK(store->Write(batch).ok());
  }
  std::unique_ptr<RowStore> store;
  Books books;
};

class BooksOfAWorld {
 public:
  explicit BooksOfAWorld(uint64_t seed) : workload_(seed, model_) {}

  void Play() {
    for (int step = 0; step < kCommands; ++step) {
      now_ = workload_.Later(now_, absl::ToUnixMicros(std::min(state_.NextDue(), absl::FromUnixMicros(kNever))));
      // Months go by too.
      if (step % 97 == 0) now_ += absl::ToInt64Microseconds(absl::Hours(24 * 9));
      LetTimePass();
      const Asked asked = workload_.Next(now_);
      Give(asked.command, asked.principal);
      if (step % kLookEvery == 0) Look();
    }
    Look();
    Statements(absl::UTCTimeZone());
    Statements(absl::FixedTimeZone(-7 * 60 * 60));
    Rebuild();
  }

  int64_t charges() const { return charges_; }

 private:
  // As the writer does it, before anything else is decided at this time.
  void LetTimePass() {
    while (absl::ToUnixMicros(std::min(state_.NextDue(), absl::FromUnixMicros(kNever))) <= now_) {
      const size_t before = entries_.size();
      Give(ExpireDue{}, Principal::System());
      if (entries_.size() == before) return;
    }
  }

  void Give(const Command& command, const Principal& principal) {
    absl::StatusOr<Decision> decision = Decide(state_, command, principal, absl::FromUnixMicros(now_));
    if (!decision.ok() || decision->events.empty()) return;
    storage::v1::Entry& entry = entries_.emplace_back();
    entry.set_position(state_.position + 1);
    entry.set_commit_time(now_);
    entry.set_principal(principal.text());
    for (storage::v1::Event& event : decision->events) *entry.add_events() = std::move(event);
    Evolve(state_, entry);
    for (const storage::v1::Event& event : entry.events()) model_.Apply(event, entry);
    shelf_.Follow(entry);
  }

  AsOf Now() const { return {.position = state_.position, .time = absl::FromUnixMicros(now_)}; }

  // At the present position.
  void Look() {
    if (state_.position == 0) return;
    std::map<std::pair<std::string, BookAccount>, WideMoney> sums;
    for (const auto& [id, account] : state_.accounts) {
      LookAt(id, account);
      const auto books = shelf_.books.accounts().Of(id, state_.position);
      ASSERT_TRUE(books.ok()) << books.status();
      for (const BookSums& book : *books) {
        sums[{account.currency, book.account}] += book.balance();
      }
    }
    const auto trial = shelf_.books.TrialBalanceOf(Now());
    ASSERT_TRUE(trial.ok()) << trial.status();
    for (const auto& line : trial->lines) {
      EXPECT_EQ((sums[{line.currency, line.account}]), line.sum) << line.currency << " " << NameOf(line.account);
    }
  }

  void LookAt(const BillingAccountId& id, const BillingAccount& account) {
    const Books& books = shelf_.books;
    const std::string what = absl::StrCat(id.text(), " at ", state_.position);
    const WideMoney charged = account.balance.Charged();
    EXPECT_EQ(*books.accounts().ChargedBy(id, state_.position), charged) << what;
    for (const SpendingBy by : {SpendingBy::kProject, SpendingBy::kMember, SpendingBy::kSku, SpendingBy::kCategory}) {
      WideMoney sum;
      const auto groups = books.spending().By(by, id.text(), {.to = state_.position});
      ASSERT_TRUE(groups.ok()) << groups.status();
      for (const SpendingGroup& group : *groups) sum += group.amount;
      EXPECT_EQ(sum, charged) << what << " by " << static_cast<char>(by);
    }
    Money credits;
    for (const Credit& credit : account.balance.credits) credits += credit.available + credit.held;
    const auto sums = books.accounts().Of(id, state_.position);
    ASSERT_TRUE(sums.ok()) << sums.status();
    std::map<BookAccount, WideMoney> held;
    for (const BookSums& book : *sums) held[book.account] = book.balance();
    EXPECT_EQ(held[BookAccount::kReceivables], account.balance.outstanding) << what;
    EXPECT_EQ(WideMoney() - held[BookAccount::kCustomerCredits], credits) << what;
    const auto aging = AgingOf(books, id, Now());
    ASSERT_TRUE(aging.ok()) << aging.status();
    Money owed;
    for (const Money share : aging->by_age) owed += share;
    EXPECT_EQ(owed, account.balance.outstanding) << what;
    EXPECT_TRUE(ForecastOf(books, id, Now()).ok()) << what;
  }

  // Every month of every account, from before the first entry until now.
  void Statements(const absl::TimeZone& zone) {
    const absl::CivilMonth last = absl::ToCivilMonth(absl::FromUnixMicros(now_), zone);
    for (const auto& [id, account] : state_.accounts) {
      Money charged;
      Money net;
      for (absl::CivilMonth month(1969, 12); month <= last; ++month) {
        const auto statement = StatementOf(shelf_.books, {.account = id, .month = month, .zone = zone, .last = Now()});
        if (absl::IsNotFound(statement.status())) continue;
        ASSERT_TRUE(statement.ok()) << statement.status();
        EXPECT_EQ(statement->opening.net(), net) << id.text() << " " << month;
        EXPECT_EQ(statement->opening.net() + statement->Moved(), statement->closing.net());
        net = statement->closing.net();
        charged += statement->charges + statement->adjustments_sum;
        charges_ += statement->charges == Money() ? 0 : 1;
      }
      EXPECT_EQ(charged, account.balance.Charged()) << id.text();
    }
  }

  void Rebuild() {
    Shelf again(/*current=*/2);
    for (const storage::v1::Entry& entry : entries_) again.Follow(entry);
    EXPECT_EQ(*again.store->Digest(), *shelf_.store->Digest());
  }

  State state_;
  Model model_;
  Workload workload_;
  Shelf shelf_{1'024};
  std::vector<storage::v1::Entry> entries_;
  int64_t now_ = 1'000'000;
  int64_t charges_ = 0;
};

TEST(BooksLaws, F5_F7_EveryGroupingIsTheAccountsTotalAndEveryStatementLeadsToTheNext) {
  int64_t charges = 0;
  for (int number = 0; number < kWorlds && !testing::Test::HasFailure(); ++number) {
    SCOPED_TRACE(absl::StrCat("world ", number));
    BooksOfAWorld world(Dice(static_cast<uint64_t>(number)).Next());
    world.Play();
    charges += world.charges();
  }
  EXPECT_GT(charges, 3 * kWorlds) << "The worlds hardly charge any more.";
}

}  // namespace
}  // namespace bursar::laws
