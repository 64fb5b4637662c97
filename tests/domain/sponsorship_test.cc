// What sponsors pay beside the payer: a share, up to a quota and to their own funds.
#include "ledger/domain/sponsorship.h"

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

}  // namespace
}  // namespace bursar
