#include "bench/day/report.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/day/text.h"

namespace bursar::day {
namespace {

constexpr size_t kPayersShown = 5;

void Title(const char* title) { std::printf("\n%s\n", title); }

void Line(const std::string& what, const std::string& value) {
  std::printf("  %-28s %s\n", what.c_str(), value.c_str());
}

std::string InWords(const std::string& reason) {
  if (reason == "SPENDING_LIMIT_EXCEEDED") return "out of funds";
  if (reason == "BILLING_NOT_SET_UP") return "billing not set up";
  if (reason == "BUDGET_EXCEEDED") return "a budget is used up";
  if (reason == "COST_LIMIT_EXCEEDED") return "beyond the run's cost limit";
  if (reason == "BILLABLE_ACTIVITIES_NOT_ALLOWED") return "member may not bill to it";
  if (reason == "NOT_YOUR_BILLING_ACCOUNT") return "somebody else's account";
  return reason;
}

void Lines(const char* what, const std::map<std::string, int64_t>& by_reason) {
  for (const auto& [reason, count] : by_reason) Line(absl::StrCat("  ", what, ", ", InWords(reason)), Count(count));
}

void PrintPopulation(const Stage& stage) {
  const Tally& tally = stage.tally;
  Title("Who was there");
  Line("people registered",
       absl::StrCat(Count(tally.registered), ", ", Count(tally.entitled), " with a promised credit"));
  Line("organizations", absl::StrCat(Count(tally.founded), ", joined by ", Count(tally.joined), " members"));
  Line("billing confirmed", absl::StrCat(Count(tally.confirmed), " accounts, ", Count(tally.confirmed_by_second_mail),
                                         " by a second mail, ", Count(tally.confirmed_twice), " by a double click"));
  Line("billing declined",
       absl::StrCat(Count(tally.declined), "; ", Count(tally.helped), " were helped by an operator"));
  Line("employees", Count(tally.employees));
  Line("people who may spend", Count(static_cast<int64_t>(tally.upgraded.size())));
  Line("projects", absl::StrCat(Count(tally.projects), ", and ", Count(tally.budgets), " budgets"));
  Line("when the day was over",
       absl::StrCat(Count(tally.merged), " people merged with themselves, ", Count(tally.left), " left; ",
                    Count(tally.moved_out), " projects taken along, ", Count(tally.handed_over), " handed over, ",
                    Count(tally.handing_over_declined), " not wanted, ", Count(tally.moves_denied), " denied"));
}

void PrintWork(const Stage& stage) {
  const Tally& tally = stage.tally;
  Title("What they did");
  Line("jobs admitted", absl::StrCat(Count(tally.holds_admitted), ", ", Count(tally.holds_resubmitted),
                                     " of them after an earlier denial"));
  Line("jobs denied", Count(tally.denied()));
  Lines("denied", tally.holds_denied);
  Line("holds extended", absl::StrCat(Count(tally.extended), ", ", Count(tally.extensions_denied), " denied"));
  Line("captures", absl::StrCat(Count(tally.captures), ", ending ", Count(tally.jobs_ended), " jobs; ",
                                Count(tally.jobs_cut_short), " jobs stopped where their hold ended"));
  Line("jobs told to stop", Count(tally.jobs_terminated));
  Line("lost by the platform",
       absl::StrCat(Count(tally.holds_released), " jobs, ", Count(tally.charges_reversed), " charges taken back"));
  Line("checks allowed", Count(tally.checks_allowed));
  Line("checks denied", Count(tally.checks_denied_in_all()));
  Lines("denied", tally.checks_denied);
  Line("usage records charged",
       absl::StrCat(Count(tally.usage_records), " for scratch, storage and egress, ", Count(tally.usage_duplicates),
                    " of them sent twice, ", Count(tally.sponsored_records), " sponsored"));
  Line("late", absl::StrCat(Count(tally.late_records), " records by hours, ", Count(tally.records_of_month_before),
                            " of the month before"));
  Line("set aside",
       absl::StrCat(Count(tally.absurd_set_aside), " records, ", Count(tally.quarantined_released),
                    " released with the right quantity, ", Count(tally.quarantined_discarded), " discarded"));
  Line("balances read", Count(tally.balance_reads));
}

void PrintMoney(const Stage& stage, const Player& player, const Books& books) {
  const Tally& tally = stage.tally;
  Amounts outstanding;
  Amounts held;
  for (const auto& [id, account] : books.accounts) {
    if (account.outstanding_micros() > 0) outstanding[account.currency()] += account.outstanding_micros();
    if (account.held_micros() > 0) held[account.currency()] += account.held_micros();
  }
  Title("Where the money is");
  Line("captured from holds", MoneyText(tally.captured));
  Line("charged for usage", MoneyText(tally.metered));
  Line("of that by the sponsor", MoneyText(tally.sponsored));
  Line("of that late", MoneyText(tally.late));
  Line("taken back", MoneyText(tally.reversed));
  Line("given back from holds", MoneyText(tally.given_back));
  Line("still held, jobs running", MoneyText(held));
  Line("promotions granted", MoneyText(tally.promised));
  Line("paid", absl::StrCat(MoneyText(tally.paid), " in ", Count(tally.payments), " payments"));
  Line("outstanding", MoneyText(outstanding));
  Line("limit increases",
       absl::StrCat(Count(tally.increases_asked), " asked for, ", Count(tally.increases_approved), " approved (",
                    Count(tally.increases_approved_in_part), " in part, ", Count(tally.increases_for_a_time),
                    " for a time, over again for ", Count(tally.increases_ended), "), ", Count(tally.increases_denied),
                    " denied, ", Count(tally.increases_withdrawn), " withdrawn, ", Count(player.desk().open()),
                    " open"));
  Line("purchase orders", Count(tally.purchase_orders));
  Line("notices written",
       absl::StrCat(Count(books.messages), " to people, ", Count(books.messages_to_operators), " to the operators"));
}

void PrintAccount(const v1::BillingAccountSummary& account) {
  std::printf("  %-28s %22s   of a limit of %22s, %s held\n", account.billing_account().c_str(),
              MoneyText(account.funds_micros(), account.currency()).c_str(),
              MoneyText(account.limit_micros(), account.currency()).c_str(),
              MoneyText(account.held_micros(), account.currency()).c_str());
}

void PrintFunds(const Books& books) {
  std::vector<const v1::BillingAccountSummary*> payers;
  for (const auto& [id, account] : books.accounts) {
    if (account.setup_status() == v1::BillingSetup::STATUS_CONFIRMED) payers.push_back(&account);
  }
  std::sort(payers.begin(), payers.end(), [](const auto* a, const auto* b) {
    if (a->funds_micros() != b->funds_micros()) return a->funds_micros() > b->funds_micros();
    return a->billing_account() < b->billing_account();
  });
  Title("Funds, the most");
  const size_t shown = std::min(kPayersShown, payers.size());
  for (size_t i = 0; i < shown; ++i) PrintAccount(*payers[i]);
  Title("Funds, the least");
  for (size_t i = payers.size() - shown; i < payers.size(); ++i) PrintAccount(*payers[i]);
}

void PrintTrialBalance(const Books& books) {
  Title("Trial balance                               debit                  credit");
  for (const v1::TrialBalanceLine& line : books.trial_balance.lines()) {
    const std::string debit = line.debit_micros() != 0 ? MoneyText(line.debit_micros(), line.currency()) : "";
    const std::string credit = line.credit_micros() != 0 ? MoneyText(line.credit_micros(), line.currency()) : "";
    std::printf("  %-20s %24s%24s\n", line.book_account().c_str(), debit.c_str(), credit.c_str());
  }
  for (const v1::TrialBalanceTotal& total : books.trial_balance.totals()) {
    std::printf("  %-20s %24s%24s   difference %s\n", "total",
                MoneyText(total.debit_micros(), total.currency()).c_str(),
                MoneyText(total.credit_micros(), total.currency()).c_str(),
                MoneyText(total.debit_micros() - total.credit_micros(), total.currency()).c_str());
  }
}

void PrintFindings(const Stage& stage, const std::vector<Finding>& findings) {
  Title("Does it reconcile?");
  for (const Finding& finding : findings) {
    std::printf("  %-15s %s\n", finding.reconciles ? "reconciles" : "DOES NOT", finding.sentence.c_str());
  }
  for (const std::string& surprise : stage.tally.first_surprises) std::printf("  unexpected: %s\n", surprise.c_str());
}

void PrintTiming(const Stage& stage, const Timing& timing) {
  const double seconds = absl::ToDoubleSeconds(timing.in_all);
  const BurstTally& burst = stage.tally.burst;
  Title("How fast");
  Line("requests", absl::StrFormat("%s in %.1f s, %s a second", Count(timing.answered), seconds,
                                   Count(static_cast<int64_t>(static_cast<double>(timing.answered) / seconds))));
  Line("PlaceHold",
       absl::StrFormat("half within %.1f ms, 99 %% within %.1f ms", absl::ToDoubleMilliseconds(timing.hold_p50),
                       absl::ToDoubleMilliseconds(timing.hold_p99)));
  Line("the burst", absl::StrFormat("%s holds on one account in %.2f s", Count(burst.jobs), burst.seconds));
}

}  // namespace

absl::Duration Percentile(std::vector<uint32_t> micros, int percent) {
  if (micros.empty()) return absl::ZeroDuration();
  const auto nth =
      micros.begin() + static_cast<std::ptrdiff_t>((micros.size() - 1) * static_cast<size_t>(percent) / 100);
  std::nth_element(micros.begin(), nth, micros.end());
  return absl::Microseconds(*nth);
}

void PrintReport(const Stage& stage, const Player& player, const Books& books, const std::vector<Finding>& findings,
                 const Timing& timing) {
  PrintPopulation(stage);
  PrintWork(stage);
  PrintMoney(stage, player, books);
  PrintFunds(books);
  PrintTrialBalance(books);
  PrintFindings(stage, findings);
  PrintTiming(stage, timing);
  std::fflush(stdout);
}

}  // namespace bursar::day
