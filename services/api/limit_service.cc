// bursar.v1.LimitService.
#include <algorithm>

#include "bursar/v1/limit.pb.h"
#include "ledger/domain/permissions.h"
#include "ledger/domain/refusals.h"
#include "services/api/render.h"
#include "services/api/requests.h"
#include "services/api/services.h"

namespace bursar {
namespace {

using storage::v1::Entry;
using storage::v1::Event;

absl::StatusOr<Command> ParseSetSpendingLimit(const Call&, const v1::SetSpendingLimitRequest& request) {
  return SetSpendingLimit{.billing_account = IdOf<BillingAccountId>(request.billing_account()),
                          .limit = Money::Micros(request.limit_micros()),
                          .currency = request.currency(),
                          .reason = request.reason()};
}

v1::SetSpendingLimitResponse RenderSetSpendingLimit(const Entry& entry) {
  v1::SetSpendingLimitResponse response;
  const auto& set = EventOf(entry, Event::kSpendingLimitSet).spending_limit_set();
  response.set_billing_account(set.billing_account());
  response.set_currency(set.currency());
  response.set_limit_micros(set.limit_micros());
  response.set_previous_limit_micros(set.previous_limit_micros());
  response.set_funds_micros(set.funds_after_micros());
  response.set_position(entry.position());
  return response;
}

absl::StatusOr<Command> ParseRequestLimitIncrease(const Call& call, const v1::RequestLimitIncreaseRequest& request) {
  const auto user = UserOrCaller(call, "user_id", request.user_id());
  if (!user.ok()) return user.status();
  return RequestLimitIncrease{.billing_account = IdOf<BillingAccountId>(request.billing_account()),
                              .user = *user,
                              .requested_limit = Money::Micros(request.requested_limit_micros()),
                              .currency = request.currency(),
                              .purchase_order = request.purchase_order(),
                              .reason = request.reason()};
}

v1::RequestLimitIncreaseResponse RenderRequestLimitIncrease(const Entry& entry) {
  v1::RequestLimitIncreaseResponse response;
  const auto& requested = EventOf(entry, Event::kLimitIncreaseRequested).limit_increase_requested();
  const auto& superseded = EventOf(entry, Event::kLimitIncreaseSuperseded).limit_increase_superseded();
  *response.mutable_increase() = ToIncrease(requested, entry.commit_time());
  response.set_superseded_increase_id(IncreaseId(superseded.increase()).text());
  response.set_position(entry.position());
  return response;
}

absl::StatusOr<Command> ParseApproveLimitIncrease(const Call&, const v1::ApproveLimitIncreaseRequest& request) {
  ApproveLimitIncrease command{.increase = IdOf<IncreaseId>(request.increase_id()), .note = request.note()};
  if (request.limit_micros() != 0) command.limit = Money::Micros(request.limit_micros());
  command.end_time = TimeIf(request.has_end_time(), request.end_time());
  return command;
}

v1::ApproveLimitIncreaseResponse RenderApproveLimitIncrease(const Entry& entry) {
  v1::ApproveLimitIncreaseResponse response;
  const auto& approved = EventOf(entry, Event::kLimitIncreaseApproved).limit_increase_approved();
  const auto& set = EventOf(entry, Event::kSpendingLimitSet).spending_limit_set();
  response.set_increase_id(IncreaseId(approved.increase()).text());
  response.set_billing_account(approved.billing_account());
  response.set_currency(set.currency());
  response.set_limit_micros(set.limit_micros());
  response.set_previous_limit_micros(set.previous_limit_micros());
  response.set_funds_micros(set.funds_after_micros());
  response.set_decided_by(approved.approver());
  response.set_position(entry.position());
  if (approved.end_time() == 0) return response;
  *response.mutable_end_time() = ToTimestamp(approved.end_time());
  response.set_limit_afterwards_micros(approved.previous_limit_micros());
  return response;
}

absl::StatusOr<Command> ParseDenyLimitIncrease(const Call&, const v1::DenyLimitIncreaseRequest& request) {
  return DenyLimitIncrease{.increase = IdOf<IncreaseId>(request.increase_id()), .reason = request.reason()};
}

v1::DenyLimitIncreaseResponse RenderDenyLimitIncrease(const Entry& entry) {
  v1::DenyLimitIncreaseResponse response;
  const auto& denied = EventOf(entry, Event::kLimitIncreaseDenied).limit_increase_denied();
  response.set_increase_id(IncreaseId(denied.increase()).text());
  response.set_billing_account(denied.billing_account());
  response.set_decided_by(denied.approver());
  response.set_reason(denied.reason());
  response.set_position(entry.position());
  return response;
}

absl::StatusOr<Command> ParseWithdrawLimitIncrease(const Call&, const v1::WithdrawLimitIncreaseRequest& request) {
  return WithdrawLimitIncrease{.increase = IdOf<IncreaseId>(request.increase_id())};
}

v1::WithdrawLimitIncreaseResponse RenderWithdrawLimitIncrease(const Entry& entry) {
  v1::WithdrawLimitIncreaseResponse response;
  const auto& withdrawn = EventOf(entry, Event::kLimitIncreaseWithdrawn).limit_increase_withdrawn();
  response.set_increase_id(IncreaseId(withdrawn.increase()).text());
  response.set_billing_account(withdrawn.billing_account());
  response.set_position(entry.position());
  return response;
}

// What the request asks to see: one account's, or the open ones of all.
absl::Status MayList(const State& state, const Call& call, const BillingAccountId& account) {
  if (account.empty())
    return IsStaff(call.principal) ? absl::OkStatus() : PermissionDenied("list the increases of all accounts");
  if (auto status = MayReadAccount(state, call.principal, account); !status.ok()) return status;
  return state.Find(account) == nullptr ? BillingAccountNotFound(account) : absl::OkStatus();
}

bool IsAsked(const LimitIncrease& increase, const BillingAccountId& account) {
  return account.empty() ? increase.status == LimitIncrease::Status::kPending : increase.account == account;
}

absl::StatusOr<v1::ListLimitIncreasesResponse> ListLimitIncreases(const Call& call,
                                                                  const v1::ListLimitIncreasesRequest& request,
                                                                  const State& state) {
  const auto account = state.Present(IdOf<BillingAccountId>(request.billing_account()));
  if (auto status = MayList(state, call, account); !status.ok()) return status;
  const auto token = FromPageToken(request.page_token());
  if (!token.ok()) return token.status();
  const auto before = IncreaseId::Parse(*token);
  if (!before.has_value() && !token->empty()) return BadPageToken();

  std::vector<const LimitIncrease*> found;
  for (const auto& [id, increase] : state.increases) {
    if (IsAsked(increase, account) && (!before.has_value() || id < *before)) found.push_back(&increase);
  }
  std::sort(found.begin(), found.end(), [](const auto* a, const auto* b) { return b->id < a->id; });
  const size_t size = std::min(PageSize(request.page_size()), found.size());
  v1::ListLimitIncreasesResponse response;
  for (size_t i = 0; i < size; ++i) {
    const BillingAccount* owner = state.Find(found[i]->account);
    *response.add_increases() = ToIncrease(*found[i], owner == nullptr ? "" : owner->currency);
  }
  if (size < found.size()) response.set_next_page_token(ToPageToken(found[size - 1]->id.text()));
  response.set_position(state.position);
  return response;
}

}  // namespace

void AddLimitService(Methods& methods, Ledger& ledger) {
  methods.Write<v1::SetSpendingLimitRequest, v1::SetSpendingLimitResponse>(ParseSetSpendingLimit,
                                                                           RenderSetSpendingLimit);
  methods.Write<v1::RequestLimitIncreaseRequest, v1::RequestLimitIncreaseResponse>(ParseRequestLimitIncrease,
                                                                                   RenderRequestLimitIncrease);
  methods.Write<v1::ApproveLimitIncreaseRequest, v1::ApproveLimitIncreaseResponse>(ParseApproveLimitIncrease,
                                                                                   RenderApproveLimitIncrease);
  methods.Write<v1::DenyLimitIncreaseRequest, v1::DenyLimitIncreaseResponse>(ParseDenyLimitIncrease,
                                                                             RenderDenyLimitIncrease);
  methods.Write<v1::WithdrawLimitIncreaseRequest, v1::WithdrawLimitIncreaseResponse>(ParseWithdrawLimitIncrease,
                                                                                     RenderWithdrawLimitIncrease);
  methods.Read<v1::ListLimitIncreasesRequest, v1::ListLimitIncreasesResponse>(
      [&ledger](const Call& call, const v1::ListLimitIncreasesRequest& request) {
        return FromState<v1::ListLimitIncreasesResponse>(
            ledger, [&](const State& state, absl::Time) { return ListLimitIncreases(call, request, state); });
      });
}

}  // namespace bursar
