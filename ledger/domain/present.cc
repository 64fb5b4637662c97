#include "ledger/domain/present.h"

#include "absl/strings/match.h"

namespace bursar {
namespace {

bool IsPast(const State& state, const UserId& id) {
  const User* user = id.empty() ? nullptr : state.Find(id);
  return user != nullptr && !user->merged_into.empty();
}

// Organizations are never merged.
bool IsPast(const State& state, const BillingAccountId& id) {
  if (id.empty() || !absl::StartsWith(id.text(), UserTag::kPrefix)) return false;
  const BillingAccount* account = state.Find(id);
  return account != nullptr && !account->merged_into.empty();
}

// Every user and account that the command names, by the names that fields have in all commands; but for the two users
// of a merger, who are meant as they are.
template <class AnyCommand, class Visit>
void ForEachName(AnyCommand& command, const Visit& visit) {
  if constexpr (requires { command.user; }) visit(command.user);
  if constexpr (requires { command.admin; }) visit(command.admin);
  if constexpr (requires { command.billing_account; }) visit(command.billing_account);
  if constexpr (requires { command.bill_to; }) visit(command.bill_to);
  if constexpr (requires { command.scope; }) visit(command.scope.member);
  if constexpr (requires { command.action.user; }) ForEachName(command.action, visit);
}

}  // namespace

std::optional<Command> InPresentNames(const State& state, const Command& command) {
  bool past = false;
  std::visit([&](const auto& one) { ForEachName(one, [&](const auto& name) { past = past || IsPast(state, name); }); },
             command);
  if (!past) return std::nullopt;
  Command present = command;
  std::visit([&](auto& one) { ForEachName(one, [&](auto& name) { name = state.Present(name); }); }, present);
  return present;
}

}  // namespace bursar
