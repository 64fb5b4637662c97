// Decisions on record, and such as might have been, explained from the state before them.
#include "ledger/domain/explain.h"

#include <map>

#include "ledger/base/check.h"
#include "ledger/domain/evolve.h"
#include "tests/domain/story.h"

namespace bursar {
namespace {

using ::testing::HasSubstr;
using Standing = ExplainedCredit::Standing;

// The story as a log: the state before any of its entries.
State Before(const Story& story, Position position) {
  State state;
  for (const Entry& entry : story.entries()) {
    if (entry.position() == position) break;
    Evolve(state, entry);
  }
  return state;
}

absl::StatusOr<std::optional<Explanation>> Explained(const Story& story, const Entry& entry) {
  return ExplainEntry(Before(story, entry.position()), entry, [&story](Position position) -> const Entry* {
    return position <= story.entries().size() ? &story.entries()[position - 1] : nullptr;
  });
}

// Ends the test program where there is nothing to explain.
Explanation MustExplain(const Story& story, const Entry& entry) {
  auto explanation = Explained(story, entry);
  if (!explanation.ok()) std::fprintf(stderr, "%s\n", std::string(explanation.status().message()).c_str());
  BURSAR_CHECK(explanation.ok() && explanation->has_value());
  return **std::move(explanation);
}

Money SumOfFormula(const Explanation& explanation) {
  Money funds = explanation.limit - explanation.outstanding - explanation.held_on_limit;
  for (const ExplainedCredit& credit : explanation.credits) funds += credit.counted();
  return funds;
}

TEST(Explain, F9_ADenialSaysTheNextDayWhatThereWas) {
  Story story;
  story.Upgrade("ada");
  story.Must(SetSpendingLimit{.billing_account = kAdas, .limit = Usd("30")});
  story.Hold(Job(kAda, Usd("70")));
  const Entry denied = story.Must(PlaceHold{.action = Job(kAda, Usd("40"))});
  story.Pass(absl::Hours(26));
  story.Must(GrantCredit{.billing_account = kAdas, .amount = Usd("500")});

  const Explanation explanation = MustExplain(story, denied);
  EXPECT_EQ(explanation.what, Explanation::What::kHold);
  ASSERT_TRUE(explanation.denial.has_value());
  EXPECT_EQ(explanation.denial->bindings(0).reason(), "SPENDING_LIMIT_EXCEEDED");
  EXPECT_EQ(explanation.funds, Usd("10"));
  EXPECT_EQ(explanation.limit, Usd("30"));
  EXPECT_EQ(explanation.held_on_limit, Usd("20"));
  ASSERT_EQ(explanation.credits.size(), 1U);
  EXPECT_EQ(explanation.credits[0].credit.held, Usd("50"));
  ASSERT_EQ(explanation.holds.size(), 1U);
  EXPECT_EQ(SumOfFormula(explanation), explanation.funds);
  EXPECT_THAT(InWords(explanation), HasSubstr("short by 30.00 USD"));
}

TEST(Explain, G13_SaysWhyEachCreditDidOrDidNotCount) {
  Story story;
  story.Upgrade("ada");
  const absl::Time later = story.now() + absl::Hours(48);
  story.Must(GrantCredit{.billing_account = kAdas, .amount = Usd("1"), .expire_time = story.now() + absl::Hours(1)});
  story.Must(GrantCredit{.billing_account = kAdas, .amount = Usd("2"), .effective_time = later});
  story.Must(GrantCredit{.billing_account = kAdas, .amount = Usd("3"), .actions = {"data.egress"}});
  story.Must(GrantCredit{.billing_account = kAdas, .amount = Usd("4"), .actions = {"analysis.run"}});
  story.Pass(absl::Hours(2));
  const Explanation explanation = MustExplain(story, story.Must(PlaceHold{.action = Job(kAda, Usd("60"))}));

  std::map<Money, Standing> standings;
  for (const ExplainedCredit& credit : explanation.credits) standings[credit.credit.granted] = credit.standing;
  EXPECT_EQ(standings, (std::map<Money, Standing>{{Usd("50"), Standing::kCounts},
                                                  {Usd("1"), Standing::kExpired},
                                                  {Usd("2"), Standing::kNotYetEffective},
                                                  {Usd("3"), Standing::kRestricted},
                                                  {Usd("4"), Standing::kCounts}}));
  EXPECT_EQ(explanation.funds, Usd("54"));
  EXPECT_EQ(SumOfFormula(explanation), explanation.funds);
}

TEST(Explain, AHoldSaysFromWhereItDrew) {
  Story story;
  story.Upgrade("ada");
  story.Must(SetSpendingLimit{.billing_account = kAdas, .limit = Usd("30")});
  const Explanation explanation = MustExplain(story, story.Must(PlaceHold{.action = Job(kAda, Usd("60"))}));
  EXPECT_FALSE(explanation.denial.has_value());
  ASSERT_EQ(explanation.drawn.size(), 2U);
  EXPECT_EQ(explanation.drawn[1].credit(), 0U);
  EXPECT_EQ(explanation.drawn[1].amount_micros(), Usd("10").micros());
  EXPECT_THAT(InWords(explanation), HasSubstr("10.00 USD from the limit"));
}

TEST(Explain, AnExtensionAndItsDenialNameTheHold) {
  Story story;
  story.Upgrade("ada");
  const HoldId hold = story.Hold(Job(kAda, Usd("20")));
  const Entry extended = story.Must(ExtendHold{.hold = hold, .additional = Usd("10")});
  EXPECT_EQ(MustExplain(story, extended).hold->id, hold);
  EXPECT_EQ(MustExplain(story, extended).funds, Usd("30"));
  const Entry denied = story.Must(ExtendHold{.hold = hold, .additional = Usd("100")});
  EXPECT_EQ(MustExplain(story, denied).denial->bindings(0).shortfall_micros(), Usd("80").micros());
}

TEST(Explain, AnExtensionIsNotMistakenForAHoldOfSomebodyWhoMayNoLongerBill) {
  Story story;
  story.FundedLab();
  const HoldId hold = story.Hold(Job(kBob, Usd("20"), kLabs));
  story.Must(SetMemberAccess{.organization = kLab, .user = kBob, .access = kMayNotBill});
  const Entry denied = story.Must(ExtendHold{.hold = hold, .additional = Usd("5000")});
  const Explanation explanation = MustExplain(story, denied);
  EXPECT_EQ(explanation.what, Explanation::What::kExtension);
  EXPECT_EQ(explanation.hold->id, hold);
}

TEST(Explain, ACaptureAndUsageSayWhyTheyDrewSo) {
  Story story;
  story.Upgrade("ada");
  const HoldId hold = story.Hold(Job(kAda, Usd("20")));
  const Explanation capture =
      MustExplain(story, story.Must(CaptureHold{.hold = hold, .cost = Usd("15"), .last = true}));
  EXPECT_EQ(capture.what, Explanation::What::kCapture);
  EXPECT_EQ(capture.hold->Held(), Usd("20"));
  EXPECT_EQ(capture.asked.cost, Usd("15"));
  story.Must(GrantCredit{.billing_account = kAdas, .amount = Usd("5"), .actions = {"analysis.run"}});
  const Explanation usage = MustExplain(story, story.Must(CoreHours(kAda, 1000)));
  EXPECT_EQ(usage.what, Explanation::What::kUsage);
  EXPECT_EQ(usage.funds, Usd("35"));
  EXPECT_EQ(usage.asked.cost, Usd("143"));
  EXPECT_EQ(usage.metered->price_list(), 6U);
}

TEST(Explain, F4_AHypotheticalActionIsJudgedByThePoliciesOfItsTime) {
  Story story;
  story.Upgrade("ada");
  const State then = Before(story, story.state().position + 1);
  const absl::Time time = story.now();
  story.Pass(absl::Hours(1));
  story.Must(PublishActionCatalogue{.actions = {{.name = "other", .gated = true, .free = true, .category = "free"}}});
  const auto explanation = ExplainAction(then, Job(kAda, Usd("40")), Purpose::kCheck, time);
  ASSERT_TRUE(explanation.ok());
  EXPECT_FALSE(explanation->denial.has_value());
  EXPECT_EQ(explanation->funds, Usd("50"));
  EXPECT_THAT(ExplainAction(story.state(), Job(kAda, Usd("40")), Purpose::kCheck, story.now()),
              IsRefused(Reason::kUnknownAction));
}

TEST(Explain, G12_AHypotheticalHoldSaysWhatTheRealOneSays) {
  Story story;
  story.Upgrade("ada");
  for (const char* cost : {"40", "60"}) {
    const auto explanation = ExplainAction(story.state(), Job(kAda, Usd(cost)), Purpose::kHold, story.now());
    const Entry real = story.Must(PlaceHold{.action = Job(kAda, Usd(cost))});
    const Event* denial = FindEvent(real, Event::kActionDenied);
    ASSERT_EQ(explanation->denial.has_value(), denial != nullptr);
    if (denial != nullptr) {
      EXPECT_EQ(explanation->denial->SerializeAsString(), denial->action_denied().SerializeAsString());
    }
  }
}

TEST(Explain, ABudgetThatStoodInTheWayIsNamedWithItsWindow) {
  Story story;
  story.FundedLab();
  const BudgetId budget(
      story
          .Must(SetBudget{
              .billing_account = kLabs, .scope = {.member = kBob}, .limit = Usd("100"), .period = BudgetPeriod::kMonth})
          .position());
  story.Must(SetBudget{.billing_account = kLabs, .scope = {.member = kEve}, .limit = Usd("1")});
  story.Must(CaptureHold{.hold = story.Hold(Job(kBob, Usd("70"), kLabs)), .cost = Usd("60"), .last = true});
  story.Hold(Job(kBob, Usd("30"), kLabs));
  const Entry denied = story.Must(PlaceHold{.action = Job(kBob, Usd("40"), kLabs)});
  story.Pass(absl::Hours(24 * 40));
  story.Must(CoreHours(kBob, 1, kLabs));

  const Explanation explanation = MustExplain(story, denied);
  ASSERT_EQ(explanation.budgets.size(), 1U);
  EXPECT_EQ(explanation.budgets[0].budget.id, budget);
  EXPECT_EQ(explanation.budgets[0].used, Usd("60"));
  EXPECT_EQ(explanation.budgets[0].budget.held, Usd("30"));
  EXPECT_EQ(explanation.budgets[0].available, Usd("10"));
  EXPECT_TRUE(explanation.budgets[0].binding);
  EXPECT_TRUE(explanation.budgets[0].window.Holds(explanation.time));
  EXPECT_EQ(explanation.denial->bindings(0).reason(), "BUDGET_EXCEEDED");
  EXPECT_THAT(InWords(explanation), HasSubstr("it stood in the way"));
}

TEST(Explain, ACostLimitThatStoodInTheWayIsFoundAgain) {
  Story story;
  story.FundedLab();
  GatedAction job = Job(kBob, Usd("70"), kLabs);
  job.cost_limit = Usd("50");
  const Explanation explanation = MustExplain(story, story.Must(PlaceHold{.action = job}));
  EXPECT_EQ(explanation.denial->bindings(0).reason(), "COST_LIMIT_EXCEEDED");
  story.Pass(absl::Minutes(2));
  job.cost_limit = Usd("80");
  const HoldId hold = story.Hold(job);
  const Entry denied = story.Must(ExtendHold{.hold = hold, .additional = Usd("20")});
  EXPECT_EQ(MustExplain(story, denied).hold->id, hold);
}

TEST(Explain, ADecisionThatDoesNotComeOutAgainIsAnErrorThatSaysSo) {
  Story story;
  story.Upgrade("ada");
  Entry altered = story.Must(PlaceHold{.action = Job(kAda, Usd("20"))});
  altered.mutable_events(0)->mutable_hold_placed()->set_funds_after_micros(31);
  const auto explanation = Explained(story, altered);
  EXPECT_EQ(explanation.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(explanation.status().message()), HasSubstr("does not come out again"));
}

TEST(Explain, WhatIsNoDecisionHasNothingToExplain) {
  Story story;
  story.Upgrade("ada");
  const Entry granted = story.Must(GrantCredit{.billing_account = kAdas, .amount = Usd("5")});
  const auto explanation = Explained(story, granted);
  ASSERT_TRUE(explanation.ok());
  EXPECT_FALSE(explanation->has_value());
}

}  // namespace
}  // namespace bursar
