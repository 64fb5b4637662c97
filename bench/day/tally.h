// What the day did, as its player knows it from the answers: to be compared with what the server says in the end.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "bench/day/population.h"

namespace bursar::day {

// Micros by the code of their currency.
using Amounts = std::map<std::string, int64_t>;

// What an account should have come to.
struct AccountTally {
  int64_t limit = 0;
  int64_t granted = 0;
  int64_t paid = 0;
  int64_t held = 0;
  int64_t charged = 0;
  // The part of it that was usage, which no gate keeps within the funds.
  int64_t metered = 0;
  // What came from a merged user less what went to one, or was taken back on the way.
  int64_t moved = 0;
  // By how much the limit fell, in all.
  int64_t limit_fell = 0;
  // Its user is no more; its name means another account.
  bool merged = false;

  int64_t funds() const { return granted + paid + moved + limit - charged - held; }
};

struct BurstTally {
  int64_t jobs = 0;
  int64_t cost_each = 0;
  int64_t funds_before = 0;
  int64_t admitted = 0;
  int64_t funds_after = 0;
  int64_t admitted_after_increase = 0;
  double seconds = 0;
};

struct Tally {
  int64_t registered = 0;
  int64_t entitled = 0;
  int64_t founded = 0;
  int64_t joined = 0;
  int64_t confirmed = 0;
  int64_t confirmed_by_second_mail = 0;
  int64_t confirmed_twice = 0;
  int64_t same_answer_twice = 0;
  int64_t declined = 0;
  int64_t helped = 0;
  int64_t employees = 0;
  int64_t budgets = 0;
  std::set<std::string> upgraded;  // users
  int64_t projects = 0;

  int64_t holds_admitted = 0;
  int64_t holds_resubmitted = 0;
  std::map<std::string, int64_t> holds_denied;  // by reason
  int64_t checks_allowed = 0;
  std::map<std::string, int64_t> checks_denied;  // by reason
  int64_t extended = 0;
  int64_t extensions_denied = 0;
  int64_t captures = 0;
  int64_t jobs_ended = 0;
  int64_t jobs_cut_short = 0;
  int64_t jobs_terminated = 0;
  int64_t holds_released = 0;
  int64_t charges_reversed = 0;
  int64_t balance_reads = 0;

  int64_t usage_records = 0;
  int64_t usage_duplicates = 0;
  int64_t usage_duplicates_same = 0;
  int64_t late_records = 0;
  int64_t records_of_month_before = 0;
  int64_t sponsored_records = 0;
  int64_t absurd_records = 0;
  int64_t absurd_set_aside = 0;
  int64_t quarantined_released = 0;
  int64_t quarantined_discarded = 0;

  int64_t increases_asked = 0;
  int64_t increases_approved = 0;
  int64_t increases_approved_in_part = 0;
  int64_t increases_denied = 0;
  int64_t increases_withdrawn = 0;
  int64_t increases_for_a_time = 0;
  int64_t increases_ended = 0;
  int64_t purchase_orders = 0;
  int64_t payments = 0;
  int64_t merged = 0;
  int64_t left = 0;
  int64_t moved_out = 0;
  int64_t handed_over = 0;
  int64_t handing_over_declined = 0;
  int64_t moves_denied = 0;

  Amounts captured;
  Amounts metered;
  Amounts sponsored;
  Amounts reversed;
  Amounts late;
  Amounts given_back;
  Amounts promised;
  Amounts paid;

  std::vector<AccountTally> accounts;  // by Payer
  BurstTally burst;

  // Answers that the day did not expect; the first few in words.
  int64_t surprises = 0;
  std::vector<std::string> first_surprises;

  // By captures and usage, less what was taken back.
  Amounts Charged() const {
    Amounts sum = captured;
    for (const auto& [currency, micros] : metered) sum[currency] += micros;
    for (const auto& [currency, micros] : reversed) sum[currency] -= micros;
    return sum;
  }
  int64_t denied() const {
    int64_t sum = 0;
    for (const auto& [reason, count] : holds_denied) sum += count;
    return sum;
  }
  int64_t checks_denied_in_all() const {
    int64_t sum = 0;
    for (const auto& [reason, count] : checks_denied) sum += count;
    return sum;
  }
};

}  // namespace bursar::day
