// Charges undone: to the credits and the limit that they were drawn from, exactly.
#include "absl/strings/str_cat.h"
#include "ledger/domain/outlook.h"
#include "tests/domain/story.h"

namespace bursar {
namespace {

using storage::v1::ChargeReversed;
using testing::ElementsAre;

const ChargeReversed& ReversedIn(const Entry& entry) {
  const Event* event = FindEvent(entry, Event::kChargeReversed);
  return event == nullptr ? ChargeReversed::default_instance() : event->charge_reversed();
}

// "credit-4 2.00", "limit 1.00 ..." for each part that went back.
std::vector<std::string> PartsOf(const Entry& entry) {
  std::vector<std::string> parts;
  for (const auto& part : ReversedIn(entry).returned()) {
    parts.push_back(absl::StrCat(part.credit() == 0 ? "limit" : CreditId(part.credit()).text(), " ",
                                 ToString(Money::Micros(part.amount_micros()), "USD"),
                                 part.credit_expired() ? " expired" : "", part.credit_revoked() ? " revoked" : ""));
  }
  return parts;
}

// Ada with billing set up, a limit of 100 and nothing else.
class Reversal : public testing::Test {
 protected:
  Reversal() {
    story.Must(Registration("ada", ""));
    story.Must(UpgradeForm(kAdas, kAda));
    story.Must(Opened("1"));
    story.Must(SetSpendingLimit{.billing_account = kAdas, .limit = Usd("100")});
  }
  CreditId Grant(const std::string& amount, absl::Duration lifetime = absl::InfiniteDuration()) {
    GrantCredit grant{.billing_account = kAdas, .amount = Usd(amount), .reason = "goodwill"};
    if (lifetime != absl::InfiniteDuration()) grant.expire_time = story.now() + lifetime;
    return CreditId(story.Must(grant).position());
  }
  Entry Spend(const std::string& amount, bool last = true) {
    const HoldId hold = story.Hold(Job(kAda, Usd(last ? amount : "100")));
    return story.Must(CaptureHold{.hold = hold, .cost = Usd(amount), .last = last});
  }
  ReverseCharge Part(const Entry& charge, const std::string& amount) {
    ReverseCharge command = story.Reversal(charge);
    command.amount = Usd(amount);
    return command;
  }
  const Credit& CreditOf(CreditId id) const { return *balance().Find(id); }
  const Balance& balance() const { return story.Account(kAdas).balance; }

  Story story;
};

TEST_F(Reversal, M3_OfAPlatformFailureBringsTheChargeToZeroAndGivesTheHoldBack) {
  const CreditId credit = Grant("30");
  const HoldId hold = story.Hold(Job(kAda, Usd("50")));
  const Entry charge = story.Must(CaptureHold{.hold = hold, .cost = Usd("40")});
  const Entry entry = story.Must(story.Reversal(charge, ReversalCause::kPlatformFailure));
  EXPECT_EQ(ReversedIn(entry).cause(), ChargeReversed::CAUSE_PLATFORM_FAILURE);
  EXPECT_NE(FindEvent(entry, Event::kHoldReleased), nullptr);
  EXPECT_EQ(story.state().Find(hold), nullptr);
  EXPECT_EQ(balance().Charged(), Money());
  EXPECT_EQ(balance().Held(), Money());
  EXPECT_EQ(balance().outstanding, Money());
  EXPECT_EQ(CreditOf(credit).available, Usd("30"));
  EXPECT_EQ(story.Funds(kAdas), Usd("130"));
}

TEST_F(Reversal, M3_AnApplicationFailureIsChargedAndAServiceCannotCorrectIt) {
  const Entry charge = Spend("40");
  EXPECT_THAT(story.Do(story.Reversal(charge), As("service-portal")), IsRefused(Reason::kPermissionDenied));
  EXPECT_EQ(balance().outstanding, Usd("40"));
}

TEST_F(Reversal, M3_OfACorrectionLeavesTheHoldOpen) {
  const Entry charge = Spend("40", /*last=*/false);
  story.Must(story.Reversal(charge));
  EXPECT_EQ(balance().Held(), Usd("60"));
}

TEST_F(Reversal, InPartsGoesBackFromTheEndOfWhatWasDrawn) {
  const CreditId soon = Grant("2", absl::Hours(24));
  const CreditId later = Grant("3");
  const Entry charge = Spend("9");
  EXPECT_THAT(PartsOf(story.Must(Part(charge, "1"))), ElementsAre("limit 1.00 USD"));
  EXPECT_THAT(PartsOf(story.Must(Part(charge, "4.5"))),
              ElementsAre("limit 3.00 USD", absl::StrCat(later.text(), " 1.50 USD")));
  EXPECT_THAT(story.Do(Part(charge, "3.500001")), IsRefused(Reason::kChargeReversed));
  const Entry rest = story.Must(story.Reversal(charge));
  EXPECT_THAT(PartsOf(rest),
              ElementsAre(absl::StrCat(later.text(), " 1.50 USD"), absl::StrCat(soon.text(), " 2.00 USD")));
  EXPECT_EQ(ReversedIn(rest).reversed_micros(), Usd("9").micros());
  EXPECT_THAT(story.Do(story.Reversal(charge)), IsRefused(Reason::kChargeReversed));
  EXPECT_EQ(story.Funds(kAdas), Usd("105"));
}

TEST_F(Reversal, ToACreditThatIsOverLeavesItAtOnce) {
  const CreditId brief = Grant("2", absl::Hours(1));
  const CreditId revoked = Grant("3");
  const Entry charge = Spend("4");
  story.Must(RevokeCredit{.credit = revoked, .reason = "withdrawn"});
  story.Pass(absl::Hours(1));
  EXPECT_THAT(
      PartsOf(story.Must(story.Reversal(charge))),
      ElementsAre(absl::StrCat(revoked.text(), " 2.00 USD revoked"), absl::StrCat(brief.text(), " 2.00 USD expired")));
  EXPECT_EQ(CreditOf(brief).expired, Usd("2"));
  EXPECT_EQ(CreditOf(revoked).revoked, Usd("3"));
  EXPECT_EQ(story.Funds(kAdas), Usd("100"));
}

TEST_F(Reversal, OfWhatHasBeenPaidBecomesAPrepaidCreditNumberedByTheEntry) {
  const Entry charge = Spend("40");
  story.Must(RecordPayment{.billing_account = kAdas, .amount = Usd("25")});
  const Entry entry = story.Must(story.Reversal(charge));
  EXPECT_EQ(ReversedIn(entry).prepaid_micros(), Usd("25").micros());
  const CreditId prepaid(ReversedIn(entry).credit());
  EXPECT_EQ(prepaid.number(), entry.position());
  EXPECT_EQ(CreditOf(prepaid).available, Usd("25"));
  EXPECT_EQ(CreditOf(prepaid).origin, storage::v1::CreditGranted::ORIGIN_PAYMENT);
  EXPECT_EQ(balance().outstanding, Money());
  EXPECT_THAT(story.Do(RevokeCredit{.credit = prepaid, .reason = "paid back"}), IsAllowed());
}

TEST_F(Reversal, OfACreditThatWasPaidBackIsPaidBackToo) {
  const Entry paid = story.Must(RecordPayment{.billing_account = kAdas, .amount = Usd("25")});
  const Entry charge = Spend("10");
  story.Must(RevokeCredit{.credit = CreditId(paid.position()), .reason = "leaving"});
  const Entry entry = story.Must(story.Reversal(charge));
  const Event* revoked = FindEvent(entry, Event::kCreditRevoked);
  ASSERT_NE(revoked, nullptr);
  EXPECT_EQ(revoked->credit_revoked().amount_micros(), Usd("10").micros());
  EXPECT_EQ(revoked->credit_revoked().origin(), storage::v1::CreditGranted::ORIGIN_PAYMENT);
  EXPECT_EQ(CreditOf(CreditId(paid.position())).revoked, Usd("25"));
}

TEST_F(Reversal, RestoresFundsAndSaysSo) {
  const Entry charge = story.Must(CoreHours(kAda, 1000));
  EXPECT_EQ(story.Funds(kAdas), Usd("-43"));
  const Entry entry = story.Must(story.Reversal(charge));
  ASSERT_NE(FindEvent(entry, Event::kFundsRestored), nullptr);
  EXPECT_EQ(ReversedIn(entry).sku(), "compute.mem1");
  EXPECT_EQ(ReversedIn(entry).funds_after_micros(), Usd("100").micros());
  EXPECT_EQ(balance().charged_by_category.at("compute"), Money());
}

TEST_F(Reversal, OfAnEntryThatIsNoChargeOrAnotherOneIsRefused) {
  const Entry charge = Spend("1");
  ReverseCharge command = story.Reversal(charge);
  command.charge = ChargeId(charge.position() - 1);
  EXPECT_THAT(story.Do(command), IsRefused(Reason::kChargeNotFound));
  EXPECT_THAT(story.Do(story.Reversal(story.entries().front())), IsRefused(Reason::kChargeNotFound));
  EXPECT_THAT(story.Do(ReverseCharge{.charge = ChargeId(1'000'000)}), IsRefused(Reason::kChargeNotFound));
}

TEST_F(Reversal, GivesBudgetsBackInTheWindowOfTheChargeOnly) {
  const absl::Time start = story.now() - absl::Hours(1);
  const int64_t window_start = absl::ToUnixMicros(start);
  const int64_t window_end = absl::ToUnixMicros(start + absl::Hours(24));
  Event set;
  set.mutable_budget_set()->set_budget(story.state().position + 1);
  set.mutable_budget_set()->set_billing_account(kAdas.text());
  set.mutable_budget_set()->set_limit_micros(Usd("50").micros());
  set.mutable_budget_set()->set_period(storage::v1::BudgetSet::PERIOD_DAY);
  set.mutable_budget_set()->set_window_start(window_start);
  set.mutable_budget_set()->set_window_end(window_end);
  const BudgetId budget(story.Write({set}).position());
  const auto charged_within = [&] {
    Event event;
    auto& charged = *event.mutable_usage_charged();
    charged.set_billing_account(kAdas.text());
    charged.set_currency("USD");
    charged.add_drawn()->set_amount_micros(Usd("10").micros());
    charged.set_funds_after_micros((story.Funds(kAdas) - Usd("10")).micros());
    auto& use = *charged.add_budget_uses();
    use.set_budget(budget.number());
    use.set_window_start(window_start);
    use.set_window_end(window_end);
    use.set_amount_micros(Usd("10").micros());
    return story.Write({event});
  };
  const Entry first = charged_within();
  const Entry second = charged_within();
  EXPECT_EQ(ReversedIn(story.Must(story.Reversal(first))).budget_uses(0).amount_micros(), -Usd("10").micros());
  EXPECT_EQ(story.Account(kAdas).Find(budget)->used, Usd("10"));
  story.Pass(absl::Hours(24));
  EXPECT_EQ(ReversedIn(story.Must(story.Reversal(second))).budget_uses_size(), 0);
}

// Of a merged user: what comes back goes on to whoever the user is now.

class ReversalOfMerged : public Reversal {
 protected:
  ReversalOfMerged() {
    story.Must(Registration("bob", ""));
    story.Must(UpgradeForm(kBobs, kBob, "bob"));
    story.Must(Opened("bob"));
  }
  // Ada becomes Bob, with what she has and owes.
  void Merge() {
    Event merged;
    merged.mutable_users_merged()->set_from_user_id(kAda.text());
    merged.mutable_users_merged()->set_into_user_id(kBob.text());
    story.Write({merged});
    const Principal support = As("support-sam");
    const Context context{story.state(), support, story.now()};
    Outlook outlook(context);
    outlook.PassOn(story.Account(kAdas), "merged");
    const Decision decision = std::move(outlook).Finish();
    if (!decision.events.empty()) story.Write(decision.events);
    ASSERT_EQ(story.state().Present(kAdas), kBobs);
  }
  const Credit& BobsCredit(CreditId id) const { return *story.Account(kBobs).balance.Find(id); }
};

TEST_F(ReversalOfMerged, ReachesTheCreditWhereItIsNow) {
  const CreditId credit = Grant("30");
  const CreditId spent = Grant("5");
  const Entry charge = Spend("32");
  Merge();
  const Entry entry = story.Must(story.Reversal(charge));
  EXPECT_NE(FindEvent(entry, Event::kFundsMovedIn), nullptr);
  EXPECT_EQ(BobsCredit(credit).available + BobsCredit(spent).available, Usd("35"));
  EXPECT_EQ(story.Funds(kBobs), Usd("35"));
  EXPECT_EQ(story.Account(kAdas).balance.Charged(), Money());
  EXPECT_THAT(story.Do(RevokeCredit{.credit = credit, .reason = "x"}), IsAllowed());
}

TEST_F(ReversalOfMerged, LowersWhatTheSurvivorOwesAndTheRestIsPrepaid) {
  const Entry charge = Spend("40");
  Merge();
  ASSERT_EQ(story.Account(kBobs).balance.outstanding, Usd("40"));
  story.Must(RecordPayment{.billing_account = kBobs, .amount = Usd("15")});
  const Entry entry = story.Must(story.Reversal(charge));
  EXPECT_EQ(story.Account(kBobs).balance.outstanding, Money());
  EXPECT_EQ(story.Account(kAdas).balance.outstanding, Money());
  EXPECT_EQ(BobsCredit(CreditId(entry.position())).available, Usd("15"));
}

TEST_F(ReversalOfMerged, LeavesACreditThatEndedAtTheSurvivor) {
  const CreditId brief = Grant("30", absl::Hours(1));
  const CreditId revoked = Grant("5");
  const Entry charge = Spend("33");
  Merge();
  story.Must(RevokeCredit{.credit = revoked, .reason = "x"});
  story.Pass(absl::Hours(1));
  story.Must(story.Reversal(charge));
  EXPECT_EQ(BobsCredit(revoked).revoked, Usd("5"));
  EXPECT_EQ(CreditOf(brief).expired + CreditOf(brief).moved, Usd("30"));
  EXPECT_EQ(story.Funds(kBobs), Money());
}

TEST_F(ReversalOfMerged, AndUsageThatArrivesLaterIsTheSurvivors) {
  Merge();
  const Entry entry = story.Must(CoreHours(kAda, 10, kAdas));
  EXPECT_EQ(entry.events(0).usage_charged().billing_account(), kBobs.text());
  EXPECT_EQ(entry.events(0).usage_charged().user_id(), kBob.text());
}

}  // namespace
}  // namespace bursar
