// bursar.v1.BillingService: another contact or another purchase order.
#include <algorithm>

#include "services/api/billing_parts.h"
#include "services/api/render.h"
#include "services/api/requests.h"

namespace bursar {
namespace {

using storage::v1::Entry;
using storage::v1::Event;

absl::StatusOr<Command> ParseRequestBillingChange(const Call& call, const v1::RequestBillingChangeRequest& request,
                                                  const LinkKey& links) {
  const auto user = UserOrCaller(call, "user_id", request.user_id());
  if (!user.ok()) return user.status();
  RequestBillingChange command{.billing_account = IdOf<BillingAccountId>(request.billing_account()),
                               .user = *user,
                               .purchase_order = request.purchase_order()};
  if (!request.has_contact()) return command;
  command.contact = ParseContact(request.contact());
  command.link = FreshLink(links);
  return command;
}

v1::RequestBillingChangeResponse RenderRequestBillingChange(const Entry& entry) {
  v1::RequestBillingChangeResponse response;
  const auto& requested = EventOf(entry, Event::kBillingChangeRequested).billing_change_requested();
  const auto& closed = EventOf(entry, Event::kBillingChangeClosed).billing_change_closed();
  auto& change = *response.mutable_change();
  change.set_change_id(BillingChangeId(requested.change()).text());
  change.set_billing_account(requested.billing_account());
  change.set_user_id(requested.user_id());
  change.set_purchase_order(requested.purchase_order());
  *change.mutable_request_time() = ToTimestamp(entry.commit_time());
  if (requested.has_contact()) {
    change.mutable_contact()->set_name(requested.contact().name());
    change.mutable_contact()->set_email(requested.contact().email());
    change.mutable_contact()->set_postal_address(requested.contact().postal_address());
    change.mutable_contact()->set_phone(requested.contact().phone());
    const auto& sent = EventOf(entry, Event::kVerificationSent).verification_sent();
    *response.mutable_link_expire_time() = ToTimestamp(sent.expire_time());
  }
  response.set_superseded_change_id(BillingChangeId(closed.change()).text());
  response.set_position(entry.position());
  return response;
}

absl::StatusOr<Command> ParseApplyBillingChange(const Call&, const v1::ApplyBillingChangeRequest& request) {
  return ApplyBillingChange{.change = IdOf<BillingChangeId>(request.change_id())};
}

v1::ApplyBillingChangeResponse RenderApplyBillingChange(const Entry& entry) {
  v1::ApplyBillingChangeResponse response;
  const auto& applied = EventOf(entry, Event::kBillingChangeApplied).billing_change_applied();
  response.set_change_id(BillingChangeId(applied.change()).text());
  response.set_billing_account(applied.billing_account());
  response.set_purchase_order(applied.purchase_order());
  response.set_position(entry.position());
  return response;
}

absl::StatusOr<v1::ListBillingChangesResponse> ListBillingChanges(const v1::ListBillingChangesRequest& request,
                                                                  const State& state) {
  const auto token = FromPageToken(request.page_token());
  if (!token.ok()) return token.status();
  const auto after = BillingChangeId::Parse(*token);
  if (!after.has_value() && !token->empty()) return BadPageToken();

  std::vector<const BillingChange*> found;
  for (const auto& [id, change] : state.billing_changes) {
    if (!after.has_value() || *after < id) found.push_back(&change);
  }
  std::sort(found.begin(), found.end(), [](const auto* a, const auto* b) { return a->id < b->id; });
  const size_t size = std::min(PageSize(request.page_size()), found.size());
  v1::ListBillingChangesResponse response;
  for (size_t i = 0; i < size; ++i) *response.add_changes() = ToBillingChange(*found[i], /*shows_contact=*/true);
  if (size < found.size()) response.set_next_page_token(ToPageToken(found[size - 1]->id.text()));
  response.set_position(state.position);
  return response;
}

}  // namespace

LinkSeed FreshLink(const LinkKey& links) {
  const std::string selector = links.NextSelector();
  return {.selector = selector, .secret_hash = links.SecretHash(selector)};
}

Person ParseContact(const v1::BillingContact& contact) {
  return {.name = contact.name(),
          .email = contact.email(),
          .postal_address = contact.postal_address(),
          .phone = contact.phone()};
}

v1::BillingContact ToContact(const Person& contact) {
  v1::BillingContact shown;
  shown.set_name(contact.name);
  shown.set_email(contact.email);
  shown.set_postal_address(contact.postal_address);
  shown.set_phone(contact.phone);
  return shown;
}

v1::BillingChange ToBillingChange(const BillingChange& change, bool shows_contact) {
  v1::BillingChange shown;
  shown.set_change_id(change.id.text());
  shown.set_billing_account(change.account.text());
  shown.set_user_id(change.requester.text());
  if (shows_contact && change.contact.has_value()) *shown.mutable_contact() = ToContact(*change.contact);
  shown.set_purchase_order(change.purchase_order);
  *shown.mutable_request_time() = ToTimestamp(change.request_time);
  return shown;
}

void AddBillingChanges(Methods& methods, Ledger& ledger, const LinkKey& links) {
  methods.Write<v1::RequestBillingChangeRequest, v1::RequestBillingChangeResponse>(
      [&links](const Call& call, const v1::RequestBillingChangeRequest& request) {
        return ParseRequestBillingChange(call, request, links);
      },
      RenderRequestBillingChange);
  methods.Write<v1::ApplyBillingChangeRequest, v1::ApplyBillingChangeResponse>(ParseApplyBillingChange,
                                                                               RenderApplyBillingChange);
  methods.Read<v1::ListBillingChangesRequest, v1::ListBillingChangesResponse>(
      [&ledger](const Call&, const v1::ListBillingChangesRequest& request) {
        return FromState<v1::ListBillingChangesResponse>(
            ledger, [&](const State& state, absl::Time) { return ListBillingChanges(request, state); });
      });
}

}  // namespace bursar
