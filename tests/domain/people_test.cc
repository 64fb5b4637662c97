// Accounts, identities, closing, and default payers. A7 has its permission here and its rendering in the doors' tests.
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
  Story story;
  story.Upgrade("ada");
  story.Must(Registration("bob"));
  EXPECT_TRUE(MayReadProfile(story.state(), As("user-ada"), kAda));
  EXPECT_FALSE(MayReadProfile(story.state(), As("user-bob"), kAda));
  EXPECT_FALSE(MayReadProfile(story.state(), Principal(), kAda));
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

Identity Login(const std::string& subject, const std::string& issuer = kIssuer) {
  return {.issuer = issuer, .subject = subject};
}

RegisterUser FirstLogin(const std::string& handle, const Identity& identity) {
  RegisterUser command = Registration(handle);
  command.identity = identity;
  return command;
}

UserId Reached(const Story& story, const Identity& identity) {
  const auto found = story.state().user_of_identity.find({identity.issuer, identity.subject});
  return found == story.state().user_of_identity.end() ? UserId() : found->second;
}

TEST(RegisterUser, A4_AnEmployeesFirstLoginMakesAnUpgradedAccountWithoutAPromise) {
  Story story;
  story.Must(FirstLogin("ada", Login("ada-1", kHouse)));
  const User& ada = *story.state().Find(kAda);
  EXPECT_EQ(ada.upgraded, UpgradeRoute::kInternal);
  EXPECT_EQ(Reached(story, Login("ada-1", kHouse)), kAda);
  EXPECT_FALSE(ada.entitlement.has_value());
  EXPECT_EQ(story.Funds(kAdas), Money());
  EXPECT_THAT(story.Do(PlaceHold{.action = Job(kAda, Usd("1"))}), Denies(Reason::kSpendingLimitExceeded, Money()));
}

TEST(RegisterUser, A4_ThroughAnInstitutionIsLinkedAndEntitledButNotUpgraded) {
  Story story;
  story.Must(FirstLogin("ada", Login("ada-1")));
  EXPECT_EQ(Reached(story, Login("ada-1")), kAda);
  EXPECT_FALSE(story.state().Find(kAda)->upgraded.has_value());
  EXPECT_TRUE(story.state().Find(kAda)->entitlement.has_value());
}

TEST(RegisterUser, A4_TakesOnlyThePartnersIdentityProviders) {
  Story story;
  EXPECT_THAT(story.Do(FirstLogin("ada", Login("1", "https://elsewhere.example.org"))),
              AllOf(IsRefused(Reason::kInvalidField), Says("identity_issuer")));
  RegisterUser without = FirstLogin("ada", Login("1"));
  without.partner_id.clear();
  EXPECT_THAT(story.Do(without), IsRefused(Reason::kInvalidField));
}

TEST(RegisterUser, A5_AnEmailWithAnAccountIsNotLinkedByItself) {
  Story story;
  story.Must(Registration("ada"));
  const auto refused = story.Do(FirstLogin("ada", Login("ada-1")));
  EXPECT_THAT(refused, AllOf(IsRefused(Reason::kIdentityNotLinked), Says("password"), Says("link")));
  EXPECT_EQ(story.Count(Event::kUserRegistered), 1);
  EXPECT_EQ(Reached(story, Login("ada-1")), UserId());
}

TEST(RegisterUser, AKnownIdentityLogsInInstead) {
  Story story;
  story.Must(FirstLogin("ada", Login("ada-1")));
  RegisterUser again = FirstLogin("ada2", Login("ada-1"));
  again.person.email = "ada2@example.org";
  EXPECT_THAT(story.Do(again), IsRefused(Reason::kIdentityTaken));
}

TEST(LinkIdentity, A6_BothWaysInReachTheSameAccount) {
  Story story;
  story.Upgrade("ada");
  story.Must(LinkIdentity{.user = kAda, .identity = Login("ada-1")});
  EXPECT_EQ(Reached(story, Login("ada-1")), kAda);
  EXPECT_EQ(story.state().user_of_email.at("ada@example.org"), kAda);
  EXPECT_EQ(story.Funds(kAdas), Usd("50"));
}

TEST(LinkIdentity, A6_LinkedTwiceIsLinkedOnce) {
  Story story;
  story.Must(Registration("ada"));
  story.Must(Registration("bob"));
  story.Must(LinkIdentity{.user = kAda, .identity = Login("ada-1")});
  story.Must(LinkIdentity{.user = kAda, .identity = Login("ada-1")});
  EXPECT_EQ(story.state().Find(kAda)->identities.size(), 1u);
  EXPECT_THAT(story.Do(LinkIdentity{.user = kBob, .identity = Login("ada-1")}), IsRefused(Reason::kIdentityTaken));
}

TEST(CloseUser, A8_WaitsUntilNothingIsOwed) {
  Story story;
  story.Upgrade("ada");
  story.Must(CoreHours(kAda, 434));  // 62.062: 12.062 beyond the credit
  EXPECT_THAT(story.Do(CloseUser{.user = kAda}), AllOf(IsRefused(Reason::kNotSettled), Says("12.062")));
  story.Must(RecordPayment{.billing_account = kAdas, .amount = Usd("12.062")});
  story.Must(CloseUser{.user = kAda});
  EXPECT_EQ(story.state().Find(kAda)->status, User::Status::kClosed);
}

TEST(CloseUser, A8_WaitsUntilNothingRunsAndNothingIsPrepaid) {
  Story story;
  story.Upgrade("ada");
  const HoldId hold = story.Hold(Job(kAda, Usd("1")));
  EXPECT_THAT(story.Do(CloseUser{.user = kAda}), AllOf(IsRefused(Reason::kNotSettled), Says("by 1 open holds")));
  story.Must(ReleaseHold{.hold = hold});
  story.Must(RecordPayment{.billing_account = kAdas, .amount = Usd("3")});
  EXPECT_THAT(story.Do(CloseUser{.user = kAda}), AllOf(IsRefused(Reason::kNotSettled), Says("prepaid 3.00")));
}

TEST(CloseUser, A8_TakesBackWhatWasGrantedAndEndsWhatWasAsked) {
  Story story;
  story.Upgrade("ada");
  story.Must(SetSpendingLimit{.billing_account = kAdas, .limit = Usd("10")});
  const Entry asked =
      story.Must(RequestLimitIncrease{.billing_account = kAdas, .user = kAda, .requested_limit = Usd("20")});
  const Entry closed = story.Must(CloseUser{.user = kAda});
  EXPECT_EQ(FindEvent(closed, Event::kCreditRevoked)->credit_revoked().amount_micros(), Usd("50").micros());
  EXPECT_EQ(story.state().Find(IncreaseId(asked.position()))->status, LimitIncrease::Status::kWithdrawn);
  EXPECT_EQ(story.Funds(kAdas), Money());
  EXPECT_EQ(story.Account(kAdas).balance.limit, Money());
}

TEST(CloseUser, A8_LeavesNothingToAskAndEverythingToRead) {
  Story story;
  story.Upgrade("ada");
  const Entry project = story.Must(CreateProject{.user = kAda, .name = "x"});
  story.Must(CloseUser{.user = kAda});
  EXPECT_THAT(story.Do(CloseUser{.user = kAda}), IsRefused(Reason::kUserClosed));
  EXPECT_THAT(story.Do(SetDefaultPayer{.user = kAda, .billing_account = kAdas}), IsRefused(Reason::kUserClosed));
  EXPECT_THAT(story.Do(CreateProject{.user = kAda, .name = "y"}, As("service-portal")), IsRefused(Reason::kUserClosed));
  EXPECT_THAT(story.Do(PlaceHold{.action = Job(kAda, Usd("1"))}), Denies(Reason::kUserClosed, Money()));
  story.Upgrade("bob");
  GatedAction in_project = Job(kBob, Usd("1"));
  in_project.project = ProjectId(project.position());
  EXPECT_THAT(story.Do(PlaceHold{.action = in_project}), Denies(Reason::kUserClosed, Money()));
  EXPECT_TRUE(MayReadAccount(story.state(), As("user-ada"), kAdas).ok());
  EXPECT_THAT(story.Do(Registration("ada")), IsRefused(Reason::kHandleTaken));
  RegisterUser again = Registration("ada2");
  again.person.email = "ada@example.org";
  EXPECT_THAT(story.Do(again), IsRefused(Reason::kEmailRegistered));
}

TEST(CloseUser, A8_LateUsageIsChargedStill) {
  Story story;
  story.Upgrade("ada");
  story.Must(CloseUser{.user = kAda});
  story.Must(CoreHours(kAda, 1));
  EXPECT_EQ(story.Account(kAdas).balance.outstanding, Usd("0.143"));
}

TEST(CloseUser, A8_EndsMembershipsButNeverTheLastAdmins) {
  Story story;
  story.FundedLab();
  story.Must(SetDefaultPayer{.user = kBob, .billing_account = kLabs});
  EXPECT_THAT(story.Do(CloseUser{.user = kAda}), IsRefused(Reason::kLastAdmin));
  const Entry closed = story.Must(CloseUser{.user = kBob});
  EXPECT_NE(FindEvent(closed, Event::kMemberRemoved), nullptr);
  EXPECT_EQ(story.state().Find(kLab)->Member(kBob), nullptr);
  EXPECT_EQ(story.state().Find(kBob)->default_payer, kBobs);
}

TEST(CloseUser, A8_KillsTheLinkThatWasMailed) {
  Story story;
  story.Must(Registration("ada"));
  story.Must(UpgradeForm(kAdas, kAda, "late"));
  story.Must(CloseUser{.user = kAda});
  EXPECT_THAT(story.Do(Opened("late")), IsRefused(Reason::kLinkInvalid));
}

TEST(CreateProject, LivesInTheOwnersRegionUnlessItNamesAnother) {
  Story story;
  story.Upgrade("ada");
  const Entry home = story.Must(CreateProject{.user = kAda, .name = "x"});
  EXPECT_EQ(home.events(0).project_created().region(), kRegion);
  EXPECT_EQ(home.events(0).project_created().home_region(), "");
  const Entry away = story.Must(CreateProject{.user = kAda, .name = "x", .region = "aws:eu-central-1"});
  EXPECT_EQ(away.events(0).project_created().region(), "aws:eu-central-1");
  EXPECT_EQ(away.events(0).project_created().home_region(), kRegion) << "what the warning is made of";
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

}  // namespace
}  // namespace bursar
