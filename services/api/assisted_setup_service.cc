// bursar.v1.BillingService: setting up billing in a time slot, with an operator's help.
#include <algorithm>

#include "services/api/billing_parts.h"
#include "services/api/render.h"
#include "services/api/requests.h"

namespace bursar {
namespace {

using storage::v1::Entry;
using storage::v1::Event;

v1::TimeSlot ToSlot(const TimeSlot& slot) {
  v1::TimeSlot shown;
  *shown.mutable_start_time() = ToTimestamp(slot.start);
  *shown.mutable_end_time() = ToTimestamp(slot.end);
  return shown;
}

v1::TimeSlot ToSlot(const storage::v1::TimeSlot& slot) {
  v1::TimeSlot shown;
  *shown.mutable_start_time() = ToTimestamp(slot.start_time());
  *shown.mutable_end_time() = ToTimestamp(slot.end_time());
  return shown;
}

v1::AssistedSetup::Status ToStatus(AssistedSetup::Status status) {
  switch (status) {
    case AssistedSetup::Status::kRequested:
      return v1::AssistedSetup::STATUS_REQUESTED;
    case AssistedSetup::Status::kScheduled:
      return v1::AssistedSetup::STATUS_SCHEDULED;
    case AssistedSetup::Status::kSent:
      return v1::AssistedSetup::STATUS_SENT;
    case AssistedSetup::Status::kMissed:
      return v1::AssistedSetup::STATUS_MISSED;
    case AssistedSetup::Status::kUsed:
    case AssistedSetup::Status::kSuperseded:
      break;
  }
  return v1::AssistedSetup::STATUS_UNSPECIFIED;
}

absl::StatusOr<Command> ParseRequestAssistedSetup(const Call& call, const v1::RequestAssistedSetupRequest& request) {
  const auto user = UserOrCaller(call, "user_id", request.user_id());
  if (!user.ok()) return user.status();
  RequestAssistedSetup command{.billing_account = IdOf<BillingAccountId>(request.billing_account()),
                               .user = *user,
                               .contact = {.name = request.contact_name(), .email = request.contact_email()}};
  for (const v1::TimeSlot& slot : request.slots()) {
    command.slots.push_back({.start = ParseTime(slot.start_time()), .end = ParseTime(slot.end_time())});
  }
  return command;
}

v1::RequestAssistedSetupResponse RenderRequestAssistedSetup(const Entry& entry) {
  v1::RequestAssistedSetupResponse response;
  const auto& requested = EventOf(entry, Event::kAssistedSetupRequested).assisted_setup_requested();
  auto& setup = *response.mutable_setup();
  setup.set_setup_id(AssistedSetupId(requested.setup()).text());
  setup.set_billing_account(requested.billing_account());
  setup.set_user_id(requested.user_id());
  setup.set_contact_name(requested.contact().name());
  setup.set_contact_email(requested.contact().email());
  for (const auto& slot : requested.slots()) *setup.add_slots() = ToSlot(slot);
  setup.set_status(v1::AssistedSetup::STATUS_REQUESTED);
  response.set_position(entry.position());
  return response;
}

absl::StatusOr<Command> ParseScheduleAssistedSetup(const v1::ScheduleAssistedSetupRequest& request,
                                                   const LinkKey& links) {
  return ScheduleAssistedSetup{.setup = IdOf<AssistedSetupId>(request.setup_id()),
                               .slot = static_cast<size_t>(request.slot() - 1),
                               .link = FreshLink(links)};
}

v1::ScheduleAssistedSetupResponse RenderScheduleAssistedSetup(const Entry& entry) {
  v1::ScheduleAssistedSetupResponse response;
  const auto& scheduled = EventOf(entry, Event::kAssistedSetupScheduled).assisted_setup_scheduled();
  response.set_setup_id(AssistedSetupId(scheduled.setup()).text());
  response.set_billing_account(scheduled.billing_account());
  *response.mutable_slot() = ToSlot(scheduled.slot());
  response.set_terms_version(scheduled.terms_version());
  response.set_pricing_version(scheduled.pricing_version());
  response.set_position(entry.position());
  return response;
}

absl::StatusOr<v1::ListAssistedSetupsResponse> ListAssistedSetups(const v1::ListAssistedSetupsRequest& request,
                                                                  const State& state) {
  const auto token = FromPageToken(request.page_token());
  if (!token.ok()) return token.status();
  const auto after = AssistedSetupId::Parse(*token);
  if (!after.has_value() && !token->empty()) return BadPageToken();

  std::vector<const AssistedSetup*> found;
  for (const auto& [id, setup] : state.assisted_setups) {
    if (!after.has_value() || *after < id) found.push_back(&setup);
  }
  std::sort(found.begin(), found.end(), [](const auto* a, const auto* b) { return a->id < b->id; });
  const size_t size = std::min(PageSize(request.page_size()), found.size());
  v1::ListAssistedSetupsResponse response;
  for (size_t i = 0; i < size; ++i) *response.add_setups() = ToAssistedSetup(*found[i], /*shows_contact=*/true);
  if (size < found.size()) response.set_next_page_token(ToPageToken(found[size - 1]->id.text()));
  response.set_position(state.position);
  return response;
}

}  // namespace

v1::AssistedSetup ToAssistedSetup(const AssistedSetup& setup, bool shows_contact) {
  v1::AssistedSetup shown;
  shown.set_setup_id(setup.id.text());
  shown.set_billing_account(setup.account.text());
  shown.set_user_id(setup.requester.text());
  if (shows_contact) {
    shown.set_contact_name(setup.contact.name);
    shown.set_contact_email(setup.contact.email);
  }
  for (const TimeSlot& slot : setup.slots) *shown.add_slots() = ToSlot(slot);
  shown.set_status(ToStatus(setup.status));
  if (setup.status == AssistedSetup::Status::kRequested) return shown;
  *shown.mutable_slot() = ToSlot(setup.slot);
  shown.set_terms_version(setup.terms_version);
  shown.set_pricing_version(setup.pricing_version);
  return shown;
}

void AddAssistedSetups(Methods& methods, Ledger& ledger, const LinkKey& links) {
  methods.Write<v1::RequestAssistedSetupRequest, v1::RequestAssistedSetupResponse>(ParseRequestAssistedSetup,
                                                                                   RenderRequestAssistedSetup);
  methods.Write<v1::ScheduleAssistedSetupRequest, v1::ScheduleAssistedSetupResponse>(
      [&links](const Call&, const v1::ScheduleAssistedSetupRequest& request) {
        return ParseScheduleAssistedSetup(request, links);
      },
      RenderScheduleAssistedSetup);
  methods.Read<v1::ListAssistedSetupsRequest, v1::ListAssistedSetupsResponse>(
      [&ledger](const Call&, const v1::ListAssistedSetupsRequest& request) {
        return FromState<v1::ListAssistedSetupsResponse>(
            ledger, [&](const State& state, absl::Time) { return ListAssistedSetups(request, state); });
      });
}

}  // namespace bursar
