// bursar.v1.AccountService: users.
#include <set>

#include "absl/strings/str_cat.h"
#include "bursar/v1/account.pb.h"
#include "ledger/domain/permissions.h"
#include "ledger/domain/refusals.h"
#include "services/api/account_service.h"
#include "services/api/render.h"
#include "services/api/requests.h"
#include "services/api/services.h"

namespace bursar {
namespace {

using storage::v1::Entry;
using storage::v1::Event;

absl::StatusOr<Identity> ParseIdentity(const std::string& issuer, const std::string& subject) {
  if (issuer.empty() == subject.empty()) return Identity{.issuer = issuer, .subject = subject};
  return InvalidField(issuer.empty() ? "identity_issuer" : "identity_subject",
                      "has to be there, since the identity's other half is");
}

absl::StatusOr<Command> ParseRegisterUser(const Call&, const v1::RegisterUserRequest& request) {
  const auto identity = ParseIdentity(request.identity_issuer(), request.identity_subject());
  if (!identity.ok()) return identity.status();
  return RegisterUser{.handle = request.handle(),
                      .person = {.name = request.name(), .email = request.email()},
                      .partner_id = request.partner_id(),
                      .region = request.region(),
                      .currency = request.currency(),
                      .identity = *identity};
}

v1::RegisterUserResponse RenderRegisterUser(const Entry& entry) {
  v1::RegisterUserResponse response;
  const auto& registered = EventOf(entry, Event::kUserRegistered).user_registered();
  response.set_user_id(registered.user_id());
  response.set_partner_id(registered.partner_id());
  response.set_region(registered.region());
  if (!registered.partner_region().empty()) {
    response.add_warnings(absl::StrCat("Your region is ", registered.region(), ", the partner's is ",
                                       registered.partner_region(),
                                       ": moving data between regions is charged as egress."));
  }
  response.set_upgraded(EventOf(entry, Event::kUserUpgraded).has_user_upgraded());
  response.set_currency(EventOf(entry, Event::kBillingAccountOpened).billing_account_opened().currency());
  if (const Event& event = EventOf(entry, Event::kPromotionEntitled); event.has_promotion_entitled()) {
    auto& entitlement = *response.mutable_entitlement();
    entitlement.set_promotion_id(event.promotion_entitled().promotion_id());
    entitlement.set_amount_micros(event.promotion_entitled().amount_micros());
    entitlement.set_currency(event.promotion_entitled().currency());
    entitlement.set_status(v1::Entitlement::STATUS_ENTITLED);
  }
  response.set_position(entry.position());
  return response;
}

v1::Entitlement ToEntitlement(const Entitlement& entitlement) {
  v1::Entitlement shown;
  shown.set_promotion_id(entitlement.promotion_id);
  shown.set_amount_micros(entitlement.amount.micros());
  shown.set_currency(entitlement.currency);
  shown.set_lapse_reason(entitlement.lapse_reason);
  switch (entitlement.status) {
    case Entitlement::Status::kEntitled:
      shown.set_status(v1::Entitlement::STATUS_ENTITLED);
      break;
    case Entitlement::Status::kGranted:
      shown.set_status(v1::Entitlement::STATUS_GRANTED);
      break;
    case Entitlement::Status::kLapsed:
      shown.set_status(v1::Entitlement::STATUS_LAPSED);
      break;
  }
  return shown;
}

v1::User::Upgrade ToUpgrade(const State& state, const User& user) {
  if (!user.upgraded.has_value()) {
    const BillingAccount* account = state.Find(BillingAccountId(user.id));
    const bool pending = account != nullptr && account->setup.status == BillingSetup::Status::kPending;
    return pending ? v1::User::UPGRADE_PENDING : v1::User::UPGRADE_NOT_UPGRADED;
  }
  switch (*user.upgraded) {
    case UpgradeRoute::kForm:
      return v1::User::UPGRADE_BY_FORM;
    case UpgradeRoute::kOrganization:
      return v1::User::UPGRADE_BY_ORGANIZATION;
    case UpgradeRoute::kAssisted:
      return v1::User::UPGRADE_BY_ASSISTANCE;
    case UpgradeRoute::kInternal:
      return v1::User::UPGRADE_INTERNAL;
  }
  return v1::User::UPGRADE_UNSPECIFIED;
}

v1::Identity ToIdentity(const Identity& identity) {
  v1::Identity shown;
  shown.set_issuer(identity.issuer);
  shown.set_subject(identity.subject);
  return shown;
}

void SetMemberships(v1::User& shown, const State& state, const UserId& user) {
  std::set<OrganizationId> sorted;
  for (const auto& [id, organization] : state.organizations) {
    if (organization.members.contains(user) || organization.invitations.contains(user)) sorted.insert(id);
  }
  for (const OrganizationId& id : sorted) {
    const Organization& organization = *state.Find(id);
    if (const MemberAccess* access = organization.Member(user)) {
      *shown.add_memberships() = ToMembership(id, user, access);
    } else {
      *shown.add_invitations() = ToMembership(id, user, &organization.invitations.at(user));
    }
  }
}

v1::User ToUser(const State& state, const User& user, const Principal& viewer) {
  v1::User shown;
  shown.set_user_id(user.id.text());
  shown.set_handle(std::string(user.id.handle()));
  shown.set_name(user.person.name);
  shown.set_profile_only(!MayReadProfile(state, viewer, user.id));
  if (shown.profile_only()) return shown;
  shown.set_email(user.person.email);
  shown.set_partner_id(user.partner_id);
  shown.set_region(user.region);
  shown.set_default_payer(user.default_payer.text());
  shown.set_upgrade(ToUpgrade(state, user));
  if (user.entitlement.has_value()) *shown.mutable_entitlement() = ToEntitlement(*user.entitlement);
  SetMemberships(shown, state, user.id);
  for (const Identity& identity : user.identities) *shown.add_identities() = ToIdentity(identity);
  shown.set_closed(user.status == User::Status::kClosed);
  return shown;
}

// The user asked about, by whatever it is named: who it is now.
absl::StatusOr<const User*> FindAsked(const State& state, const Call& call, const v1::GetUserRequest& request) {
  const auto identity = ParseIdentity(request.identity_issuer(), request.identity_subject());
  if (!identity.ok()) return identity.status();
  if (!identity->empty()) {
    if (!request.user_id().empty()) return InvalidField("user_id", "has to be empty where an identity is named");
    if (!IsStaff(call.principal)) return PermissionDenied("look a user up by identity");
    const auto found = state.user_of_identity.find({identity->issuer, identity->subject});
    if (found == state.user_of_identity.end()) return NobodyOfIdentity(identity->issuer);
    return state.Find(found->second);
  }
  const auto id = UserOrCaller(call, "user_id", request.user_id());
  if (!id.ok()) return id.status();
  const User* user = state.Find(state.Present(*id));
  if (user == nullptr) return UserNotFound(*id);
  return user;
}

absl::StatusOr<Command> ParseLinkIdentity(const Call&, const v1::LinkIdentityRequest& request) {
  return LinkIdentity{.user = IdOf<UserId>(request.user_id()),
                      .identity = {.issuer = request.identity_issuer(), .subject = request.identity_subject()}};
}

v1::LinkIdentityResponse RenderLinkIdentity(const Entry& entry) {
  v1::LinkIdentityResponse response;
  const auto& linked = EventOf(entry, Event::kIdentityLinked).identity_linked();
  response.set_user_id(linked.user_id());
  response.mutable_identity()->set_issuer(linked.identity().identity_issuer());
  response.mutable_identity()->set_subject(linked.identity().identity_subject());
  response.set_position(entry.position());
  return response;
}

int64_t RevokedIn(const Entry& entry) {
  int64_t revoked = 0;
  for (const Event& event : entry.events()) revoked += event.credit_revoked().amount_micros();
  return revoked;
}

absl::StatusOr<Command> ParseMergeUsers(const Call&, const v1::MergeUsersRequest& request) {
  return MergeUsers{.from = IdOf<UserId>(request.from_user_id()),
                    .into = IdOf<UserId>(request.into_user_id()),
                    .reason = request.reason()};
}

v1::MergeUsersResponse RenderMergeUsers(const Entry& entry) {
  v1::MergeUsersResponse response;
  const auto& merged = EventOf(entry, Event::kUsersMerged).users_merged();
  const auto& moved = EventOf(entry, Event::kFundsMovedOut).funds_moved_out();
  int64_t credits = 0;
  for (const auto& credit : moved.credits()) credits += credit.amount_micros();
  response.set_from_user_id(merged.from_user_id());
  response.set_into_user_id(merged.into_user_id());
  response.set_currency(moved.currency());
  response.set_credits_micros(credits);
  response.set_outstanding_micros(moved.outstanding_micros());
  response.set_revoked_micros(RevokedIn(entry));
  response.set_position(entry.position());
  return response;
}

absl::StatusOr<Command> ParseCloseUser(const Call& call, const v1::CloseUserRequest& request) {
  const auto user = UserOrCaller(call, "user_id", request.user_id());
  if (!user.ok()) return user.status();
  return CloseUser{.user = *user};
}

v1::CloseUserResponse RenderCloseUser(const Entry& entry) {
  v1::CloseUserResponse response;
  response.set_user_id(EventOf(entry, Event::kUserClosed).user_closed().user_id());
  for (const Event& event : entry.events()) {
    if (event.has_member_removed()) response.add_organization_ids(event.member_removed().organization_id());
  }
  response.set_revoked_micros(RevokedIn(entry));
  response.set_position(entry.position());
  return response;
}

absl::StatusOr<Command> ParseSetDefaultPayer(const Call& call, const v1::SetDefaultPayerRequest& request) {
  const auto user = UserOrCaller(call, "user_id", request.user_id());
  if (!user.ok()) return user.status();
  return SetDefaultPayer{.user = *user, .billing_account = IdOf<BillingAccountId>(request.billing_account())};
}

v1::SetDefaultPayerResponse RenderSetDefaultPayer(const Entry& entry) {
  v1::SetDefaultPayerResponse response;
  const auto& set = EventOf(entry, Event::kDefaultPayerSet).default_payer_set();
  response.set_user_id(set.user_id());
  response.set_billing_account(set.billing_account());
  response.set_position(entry.position());
  return response;
}

}  // namespace

void AddAccountService(Methods& methods, Ledger& ledger) {
  methods.Write<v1::RegisterUserRequest, v1::RegisterUserResponse>(ParseRegisterUser, RenderRegisterUser);
  methods.Write<v1::LinkIdentityRequest, v1::LinkIdentityResponse>(ParseLinkIdentity, RenderLinkIdentity);
  methods.Write<v1::MergeUsersRequest, v1::MergeUsersResponse>(ParseMergeUsers, RenderMergeUsers);
  methods.Write<v1::CloseUserRequest, v1::CloseUserResponse>(ParseCloseUser, RenderCloseUser);
  methods.Write<v1::SetDefaultPayerRequest, v1::SetDefaultPayerResponse>(ParseSetDefaultPayer, RenderSetDefaultPayer);
  methods.Read<v1::GetUserRequest, v1::GetUserResponse>([&ledger](const Call& call, const v1::GetUserRequest& request) {
    return FromState<v1::GetUserResponse>(ledger,
                                          [&](const State& state, absl::Time) -> absl::StatusOr<v1::GetUserResponse> {
                                            const auto user = FindAsked(state, call, request);
                                            if (!user.ok()) return user.status();
                                            v1::GetUserResponse response;
                                            *response.mutable_user() = ToUser(state, **user, call.principal);
                                            response.set_position(state.position);
                                            return response;
                                          });
  });
  AddOrganizations(methods, ledger);
  AddProjects(methods, ledger);
}

}  // namespace bursar
