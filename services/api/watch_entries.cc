#include "services/api/watch_entries.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "ledger/domain/permissions.h"
#include "ledger/domain/refusals.h"
#include "services/api/render.h"
#include "services/api/render_event.h"
#include "services/api/requests.h"

namespace bursar {
namespace {

// By their names as messages, "HoldPlaced".
absl::StatusOr<EventKinds> KindsOf(const v1::WatchEntriesRequest& request) {
  const auto* kinds = storage::v1::Event::descriptor()->FindOneofByName("kind");
  EventKinds found;
  for (int i = 0; i < request.event_types_size(); ++i) {
    const size_t before = found.size();
    for (int k = 0; k < kinds->field_count(); ++k) {
      const auto& kind = *kinds->field(k);
      if (kind.message_type()->name() == request.event_types(i)) found.insert(kind.number());
    }
    const bool named_before =
        std::count(request.event_types().begin(), request.event_types().begin() + i, request.event_types(i)) > 0;
    if (found.size() == before && !named_before) {
      return InvalidField(absl::StrCat("event_types[", i, "]"), "names no kind of event; HoldPlaced is one");
    }
  }
  return found;
}

class EntriesWatch : public WatchWith<v1::WatchEntriesResponse> {
 public:
  EntriesWatch(const Ledger& ledger, Call call, BillingAccountId account, EventKinds kinds, Position from)
      : ledger_(ledger), call_(std::move(call)), account_(std::move(account)), kinds_(std::move(kinds)), from_(from) {}

  Position from() const override { return from_; }

  absl::Status MayGoOn() const override { return MayReadHistory(ledger_, call_, account_); }

  size_t Take(const storage::v1::Entry& entry) override {
    v1::Entry shown = ToEntry(entry, account_.text(), kinds_);
    const bool all = account_.empty() && kinds_.empty();
    if (!all && shown.events().empty()) return 0;
    v1::Entry& added = *response_.add_entries();
    added = std::move(shown);
    return added.ByteSizeLong();
  }

 private:
  const Ledger& ledger_;
  const Call call_;
  const BillingAccountId account_;
  const EventKinds kinds_;
  const Position from_;
};

}  // namespace

absl::Status MayReadHistory(const Ledger& ledger, const Call& call, const BillingAccountId& account) {
  absl::Status status;
  ledger.Read([&](const State& state, absl::Time) {
    if (account.empty()) {
      if (!IsStaff(call.principal)) status = PermissionDenied("read the whole history");
      return;
    }
    status = MayReadAccount(state, call.principal, account);
    if (status.ok() && state.Find(account) == nullptr) status = BillingAccountNotFound(account);
  });
  return status;
}

v1::Entry ToEntry(const storage::v1::Entry& entry, const std::string& account, const EventKinds& kinds) {
  v1::Entry shown;
  shown.set_position(entry.position());
  *shown.mutable_commit_time() = ToTimestamp(entry.commit_time());
  shown.set_principal(entry.principal());
  shown.set_request_id(entry.request_id());
  for (const auto& event : entry.events()) {
    if (!kinds.empty() && !kinds.contains(event.kind_case())) continue;
    if (account.empty() || IsAbout(event, account)) *shown.add_events() = ToEvent(event);
  }
  return shown;
}

absl::StatusOr<std::unique_ptr<Watch>> OpenEntriesWatch(const Ledger& ledger, const Call& call,
                                                        const v1::WatchEntriesRequest& request) {
  auto account = IdOf<BillingAccountId>(request.billing_account());
  if (auto status = MayReadHistory(ledger, call, account); !status.ok()) return status;
  auto kinds = KindsOf(request);
  if (!kinds.ok()) return kinds.status();
  Position from = request.from_position();
  if (from == 0) ledger.Read([&](const State& state, absl::Time) { from = state.position + 1; });
  return std::make_unique<EntriesWatch>(ledger, call, std::move(account), *std::move(kinds), from);
}

}  // namespace bursar
