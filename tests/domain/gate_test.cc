// The gate and the life of a hold.
#include <random>

#include "ledger/domain/gate.h"
#include "tests/domain/story.h"

namespace bursar {
namespace {

const storage::v1::ActionDenied& DenialIn(const Entry& entry) {
  const Event* event = FindEvent(entry, Event::kActionDenied);
  EXPECT_NE(event, nullptr);
  return event->action_denied();
}

// Ada with billing set up, and so much as a spending limit.
class Gate : public testing::Test {
 protected:
  Gate() {
    story.Must(Registration("ada", ""));
    story.Must(UpgradeForm(kAdas, kAda));
    story.Must(Opened("1"));
  }
  void Limit(const std::string& amount) {
    story.Must(SetSpendingLimit{.billing_account = kAdas, .limit = Usd(amount)});
  }
  Money Funds() const { return story.Funds(kAdas); }

  Story story;
};

TEST_F(Gate, G1_WithoutFundsWhatIsGatedIsDenied) {
  for (const char* action : {"project.create", "data.add", "folder.create", "workflow.create", "analysis.run"}) {
    EXPECT_THAT(story.Do(Check{.action = Asking(action, kAda)}), Denies(Reason::kSpendingLimitExceeded, Money()));
  }
  EXPECT_THAT(story.Do(PlaceHold{.action = Job(kAda, Usd("1"))}), Denies(Reason::kSpendingLimitExceeded, Money()));
  EXPECT_EQ(story.Count(Event::kActionDenied), 5) << "each is on record, of two alike the first";
  EXPECT_TRUE(story.state().holds.empty());
  EXPECT_THAT(story.Do(CreateProject{.user = kAda, .name = "x"}), IsRefused(Reason::kSpendingLimitExceeded));
}

TEST_F(Gate, G1_TheSameCheckIsOnRecordOnceAMinute) {
  const Check check{.action = Asking("data.add", kAda)};
  const Entry first = story.Must(check);
  EXPECT_EQ(DenialIn(first).recorded_at(), 0u) << "it is the one on record";
  story.Pass(absl::Minutes(1) - absl::Microseconds(1));
  EXPECT_EQ(DenialIn(story.Must(check)).recorded_at(), first.position());
  EXPECT_EQ(story.state().position, first.position()) << "nothing was written";
  story.Pass(absl::Microseconds(1));
  EXPECT_EQ(DenialIn(story.Must(check)).recorded_at(), 0u);
}

TEST_F(Gate, G6_AFloodOfDenialsOfAnyCostLeavesAHandfulOfEntries) {
  Limit("10");
  story.Hold(Job(kAda, Usd("7")));
  const Position before = story.state().position;
  for (int i = 0; i < 100'000; ++i) {
    const Money cost = Usd("4") + Money::Micros(i);
    const Command asked =
        i % 2 == 0 ? Command(Check{.action = Job(kAda, cost)}) : Command(PlaceHold{.action = Job(kAda, cost)});
    const Entry answer = story.Must(asked);
    const auto& denial = DenialIn(answer);
    ASSERT_EQ(denial.cost_micros(), cost.micros());
    ASSERT_EQ(denial.bindings(0).shortfall_micros(), (cost - Usd("3")).micros()) << "each with its own numbers";
    ASSERT_EQ(denial.recorded_at(), i == 0 ? 0 : before + 1);
    if (HasFailure()) return;
  }
  EXPECT_EQ(story.state().position, before + 1);
}

TEST_F(Gate, G6_DenialsThatDifferInMoreThanNumbersAreEachOnRecord) {
  story.Must(Registration("bob", ""));
  const auto is_recorded = [&](const GatedAction& action) {
    return DenialIn(story.Must(PlaceHold{.action = action})).recorded_at() == 0;
  };
  EXPECT_TRUE(is_recorded(Job(kAda, Usd("1"))));
  EXPECT_FALSE(is_recorded(Job(kAda, Usd("2"))));
  EXPECT_TRUE(is_recorded(Asking("data.egress", kAda, Usd("1")))) << "another action";
  EXPECT_TRUE(is_recorded(Job(kBob, Usd("1")))) << "another user";
  EXPECT_TRUE(is_recorded(Job(kAda, Usd("1"), kBobs))) << "another reason";
  EXPECT_FALSE(is_recorded(Job(kAda, Usd("1"), AccountOfUser("invented")))) << "whoever is named without permission";
  Limit("10");
  story.Must(SetBudget{.billing_account = kAdas, .limit = Money()});
  EXPECT_TRUE(is_recorded(Job(kAda, Usd("1")))) << "a budget";
  story.Must(SetBudget{.billing_account = kAdas, .limit = Usd("5")});
  story.Must(SetBudget{.billing_account = kAdas, .limit = Money(), .period = BudgetPeriod::kLife});
  EXPECT_TRUE(is_recorded(Job(kAda, Usd("1")))) << "another budget";
}

TEST(GatePayer, F8_WhoMayNotSeeThePayersCostsIsToldNoAmounts) {
  Story story;
  story.FundedLab();
  const ProjectId project(story.Must(CreateProject{.user = kBob, .name = "x", .bill_to = kLabs}).position());
  const auto denied = [&](const UserId& user) {
    GatedAction action = Job(user, Usd("2000"));
    action.project = project;
    return DenialIn(story.Must(PlaceHold{.action = action})).costs_hidden();
  };
  EXPECT_FALSE(denied(kAda)) << "an admin";
  EXPECT_FALSE(denied(kBob)) << "a spending member";
  EXPECT_TRUE(denied(kEve)) << "a member who may not spend, in a project that the lab pays for";
  GatedAction action = Job(kEve, Usd("2"));
  action.project = project;
  EXPECT_TRUE(story.Must(PlaceHold{.action = action}).events(0).hold_placed().costs_hidden());
  EXPECT_TRUE(Judge(story.state(), action, Purpose::kCheck, story.now())->costs_hidden);
  action.user = kBob;
  EXPECT_FALSE(story.Must(PlaceHold{.action = action}).events(0).hold_placed().costs_hidden());
}

TEST_F(Gate, G2_WithoutFundsWhatIsNotGatedIsAllowed) {
  for (const char* action :
       {"session.open", "data.list", "data.view", "data.share", "data.delete", "project.archive", "job.terminate"}) {
    EXPECT_THAT(story.Do(Check{.action = Asking(action, kAda)}), IsAllowed()) << action;
  }
  EXPECT_THAT(story.Do(RequestLimitIncrease{.billing_account = kAdas, .user = kAda, .requested_limit = Usd("10")}),
              IsAllowed());
  EXPECT_THAT(story.Do(SetDefaultPayer{.user = kAda, .billing_account = kAdas}), IsAllowed());
  EXPECT_EQ(story.Count(Event::kActionDenied), 0);
}

TEST(GatePayer, G3_ThePayerOfTheActionDecides) {
  Story story;
  story.FundedLab();
  const Entry project = story.Must(CreateProject{.user = kBob, .name = "funded", .bill_to = kLabs});
  GatedAction action = Job(kBob, Usd("1"));
  EXPECT_THAT(story.Do(PlaceHold{.action = action}), Denies(Reason::kBillingNotSetUp, Money()));
  action.project = ProjectId(project.position());
  EXPECT_THAT(story.Do(PlaceHold{.action = action}), IsAllowed());
}

TEST_F(Gate, G4_TheLastMicroOpensTheGateForWhatIsFree) {
  Limit("0.000001");
  EXPECT_THAT(story.Do(Check{.action = Asking("folder.create", kAda)}), IsAllowed());
  story.Hold(Job(kAda, Usd("0.000001")));
  EXPECT_THAT(story.Do(Check{.action = Asking("folder.create", kAda)}),
              Denies(Reason::kSpendingLimitExceeded, Money()));
}

TEST_F(Gate, MaySpendTheLastMicroAndNotOneMore) {
  Limit("50");
  EXPECT_THAT(story.Do(Check{.action = Job(kAda, Usd("50.000001"))}),
              Denies(Reason::kSpendingLimitExceeded, Usd("50")));
  story.Hold(Job(kAda, Usd("50")));
  EXPECT_EQ(Funds(), Money());
}

TEST(GatePayer, G5_OfTwoHoldsOnOnePoolOneIsGiven) {
  Story story;
  story.OpenLab("ada");
  story.Join(kLab, "bob", kMayBill);
  story.Must(SetSpendingLimit{.billing_account = kLabs, .limit = Usd("50")});
  EXPECT_THAT(story.Do(PlaceHold{.action = Job(kAda, Usd("40"), kLabs)}), IsAllowed());
  EXPECT_THAT(story.Do(PlaceHold{.action = Job(kBob, Usd("40"), kLabs)}),
              Denies(Reason::kSpendingLimitExceeded, Usd("10")));
}

// In one thread; from many connections it is the engine's test.
TEST_F(Gate, G6_ABurstOfHoldsIsGivenExactlyTheFunds) {
  Limit("1000");
  int given = 0;
  for (int i = 0; i < 5000; ++i) {
    const Entry entry = story.Must(PlaceHold{.action = Job(kAda, Usd("1"))});
    if (entry.events(0).has_hold_placed()) {
      ++given;
    } else {
      EXPECT_THAT(absl::StatusOr<Entry>(entry), Denies(Reason::kSpendingLimitExceeded, Money()));
    }
    ASSERT_GE(Funds(), Money());
  }
  EXPECT_EQ(given, 1000);
  EXPECT_EQ(story.Count(Event::kActionDenied), 1) << "all are alike";
}

TEST_F(Gate, G7_ACaptureGivesTheRestBackToWhereItCameFrom) {
  const Entry credit = story.Must(GrantCredit{.billing_account = kAdas, .amount = Usd("35"), .reason = "goodwill"});
  Limit("10");
  const HoldId hold = story.Hold(Job(kAda, Usd("40")));
  const Entry entry = story.Must(CaptureHold{.hold = hold, .cost = Usd("31.37"), .last = true});
  const auto& captured = entry.events(0).hold_captured();
  ASSERT_EQ(captured.returned_size(), 2);
  EXPECT_EQ(captured.returned(0).credit(), credit.position());
  EXPECT_EQ(captured.returned(0).amount_micros(), Usd("3.63").micros());
  EXPECT_EQ(captured.returned(1).credit(), 0u);
  EXPECT_EQ(captured.returned(1).amount_micros(), Usd("5").micros());
  EXPECT_EQ(captured.funds_after_micros(), Usd("13.63").micros());
  EXPECT_EQ(Funds(), Usd("13.63"));
  EXPECT_EQ(story.Account(kAdas).balance.charged_by_category.at("compute"), Usd("31.37"));
}

TEST_F(Gate, G12_ADryRunSaysTheSameAndChangesNothing) {
  Limit("50");
  story.Must(SetBudget{.billing_account = kAdas, .limit = Usd("45")});
  GatedAction run = Job(kAda, Usd("3"));
  run.cost_limit = Usd("2");
  for (const Command& command :
       {Command(PlaceHold{.action = Job(kAda, Usd("40"))}), Command(PlaceHold{.action = Job(kAda, Usd("60"))}),
        Command(Check{.action = Job(kAda, Usd("60"))}), Command(PlaceHold{.action = run}),
        Command(PlaceHold{.action = run}), Command(CoreHours(kAda, 40))}) {
    const std::string before = story.state().Canonical();
    const auto rehearsed = Decide(story.state(), command, As("service-portal"), story.now());
    EXPECT_EQ(story.state().Canonical(), before);
    const Entry real = story.Must(command);
    ASSERT_EQ(real.events_size(), static_cast<int>(rehearsed->events.size()));
    for (int i = 0; i < real.events_size(); ++i) {
      EXPECT_EQ(real.events(i).SerializeAsString(), rehearsed->events[i].SerializeAsString());
    }
  }
}

TEST_F(Gate, G13_ADenialNamesRuleShortfallOwnerAndPendingIncrease) {
  Limit("50");
  const Entry asked =
      story.Must(RequestLimitIncrease{.billing_account = kAdas, .user = kAda, .requested_limit = Usd("90")});
  const Entry entry = story.Must(PlaceHold{.action = Job(kAda, Usd("60"))});
  const auto& denial = DenialIn(entry);
  EXPECT_EQ(entry.position(), story.state().position) << "as of its own position";
  EXPECT_EQ(denial.bindings(0).rule(), "spending limit of user-ada");
  EXPECT_EQ(denial.bindings(0).shortfall_micros(), Usd("10").micros());
  EXPECT_THAT(denial.lifters(), testing::ElementsAre("user-ada"));
  EXPECT_THAT(denial.remedy(), testing::HasSubstr("Ask for a higher limit"));
  EXPECT_EQ(denial.pending_increase(), asked.position());
  EXPECT_EQ(denial.currency(), "USD");
}

TEST(GatePayer, G13_AdminsAreNamedWhereTheyMayBeSeen) {
  for (const bool hides : {false, true}) {
    Story story;
    story.FundedLab(hides);
    const auto denial = DenialIn(story.Must(PlaceHold{.action = Job(kBob, Usd("1001"), kLabs)}));
    if (hides) {
      EXPECT_TRUE(denial.lifters().empty());
      EXPECT_EQ(denial.remedy(), "Contact your admin.");
    } else {
      EXPECT_THAT(denial.lifters(), testing::ElementsAre("user-ada"));
    }
    const auto own = DenialIn(story.Must(PlaceHold{.action = Job(kAda, Usd("1001"), kLabs)}));
    EXPECT_THAT(own.lifters(), testing::ElementsAre("user-ada"));
  }
}

TEST_F(Gate, G13_EveryBindingRuleIsListedAndTheFirstIsTheReason) {
  story.Must(Registration("bob", ""));
  const auto denial = DenialIn(story.Must(PlaceHold{.action = Job(kBob, Usd("1"))}));
  ASSERT_EQ(denial.bindings_size(), 2);
  EXPECT_EQ(denial.bindings(0).reason(), "BILLING_NOT_SET_UP");
  EXPECT_EQ(denial.bindings(1).reason(), "SPENDING_LIMIT_EXCEEDED");
}

TEST_F(Gate, AnUngatedActionStillNeedsFundsWhereMoneyIsSetAside) {
  story.Must(
      PublishActionCatalogue{.actions = {{.name = "data.fetch", .gated = false, .free = false, .category = "c"}}});
  EXPECT_THAT(story.Do(Check{.action = Asking("data.fetch", kAda, Usd("5"))}), IsAllowed());
  EXPECT_THAT(story.Do(PlaceHold{.action = Asking("data.fetch", kAda, Usd("5"))}),
              Denies(Reason::kSpendingLimitExceeded, Money()));
}

TEST_F(Gate, AHoldSurvivesALowerLimitAndARemovedMember) {
  Limit("50");
  const HoldId hold = story.Hold(Job(kAda, Usd("40")));
  Limit("0");
  EXPECT_EQ(Funds(), Usd("-40"));
  story.Must(CaptureHold{.hold = hold, .cost = Usd("40"), .last = true});
  EXPECT_EQ(story.Account(kAdas).balance.outstanding, Usd("40"));
}

TEST_F(Gate, AnExtensionIsGatedAndALongerTimeIsNot) {
  Limit("50");
  const HoldId hold = story.Hold(Job(kAda, Usd("40")));
  EXPECT_THAT(story.Do(ExtendHold{.hold = hold, .additional = Usd("11")}),
              Denies(Reason::kSpendingLimitExceeded, Usd("10")));
  story.Must(ExtendHold{.hold = hold, .additional = Usd("10")});
  EXPECT_EQ(story.state().Find(hold)->Held(), Usd("50"));
  story.Must(ExtendHold{.hold = hold, .expire_time = story.now() + absl::Hours(48)});
  story.Pass(absl::Hours(47));
  story.Must(CaptureHold{.hold = hold, .cost = Usd("50"), .last = true});
}

TEST_F(Gate, AHoldExpiresAtItsInstantAndGivesEverythingBack) {
  Limit("50");
  const HoldId hold = story.Hold(Job(kAda, Usd("40")));
  story.Must(CaptureHold{.hold = hold, .cost = Usd("15")});
  story.Pass(absl::Hours(24));
  EXPECT_THAT(story.Do(ReleaseHold{.hold = hold}), IsRefused(Reason::kHoldNotOpen));
  EXPECT_EQ(story.Count(Event::kHoldExpired), 1);
  EXPECT_EQ(Funds(), Usd("35"));
}

TEST_F(Gate, AHoldOfZeroCanBeReleasedAndCapturesNothing) {
  Limit("1");
  const HoldId hold = story.Hold(Job(kAda, Money()));
  story.Must(CaptureHold{.hold = hold, .cost = Money()});
  story.Must(ReleaseHold{.hold = hold});
  EXPECT_EQ(Funds(), Usd("1"));
}

TEST_F(Gate, AmountsAtTheEdgeAreDeniedNotWrapped) {
  Limit("1000000000");
  story.Must(GrantCredit{.billing_account = kAdas, .amount = kMostMoney, .reason = "all there is"});
  const HoldId all = story.Hold(Job(kAda, kMostMoney));
  const HoldId more = story.Hold(Job(kAda, kMostMoney));
  EXPECT_THAT(story.Do(PlaceHold{.action = Job(kAda, kMostMoney)}), Denies(Reason::kSpendingLimitExceeded, Money()));
  EXPECT_THAT(story.Do(GrantCredit{.billing_account = kAdas, .amount = Usd("0.000001"), .reason = "more"}),
              IsRefused(Reason::kAmountTooLarge));
  story.Must(CaptureHold{.hold = all, .cost = kMostMoney, .last = true});
  story.Must(CaptureHold{.hold = more, .cost = kMostMoney, .last = true});
  EXPECT_THAT(story.Do(CoreHours(kAda, 1)), IsRefused(Reason::kAmountTooLarge));
  RecordUsage absurd = CoreHours(kAda, 1);
  absurd.metered.quantity = std::numeric_limits<int64_t>::max();
  EXPECT_NE(FindEvent(story.Must(absurd), Event::kUsageQuarantined), nullptr);
  EXPECT_EQ(Funds(), Money());
}

// Story checks the laws after each entry; here, that everything comes back in the end.
TEST_F(Gate, G15_EachMicroIsInOnePlaceWhateverTheOrder) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  const auto below = [&random](int64_t bound) { return static_cast<int64_t>(random() % bound); };
  Limit("30");
  std::vector<HoldId> holds;
  for (int i = 0; i < 4000; ++i) {
    // One of the last few, open or not.
    const HoldId hold = holds.empty() ? HoldId(1) : holds[holds.size() - 1 - below(std::min<size_t>(holds.size(), 6))];
    const Money amount = Money::Micros(static_cast<int64_t>(below(20'000'000)));
    switch (below(11)) {
      case 0:
      case 1: {
        const auto placed =
            story.Do(PlaceHold{.action = Job(kAda, amount), .expire_time = story.now() + absl::Hours(2)});
        ASSERT_TRUE(placed.ok());
        if (placed->events(0).has_hold_placed()) holds.push_back(HoldId(placed->position()));
        break;
      }
      case 2:
        (void)story.Do(ExtendHold{.hold = hold, .additional = amount});
        break;
      case 3:
      case 4: {
        const Command capture = CaptureHold{.hold = hold, .cost = amount, .last = below(2) == 0};
        (void)story.Do(capture);
        (void)story.Do(capture);
        break;
      }
      case 5:
        (void)story.Do(ReleaseHold{.hold = hold});
        break;
      case 6:
        story.Pass(absl::Minutes(below(60)));
        break;
      case 7: {
        GrantCredit grant{.billing_account = kAdas, .amount = amount + Money::Micros(1), .reason = "more"};
        grant.priority = static_cast<int32_t>(below(3));
        if (below(2) == 0) grant.expire_time = story.now() + absl::Minutes(1 + below(300));
        if (below(3) == 0) grant.actions = {"analysis.run"};
        if (below(4) == 0) grant.effective_time = story.now() + absl::Minutes(below(60));
        if (grant.expire_time && grant.effective_time && *grant.expire_time <= *grant.effective_time) break;
        story.Must(grant);
        break;
      }
      case 8:
        if (story.Account(kAdas).balance.outstanding > Money()) {
          story.Must(RecordPayment{.billing_account = kAdas, .amount = amount + Money::Micros(1)});
        }
        break;
      case 9:
        story.Must(SetSpendingLimit{.billing_account = kAdas, .limit = amount + amount});
        break;
      case 10: {
        RecordUsage usage = CoreHours(kAda, 0);
        usage.metered.quantity = below(100'000);
        story.Must(usage);
        break;
      }
    }
    if (HasFailure()) return;
  }
  story.Pass(absl::Hours(24));
  story.Must(Check{.action = Asking("data.list", kAda)});
  EXPECT_EQ(story.Account(kAdas).balance.Held(), Money());
}

}  // namespace
}  // namespace bursar
