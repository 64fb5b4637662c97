// A billing contact who does not accept, one who has to be reminded, and every order of confirming, declining and
// sending again.
#include <algorithm>

#include "tests/domain/story.h"

namespace bursar {
namespace {

DeclineBilling Declined(const std::string& link, const std::string& reason = "") {
  return {.selector = Link(link).selector, .secret_hash = Link(link).secret_hash, .reason = reason};
}

ResendVerification Resent(const std::string& link) { return {.billing_account = kAdas, .link = Link(link)}; }

// Ada has submitted the form; its link is "1".
class Decline : public testing::Test {
 protected:
  Decline() {
    story.Must(Registration("ada"));
    story.Must(UpgradeForm(kAdas, kAda));
  }
  BillingSetup::Status StatusNow() const { return story.Account(kAdas).setup.status; }

  Story story;
};

TEST_F(Decline, U9_TheUserIsNotUpgradedAndMaySubmitAgain) {
  const Entry entry = story.Must(Declined("1", "not our project"));
  EXPECT_EQ(FindEvent(entry, Event::kBillingDeclined)->billing_declined().reason(), "not our project");
  EXPECT_EQ(StatusNow(), BillingSetup::Status::kDeclined);
  EXPECT_FALSE(story.state().Find(kAda)->upgraded.has_value());
  EXPECT_EQ(story.Funds(kAdas), Money());
  EXPECT_THAT(story.Do(CreateProject{.user = kAda, .name = "x", .bill_to = kAdas}),
              testing::AllOf(IsRefused(Reason::kBillingNotSetUp), testing::Not(Says("pending verification"))));
  story.Must(UpgradeForm(kAdas, kAda, "2"));
  story.Must(Opened("2"));
  EXPECT_EQ(story.Funds(kAdas), Usd("50"));
}

TEST_F(Decline, U9_DecliningTwiceGivesTheFirstAnswer) {
  const Entry first = story.Must(Declined("1", "no"));
  story.Pass(absl::Hours(24 * 30));
  const Entry second = story.Must(Declined("1", "still no"));
  EXPECT_EQ(second.position(), first.position());
  EXPECT_EQ(story.Count(Event::kBillingDeclined), 1);
}

TEST_F(Decline, U9_ADeclinedLinkCannotConfirm) {
  story.Must(Declined("1"));
  EXPECT_THAT(story.Do(Opened("1")), IsRefused(Reason::kLinkInvalid));
  EXPECT_EQ(story.Count(Event::kBillingConfirmed), 0);
}

TEST_F(Decline, U9_AConfirmedLinkCannotDecline) {
  story.Must(Opened("1"));
  EXPECT_THAT(story.Do(Declined("1")), IsRefused(Reason::kLinkInvalid));
  EXPECT_EQ(StatusNow(), BillingSetup::Status::kConfirmed);
}

TEST_F(Decline, U9_ALinkThatWasSentAgainCanNeitherConfirmNorDecline) {
  story.Must(Resent("2"));
  EXPECT_THAT(story.Do(Declined("1")), IsRefused(Reason::kLinkInvalid));
  EXPECT_THAT(story.Do(Opened("1")), IsRefused(Reason::kLinkInvalid));
  EXPECT_EQ(StatusNow(), BillingSetup::Status::kPending);
  story.Must(Declined("2"));
  EXPECT_EQ(StatusNow(), BillingSetup::Status::kDeclined);
}

TEST_F(Decline, U9_NothingIsSentAgainOnceItIsDeclinedOrConfirmed) {
  story.Must(Declined("1"));
  EXPECT_THAT(story.Do(Resent("2")), IsRefused(Reason::kNothingToResend));
  story.Must(UpgradeForm(kAdas, kAda, "3"));
  EXPECT_THAT(story.Do(Declined("1")), IsRefused(Reason::kLinkInvalid)) << "it is dead by now";
  story.Must(Opened("3"));
  EXPECT_THAT(story.Do(Resent("4")), IsRefused(Reason::kNothingToResend));
}

TEST_F(Decline, AnInventedOrExpiredLinkIsRefused) {
  EXPECT_THAT(story.Do(Declined("invented")), IsRefused(Reason::kLinkInvalid));
  story.Pass(absl::Hours(24 * 7));
  EXPECT_THAT(story.Do(Declined("1")), IsRefused(Reason::kLinkExpired));
  EXPECT_EQ(StatusNow(), BillingSetup::Status::kPending);
}

// Whatever happens in whatever order, one answer of one contact counts, and credit is granted with the confirmation.
TEST(Races, ConfirmDeclineAndResendInEveryOrder) {
  std::vector<int> order = {0, 1, 2, 3};  // confirm "1", decline "1", resend as "2", confirm "2"
  do {
    Story story;
    story.Must(Registration("ada"));
    story.Must(UpgradeForm(kAdas, kAda));
    const std::vector<Command> commands = {Opened("1"), Declined("1"), Resent("2"), Opened("2")};
    for (const int which : order) (void)story.Do(commands[static_cast<size_t>(which)]);
    const int confirmed = story.Count(Event::kBillingConfirmed);
    const int declined = story.Count(Event::kBillingDeclined);
    EXPECT_LE(confirmed + declined, 1);
    EXPECT_EQ(story.Count(Event::kCreditGranted), confirmed);
    EXPECT_EQ(story.Account(kAdas).setup.status, confirmed == 1  ? BillingSetup::Status::kConfirmed
                                                 : declined == 1 ? BillingSetup::Status::kDeclined
                                                                 : BillingSetup::Status::kPending);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(Decline, TheContactIsRemindedOnceAfterThreeDays) {
  story.Pass(absl::Hours(72) - absl::Microseconds(1));
  story.Must(Registration("bob"));
  EXPECT_EQ(story.Count(Event::kVerificationReminded), 0);
  story.Pass(absl::Microseconds(1));
  story.Must(Registration("eve"));
  ASSERT_EQ(story.Count(Event::kVerificationReminded), 1);
  const Event& event = story.entries()[story.entries().size() - 2].events(0);
  EXPECT_EQ(event.verification_reminded().selector(), Link("1").selector);
  story.Pass(absl::Hours(72));
  story.Must(Opened("1"));
  EXPECT_EQ(story.Count(Event::kVerificationReminded), 1);
}

TEST_F(Decline, NobodyIsRemindedOfWhatIsAnsweredOrReplaced) {
  story.Pass(absl::Hours(71));
  story.Must(Resent("2"));
  story.Pass(absl::Hours(71));
  story.Must(Declined("2"));
  story.Pass(absl::Hours(24 * 7));
  story.Must(Registration("bob"));
  EXPECT_EQ(story.Count(Event::kVerificationReminded), 0);
  EXPECT_EQ(story.state().NextDue(), absl::InfiniteFuture());
}

TEST(Upgrade, U17_WhoHasNoBillingIsToldHowAndIsNotHeldUpByThatAfterwards) {
  Story story;
  story.Must(Registration("ada", ""));
  const GatedAction asked = Asking("data.add", kAda);
  const Entry denied = story.Must(Check{.action = asked});
  EXPECT_EQ(denied.events(0).action_denied().bindings(0).reason(), "BILLING_NOT_SET_UP");
  EXPECT_THAT(denied.events(0).action_denied().remedy(), testing::HasSubstr("Set up billing"));
  story.Must(UpgradeForm(kAdas, kAda));
  story.Must(Opened("1"));
  EXPECT_EQ(story.Funds(kAdas), Money());
  EXPECT_THAT(story.Do(Check{.action = Asking("data.view", kAda)}), IsAllowed());
  EXPECT_THAT(story.Do(Check{.action = asked}), Denies(Reason::kSpendingLimitExceeded, Money()));
}

}  // namespace
}  // namespace bursar
