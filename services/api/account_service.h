// The parts of bursar.v1.AccountService, a file each.
#pragma once

#include "bursar/v1/account.pb.h"
#include "ledger/domain/state.h"
#include "services/api/methods.h"

namespace bursar {

void AddOrganizations(Methods& methods, Ledger& ledger);
void AddProjects(Methods& methods, Ledger& ledger);

// `access` is nullptr where the caller may not see it.
v1::Membership ToMembership(const OrganizationId& organization, const UserId& user, const MemberAccess* access);

}  // namespace bursar
