#include "ledger/projections/origins.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/projections/world.h"

namespace bursar {
namespace {

using ::testing::ElementsAre;

// Follows what a world has written.
class Whence {
 public:
  explicit Whence(const World& world) : store_(*RowStore::Open("")), origins_(*store_) {
    for (const storage::v1::Entry& entry : world.entries) {
      Batch batch(*store_);
      origins_.Apply(entry, batch);
      BURSAR_CHECK(store_->Write(batch).ok());
    }
  }
  const Origins& operator*() const { return origins_; }
  const Origins* operator->() const { return &origins_; }

 private:
  std::unique_ptr<RowStore> store_;
  Origins origins_;
};

const BillingAccountId kAda = Personal("ada");

// Unpaid positions and units, oldest first.
std::vector<std::pair<Position, int64_t>> Unpaid(const Origins& origins, const World& world, size_t most = 10) {
  const Money outstanding = world.state.Find(kAda)->balance.outstanding;
  const auto debts = origins.DebtsOf(kAda, outstanding, world.state.position, most);
  BURSAR_CHECK(debts.ok() && debts->total == outstanding && debts->complete);
  std::vector<std::pair<Position, int64_t>> unpaid;
  for (const Debt& debt : debts->oldest) unpaid.emplace_back(debt.position, debt.unpaid.micros() / 1'000'000);
  return unpaid;
}

TEST(Origins, F4_TheLimitOfThePastIsTheOneSetLastBefore) {
  World world;
  world.Register("ada");
  world.SetLimit(kAda, Usd(10));
  const Position first = world.state.position;
  world.Register("bob");
  world.SetLimit(kAda, Usd(20));
  const Whence origins(world);
  EXPECT_EQ(*origins->LimitOf(kAda, first - 1), 0U);
  EXPECT_EQ(*origins->LimitOf(kAda, first), first);
  EXPECT_EQ(*origins->LimitOf(kAda, first + 1), first);
  EXPECT_EQ(*origins->LimitOf(kAda, world.state.position), world.state.position);
  EXPECT_EQ(*origins->LimitOf(Personal("bob"), world.state.position), 0U);
}

TEST(Origins, ACreditLeadsToItsPromotion) {
  World world;
  world.Register("ada", "sjcloudplatform");
  world.Upgrade("ada", kAda);
  const CreditId credit = world.state.Find(kAda)->balance.credits.front().id;
  const CreditId other(world.Do("operator-olga", GrantCredit{.billing_account = kAda, .amount = Usd(1)}));
  const Whence origins(world);
  EXPECT_EQ(*origins->PromotionOf(credit), 2U);
  EXPECT_EQ(*origins->PromotionOf(other), 0U);
}

TEST(Origins, PaymentsSettleTheOldestChargesFirst) {
  World world;
  world.Register("ada");
  world.Upgrade("ada", kAda);
  world.SetLimit(kAda, Usd(100));
  world.Spend("ada", kAda, Usd(10));
  world.Spend("ada", kAda, Usd(20));
  const Position second = world.state.position;
  world.Spend("ada", kAda, Usd(30));
  const Position third = world.state.position;
  world.Do("finance-fay", RecordPayment{.billing_account = kAda, .amount = Usd(15), .reference = "INV-1"});
  const Whence origins(world);
  EXPECT_THAT(Unpaid(*origins, world), ElementsAre(std::pair(second, 15), std::pair(third, 30)));
  EXPECT_THAT(Unpaid(*origins, world, 1), ElementsAre(std::pair(second, 15)));
}

TEST(Origins, WhatCreditsPaidIsNotOwed) {
  World world;
  world.Register("ada");
  world.Upgrade("ada", kAda);
  world.SetLimit(kAda, Usd(100));
  world.Do("operator-olga", GrantCredit{.billing_account = kAda, .amount = Usd(25)});
  world.Spend("ada", kAda, Usd(20));
  world.Spend("ada", kAda, Usd(20));
  const Position second = world.state.position;
  const Whence origins(world);
  EXPECT_THAT(Unpaid(*origins, world), ElementsAre(std::pair(second, 15)));
}

TEST(Origins, AHoldLeadsToWhatExtendedIt) {
  World world;
  world.Register("ada");
  world.Upgrade("ada", kAda);
  world.SetLimit(kAda, Usd(100));
  const HoldId hold = world.Hold("ada", kAda, Usd(10));
  const Position first = world.Do("service-portal", ExtendHold{.hold = hold, .additional = Usd(1)});
  const Position second = world.Do("service-portal", ExtendHold{.hold = hold, .additional = Usd(1)});
  const Whence origins(world);
  EXPECT_THAT(*origins->ExtensionsOf(hold, second), ElementsAre(first, second));
  EXPECT_THAT(*origins->ExtensionsOf(hold, second - 1), ElementsAre(first));
}

TEST(Origins, TheCatalogueIsTheOneInForceAtTheTimeAndKnownByThen) {
  World world;
  const absl::Time start = world.now;
  const Position published =
      world.Do("operator-olga",
               PublishActionCatalogue{.effective_time = start + absl::Hours(2),
                                      .actions = {{.name = "a", .gated = true, .free = true, .category = "c"}}});
  const Whence origins(world);
  EXPECT_EQ(*origins->CatalogueOf(start + absl::Hours(1), published), 5U);
  EXPECT_EQ(*origins->CatalogueOf(start + absl::Hours(2), published), published);
  EXPECT_EQ(*origins->CatalogueOf(start + absl::Hours(2), published - 1), 5U);
}

TEST(Origins, AccessAndPayersLeadToWhatSetThemLast) {
  World world;
  world.Register("ada");
  world.Register("bob");
  const Position created = world.Do(
      "user-ada", CreateOrganization{.handle = "lab", .name = "Lab", .admin = UserOf("ada"), .currency = "USD"});
  world.Do("user-ada", InviteMember{.organization = Org("lab"), .user = UserOf("bob"), .access = {}});
  const Position joined = world.Do("user-bob", AcceptInvitation{.organization = Org("lab"), .user = UserOf("bob")});
  const Whence origins(world);
  EXPECT_EQ(*origins->AccessOf(Org("lab"), UserOf("ada"), joined), created);
  EXPECT_EQ(*origins->AccessOf(Org("lab"), UserOf("bob"), joined), joined);
  EXPECT_EQ(*origins->AccessOf(Org("lab"), UserOf("bob"), joined - 1), 0U);
}

}  // namespace
}  // namespace bursar
