// bursar.v1.OutboxService.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "bursar/v1/outbox.pb.h"
#include "ledger/domain/refusals.h"
#include "ledger/projections/outbox.h"
#include "services/api/render.h"
#include "services/api/requests.h"
#include "services/api/services.h"

namespace bursar {
namespace {

v1::OutboxMessage ToMessage(const Message& message) {
  v1::OutboxMessage shown;
  shown.set_message_id(message.id.text());
  shown.set_recipient(absl::StrJoin(message.to, ", ", [](std::string* text, const Address& address) {
    absl::StrAppend(text, address.email.empty() ? address.name : address.email);
  }));
  shown.set_subject(message.subject);
  shown.set_body(message.body);
  shown.set_billing_account(message.account.text());
  if (message.link == LinkState::kOpen) shown.set_link_token(message.token);
  *shown.mutable_create_time() = ToTimestamp(message.create_time);
  shown.set_position(message.id.position);
  return shown;
}

absl::StatusOr<v1::ListMessagesResponse> ListMessages(const Ledger& ledger, const LinkKey& links, const Call& call,
                                                      const v1::ListMessagesRequest& request) {
  constexpr absl::Duration kLongest = absl::Seconds(10);
  const auto token = FromPageToken(request.page_token());
  if (!token.ok()) return token.status();
  const auto after = MessageId::Parse(*token);
  if (!after.has_value() && !token->empty()) return BadPageToken();
  Position last = 0;
  absl::Time now;
  ledger.Read([&](const State& state, absl::Time time) {
    last = state.position;
    now = time;
  });
  if (!ledger.WaitForProjections(last, std::min(call.deadline, absl::Now() + kLongest)).ok()) {
    return LedgerUnavailable("its outbox is behind");
  }

  const auto page = ledger.projections().outbox().List({.account = IdOf<BillingAccountId>(request.billing_account()),
                                                        .newest_first = request.newest_first(),
                                                        .after = after,
                                                        .limit = PageSize(request.page_size())},
                                                       links, now);
  if (!page.ok()) return page.status();
  v1::ListMessagesResponse response;
  for (const Message& message : page->messages) *response.add_messages() = ToMessage(message);
  if (page->more) response.set_next_page_token(ToPageToken(page->messages.back().id.text()));
  response.set_position(last);
  return response;
}

}  // namespace

void AddOutboxService(Methods& methods, Ledger& ledger, const LinkKey& links) {
  methods.SlowRead<v1::ListMessagesRequest, v1::ListMessagesResponse>(
      [&ledger, &links](const Call& call, const v1::ListMessagesRequest& request) {
        return ListMessages(ledger, links, call, request);
      });
}

}  // namespace bursar
