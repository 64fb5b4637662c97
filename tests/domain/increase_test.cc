// Asking for a higher limit, and deciding on it.
#include "absl/strings/str_cat.h"
#include "ledger/domain/permissions.h"
#include "tests/domain/story.h"

namespace bursar {
namespace {

using testing::AllOf;
using testing::Not;

RequestLimitIncrease Ask(const UserId& user, const std::string& limit) {
  return {.billing_account = kLabs, .user = user, .requested_limit = Usd(limit), .reason = "more samples"};
}

// The lab has a limit of 1,000 and ada as admin.
class Increase : public testing::Test {
 protected:
  Increase() { story.FundedLab(); }
  IncreaseId Asked(const std::string& limit) { return IncreaseId(story.Must(Ask(kAda, limit)).position()); }
  LimitIncrease::Status StatusOf(IncreaseId id) const { return story.state().Find(id)->status; }
  Money Limit() const { return story.Account(kLabs).balance.limit; }

  Story story;
};

TEST_F(Increase, L1_AnAdminMayAskAndTheOperatorSeesAll) {
  EXPECT_TRUE(CanIncrease(story.state(), As("user-ada"), kLabs));
  EXPECT_TRUE(CanIncrease(story.state(), As("user-bob"), kBobs));
  story.Must(CoreHours(kAda, 100, kLabs));
  RequestLimitIncrease command = Ask(kAda, "12000");
  command.purchase_order = "PO-7";
  const Entry entry = story.Must(command);
  ASSERT_EQ(story.Count(Event::kLimitIncreaseRequested), 1);
  const auto& asked = entry.events(0).limit_increase_requested();
  EXPECT_EQ(asked.billing_account(), kLabs.text());
  EXPECT_EQ(asked.user_id(), kAda.text());
  EXPECT_EQ(asked.current_limit_micros(), Usd("1000").micros());
  EXPECT_EQ(asked.requested_limit_micros(), Usd("12000").micros());
  EXPECT_EQ(asked.spent_30_days_micros(), Usd("14.3").micros());
  EXPECT_EQ(asked.purchase_order(), "PO-7");
  EXPECT_EQ(StatusOf(IncreaseId(entry.position())), LimitIncrease::Status::kPending);
  EXPECT_EQ(Limit(), Usd("1000"));
}

TEST_F(Increase, L1_SpendingOlderThanThirtyDaysDoesNotCount) {
  story.Must(CoreHours(kAda, 100, kLabs));
  story.Pass(absl::Hours(24 * 29));
  story.Must(CoreHours(kAda, 10, kLabs));
  EXPECT_EQ(story.Must(Ask(kAda, "2000")).events(0).limit_increase_requested().spent_30_days_micros(),
            Usd("15.73").micros());
  story.Pass(absl::Hours(24));
  EXPECT_EQ(story.Must(Ask(kAda, "2001")).events(1).limit_increase_requested().spent_30_days_micros(),
            Usd("1.43").micros());
}

TEST_F(Increase, L2_AMemberIsToldWhoMay) {
  EXPECT_FALSE(CanIncrease(story.state(), As("user-bob"), kLabs));
  EXPECT_THAT(story.Do(Ask(kBob, "12000")), AllOf(IsRefused(Reason::kPermissionDenied), Says("user-ada")));
  story.Must(Registration("carl"));
  EXPECT_THAT(story.Do(Ask(Named("carl"), "12000")), AllOf(IsRefused(Reason::kPermissionDenied), Not(Says("user-ada"))))
      << "a stranger learns nothing";
}

TEST(IncreaseOfHiddenAdmins, L2_AMemberIsToldToContactTheAdmin) {
  Story story;
  story.FundedLab(/*hides_admins=*/true);
  EXPECT_THAT(story.Do(Ask(kBob, "12000")), AllOf(Says("Contact your admin."), Not(Says("user-ada"))));
}

TEST_F(Increase, L3_OnlyHigherInTheAccountsCurrency) {
  for (const char* limit : {"1000", "999.999999", "0", "-5"}) {
    EXPECT_THAT(story.Do(Ask(kAda, limit)), IsRefused(Reason::kNotAnIncrease)) << limit;
  }
  RequestLimitIncrease pounds = Ask(kAda, "12000");
  pounds.currency = "GBP";
  EXPECT_THAT(story.Do(pounds), IsRefused(Reason::kCurrencyMismatch));
}

TEST_F(Increase, L5_DeniedLeavesTheLimitAndShowsTheReason) {
  const IncreaseId id = Asked("12000");
  story.Must(DenyLimitIncrease{.increase = id, .reason = "no purchase order"});
  EXPECT_EQ(Limit(), Usd("1000"));
  EXPECT_EQ(StatusOf(id), LimitIncrease::Status::kDenied);
  EXPECT_EQ(story.state().Find(id)->decision_note, "no purchase order");
  EXPECT_THAT(story.Do(Ask(kAda, "11000")), IsAllowed());
}

TEST_F(Increase, L6_ANewRequestSupersedesTheOpenOne) {
  const IncreaseId first = Asked("12000");
  const IncreaseId second = Asked("11000");
  EXPECT_EQ(StatusOf(first), LimitIncrease::Status::kSuperseded);
  EXPECT_EQ(story.Account(kLabs).open_increase, second);
  EXPECT_THAT(story.Do(ApproveLimitIncrease{.increase = first}), IsRefused(Reason::kIncreaseNotPending));
  EXPECT_THAT(story.Do(ApproveLimitIncrease{.increase = second}), IsAllowed());
  EXPECT_TRUE(story.Account(kLabs).open_increase.empty());
}

TEST_F(Increase, L7_NobodyDecidesOnARequestOfAUserThatTheyWere) {
  const IncreaseId id(story.Must(Ask(kAda, "12000")).position());
  story.Must(MergeUsers{.from = kAda, .into = kBob, .reason = "the same person"});
  for (const char* person : {"operator-ada", "operator-bob"}) {
    EXPECT_THAT(story.Do(ApproveLimitIncrease{.increase = id}, As(person)), IsRefused(Reason::kOwnRequest)) << person;
    EXPECT_THAT(story.Do(DenyLimitIncrease{.increase = id}, As(person)), IsRefused(Reason::kOwnRequest)) << person;
  }
}

TEST_F(Increase, L7_NobodyDecidesOnARequestOfTheirOwn) {
  const IncreaseId id = Asked("12000");
  EXPECT_THAT(story.Do(ApproveLimitIncrease{.increase = id}, As("operator-ada")), IsRefused(Reason::kOwnRequest));
  EXPECT_THAT(story.Do(DenyLimitIncrease{.increase = id}, As("operator-ada")), IsRefused(Reason::kOwnRequest));
  EXPECT_THAT(story.Do(ApproveLimitIncrease{.increase = id}, As("user-ada")), IsRefused(Reason::kPermissionDenied));
  EXPECT_EQ(Limit(), Usd("1000"));
}

TEST_F(Increase, L8_ApprovedTwiceChangesTheLimitOnce) {
  const IncreaseId id = Asked("12000");
  story.Must(ApproveLimitIncrease{.increase = id});
  EXPECT_THAT(story.Do(ApproveLimitIncrease{.increase = id}), IsRefused(Reason::kIncreaseNotPending));
  EXPECT_EQ(story.Count(Event::kLimitIncreaseApproved), 1);
  EXPECT_EQ(Limit(), Usd("12000"));
}

TEST_F(Increase, L8_MayBeApprovedForLessAndNotForMore) {
  const IncreaseId id = Asked("12000");
  EXPECT_THAT(story.Do(ApproveLimitIncrease{.increase = id, .limit = Usd("12000.000001")}),
              IsRefused(Reason::kMoreThanRequested));
  EXPECT_THAT(story.Do(ApproveLimitIncrease{.increase = id, .limit = Usd("1000")}), IsRefused(Reason::kNotAnIncrease));
  const Entry entry = story.Must(ApproveLimitIncrease{.increase = id, .limit = Usd("8000")});
  EXPECT_EQ(Limit(), Usd("8000"));
  EXPECT_EQ(story.state().Find(id)->approved_limit, Usd("8000"));
  EXPECT_EQ(entry.events(1).spending_limit_set().increase(), id.number());
}

TEST_F(Increase, L7_NoAdminOfTheOrganizationDecidesAsOperator) {
  story.Must(SetMemberAccess{.organization = kLab, .user = kBob, .access = {.admin = true}});
  const IncreaseId id = Asked("12000");
  EXPECT_THAT(story.Do(ApproveLimitIncrease{.increase = id}, As("operator-bob")), IsRefused(Reason::kOwnRequest));
  EXPECT_THAT(story.Do(DenyLimitIncrease{.increase = id}, As("operator-bob")), IsRefused(Reason::kOwnRequest));
  EXPECT_THAT(story.Do(ApproveLimitIncrease{.increase = id}, As("operator-eve")), IsAllowed()) << "a mere member";
}

TEST_F(Increase, L5_ARequestMayBeWithdrawnByThoseWhoMayAsk) {
  const IncreaseId id = Asked("12000");
  EXPECT_THAT(story.Do(WithdrawLimitIncrease{.increase = id}, As("user-bob")), IsRefused(Reason::kPermissionDenied));
  EXPECT_THAT(story.Do(WithdrawLimitIncrease{.increase = IncreaseId(1)}, As("user-ada")),
              IsRefused(Reason::kPermissionDenied))
      << "says nothing of what there is";
  story.Must(WithdrawLimitIncrease{.increase = id});
  EXPECT_EQ(StatusOf(id), LimitIncrease::Status::kWithdrawn);
  EXPECT_THAT(story.Do(WithdrawLimitIncrease{.increase = id}), IsRefused(Reason::kIncreaseNotPending));
  EXPECT_THAT(story.Do(ApproveLimitIncrease{.increase = id}), IsRefused(Reason::kIncreaseNotPending));
  EXPECT_TRUE(story.Account(kLabs).open_increase.empty());
  EXPECT_EQ(Limit(), Usd("1000"));
}

TEST_F(Increase, ARequestExpiresAfterThirtyDays) {
  const IncreaseId id = Asked("12000");
  story.Pass(absl::Hours(24 * 30) - absl::Microseconds(1));
  story.Must(Registration("carl"));
  EXPECT_EQ(StatusOf(id), LimitIncrease::Status::kPending);
  story.Pass(absl::Microseconds(1));
  EXPECT_THAT(story.Do(ApproveLimitIncrease{.increase = id}), IsRefused(Reason::kIncreaseNotPending));
  EXPECT_EQ(StatusOf(id), LimitIncrease::Status::kExpired);
  EXPECT_THAT(story.Do(Ask(kAda, "12000")), IsAllowed());
}

TEST_F(Increase, WhatIsDecidedDoesNotExpire) {
  for (const bool approve : {true, false}) {
    const IncreaseId id = Asked(approve ? "2000" : "3000");
    approve ? story.Must(ApproveLimitIncrease{.increase = id})
            : story.Must(DenyLimitIncrease{.increase = id, .reason = "no"});
  }
  EXPECT_EQ(story.state().NextDue(), absl::InfiniteFuture());
}

// Approved until a date: the limit is 1,000, and 12,000 for ten days.
class TimeBox : public Increase {
 protected:
  TimeBox() : id(Asked("12000")), end(story.now() + absl::Hours(24 * 10)) {
    story.Must(ApproveLimitIncrease{.increase = id, .end_time = end});
  }
  void PassTo(absl::Time time) {
    story.Pass(time - story.now());
    story.Must(Registration(absl::StrCat("someone", ++others)));
  }

  const IncreaseId id;
  const absl::Time end;
  int others = 0;
};

TEST_F(TimeBox, TheLimitFallsBackAtItsEnd) {
  EXPECT_EQ(Limit(), Usd("12000"));
  PassTo(end - absl::Microseconds(1));
  EXPECT_EQ(Limit(), Usd("12000"));
  PassTo(end);
  EXPECT_EQ(Limit(), Usd("1000"));
  EXPECT_EQ(story.Count(Event::kLimitIncreaseEnded), 1);
  EXPECT_TRUE(story.Account(kLabs).ending_increase.empty());
}

TEST_F(TimeBox, HoldsAlreadyGivenStandAndFundsAreNegative) {
  PassTo(end - absl::Microseconds(1));
  const HoldId hold = story.Hold(Job(kBob, Usd("5000"), kLabs));
  PassTo(end);
  EXPECT_EQ(story.Funds(kLabs), Usd("-4000"));
  ASSERT_NE(story.state().Find(hold), nullptr);
  EXPECT_THAT(story.Do(PlaceHold{.action = Job(kBob, Usd("1"), kLabs)}),
              Denies(Reason::kSpendingLimitExceeded, Usd("-4000")));
  EXPECT_THAT(story.Do(CaptureHold{.hold = hold, .cost = Usd("5000"), .last = true}), IsAllowed());
}

TEST_F(TimeBox, WhoeverSetsTheLimitMeanwhileEndsIt) {
  story.Must(SetSpendingLimit{.billing_account = kLabs, .limit = Usd("700")});
  PassTo(end);
  EXPECT_EQ(Limit(), Usd("700"));
  EXPECT_EQ(story.Count(Event::kLimitIncreaseEnded), 0);
}

TEST_F(TimeBox, AnotherIncreaseMeanwhileStays) {
  const IncreaseId second = Asked("15000");
  story.Must(ApproveLimitIncrease{.increase = second});
  PassTo(end);
  EXPECT_EQ(Limit(), Usd("15000"));
}

TEST_F(TimeBox, AnOpenRequestOutlivesItsEnd) {
  const IncreaseId second = Asked("15000");
  PassTo(end);
  EXPECT_EQ(StatusOf(second), LimitIncrease::Status::kPending);
  EXPECT_THAT(story.Do(ApproveLimitIncrease{.increase = second}), IsAllowed());
}

TEST_F(TimeBox, OneOnTopOfAnotherFallsBackToWhatWasAgreedForGood) {
  const IncreaseId second = Asked("15000");
  const absl::Time later = end + absl::Hours(24);
  story.Must(ApproveLimitIncrease{.increase = second, .end_time = later});
  PassTo(end);
  EXPECT_EQ(Limit(), Usd("15000"));
  PassTo(later);
  EXPECT_EQ(Limit(), Usd("1000"));
}

TEST_F(Increase, AnIncreaseCannotEndBeforeItBegins) {
  EXPECT_THAT(story.Do(ApproveLimitIncrease{.increase = Asked("12000"), .end_time = story.now()}),
              IsRefused(Reason::kInvalidField));
}

}  // namespace
}  // namespace bursar
