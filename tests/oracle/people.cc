// Users and the ways in which they log in.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "tests/oracle/ask.h"
#include "tests/oracle/money.h"

namespace bursar::oracle {
namespace {

const v1::IdentityProvider* ProviderOf(World& world, const std::string& partner, const std::string& issuer) {
  const auto found = world.partners.find(partner);
  if (found == world.partners.end()) return nullptr;
  for (const auto& provider : found->second.identity_providers()) {
    if (provider.issuer() == issuer) return &provider;
  }
  return nullptr;
}

// Of the open ones that are for the person, the one that started first.
const Promotion* OpenPromotion(World& world, const std::string& partner, const std::string& currency, absl::Time now) {
  const Promotion* first = nullptr;
  for (const auto& [id, promotion] : world.promotions) {
    if (promotion.policy.partner_id() != partner || promotion.policy.currency() != currency) continue;
    if (now < promotion.start || now >= promotion.end) continue;
    if (first == nullptr || promotion.start < first->start) first = &promotion;
  }
  return first;
}

std::optional<v1::ErrorReason> RegistrationRefused(World& world, const Asked& asked,
                                                   const v1::RegisterUserRequest& request, const std::string& id,
                                                   const std::string& email) {
  const bool with_identity = !request.identity_issuer().empty();
  if (with_identity != !request.identity_subject().empty()) return v1::ERROR_REASON_INVALID_FIELD;
  if (with_identity && asked.role != Role::kService && asked.role != Role::kSupport) {
    return v1::ERROR_REASON_PERMISSION_DENIED;
  }
  if (IsClosed(world, asked)) return v1::ERROR_REASON_USER_CLOSED;
  if (!request.partner_id().empty() && world.partners.count(request.partner_id()) == 0) {
    return v1::ERROR_REASON_PARTNER_NOT_FOUND;
  }
  if (with_identity) {
    if (ProviderOf(world, request.partner_id(), request.identity_issuer()) == nullptr) {
      return v1::ERROR_REASON_INVALID_FIELD;
    }
    if (world.user_of_identity.count({request.identity_issuer(), request.identity_subject()}) != 0) {
      return v1::ERROR_REASON_IDENTITY_TAKEN;
    }
    if (world.user_of_email.count(email) != 0) return v1::ERROR_REASON_IDENTITY_NOT_LINKED;
  }
  if (world.users.count(id) != 0) return v1::ERROR_REASON_HANDLE_TAKEN;
  if (world.user_of_email.count(email) != 0) return v1::ERROR_REASON_EMAIL_REGISTERED;
  return std::nullopt;
}

Answer RegisterUser(World& world, const Asked& asked, const v1::RegisterUserRequest& request) {
  const std::string id = absl::StrCat("user-", absl::AsciiStrToLower(request.handle()));
  const std::string email = absl::AsciiStrToLower(request.email());
  if (const auto refused = RegistrationRefused(world, asked, request, id, email)) return Refuse(*refused);

  User user{.id = id, .name = request.name(), .email = request.email(), .partner = request.partner_id()};
  const auto* provider = ProviderOf(world, request.partner_id(), request.identity_issuer());
  const auto partner = world.partners.find(request.partner_id());
  const std::string home = partner == world.partners.end() ? "" : partner->second.default_region();
  user.region = request.region().empty() ? home : request.region();
  user.default_payer = id;
  if (provider != nullptr && provider->internal()) {
    user.upgrade = v1::User::UPGRADE_INTERNAL;
  } else if (const Promotion* open = OpenPromotion(world, user.partner, request.currency(), asked.now)) {
    v1::Entitlement entitlement;
    entitlement.set_promotion_id(open->policy.promotion_id());
    entitlement.set_amount_micros(open->policy.amount_micros());
    entitlement.set_currency(open->policy.currency());
    entitlement.set_status(v1::Entitlement::STATUS_ENTITLED);
    user.entitlement = entitlement;
  }
  if (!request.identity_issuer().empty()) {
    user.identities.emplace_back(request.identity_issuer(), request.identity_subject());
    world.user_of_identity[user.identities.back()] = id;
  }
  world.user_of_email[email] = id;
  world.accounts[id] = {.id = id, .currency = request.currency()};
  if (user.upgrade == v1::User::UPGRADE_INTERNAL) {
    world.accounts[id].confirmed = true;
    world.accounts[id].setup = v1::BillingSetup::STATUS_CONFIRMED;
  }

  v1::RegisterUserResponse response;
  response.set_user_id(id);
  response.set_partner_id(user.partner);
  response.set_region(user.region);
  response.set_currency(request.currency());
  if (user.entitlement.has_value()) *response.mutable_entitlement() = *user.entitlement;
  response.set_position(asked.position);
  const auto& seen = asked.Seen<v1::RegisterUserResponse>();
  if (!home.empty() && user.region != home && seen.warnings_size() == 1) response.add_warnings(seen.warnings(0));
  response.set_upgraded(user.upgrade == v1::User::UPGRADE_INTERNAL);
  world.users[id] = std::move(user);
  return Give(std::move(response));
}

Answer LinkIdentity(World& world, const Asked& asked, const v1::LinkIdentityRequest& request) {
  const std::string id = world.Present(request.user_id());
  User* user = world.FindUser(id);
  if (user == nullptr) return Refuse(v1::ERROR_REASON_USER_NOT_FOUND);
  if (user->closed) return Refuse(v1::ERROR_REASON_USER_CLOSED);
  const std::pair<std::string, std::string> identity(request.identity_issuer(), request.identity_subject());
  const auto taken = world.user_of_identity.find(identity);
  if (taken != world.user_of_identity.end() && world.Present(taken->second) != id) {
    return Refuse(v1::ERROR_REASON_IDENTITY_TAKEN);
  }
  if (taken == world.user_of_identity.end()) {
    world.user_of_identity[identity] = id;
    user->identities.push_back(identity);
  }
  v1::LinkIdentityResponse response;
  response.set_user_id(id);
  response.mutable_identity()->set_issuer(identity.first);
  response.mutable_identity()->set_subject(identity.second);
  response.set_position(asked.position);
  return Give(std::move(response));
}

bool IsPrepaidLeft(const Account& account) {
  const Sums sums = account.Add();
  for (size_t lot = 1; lot < sums.size(); ++lot) {
    if (account.credits[lot - 1].prepaid && sums[lot][kAvailable] > 0) return true;
  }
  return false;
}

bool IsLastAdminSomewhere(World& world, const std::string& user) {
  for (const auto& [id, organization] : world.organizations) {
    if (!AnswersFor(world, user, id)) continue;
    const auto admins = std::count_if(organization.members.begin(), organization.members.end(),
                                      [](const auto& member) { return member.second.admin; });
    if (admins == 1) return true;
  }
  return false;
}

Wide RevokeAll(Account& account) {
  Wide revoked = 0;
  const Sums sums = account.Add();
  for (size_t lot = 1; lot < sums.size(); ++lot) {
    Credit& credit = account.credits[lot - 1];
    if (credit.over || credit.gone || credit.revoked || sums[lot][kAvailable] == 0) continue;
    credit.revoked = true;
    revoked += sums[lot][kAvailable];
    account.Put(lot, kAvailable, kRevoked, Narrow(sums[lot][kAvailable]));
  }
  return revoked;
}

Answer CloseUser(World& world, const Asked& asked, const v1::CloseUserRequest& request) {
  std::string id;
  if (auto refused = FindSubject(world, asked, request.user_id(), id)) return *refused;
  User* user = world.FindUser(id);
  if (user == nullptr) return Refuse(v1::ERROR_REASON_USER_NOT_FOUND);
  if (user->closed) return Refuse(v1::ERROR_REASON_USER_CLOSED);
  Account& account = world.accounts[id];
  if (Owed(account) > 0 || IsPrepaidLeft(account) || HasOpenHolds(world, id)) {
    return Refuse(v1::ERROR_REASON_NOT_SETTLED);
  }
  if (IsLastAdminSomewhere(world, id)) return Refuse(v1::ERROR_REASON_LAST_ADMIN);

  v1::CloseUserResponse response;
  response.set_user_id(id);
  for (auto& [name, organization] : world.organizations) {
    organization.invitations.erase(id);
    if (organization.members.erase(id) != 0) response.add_organization_ids(name);
  }
  user->default_payer = id;
  user->closed = true;
  if (user->upgrade == v1::User::UPGRADE_BY_ORGANIZATION) user->upgrade = v1::User::UPGRADE_NOT_UPGRADED;
  const Wide before = Funds(account, "", asked.now);
  response.set_revoked_micros(Narrow(RevokeAll(account)));
  account.limit = 0;
  account.limit_end = absl::InfiniteFuture();
  if (account.open_increase != 0) {
    auto& increase = world.increases[account.open_increase];
    increase.set_status(v1::LimitIncrease::STATUS_WITHDRAWN);
    *increase.mutable_decision_time() = ToTimestamp(asked.now);
    account.open_increase = 0;
  }
  account.link_expire = absl::InfinitePast();
  account.setup_is_foggy = true;
  Notice(account, false, before, asked.now);
  response.set_position(asked.position);
  return Give(std::move(response));
}

Answer SetDefaultPayer(World& world, const Asked& asked, const v1::SetDefaultPayerRequest& request) {
  std::string id;
  if (auto refused = FindSubject(world, asked, request.user_id(), id)) return *refused;
  User* user = world.FindUser(id);
  if (user == nullptr) return Refuse(v1::ERROR_REASON_USER_NOT_FOUND);
  const std::string account = world.Present(request.billing_account());
  if (!BillsTo(world, id, account)) {
    return Refuse(IsUser(account) ? v1::ERROR_REASON_NOT_YOUR_BILLING_ACCOUNT
                                  : v1::ERROR_REASON_BILLABLE_ACTIVITIES_NOT_ALLOWED);
  }
  user->default_payer = account;
  v1::SetDefaultPayerResponse response;
  response.set_user_id(id);
  response.set_billing_account(account);
  response.set_position(asked.position);
  return Give(std::move(response));
}

void ShowMembership(World&, const std::string& organization, const std::string& user, const Access& access,
                    v1::Membership& shown) {
  shown.set_organization_id(organization);
  shown.set_user_id(user);
  shown.mutable_access()->set_admin(access.admin);
  shown.mutable_access()->set_allow_billable_activities(access.bills);
}

void ShowEverything(World& world, const User& user, v1::User& shown) {
  shown.set_email(user.email);
  shown.set_partner_id(user.partner);
  shown.set_region(user.region);
  shown.set_default_payer(user.default_payer);
  const Account& account = world.accounts[user.id];
  const bool pending =
      user.upgrade == v1::User::UPGRADE_NOT_UPGRADED && account.setup == v1::BillingSetup::STATUS_PENDING;
  shown.set_upgrade(pending ? v1::User::UPGRADE_PENDING : user.upgrade);
  if (user.entitlement.has_value()) *shown.mutable_entitlement() = *user.entitlement;
  for (const auto& [name, organization] : world.organizations) {
    if (const auto member = organization.members.find(user.id); member != organization.members.end()) {
      ShowMembership(world, name, user.id, member->second, *shown.add_memberships());
    }
    if (const auto invited = organization.invitations.find(user.id); invited != organization.invitations.end()) {
      ShowMembership(world, name, user.id, invited->second, *shown.add_invitations());
    }
  }
  for (const auto& [issuer, subject] : user.identities) {
    auto& identity = *shown.add_identities();
    identity.set_issuer(issuer);
    identity.set_subject(subject);
  }
  shown.set_closed(user.closed);
}

Answer GetUser(World& world, const Asked& asked, const v1::GetUserRequest& request) {
  const bool by_identity = !request.identity_issuer().empty() || !request.identity_subject().empty();
  if (by_identity) return NoOpinion();
  if (request.user_id().empty() && asked.role != Role::kUser) return Refuse(v1::ERROR_REASON_INVALID_FIELD);
  const std::string id = request.user_id().empty() ? asked.person : world.Present(request.user_id());
  const User* user = world.FindUser(id);
  if (user == nullptr) return Refuse(v1::ERROR_REASON_USER_NOT_FOUND);
  v1::GetUserResponse response;
  v1::User& shown = *response.mutable_user();
  shown.set_user_id(id);
  shown.set_handle(id.substr(5));
  shown.set_name(user->name);
  if (IsStaff(asked) || asked.person == id) {
    ShowEverything(world, *user, shown);
    if (world.accounts[id].setup_is_foggy) shown.set_upgrade(asked.Seen<v1::GetUserResponse>().user().upgrade());
  } else {
    shown.set_profile_only(true);
  }
  if (shown.has_entitlement()) {
    shown.mutable_entitlement()->set_lapse_reason(
        asked.Seen<v1::GetUserResponse>().user().entitlement().lapse_reason());
  }
  response.set_position(asked.position);
  return Tell(std::move(response));
}

}  // namespace

void AddPeople(Handlers& handlers) {
  On<v1::RegisterUserRequest>(handlers, RegisterUser);
  On<v1::LinkIdentityRequest>(handlers, LinkIdentity);
  On<v1::CloseUserRequest>(handlers, CloseUser);
  On<v1::SetDefaultPayerRequest>(handlers, SetDefaultPayer);
  On<v1::GetUserRequest>(handlers, GetUser);
}

}  // namespace bursar::oracle
