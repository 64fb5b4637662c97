// What each movement of money means in the books.
#include "ledger/domain/postings.h"

#include "absl/strings/str_cat.h"
#include "tests/domain/story.h"

namespace bursar {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// "cash +100.00 USD" for each posting of an entry's first event.
std::vector<std::string> Books(const Entry& entry) {
  std::vector<std::string> lines;
  for (const Posting& posting : PostingsOf(entry.events(0))) {
    lines.push_back(absl::StrCat(NameOf(posting.account), " ", ToString(posting.amount, posting.currency)));
  }
  return lines;
}

class PostingsOfStory : public testing::Test {
 protected:
  PostingsOfStory() { story.Upgrade("ada"); }
  Story story;
};

TEST_F(PostingsOfStory, APromotionIsAnExpenseOwedToTheCustomer) {
  Entry confirmed = story.entries().back();
  *confirmed.mutable_events(0) = *FindEvent(story.entries().back(), Event::kCreditGranted);
  EXPECT_THAT(Books(confirmed), ElementsAre("promotion_expense 50.00 USD", "customer_credits -50.00 USD"));
}

TEST_F(PostingsOfStory, AGrantIsGoodwill) {
  const Entry grant = story.Must(GrantCredit{.billing_account = kAdas, .amount = Usd("5"), .reason = "sorry"});
  EXPECT_THAT(Books(grant), ElementsAre("goodwill_expense 5.00 USD", "customer_credits -5.00 USD"));
}

TEST_F(PostingsOfStory, AHoldMovesNothingAndItsCaptureIsRevenue) {
  story.Must(SetSpendingLimit{.billing_account = kAdas, .limit = Usd("100")});
  const Entry placed = story.Must(PlaceHold{.action = Job(kAda, Usd("70"))});
  EXPECT_THAT(Books(placed), IsEmpty());
  const Entry captured = story.Must(CaptureHold{.hold = HoldId(placed.position()), .cost = Usd("60"), .last = true});
  EXPECT_THAT(Books(captured), ElementsAre("customer_credits 50.00 USD", "revenue -50.00 USD", "receivables 10.00 USD",
                                           "revenue -10.00 USD"));
}

TEST_F(PostingsOfStory, APaymentSettlesAndPrepays) {
  story.Must(CoreHours(kAda, 1000));
  const Entry paid = story.Must(RecordPayment{.billing_account = kAdas, .amount = Usd("100")});
  EXPECT_THAT(Books(paid),
              ElementsAre("cash 93.00 USD", "receivables -93.00 USD", "cash 7.00 USD", "customer_credits -7.00 USD"));
}

TEST_F(PostingsOfStory, WhatExpiresIsIncomeAlsoWhenAHoldGivesItBackLater) {
  GrantCredit grant{.billing_account = kAdas, .amount = Usd("5"), .reason = "short"};
  grant.expire_time = story.now() + absl::Hours(1);
  story.Must(grant);
  const HoldId hold = story.Hold(Job(kAda, Usd("2")));
  story.Pass(absl::Hours(1));
  const Entry released = story.Must(ReleaseHold{.hold = hold});
  EXPECT_THAT(Books(story.entries().at(released.position() - 2)),
              ElementsAre("customer_credits 3.00 USD", "expired_credits -3.00 USD"));
  EXPECT_THAT(Books(released), ElementsAre("customer_credits 2.00 USD", "expired_credits -2.00 USD"));
}

TEST_F(PostingsOfStory, WhatIsRevokedIsIncomeAndWhatWasPaidInAdvanceGoesBackAsCash) {
  const Entry grant = story.Must(GrantCredit{.billing_account = kAdas, .amount = Usd("5"), .reason = "x"});
  const Entry paid = story.Must(RecordPayment{.billing_account = kAdas, .amount = Usd("7")});
  EXPECT_THAT(Books(story.Must(RevokeCredit{.credit = CreditId(grant.position())})),
              ElementsAre("customer_credits 5.00 USD", "revoked_credits -5.00 USD"));
  EXPECT_THAT(Books(story.Must(RevokeCredit{.credit = CreditId(paid.position())})),
              ElementsAre("customer_credits 7.00 USD", "cash -7.00 USD"));
}

TEST_F(PostingsOfStory, F5_AReversalUndoesTheRevenueAndOwesWhatWasPaid) {
  const Entry charge = story.Must(CoreHours(kAda, 1000));
  story.Must(RecordPayment{.billing_account = kAdas, .amount = Usd("90")});
  EXPECT_THAT(Books(story.Must(story.Reversal(charge))),
              ElementsAre("revenue 93.00 USD", "receivables -93.00 USD", "revenue 50.00 USD",
                          "customer_credits -50.00 USD", "receivables 90.00 USD", "customer_credits -90.00 USD"));
}

}  // namespace
}  // namespace bursar
