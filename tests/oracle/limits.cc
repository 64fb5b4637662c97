// Spending limits and requests for higher ones.
#include "absl/strings/str_cat.h"
#include "bursar/v1/limit.pb.h"
#include "tests/oracle/ask.h"
#include "tests/oracle/money.h"

namespace bursar::oracle {
namespace {

Answer SetSpendingLimit(World& world, const Asked& asked, const v1::SetSpendingLimitRequest& request) {
  Account* account = world.FindAccount(world.Present(request.billing_account()));
  if (account == nullptr) return Refuse(v1::ERROR_REASON_BILLING_ACCOUNT_NOT_FOUND);
  if (!request.currency().empty() && request.currency() != account->currency) {
    return Refuse(v1::ERROR_REASON_CURRENCY_MISMATCH);
  }
  v1::SetSpendingLimitResponse response;
  response.set_billing_account(account->id);
  response.set_currency(account->currency);
  response.set_limit_micros(request.limit_micros());
  response.set_previous_limit_micros(account->limit);
  const Wide before = Funds(*account, "", asked.now);
  account->limit = request.limit_micros();
  account->limit_end = absl::InfiniteFuture();
  Notice(*account, true, before, asked.now);
  response.set_funds_micros(Narrow(Funds(*account, "", asked.now)));
  response.set_position(asked.position);
  return Give(std::move(response));
}

Answer RequestLimitIncrease(World& world, const Asked& asked, const v1::RequestLimitIncreaseRequest& request) {
  const std::string id = world.Present(request.billing_account());
  const std::string user = request.user_id().empty() ? asked.person : world.Present(request.user_id());
  if (user != asked.person || !AnswersFor(world, user, id)) return Refuse(v1::ERROR_REASON_PERMISSION_DENIED);
  if (IsClosed(world, asked)) return Refuse(v1::ERROR_REASON_USER_CLOSED);
  Account* account = world.FindAccount(id);
  if (account == nullptr) return Refuse(v1::ERROR_REASON_PERMISSION_DENIED);
  if (!request.currency().empty() && request.currency() != account->currency) {
    return Refuse(v1::ERROR_REASON_CURRENCY_MISMATCH);
  }
  if (!IsSetUp(world, id)) return Refuse(v1::ERROR_REASON_BILLING_NOT_SET_UP);
  if (request.requested_limit_micros() <= account->limit) return Refuse(v1::ERROR_REASON_NOT_AN_INCREASE);
  v1::RequestLimitIncreaseResponse response;
  v1::LimitIncrease& increase = *response.mutable_increase();
  increase.set_increase_id(Name("increase", asked.position));
  increase.set_billing_account(id);
  increase.set_user_id(user);
  increase.set_currency(account->currency);
  increase.set_requested_limit_micros(request.requested_limit_micros());
  increase.set_limit_at_request_micros(account->limit);
  increase.set_purchase_order(request.purchase_order());
  increase.set_reason(request.reason());
  increase.set_status(v1::LimitIncrease::STATUS_PENDING);
  *increase.mutable_request_time() = ToTimestamp(asked.now);
  *increase.mutable_expire_time() = ToTimestamp(asked.now + absl::Hours(24 * 30));
  if (account->open_increase != 0) {
    world.increases[account->open_increase].set_status(v1::LimitIncrease::STATUS_SUPERSEDED);
    response.set_superseded_increase_id(Name("increase", account->open_increase));
  }
  account->open_increase = asked.position;
  world.increases[asked.position] = increase;
  response.set_position(asked.position);
  return Give(std::move(response));
}

// Nobody decides on a request of their own: who asked, who owns the account, or who is an admin of the organization.
bool IsOwn(World& world, const Asked& asked, const v1::LimitIncrease& increase) {
  const std::string person =
      world.Present(absl::StrCat("user-", asked.principal.substr(asked.principal.find('-') + 1)));
  return world.Present(increase.user_id()) == person ||
         AnswersFor(world, person, world.Present(increase.billing_account()));
}

std::optional<v1::ErrorReason> DecisionRefused(World& world, const Asked& asked, uint64_t number) {
  const auto found = world.increases.find(number);
  if (found == world.increases.end()) return v1::ERROR_REASON_INCREASE_NOT_FOUND;
  if (IsOwn(world, asked, found->second)) return v1::ERROR_REASON_OWN_REQUEST;
  if (found->second.status() != v1::LimitIncrease::STATUS_PENDING) return v1::ERROR_REASON_INCREASE_NOT_PENDING;
  return std::nullopt;
}

void Close(World& world, v1::LimitIncrease& increase, v1::LimitIncrease::Status status, const std::string& by,
           const std::string& note, absl::Time now) {
  increase.set_status(status);
  increase.set_decided_by(by);
  increase.set_decision_note(note);
  *increase.mutable_decision_time() = ToTimestamp(now);
  world.accounts[world.Present(increase.billing_account())].open_increase = 0;
}

Answer ApproveLimitIncrease(World& world, const Asked& asked, const v1::ApproveLimitIncreaseRequest& request) {
  const uint64_t number = NumberOf(request.increase_id());
  if (const auto refused = DecisionRefused(world, asked, number)) return Refuse(*refused);
  v1::LimitIncrease& increase = world.increases[number];
  Account& account = world.accounts[world.Present(increase.billing_account())];
  const int64_t limit = request.limit_micros() == 0 ? increase.requested_limit_micros() : request.limit_micros();
  if (limit > increase.requested_limit_micros()) return Refuse(v1::ERROR_REASON_MORE_THAN_REQUESTED);
  if (limit <= account.limit) return Refuse(v1::ERROR_REASON_NOT_AN_INCREASE);
  const absl::Time end = request.has_end_time() ? TimeOf(request.end_time()) : absl::InfiniteFuture();
  if (end <= asked.now) return Refuse(v1::ERROR_REASON_INVALID_FIELD);

  Close(world, increase, v1::LimitIncrease::STATUS_APPROVED, asked.principal, request.note(), asked.now);
  increase.set_approved_limit_micros(limit);
  v1::ApproveLimitIncreaseResponse response;
  response.set_increase_id(request.increase_id());
  response.set_billing_account(account.id);
  response.set_currency(account.currency);
  response.set_limit_micros(limit);
  response.set_previous_limit_micros(account.limit);
  const int64_t for_good = account.limit_end == absl::InfiniteFuture() ? account.limit : account.limit_afterwards;
  const Wide before = Funds(account, "", asked.now);
  account.limit = limit;
  account.limit_end = end;
  account.limit_afterwards = for_good;
  Notice(account, true, before, asked.now);
  response.set_funds_micros(Narrow(Funds(account, "", asked.now)));
  response.set_decided_by(asked.principal);
  response.set_position(asked.position);
  if (end != absl::InfiniteFuture()) {
    *increase.mutable_end_time() = ToTimestamp(end);
    *response.mutable_end_time() = ToTimestamp(end);
    response.set_limit_afterwards_micros(for_good);
  }
  return Give(std::move(response));
}

Answer DenyLimitIncrease(World& world, const Asked& asked, const v1::DenyLimitIncreaseRequest& request) {
  const uint64_t number = NumberOf(request.increase_id());
  if (const auto refused = DecisionRefused(world, asked, number)) return Refuse(*refused);
  v1::LimitIncrease& increase = world.increases[number];
  Close(world, increase, v1::LimitIncrease::STATUS_DENIED, asked.principal, request.reason(), asked.now);
  v1::DenyLimitIncreaseResponse response;
  response.set_increase_id(request.increase_id());
  response.set_billing_account(increase.billing_account());
  response.set_decided_by(asked.principal);
  response.set_reason(request.reason());
  response.set_position(asked.position);
  return Give(std::move(response));
}

Answer WithdrawLimitIncrease(World& world, const Asked& asked, const v1::WithdrawLimitIncreaseRequest& request) {
  const auto found = world.increases.find(NumberOf(request.increase_id()));
  if (found == world.increases.end() ||
      !AnswersFor(world, asked.person, world.Present(found->second.billing_account()))) {
    return Refuse(v1::ERROR_REASON_PERMISSION_DENIED);
  }
  if (IsClosed(world, asked)) return Refuse(v1::ERROR_REASON_USER_CLOSED);
  v1::LimitIncrease& increase = found->second;
  if (increase.status() != v1::LimitIncrease::STATUS_PENDING) return Refuse(v1::ERROR_REASON_INCREASE_NOT_PENDING);
  Close(world, increase, v1::LimitIncrease::STATUS_WITHDRAWN, "", "", asked.now);
  v1::WithdrawLimitIncreaseResponse response;
  response.set_increase_id(request.increase_id());
  response.set_billing_account(increase.billing_account());
  response.set_position(asked.position);
  return Give(std::move(response));
}

}  // namespace

void AddLimits(Handlers& handlers) {
  On<v1::SetSpendingLimitRequest>(handlers, SetSpendingLimit);
  On<v1::RequestLimitIncreaseRequest>(handlers, RequestLimitIncrease);
  On<v1::ApproveLimitIncreaseRequest>(handlers, ApproveLimitIncrease);
  On<v1::DenyLimitIncreaseRequest>(handlers, DenyLimitIncrease);
  On<v1::WithdrawLimitIncreaseRequest>(handlers, WithdrawLimitIncrease);
}

}  // namespace bursar::oracle
