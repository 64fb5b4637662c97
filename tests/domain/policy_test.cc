// Policy is looked up by the time it applies to, and never changes the past.
#include "ledger/domain/policy.h"

#include "tests/domain/story.h"

namespace bursar {
namespace {

const absl::Time kNine = absl::FromUnixSeconds(9 * 3600);
const absl::Time kTen = kNine + absl::Hours(1);
constexpr absl::Duration kMoment = absl::Microseconds(1);

TEST(Policy, TheLatestThatHasTakenEffectApplies) {
  Policy policy;
  policy.terms = {{.version = "late", .effective_time = kTen}, {.version = "early", .effective_time = kNine}};
  EXPECT_EQ(policy.CurrentTerms(Document::kTerms, kNine - kMoment), nullptr);
  EXPECT_EQ(policy.CurrentTerms(Document::kTerms, kNine)->version, "early");
  EXPECT_EQ(policy.CurrentTerms(Document::kTerms, kTen - kMoment)->version, "early");
  EXPECT_EQ(policy.CurrentTerms(Document::kTerms, kTen)->version, "late");
  EXPECT_EQ(policy.CurrentTerms(Document::kPricing, kTen), nullptr);
}

TEST(Policy, OfTwoAtTheSameTimeTheOnePublishedLaterApplies) {
  Policy policy;
  policy.pricing = {{.version = "first", .effective_time = kNine}, {.version = "second", .effective_time = kNine}};
  EXPECT_EQ(policy.CurrentTerms(Document::kPricing, kNine)->version, "second");
}

TEST(Policy, ACatalogueReplacesTheOneBeforeAsAWhole) {
  Policy policy;
  policy.catalogues.resize(2);
  policy.catalogues[0] = {.effective_time = kNine, .actions = {{"data.add", {}}, {"analysis.run", {}}}};
  policy.catalogues[1] = {.effective_time = kTen, .actions = {{"analysis.run", {}}}};
  EXPECT_NE(policy.FindAction("data.add", kTen - kMoment), nullptr);
  EXPECT_EQ(policy.FindAction("data.add", kTen), nullptr);
}

TEST(Policy, ARegionsOwnPriceComesBeforeTheGeneralOne) {
  PriceList list;
  list.prices[{"sku", ""}] = {.price = Usd("1")};
  list.prices[{"sku", "here"}] = {.price = Usd("2")};
  list.prices[{"local", "here"}] = {.price = Usd("3")};
  EXPECT_EQ(list.Find("sku", "here")->price, Usd("2"));
  EXPECT_EQ(list.Find("sku", "there")->price, Usd("1"));
  EXPECT_EQ(list.Find("sku", "")->price, Usd("1"));
  EXPECT_EQ(list.Find("local", "there"), nullptr);
}

TEST(Policy, OfOpenPromotionsTheFirstToStartApplies) {
  Policy policy;
  policy.promotions["a"] = {
      .id = "a", .partner_id = "p", .currency = "USD", .start_time = kTen, .end_time = absl::InfiniteFuture()};
  policy.promotions["b"] = {
      .id = "b", .partner_id = "p", .currency = "USD", .start_time = kNine, .end_time = kTen + absl::Hours(1)};
  EXPECT_EQ(policy.OpenPromotion("p", "USD", kNine - kMoment), nullptr);
  EXPECT_EQ(policy.OpenPromotion("p", "USD", kTen)->id, "b");
  EXPECT_EQ(policy.OpenPromotion("p", "USD", kTen + absl::Hours(1))->id, "a");
  EXPECT_EQ(policy.OpenPromotion("q", "USD", kTen), nullptr);
  EXPECT_EQ(policy.OpenPromotion("p", "GBP", kTen), nullptr);
}

TEST(Policy, IsNeverPublishedForThePast) {
  Story story;
  EXPECT_THAT(
      story.Do(PublishTerms{.document = Document::kTerms, .version = "2", .effective_time = story.now() - kMoment}),
      IsRefused(Reason::kEffectiveTimeInPast));
  EXPECT_THAT(story.Do(PublishTerms{.document = Document::kTerms, .version = "2", .effective_time = story.now()}),
              IsAllowed());
}

TEST(BurnOrder, IsPriorityThenExpiryThenGrant) {
  Balance balance;
  const absl::Time never = absl::InfiniteFuture();
  balance.Add({.id = CreditId(1), .priority = 5, .expire_time = never});
  balance.Add({.id = CreditId(2), .priority = 5, .expire_time = kTen});
  balance.Add({.id = CreditId(3), .priority = 1, .expire_time = never});
  balance.Add({.id = CreditId(4), .priority = 5, .expire_time = kTen});
  balance.Add({.id = CreditId(5), .priority = 5, .expire_time = kNine});
  std::vector<uint64_t> order;
  for (const Credit& credit : balance.credits) order.push_back(credit.id.number());
  EXPECT_THAT(order, testing::ElementsAre(3, 5, 2, 4, 1));
}

}  // namespace
}  // namespace bursar
