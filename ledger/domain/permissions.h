// Who may do and see what. Permission is decided before existence is revealed: who may not know gets the same answer
// for what exists and what does not.
#pragma once

#include <optional>

#include "absl/status/status.h"
#include "ledger/base/principal.h"
#include "ledger/domain/commands.h"
#include "ledger/domain/state.h"

namespace bursar {

// OK where `principal` may give this command at all; whether it then succeeds is for the rules.
absl::Status MayCommand(const State& state, const Command& command, const Principal& principal);

// The user who asks: whoever the caller's user is now; nullopt unless the caller is a user.
std::optional<UserId> PersonBehind(const State& state, const Principal& principal);

// Full profile: the user itself, services, operators, finance and support; anybody else sees id, handle and name.
bool MayReadProfile(const State& state, const Principal& principal, const UserId& user);

// Whether `user` answers for the account: its owner, or an admin of the organization.
bool AnswersFor(const State& state, const UserId& user, const BillingAccountId& account);

// Whether `user` may give the project another payer: its owner, and whoever answers for its payer.
bool MayMove(const State& state, const UserId& user, const Project& project);

// Balances, limits, credits and holds: the owner, the organization's admins and spending members, services, operators,
// finance and support.
absl::Status MayReadAccount(const State& state, const Principal& principal, const BillingAccountId& account);

// The owner, and the organization's admins and spending members: who among users may see what an account has and pays.
bool SeesCosts(const State& state, const UserId& user, const BillingAccountId& account);

// Members and invitations: its members and invited users, services, operators, finance and support.
absl::Status MayReadOrganization(const State& state, const Principal& principal, const OrganizationId& organization);

// Its owner, whoever may read its payer's account, services, operators, finance and support.
absl::Status MayReadProject(const State& state, const Principal& principal, ProjectId project);

// Whether `principal` may ask for a higher limit of this account: its owner, or an admin of the organization.
bool CanIncrease(const State& state, const Principal& principal, const BillingAccountId& account);

// The account whose living or used link this is; nullptr for an altered, dead or invented one. The link is the
// permission to see what it asks for, and to accept it.
const BillingAccount* FindByLink(const State& state, const std::string& selector, const std::string& secret_hash);

// Services, operators, finance and support: those who serve more than one customer.
bool IsStaff(const Principal& principal);

}  // namespace bursar
