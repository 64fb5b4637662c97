// What finance asks of the books: statements, spending, aging, forecasts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/projections/aging.h"
#include "ledger/projections/chart.h"
#include "ledger/projections/forecast.h"
#include "ledger/projections/statement.h"
#include "tests/projections/world.h"

namespace bursar {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

absl::Time Day(int month, int day, int hour = 12) {
  return absl::FromCivil(absl::CivilHour(2026, month, day, hour), absl::UTCTimeZone());
}

// An organization with two members, who spend in its two projects.
class Lab : public testing::Test {
 protected:
  Lab() {
    for (const char* handle : {"ada", "bob"}) world.Register(handle);
    world.Do("user-ada", CreateOrganization{.handle = "lab", .name = "Lab", .admin = UserOf("ada"), .currency = "USD"});
    world.Do(
        "user-ada",
        InviteMember{.organization = Org("lab"), .user = UserOf("bob"), .access = {.allow_billable_activities = true}});
    world.Do("user-bob", AcceptInvitation{.organization = Org("lab"), .user = UserOf("bob")});
    world.Upgrade("ada", lab);
    world.SetLimit(lab, Usd(1'000));
    genomes = NewProject("genomes");
    proteins = NewProject("proteins");
  }

  ProjectId NewProject(const std::string& name) {
    return ProjectId(world.Do("user-ada", CreateProject{.user = UserOf("ada"), .name = name, .bill_to = lab}));
  }
  // Units of storage; three cost 1.
  Position Use(const std::string& handle, ProjectId project, int64_t quantity,
               std::optional<absl::Time> time = std::nullopt) {
    return world.Do("service-portal",
                    RecordUsage{.user = UserOf(handle),
                                .project = project,
                                .bill_to = lab,
                                .metered = {.sku = "storage", .quantity = quantity, .usage_time = time}});
  }
  void Pay(Money amount) {
    world.Do("finance-fay", RecordPayment{.billing_account = lab, .amount = amount, .reference = "wire"});
  }

  AsOf Now() const { return {.position = world.state.position, .time = world.now}; }
  Statement Month(int month, const absl::TimeZone& zone = absl::UTCTimeZone()) {
    const auto statement =
        StatementOf(books, {.account = lab, .month = absl::CivilMonth(2026, month), .zone = zone, .last = Now()});
    EXPECT_TRUE(statement.ok()) << statement.status();
    return *statement;
  }
  static std::vector<std::string> Texts(const std::vector<StatementGroup>& groups) {
    std::vector<std::string> texts;
    for (const StatementGroup& group : groups)
      texts.push_back(absl::StrCat(group.key, " ", ToString(group.amount, "")));
    for (std::string& text : texts) text.erase(text.find_last_not_of(' ') + 1);
    return texts;
  }

  World world;
  const BillingAccountId lab = Of(Org("lab"));
  const Books& books = world.views.books;
  ProjectId genomes;
  ProjectId proteins;
};

TEST_F(Lab, F1_StatementGoesFromOpeningToClosingByProjectMemberSkuAndCategory) {
  Use("ada", genomes, 30);
  Use("bob", genomes, 6);
  Use("bob", proteins, 3);
  world.Spend("bob", lab, Usd(5));
  Pay(Usd(7));
  world.now = Day(4, 2);
  Use("ada", genomes, 300);

  const Statement march = Month(3);
  EXPECT_TRUE(march.closed);
  EXPECT_EQ(march.opening.position, 0u);
  EXPECT_EQ(march.charges, Usd(18));
  EXPECT_EQ(march.payments, Usd(7));
  EXPECT_EQ(march.closing.outstanding, Usd(11));
  EXPECT_EQ(march.closing.funds, Usd(989));
  EXPECT_EQ(march.closing.net(), march.opening.net() + march.Moved());
  EXPECT_THAT(Texts(march.by_project),
              ElementsAre(absl::StrCat(genomes.text(), " 12.00"), " 5.00", absl::StrCat(proteins.text(), " 1.00")));
  EXPECT_THAT(Texts(march.by_member), ElementsAre("user-ada 10.00", "user-bob 8.00"));
  EXPECT_THAT(Texts(march.by_sku), ElementsAre("storage 13.00", "analysis.run 5.00"));
  EXPECT_THAT(Texts(march.by_category), ElementsAre("storage 13.00", "compute 5.00"));
  ASSERT_EQ(march.by_day.size(), 31u);
  EXPECT_EQ(march.by_day[1].key, "2026-03-02");
  EXPECT_EQ(march.by_day[1].amount, Usd(18));

  const Statement april = Month(4);
  EXPECT_FALSE(april.closed);
  EXPECT_EQ(april.opening.outstanding, Usd(11));
  EXPECT_EQ(april.charges, Usd(100));
  EXPECT_EQ(april.closing.outstanding, Usd(111));
  EXPECT_EQ(april.by_day.size(), 2u);
}

TEST_F(Lab, F1_LateUsageOfAnEarlierMonthIsAnAdjustmentApart) {
  world.now = Day(4, 5);
  Use("ada", genomes, 30);
  Use("bob", proteins, 6, Day(3, 20));
  Use("bob", proteins, 3, Day(3, 21));
  const Statement april = Month(4);
  EXPECT_EQ(april.charges, Usd(10));
  EXPECT_EQ(april.adjustments_sum, Usd(3));
  EXPECT_THAT(Texts(april.by_member), ElementsAre("user-ada 10.00"));
  ASSERT_EQ(april.adjustments.size(), 1u);
  EXPECT_EQ(april.adjustments[0].month, absl::CivilMonth(2026, 3));
  EXPECT_EQ(april.adjustments[0].kind, Adjustment::Kind::kLateUsage);
  EXPECT_EQ(april.adjustments[0].user_id, "user-bob");
  EXPECT_EQ(april.adjustments[0].project, proteins);
  EXPECT_EQ(april.adjustments[0].amount, Usd(3));
  EXPECT_EQ(april.adjustments[0].count, 2);
  EXPECT_EQ(april.closing.outstanding, Usd(13));
  EXPECT_EQ(Month(3).charges, Money()) << "A month that is over stays as it was.";
}

// An account of entries written by hand.
class ByHand : public testing::Test {
 protected:
  ByHand() {
    Entry(Day(3, 1));
    for (const char* account : {"org-lab", "org-sponsor"}) {
      auto& opened = *entry.add_events()->mutable_billing_account_opened();
      opened.set_billing_account(account);
      opened.set_currency("USD");
    }
    Follow();
  }
  void Entry(absl::Time time) {
    const uint64_t position = entry.position() + 1;
    entry.Clear();
    entry.set_position(position);
    entry.set_commit_time(absl::ToUnixMicros(time));
  }
  void Follow() { views.Follow(entry); }
  template <class Event>
  void Fill(Event& event, const std::string& account, int64_t units) {
    event.set_billing_account(account);
    event.set_currency("USD");
    event.set_user_id("user-ada");
    event.set_project(7);
    event.set_category("storage");
    event.add_drawn()->set_amount_micros(units * 1'000'000);
  }
  // Paid in part by a sponsor where `sponsored` is more than zero.
  Position Use(absl::Time time, int64_t units, int64_t sponsored = 0) {
    Entry(time);
    auto& usage = *entry.add_events()->mutable_usage_charged();
    Fill(usage, "org-lab", units);
    usage.mutable_metered()->set_sku("disk");
    usage.mutable_metered()->set_usage_time(absl::ToUnixMicros(time));
    if (sponsored > 0) Fill(*entry.add_events()->mutable_sponsorship_charged(), "org-sponsor", sponsored);
    Follow();
    return entry.position();
  }
  void Reverse(absl::Time time, Position charge, int64_t units, int64_t prepaid = 0) {
    Entry(time);
    auto& reversed = *entry.add_events()->mutable_charge_reversed();
    reversed.set_charge(charge);
    reversed.set_billing_account("org-lab");
    reversed.set_currency("USD");
    reversed.set_category("storage");
    reversed.add_returned()->set_amount_micros(units * 1'000'000);
    reversed.set_prepaid_micros(prepaid * 1'000'000);
    if (prepaid > 0) reversed.set_credit(entry.position());
    Follow();
  }
  Statement Month(const std::string& account, int month) {
    const auto statement = StatementOf(views.books, {.account = *BillingAccountId::Parse(account),
                                                     .month = absl::CivilMonth(2026, month),
                                                     .zone = absl::UTCTimeZone(),
                                                     .last = {.position = entry.position(), .time = Day(6, 1)}});
    EXPECT_TRUE(statement.ok()) << statement.status();
    return *statement;
  }

  Followed views;
  storage::v1::Entry entry;
};

TEST_F(ByHand, M3_AReversalInTheSameMonthLowersItsChargesAndALaterOneIsAnAdjustment) {
  const Position charge = Use(Day(3, 5), 30);
  Reverse(Day(3, 6), charge, 10);
  Reverse(Day(4, 7), charge, 5);
  const Statement march = Month("org-lab", 3);
  EXPECT_EQ(march.charges, Usd(20));
  EXPECT_EQ(march.closing.outstanding, Usd(20));
  ASSERT_EQ(march.by_sku.size(), 1u);
  EXPECT_EQ(march.by_sku[0].key, "disk");
  EXPECT_EQ(march.by_member[0].amount, Usd(20));
  const Statement april = Month("org-lab", 4);
  EXPECT_EQ(april.charges, Money());
  EXPECT_EQ(april.adjustments_sum, Money() - Usd(5));
  ASSERT_EQ(april.adjustments.size(), 1u);
  EXPECT_EQ(april.adjustments[0].kind, Adjustment::Kind::kReversal);
  EXPECT_EQ(april.adjustments[0].month, absl::CivilMonth(2026, 3));
  EXPECT_EQ(april.adjustments[0].user_id, "user-ada");
  EXPECT_EQ(april.adjustments[0].project, ProjectId(7));
  EXPECT_EQ(april.closing.outstanding, Usd(15));
  const auto page = views.books.ListCharges({.account = *BillingAccountId::Parse("org-lab")});
  ASSERT_EQ(page->charges.size(), 3u);
  EXPECT_EQ(page->charges[2].amount, Money() - Usd(5));
  EXPECT_EQ(page->charges[2].row.reversed(), charge);
}

TEST_F(ByHand, M3_WhatWasPaidAndIsTakenBackBecomesACredit) {
  const Position charge = Use(Day(3, 5), 30);
  Use(Day(3, 6), 4);
  Entry(Day(3, 20));
  auto& payment = *entry.add_events()->mutable_payment_recorded();
  payment.set_billing_account("org-lab");
  payment.set_currency("USD");
  payment.set_amount_micros(30'000'000);
  payment.set_settled_micros(30'000'000);
  Follow();
  Reverse(Day(5, 1), charge, 10, 6);
  const auto aging =
      AgingOf(views.books, *BillingAccountId::Parse("org-lab"), {.position = entry.position(), .time = Day(5, 2)});
  ASSERT_TRUE(aging.ok());
  EXPECT_EQ(aging->outstanding, Money());
  const Statement may = Month("org-lab", 5);
  EXPECT_EQ(may.adjustments_sum, Money() - Usd(10));
  EXPECT_EQ(may.closing.credits, Usd(6));
  EXPECT_EQ(may.closing.net() - may.opening.net(), Usd(10));
}

TEST_F(ByHand, WhatASponsorPaysIsItsOwnChargeForTheSameUse) {
  Use(Day(3, 5), 30, 12);
  const Statement lab = Month("org-lab", 3);
  const Statement sponsor = Month("org-sponsor", 3);
  EXPECT_EQ(lab.charges, Usd(30));
  EXPECT_EQ(sponsor.charges, Usd(12));
  EXPECT_EQ(sponsor.by_sku[0].key, "disk");
  EXPECT_EQ(sponsor.by_member[0].key, "user-ada");
}

TEST_F(ByHand, WhatGoesBackToASponsorIsNoSpendingOfItsAnyMore) {
  const Position charge = Use(Day(3, 5), 30, 12);
  Entry(Day(3, 6));
  auto& reversed = *entry.add_events()->mutable_sponsorship_reversed();
  reversed.set_charge(charge);
  reversed.set_billing_account("org-sponsor");
  reversed.set_payer("org-lab");
  reversed.set_currency("USD");
  reversed.set_category("storage");
  reversed.add_returned()->set_amount_micros(5'000'000);
  Follow();
  const auto spending = views.books.spending().By(SpendingBy::kSku, "org-sponsor", {.to = entry.position()});
  ASSERT_TRUE(spending.ok()) << spending.status();
  ASSERT_EQ(spending->size(), 1);
  EXPECT_EQ(spending->front().amount, Usd(7));
}

TEST_F(Lab, F1_MonthsTurnInTheAskedTimeZone) {
  world.now = Day(4, 1, 3);  // still March in New York
  Use("ada", genomes, 3);
  absl::TimeZone new_york;
  ASSERT_TRUE(absl::LoadTimeZone("America/New_York", &new_york));
  world.now = Day(4, 3);
  EXPECT_EQ(Month(3).charges, Money());
  EXPECT_EQ(Month(4).charges, Usd(1));
  EXPECT_EQ(Month(3, new_york).charges, Usd(1));
  EXPECT_EQ(Month(3, new_york).by_day.back().amount, Usd(1));
  EXPECT_EQ(Month(4, new_york).charges, Money());
}

TEST_F(Lab, F1_GrantedAndExpiredCreditsAreMovementsOfTheirOwn) {
  world.Do("operator-olga",
           GrantCredit{.billing_account = lab, .amount = Usd(50), .expire_time = Day(3, 10), .reason = "goodwill"});
  world.Spend("bob", lab, Usd(20));
  Pay(Usd(4));
  world.now = Day(3, 11);
  Use("ada", genomes, 3);
  const Statement march = Month(3);
  EXPECT_EQ(march.granted, Usd(50));
  EXPECT_EQ(march.expired, Usd(30));
  EXPECT_EQ(march.payments, Usd(4));
  EXPECT_EQ(march.charges, Usd(21));
  EXPECT_EQ(march.closing.credits, Usd(3));
  EXPECT_EQ(march.closing.outstanding, Money());
}

TEST_F(Lab, F1_ThereIsNoStatementBeforeTheAccount) {
  EXPECT_TRUE(absl::IsNotFound(
      StatementOf(books,
                  {.account = lab, .month = absl::CivilMonth(2026, 2), .zone = absl::UTCTimeZone(), .last = Now()})
          .status()));
}

TEST_F(Lab, SpendingBetweenTwoPositionsIsTheDifference) {
  const Position first = Use("ada", genomes, 30);
  Use("bob", genomes, 6);
  const Position last = Use("bob", proteins, 3);
  const auto between = books.spending().By(SpendingBy::kProject, lab.text(), {.after = first, .to = last});
  ASSERT_TRUE(between.ok());
  ASSERT_EQ(between->size(), 2u);
  EXPECT_EQ((*between)[0].amount, Usd(2));
  EXPECT_EQ((*between)[1].amount, Usd(1));
  const auto accounts = books.spending().By(SpendingBy::kAccount, "USD", {.to = last});
  ASSERT_EQ(accounts->size(), 1u);
  EXPECT_EQ((*accounts)[0].key, "org-lab");
  EXPECT_EQ((*accounts)[0].amount, Usd(13));
  EXPECT_THAT(*books.spending().By(SpendingBy::kAccount, "EUR", {.to = last}), IsEmpty());
}

TEST_F(Lab, AgingSettlesTheOldestFirst) {
  Use("ada", genomes, 300);  // 100 on March 2
  world.now = Day(4, 10);    // 39 days later
  Use("ada", genomes, 60);   // 20
  world.now = Day(6, 10);
  Use("ada", genomes, 3);  // 1
  const auto ages = [&](const AsOf& as_of) { return AgingOf(books, lab, as_of)->by_age; };
  EXPECT_THAT(ages(Now()), ElementsAre(Usd(1), Money(), Usd(20), Usd(100)));
  Pay(Usd(105));
  EXPECT_THAT(ages(Now()), ElementsAre(Usd(1), Money(), Usd(15), Money()));
  EXPECT_EQ(AgingOf(books, lab, Now())->outstanding, Usd(16));
  EXPECT_THAT(ages({.position = *&books.At(Day(3, 31))->position, .time = Day(3, 31)}),
              ElementsAre(Usd(100), Money(), Money(), Money()))
      << "As it was then.";
  world.now = Day(9, 30);
  EXPECT_THAT(ages(Now()), ElementsAre(Money(), Money(), Money(), Usd(16))) << "It ages without entries.";
}

TEST_F(Lab, AgeTurnsAfterExactlyThirtyDays) {
  Use("ada", genomes, 3);
  const absl::Time charged = world.now;
  const auto ages = [&](absl::Time time) {
    return AgingOf(books, lab, {.position = world.state.position, .time = time})->by_age;
  };
  EXPECT_EQ(ages(charged + absl::Hours(30 * 24))[0], Usd(1));
  EXPECT_EQ(ages(charged + absl::Hours(30 * 24) + absl::Microseconds(1))[1], Usd(1));
}

TEST_F(Lab, F3_ForecastLooksBackOnSevenAndThirtyDays) {
  world.now = Day(5, 1);
  Use("ada", genomes, 3 * 230);
  world.now = Day(5, 20);
  Use("ada", genomes, 3 * 70);
  world.now = Day(5, 21);
  const auto forecast = ForecastOf(books, lab, Now());
  ASSERT_TRUE(forecast.ok()) << forecast.status();
  EXPECT_EQ(forecast->funds, Usd(700));
  EXPECT_EQ(forecast->outlook, Forecast::Outlook::kDated);
  EXPECT_EQ(forecast->burns[0].per_day(), Usd(10));
  EXPECT_EQ(forecast->burns[1].per_day(), Usd(10));
  EXPECT_EQ(forecast->burns[1].charged, Usd(300));
  EXPECT_EQ(forecast->expected, world.now + absl::Hours(70 * 24));
  EXPECT_EQ(forecast->earliest, forecast->expected);

  world.now = Day(5, 29);
  const auto later = ForecastOf(books, lab, Now());
  EXPECT_EQ(later->burns[0].charged, Money());
  EXPECT_EQ(later->outlook, Forecast::Outlook::kDated);
  EXPECT_EQ(later->earliest, world.now + absl::Hours(70 * 24));
  EXPECT_EQ(later->expected, world.now + absl::Hours(140 * 24));
  EXPECT_EQ(later->latest, std::nullopt) << "At last week's pace it lasts for ever.";
}

TEST_F(Lab, F3_ForecastIsNeverWhereNothingBurnsAndAlreadyWhereNothingIsLeft) {
  EXPECT_EQ(ForecastOf(books, lab, Now())->outlook, Forecast::Outlook::kNever);
  Use("ada", genomes, 3'000);
  EXPECT_EQ(ForecastOf(books, lab, Now())->funds, Money());
  EXPECT_EQ(ForecastOf(books, lab, Now())->outlook, Forecast::Outlook::kAlready);
}

TEST_F(Lab, F3_AnAccountYoungerThanTheWindowBurnsOverItsOwnDays) {
  world.now += absl::Hours(48);
  Use("ada", genomes, 60);
  const auto forecast = ForecastOf(books, lab, Now());
  EXPECT_EQ(forecast->burns[0].per_day(), Usd(10));
  EXPECT_EQ(forecast->burns[1].per_day(), Usd(10));
}

TEST(Forecast, F3_SurvivesTheLargestAmounts) {
  Forecast forecast{.as_of = {.position = 1, .time = Day(3, 1)}, .funds = kMostMoney};
  forecast.burns = {Burn{.days = 7, .charged = kMostMoney, .span = absl::Hours(24 * 7)},
                    Burn{.days = 30, .charged = Money::Micros(1), .span = absl::Hours(24 * 30)}};
  Foresee(forecast);
  EXPECT_EQ(forecast.outlook, Forecast::Outlook::kDated);
  EXPECT_EQ(forecast.earliest, Day(3, 1) + absl::Hours(24 * 7));
  EXPECT_EQ(forecast.latest, std::nullopt);
}

TEST(TrialBalances, HoldMoreThanAnyAccountCould) {
  Followed views;
  storage::v1::Entry entry;
  constexpr int kAccounts = 20'000;
  for (int i = 1; i <= kAccounts; ++i) {
    entry.Clear();
    entry.set_position(static_cast<uint64_t>(i));
    auto& granted = *entry.add_events()->mutable_credit_granted();
    granted.set_credit(entry.position());
    granted.set_billing_account(absl::StrCat("user-", i + 10));
    granted.set_currency("USD");
    granted.set_amount_micros(kMostMoney.micros());
    granted.set_origin(storage::v1::CreditGranted::ORIGIN_GRANT);
    Batch batch(*views.store);
    views.books.Apply(entry, batch);
    ASSERT_TRUE(views.store->Write(batch).ok());
  }
  const auto trial = views.books.TrialBalanceOf(*views.books.Last());
  ASSERT_TRUE(trial.ok());
  ASSERT_EQ(trial->lines.size(), 2u);
  EXPECT_EQ(trial->lines[0].sum.Text(), "-20000000000000.00");
  EXPECT_EQ(trial->lines[1].sum.Text(), "20000000000000.00");
}

TEST(Chart, SaysForEveryAccountWhyMoneyMoved) {
  EXPECT_EQ(MovementOf(BookAccount::kRevenue, Side::kCredit), Movement::kCharge);
  EXPECT_EQ(MovementOf(BookAccount::kRevenue, Side::kDebit), Movement::kReversal);
  EXPECT_EQ(MovementOf(BookAccount::kGoodwillExpense, Side::kCredit), Movement::kRevoked);
  EXPECT_EQ(MovementOf(BookAccount::kReceivables, Side::kDebit), Movement::kNone);
}

}  // namespace
}  // namespace bursar
