#include "services/api/watch_funds.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "ledger/domain/permissions.h"
#include "ledger/domain/refusals.h"
#include "services/api/render.h"
#include "services/api/requests.h"

namespace bursar {
namespace {

using storage::v1::Entry;
using storage::v1::Event;

v1::FundsNotice ToNotice(const storage::v1::FundsThresholdCrossed& crossed) {
  v1::FundsNotice notice;
  notice.set_kind(crossed.percent() < 100 ? v1::FundsNotice::KIND_THRESHOLD_CROSSED
                                          : v1::FundsNotice::KIND_OUT_OF_FUNDS);
  notice.set_billing_account(crossed.billing_account());
  notice.set_percent(crossed.percent());
  notice.set_funds_micros(crossed.funds_micros());
  notice.set_base_micros(crossed.base_micros());
  notice.set_currency(crossed.currency());
  return notice;
}

v1::FundsNotice ToNotice(const storage::v1::FundsRestored& restored) {
  v1::FundsNotice notice;
  notice.set_kind(v1::FundsNotice::KIND_RESTORED);
  notice.set_billing_account(restored.billing_account());
  notice.set_percent(restored.percent());
  notice.set_funds_micros(restored.funds_micros());
  notice.set_currency(restored.currency());
  return notice;
}

v1::FundsEvent Noticed(v1::FundsNotice notice, const Entry& entry) {
  notice.set_position(entry.position());
  *notice.mutable_event_time() = ToTimestamp(entry.commit_time());
  v1::FundsEvent event;
  *event.mutable_notice() = std::move(notice);
  return event;
}

// The one place that says which events a watcher of funds is told of; nullopt for all others.
std::optional<v1::FundsEvent> ToFundsEvent(const Event& event, const Entry& entry) {
  switch (event.kind_case()) {
    case Event::kFundsThresholdCrossed:
      return Noticed(ToNotice(event.funds_threshold_crossed()), entry);
    case Event::kFundsRestored:
      return Noticed(ToNotice(event.funds_restored()), entry);
    default:
      return std::nullopt;
  }
}

const std::string& AccountIn(const v1::FundsEvent& event) {
  return event.has_notice() ? event.notice().billing_account() : event.termination_order().billing_account();
}

absl::Status MayWatch(const State& state, const Call& call, const std::vector<BillingAccountId>& accounts) {
  if (accounts.empty() && !IsStaff(call.principal)) return PermissionDenied("watch the funds of all accounts");
  for (const BillingAccountId& account : accounts) {
    if (auto status = MayReadAccount(state, call.principal, account); !status.ok()) return status;
  }
  for (const BillingAccountId& account : accounts) {
    if (state.Find(account) == nullptr) return BillingAccountNotFound(account);
  }
  return absl::OkStatus();
}

v1::FundsState ToState(const BillingAccount& account, absl::Time now) {
  v1::FundsState shown;
  shown.set_billing_account(account.id.text());
  shown.set_percent(account.crossed_percent);
  shown.set_funds_micros(account.balance.Funds(now).micros());
  shown.set_base_micros(account.funds_base.micros());
  shown.set_currency(account.currency);
  return shown;
}

class FundsWatch : public WatchWith<v1::WatchFundsResponse> {
 public:
  FundsWatch(const Ledger& ledger, Call call, std::vector<BillingAccountId> accounts, Position from)
      : ledger_(ledger), call_(std::move(call)), accounts_(std::move(accounts)), from_(from) {
    for (const BillingAccountId& account : accounts_) names_.insert(account.text());
  }

  // Begins with how the accounts stand, and goes on from there.
  void BeginWith(const State& state, absl::Time now) {
    for (const BillingAccountId& account : accounts_) *response_.add_states() = ToState(*state.Find(account), now);
    from_ = state.position + 1;
  }

  Position from() const override { return from_; }

  absl::Status MayGoOn() const override {
    absl::Status status;
    ledger_.Read([&](const State& state, absl::Time) { status = MayWatch(state, call_, accounts_); });
    return status;
  }

  size_t Take(const Entry& entry) override {
    size_t bytes = 0;
    for (const Event& event : entry.events()) {
      std::optional<v1::FundsEvent> told = ToFundsEvent(event, entry);
      if (!told.has_value() || (!names_.empty() && !names_.contains(AccountIn(*told)))) continue;
      bytes += told->ByteSizeLong();
      *response_.add_events() = *std::move(told);
    }
    return bytes;
  }

 private:
  const Ledger& ledger_;
  const Call call_;
  const std::vector<BillingAccountId> accounts_;
  absl::flat_hash_set<std::string> names_;
  Position from_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Watch>> OpenFundsWatch(const Ledger& ledger, const Call& call,
                                                      const v1::WatchFundsRequest& request) {
  std::vector<BillingAccountId> accounts;
  for (const std::string& account : request.billing_accounts()) accounts.push_back(IdOf<BillingAccountId>(account));
  auto watch = std::make_unique<FundsWatch>(ledger, call, accounts, request.from_position());
  absl::Status status;
  ledger.Read([&](const State& state, absl::Time now) {
    status = MayWatch(state, call, accounts);
    if (status.ok() && request.from_position() == 0) watch->BeginWith(state, now);
  });
  if (!status.ok()) return status;
  return watch;
}

}  // namespace bursar
