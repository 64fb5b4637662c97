#include "bench/day/reconcile.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/day/text.h"

namespace bursar::day {
namespace {

class Comparing {
 public:
  Comparing(const Stage& stage, const Books& books) : stage_(stage), tally_(stage.tally), books_(books) {}

  std::vector<Finding> All() {
    TrialBalance();
    for (const Currency currency : kCurrencies) Book(NameOf(currency));
    for (const Currency currency : kCurrencies) Aging(NameOf(currency));
    Accounts();
    NeverOverspent();
    Duplicates();
    DoubleClicks();
    Burst();
    Surprises();
    return std::move(findings_);
  }

 private:
  void Add(bool reconciles, std::string sentence) { findings_.push_back({reconciles, std::move(sentence)}); }

  void Same(int64_t ours, int64_t theirs, const std::string& currency, const std::string& what) {
    if (ours == 0 && theirs == 0) return;
    std::string sentence = absl::StrCat(what, ": ", MoneyText(theirs, currency), " in the books");
    if (ours != theirs) {
      absl::StrAppend(&sentence, ", ", MoneyText(ours, currency), " by the answers; ", theirs - ours, " micros apart");
    }
    Add(ours == theirs, std::move(sentence));
  }

  // Both by the totals, and by adding up the lines ourselves.
  void TrialBalance() {
    for (const v1::TrialBalanceTotal& total : books_.trial_balance.totals()) {
      int64_t debit = 0;
      int64_t credit = 0;
      for (const v1::TrialBalanceLine& line : books_.trial_balance.lines()) {
        if (line.currency() != total.currency()) continue;
        debit += line.debit_micros();
        credit += line.credit_micros();
      }
      const bool zero = debit == credit && debit == total.debit_micros() && credit == total.credit_micros();
      Add(zero, absl::StrCat("trial balance of ", total.currency(), ": debits ", MoneyText(debit, total.currency()),
                             ", credits ", MoneyText(credit, total.currency())));
    }
    if (books_.trial_balance.totals().empty()) Add(false, "trial balance: is empty");
  }

  void Book(const std::string& currency) {
    const auto sum = [&](const Amounts& amounts) {
      const auto found = amounts.find(currency);
      return found == amounts.end() ? 0 : found->second;
    };
    Same(sum(tally_.Charged()), -books_.Of("revenue", currency), currency, "charges, less what was taken back");
    Same(sum(tally_.promised), books_.Of("promotion_expense", currency), currency, "promotions granted");
    Same(sum(tally_.paid), books_.Of("cash", currency), currency, "payments");
  }

  // All that is owed is in one of the ages.
  void Aging(const std::string& currency) {
    int64_t owed = 0;
    int64_t by_age = 0;
    for (const v1::Aging& account : books_.aging) {
      if (account.currency() != currency) continue;
      owed += account.outstanding_micros();
      by_age += account.up_to_30_days_micros() + account.up_to_60_days_micros() + account.up_to_90_days_micros() +
                account.over_90_days_micros();
    }
    const int64_t receivables = books_.Of("receivables", currency);
    Add(owed == receivables && by_age == receivables,
        absl::StrCat("receivables, by account and by age: ", MoneyText(receivables, currency),
                     owed == receivables && by_age == receivables
                         ? ""
                         : absl::StrCat(", but ", MoneyText(owed, currency), " by account and ",
                                        MoneyText(by_age, currency), " by age")));
  }

  // Every account for itself: limit, charges, holds, and that its funds are what they should be made of.
  void Accounts() {
    int64_t wrong = 0;
    std::string first;
    for (Payer payer = 0; payer < stage_.population.payers(); ++payer) {
      const std::string id = stage_.population.AccountId(payer);
      const auto found = books_.accounts.find(id);
      const bool same = found != books_.accounts.end() && IsSame(tally_.accounts[payer], found->second);
      if (!same && wrong++ == 0) first = id;
    }
    const bool all_there = books_.accounts.size() == stage_.population.payers();
    Add(wrong == 0 && all_there,
        absl::StrCat("limit, charges, holds and funds of each of ", Count(static_cast<int64_t>(books_.accounts.size())),
                     " billing accounts",
                     wrong == 0 ? "" : absl::StrCat("; ", Count(wrong), " differ, ", first, " first")));
  }

  static bool IsSame(const AccountTally& ours, const v1::BillingAccountSummary& theirs) {
    return ours.limit == theirs.limit_micros() && ours.charged == theirs.charged_micros() &&
           ours.held == theirs.held_micros() && ours.funds() == theirs.funds_micros();
  }

  // Funds go below zero by usage, which no gate keeps back, and by a limit that falls.
  void NeverOverspent() {
    int64_t below = 0;
    int64_t overspent = 0;
    for (Payer payer = 0; payer < stage_.population.payers(); ++payer) {
      const auto found = books_.accounts.find(stage_.population.AccountId(payer));
      if (found == books_.accounts.end() || found->second.funds_micros() >= 0) continue;
      ++below;
      const AccountTally& account = tally_.accounts[payer];
      if (found->second.funds_micros() < -account.metered - account.limit_fell) ++overspent;
    }
    Add(overspent == 0, absl::StrCat("never overspent by an admitted job: ", Count(below),
                                     " accounts are below zero by metered usage or by a limit that fell, ",
                                     Count(overspent), " by more"));
  }

  void Duplicates() {
    Add(tally_.usage_duplicates == tally_.usage_duplicates_same,
        absl::StrCat("usage records sent twice: ", Count(tally_.usage_duplicates),
                     ", charged once: ", Count(tally_.usage_duplicates_same)));
    if (tally_.absurd_records == 0) return;
    Add(tally_.absurd_records == tally_.absurd_set_aside &&
            tally_.absurd_set_aside == tally_.quarantined_released + tally_.quarantined_discarded,
        absl::StrCat("absurd usage records: ", Count(tally_.absurd_records),
                     ", set aside: ", Count(tally_.absurd_set_aside), ", then released with the right quantity: ",
                     Count(tally_.quarantined_released), ", discarded: ", Count(tally_.quarantined_discarded)));
  }

  void DoubleClicks() {
    Add(tally_.confirmed_twice == tally_.same_answer_twice,
        absl::StrCat("links clicked twice: ", Count(tally_.confirmed_twice),
                     ", with the first answer again: ", Count(tally_.same_answer_twice)));
  }

  void Burst() {
    const BurstTally& burst = tally_.burst;
    const int64_t possible = std::clamp<int64_t>(burst.funds_before / burst.cost_each, 0, burst.jobs);
    const bool exact =
        burst.admitted == possible && burst.funds_after == burst.funds_before - burst.admitted * burst.cost_each;
    Add(exact, absl::StrCat("the burst: funds for ", Count(possible), " jobs of ", MoneyText(burst.cost_each, "USD"),
                            ", admitted ", Count(burst.admitted), ", left ", MoneyText(burst.funds_after, "USD")));
    Add(burst.admitted + burst.admitted_after_increase == burst.jobs,
        absl::StrCat("the burst: admitted after the increase: ", Count(burst.admitted_after_increase), " of ",
                     Count(burst.jobs - burst.admitted)));
  }

  void Surprises() {
    Add(tally_.surprises == 0, absl::StrCat("answers that nobody expected: ", Count(tally_.surprises)));
  }

  const Stage& stage_;
  const Tally& tally_;
  const Books& books_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> Reconcile(const Stage& stage, const Books& books) { return Comparing(stage, books).All(); }

}  // namespace bursar::day
