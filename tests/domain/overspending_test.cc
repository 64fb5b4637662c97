// What costs more than was foreseen: cost limits of runs, captures beyond the hold and after it, and telling platforms
// to stop work that runs on nothing.
#include "tests/domain/story.h"

namespace bursar {
namespace {

std::vector<storage::v1::TerminationOrdered> OrdersIn(const Entry& entry) {
  std::vector<storage::v1::TerminationOrdered> orders;
  for (const Event& event : entry.events()) {
    if (event.has_termination_ordered()) orders.push_back(event.termination_ordered());
  }
  return orders;
}

const storage::v1::HoldCaptured& CapturedIn(const Entry& entry) { return entry.events(0).hold_captured(); }

// Ada with billing set up, and 100 as a spending limit.
class Overspending : public testing::Test {
 protected:
  Overspending() {
    story.Must(Registration("ada", ""));
    story.Must(UpgradeForm(kAdas, kAda));
    story.Must(Opened("1"));
    Limit("100");
  }
  void Limit(const std::string& amount) {
    story.Must(SetSpendingLimit{.billing_account = kAdas, .limit = Usd(amount)});
  }
  HoldId Run(const std::string& cost, const std::string& cost_limit) {
    GatedAction action = Job(kAda, Usd(cost));
    action.cost_limit = Usd(cost_limit);
    return story.Hold(action);
  }
  HoldId Run(const std::string& cost) { return Run(cost, "0"); }
  Entry Capture(HoldId hold, const std::string& cost, bool last = false) {
    return story.Must(CaptureHold{.hold = hold, .cost = Usd(cost), .last = last});
  }
  Money Funds() const { return story.Funds(kAdas); }

  Story story;
};

TEST_F(Overspending, G8_ARunIsStoppedAtItsCostLimitAndOthersGoOn) {
  const HoldId other = Run("10");
  const HoldId run = Run("3", "5");
  EXPECT_TRUE(OrdersIn(Capture(run, "3")).empty());
  story.Must(ExtendHold{.hold = run, .additional = Usd("2")});
  const auto orders = OrdersIn(Capture(run, "2"));
  ASSERT_EQ(orders.size(), 1u);
  EXPECT_EQ(orders[0].hold(), run.number());
  EXPECT_EQ(orders[0].reason(), "COST_LIMIT_EXCEEDED");
  EXPECT_EQ(orders[0].overshoot_micros(), 0);
  EXPECT_TRUE(story.state().Find(run)->terminating);
  EXPECT_FALSE(story.state().Find(other)->terminating);
  EXPECT_THAT(story.Do(ExtendHold{.hold = run, .additional = Usd("0.000001")}),
              Denies(Reason::kCostLimitExceeded, Money()));
  EXPECT_THAT(story.Do(PlaceHold{.action = Job(kAda, Usd("10"))}), IsAllowed());
  const Entry after = Capture(run, "1.5", /*last=*/true);
  EXPECT_TRUE(OrdersIn(after).empty()) << "it is told once";
}

TEST_F(Overspending, G8_TheOvershootIsWhatWentBeyondTheCostLimit) {
  const HoldId run = Run("3", "5");
  const Entry entry = Capture(run, "6.25");
  ASSERT_EQ(OrdersIn(entry).size(), 1u);
  EXPECT_EQ(OrdersIn(entry)[0].overshoot_micros(), Usd("1.25").micros());
  EXPECT_EQ(CapturedIn(entry).overshoot_micros(), 0) << "there were funds for it";
  EXPECT_FALSE(CapturedIn(entry).terminating()) << "not before";
  EXPECT_TRUE(CapturedIn(Capture(run, "1")).terminating());
}

TEST_F(Overspending, G8_AHoldLargerThanItsCostLimitIsDenied) {
  GatedAction action = Job(kAda, Usd("5.000001"));
  action.cost_limit = Usd("5");
  EXPECT_THAT(story.Do(PlaceHold{.action = action}), Denies(Reason::kCostLimitExceeded, Usd("5")));
  EXPECT_THAT(story.Do(Check{.action = action}), IsAllowed()) << "a check is of no run";
  const HoldId run = Run("4", "5");
  EXPECT_THAT(story.Do(ExtendHold{.hold = run, .additional = Usd("2")}), Denies(Reason::kCostLimitExceeded, Usd("1")));
}

TEST_F(Overspending, ACaptureBeyondItsHoldIsDrawnFromWhatIsNotHeld) {
  const Position credit =
      story.Must(GrantCredit{.billing_account = kAdas, .amount = Usd("7"), .reason = "more"}).position();
  const HoldId run = Run("5");
  const Entry entry = Capture(run, "10", /*last=*/true);
  const auto& captured = CapturedIn(entry);
  ASSERT_EQ(captured.drawn_size(), 1);
  EXPECT_EQ(captured.drawn(0).amount_micros(), Usd("5").micros());
  ASSERT_EQ(captured.beyond_size(), 2) << "credits in burn order, then the limit";
  EXPECT_EQ(captured.beyond(0).credit(), credit);
  EXPECT_EQ(captured.beyond(0).amount_micros(), Usd("2").micros());
  EXPECT_EQ(captured.beyond(1).credit(), 0u);
  EXPECT_EQ(captured.beyond(1).amount_micros(), Usd("3").micros());
  EXPECT_EQ(captured.overshoot_micros(), 0);
  EXPECT_EQ(Funds(), Usd("97"));
}

TEST_F(Overspending, WhatNoFundsCoverIsChargedAllTheSameAndClosesTheGate) {
  const HoldId run = Run("60");
  const HoldId other = Run("30");
  const Entry entry = Capture(run, "82");
  EXPECT_EQ(CapturedIn(entry).overshoot_micros(), Usd("12").micros()) << "10 were left";
  EXPECT_EQ(Funds(), Usd("-12"));
  EXPECT_THAT(story.Do(Check{.action = Asking("folder.create", kAda)}),
              Denies(Reason::kSpendingLimitExceeded, Usd("-12")));
  EXPECT_EQ(CapturedIn(Capture(run, "1")).overshoot_micros(), Usd("1").micros()) << "all of it, now";
  EXPECT_EQ(story.state().Find(other)->Held(), Usd("30")) << "held money survives";
}

TEST_F(Overspending, WorkOnNothingIsStoppedWhenFundsEndAndWorkOnHeldMoneyRunsOn) {
  const HoldId spent = Run("20");
  const HoldId holding = Run("30");
  Capture(spent, "20");
  EXPECT_EQ(story.Count(Event::kTerminationOrdered), 0) << "there are 50 left";
  const HoldId last = Run("50");
  const auto orders = OrdersIn(Capture(last, "53"));
  ASSERT_EQ(orders.size(), 2u);
  EXPECT_EQ(orders[0].hold(), spent.number());
  EXPECT_EQ(orders[1].hold(), last.number());
  for (const auto& order : orders) {
    EXPECT_EQ(order.reason(), "SPENDING_LIMIT_EXCEEDED");
    EXPECT_EQ(order.overshoot_micros(), Usd("3").micros());
    EXPECT_EQ(order.currency(), "USD");
  }
  EXPECT_FALSE(story.state().Find(holding)->terminating);
  EXPECT_TRUE(OrdersIn(Capture(holding, "29")).empty());
  const auto then = OrdersIn(Capture(holding, "1"));
  ASSERT_EQ(then.size(), 1u) << "when its own money is used up, too";
  EXPECT_EQ(then[0].hold(), holding.number());
  EXPECT_TRUE(OrdersIn(Capture(spent, "4")).empty()) << "none is told twice";
}

TEST_F(Overspending, G9_UsageThatEndsFundsStopsWorkOnNothing) {
  const HoldId spent = Run("1");
  const HoldId holding = Run("2");
  Capture(spent, "1");
  RecordUsage usage = CoreHours(kAda, 1000);
  const Entry entry = story.Must(usage);
  EXPECT_EQ(entry.events(0).usage_charged().overshoot_micros(), Usd("46").micros());
  const auto orders = OrdersIn(entry);
  ASSERT_EQ(orders.size(), 1u);
  EXPECT_EQ(orders[0].hold(), spent.number());
  EXPECT_EQ(orders[0].overshoot_micros(), Usd("46").micros());
  EXPECT_FALSE(story.state().Find(holding)->terminating);
}

TEST_F(Overspending, ALastCaptureStopsNothingOfItsOwn) {
  const HoldId run = Run("100", "100");
  EXPECT_TRUE(OrdersIn(Capture(run, "120", /*last=*/true)).empty());
  EXPECT_EQ(Funds(), Usd("-20"));
}

TEST_F(Overspending, ABudgetThatIsUsedUpStopsWorkInItAlone) {
  const BudgetId budget(
      story.Must(SetBudget{.billing_account = kAdas, .scope = {.category = "compute"}, .limit = Usd("10")}).position());
  const HoldId run = Run("4");
  const HoldId other = story.Hold(Asking("data.egress", kAda, Usd("2")));
  Capture(run, "4");
  const Entry entry = Capture(other, "7");
  const auto orders = OrdersIn(entry);
  ASSERT_EQ(orders.size(), 2u);
  EXPECT_EQ(orders[0].hold(), run.number());
  EXPECT_EQ(orders[0].reason(), "BUDGET_EXCEEDED");
  EXPECT_EQ(orders[0].overshoot_micros(), Usd("1").micros());
  EXPECT_EQ(orders[1].hold(), other.number());
  EXPECT_EQ(story.Account(kAdas).Find(budget)->Available(story.now()), Usd("-1"));
}

TEST_F(Overspending, AHoldOfAnotherBudgetRunsOn) {
  const ProjectId project(story.Must(CreateProject{.user = kAda, .name = "x"}).position());
  story.Must(SetBudget{.billing_account = kAdas, .scope = {.project = project}, .limit = Usd("5")});
  const HoldId outside = Run("1");
  Capture(outside, "1");
  GatedAction action = Job(kAda, Usd("5"));
  action.project = project;
  const HoldId inside = story.Hold(action);
  const auto orders = OrdersIn(Capture(inside, "5"));
  ASSERT_EQ(orders.size(), 1u);
  EXPECT_EQ(orders[0].hold(), inside.number());
}

TEST_F(Overspending, AnExtensionGivesASpentHoldMoneyToRunOn) {
  const HoldId spent = Run("10");
  Capture(spent, "10");
  story.Must(ExtendHold{.hold = spent, .additional = Usd("40")});
  const HoldId other = Run("50");
  const auto orders = OrdersIn(Capture(other, "60"));
  ASSERT_EQ(orders.size(), 1u);
  EXPECT_EQ(orders[0].hold(), other.number());
}

TEST_F(Overspending, ALateCaptureIsChargedAsUsageForThirtyDays) {
  const Position restricted =
      story
          .Must(GrantCredit{
              .billing_account = kAdas, .amount = Usd("3"), .actions = {"analysis.run"}, .reason = "for runs"})
          .position();
  const BudgetId budget(story.Must(SetBudget{.billing_account = kAdas, .limit = Usd("50")}).position());
  const HoldId run = Run("40");
  story.Pass(absl::Hours(24));
  EXPECT_EQ(story.Must(Check{.action = Asking("data.list", kAda)}).events_size(), 0);
  EXPECT_EQ(Funds(), Usd("100"));
  const Entry entry = Capture(run, "4.5", /*last=*/true);
  const auto& charged = entry.events(0).usage_charged();
  EXPECT_EQ(charged.late_hold(), run.number());
  EXPECT_EQ(charged.action(), "analysis.run");
  EXPECT_EQ(charged.category(), "compute");
  EXPECT_EQ(charged.user_id(), "user-ada");
  ASSERT_EQ(charged.drawn_size(), 2) << "also on what pays for this action alone";
  EXPECT_EQ(charged.drawn(0).credit(), restricted);
  EXPECT_EQ(Funds(), Usd("98.5"));
  EXPECT_EQ(story.Account(kAdas).Find(budget)->UsedAt(story.now()), Usd("4.5"));
  story.Pass(absl::Hours(24 * 30) - absl::Microseconds(1));
  EXPECT_TRUE(Capture(run, "1").events(0).has_usage_charged());
  story.Pass(absl::Microseconds(1));
  EXPECT_THAT(story.Do(CaptureHold{.hold = run, .cost = Usd("1")}), IsRefused(Reason::kHoldNotOpen));
}

TEST_F(Overspending, WhatWasReleasedOrCapturedToTheEndIsNotCapturedLate) {
  const HoldId released = Run("1");
  story.Must(ReleaseHold{.hold = released});
  const HoldId closed = Run("1");
  Capture(closed, "1", /*last=*/true);
  for (const HoldId hold : {released, closed}) {
    EXPECT_THAT(story.Do(CaptureHold{.hold = hold, .cost = Usd("1")}), IsRefused(Reason::kHoldNotOpen));
  }
}

TEST_F(Overspending, AHoldOfNothingMayBeCapturedBeyond) {
  const HoldId run = Run("0");
  const Entry entry = Capture(run, "2");
  const auto& captured = CapturedIn(entry);
  EXPECT_EQ(captured.drawn_size(), 0);
  EXPECT_EQ(captured.held_micros(), 0);
  EXPECT_EQ(Funds(), Usd("98"));
}

}  // namespace
}  // namespace bursar
