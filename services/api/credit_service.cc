// bursar.v1.CreditService.
#include <algorithm>

#include "bursar/v1/credit.pb.h"
#include "ledger/domain/permissions.h"
#include "ledger/domain/refusals.h"
#include "services/api/render.h"
#include "services/api/requests.h"
#include "services/api/services.h"

namespace bursar {
namespace {

using storage::v1::Entry;
using storage::v1::Event;

absl::StatusOr<Command> ParseGrantCredit(const Call&, const v1::GrantCreditRequest& request) {
  return GrantCredit{.billing_account = IdOf<BillingAccountId>(request.billing_account()),
                     .amount = Money::Micros(request.amount_micros()),
                     .currency = request.currency(),
                     .priority = request.priority(),
                     .effective_time = TimeIf(request.has_effective_time(), request.effective_time()),
                     .expire_time = TimeIf(request.has_expire_time(), request.expire_time()),
                     .actions = {request.actions().begin(), request.actions().end()},
                     .reason = request.reason()};
}

v1::GrantCreditResponse RenderGrantCredit(const Entry& entry) {
  v1::GrantCreditResponse response;
  const auto& granted = EventOf(entry, Event::kCreditGranted).credit_granted();
  *response.mutable_credit() = ToCredit(granted, entry.principal());
  response.set_funds_micros(granted.funds_after_micros());
  response.set_position(entry.position());
  return response;
}

absl::StatusOr<Command> ParseRevokeCredit(const Call&, const v1::RevokeCreditRequest& request) {
  return RevokeCredit{.credit = IdOf<CreditId>(request.credit_id()), .reason = request.reason()};
}

v1::RevokeCreditResponse RenderRevokeCredit(const Entry& entry) {
  v1::RevokeCreditResponse response;
  const auto& revoked = EventOf(entry, Event::kCreditRevoked).credit_revoked();
  response.set_credit_id(CreditId(revoked.credit()).text());
  response.set_billing_account(revoked.billing_account());
  response.set_currency(revoked.currency());
  response.set_revoked_micros(revoked.amount_micros());
  response.set_paid_back(revoked.origin() == storage::v1::CreditGranted::ORIGIN_PAYMENT);
  response.set_funds_micros(revoked.funds_after_micros());
  response.set_position(entry.position());
  return response;
}

absl::StatusOr<v1::ListCreditsResponse> ListCredits(const Call& call, const v1::ListCreditsRequest& request,
                                                    const State& state) {
  const auto id = state.Present(IdOf<BillingAccountId>(request.billing_account()));
  if (auto status = MayReadAccount(state, call.principal, id); !status.ok()) return status;
  const BillingAccount* account = state.Find(id);
  if (account == nullptr) return BillingAccountNotFound(id);
  const auto last = FromPageToken(request.page_token());
  if (!last.ok()) return last.status();

  const auto& credits = account->balance.credits;
  auto next = credits.begin();
  if (!last->empty()) {
    next =
        std::find_if(credits.begin(), credits.end(), [&](const Credit& credit) { return credit.id.text() == *last; });
    if (next == credits.end()) return BadPageToken();
    ++next;
  }
  v1::ListCreditsResponse response;
  const auto size =
      std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(PageSize(request.page_size())), credits.end() - next);
  for (const auto end = next + size; next != end; ++next) {
    *response.add_credits() = ToCredit(*next, id, account->currency);
  }
  if (next != credits.end()) response.set_next_page_token(ToPageToken(std::prev(next)->id.text()));
  response.set_position(state.position);
  return response;
}

}  // namespace

void AddCreditService(Methods& methods, Ledger& ledger) {
  methods.Write<v1::GrantCreditRequest, v1::GrantCreditResponse>(ParseGrantCredit, RenderGrantCredit);
  methods.Write<v1::RevokeCreditRequest, v1::RevokeCreditResponse>(ParseRevokeCredit, RenderRevokeCredit);
  methods.Read<v1::ListCreditsRequest, v1::ListCreditsResponse>(
      [&ledger](const Call& call, const v1::ListCreditsRequest& request) {
        return FromState<v1::ListCreditsResponse>(
            ledger, [&](const State& state, absl::Time) { return ListCredits(call, request, state); });
      });
}

}  // namespace bursar
