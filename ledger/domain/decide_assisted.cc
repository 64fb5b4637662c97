// Setting up billing with an operator's help: time slots are offered, one is picked, and the link lives as long as
// that.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/domain/context.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

using storage::v1::Event;
using Status = AssistedSetup::Status;

constexpr size_t kFewestSlots = 2;

bool Same(const TimeSlot& a, const TimeSlot& b) { return a.start == b.start && a.end == b.end; }

absl::Status CheckSlots(const std::vector<TimeSlot>& slots, absl::Time now) {
  if (slots.size() < kFewestSlots) return InvalidField("slots", "has to offer at least two time slots");
  for (auto slot = slots.begin(); slot != slots.end(); ++slot) {
    const std::string field = absl::StrCat("slots[", slot - slots.begin(), "]");
    if (slot->start <= now) return InvalidField(field, "does not lie in the future");
    if (slot->end <= slot->start) return InvalidField(field, "does not end after its start");
    const auto same = [&](const TimeSlot& earlier) { return Same(earlier, *slot); };
    if (std::any_of(slots.begin(), slot, same)) return InvalidField(field, "was offered already");
  }
  return absl::OkStatus();
}

void SetSlot(storage::v1::TimeSlot& stored, const TimeSlot& slot) {
  stored.set_start_time(absl::ToUnixMicros(slot.start));
  stored.set_end_time(absl::ToUnixMicros(slot.end));
}

std::string VersionInForce(Document document, const Context& context) {
  const TermsVersion* current = context.state.policy.CurrentTerms(document, context.now);
  return current == nullptr ? "" : current->version;
}

}  // namespace

absl::StatusOr<Decision> DecideAssisted(const RequestAssistedSetup& command, const Context& context) {
  const BillingAccount* account = context.state.Find(command.billing_account);
  BURSAR_CHECK(account != nullptr);
  if (account->setup.status == BillingSetup::Status::kConfirmed) return AlreadyConfirmed(account->id);
  if (auto status = CheckSlots(command.slots, context.now); !status.ok()) return status;
  Decision decision;
  const AssistedSetup* open = context.state.Find(account->setup.open_setup);
  // A slot that has begun is given up for the new ones.
  if (open != nullptr && open->status == Status::kSent) MissSlot(decision.events, *open);
  auto& requested = *decision.events.emplace_back().mutable_assisted_setup_requested();
  requested.set_setup(context.position());
  requested.set_billing_account(account->id.text());
  requested.set_user_id(command.user.text());
  *requested.mutable_contact() = ToStorage(command.contact);
  for (const TimeSlot& slot : command.slots) SetSlot(*requested.add_slots(), slot);
  return decision;
}

// Until it has begun, another slot may be picked.
absl::StatusOr<Decision> DecideAssisted(const ScheduleAssistedSetup& command, const Context& context) {
  const AssistedSetup* setup = context.state.Find(command.setup);
  const bool waits = setup != nullptr && (setup->status == Status::kRequested || setup->status == Status::kScheduled);
  if (!waits) return NoOpenSetup(command.setup);
  if (command.slot >= setup->slots.size()) return InvalidField("slot", "is none of the slots that were offered");
  const TimeSlot& slot = setup->slots[command.slot];
  if (slot.start <= context.now) return InvalidField("slot", "has begun already; pick one that is still to come");
  Event event;
  auto& scheduled = *event.mutable_assisted_setup_scheduled();
  scheduled.set_setup(setup->id.number());
  scheduled.set_billing_account(setup->account.text());
  SetSlot(*scheduled.mutable_slot(), slot);
  scheduled.set_selector(command.link.selector);
  scheduled.set_secret_hash(command.link.secret_hash);
  scheduled.set_terms_version(VersionInForce(Document::kTerms, context));
  scheduled.set_pricing_version(VersionInForce(Document::kPricing, context));
  return Happened(event);
}

void StartSlot(Events& events, const AssistedSetup& setup, absl::Time now) {
  // Nobody was there to mail it in time.
  if (setup.slot.end <= now) return MissSlot(events, setup);
  Event sent = LinkSent(setup.account, setup.link, now, setup.slot.end);
  // An appointment needs no reminder.
  sent.mutable_verification_sent()->clear_remind_time();
  events.push_back(sent);
}

void MissSlot(Events& events, const AssistedSetup& setup) {
  auto& missed = *events.emplace_back().mutable_assisted_setup_missed();
  missed.set_setup(setup.id.number());
  missed.set_billing_account(setup.account.text());
}

}  // namespace bursar
