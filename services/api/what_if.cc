// FinanceService.WhatIf.
#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bursar/v1/finance.pb.h"
#include "ledger/domain/permissions.h"
#include "ledger/domain/refusals.h"
#include "ledger/domain/what_if.h"
#include "ledger/engine/state_at.h"
#include "ledger/log/block.h"
#include "ledger/projections/books.h"
#include "services/api/explain_methods.h"
#include "services/api/render.h"
#include "services/api/requests.h"

namespace bursar {
namespace {

using storage::v1::Entry;

// Entries that one call decides anew.
constexpr Position kMostEntries = 250'000;
constexpr int kMostAccounts = 1'000;
constexpr size_t kUsualDifferences = 100;

// The period, and what the durable state knows of whose it is.
struct Period {
  Position from = 1;
  Position to = 0;
  std::string currency;
};

absl::StatusOr<Period> WholePeriod(const Ledger& ledger, const Call& call, const BillingAccountId& account) {
  return FromState<Period>(ledger, [&](const State& state, absl::Time) -> absl::StatusOr<Period> {
    Period period{.to = state.position};
    if (account.empty()) {
      const Role role = call.principal.role;
      if (role == Role::kFinance || role == Role::kOperator) return period;
      return PermissionDenied("ask what would have been for everybody");
    }
    if (auto status = MayReadAccount(state, call.principal, account); !status.ok()) return status;
    const BillingAccount* known = state.Find(account);
    if (known == nullptr) return BillingAccountNotFound(account);
    period.currency = known->currency;
    return period;
  });
}

// The last entry written before `time`.
absl::StatusOr<Position> LastBefore(const Ledger& ledger, absl::Time time) {
  const auto as_of = ledger.projections().books().At(time - absl::Microseconds(1));
  if (!as_of.ok()) return as_of.status();
  return as_of->position;
}

// Cuts the period to what was asked for.
absl::Status Cut(Period& period, const Ledger& ledger, const Call& call, const v1::WhatIfRequest& request) {
  const Position last = period.to;
  const absl::Time latest = std::min(call.deadline, absl::Now() + absl::Seconds(10));
  if (!ledger.WaitForProjections(last, latest).ok()) return LedgerUnavailable("its books are behind");
  if (request.has_from_position()) period.from = request.from_position();
  if (request.has_from_time()) {
    const auto before = LastBefore(ledger, ParseTime(request.from_time()));
    if (!before.ok()) return before.status();
    period.from = *before + 1;
  }
  if (request.has_to_position()) period.to = request.to_position();
  if (request.has_to_time()) {
    const auto before = LastBefore(ledger, ParseTime(request.to_time()));
    if (!before.ok()) return before.status();
    period.to = *before;
  }
  if (period.to > last) return InvalidField("to_position", absl::StrCat("lies beyond the last entry, ", last));
  if (period.from > period.to)
    return InvalidField(request.has_from_time() ? "from_time" : "from_position", "leaves a period without entries");
  const Position entries = period.to - period.from + 1;
  if (entries > kMostEntries) {
    return InvalidField(
        request.has_to_time() ? "to_time" : "to_position",
        absl::StrCat("makes a period of ", entries, " entries, more than ", kMostEntries, "; ask for a shorter one"));
  }
  return absl::OkStatus();
}

absl::StatusOr<WhatIfChange> ParseChange(const v1::WhatIfRequest& request, const std::string& account_currency) {
  WhatIfChange change{.account = IdOf<BillingAccountId>(request.billing_account()),
                      .currency = request.currency().empty() ? account_currency : request.currency(),
                      .hold_newly_allowed = request.hold_newly_allowed()};
  if (!account_currency.empty() && change.currency != account_currency)
    return CurrencyMismatch(change.currency, account_currency);
  if (!request.prices().empty() && change.currency.empty())
    return InvalidField("currency", "has to be there, since no account is named");
  if (request.has_limit_micros()) change.limit = Money::Micros(request.limit_micros());
  for (const v1::Price& price : request.prices()) {
    change.prices.push_back({.sku = price.sku(),
                             .region = price.region(),
                             .price = Money::Micros(price.price_micros()),
                             .per_quantity = price.per_quantity(),
                             .category = price.category()});
  }
  for (const auto& priority : request.priorities())
    change.priorities[IdOf<CreditId>(priority.credit_id())] = priority.priority();
  change.most_differences =
      request.most_differences() == 0 ? kUsualDifferences : static_cast<size_t>(request.most_differences());
  return change;
}

absl::StatusOr<WhatIfReport> Replay(const Ledger& ledger, const Period& period, WhatIfChange change) {
  auto start = StateAt(ledger.log(), ledger.checkpoints_folder(), period.from - 1);
  if (!start.ok()) return start.status();
  EntriesRead entries(ledger.log());
  WhatIf what_if(*std::move(start), std::move(change),
                 [&entries](Position position) { return entries.Find(position); });
  const absl::Status read = ledger.log().Read(period.from, [&](const StoredBlock& stored) -> absl::Status {
    const auto block = Decode(stored);
    if (!block.ok()) return block.status();
    for (const Entry& entry : block->entries()) {
      if (entry.position() > period.to) return absl::CancelledError("the period is over");
      if (entry.position() >= period.from) what_if.Take(entry);
    }
    return absl::OkStatus();
  });
  if (!read.ok() && !absl::IsCancelled(read)) return read;
  return what_if.Finish();
}

// Rendering ----------------------------------------------------------------------------------------------------------

v1::WhatIfSide ToSide(const WhatIfSide& side) {
  v1::WhatIfSide shown;
  shown.set_admitted_count(side.admitted);
  shown.set_denied_count(side.denied);
  shown.set_charged_micros(side.charged.micros());
  shown.set_charged_to_credits_micros(side.charged_to_credits.micros());
  shown.set_charged_to_limit_micros(side.charged_to_limit.micros());
  shown.set_expired_micros(side.expired.micros());
  shown.set_lowest_funds_micros(side.lowest_funds.value_or(Money()).micros());
  shown.set_lowest_position(side.lowest_position);
  if (side.ran_out) {
    *shown.mutable_ran_out_time() = ToTimestamp(side.ran_out_time);
    shown.set_ran_out_position(side.ran_out_position);
  }
  shown.set_funds_at_end_micros(side.funds_at_end.micros());
  shown.set_outstanding_at_end_micros(side.outstanding_at_end.micros());
  return shown;
}

v1::WhatIfAccount ToAccount(const BillingAccountId& id, const WhatIfAccount& account) {
  v1::WhatIfAccount shown;
  shown.set_billing_account(id.text());
  shown.set_currency(account.currency);
  *shown.mutable_then() = ToSide(account.then);
  *shown.mutable_now() = ToSide(account.now);
  shown.set_newly_allowed_count(account.newly_allowed);
  shown.set_newly_allowed_cost_micros(account.newly_allowed_cost.micros());
  shown.set_newly_denied_count(account.newly_denied);
  shown.set_gone_count(account.gone);
  shown.set_gone_charged_micros(account.gone_charges.micros());
  return shown;
}

v1::WhatIfDifference ToDifference(const WhatIfDifference& difference, const WhatIfReport& report) {
  v1::WhatIfDifference shown;
  shown.set_position(difference.position);
  *shown.mutable_time() = ToTimestamp(difference.time);
  shown.set_billing_account(difference.account.text());
  if (const auto account = report.accounts.find(difference.account); account != report.accounts.end())
    shown.set_currency(account->second.currency);
  shown.set_user_id(difference.user.text());
  shown.set_action(difference.action);
  shown.set_cost_micros(difference.cost.micros());
  shown.set_allowed_then(difference.allowed_then);
  shown.set_allowed_now(difference.allowed_now);
  shown.set_rule_then(difference.rule_then);
  shown.set_rule_now(difference.rule_now);
  return shown;
}

// What the reader has to know to read it rightly.
void AddNotes(v1::WhatIfResponse& response, const v1::WhatIfRequest& request) {
  response.add_notes(
      "The same was asked at the same times; checks that were allowed then are not on record and were not asked anew.");
  const auto& accounts = response.accounts();
  if (std::any_of(accounts.begin(), accounts.end(), [](const auto& a) { return a.gone_count() > 0; })) {
    response.add_notes("Holds that are denied now took their extensions, captures and releases with them.");
  }
  if (std::any_of(accounts.begin(), accounts.end(), [](const auto& a) { return a.newly_allowed_count() > 0; })) {
    response.add_notes(request.hold_newly_allowed()
                           ? "Holds that are allowed now and were denied then were held until they expired, and never "
                             "captured: nobody knows what they would have cost."
                           : "Holds that are allowed now and were denied then have no captures and set nothing aside: "
                             "nobody knows what they would have cost.");
  }
  if (request.has_limit_micros()) response.add_notes("What set the limit in the period set nothing now.");
}

v1::WhatIfResponse Render(const WhatIfReport& report, const Period& period, const v1::WhatIfRequest& request) {
  v1::WhatIfResponse response;
  response.set_from_position(period.from);
  response.set_to_position(period.to);
  response.set_entry_count(report.entries);
  response.set_difference_count(report.differences_in_all);
  for (const WhatIfDifference& difference : report.differences)
    *response.add_differences() = ToDifference(difference, report);
  for (const auto& [id, account] : report.accounts) {
    if (response.accounts_size() >= kMostAccounts) break;
    *response.add_accounts() = ToAccount(id, account);
  }
  response.set_not_reproduced_count(report.not_reproduced);
  response.set_refused_count(report.refused);
  response.set_first_refused_position(report.first_refused);
  response.set_first_refusal(report.first_refusal);
  AddNotes(response, request);
  return response;
}

absl::StatusOr<v1::WhatIfResponse> DecideAnew(const Ledger& ledger, const Call& call,
                                              const v1::WhatIfRequest& request) {
  auto period = WholePeriod(ledger, call, IdOf<BillingAccountId>(request.billing_account()));
  if (!period.ok()) return period.status();
  if (auto status = Cut(*period, ledger, call, request); !status.ok()) return status;
  auto change = ParseChange(request, period->currency);
  if (!change.ok()) return change.status();
  const auto report = Replay(ledger, *period, *std::move(change));
  if (!report.ok()) return report.status();
  return Render(*report, *period, request);
}

}  // namespace

void AddWhatIf(Methods& methods, Ledger& ledger) {
  methods.SlowRead<v1::WhatIfRequest, v1::WhatIfResponse>(
      [&ledger](const Call& call, const v1::WhatIfRequest& request) { return DecideAnew(ledger, call, request); });
}

}  // namespace bursar
