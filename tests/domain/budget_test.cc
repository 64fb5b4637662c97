// Budgets: ceilings inside a billing account, by member, project and category, with a calendar period.
#include <algorithm>
#include <random>

#include "tests/domain/story.h"

namespace bursar {
namespace {

const storage::v1::ActionDenied& DenialIn(const Entry& entry) {
  const Event* event = FindEvent(entry, Event::kActionDenied);
  EXPECT_NE(event, nullptr) << entry.ShortDebugString();
  return event->action_denied();
}

// Ada's lab with 1,000; bob spends there. It is 2026-03-02 09:00 UTC, a Monday.
class Budgets : public testing::Test {
 protected:
  Budgets() {
    story.FundedLab();
    for (ProjectId* project : {&one, &other}) {
      *project = ProjectId(story.Must(CreateProject{.user = kBob, .name = "x", .bill_to = kLabs}).position());
    }
  }

  BudgetId Set(const BudgetScope& scope, const std::string& limit, BudgetPeriod period = BudgetPeriod::kMonth,
               const std::string& zone = "") {
    const Entry entry = story.Must(
        SetBudget{.billing_account = kLabs, .scope = scope, .limit = Usd(limit), .period = period, .time_zone = zone});
    return BudgetId(entry.events(0).budget_set().budget());
  }
  static GatedAction In(ProjectId project, const std::string& cost, const UserId& user = kBob) {
    GatedAction action = Job(user, Usd(cost), kLabs);
    action.project = project;
    return action;
  }
  // A job that has run.
  void Spend(const GatedAction& action) {
    story.Must(CaptureHold{.hold = story.Hold(action), .cost = action.cost, .last = true});
  }
  const Budget& Find(BudgetId id) const { return *story.Account(kLabs).Find(id); }
  void PassUntil(const char* time) {
    absl::Time until;
    std::string error;
    ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, time, &until, &error)) << error;
    story.Pass(until - story.now());
  }

  Story story;
  ProjectId one;
  ProjectId other;
};

TEST_F(Budgets, G10_AMonthlyLimitOfAProjectDeniesThereAndOpensWhenTheMonthTurnsInItsZone) {
  const BudgetId budget = Set({.project = one}, "100", BudgetPeriod::kMonth, "Europe/Berlin");
  Spend(In(one, "100"));
  const Entry entry = story.Must(PlaceHold{.action = In(one, "1")});
  const auto& denial = DenialIn(entry);
  ASSERT_EQ(denial.bindings_size(), 1) << "the account is funded";
  EXPECT_EQ(denial.bindings(0).reason(), "BUDGET_EXCEEDED");
  EXPECT_EQ(denial.bindings(0).rule(), "monthly budget of " + one.text());
  EXPECT_EQ(denial.bindings(0).budget(), budget.number());
  EXPECT_EQ(denial.bindings(0).available_micros(), 0);
  EXPECT_EQ(denial.bindings(0).shortfall_micros(), Usd("1").micros());
  EXPECT_EQ(denial.remedy(),
            "Ask an admin of org-lab to raise the budget: user-ada. It begins anew at "
            "2026-03-31T22:00:00+00:00.");
  EXPECT_THAT(story.Do(PlaceHold{.action = In(other, "1")}), IsAllowed()) << "other projects run";

  const Position last = story.state().position;
  PassUntil("2026-03-31T21:59:59.999999Z");
  EXPECT_FALSE(Decide(story.state(), Check{.action = In(one, "1")}, As("service-portal"), story.now())->events.empty());
  story.Pass(absl::Microseconds(1));
  EXPECT_TRUE(Decide(story.state(), Check{.action = In(one, "1")}, As("service-portal"), story.now())->events.empty());
  EXPECT_EQ(story.state().position, last) << "no job had to run for it";
  Spend(In(one, "30"));
  EXPECT_EQ(Find(budget).UsedAt(story.now()), Usd("30"));
}

TEST_F(Budgets, AnyOfSeveralMayBindAndEachThatDoesIsNamedInTheOrderOfTheirNumbers) {
  const BudgetId member = Set({.member = kBob}, "50", BudgetPeriod::kLife);
  const BudgetId project = Set({.project = one}, "20", BudgetPeriod::kDay);
  const BudgetId category = Set({.category = "compute"}, "40", BudgetPeriod::kWeek);
  const BudgetId all = Set({}, "60");
  const BudgetId narrow = Set({.member = kBob, .project = one, .category = "compute"}, "25");
  Set({.member = kEve}, "0");
  Set({.category = "storage"}, "0");
  const auto binding = [&](const GatedAction& action) {
    std::vector<uint64_t> budgets;
    const Entry entry = story.Must(PlaceHold{.action = action});
    for (const auto& one_of : DenialIn(entry).bindings()) budgets.push_back(one_of.budget());
    return budgets;
  };
  EXPECT_THAT(binding(In(one, "21")), testing::ElementsAre(project.number()));
  EXPECT_THAT(binding(In(other, "41")), testing::ElementsAre(category.number()));
  EXPECT_THAT(binding(In(one, "2000")), testing::ElementsAre(member.number(), project.number(), category.number(),
                                                             all.number(), narrow.number(), 0));
  const Entry entry = story.Must(PlaceHold{.action = In(one, "2000")});
  std::vector<std::string> rules;
  for (const auto& one_of : DenialIn(entry).bindings()) rules.push_back(one_of.rule());
  EXPECT_THAT(rules, testing::ElementsAre("lifetime budget of user-bob", "daily budget of " + one.text(),
                                          "weekly budget of org-lab for compute", "monthly budget of org-lab",
                                          "monthly budget of user-bob in " + one.text() + " for compute",
                                          "spending limit of org-lab"));
  EXPECT_THAT(story.Do(PlaceHold{.action = In(one, "20")}), IsAllowed());
}

TEST_F(Budgets, AtExactlyZeroEvenWhatIsFreeIsDenied) {
  Set({.project = one}, "0.000001");
  GatedAction folder = In(one, "0");
  folder.action = "folder.create";
  EXPECT_THAT(story.Do(Check{.action = folder}), IsAllowed());
  story.Hold(In(one, "0.000001"));
  EXPECT_THAT(story.Do(Check{.action = folder}), Denies(Reason::kBudgetExceeded, Money()));
}

TEST_F(Budgets, SetAgainABudgetHasANewLimitAndWhatWasUsedStays) {
  const BudgetId budget = Set({.project = one}, "100");
  Spend(In(one, "60"));
  EXPECT_EQ(Set({.project = one}, "200"), budget);
  EXPECT_EQ(Find(budget).UsedAt(story.now()), Usd("60"));
  EXPECT_EQ(Set({.project = one}, "50"), budget) << "below what is used";
  EXPECT_EQ(story.entries().back().events(0).budget_set().previous_limit_micros(), Usd("200").micros());
  EXPECT_THAT(story.Do(Check{.action = In(one, "1")}), Denies(Reason::kBudgetExceeded, Usd("-10")));
  EXPECT_EQ(Set({.project = one}, "100", BudgetPeriod::kMonth, "Asia/Tokyo"), budget);
  EXPECT_EQ(Find(budget).UsedAt(story.now()), Usd("60")) << "also by another calendar";
  EXPECT_NE(Set({.project = one}, "100", BudgetPeriod::kDay), budget) << "another period is another budget";
  EXPECT_NE(Set({.project = one, .category = "compute"}, "100"), budget) << "another scope, too";
}

TEST_F(Budgets, WhatWasUsedInAPeriodThatIsOverIsForgottenWhenItIsSetAgain) {
  const BudgetId budget = Set({.project = one}, "100");
  Spend(In(one, "60"));
  PassUntil("2026-04-01T00:00:00Z");
  Set({.project = one}, "90");
  EXPECT_EQ(Find(budget).used, Money());
  EXPECT_EQ(Find(budget).Available(story.now()), Usd("90"));
}

TEST_F(Budgets, WhatOpenHoldsHoldCountsFromTheStartAndTheyKnowIt) {
  const HoldId hold = story.Hold(In(one, "30"));
  story.Hold(In(other, "5"));
  const BudgetId budget = Set({.project = one}, "40");
  EXPECT_EQ(Find(budget).held, Usd("30"));
  EXPECT_THAT(story.Do(PlaceHold{.action = In(one, "11")}), Denies(Reason::kBudgetExceeded, Usd("10")));
  story.Must(CaptureHold{.hold = hold, .cost = Usd("12"), .last = true});
  EXPECT_EQ(Find(budget).held, Money());
  EXPECT_EQ(Find(budget).Available(story.now()), Usd("28"));
}

TEST_F(Budgets, HeldExtendedCapturedAndReturnedAmountsAreExact) {
  const BudgetId budget = Set({.member = kBob}, "100");
  const HoldId hold = story.Hold(In(one, "40"));
  EXPECT_THAT(story.Do(ExtendHold{.hold = hold, .additional = Usd("61")}), Denies(Reason::kBudgetExceeded, Usd("60")));
  story.Must(ExtendHold{.hold = hold, .additional = Usd("20")});
  story.Must(CaptureHold{.hold = hold, .cost = Usd("25")});
  EXPECT_EQ(Find(budget).held, Usd("35"));
  EXPECT_EQ(Find(budget).UsedAt(story.now()), Usd("25"));
  story.Must(ReleaseHold{.hold = hold});
  EXPECT_EQ(Find(budget).Available(story.now()), Usd("75"));
  story.Hold(In(one, "75"));
  story.Pass(absl::Hours(25));
  story.Must(Check{.action = Asking("data.list", kBob)});
  EXPECT_EQ(Find(budget).Available(story.now()), Usd("75")) << "the hold has expired";
}

// A hold that outlives its month is held in the new one, and what it is captured for is used there.
TEST_F(Budgets, ACaptureCountsInThePeriodInWhichItHappens) {
  const BudgetId budget = Set({.project = one}, "100");
  Spend(In(one, "10"));
  PassUntil("2026-03-31T23:00:00Z");
  const HoldId hold = story.Hold(In(one, "50"));
  PassUntil("2026-04-01T00:30:00Z");
  EXPECT_EQ(Find(budget).Available(story.now()), Usd("50"));
  const Entry captured = story.Must(CaptureHold{.hold = hold, .cost = Usd("20"), .last = true});
  const auto& use = captured.events(0).hold_captured().budget_uses(0);
  EXPECT_EQ(absl::FromUnixMicros(use.window_start()), absl::FromCivil(absl::CivilMonth(2026, 4), absl::UTCTimeZone()));
  EXPECT_EQ(absl::FromUnixMicros(use.window_end()), absl::FromCivil(absl::CivilMonth(2026, 5), absl::UTCTimeZone()));
  EXPECT_EQ(Find(budget).UsedAt(story.now()), Usd("20"));
}

TEST_F(Budgets, UsageIsNotRefusedByABudgetAndUsesIt) {
  const BudgetId budget = Set({.category = "compute"}, "1");
  story.Must(CoreHours(kBob, 10, kLabs));
  EXPECT_EQ(Find(budget).UsedAt(story.now()), Usd("1.43"));
  EXPECT_THAT(story.Do(Check{.action = In(one, "1")}), Denies(Reason::kBudgetExceeded, Usd("-0.43")));
}

TEST_F(Budgets, ARemovedOneCountsNothingAndHoldsForgetIt) {
  const BudgetId budget = Set({.project = one}, "10");
  const HoldId hold = story.Hold(In(one, "10"));
  story.Must(RemoveBudget{.budget = budget});
  EXPECT_THAT(story.Do(PlaceHold{.action = In(one, "10")}), IsAllowed());
  EXPECT_TRUE(story.state().Find(hold)->budgets.empty());
  story.Must(CaptureHold{.hold = hold, .cost = Usd("10"), .last = true});
  EXPECT_NE(Set({.project = one}, "10"), budget) << "set again it is another one";
}

TEST_F(Budgets, AreForAdminsOfTheAccountItsOwnerAndOperators) {
  const SetBudget set{.billing_account = kLabs, .limit = Usd("1")};
  for (const char* who : {"user-ada", "operator-olga"}) EXPECT_THAT(story.Do(set, As(who)), IsAllowed()) << who;
  for (const char* who : {"user-bob", "user-mallory", "service-portal", "finance-fay", "support-sam"}) {
    EXPECT_THAT(story.Do(set, As(who)), IsRefused(Reason::kPermissionDenied)) << who;
    EXPECT_THAT(story.Do(RemoveBudget{.budget = BudgetId(999)}, As(who)), IsRefused(Reason::kPermissionDenied)) << who;
  }
  EXPECT_THAT(story.Do(SetBudget{.billing_account = kBobs, .limit = Usd("1")}, As("user-bob")), IsAllowed());
  const ProjectId bobs(story.Must(CreateProject{.user = kBob, .name = "x", .bill_to = kLabs}).position());
  EXPECT_THAT(story.Do(SetBudget{.billing_account = kLabs, .scope = {.project = bobs}}, As("user-ada")), IsAllowed());
  EXPECT_THAT(story.Do(SetBudget{.billing_account = AccountOfUser("eve"), .scope = {.project = bobs}}, As("user-eve")),
              IsRefused(Reason::kProjectNotFound))
      << "which one may not see is not there";
}

TEST_F(Budgets, NeedAZoneThatIsKnown) {
  for (const char* zone : {"Europe/Atlantis", "localtime", "/etc/localtime"}) {
    const auto refused = story.Do(SetBudget{.billing_account = kLabs, .time_zone = zone});
    EXPECT_THAT(refused, IsRefused(Reason::kInvalidField)) << zone;
    EXPECT_THAT(refused, Says("time_zone")) << zone;
  }
}

// What is used is the sum of what was charged, in scope, in the window that now is in: added up from the entries alone.
Money Charged(const std::vector<Entry>& entries, const Budget& budget, absl::Time now) {
  Money sum;
  const auto add = [&](const Entry& entry, const auto& event, Money amount) {
    const absl::Time time = absl::FromUnixMicros(entry.commit_time());
    const bool counts =
        (budget.scope.member.empty() || budget.scope.member.text() == event.user_id()) &&
        (budget.scope.project.empty() || budget.scope.project.number() == event.project()) &&
        (budget.scope.category.empty() || budget.scope.category == event.category()) &&
        event.billing_account() == kLabs.text() && entry.position() > budget.id.number() &&
        (budget.period == BudgetPeriod::kLife ||
         (budget.period == BudgetPeriod::kDay
              ? absl::ToCivilDay(time, absl::UTCTimeZone()) == absl::ToCivilDay(now, absl::UTCTimeZone())
              : absl::ToCivilMonth(time, absl::UTCTimeZone()) == absl::ToCivilMonth(now, absl::UTCTimeZone())));
    if (counts) sum += amount;
  };
  for (const Entry& entry : entries) {
    for (const Event& event : entry.events()) {
      if (event.has_hold_captured()) {
        const auto& captured = event.hold_captured();
        add(entry, captured, Sum(captured.drawn()) + Sum(captured.beyond()));
      }
      if (event.has_usage_charged()) add(entry, event.usage_charged(), Sum(event.usage_charged().drawn()));
    }
  }
  return sum;
}

// Story checks after each entry that budgets hold what their holds hold.
TEST_F(Budgets, G15_CountExactlyWhatIsChargedInTheirScopeAndPeriodWhateverTheOrder) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  const auto below = [&random](int64_t bound) { return static_cast<int64_t>(random() % bound); };
  story.Must(SetSpendingLimit{.billing_account = kLabs, .limit = Usd("1000000")});
  const BudgetScope scopes[] = {
      {}, {.member = kBob}, {.project = one}, {.category = "compute"}, {.member = kAda, .project = other}};
  const BudgetPeriod periods[] = {BudgetPeriod::kDay, BudgetPeriod::kMonth, BudgetPeriod::kLife};
  std::vector<HoldId> holds;
  int denied = 0;
  int terminated = 0;
  // On until everything that is looked for below has happened, which some seeds take longer for.
  const auto seen = [&] { return denied > 20 && story.Count(Event::kTerminationOrdered) > 5; };
  for (int i = 0; i < 3000 || (i < 100'000 && !seen()); ++i) {
    const HoldId hold = holds.empty() ? HoldId(1) : holds[holds.size() - 1 - below(std::min<size_t>(holds.size(), 6))];
    const Money amount = Money::Micros(below(20'000'000));
    switch (below(10)) {
      case 0:
      case 1:
      case 2: {
        GatedAction action = In(below(2) == 0 ? one : other, "0", below(2) == 0 ? kBob : kAda);
        action.cost = amount;
        if (below(3) == 0) action.cost_limit = amount + Money::Micros(below(5'000'000));
        const Entry placed = story.Must(PlaceHold{.action = action, .expire_time = story.now() + absl::Hours(8)});
        if (placed.events(0).has_hold_placed()) holds.push_back(HoldId(placed.position()));
        denied += placed.events(0).has_action_denied() ? 1 : 0;
        break;
      }
      case 3:
        (void)story.Do(ExtendHold{.hold = hold, .additional = amount});
        break;
      case 4:
      case 5:
        (void)story.Do(CaptureHold{.hold = hold, .cost = amount, .last = below(2) == 0});
        break;
      case 6:
        (void)story.Do(ReleaseHold{.hold = hold});
        break;
      case 7:
        story.Pass(absl::Minutes(below(360)));
        break;
      case 8: {
        const SetBudget set{.billing_account = kLabs,
                            .scope = scopes[below(5)],
                            .limit = Money::Micros(below(200'000'000)),
                            .period = periods[below(3)]};
        if (below(3) == 0) story.Must(set);
        break;
      }
      case 9: {
        const auto& budgets = story.Account(kLabs).budgets;
        if (!budgets.empty() && below(5) == 0) story.Must(RemoveBudget{.budget = budgets[below(budgets.size())].id});
        RecordUsage usage = CoreHours(kBob, 0, kLabs);
        usage.metered.quantity = below(20'000);
        story.Must(usage);
        break;
      }
    }
    if (i % 50 == 0) {
      for (const Budget& budget : story.Account(kLabs).budgets) {
        ASSERT_EQ(budget.UsedAt(story.now()), Charged(story.entries(), budget, story.now())) << budget.id.text();
      }
    }
    if (HasFailure()) return;
  }
  terminated = story.Count(Event::kTerminationOrdered);
  EXPECT_GT(denied, 20);
  EXPECT_GT(terminated, 5);
  story.Pass(absl::Hours(9));
  story.Must(Check{.action = Asking("data.list", kAda)});
  EXPECT_EQ(story.Account(kLabs).balance.Held(), Money());
}

// The start of the civil period, as text: two times are in one period where it is the same.
std::string CivilPeriod(BudgetPeriod period, absl::TimeZone zone, absl::Time time) {
  const absl::CivilDay day = absl::ToCivilDay(time, zone);
  switch (period) {
    case BudgetPeriod::kDay:
      return absl::FormatCivilTime(day);
    case BudgetPeriod::kWeek:
      return absl::FormatCivilTime(absl::PrevWeekday(day + 1, absl::Weekday::monday));
    case BudgetPeriod::kMonth:
      return absl::FormatCivilTime(absl::CivilMonth(day));
    case BudgetPeriod::kLife:
      break;
  }
  return "life";
}

// Through moved clocks, the end of a year and a leap day, in steps of up to a day and to the edges of midnight.
TEST_F(Budgets, G10_WhatIsUsedIsWhatWasSpentInTheCivilPeriod) {
  struct Kept {
    BudgetId budget;
    BudgetPeriod period;
    absl::TimeZone zone;
    std::string current;
    int spent = 0;
  };
  std::vector<Kept> budgets;
  std::vector<ProjectId> projects;
  int number = 0;
  for (const char* name :
       {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Havana"}) {
    for (const BudgetPeriod period : {BudgetPeriod::kDay, BudgetPeriod::kWeek, BudgetPeriod::kMonth}) {
      const ProjectId project(
          story.Must(CreateProject{.user = kBob, .name = absl::StrCat("p", ++number), .bill_to = kLabs}).position());
      budgets.push_back({.budget = Set({.project = project}, "1000", period, name), .period = period});
      ASSERT_TRUE(absl::LoadTimeZone(name, &budgets.back().zone));
      projects.push_back(project);
    }
  }
  std::mt19937_64 random(11);
  int turns = 0;
  const absl::Time end = absl::FromCivil(absl::CivilDay(2028, 3, 10), absl::UTCTimeZone());
  PassUntil("2027-10-25T00:00:00Z");
  while (story.now() < end) {
    const size_t i = random() % budgets.size();
    Kept& kept = budgets[i];
    // To the first or the last instant of a civil day of that zone, or anywhere.
    absl::Time next = story.now() + absl::Microseconds(random() % 86'400'000'000);
    if (random() % 2 == 0) next = absl::FromCivil(absl::ToCivilDay(next, kept.zone) + 1, kept.zone);
    if (random() % 4 == 0) next -= absl::Microseconds(1);
    story.Pass(std::max(next - story.now(), absl::ZeroDuration()));
    Spend(In(projects[i], "0.01"));
    const std::string period = CivilPeriod(kept.period, kept.zone, story.now());
    turns += period != kept.current ? 1 : 0;
    kept.spent = period == kept.current ? kept.spent + 1 : 1;
    kept.current = period;
    ASSERT_EQ(Find(kept.budget).UsedAt(story.now()), Money::Micros(int64_t{10'000} * kept.spent))
        << period << " in " << kept.zone.name() << " at " << story.now();
  }
  EXPECT_GT(turns, 50);
}

}  // namespace
}  // namespace bursar
