// Setting up who pays. The mail itself and the fields' forms are tested at the doors; here, what follows.
#include "bursar/v1/billing.pb.h"
#include "bursar/v1/rules.pb.h"
#include "tests/domain/story.h"

namespace bursar {
namespace {

using testing::AllOf;

TEST(Upgrade, U1_IsPendingAndOneLinkGoesToTheContact) {
  Story story;
  story.Must(Registration("ada"));
  const Entry entry = story.Must(UpgradeForm(kAdas, kAda));
  const BillingSetup& setup = story.Account(kAdas).setup;
  EXPECT_EQ(setup.status, BillingSetup::Status::kPending);
  EXPECT_EQ(setup.contact.email, "cleo@example.org");
  EXPECT_EQ(setup.sent_time, story.now());
  EXPECT_EQ(story.Count(Event::kVerificationSent), 1);
  EXPECT_FALSE(story.state().Find(kAda)->upgraded.has_value());
  EXPECT_EQ(entry.ShortDebugString().find("secret 1"), std::string::npos) << "the log holds a hash only";
}

TEST(Upgrade, U2_AProjectHasToWaitForTheContact) {
  Story story;
  story.Must(Registration("ada"));
  story.Must(UpgradeForm(kAdas, kAda));
  EXPECT_THAT(story.Do(CreateProject{.user = kAda, .name = "x", .bill_to = kAdas}),
              AllOf(IsRefused(Reason::kBillingNotSetUp), Says("pending verification")));
}

TEST(Upgrade, U3_TheContactAcceptsAndThePromotionIsGranted) {
  Story story;
  story.Must(Registration("ada"));
  story.Must(UpgradeForm(kAdas, kAda));
  story.Pass(absl::Hours(20));
  const Entry entry = story.Must(Opened("1"));
  EXPECT_EQ(story.state().Find(kAda)->upgraded, UpgradeRoute::kForm);
  EXPECT_EQ(story.state().Find(kAda)->entitlement->status, Entitlement::Status::kGranted);
  EXPECT_EQ(story.Funds(kAdas), Usd("50"));
  const auto& confirmed = FindEvent(entry, Event::kBillingConfirmed)->billing_confirmed();
  EXPECT_EQ(confirmed.terms_version(), "1");
  EXPECT_EQ(confirmed.contact().postal_address(), "1 Main Street");
  EXPECT_EQ(entry.commit_time(), absl::ToUnixMicros(story.now()));
}

// The door checks these rules before there is a command.
TEST(Upgrade, U4_TheFormCannotDoWithoutPhoneOrPricing) {
  const auto required = [](const google::protobuf::Descriptor* message, const char* field) {
    return message->FindFieldByName(field)->options().GetExtension(v1::rule).required();
  };
  for (const char* field : {"name", "email", "phone", "postal_address"}) {
    const auto* contact = v1::SubmitAccountUpgradeRequest::descriptor()->FindFieldByName("contact")->message_type();
    ASSERT_NE(contact->FindFieldByName(field), nullptr) << field;
    EXPECT_TRUE(required(contact, field)) << field;
  }
  for (const char* field : {"contact", "terms_version", "pricing_version"}) {
    EXPECT_TRUE(required(v1::SubmitAccountUpgradeRequest::descriptor(), field)) << field;
  }
}

TEST(Upgrade, U5_TermsThatChangedMeanwhileHaveToBeShownAgain) {
  Story story;
  story.Must(Registration("ada"));
  story.Pass(absl::Minutes(1));
  story.Must(PublishTerms{.document = Document::kTerms, .version = "2"});
  EXPECT_THAT(story.Do(UpgradeForm(kAdas, kAda)), AllOf(IsRefused(Reason::kTermsOutdated), Says("version '2'")));
  EXPECT_EQ(story.Count(Event::kVerificationSent), 0);
}

TEST(Upgrade, U5_TermsOfTheFutureAreNotInForceYet) {
  Story story;
  story.Must(Registration("ada"));
  story.Must(
      PublishTerms{.document = Document::kPricing, .version = "2", .effective_time = story.now() + absl::Hours(1)});
  story.Must(UpgradeForm(kAdas, kAda));
  story.Pass(absl::Hours(1));
  EXPECT_THAT(story.Do(UpgradeForm(kAdas, kAda)), IsRefused(Reason::kTermsOutdated));
}

TEST(Upgrade, U6_ALinkOpenedTwiceConfirmsOnce) {
  Story story;
  story.Must(Registration("ada"));
  story.Must(UpgradeForm(kAdas, kAda));
  const Entry first = story.Must(Opened("1"));
  story.Pass(absl::Hours(24 * 30));
  const Entry second = story.Must(Opened("1"));
  EXPECT_EQ(second.position(), first.position());
  EXPECT_EQ(story.Count(Event::kBillingConfirmed), 1);
  EXPECT_EQ(story.Funds(kAdas), Usd("50"));
}

TEST(Upgrade, U7_AnExpiredLinkIsRefusedAndResendingKillsTheOldOne) {
  Story story;
  story.Must(Registration("ada"));
  story.Must(UpgradeForm(kAdas, kAda, "old"));
  story.Pass(absl::Hours(24 * 7));
  EXPECT_THAT(story.Do(Opened("old")), IsRefused(Reason::kLinkExpired));
  story.Must(ResendVerification{.billing_account = kAdas, .link = Link("new")});
  EXPECT_THAT(story.Do(Opened("old")), IsRefused(Reason::kLinkInvalid));
  story.Must(Opened("new"));
  EXPECT_EQ(story.Funds(kAdas), Usd("50"));
}

TEST(Upgrade, U8_ALinkWorksForItsOwnAccountOnly) {
  Story story;
  story.Must(Registration("ada"));
  story.Must(Registration("bob"));
  story.Must(UpgradeForm(kAdas, kAda, "ada"));
  story.Must(UpgradeForm(kBobs, kBob, "bob"));
  ConfirmBilling mixed = Opened("ada");
  mixed.secret_hash = Opened("bob").secret_hash;
  const auto altered = story.Do(mixed);
  const auto invented = story.Do(Opened("invented"));
  EXPECT_THAT(altered, IsRefused(Reason::kLinkInvalid));
  EXPECT_EQ(altered.status(), invented.status()) << "tells an altered link from an invented one";
  story.Must(Opened("ada"));
  EXPECT_EQ(story.Account(kBobs).setup.status, BillingSetup::Status::kPending);
}

TEST(Upgrade, U10_TheContactMayBeTheUserAndStillNeedsTheLink) {
  Story story;
  story.Must(Registration("ada"));
  SubmitAccountUpgrade form = UpgradeForm(kAdas, kAda);
  form.contact.email = "ada@example.org";
  story.Must(form);
  EXPECT_THAT(story.Do(Check{.action = Asking("project.create", kAda)}), Denies(Reason::kBillingNotSetUp, Money()));
  story.Must(Opened("1"));
  EXPECT_THAT(story.Do(Check{.action = Asking("project.create", kAda)}), IsAllowed());
}

TEST(Upgrade, U11_ASpendingMemberIsUpgradedByItsOrganization) {
  Story story;
  story.OpenLab("ada");
  story.Must(Registration("bob"));
  story.Join(kLab, "bob", kMayBill);
  EXPECT_EQ(story.state().Find(kBob)->upgraded, UpgradeRoute::kOrganization);
  EXPECT_EQ(story.state().Find(kBob)->entitlement->status, Entitlement::Status::kEntitled);
  EXPECT_EQ(story.Funds(kBobs), Money());
  EXPECT_EQ(story.Count(Event::kCreditGranted), 0);
}

TEST(Upgrade, U11_MembersWaitWithTheOrganizationForItsContact) {
  Story story;
  story.Must(Registration("ada"));
  story.Must(CreateOrganization{.handle = "lab", .name = "Lab", .admin = kAda, .currency = "USD"});
  story.Join(kLab, "bob", kMayBill);
  EXPECT_FALSE(story.state().Find(kBob)->upgraded.has_value());
  story.Must(UpgradeForm(kLabs, kAda));
  story.Must(Opened("1"));
  EXPECT_EQ(story.state().Find(kBob)->upgraded, UpgradeRoute::kOrganization);
  EXPECT_EQ(story.Count(Event::kCreditGranted), 0) << "never on the organization's route";
}

TEST(Upgrade, U12_AMemberWithoutTheFlagIsNotUpgraded) {
  Story story;
  story.FundedLab();
  EXPECT_FALSE(story.state().Find(kEve)->upgraded.has_value());
  EXPECT_NE(story.state().Find(kLab)->Member(kEve), nullptr);
  EXPECT_THAT(story.Do(CreateProject{.user = kEve, .name = "x", .bill_to = kLabs}),
              IsRefused(Reason::kBillableActivitiesNotAllowed));
}

TEST(Upgrade, ByFormAfterTheOrganizationsRouteStillBringsThePromotion) {
  Story story;
  story.OpenLab("ada");
  story.Must(Registration("bob"));
  story.Join(kLab, "bob", kMayBill);
  story.Must(UpgradeForm(kBobs, kBob));
  story.Must(Opened("1"));
  EXPECT_EQ(story.state().Find(kBob)->upgraded, UpgradeRoute::kForm);
  EXPECT_EQ(story.Funds(kBobs), Usd("50"));
}

}  // namespace
}  // namespace bursar
