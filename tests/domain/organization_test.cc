// Members, what becomes of those who leave, and an organization's expiry.
#include "tests/domain/story.h"

namespace bursar {
namespace {

using testing::AllOf;

TEST(SetMemberAccess, L9_TheLastAdminStays) {
  Story story;
  story.FundedLab();
  EXPECT_THAT(story.Do(SetMemberAccess{.organization = kLab, .user = kAda, .access = kMayBill}),
              IsRefused(Reason::kLastAdmin));
  story.Must(SetMemberAccess{.organization = kLab, .user = kBob, .access = {.admin = true}});
  story.Must(SetMemberAccess{.organization = kLab, .user = kAda, .access = kMayBill});
}

TEST(RemoveMember, L9_TheLastAdminStays) {
  Story story;
  story.FundedLab();
  EXPECT_THAT(story.Do(RemoveMember{.organization = kLab, .user = kAda}), IsRefused(Reason::kLastAdmin));
  story.Must(SetMemberAccess{.organization = kLab, .user = kBob, .access = {.admin = true}});
  story.Must(RemoveMember{.organization = kLab, .user = kAda}, As("user-ada"));
  EXPECT_EQ(story.state().Find(kLab)->Member(kAda), nullptr);
}

TEST(RemoveMember, U13_WhoWasUpgradedOnlyByTheOrganizationIsDowngraded) {
  Story story;
  story.FundedLab();
  story.Must(SetDefaultPayer{.user = kBob, .billing_account = kLabs});
  const Entry project = story.Must(CreateProject{.user = kBob, .name = "x"});
  ASSERT_EQ(story.state().Find(kBob)->upgraded, UpgradeRoute::kOrganization);
  story.Must(RemoveMember{.organization = kLab, .user = kBob});
  EXPECT_FALSE(story.state().Find(kBob)->upgraded.has_value());
  EXPECT_EQ(story.state().Find(kBob)->default_payer, kBobs);
  EXPECT_EQ(story.state().Find(ProjectId(project.position()))->payer, kLabs);
  EXPECT_THAT(story.Do(PlaceHold{.action = Job(kBob, Usd("1"))}), Denies(Reason::kBillingNotSetUp, Money()));
}

TEST(RemoveMember, U13_WhoHasAFormOfItsOwnStaysUpgraded) {
  Story story;
  story.Upgrade("bob");
  story.OpenLab("ada");
  story.Join(kLab, "bob", kMayBill);
  story.Must(RemoveMember{.organization = kLab, .user = kBob});
  EXPECT_EQ(story.state().Find(kBob)->upgraded, UpgradeRoute::kForm);
}

TEST(RemoveMember, U13_WhoSpendsForAnotherOrganizationStaysUpgraded) {
  Story story;
  story.FundedLab();
  const OrganizationId uni = OrganizationId::OfHandle("uni");
  story.Must(CreateOrganization{.handle = "uni", .name = "Uni", .admin = kAda, .currency = "USD"});
  story.Join(uni, "bob", kMayBill);
  const Entry not_set_up = story.Must(RemoveMember{.organization = kLab, .user = kBob});
  EXPECT_NE(FindEvent(not_set_up, Event::kUserDowngraded), nullptr) << "the other one has no billing";
  story.Join(kLab, "bob", kMayBill);
  story.Must(UpgradeForm(BillingAccountId(uni), kAda, "uni"));
  story.Must(Opened("uni"));
  story.Must(RemoveMember{.organization = kLab, .user = kBob});
  EXPECT_EQ(story.state().Find(kBob)->upgraded, UpgradeRoute::kOrganization);
}

TEST(RemoveMember, U13_AHoldAlreadyGivenStands) {
  Story story;
  story.FundedLab();
  const HoldId hold = story.Hold(Job(kBob, Usd("5"), kLabs));
  story.Must(RemoveMember{.organization = kLab, .user = kBob});
  story.Must(CaptureHold{.hold = hold, .cost = Usd("5"), .last = true});
  EXPECT_EQ(story.Account(kLabs).balance.outstanding, Usd("5"));
}

TEST(RemoveMember, OfOneWhoIsNone) {
  Story story;
  story.FundedLab();
  EXPECT_THAT(story.Do(RemoveMember{.organization = kLab, .user = Named("zoe")}), IsRefused(Reason::kNotAMember));
  EXPECT_THAT(story.Do(RemoveMember{.organization = OrganizationId::OfHandle("nowhere"), .user = kBob}, As("user-bob")),
              IsRefused(Reason::kNotAMember));
}

TEST(SetMemberAccess, U13_TakingTheFlagAwayDowngradesToo) {
  Story story;
  story.FundedLab();
  story.Must(SetDefaultPayer{.user = kBob, .billing_account = kLabs});
  story.Must(SetMemberAccess{.organization = kLab, .user = kBob, .access = kMayNotBill});
  EXPECT_FALSE(story.state().Find(kBob)->upgraded.has_value());
  EXPECT_EQ(story.state().Find(kBob)->default_payer, kBobs);
}

TEST(SetOrganizationExpiry, G11_AnExpiredOrganizationIsNotOutOfFunds) {
  Story story;
  story.FundedLab();
  story.Must(SetOrganizationExpiry{.organization = kLab, .expire_time = story.now() + absl::Hours(1)});
  EXPECT_THAT(story.Do(PlaceHold{.action = Job(kBob, Usd("1"), kLabs)}), IsAllowed());
  story.Pass(absl::Hours(1));
  EXPECT_THAT(story.Do(PlaceHold{.action = Job(kBob, Usd("1"), kLabs)}),
              Denies(Reason::kOrganizationExpired, Usd("999")));
  const Entry both = story.Must(PlaceHold{.action = Job(kBob, Usd("2000"), kLabs)});
  ASSERT_EQ(both.events(0).action_denied().bindings_size(), 2);
  EXPECT_EQ(both.events(0).action_denied().bindings(1).reason(), NameOf(Reason::kSpendingLimitExceeded));
  story.Must(SetOrganizationExpiry{.organization = kLab});
  EXPECT_THAT(story.Do(PlaceHold{.action = Job(kBob, Usd("1"), kLabs)}), IsAllowed());
}

TEST(SetOrganizationExpiry, G11_ComesAfterBillingThatIsNotSetUp) {
  Story story;
  story.Must(Registration("ada", ""));
  story.Must(CreateOrganization{.handle = "lab", .name = "Lab", .admin = kAda, .currency = "USD"});
  story.Must(SetOrganizationExpiry{.organization = kLab, .expire_time = story.now()});
  const Entry denied = story.Must(PlaceHold{.action = Job(kAda, Usd("1"), kLabs)});
  ASSERT_EQ(denied.events(0).action_denied().bindings_size(), 3);
  EXPECT_EQ(denied.events(0).action_denied().bindings(0).reason(), NameOf(Reason::kBillingNotSetUp));
  EXPECT_EQ(denied.events(0).action_denied().bindings(1).reason(), NameOf(Reason::kOrganizationExpired));
}

TEST(SetOrganizationSettings, HidesItsAdminsFromThenOn) {
  Story story;
  story.FundedLab();
  story.Must(SetOrganizationSettings{.organization = kLab, .hides_admins = true, .restricts_transfers = true});
  EXPECT_TRUE(story.state().Find(kLab)->hides_admins);
  EXPECT_TRUE(story.state().Find(kLab)->restricts_transfers);
  const Entry denied = story.Must(PlaceHold{.action = Job(kBob, Usd("2000"), kLabs)});
  EXPECT_EQ(denied.events(0).action_denied().remedy(), "Contact your admin.");
}

}  // namespace
}  // namespace bursar
