// What sponsors pay beside the payer: a share, up to a quota and to their own funds.
#include "ledger/domain/sponsorship.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "ledger/domain/evolve.h"
#include "ledger/domain/explain.h"
#include "ledger/domain/gate.h"
#include "tests/domain/story.h"

namespace bursar {
namespace {

// The lab sponsors 40 % of ada's storage and compute, up to 10 a month.
class Sponsoring : public testing::Test {
 protected:
  Sponsoring() {
    story.FundedLab();
    story.Upgrade("cleo");
    story.Must(Sponsorship("first"));
  }
  static PublishSponsorship Sponsorship(const std::string& id, int32_t percent = 40) {
    return {.sponsorship_id = id,
            .billing_account = kLabs,
            .actions = {"analysis.run"},
            .skus = {"compute.mem1"},
            .share_percent = percent,
            .quota = Usd("10")};
  }
  // What payer and sponsor paid of an entry.
  static Money Paid(const Entry& entry) { return Sum(FindEvent(entry, Event::kUsageCharged)->usage_charged().drawn()); }
  static Money Sponsored(const Entry& entry) {
    const Event* event = FindEvent(entry, Event::kSponsorshipCharged);
    return event == nullptr ? Money() : Sum(event->sponsorship_charged().drawn());
  }
  Money Owed() const { return story.Account(kLabs).balance.outstanding; }

  const UserId cleo = Named("cleo");
  const BillingAccountId cleos = AccountOfUser("cleo");
  Story story;
};

TEST_F(Sponsoring, SplitsUsageExactly) {
  const Entry entry = story.Must(CoreHours(cleo, 10));
  EXPECT_EQ(Paid(entry), Usd("0.858"));
  EXPECT_EQ(Sponsored(entry), Usd("0.572"));
  EXPECT_EQ(story.Funds(cleos), Usd("49.142"));
  EXPECT_EQ(Owed(), Usd("0.572"));
}

TEST_F(Sponsoring, PaysForWhatIsNamedOnly) {
  RecordUsage storage = CoreHours(cleo, 0);
  storage.metered = {.sku = "storage", .quantity = 100 * 2'678'400};
  const Entry entry = story.Must(storage);
  EXPECT_EQ(Sponsored(entry), Money());
  EXPECT_EQ(Paid(entry), Usd("3"));
}

TEST_F(Sponsoring, EndsAtTheQuotaAndBeginsAnewWithTheMonth) {
  EXPECT_EQ(Sponsored(story.Must(CoreHours(cleo, 150))), Usd("8.58"));
  EXPECT_EQ(Sponsored(story.Must(CoreHours(cleo, 150))), Usd("1.42"));
  EXPECT_EQ(Sponsored(story.Must(CoreHours(cleo, 150))), Money());
  EXPECT_EQ(Sponsored(story.Must(CoreHours(Named("bob"), 10))), Usd("0.572")) << "a quota of bob's own";
  story.Pass(absl::FromCivil(absl::CivilMonth(2026, 4), absl::UTCTimeZone()) - absl::Microseconds(1) - story.now());
  EXPECT_EQ(Sponsored(story.Must(CoreHours(cleo, 150))), Money());
  story.Pass(absl::Microseconds(1));
  EXPECT_EQ(Sponsored(story.Must(CoreHours(cleo, 150))), Usd("8.58"));
}

TEST_F(Sponsoring, EndsWithTheSponsorsOwnFunds) {
  story.Must(SetSpendingLimit{.billing_account = kLabs, .limit = Usd("0.5")});
  const Entry entry = story.Must(CoreHours(cleo, 10));
  EXPECT_EQ(Sponsored(entry), Usd("0.5"));
  EXPECT_EQ(Paid(entry), Usd("0.93"));
  EXPECT_EQ(story.Funds(kLabs), Money());
  EXPECT_EQ(story.Account(kLabs).crossed_percent, 100) << "the sponsor is told, too";
}

TEST_F(Sponsoring, OfALateCaptureFromARestrictedCreditUsesUpNoneOfTheSponsorsOtherFunds) {
  story.Must(GrantCredit{.billing_account = kLabs, .amount = Usd("8"), .actions = {"analysis.run"}, .reason = "runs"});
  story.Must(SetSpendingLimit{.billing_account = kLabs, .limit = Usd("1")});
  story.Must(SetSpendingLimit{.billing_account = kLabs, .limit = Usd("10")});
  const HoldId hold = story.Hold({.action = "analysis.run", .user = cleo, .cost = Usd("10")});
  story.Pass(absl::Hours(24 * 91));
  const Entry entry = story.Must(CaptureHold{.hold = hold, .cost = Usd("10"), .last = true});
  EXPECT_EQ(Sponsored(entry), Usd("4"));
  EXPECT_EQ(story.Funds(kLabs), Usd("10"));
  for (const Event& event : entry.events()) EXPECT_NE(event.funds_threshold_crossed().billing_account(), kLabs.text());
}

TEST_F(Sponsoring, TheOnePublishedFirstApplies) {
  story.Must(Sponsorship("a-later-one", 100));
  EXPECT_EQ(Sponsored(story.Must(CoreHours(cleo, 10))), Usd("0.572"));
}

TEST_F(Sponsoring, IsDatedByWhenSomethingWasUsed) {
  PublishSponsorship later = Sponsorship("all", 100);
  later.skus = {"storage"};
  later.start_time = story.now() + absl::Hours(1);
  later.end_time = story.now() + absl::Hours(2);
  story.Must(later);
  story.Pass(absl::Hours(3));
  RecordUsage storage = CoreHours(cleo, 0);
  storage.metered = {.sku = "storage", .quantity = 2'678'400, .usage_time = *later.start_time};
  EXPECT_EQ(Sponsored(story.Must(storage)), Usd("0.03"));
  storage.metered.usage_time = *later.end_time;
  EXPECT_EQ(Sponsored(story.Must(storage)), Money());
}

TEST_F(Sponsoring, IsForUsersOfThePartnerWhereItNamesOne) {
  PublishSponsorship partners = Sponsorship("partners", 100);
  partners.skus = {"storage"};
  partners.partner_id = kPartner;
  story.Must(partners);
  for (const UserId& user : {cleo, kBob}) {
    RecordUsage storage = CoreHours(user, 0);
    storage.metered = {.sku = "storage", .quantity = 2'678'400};
    EXPECT_EQ(Sponsored(story.Must(storage)), user == cleo ? Usd("0.03") : Money());
  }
}

TEST_F(Sponsoring, NobodySponsorsItself) { EXPECT_EQ(Sponsored(story.Must(CoreHours(kBob, 10, kLabs))), Money()); }

TEST_F(Sponsoring, IsReversedAfterThePayersPart) {
  const Entry charge = story.Must(CoreHours(cleo, 10));
  ReverseCharge part = story.Reversal(charge);
  part.amount = Usd("0.9");
  const Entry first = story.Must(part);
  EXPECT_EQ(Sum(FindEvent(first, Event::kChargeReversed)->charge_reversed().returned()), Usd("0.858"));
  EXPECT_EQ(Sum(FindEvent(first, Event::kSponsorshipReversed)->sponsorship_reversed().returned()), Usd("0.042"));
  const Entry rest = story.Must(story.Reversal(charge));
  EXPECT_EQ(FindEvent(rest, Event::kChargeReversed)->charge_reversed().reversed_micros(), Usd("1.43").micros());
  EXPECT_EQ(story.Funds(cleos), Usd("50"));
  EXPECT_EQ(Owed(), Money());
  EXPECT_THAT(story.Do(story.Reversal(charge)), IsRefused(Reason::kChargeReversed));
  EXPECT_EQ(Sponsored(story.Must(CoreHours(cleo, 200))), Usd("10")) << "the quota is whole again";
}

TEST_F(Sponsoring, ReversedWhenBothHavePaidMakesACreditForEach) {
  story.Must(CoreHours(cleo, 1000));
  story.Must(SetSpendingLimit{.billing_account = cleos, .limit = Usd("1000")});
  story.Pass(absl::Hours(24 * 31));
  const Entry charge = story.Must(CoreHours(cleo, 10));
  for (const BillingAccountId& account : {cleos, kLabs}) {
    story.Must(RecordPayment{.billing_account = account, .amount = story.Account(account).balance.outstanding});
  }
  const Entry entry = story.Must(story.Reversal(charge));
  EXPECT_EQ(story.Account(cleos).balance.Find(CreditId(entry.position()))->available, Usd("0.858"));
  EXPECT_EQ(story.Account(kLabs).balance.Find(CreditId(charge.position()))->available, Usd("0.572"));
}

TEST(QuotaLeft, OfTheMonthInWhichTimeBeginsDoesNotLastForEver) {
  State state;
  state.sponsored[{"first", kAdas}] = {.used = Usd("4")};
  const Sponsorship sponsorship{.id = "first", .quota = Usd("10")};
  const absl::Time january = absl::UnixEpoch() + absl::Hours(24 * 30);
  EXPECT_EQ(QuotaLeft(sponsorship, kAdas, state, january), Usd("6"));
  EXPECT_EQ(QuotaLeft(sponsorship, kAdas, state, january + absl::Hours(24 * 3)), Usd("10"));
}

// Whatever is used, paid, granted and reversed in whatever order.
TEST_F(Sponsoring, PayersAndSponsorsPartsAreTheCostAndTheQuotaIsNeverExceeded) {
  story.Must(SetSpendingLimit{.billing_account = kLabs, .limit = Usd("12")});
  uint64_t seed = 20'260'302;
  const auto roll = [&seed](uint64_t sides) {
    seed = seed * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u;
    return (seed >> 33) % sides;
  };
  std::vector<Entry> charges;
  int sponsored = 0;
  int cut_short = 0;
  for (int step = 0; step < 400; ++step) {
    const Money before = story.Funds(kLabs);
    if (roll(10) == 0 && !charges.empty()) {
      ReverseCharge command = story.Reversal(charges[roll(charges.size())]);
      command.amount = Money::Micros(static_cast<int64_t>(1 + roll(3'000'000)));
      (void)story.Do(command).ok();
      continue;
    }
    if (roll(20) == 0) story.Must(RecordPayment{.billing_account = kLabs, .amount = Usd("3")});
    if (roll(40) == 0) story.Pass(absl::Hours(24 * 9));
    RecordUsage record = CoreHours(roll(2) == 0 ? cleo : kBob, 0);
    record.metered.quantity = static_cast<int64_t>(roll(200'000));
    const Entry entry = story.Must(record);
    charges.push_back(entry);
    const auto priced = PriceOf(record.metered.quantity, Usd("0.143"), 3600, 0);
    const Money cost = Paid(entry) + Sponsored(entry);
    EXPECT_LE(std::abs((cost - priced->amount).micros()), 1) << "but for the fraction carried";
    EXPECT_LE(Sponsored(entry).micros(), cost.micros() * 40 / 100);
    if (Sponsored(entry) > Money()) ++sponsored;
    if (Sponsored(entry).micros() < cost.micros() * 40 / 100) ++cut_short;
    if (before >= Money()) {
      EXPECT_GE(story.Funds(kLabs), Money());
    }
    for (const auto& [key, use] : story.state().sponsored) {
      EXPECT_LE(use.used + use.held, Usd("10"));
      EXPECT_GE(use.used, Money());
    }
  }
  EXPECT_GT(sponsored, 20);
  EXPECT_GT(cut_short, 20);
}

// Holds --------------------------------------------------------------------------------------------------------------

// The same sponsorship; cleo and dan may spend 50 of their own each.
class SponsoringHolds : public Sponsoring {
 protected:
  SponsoringHolds() { story.Upgrade("dan"); }

  static const Event& At(const Entry& entry, int index) { return entry.events(index); }
  // What payer and sponsor set aside in an entry.
  static Money Held(const Entry& entry) {
    if (const Event* placed = FindEvent(entry, Event::kHoldPlaced)) return Sum(placed->hold_placed().parts());
    return Sum(FindEvent(entry, Event::kHoldExtended)->hold_extended().parts());
  }
  static Money HeldBySponsor(const Entry& entry) {
    const Event* event = FindEvent(entry, Event::kSponsorshipHeld);
    return event == nullptr ? Money() : Sum(event->sponsorship_held().parts());
  }
  // What the payer paid of a capture.
  static Money Captured(const Entry& entry) {
    if (FindEvent(entry, Event::kUsageCharged) != nullptr) return Paid(entry);
    const auto& captured = FindEvent(entry, Event::kHoldCaptured)->hold_captured();
    return Sum(captured.drawn()) + Sum(captured.beyond());
  }
  static const storage::v1::ActionDenied& DenialIn(const Entry& entry) {
    const Event* event = FindEvent(entry, Event::kActionDenied);
    EXPECT_NE(event, nullptr);
    return event->action_denied();
  }
  Entry Capture(HoldId hold, Money cost, bool last = false) {
    return story.Must(CaptureHold{.hold = hold, .cost = cost, .last = last});
  }
  const SponsorUse& Use() const { return story.state().sponsored.at({"first", cleos}); }
  Money SponsorsFunds() const { return story.Funds(kLabs); }

  const UserId dan = Named("dan");
};

TEST_F(SponsoringHolds, SetsAsideBothPartsInOneEntry) {
  const Entry entry = story.Must(PlaceHold{.action = Job(cleo, Usd("10.000001"))});
  EXPECT_TRUE(At(entry, 0).has_hold_placed());
  EXPECT_TRUE(At(entry, 1).has_sponsorship_held());
  EXPECT_EQ(Held(entry), Usd("6.000001")) << "what rounding leaves is the payer's";
  EXPECT_EQ(HeldBySponsor(entry), Usd("4"));
  EXPECT_EQ(story.Funds(cleos), Usd("43.999999"));
  EXPECT_EQ(SponsorsFunds(), Usd("996"));
  EXPECT_EQ(Use().held, Usd("4"));
}

TEST_F(SponsoringHolds, ThePayerNeedsFundsForItsOwnPartOnly) {
  const Entry denied = story.Must(PlaceHold{.action = Job(cleo, Usd("60.000001"))});
  EXPECT_EQ(DenialIn(denied).cost_micros(), Usd("60.000001").micros());
  EXPECT_EQ(DenialIn(denied).sponsored_micros(), Usd("10").micros());
  EXPECT_EQ(DenialIn(denied).sponsor_billing_account(), kLabs.text());
  EXPECT_EQ(DenialIn(denied).bindings(0).available_micros(), Usd("50").micros());
  EXPECT_EQ(DenialIn(denied).bindings(0).shortfall_micros(), 1);
  EXPECT_THAT(story.Do(Check{.action = Job(cleo, Usd("60"))}), IsAllowed());
  EXPECT_THAT(story.Do(PlaceHold{.action = Job(cleo, Usd("60"))}), IsAllowed());
  EXPECT_EQ(story.Funds(cleos), Money());
}

TEST_F(SponsoringHolds, AtExactlyZeroNothingGoesAheadEvenWhereTheSponsorPaysAll) {
  PublishSponsorship all = Sponsorship("all", 100);
  all.actions = {"data.egress"};
  story.Must(all);
  story.Hold(Job(cleo, Usd("60")));
  const Entry denied = story.Must(PlaceHold{.action = Asking("data.egress", cleo, Usd("1"))});
  EXPECT_EQ(DenialIn(denied).sponsored_micros(), Usd("1").micros());
  EXPECT_EQ(DenialIn(denied).bindings(0).shortfall_micros(), 1);
  story.Must(SetSpendingLimit{.billing_account = cleos, .limit = Money::Micros(1)});
  const Entry placed = story.Must(PlaceHold{.action = Asking("data.egress", cleo, Usd("1"))});
  EXPECT_EQ(Held(placed), Money());
  EXPECT_EQ(HeldBySponsor(placed), Usd("1"));
  EXPECT_EQ(Sponsored(Capture(HoldId(placed.position()), Usd("1"), true)), Usd("1"));
  EXPECT_EQ(story.Funds(cleos), Money::Micros(1));
}

TEST_F(SponsoringHolds, BudgetsCountThePayersPartOnly) {
  const Entry set = story.Must(SetBudget{.billing_account = cleos, .limit = Usd("6")});
  const BudgetId budget(set.events(0).budget_set().budget());
  const HoldId hold = story.Hold(Job(cleo, Usd("10")));
  EXPECT_EQ(story.Account(cleos).Find(budget)->held, Usd("6"));
  EXPECT_THAT(story.Do(PlaceHold{.action = Job(cleo, Usd("1"))}), Denies(Reason::kBudgetExceeded, Money()));
  Capture(hold, Usd("10"), true);
  EXPECT_EQ(story.Account(cleos).Find(budget)->UsedAt(story.now()), Usd("6"));
  EXPECT_EQ(story.Account(cleos).Find(budget)->held, Money());
}

TEST_F(SponsoringHolds, CostLimitsCountBothParts) {
  GatedAction job = Job(cleo, Usd("10"));
  job.cost_limit = Usd("9");
  EXPECT_THAT(story.Do(PlaceHold{.action = job}), Denies(Reason::kCostLimitExceeded, Usd("9")));
  job.cost_limit = Usd("12");
  const HoldId hold = story.Hold(job);
  EXPECT_THAT(story.Do(ExtendHold{.hold = hold, .additional = Usd("3")}), Denies(Reason::kCostLimitExceeded, Usd("2")));
  EXPECT_EQ(FindEvent(Capture(hold, Usd("9")), Event::kTerminationOrdered), nullptr);
  const Entry reached = Capture(hold, Usd("3"));
  ASSERT_NE(FindEvent(reached, Event::kTerminationOrdered), nullptr);
  EXPECT_EQ(FindEvent(reached, Event::kTerminationOrdered)->termination_ordered().reason(), "COST_LIMIT_EXCEEDED");
}

TEST_F(SponsoringHolds, ExtendsByBothParts) {
  const HoldId hold = story.Hold(Job(cleo, Usd("10")));
  const Entry entry = story.Must(ExtendHold{.hold = hold, .additional = Usd("5")});
  EXPECT_EQ(Held(entry), Usd("3"));
  EXPECT_EQ(HeldBySponsor(entry), Usd("2"));
  EXPECT_EQ(At(entry, 0).hold_extended().held_micros(), Usd("9").micros());
  EXPECT_EQ(Sum(story.state().Find(hold)->sponsored.parts), Usd("6"));
  const Entry longer = story.Must(ExtendHold{.hold = hold, .expire_time = story.now() + absl::Hours(48)});
  EXPECT_EQ(HeldBySponsor(longer), Money());
}

TEST_F(SponsoringHolds, KeepsTheMonthInWhichAHoldBegan) {
  const absl::Time april = absl::FromCivil(absl::CivilMonth(2026, 4), absl::UTCTimeZone());
  const Entry placed = story.Must(PlaceHold{.action = Job(cleo, Usd("10")), .expire_time = april + absl::Hours(240)});
  const HoldId hold(placed.position());
  story.Pass(april - story.now());
  const Entry more = story.Must(ExtendHold{.hold = hold, .additional = Usd("10")});
  EXPECT_EQ(HeldBySponsor(more), Money()) << "the payer's alone: another month's quota does not pay for this hold";
  EXPECT_EQ(HeldBySponsor(story.Must(PlaceHold{.action = Job(cleo, Usd("20"))})), Usd("8"));
  EXPECT_EQ(Sponsored(Capture(hold, Usd("20"), true)), Usd("4"));
  EXPECT_EQ(Use().used, Money()) << "it was March's quota";
  EXPECT_EQ(Use().held, Usd("8"));
}

TEST_F(SponsoringHolds, SplitsEveryCaptureAndReturnsTheRest) {
  const HoldId hold = story.Hold(Job(cleo, Usd("10")));
  const Entry first = Capture(hold, Usd("5.000001"));
  EXPECT_TRUE(At(first, 0).has_sponsorship_charged());
  EXPECT_TRUE(At(first, 1).has_hold_captured());
  EXPECT_EQ(Sponsored(first), Usd("2"));
  EXPECT_EQ(Captured(first), Usd("3.000001"));
  EXPECT_EQ(Use().used, Usd("2"));
  EXPECT_EQ(Use().held, Usd("2"));
  const Entry last = Capture(hold, Usd("2"), true);
  EXPECT_EQ(Sponsored(last), Usd("0.8"));
  EXPECT_EQ(Captured(last), Usd("1.2"));
  EXPECT_EQ(Sum(At(last, 0).sponsorship_charged().returned()), Usd("1.2"));
  EXPECT_EQ(story.Funds(cleos), Usd("45.799999"));
  EXPECT_EQ(SponsorsFunds(), Usd("997.2"));
  EXPECT_EQ(Use().used, Usd("2.8"));
  EXPECT_EQ(Use().held, Money());
}

TEST_F(SponsoringHolds, TheSponsorPaysAtMostWhatItHolds) {
  const HoldId hold = story.Hold(Job(cleo, Usd("10")));
  const Entry beyond = Capture(hold, Usd("20"));
  EXPECT_EQ(Sponsored(beyond), Usd("4"));
  EXPECT_EQ(Captured(beyond), Usd("16"));
  EXPECT_EQ(Sponsored(Capture(hold, Usd("1"), true)), Money());
}

TEST_F(SponsoringHolds, ALastCaptureOfNothingReturnsAll) {
  const Entry entry = Capture(story.Hold(Job(cleo, Usd("10"))), Money(), true);
  EXPECT_TRUE(At(entry, 0).has_sponsorship_returned());
  EXPECT_TRUE(At(entry, 1).has_hold_captured());
  EXPECT_EQ(SponsorsFunds(), Usd("1000"));
}

TEST_F(SponsoringHolds, ReleasesBothParts) {
  const Entry entry = story.Must(ReleaseHold{.hold = story.Hold(Job(cleo, Usd("10")))});
  EXPECT_TRUE(At(entry, 0).has_sponsorship_returned());
  EXPECT_TRUE(At(entry, 1).has_hold_released());
  EXPECT_EQ(story.Funds(cleos), Usd("50"));
  EXPECT_EQ(SponsorsFunds(), Usd("1000"));
  EXPECT_EQ(Use().held, Money());
}

TEST_F(SponsoringHolds, HoldsOfSeveralPayersWithOneSponsorExpireTogether) {
  const HoldId hold = story.Hold(Job(cleo, Usd("10")));
  story.Hold(Job(dan, Usd("10")));
  story.Hold(Job(kBob, Usd("10"), kLabs));
  story.Pass(absl::Hours(24));
  const Entry late = Capture(hold, Usd("5"));
  EXPECT_EQ(story.Count(Event::kSponsorshipReturned), 2);
  EXPECT_EQ(story.Count(Event::kHoldExpired), 3);
  EXPECT_EQ(Sponsored(late), Usd("2")) << "a late capture is split by what there is now";
  EXPECT_EQ(Captured(late), Usd("3"));
  EXPECT_EQ(story.Funds(AccountOfUser("dan")), Usd("50"));
  EXPECT_EQ(SponsorsFunds(), Usd("998"));
}

TEST_F(SponsoringHolds, WhatHoldsHoldIsNoLongerInTheQuota) {
  EXPECT_EQ(HeldBySponsor(story.Must(PlaceHold{.action = Job(cleo, Usd("30"))})), Usd("10"));
  EXPECT_EQ(HeldBySponsor(story.Must(PlaceHold{.action = Job(cleo, Usd("10"))})), Money());
  EXPECT_EQ(Sponsored(story.Must(CoreHours(cleo, 10))), Money());
  EXPECT_EQ(HeldBySponsor(story.Must(PlaceHold{.action = Job(dan, Usd("10"))})), Usd("4")) << "dan's is his own";
}

TEST_F(SponsoringHolds, EndWithTheSponsorsFundsAndItIsTold) {
  story.Must(SetSpendingLimit{.billing_account = kLabs, .limit = Usd("3")});
  const HoldId hold = story.Hold(Job(cleo, Usd("10")));
  EXPECT_EQ(Sum(story.state().Find(hold)->sponsored.parts), Usd("3"));
  EXPECT_EQ(SponsorsFunds(), Money());
  EXPECT_EQ(story.Account(kLabs).crossed_percent, 100);
  EXPECT_EQ(HeldBySponsor(story.Must(PlaceHold{.action = Job(dan, Usd("10"))})), Money());
  const Entry released = story.Must(ReleaseHold{.hold = hold});
  ASSERT_NE(FindEvent(released, Event::kFundsRestored), nullptr);
  EXPECT_EQ(FindEvent(released, Event::kFundsRestored)->funds_restored().billing_account(), kLabs.text());
}

TEST_F(SponsoringHolds, AHoldIsEmptyWhenBothPartsAre) {
  const HoldId hold = story.Hold(Job(cleo, Usd("60")));
  EXPECT_EQ(FindEvent(Capture(hold, Usd("59")), Event::kTerminationOrdered), nullptr);
  const Entry entry = Capture(hold, Usd("1"));
  ASSERT_NE(FindEvent(entry, Event::kTerminationOrdered), nullptr);
  EXPECT_EQ(FindEvent(entry, Event::kTerminationOrdered)->termination_ordered().overshoot_micros(), 0);
}

TEST_F(SponsoringHolds, WhatRoundingLeavesTheSponsorCarriesNoWork) {
  const HoldId hold = story.Hold(Job(cleo, Money::Micros(5)));
  const HoldId rest = story.Hold(Job(cleo, Usd("59.999995")));
  EXPECT_EQ(story.Funds(cleos), Money());
  for (int micro = 0; micro < 3; ++micro) EXPECT_EQ(Sponsored(Capture(hold, Money::Micros(1))), Money());
  EXPECT_EQ(Sum(story.state().Find(hold)->sponsored.parts), Money::Micros(2));
  const Entry beyond = Capture(hold, Money::Micros(1));
  ASSERT_NE(FindEvent(beyond, Event::kTerminationOrdered), nullptr);
  EXPECT_EQ(FindEvent(beyond, Event::kTerminationOrdered)->termination_ordered().hold(), hold.number());
  EXPECT_EQ(story.state().Find(rest)->terminating, false);
}

TEST_F(SponsoringHolds, ACaptureIsReversedForBoth) {
  const Entry charge = Capture(story.Hold(Job(cleo, Usd("10"))), Usd("10"), true);
  const Entry entry = story.Must(story.Reversal(charge));
  EXPECT_EQ(Sum(FindEvent(entry, Event::kChargeReversed)->charge_reversed().returned()), Usd("6"));
  EXPECT_EQ(Sum(FindEvent(entry, Event::kSponsorshipReversed)->sponsorship_reversed().returned()), Usd("4"));
  EXPECT_EQ(story.Funds(cleos), Usd("50"));
  EXPECT_EQ(SponsorsFunds(), Usd("1000"));
  EXPECT_EQ(Use().used, Money());
}

TEST_F(SponsoringHolds, AFailureOfThePlatformGivesBothTheHoldBack) {
  const HoldId hold = story.Hold(Job(cleo, Usd("10")));
  const Entry charge = Capture(hold, Usd("5"));
  const Entry entry = story.Must(story.Reversal(charge, ReversalCause::kPlatformFailure));
  EXPECT_NE(FindEvent(entry, Event::kSponsorshipReturned), nullptr);
  EXPECT_EQ(story.state().Find(hold), nullptr);
  EXPECT_EQ(story.Funds(cleos), Usd("50"));
  EXPECT_EQ(SponsorsFunds(), Usd("1000"));
  EXPECT_EQ(Use().held, Money());
}

TEST_F(SponsoringHolds, ThePartOfAClosedCreditGoesWhereTheCreditWent) {
  story.Must(SetSpendingLimit{.billing_account = kLabs, .limit = Money()});
  const Entry grant = story.Must(GrantCredit{
      .billing_account = kLabs, .amount = Usd("5"), .expire_time = story.now() + absl::Hours(1), .reason = "A gift."});
  const CreditId credit(grant.events(0).credit_granted().credit());
  const HoldId hold = story.Hold(Job(cleo, Usd("10")));
  story.Pass(absl::Hours(2));
  story.Must(ReleaseHold{.hold = hold});
  EXPECT_EQ(story.Account(kLabs).balance.Find(credit)->expired, Usd("5"));
}

TEST_F(SponsoringHolds, ALateCaptureFromACreditForTheActionAloneCrossesNoThreshold) {
  story.Must(SetSpendingLimit{.billing_account = kLabs, .limit = Usd("2")});
  story.Must(GrantCredit{
      .billing_account = kLabs, .amount = Usd("5"), .actions = {"analysis.run"}, .reason = "For analyses."});
  const HoldId hold = story.Hold(Job(cleo, Usd("10")));
  story.Pass(absl::Hours(24));
  const Entry late = Capture(hold, Usd("5"));
  EXPECT_EQ(Sponsored(late), Usd("2"));
  EXPECT_EQ(SponsorsFunds(), Usd("2")) << "what may be spent on anything is all there";
  EXPECT_EQ(FindEvent(late, Event::kFundsThresholdCrossed), nullptr);
}

TEST_F(SponsoringHolds, AnExplanationDrawsThePayersPartOnly) {
  const auto explanation = ExplainAction(story.state(), Job(cleo, Usd("10")), Purpose::kHold, story.now());
  ASSERT_TRUE(explanation.ok()) << explanation.status();
  ASSERT_EQ(explanation->drawn.size(), 1u);
  EXPECT_EQ(explanation->drawn[0].amount_micros(), Usd("6").micros());
  EXPECT_THAT(InWords(*explanation), testing::HasSubstr("4.00 USD is paid by its sponsor, org-lab."));
}

TEST_F(SponsoringHolds, AnExplanationOfACaptureSaysTheWholeCost) {
  const HoldId hold = story.Hold(Job(cleo, Usd("10")));
  State before;
  for (const Entry& entry : story.entries()) Evolve(before, entry);
  const Entry entry = Capture(hold, Usd("5"), true);
  const auto explanation = ExplainEntry(before, entry, [](Position) { return nullptr; });
  ASSERT_TRUE(explanation.ok() && explanation->has_value()) << explanation.status();
  EXPECT_EQ((*explanation)->asked.cost, Usd("5"));
  EXPECT_EQ((*explanation)->sponsored, Usd("2"));
  EXPECT_EQ((*explanation)->sponsor, kLabs);
}

// What the gate says beforehand, in whatever situation, is what the hold then sets aside, and what one capture of the
// whole cost then charges; and whatever is placed, extended, captured, released, reversed and left to expire, each part
// is somewhere.
TEST_F(SponsoringHolds, PartsAreTheCostAndAllThatIsNotChargedIsReturned) {
  story.Must(SetSpendingLimit{.billing_account = kLabs, .limit = Usd("14")});
  uint64_t seed = 20'261'124;
  const auto roll = [&seed](uint64_t sides) {
    seed = seed * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u;
    return (seed >> 33) % sides;
  };
  std::vector<HoldId> holds;
  std::vector<Entry> charges;
  std::map<std::string, int> seen;
  for (int step = 0; step < 1'500; ++step) {
    if (roll(30) == 0) story.Pass(absl::Hours(static_cast<int64_t>(1 + roll(200))));
    if (roll(40) == 0 && story.Account(kLabs).balance.outstanding > Money()) {
      story.Must(RecordPayment{.billing_account = kLabs, .amount = story.Account(kLabs).balance.outstanding});
    }
    for (const char* payer : {"cleo", "dan"}) {
      if (story.Funds(AccountOfUser(payer)) < Usd("5")) {
        story.Must(GrantCredit{.billing_account = AccountOfUser(payer), .amount = Usd("40"), .reason = "To go on."});
      }
    }
    story.Must(ExpireDue{});
    std::erase_if(holds, [&](HoldId hold) { return story.state().Find(hold) == nullptr; });
    const Money cost = Money::Micros(static_cast<int64_t>(roll(8'000'000)));
    const uint64_t what = roll(10);
    if (what < 4 || holds.empty()) {
      const GatedAction job = Job(roll(2) == 0 ? cleo : dan, cost);
      const auto verdict = Judge(story.state(), job, Purpose::kHold, story.now());
      ASSERT_TRUE(verdict.ok());
      const Money share = verdict->share.amount;
      const bool allowed = verdict->allowed();
      const Entry entry = story.Must(PlaceHold{.action = job});
      ASSERT_EQ(allowed, FindEvent(entry, Event::kHoldPlaced) != nullptr);
      if (!allowed) continue;
      holds.emplace_back(entry.position());
      EXPECT_EQ(HeldBySponsor(entry), share);
      EXPECT_EQ(Held(entry) + HeldBySponsor(entry), cost);
      ++seen[share == Money() ? "placed alone" : share.micros() < cost.micros() * 40 / 100 ? "cut short" : "placed"];
      if (roll(4) != 0) continue;
      const Entry charge = Capture(holds.back(), cost, true);
      EXPECT_EQ(Sponsored(charge), share) << "said beforehand";
      EXPECT_EQ(Captured(charge), cost - share);
      charges.push_back(charge);
      continue;
    }
    const HoldId hold = holds[roll(holds.size())];
    const SponsoredHold before = story.state().Find(hold)->sponsored;
    if (what == 4) {
      const Entry entry = story.Must(ExtendHold{.hold = hold, .additional = cost});
      if (FindEvent(entry, Event::kHoldExtended) == nullptr) continue;
      EXPECT_EQ(Held(entry) + HeldBySponsor(entry), cost);
      if (HeldBySponsor(entry) > Money()) ++seen["extended"];
    } else if (what == 5) {
      const Entry entry = story.Must(ReleaseHold{.hold = hold});
      const Event* returned = FindEvent(entry, Event::kSponsorshipReturned);
      EXPECT_EQ(returned == nullptr ? Money() : Sum(returned->sponsorship_returned().returned()), Sum(before.parts));
      if (returned != nullptr) ++seen["released"];
    } else if (what == 6 && !charges.empty()) {
      ReverseCharge command = story.Reversal(charges[roll(charges.size())]);
      if (roll(2) == 0) command.amount = Money::Micros(static_cast<int64_t>(1 + roll(3'000'000)));
      const auto entry = story.Do(command);
      if (entry.ok() && FindEvent(*entry, Event::kSponsorshipReversed) != nullptr) ++seen["reversed"];
    } else {
      const bool last = roll(3) == 0;
      const Entry entry = Capture(hold, cost, last);
      charges.push_back(entry);
      EXPECT_EQ(Captured(entry) + Sponsored(entry), cost);
      EXPECT_EQ(Sponsored(entry), std::min(Money::Micros(cost.micros() * 40 / 100), Sum(before.parts)));
      if (Sponsored(entry) > Money()) ++seen[last ? "captured last" : "captured"];
    }
    for (const auto& [key, use] : story.state().sponsored) EXPECT_LE(use.used + use.held, Usd("10"));
  }
  for (const HoldId hold : holds) (void)story.Do(ReleaseHold{.hold = hold}).ok();
  EXPECT_TRUE(story.state().holds.empty());
  for (const auto& [key, use] : story.state().sponsored) EXPECT_EQ(use.held, Money());
  for (const BillingAccountId& account : {cleos, AccountOfUser("dan"), kLabs}) {
    EXPECT_EQ(story.Account(account).balance.Held(), Money()) << account.text();
  }
  for (const char* kind :
       {"placed", "placed alone", "cut short", "extended", "captured", "captured last", "released", "reversed"}) {
    EXPECT_GT(seen[kind], 5) << kind;
  }
  EXPECT_GT(story.Count(Event::kSponsorshipReturned), seen["released"] + 5) << "some expire";
}

}  // namespace
}  // namespace bursar
