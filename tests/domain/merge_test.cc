// Two users who are one person: what moves, what ends, and what reaches the survivor afterwards.
#include "ledger/domain/permissions.h"
#include "tests/domain/story.h"

namespace bursar {
namespace {

using testing::AllOf;

const MergeUsers kBobIntoAda = {.from = kBob, .into = kAda, .reason = "the same person"};

TEST(MergeUsers, MovesCreditsAndDebt) {
  Story story;
  story.Upgrade("ada");
  story.Must(Registration("bob", ""));
  const Entry granted = story.Must(GrantCredit{.billing_account = kBobs, .amount = Usd("7"), .reason = "help"});
  const Entry merged = story.Must(kBobIntoAda);
  EXPECT_EQ(story.Funds(kAdas), Usd("57"));
  EXPECT_EQ(story.Funds(kBobs), Money());
  const Credit& credit = *story.Account(kAdas).balance.Find(CreditId(granted.position()));
  EXPECT_EQ(credit.available, Usd("7"));
  EXPECT_EQ(credit.granted_by, "operator-olga");
  EXPECT_EQ(story.state().account_of_credit.at(credit.id), kAdas);
  EXPECT_EQ(FindEvent(merged, Event::kFundsMovedOut)->funds_moved_out().credits_size(), 1);
}

TEST(MergeUsers, DebtLowersTheSurvivorsFundsAndIsNoticed) {
  Story story;
  story.Upgrade("ada");
  story.Must(Registration("bob", ""));
  story.Must(CoreHours(kBob, 100));
  const Entry merged = story.Must(kBobIntoAda);
  EXPECT_EQ(story.Account(kBobs).balance.outstanding, Money());
  EXPECT_EQ(story.Account(kAdas).balance.outstanding, Usd("14.3"));
  EXPECT_EQ(story.Funds(kAdas), Usd("35.7"));
  EXPECT_EQ(FindEvent(merged, Event::kFundsThresholdCrossed)->funds_threshold_crossed().billing_account(),
            kAdas.text());
}

TEST(MergeUsers, WhatComesBackToACreditPaidBackBeforeIsPaidBackAndNotTheSurvivors) {
  Story story;
  story.Upgrade("ada");
  story.Must(Registration("bob", ""));
  const Entry paid = story.Must(RecordPayment{.billing_account = kBobs, .amount = Usd("20")});
  const Entry charge = story.Must(CoreHours(kBob, 100));
  story.Must(RevokeCredit{.credit = CreditId(paid.position()), .reason = "no more"});
  story.Must(kBobIntoAda);
  const Money before = story.Funds(kAdas);
  const Entry reversal = story.Must(story.Reversal(charge));
  EXPECT_EQ(FindEvent(reversal, Event::kCreditRevoked)->credit_revoked().amount_micros(), Usd("14.3").micros());
  EXPECT_EQ(FindEvent(reversal, Event::kFundsMovedIn), nullptr);
  EXPECT_EQ(story.Funds(kAdas), before);
}

TEST(MergeUsers, ARestrictedCreditThatComesBackLaterRestoresNoThreshold) {
  Story story;
  story.Upgrade("ada");
  story.Upgrade("bob");
  story.Must(GrantCredit{
      .billing_account = kBobs, .amount = Usd("10"), .priority = -1, .actions = {"analysis.run"}, .reason = "runs"});
  const HoldId hold = story.Hold(Job(kBob, Usd("5")));
  const Entry charge = story.Must(CaptureHold{.hold = hold, .cost = Usd("5"), .last = true});
  story.Must(kBobIntoAda);
  story.Must(CoreHours(kAda, 100));
  ASSERT_EQ(story.Account(kAdas).crossed_percent, 25);
  const Entry reversal = story.Must(story.Reversal(charge));
  ASSERT_NE(FindEvent(reversal, Event::kFundsMovedIn), nullptr);
  EXPECT_EQ(FindEvent(reversal, Event::kFundsRestored), nullptr);
}

TEST(MergeUsers, RestrictedLaterAndExpiringCreditsKeepWhatTheyAre) {
  Story story;
  story.Upgrade("ada");
  story.Must(Registration("bob", ""));
  const absl::Time start = story.now() + absl::Hours(2);
  const absl::Time end = story.now() + absl::Hours(4);
  const Entry later = story.Must(
      GrantCredit{.billing_account = kBobs, .amount = Usd("5"), .effective_time = start, .expire_time = end});
  story.Must(GrantCredit{.billing_account = kBobs, .amount = Usd("6"), .actions = {"data.egress"}});
  story.Must(kBobIntoAda);
  EXPECT_EQ(story.Funds(kAdas), Usd("50"));
  EXPECT_EQ(story.Account(kAdas).balance.Funds("data.egress", story.now()), Usd("56"));
  story.Pass(absl::Hours(2));
  story.Must(Registration("eve", ""));  // so that what is due happens
  EXPECT_EQ(story.Funds(kAdas), Usd("55"));
  story.Pass(absl::Hours(2));
  story.Must(Registration("zoe", ""));
  EXPECT_EQ(story.Funds(kAdas), Usd("50"));
  EXPECT_EQ(story.Account(kAdas).balance.Find(CreditId(later.position()))->expired, Usd("5"));
}

TEST(MergeUsers, C1_ASecondPromotionCreditIsTakenBackForWhatIsUnspent) {
  Story story;
  story.Upgrade("ada");
  story.Upgrade("bob");
  story.Must(CoreHours(kBob, 100));
  const Entry merged = story.Must(kBobIntoAda);
  EXPECT_EQ(FindEvent(merged, Event::kCreditRevoked)->credit_revoked().amount_micros(), Usd("35.7").micros());
  EXPECT_EQ(FindEvent(merged, Event::kFundsMovedIn), nullptr) << "nothing was left to move";
  EXPECT_EQ(story.Funds(kAdas), Usd("50"));
}

TEST(MergeUsers, C1_TheOnlyPromotionCreditMovesAndTheSurvivorsPromiseLapses) {
  Story story;
  story.Must(Registration("ada"));
  story.Upgrade("bob");
  story.Must(kBobIntoAda);
  EXPECT_EQ(story.Count(Event::kPromotionLapsed), 1);
  EXPECT_EQ(story.state().Find(kAda)->entitlement->status, Entitlement::Status::kGranted);
  EXPECT_EQ(story.Funds(kAdas), Usd("50"));
  story.Must(UpgradeForm(kAdas, kAda, "ada"));
  story.Must(Opened("ada"));
  EXPECT_EQ(story.Funds(kAdas), Usd("50")) << "no second one";
}

TEST(MergeUsers, C1_APromiseGoesToASurvivorWhoCanStillRedeemIt) {
  Story story;
  story.Must(Registration("ada", ""));
  story.Must(Registration("bob"));
  story.Must(kBobIntoAda);
  story.Must(UpgradeForm(kAdas, kAda, "ada"));
  story.Must(Opened("ada"));
  EXPECT_EQ(story.Funds(kAdas), Usd("50"));
}

TEST(MergeUsers, C1_ASecondPromiseLapses) {
  Story story;
  story.Upgrade("ada");
  story.Must(Registration("bob"));
  story.Must(kBobIntoAda);
  EXPECT_EQ(story.state().Find(kBob)->entitlement->status, Entitlement::Status::kLapsed);
  EXPECT_EQ(story.Funds(kAdas), Usd("50"));
}

TEST(MergeUsers, IsRefusedWhileTheOtherOneHasHolds) {
  Story story;
  story.Upgrade("ada");
  story.Upgrade("bob");
  const HoldId hold = story.Hold(Job(kBob, Usd("1")));
  EXPECT_THAT(story.Do(kBobIntoAda), AllOf(IsRefused(Reason::kNotSettled), Says("by 1 open holds")));
  story.Must(ReleaseHold{.hold = hold});
  story.Must(kBobIntoAda);
}

TEST(MergeUsers, IsRefusedForUsersWhoCannotBeOne) {
  Story story;
  story.Must(Registration("ada", ""));
  story.Must(Registration("bob", ""));
  story.Must(Registration("eve", ""));
  RegisterUser pounds = Registration("zoe", "");
  pounds.currency = "GBP";
  story.Must(pounds);
  EXPECT_THAT(story.Do(MergeUsers{.from = kAda, .into = kAda}), IsRefused(Reason::kNotMergeable));
  EXPECT_THAT(story.Do(MergeUsers{.from = Named("zoe"), .into = kAda}),
              AllOf(IsRefused(Reason::kNotMergeable), Says("currencies")));
  EXPECT_THAT(story.Do(MergeUsers{.from = Named("nobody"), .into = kAda}), IsRefused(Reason::kUserNotFound));
  story.Must(CloseUser{.user = kEve});
  EXPECT_THAT(story.Do(MergeUsers{.from = kEve, .into = kAda}),
              AllOf(IsRefused(Reason::kNotMergeable), Says("closed")));
  story.Must(kBobIntoAda);
  EXPECT_THAT(story.Do(kBobIntoAda), AllOf(IsRefused(Reason::kNotMergeable), Says("merged before")));
}

TEST(MergeUsers, UsageOfTheMergedUserPostsToTheSurvivor) {
  Story story;
  story.Upgrade("ada");
  story.Must(Registration("bob", ""));
  story.Must(kBobIntoAda);
  story.Must(CoreHours(kBob, 10));
  story.Must(CoreHours(kAda, 10, kBobs));
  EXPECT_EQ(story.Funds(kAdas), Usd("47.14"));
  EXPECT_EQ(story.Account(kBobs).balance.outstanding, Money());
  const auto& charged = story.entries().back().events(0).usage_charged();
  EXPECT_EQ(charged.user_id(), "user-ada");
  EXPECT_EQ(charged.billing_account(), kAdas.text());
}

TEST(MergeUsers, WhateverNamesTheMergedUserReachesTheSurvivor) {
  Story story;
  story.Upgrade("ada");
  story.Upgrade("bob");
  const Entry project = story.Must(CreateProject{.user = kBob, .name = "x"});
  story.Must(kBobIntoAda);
  GatedAction in_project = Job(kBob, Usd("1"));
  in_project.project = ProjectId(project.position());
  for (const GatedAction& action : {Job(kBob, Usd("1")), Job(kAda, Usd("1"), kBobs), in_project}) {
    const Entry placed = story.Must(PlaceHold{.action = action});
    EXPECT_EQ(placed.events(0).hold_placed().billing_account(), kAdas.text());
    EXPECT_EQ(placed.events(0).hold_placed().user_id(), "user-ada");
  }
  const Entry created = story.Must(CreateProject{.user = kBob, .name = "y"}, As("user-bob"));
  EXPECT_EQ(created.events(0).project_created().user_id(), "user-ada");
  EXPECT_TRUE(MayReadAccount(story.state(), As("user-bob"), kAdas).ok());
  EXPECT_TRUE(MayReadAccount(story.state(), As("user-ada"), kBobs).ok()) << "its own history";
  EXPECT_TRUE(MayReadProject(story.state(), As("user-bob"), ProjectId(project.position())).ok());
}

TEST(MergeUsers, LoginsMembershipsAndProjectsMove) {
  Story story;
  story.FundedLab();
  story.Must(Registration("zoe", ""));
  const UserId zoe = Named("zoe");
  const Entry project = story.Must(CreateProject{.user = kBob, .name = "x", .bill_to = kLabs});
  story.Must(LinkIdentity{.user = kBob, .identity = {.issuer = kIssuer, .subject = "bob-1"}});
  story.Must(MergeUsers{.from = kBob, .into = zoe});
  EXPECT_EQ(story.state().user_of_email.at("bob@example.org"), zoe);
  EXPECT_EQ(story.state().user_of_identity.at({kIssuer, "bob-1"}), zoe);
  EXPECT_EQ(story.state().Find(kLab)->Member(kBob), nullptr);
  EXPECT_TRUE(story.state().Find(kLab)->Member(zoe)->allow_billable_activities);
  EXPECT_EQ(story.state().Find(ProjectId(project.position()))->owner, zoe);
  EXPECT_EQ(story.state().Find(zoe)->upgraded, UpgradeRoute::kOrganization);
}

TEST(MergeUsers, EndsWhatWasOpenAndWhatWasAllowed) {
  Story story;
  story.Must(Registration("ada", ""));
  story.Upgrade("bob");
  story.Must(SetSpendingLimit{.billing_account = kBobs, .limit = Usd("10")});
  const Entry asked =
      story.Must(RequestLimitIncrease{.billing_account = kBobs, .user = kBob, .requested_limit = Usd("20")});
  story.Must(kBobIntoAda);
  EXPECT_EQ(story.state().Find(IncreaseId(asked.position()))->status, LimitIncrease::Status::kWithdrawn);
  EXPECT_EQ(story.Account(kBobs).balance.limit, Money());
  EXPECT_EQ(story.Account(kAdas).balance.limit, Money()) << "a limit is allowed to an account, not to a person";
}

TEST(MergeUsers, OfAMergedUserIntoAThirdLeadsOn) {
  Story story;
  story.Upgrade("ada");
  story.Must(Registration("bob", ""));
  story.Must(Registration("eve", ""));
  const Entry granted = story.Must(GrantCredit{.billing_account = AccountOfUser("eve"), .amount = Usd("7")});
  story.Must(MergeUsers{.from = kEve, .into = kBob});
  story.Must(kBobIntoAda);
  EXPECT_EQ(story.state().Present(kEve), kAda);
  EXPECT_EQ(story.state().user_of_email.at("eve@example.org"), kAda);
  story.Must(CoreHours(kEve, 1));
  EXPECT_EQ(story.Funds(kAdas), Usd("56.857"));
  EXPECT_EQ(story.state().account_of_credit.at(CreditId(granted.position())), kAdas);
}

}  // namespace
}  // namespace bursar
