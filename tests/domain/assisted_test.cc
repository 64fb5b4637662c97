// Setting up billing in a time slot, with an operator's help.
#include "tests/domain/story.h"

namespace bursar {
namespace {

DeclineBilling Declined(const std::string& link) {
  return {.selector = Link(link).selector, .secret_hash = Link(link).secret_hash};
}

// Ada of the partner offers two slots of an hour: in a day, and in two days.
class Assisted : public testing::Test {
 protected:
  Assisted() { story.Must(Registration("ada")); }
  RequestAssistedSetup Offer() const {
    const absl::Time start = story.now() + absl::Hours(24);
    return {.billing_account = kAdas,
            .user = kAda,
            .contact = {.name = "Cleo Contact", .email = "cleo@example.org"},
            .slots = {{.start = start, .end = start + absl::Hours(1)},
                      {.start = start + absl::Hours(24), .end = start + absl::Hours(25)}}};
  }
  AssistedSetupId Asked() { return AssistedSetupId(story.Must(Offer()).position()); }
  AssistedSetupId Scheduled(size_t slot = 0) {
    const AssistedSetupId id = Asked();
    story.Must(ScheduleAssistedSetup{.setup = id, .slot = slot, .link = Link("slot")});
    return id;
  }
  // Time goes on and something else happens.
  void Wait(absl::Duration duration) {
    story.Pass(duration);
    story.Must(SetSpendingLimit{.billing_account = kAdas, .limit = Money()});
  }
  const BillingSetup& Setup() const { return story.Account(kAdas).setup; }

  Story story;
};

TEST_F(Assisted, U14_TheLinkIsMailedAtTheSlotsStartAndUpgrades) {
  Scheduled();
  Wait(absl::Hours(24) - absl::Microseconds(1));
  EXPECT_THAT(story.Do(Opened("slot")), IsRefused(Reason::kLinkInvalid)) << "not mailed yet";
  EXPECT_EQ(story.Count(Event::kVerificationSent), 0);
  Wait(absl::Microseconds(1));
  EXPECT_EQ(story.Count(Event::kVerificationSent), 1);
  EXPECT_EQ(Setup().status, BillingSetup::Status::kPending);
  EXPECT_EQ(Setup().expire_time, story.now() + absl::Hours(1));
  EXPECT_EQ(Setup().contact.email, "cleo@example.org");

  const Entry entry = story.Must(Opened("slot"));
  EXPECT_EQ(FindEvent(entry, Event::kUserUpgraded)->user_upgraded().route(), storage::v1::UserUpgraded::ROUTE_ASSISTED);
  EXPECT_EQ(FindEvent(entry, Event::kBillingConfirmed)->billing_confirmed().terms_version(), "1");
  EXPECT_EQ(story.state().Find(kAda)->upgraded, UpgradeRoute::kAssisted);
  EXPECT_EQ(story.Funds(kAdas), Usd("50"));
  Wait(absl::Hours(24 * 3));
  EXPECT_EQ(story.Count(Event::kAssistedSetupMissed), 0);
  EXPECT_TRUE(story.state().assisted_setups.empty());
}

TEST_F(Assisted, U14_AtLeastTwoSlotsThatAreToComeAreOffered) {
  RequestAssistedSetup offer = Offer();
  offer.slots.pop_back();
  EXPECT_THAT(story.Do(offer), IsRefused(Reason::kInvalidField));
  offer = Offer();
  offer.slots[1].start = story.now();
  EXPECT_THAT(story.Do(offer), testing::AllOf(IsRefused(Reason::kInvalidField), Says("slots[1]")));
  offer = Offer();
  offer.slots[0].end = offer.slots[0].start;
  EXPECT_THAT(story.Do(offer), testing::AllOf(IsRefused(Reason::kInvalidField), Says("slots[0]")));
  offer = Offer();
  offer.slots[1] = offer.slots[0];
  EXPECT_THAT(story.Do(offer), IsRefused(Reason::kInvalidField));
  EXPECT_EQ(story.Count(Event::kAssistedSetupRequested), 0);
}

TEST_F(Assisted, U14_TheTermsAreThoseOfTheSchedule) {
  const AssistedSetupId id = Asked();
  story.Pass(absl::Hours(1));
  story.Must(PublishTerms{.document = Document::kTerms, .version = "2"});
  story.Pass(absl::Hours(1));
  story.Must(ScheduleAssistedSetup{.setup = id, .link = Link("slot")});
  story.Must(
      PublishTerms{.document = Document::kTerms, .version = "3", .effective_time = story.now() + absl::Hours(1)});
  Wait(absl::Hours(22));
  EXPECT_EQ(story.Must(Opened("slot")).events(0).billing_confirmed().terms_version(), "2");
}

TEST_F(Assisted, U14_AnotherSlotMayBePickedBeforeTheFirstBegins) {
  const AssistedSetupId id = Scheduled(0);
  story.Must(ScheduleAssistedSetup{.setup = id, .slot = 1, .link = Link("later")});
  Wait(absl::Hours(24));
  EXPECT_EQ(story.Count(Event::kVerificationSent), 0);
  Wait(absl::Hours(24));
  EXPECT_THAT(story.Do(Opened("slot")), IsRefused(Reason::kLinkInvalid));
  story.Must(Opened("later"));
}

TEST_F(Assisted, U15_ASlotThatPassesUnusedIsMissedAndItsLinkIsDead) {
  const AssistedSetupId id = Scheduled();
  Wait(absl::Hours(24));
  Wait(absl::Hours(1));
  EXPECT_EQ(story.Count(Event::kAssistedSetupMissed), 1);
  EXPECT_EQ(story.state().Find(id)->status, AssistedSetup::Status::kMissed);
  EXPECT_EQ(Setup().status, BillingSetup::Status::kNone);
  EXPECT_THAT(story.Do(Opened("slot")), IsRefused(Reason::kLinkInvalid));
  EXPECT_THAT(story.Do(ScheduleAssistedSetup{.setup = id, .slot = 1, .link = Link("x")}),
              IsRefused(Reason::kNoOpenSetup));

  const AssistedSetupId again = Asked();
  story.Must(ScheduleAssistedSetup{.setup = again, .link = Link("again")});
  Wait(absl::Hours(24));
  story.Must(Opened("again"));
  EXPECT_EQ(story.Funds(kAdas), Usd("50"));
}

TEST_F(Assisted, U15_ASlotThatNobodySawIsMissedWithoutAMail) {
  const AssistedSetupId id = Scheduled();
  Wait(absl::Hours(48));
  EXPECT_EQ(story.Count(Event::kVerificationSent), 0);
  EXPECT_EQ(story.Count(Event::kAssistedSetupMissed), 1);
  EXPECT_EQ(story.state().Find(id)->status, AssistedSetup::Status::kMissed);
  EXPECT_EQ(story.state().NextDue(), absl::InfiniteFuture());
}

TEST_F(Assisted, NewSlotsInARunningSlotGiveItUp) {
  Scheduled();
  Wait(absl::Hours(24));
  Asked();
  EXPECT_EQ(story.Count(Event::kAssistedSetupMissed), 1);
  EXPECT_THAT(story.Do(Opened("slot")), IsRefused(Reason::kLinkInvalid));
  EXPECT_EQ(Setup().status, BillingSetup::Status::kNone);
  EXPECT_EQ(story.state().assisted_setups.size(), 1u);
}

TEST_F(Assisted, TheFormTakesTheAppointmentsPlace) {
  Scheduled();
  Wait(absl::Hours(24));
  story.Must(UpgradeForm(kAdas, kAda, "form"));
  EXPECT_THAT(story.Do(Opened("slot")), IsRefused(Reason::kLinkInvalid));
  Wait(absl::Hours(1));
  EXPECT_EQ(story.Count(Event::kAssistedSetupMissed), 0);
  story.Must(Opened("form"));
  EXPECT_EQ(story.state().Find(kAda)->upgraded, UpgradeRoute::kForm);
}

TEST_F(Assisted, ALinkSentAgainInTheSlotEndsWithIt) {
  Scheduled();
  Wait(absl::Hours(24));
  story.Must(ResendVerification{.billing_account = kAdas, .link = Link("again")});
  EXPECT_EQ(Setup().expire_time, story.now() + absl::Hours(1));
  Wait(absl::Hours(1));
  EXPECT_THAT(story.Do(Opened("again")), IsRefused(Reason::kLinkInvalid));
  EXPECT_EQ(story.Count(Event::kAssistedSetupMissed), 1);
}

TEST_F(Assisted, U9_AContactWhoDeclinesInTheSlotHasNotMissedIt) {
  Scheduled();
  Wait(absl::Hours(24));
  story.Must(Declined("slot"));
  EXPECT_EQ(Setup().status, BillingSetup::Status::kDeclined);
  Wait(absl::Hours(1));
  EXPECT_EQ(story.Count(Event::kAssistedSetupMissed), 0);
  EXPECT_THAT(story.Do(Offer()), IsAllowed());
}

TEST_F(Assisted, C7_APromotionThatEndsBeforeTheSlotLapses) {
  story.Must(PublishPartner{.partner_id = "brand", .display_name = "Brand"});
  story.Must(PublishPromotion{.promotion_id = "short",
                              .partner_id = "brand",
                              .amount = Usd("20"),
                              .currency = "USD",
                              .end_time = story.now() + absl::Hours(2)});
  story.Must(Registration("bob", "brand"));
  ASSERT_EQ(story.state().Find(kBob)->entitlement->promotion_id, "short");
  RequestAssistedSetup offer = Offer();
  offer.billing_account = kBobs;
  offer.user = kBob;
  const AssistedSetupId id(story.Must(offer).position());
  story.Must(ScheduleAssistedSetup{.setup = id, .link = Link("bob")});
  Wait(absl::Hours(24));
  const Entry entry = story.Must(Opened("bob"));
  EXPECT_EQ(story.state().Find(kBob)->upgraded, UpgradeRoute::kAssisted);
  ASSERT_NE(FindEvent(entry, Event::kPromotionLapsed), nullptr);
  EXPECT_EQ(story.Funds(kBobs), Money());
}

TEST_F(Assisted, SlotsOfSeveralAccountsBeginAndEndTogether) {
  story.Must(Registration("bob"));
  Scheduled();
  RequestAssistedSetup offer = Offer();
  offer.billing_account = kBobs;
  offer.user = kBob;
  const AssistedSetupId bobs(story.Must(offer).position());
  story.Must(ScheduleAssistedSetup{.setup = bobs, .link = Link("bob")});
  Wait(absl::Hours(24));
  story.Must(Opened("bob"));
  EXPECT_EQ(Setup().status, BillingSetup::Status::kPending);
  Wait(absl::Hours(1));
  EXPECT_EQ(story.Count(Event::kAssistedSetupMissed), 1);
}

}  // namespace
}  // namespace bursar
