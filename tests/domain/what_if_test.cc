// A period decided anew: with the same policy it is the same, with another it says what would have been.
#include "ledger/domain/what_if.h"

#include "ledger/domain/evolve.h"
#include "tests/domain/story.h"

namespace bursar {
namespace {

using ::testing::IsEmpty;

// The story's entries after `from`, decided anew.
WhatIfReport Replayed(const Story& story, Position from, const WhatIfChange& change) {
  State start;
  for (const Entry& entry : story.entries()) {
    if (entry.position() <= from) Evolve(start, entry);
  }
  WhatIf what_if(std::move(start), change, [&story](Position position) -> const Entry* {
    return position <= story.entries().size() ? &story.entries()[position - 1] : nullptr;
  });
  for (const Entry& entry : story.entries()) {
    if (entry.position() > from) what_if.Take(entry);
  }
  return what_if.Finish();
}

TEST(WhatIf, AnUnchangedPeriodComesOutTheSame) {
  Story story;
  story.Upgrade("ada");
  const Position start = story.state().position;
  const HoldId hold = story.Hold(Job(kAda, Usd("20")));
  story.Must(CaptureHold{.hold = hold, .cost = Usd("15"), .last = true});
  story.Must(PlaceHold{.action = Job(kAda, Usd("40"))});
  story.Must(CoreHours(kAda, 100));
  const WhatIfReport report = Replayed(story, start, {});
  EXPECT_EQ(report.differences_in_all, 0);
  EXPECT_EQ(report.refused, 0);
  EXPECT_EQ(report.not_reproduced, 0);
  const WhatIfAccount& account = report.accounts.at(kAdas);
  EXPECT_EQ(account.then.admitted, 1);
  EXPECT_EQ(account.then.denied, 1);
  EXPECT_EQ(account.now.charged, account.then.charged);
  EXPECT_EQ(account.now.charged, Usd("29.3"));
  EXPECT_EQ(account.now.lowest_funds, Usd("20.7"));
}

TEST(WhatIf, WhoClosedClosesAgain) {
  Story story;
  story.Upgrade("ada");
  const Position start = story.state().position;
  story.Must(CloseUser{.user = kAda});
  const WhatIfReport report = Replayed(story, start, {});
  EXPECT_EQ(report.refused, 0) << report.first_refusal;
  EXPECT_EQ(report.not_reproduced, 0);
  EXPECT_EQ(report.accounts.at(kAdas).now.funds_at_end, Money());
}

TEST(WhatIf, AHigherLimitSaysWhatWouldHaveBeenAllowed) {
  Story story;
  story.Upgrade("ada");
  const Position start = story.state().position;
  const Entry denied = story.Must(PlaceHold{.action = Job(kAda, Usd("80"))});
  const WhatIfReport report = Replayed(story, start, {.account = kAdas, .limit = Usd("100")});
  ASSERT_EQ(report.differences.size(), 1U);
  EXPECT_EQ(report.differences[0].position, denied.position());
  EXPECT_FALSE(report.differences[0].allowed_then);
  EXPECT_TRUE(report.differences[0].allowed_now);
  EXPECT_EQ(report.differences[0].reason_then, "SPENDING_LIMIT_EXCEEDED");
  EXPECT_EQ(report.accounts.at(kAdas).newly_allowed_cost, Usd("80"));
  EXPECT_EQ(report.accounts.at(kAdas).now.funds_at_end, Usd("150"));
}

TEST(WhatIf, WhatIsNewlyAllowedMayBeHeldUntilItsTimeIsOut) {
  Story story;
  story.Upgrade("ada");
  const Position start = story.state().position;
  story.Must(PlaceHold{.action = Job(kAda, Usd("80"))});
  story.Must(PlaceHold{.action = Job(kAda, Usd("30"))});
  const WhatIfReport report =
      Replayed(story, start, {.account = kAdas, .limit = Usd("50"), .hold_newly_allowed = true});
  EXPECT_EQ(report.accounts.at(kAdas).newly_allowed, 1);
  EXPECT_EQ(report.accounts.at(kAdas).newly_denied, 1);
  story.Pass(absl::Hours(25));
  story.Must(PlaceHold{.action = Job(kAda, Usd("20"))});
  const WhatIfReport after = Replayed(story, start, {.account = kAdas, .limit = Usd("50"), .hold_newly_allowed = true});
  EXPECT_EQ(after.accounts.at(kAdas).newly_denied, 1) << "the hold has expired by then";
}

TEST(WhatIf, AHoldThatIsDeniedNowTakesItsCapturesWithIt) {
  Story story;
  story.FundedLab();
  const Position start = story.state().position;
  const HoldId hold = story.Hold(Job(kBob, Usd("400"), kLabs));
  story.Must(ExtendHold{.hold = hold, .additional = Usd("10")});
  story.Must(CaptureHold{.hold = hold, .cost = Usd("300"), .last = true});
  const WhatIfReport report = Replayed(story, start, {.account = kLabs, .limit = Usd("100")});
  const WhatIfAccount& lab = report.accounts.at(kLabs);
  EXPECT_EQ(lab.newly_denied, 1);
  EXPECT_EQ(lab.gone, 2);
  EXPECT_EQ(lab.gone_charges, Usd("300"));
  EXPECT_EQ(lab.then.charged, Usd("300"));
  EXPECT_EQ(lab.now.charged, Money());
  EXPECT_EQ(report.refused, 0);
}

TEST(WhatIf, DenialsThatAreAlikeAreAllCountedNow) {
  Story story;
  story.FundedLab();
  const Position start = story.state().position;
  for (int i = 0; i < 3; ++i) story.Hold(Job(kBob, Usd("100"), kLabs));
  const WhatIfReport report = Replayed(story, start, {.account = kLabs, .limit = Usd("50")});
  EXPECT_EQ(report.accounts.at(kLabs).newly_denied, 3);
  EXPECT_EQ(report.accounts.at(kLabs).now.denied, 3);
  EXPECT_EQ(report.differences[2].reason_now, "SPENDING_LIMIT_EXCEEDED");
}

TEST(WhatIf, SaysWhenFundsWouldHaveRunOut) {
  Story story;
  story.FundedLab();
  const Position start = story.state().position;
  story.Must(CoreHours(kBob, 1000, kLabs));
  const Entry last = story.Must(CoreHours(kBob, 1000, kLabs));
  const WhatIfReport report = Replayed(story, start, {.account = kLabs, .limit = Usd("200")});
  const WhatIfAccount& lab = report.accounts.at(kLabs);
  EXPECT_FALSE(lab.then.ran_out);
  EXPECT_TRUE(lab.now.ran_out);
  EXPECT_EQ(lab.now.ran_out_position, last.position());
  EXPECT_EQ(lab.now.lowest_funds, Usd("-86"));
}

TEST(WhatIf, TheLimitStaysWhateverSetItThen) {
  Story story;
  story.FundedLab();
  const Position start = story.state().position;
  story.Must(SetSpendingLimit{.billing_account = kLabs, .limit = Usd("1")});
  story.Must(PlaceHold{.action = Job(kBob, Usd("400"), kLabs)});
  const WhatIfReport report = Replayed(story, start, {.account = kLabs, .limit = Usd("1000")});
  EXPECT_EQ(report.accounts.at(kLabs).newly_allowed, 1);
}

TEST(WhatIf, OtherPricesChargeUsageAnewAndLeaveTheRest) {
  Story story;
  story.Upgrade("ada");
  const Position start = story.state().position;
  story.Must(CoreHours(kAda, 10));
  story.Must(RecordUsage{.user = kAda, .metered = {.sku = "storage", .quantity = 2'678'400}});
  const WhatIfReport report =
      Replayed(story, start,
               {.account = kAdas,
                .currency = "USD",
                .prices = {{.sku = "compute.mem1", .price = Usd("0.2"), .per_quantity = 3600, .category = "compute"}}});
  EXPECT_EQ(report.accounts.at(kAdas).then.charged, Usd("1.46"));
  EXPECT_EQ(report.accounts.at(kAdas).now.charged, Usd("2.03"));
}

TEST(WhatIf, AnotherBurnOrderLetsAnotherCreditExpire) {
  Story story;
  story.Upgrade("ada");
  const CreditId later(story
                           .Must(GrantCredit{.billing_account = kAdas,
                                             .amount = Usd("20"),
                                             .priority = 5,
                                             .expire_time = story.now() + absl::Hours(10)})
                           .position());
  const Position start = story.state().position;
  story.Must(CoreHours(kAda, 100));
  story.Pass(absl::Hours(11));
  story.Must(CoreHours(kAda, 1));
  const WhatIfReport report = Replayed(story, start, {.account = kAdas, .priorities = {{later, -1}}});
  const WhatIfAccount& account = report.accounts.at(kAdas);
  EXPECT_EQ(account.then.expired, Usd("20"));
  EXPECT_EQ(account.now.expired, Usd("5.7"));
  EXPECT_EQ(account.now.charged, account.then.charged);
  EXPECT_THAT(report.differences, IsEmpty());
}

TEST(WhatIf, ChangesNobodyElse) {
  Story story;
  story.Upgrade("ada");
  story.Upgrade("bob");
  const Position start = story.state().position;
  story.Must(PlaceHold{.action = Job(kAda, Usd("80"))});
  story.Must(PlaceHold{.action = Job(kBob, Usd("80"))});
  const WhatIfReport report = Replayed(story, start, {.account = kAdas, .limit = Usd("100")});
  EXPECT_EQ(report.differences_in_all, 1);
  EXPECT_EQ(report.accounts.count(kBobs), 0U);
}

TEST(WhatIf, KeepsTheFirstDifferencesAndCountsAll) {
  Story story;
  story.Upgrade("ada");
  const Position start = story.state().position;
  for (int i = 0; i < 5; ++i) {
    story.Must(PlaceHold{.action = Job(kAda, Usd("80"))});
    story.Pass(absl::Minutes(2));
  }
  const WhatIfReport report = Replayed(story, start, {.account = kAdas, .limit = Usd("100"), .most_differences = 2});
  EXPECT_EQ(report.differences.size(), 2U);
  EXPECT_EQ(report.differences_in_all, 5);
}

}  // namespace
}  // namespace bursar
