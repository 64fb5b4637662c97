// Credits: who gets them, which burns first, what becomes of the rest.
#include "tests/domain/story.h"

namespace bursar {
namespace {

const Credit& CreditOf(const Story& story, const Entry& grant, const BillingAccountId& account = kAdas) {
  return *story.Account(account).balance.Find(CreditId(grant.position()));
}

GrantCredit Grant(const std::string& amount, int32_t priority = 100) {
  return {.billing_account = kAdas, .amount = Usd(amount), .priority = priority, .reason = "goodwill"};
}

// Ada with billing set up and nothing to spend.
class Credits : public testing::Test {
 protected:
  Credits() {
    story.Must(Registration("ada", ""));
    story.Must(UpgradeForm(kAdas, kAda));
    story.Must(Opened("1"));
  }
  // Placed and captured whole.
  Entry Spend(const std::string& amount, const std::string& action = "analysis.run") {
    const HoldId hold = story.Hold(Asking(action, kAda, Usd(amount)));
    return story.Must(CaptureHold{.hold = hold, .cost = Usd(amount), .last = true});
  }
  const Balance& balance() const { return story.Account(kAdas).balance; }

  Story story;
};

TEST(Promotion, C1_IsGrantedOncePerPerson) {
  Story story;
  story.Upgrade("ada");
  story.Must(CreateOrganization{.handle = "lab", .name = "Lab", .admin = kAda, .currency = "USD"});
  story.Must(UpgradeForm(kLabs, kAda, "second"));
  story.Must(Opened("second"));
  story.Must(Opened("ada"));
  EXPECT_THAT(story.Do(UpgradeForm(kAdas, kAda, "again")), IsRefused(Reason::kAlreadyConfirmed));
  EXPECT_EQ(story.Count(Event::kCreditGranted), 1);
  EXPECT_EQ(story.Funds(kLabs), Money());
}

TEST_F(Credits, C2_AChargeBeyondTheCreditShowsBothParts) {
  const Entry credit = story.Must(Grant("50"));
  story.Must(SetSpendingLimit{.billing_account = kAdas, .limit = Usd("200")});
  const Entry charge = Spend("60");
  const auto& drawn = charge.events(0).hold_captured().drawn();
  ASSERT_EQ(drawn.size(), 2);
  EXPECT_EQ(drawn[0].credit(), credit.position());
  EXPECT_EQ(drawn[0].amount_micros(), Usd("50").micros());
  EXPECT_EQ(drawn[1].credit(), 0u);
  EXPECT_EQ(drawn[1].amount_micros(), Usd("10").micros());
  EXPECT_EQ(CreditOf(story, credit).available, Money());
  EXPECT_EQ(balance().outstanding, Usd("10"));
  EXPECT_EQ(story.Funds(kAdas), Usd("190"));
}

TEST_F(Credits, C3_LowerPriorityThenSoonerExpiryThenOlderGrantBurnsFirst) {
  GrantCredit soon = Grant("1");
  soon.expire_time = story.now() + absl::Hours(24);
  GrantCredit later = Grant("1");
  later.expire_time = story.now() + absl::Hours(48);
  const Position never_old = story.Must(Grant("1")).position();
  const Position never_new = story.Must(Grant("1")).position();
  const Position late = story.Must(later).position();
  const Position sooner = story.Must(soon).position();
  const Position first = story.Must(Grant("1", 0)).position();
  std::vector<uint64_t> order;
  const Entry charge = Spend("5");
  for (const auto& part : charge.events(0).hold_captured().drawn()) order.push_back(part.credit());
  EXPECT_THAT(order, testing::ElementsAre(first, sooner, late, never_old, never_new));
}

TEST_F(Credits, C3_ARestrictedCreditPaysForItsActionsOnly) {
  GrantCredit restricted = Grant("10", 0);
  restricted.actions = {"data.egress"};
  const Entry egress = story.Must(restricted);
  EXPECT_THAT(story.Do(PlaceHold{.action = Job(kAda, Usd("1"))}), Denies(Reason::kSpendingLimitExceeded, Money()));
  const Entry any = story.Must(Grant("5"));
  EXPECT_EQ(Spend("3").events(0).hold_captured().drawn(0).credit(), any.position());
  EXPECT_EQ(Spend("12", "data.egress").events(0).hold_captured().drawn_size(), 2);
  EXPECT_EQ(CreditOf(story, egress).available, Money());
  EXPECT_EQ(CreditOf(story, any).available, Money());
}

TEST_F(Credits, C3_UsageIsNoActionSoARestrictedCreditDoesNotPayForIt) {
  GrantCredit restricted = Grant("10", 0);
  restricted.actions = {"analysis.run"};
  story.Must(restricted);
  story.Must(CoreHours(kAda, 1));
  EXPECT_EQ(balance().outstanding, Usd("0.143"));
}

TEST_F(Credits, C4_TheRestLeavesAndHoldsStand) {
  GrantCredit command = Grant("50");
  command.expire_time = story.now() + absl::Hours(24);
  const Entry credit = story.Must(command);
  const HoldId hold = HoldId(
      story.Must(PlaceHold{.action = Job(kAda, Usd("20")), .expire_time = story.now() + absl::Hours(72)}).position());
  story.Pass(absl::Hours(24));
  const Entry charge = story.Must(CaptureHold{.hold = hold, .cost = Usd("15"), .last = true});
  ASSERT_EQ(story.Count(Event::kCreditExpired), 1);
  const Entry& expiry = story.entries().at(charge.position() - 2);
  EXPECT_EQ(expiry.principal(), "system");
  EXPECT_EQ(expiry.events(0).credit_expired().amount_micros(), Usd("30").micros());
  EXPECT_EQ(CreditOf(story, credit).charged, Usd("15"));
  EXPECT_EQ(CreditOf(story, credit).expired, Usd("35")) << "what is given back leaves with the rest";
  EXPECT_EQ(story.Funds(kAdas), Money());
}

TEST_F(Credits, C4_AHoldAndItsCreditMayEndAtTheSameInstant) {
  GrantCredit command = Grant("50");
  command.expire_time = story.now() + absl::Hours(24);
  const Entry credit = story.Must(command);
  const Entry placed = story.Must(PlaceHold{.action = Job(kAda, Usd("20")), .expire_time = command.expire_time});
  story.Pass(absl::Hours(24));
  EXPECT_THAT(story.Do(Check{.action = Asking("folder.create", kAda)}),
              Denies(Reason::kSpendingLimitExceeded, Money()));
  EXPECT_EQ(CreditOf(story, credit).expired, Usd("50"));
  EXPECT_EQ(story.state().Find(HoldId(placed.position())), nullptr);
}

TEST_F(Credits, OfTheFutureIsNotSpendableYet) {
  GrantCredit command = Grant("50");
  command.effective_time = story.now() + absl::Hours(1);
  const Entry credit = story.Must(command);
  EXPECT_EQ(story.Funds(kAdas), Money());
  story.Must(CoreHours(kAda, 1));
  EXPECT_EQ(balance().outstanding, Usd("0.143"));
  EXPECT_EQ(CreditOf(story, credit).available, Usd("50"));
  story.Pass(absl::Hours(1));
  EXPECT_EQ(story.Funds(kAdas), Usd("49.857"));
}

TEST_F(Credits, OfTheFutureTakeEffectByThemselvesAndRestoreFunds) {
  GrantCredit later = Grant("50");
  later.effective_time = story.now() + absl::Hours(1);
  const Entry credit = story.Must(later);
  story.Must(Grant("1"));
  story.Must(CoreHours(kAda, 7));
  ASSERT_EQ(story.Account(kAdas).crossed_percent, 100);
  story.Pass(absl::Hours(1));
  const Entry next = story.Must(CoreHours(kAda, 0));
  const Entry& took = story.entries().at(next.position() - 2);
  EXPECT_EQ(took.principal(), "system");
  EXPECT_EQ(took.events(0).credit_took_effect().credit(), credit.position());
  EXPECT_EQ(took.events(0).credit_took_effect().funds_after_micros(), Usd("49.999").micros());
  ASSERT_NE(FindEvent(took, Event::kFundsRestored), nullptr);
  EXPECT_EQ(FindEvent(took, Event::kFundsRestored)->funds_restored().percent(), 0);
  EXPECT_EQ(story.Account(kAdas).funds_base, Usd("49.999"));
}

TEST_F(Credits, OfTheFutureForSomeActionsLeaveWhatThresholdsMeasureAsItIs) {
  GrantCredit later = Grant("50");
  later.effective_time = story.now() + absl::Hours(1);
  later.actions = {"data.egress"};
  story.Must(later);
  story.Must(Grant("1"));
  story.Must(CoreHours(kAda, 7));
  story.Pass(absl::Hours(1));
  story.Must(CoreHours(kAda, 0));
  EXPECT_EQ(story.Count(Event::kCreditTookEffect), 1);
  EXPECT_EQ(story.Account(kAdas).crossed_percent, 100);
  EXPECT_EQ(story.Account(kAdas).funds_base, Usd("1"));
}

TEST_F(Credits, C6_StayWithThePersonWhenAProjectMovesToAnOrganization) {
  const Entry credit = story.Must(Grant("50"));
  const Entry project = story.Must(CreateProject{.user = kAda, .name = "genomes"});
  story.OpenLab("ada");
  Event moved;
  moved.mutable_project_payer_set()->set_project(project.position());
  moved.mutable_project_payer_set()->set_billing_account(kLabs.text());
  moved.mutable_project_payer_set()->set_previous_billing_account(kAdas.text());
  story.Write({moved});
  RecordUsage usage = CoreHours(kAda, 1);
  usage.project = ProjectId(project.position());
  EXPECT_EQ(story.Must(usage).events(0).usage_charged().billing_account(), kLabs.text());
  EXPECT_EQ(CreditOf(story, credit).available, Usd("50"));
  EXPECT_EQ(story.Account(kLabs).balance.outstanding, Usd("0.143"));
}

// Revoking.

RevokeCredit Revocation(const Entry& grant) {
  return {.credit = CreditId(grant.position()), .reason = "The study was withdrawn."};
}

TEST_F(Credits, C5_AreRevokedForWhatIsNotSpentAndPeopleNoticeIt) {
  const Entry credit = story.Must(Grant("50"));
  Spend("20");
  const Entry entry = story.Must(Revocation(credit));
  const auto& revoked = entry.events(0).credit_revoked();
  EXPECT_EQ(revoked.amount_micros(), Usd("30").micros());
  EXPECT_EQ(revoked.reason(), "The study was withdrawn.");
  EXPECT_EQ(CreditOf(story, credit).charged, Usd("20"));
  EXPECT_EQ(CreditOf(story, credit).revoked, Usd("30"));
  EXPECT_EQ(story.Funds(kAdas), Money());
  EXPECT_NE(FindEvent(entry, Event::kFundsThresholdCrossed), nullptr);
}

TEST_F(Credits, C4_WhatIsHeldOfARevokedOneIsRevokedWhenItReturns) {
  const Entry credit = story.Must(Grant("50"));
  const HoldId hold = story.Hold(Job(kAda, Usd("20")));
  EXPECT_EQ(story.Must(Revocation(credit)).events(0).credit_revoked().amount_micros(), Usd("30").micros());
  const Entry charge = story.Must(CaptureHold{.hold = hold, .cost = Usd("15"), .last = true});
  const auto& returned = charge.events(0).hold_captured().returned(0);
  EXPECT_TRUE(returned.credit_revoked());
  EXPECT_FALSE(returned.credit_expired());
  EXPECT_EQ(CreditOf(story, credit).charged, Usd("15")) << "a hold already given stands";
  EXPECT_EQ(CreditOf(story, credit).revoked, Usd("35"));
  EXPECT_EQ(story.Funds(kAdas), Money());
}

TEST_F(Credits, AreRevokedOnceAndNotAfterTheirEnd) {
  GrantCredit brief = Grant("5");
  brief.expire_time = story.now() + absl::Hours(1);
  const Entry expiring = story.Must(brief);
  const Entry spent = story.Must(Grant("5", 0));
  Spend("5");
  const Entry credit = story.Must(Grant("5"));
  story.Must(Revocation(credit));
  story.Pass(absl::Hours(1));
  for (const Entry& grant : {expiring, spent, credit}) {
    EXPECT_THAT(story.Do(Revocation(grant)), IsRefused(Reason::kCreditOver));
  }
}

TEST_F(Credits, OfTheFutureCanBeRevokedAndNeverTakeEffect) {
  GrantCredit later = Grant("50");
  later.effective_time = story.now() + absl::Hours(1);
  const Entry credit = story.Must(later);
  story.Must(Revocation(credit));
  story.Pass(absl::Hours(2));
  story.Must(CoreHours(kAda, 1));
  EXPECT_EQ(story.Count(Event::kCreditTookEffect), 0);
  EXPECT_EQ(balance().outstanding, Usd("0.143"));
}

TEST_F(Credits, PaidInAdvanceArePaidBackAsAWhole) {
  const Entry paid = story.Must(RecordPayment{.billing_account = kAdas, .amount = Usd("10")});
  const HoldId hold = story.Hold(Job(kAda, Usd("4")));
  EXPECT_THAT(story.Do(Revocation(paid)), IsRefused(Reason::kNotSettled));
  story.Must(CaptureHold{.hold = hold, .cost = Usd("3"), .last = true});
  const Entry revoked = story.Must(Revocation(paid));
  EXPECT_EQ(revoked.events(0).credit_revoked().amount_micros(), Usd("7").micros());
  EXPECT_EQ(revoked.events(0).credit_revoked().origin(), storage::v1::CreditGranted::ORIGIN_PAYMENT);
}

TEST(Promotion, C7_AfterItsEndLapsesWithTheReason) {
  Story story;
  story.Must(PublishPartner{.partner_id = "brief", .display_name = "Brief"});
  story.Must(PublishPromotion{.promotion_id = "week",
                              .partner_id = "brief",
                              .amount = Usd("50"),
                              .currency = "USD",
                              .end_time = story.now() + absl::Hours(24)});
  for (const char* handle : {"ada", "bob"}) {
    story.Must(Registration(handle, "brief"));
    story.Must(UpgradeForm(AccountOfUser(handle), Named(handle), handle));
  }
  story.Pass(absl::Hours(24) - absl::Microseconds(1));
  story.Must(Opened("ada"));
  story.Pass(absl::Microseconds(1));
  story.Must(Opened("bob"));
  EXPECT_EQ(story.Funds(kAdas), Usd("50"));
  EXPECT_EQ(story.Funds(kBobs), Money());
  EXPECT_EQ(story.state().Find(kBob)->entitlement->status, Entitlement::Status::kLapsed);
  EXPECT_THAT(story.state().Find(kBob)->entitlement->lapse_reason, testing::HasSubstr("ended"));
  EXPECT_EQ(story.state().Find(kBob)->upgraded, UpgradeRoute::kForm);
}

TEST(Payment, SettlesWhatIsOwedAndTheRestIsSpentLast) {
  Story story;
  story.Upgrade("ada");
  story.Must(CoreHours(kAda, 1000));
  ASSERT_EQ(story.Account(kAdas).balance.outstanding, Usd("93"));
  const Entry paid = story.Must(RecordPayment{.billing_account = kAdas, .amount = Usd("100"), .reference = "wire"});
  EXPECT_EQ(paid.events(0).payment_recorded().settled_micros(), Usd("93").micros());
  EXPECT_EQ(CreditOf(story, paid).available, Usd("7"));
  EXPECT_EQ(story.Funds(kAdas), Usd("7"));
  const Entry grant = story.Must(Grant("1", 1000));
  const HoldId hold = story.Hold(Job(kAda, Usd("2")));
  EXPECT_EQ(story.state().Find(hold)->parts.front().first, CreditId(grant.position()));
}

}  // namespace
}  // namespace bursar
