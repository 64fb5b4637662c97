// Purchase orders, and the requests for higher limits that rest on them.
#include "tests/domain/story.h"

namespace bursar {
namespace {

RecordPurchaseOrder Order(const std::string& number, const std::string& platform_id = kLabs.text()) {
  return {.number = number,
          .platform_id = platform_id,
          .value = Usd("5000"),
          .currency = "USD",
          .document = "https://example.org/orders/7"};
}

// The lab has a limit of 1,000 and ada as admin.
class PurchaseOrders : public testing::Test {
 protected:
  PurchaseOrders() { story.FundedLab(); }
  IncreaseId Asked(const std::string& order = "") {
    return IncreaseId(
        story
            .Must(RequestLimitIncrease{
                .billing_account = kLabs, .user = kAda, .requested_limit = Usd("5000"), .purchase_order = order})
            .position());
  }
  const PurchaseOrder& Recorded(const Entry& entry) const {
    return story.state().purchase_orders.at(PurchaseOrderId(entry.position()));
  }
  const std::string& OrderOf(IncreaseId id) const { return story.state().Find(id)->purchase_order; }

  Story story;
};

TEST_F(PurchaseOrders, L4_AnOrderGoesToTheOpenRequest) {
  const IncreaseId id = Asked();
  const Entry entry = story.Must(Order("PO-1"));
  EXPECT_EQ(Recorded(entry).increase, id);
  EXPECT_EQ(Recorded(entry).account, kLabs);
  EXPECT_EQ(OrderOf(id), "PO-1");
}

TEST_F(PurchaseOrders, L4_AnOrderThatCameFirstGoesToTheNextRequest) {
  const Entry entry = story.Must(Order("PO-1"));
  EXPECT_EQ(Recorded(entry).account, kLabs);
  EXPECT_TRUE(Recorded(entry).increase.empty());
  const IncreaseId id = Asked();
  EXPECT_EQ(Recorded(entry).increase, id);
  EXPECT_EQ(OrderOf(id), "PO-1");
  EXPECT_EQ(OrderOf(Asked()), "") << "an order is used once";
}

TEST_F(PurchaseOrders, L4_AnUnknownIdWaitsUntilItsAccountAsks) {
  const Entry entry = story.Must(Order("PO-1", "user-carl"));
  EXPECT_TRUE(Recorded(entry).account.empty());
  story.Upgrade("carl");
  EXPECT_TRUE(Recorded(entry).account.empty());
  const BillingAccountId carls = AccountOfUser("carl");
  const Entry asked =
      story.Must(RequestLimitIncrease{.billing_account = carls, .user = Named("carl"), .requested_limit = Usd("10")});
  EXPECT_EQ(Recorded(entry).account, carls);
  EXPECT_EQ(Recorded(entry).increase.number(), asked.position());
  EXPECT_EQ(asked.events(0).limit_increase_requested().purchase_order(), "PO-1");
}

TEST_F(PurchaseOrders, L4_AnIdThatNamesNoAccountWaits) {
  EXPECT_TRUE(Recorded(story.Must(Order("PO-1", "ACME 4711"))).account.empty());
}

TEST_F(PurchaseOrders, L4_ARequestThatNamesAnOrderIsGivenThatOneAlone) {
  const Entry first = story.Must(Order("PO-1"));
  const Entry second = story.Must(Order("PO-2"));
  const IncreaseId id = Asked("PO-1");
  EXPECT_EQ(OrderOf(id), "PO-1");
  EXPECT_EQ(Recorded(first).increase, id);
  EXPECT_TRUE(Recorded(second).increase.empty());
}

TEST_F(PurchaseOrders, L4_NoOrderIsNeededToApprove) {
  EXPECT_THAT(story.Do(ApproveLimitIncrease{.increase = Asked()}), IsAllowed());
}

TEST_F(PurchaseOrders, L4_ANumberIsRecordedOncePerPlatformId) {
  story.Must(Order("PO-1"));
  EXPECT_THAT(story.Do(Order("PO-1")), IsRefused(Reason::kPurchaseOrderRecorded));
  EXPECT_THAT(story.Do(Order("PO-1", "user-carl")), IsAllowed());
  EXPECT_THAT(story.Do(Order("PO-2")), IsAllowed());
  EXPECT_EQ(story.Count(Event::kPurchaseOrderRecorded), 3);
}

TEST_F(PurchaseOrders, L4_AreRecordedByServicesFinanceAndOperators) {
  for (const char* principal : {"service-portal", "finance-fay", "operator-olga"}) {
    EXPECT_THAT(story.Do(Order(principal), As(principal)), IsAllowed()) << principal;
  }
  for (const char* principal : {"user-ada", "support-sam"}) {
    EXPECT_THAT(story.Do(Order(principal), As(principal)), IsRefused(Reason::kPermissionDenied)) << principal;
  }
}

TEST_F(PurchaseOrders, L1_TheOrderOnTheBillsStandsForWantOfAnother) {
  const BillingChangeId change(
      story.Must(RequestBillingChange{.billing_account = kLabs, .user = kAda, .purchase_order = "PO-9"}).position());
  story.Must(ApplyBillingChange{.change = change});
  EXPECT_EQ(OrderOf(Asked()), "PO-9");
  EXPECT_EQ(OrderOf(Asked("PO-10")), "PO-10");
}

}  // namespace
}  // namespace bursar
