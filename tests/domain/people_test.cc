// Accounts, members and default payers. A7 has its permission here and its rendering in the doors' tests.
#include "ledger/domain/permissions.h"
#include "tests/domain/story.h"

namespace bursar {
namespace {

using testing::AllOf;

TEST(RegisterUser, A1_ThroughAPartnerIsEntitledAndNotUpgraded) {
  Story story;
  story.Must(Registration("ada"));
  const User& ada = *story.state().Find(kAda);
  EXPECT_EQ(ada.partner_id, kPartner);
  EXPECT_EQ(ada.region, kRegion);
  EXPECT_FALSE(ada.upgraded.has_value());
  EXPECT_EQ(ada.default_payer, kAdas);
  EXPECT_EQ(ada.entitlement->status, Entitlement::Status::kEntitled);
  EXPECT_EQ(ada.entitlement->amount, Usd("50"));
  EXPECT_EQ(story.Funds(kAdas), Money());
}

TEST(RegisterUser, A1_NamesARegionOfItsOwn) {
  Story story;
  RegisterUser command = Registration("ada");
  command.region = "aws:eu-central-1";
  story.Must(command);
  EXPECT_EQ(story.state().Find(kAda)->region, "aws:eu-central-1");
}

TEST(RegisterUser, A2_HandlesCompareInLowerCase) {
  Story story;
  story.Must(Registration("Ada.L"));
  for (const char* handle : {"ada.l", "ADA.L"}) {
    RegisterUser again = Registration(handle);
    again.person.email = "another@example.org";
    EXPECT_THAT(story.Do(again), IsRefused(Reason::kHandleTaken)) << handle;
  }
}

TEST(RegisterUser, A3_AnEmailHasOneAccountAndOneEntitlement) {
  Story story;
  story.Must(Registration("ada"));
  for (const char* partner : {kPartner, ""}) {
    RegisterUser again = Registration("ada2", partner);
    again.person.email = "ADA@example.ORG";
    const auto refused = story.Do(again);
    EXPECT_THAT(refused, AllOf(IsRefused(Reason::kEmailRegistered), Says("Log in")));
    EXPECT_THAT(refused, testing::Not(Says("user-ada"))) << "tells a stranger whose it is";
  }
  EXPECT_EQ(story.Count(Event::kUserRegistered), 1);
  EXPECT_EQ(story.Count(Event::kPromotionEntitled), 1);
}

TEST(RegisterUser, A7_OthersSeeTheProfileOnly) {
  EXPECT_TRUE(MayReadProfile(As("user-ada"), kAda));
  EXPECT_FALSE(MayReadProfile(As("user-bob"), kAda));
  EXPECT_FALSE(MayReadProfile(Principal(), kAda));
  Story story;
  story.Upgrade("ada");
  story.Must(Registration("bob"));
  EXPECT_FALSE(MayReadAccount(story.state(), As("user-bob"), kAdas).ok());
}

TEST(RegisterUser, A9_WithoutAPartnerIsAPlainAccount) {
  Story story;
  story.Must(Registration("ada", ""));
  EXPECT_FALSE(story.state().Find(kAda)->entitlement.has_value());
  EXPECT_THAT(story.Do(Registration("bob", "nobody")), IsRefused(Reason::kPartnerNotFound));
}

TEST(RegisterUser, IsEntitledByThePromotionOfItsOwnCurrencyThoughAnotherOneStartedFirst) {
  Story story;
  story.Pass(absl::Hours(1));
  story.Must(
      PublishPromotion{.promotion_id = "pounds", .partner_id = kPartner, .amount = Usd("40"), .currency = "GBP"});
  RegisterUser command = Registration("ada");
  command.currency = "GBP";
  story.Must(command);
  ASSERT_TRUE(story.state().Find(kAda)->entitlement.has_value());
  EXPECT_EQ(story.state().Find(kAda)->entitlement->promotion_id, "pounds");
}

TEST(SetDefaultPayer, D1_LeadsNewProjectsToTheOrganization) {
  Story story;
  story.FundedLab();
  const Entry before = story.Must(CreateProject{.user = kBob, .name = "before", .bill_to = kLabs});
  story.Must(SetDefaultPayer{.user = kBob, .billing_account = kLabs});
  const Entry after = story.Must(CreateProject{.user = kBob, .name = "after"});
  EXPECT_EQ(after.events(0).project_created().billing_account(), kLabs.text());
  EXPECT_THAT(story.Do(SetDefaultPayer{.user = kEve, .billing_account = kLabs}),
              IsRefused(Reason::kBillableActivitiesNotAllowed));
}

TEST(SetDefaultPayer, D1_DoesNotMoveOldProjects) {
  Story story;
  story.Upgrade("bob");
  const Entry old = story.Must(CreateProject{.user = kBob, .name = "old"});
  story.OpenLab("ada");
  story.Join(kLab, "bob", kMayBill);
  story.Must(SetDefaultPayer{.user = kBob, .billing_account = kLabs});
  EXPECT_EQ(story.state().Find(ProjectId(old.position()))->payer, kBobs);
}

TEST(SetDefaultPayer, D2_NeverAnotherPersonsAccount) {
  Story story;
  story.Upgrade("ada");
  story.Upgrade("bob");
  EXPECT_THAT(story.Do(SetDefaultPayer{.user = kBob, .billing_account = kAdas}),
              IsRefused(Reason::kNotYourBillingAccount));
  EXPECT_THAT(story.Do(CreateProject{.user = kBob, .name = "x", .bill_to = kAdas}),
              IsRefused(Reason::kNotYourBillingAccount));
  EXPECT_THAT(story.Do(PlaceHold{.action = Job(kBob, Usd("1"), kAdas)}),
              Denies(Reason::kNotYourBillingAccount, Money()));
}

TEST(SetDefaultPayer, D2_DoesNotTellWhetherTheOtherAccountExists) {
  Story story;
  story.Upgrade("ada");
  story.Upgrade("bob");
  for (const auto& account : {kAdas, AccountOfUser("nobody")}) {
    EXPECT_THAT(story.Do(SetDefaultPayer{.user = kBob, .billing_account = account}),
                IsRefused(Reason::kNotYourBillingAccount));
  }
  for (const auto& account : {kLabs, BillingAccountId(OrganizationId::OfHandle("nowhere"))}) {
    EXPECT_THAT(story.Do(SetDefaultPayer{.user = kBob, .billing_account = account}),
                IsRefused(Reason::kBillableActivitiesNotAllowed));
  }
}

TEST(CreateProject, D3_NamesSelfThoughTheDefaultIsTheOrganization) {
  Story story;
  story.OpenLab("ada");
  story.Upgrade("bob");
  story.Join(kLab, "bob", kMayBill);
  story.Must(SetDefaultPayer{.user = kBob, .billing_account = kLabs});
  const Entry created = story.Must(CreateProject{.user = kBob, .name = "mine", .bill_to = kBobs});
  EXPECT_EQ(created.events(0).project_created().billing_account(), kBobs.text());
}

TEST(SetMemberAccess, L9_TheLastAdminStays) {
  Story story;
  story.FundedLab();
  EXPECT_THAT(story.Do(SetMemberAccess{.organization = kLab, .user = kAda, .access = kMayBill}),
              IsRefused(Reason::kLastAdmin));
  story.Must(SetMemberAccess{.organization = kLab, .user = kBob, .access = {.admin = true}});
  story.Must(SetMemberAccess{.organization = kLab, .user = kAda, .access = kMayBill});
}

}  // namespace
}  // namespace bursar
