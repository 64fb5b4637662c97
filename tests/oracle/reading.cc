// What is read of billing accounts.
#include "bursar/v1/billing.pb.h"
#include "bursar/v1/credit.pb.h"
#include "bursar/v1/finance.pb.h"
#include "tests/oracle/ask.h"
#include "tests/oracle/money.h"

namespace bursar::oracle {
namespace {

void ShowBalance(const Account& account, const Asked& asked, v1::Balance& shown) {
  const Sums sums = account.Add();
  const Wide funds = Funds(account, "", asked.now);
  shown.set_billing_account(account.id);
  shown.set_currency(account.currency);
  shown.set_funds_micros(Narrow(funds));
  for (const size_t lot : BurnOrder(account)) {
    if (!account.credits[lot - 1].gone) *shown.add_credits() = ShowCredit(account, lot, sums);
  }
  shown.set_limit_micros(account.limit);
  shown.set_outstanding_micros(Narrow(sums[0][kCharged]));
  shown.set_held_micros(Narrow(Held(account)));
  Wide charged = 0;
  for (const auto& [category, micros] : account.charged_by_category) {
    auto& total = *shown.add_categories();
    total.set_category(category);
    total.set_charged_micros(Narrow(micros));
    charged += micros;
  }
  shown.set_charged_micros(Narrow(charged));
  shown.set_position(asked.position);
  *shown.mutable_as_of_time() = ToTimestamp(asked.now);
  shown.set_overshoot_micros(Narrow(funds < 0 ? -funds : Wide(0)));
}

// What the documents leave open of a credit: the words and the priority of one that was paid for.
void AdoptWords(const google::protobuf::RepeatedPtrField<v1::Credit>& seen, const Account& account,
                google::protobuf::RepeatedPtrField<v1::Credit>& shown) {
  for (int i = 0; i < shown.size() && i < seen.size(); ++i) {
    const Credit& credit = *const_cast<Account&>(account).FindCredit(NumberOf(shown.Get(i).credit_id()));
    if (!credit.prepaid) continue;
    shown.Mutable(i)->set_priority(seen.Get(i).priority());
    shown.Mutable(i)->set_reason(seen.Get(i).reason());
    shown.Mutable(i)->set_granted_by(seen.Get(i).granted_by());
    shown.Mutable(i)->clear_effective_time();
    if (seen.Get(i).has_effective_time()) *shown.Mutable(i)->mutable_effective_time() = seen.Get(i).effective_time();
  }
}

std::string Named(World& world, const Asked& asked, const std::string& account) {
  if (!account.empty()) return world.Present(account);
  const User* user = world.FindUser(asked.person);
  return user == nullptr ? "" : world.Present(user->default_payer);
}

std::optional<Answer> ReadingRefused(World& world, const Asked& asked, const std::string& named,
                                     const std::string& id) {
  if (named.empty() && asked.role != Role::kUser) return Refuse(v1::ERROR_REASON_INVALID_FIELD);
  if (id.empty()) return NoOpinion();
  if (!MayReadAccount(world, asked, id)) return Refuse(v1::ERROR_REASON_PERMISSION_DENIED);
  if (world.FindAccount(id) == nullptr) return Refuse(v1::ERROR_REASON_BILLING_ACCOUNT_NOT_FOUND);
  return std::nullopt;
}

Answer GetBalance(World& world, const Asked& asked, const v1::GetBalanceRequest& request) {
  // The past, and the books of merged users, are not followed.
  if (request.as_of_case() != v1::GetBalanceRequest::AS_OF_NOT_SET) return NoOpinion();
  const std::string id = Named(world, asked, request.billing_account());
  if (!request.billing_account().empty() && id != request.billing_account()) return NoOpinion();
  if (auto refused = ReadingRefused(world, asked, request.billing_account(), id)) return *refused;
  const Account& account = world.accounts[id];
  v1::GetBalanceResponse response;
  ShowBalance(account, asked, *response.mutable_balance());
  AdoptWords(asked.Seen<v1::GetBalanceResponse>().balance().credits(), account,
             *response.mutable_balance()->mutable_credits());
  return Tell(std::move(response));
}

Answer GetBillingAccount(World& world, const Asked& asked, const v1::GetBillingAccountRequest& request) {
  const std::string id = Named(world, asked, request.billing_account());
  if (auto refused = ReadingRefused(world, asked, request.billing_account(), id)) return *refused;
  const Account& account = world.accounts[id];
  const auto& seen = asked.Seen<v1::GetBillingAccountResponse>().billing_account();
  v1::GetBillingAccountResponse response;
  v1::BillingAccount& shown = *response.mutable_billing_account();
  ShowBalance(account, asked, *shown.mutable_balance());
  AdoptWords(seen.balance().credits(), account, *shown.mutable_balance()->mutable_credits());
  *shown.mutable_setup() = seen.setup();
  if (!account.setup_is_foggy) shown.mutable_setup()->set_status(account.setup);
  const User* person = world.FindUser(asked.person);
  shown.set_is_default_payer(person != nullptr && world.Present(person->default_payer) == id);
  shown.set_can_increase(asked.role == Role::kUser && AnswersFor(world, asked.person, id));
  shown.set_pending_increase_id(Name("increase", account.open_increase));
  shown.set_crossed_percent(account.percent);
  response.set_position(asked.position);
  return Tell(std::move(response));
}

Answer ListCredits(World& world, const Asked& asked, const v1::ListCreditsRequest& request) {
  const std::string id = world.Present(request.billing_account());
  if (auto refused = ReadingRefused(world, asked, request.billing_account(), id)) return *refused;
  const Account& account = world.accounts[id];
  if (!request.page_token().empty() || request.page_size() != 0 || account.credits.size() > 100) return NoOpinion();
  const Sums sums = account.Add();
  v1::ListCreditsResponse response;
  for (const size_t lot : BurnOrder(account)) {
    if (!account.credits[lot - 1].gone) *response.add_credits() = ShowCredit(account, lot, sums);
  }
  AdoptWords(asked.Seen<v1::ListCreditsResponse>().credits(), account, *response.mutable_credits());
  response.set_position(asked.position);
  return Tell(std::move(response));
}

}  // namespace

void AddReading(Handlers& handlers) {
  On<v1::GetBalanceRequest>(handlers, GetBalance);
  On<v1::GetBillingAccountRequest>(handlers, GetBillingAccount);
  On<v1::ListCreditsRequest>(handlers, ListCredits);
}

}  // namespace bursar::oracle
