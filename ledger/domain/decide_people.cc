// Users: how they come, and how they log in.
#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "ledger/domain/context.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

using storage::v1::Event;

// nullptr where the partner lists no such issuer, or there is no partner.
const IdentityProvider* FindProvider(const PublishPartner* partner, const std::string& issuer) {
  if (partner == nullptr) return nullptr;
  const auto found =
      absl::c_find_if(partner->identity_providers, [&](const IdentityProvider& one) { return one.issuer == issuer; });
  return found == partner->identity_providers.end() ? nullptr : &*found;
}

bool IsKnown(const State& state, const Identity& identity) {
  return state.user_of_identity.contains(std::make_pair(identity.issuer, identity.subject));
}

bool IsRegistered(const State& state, const std::string& email) {
  return state.user_of_email.contains(absl::AsciiStrToLower(email));
}

// Of an identity that a person registers with. Before the handle: whoever has an account needs no other handle.
absl::Status CheckIdentity(const RegisterUser& command, const IdentityProvider* provider, const State& state) {
  if (provider == nullptr) return InvalidField("identity_issuer", "is no identity provider of the partner");
  if (IsKnown(state, command.identity)) return IdentityTaken();
  if (IsRegistered(state, command.person.email)) return IdentityNotLinked();
  return absl::OkStatus();
}

Event Registered(const RegisterUser& command, const UserId& user, const PublishPartner* partner) {
  const std::string default_region = partner == nullptr ? "" : partner->default_region;
  Event event;
  auto& registered = *event.mutable_user_registered();
  registered.set_user_id(user.text());
  *registered.mutable_personal() = ToStorage(command.person);
  registered.set_partner_id(command.partner_id);
  registered.set_region(command.region.empty() ? default_region : command.region);
  if (registered.region() != default_region) registered.set_partner_region(default_region);
  return event;
}

Event Linked(const Identity& identity, const UserId& user) {
  Event event;
  auto& linked = *event.mutable_identity_linked();
  linked.set_user_id(user.text());
  linked.mutable_identity()->set_identity_issuer(identity.issuer);
  linked.mutable_identity()->set_identity_subject(identity.subject);
  return event;
}

Event Entitled(const Promotion& promotion, const UserId& user) {
  Event event;
  auto& entitled = *event.mutable_promotion_entitled();
  entitled.set_user_id(user.text());
  entitled.set_promotion_id(promotion.id);
  entitled.set_amount_micros(promotion.amount.micros());
  entitled.set_currency(promotion.currency);
  return event;
}

}  // namespace

absl::StatusOr<Decision> DecidePeople(const RegisterUser& command, const Context& context) {
  const State& state = context.state;
  const auto found = state.policy.partners.find(command.partner_id);
  const PublishPartner* partner = found == state.policy.partners.end() ? nullptr : &found->second;
  if (!command.partner_id.empty() && partner == nullptr) return PartnerNotFound(command.partner_id);
  const IdentityProvider* provider = FindProvider(partner, command.identity.issuer);
  if (!command.identity.empty()) {
    if (auto status = CheckIdentity(command, provider, state); !status.ok()) return status;
  }
  const UserId user = UserId::OfHandle(absl::AsciiStrToLower(command.handle));
  if (state.Find(user) != nullptr) return HandleTaken(user.handle());
  if (IsRegistered(state, command.person.email)) return EmailRegistered();

  Decision decision =
      Happened(Registered(command, user, partner), AccountOpened(BillingAccountId(user), command.currency));
  if (!command.identity.empty()) decision.events.push_back(Linked(command.identity, user));
  // An employee's billing is the house's own: no contact activates anything, so no promotion is promised either.
  if (provider != nullptr && provider->internal) {
    decision.events.push_back(UpgradedBy(storage::v1::UserUpgraded::ROUTE_INTERNAL, user));
    return decision;
  }
  const Promotion* promotion =
      partner == nullptr ? nullptr : state.policy.OpenPromotion(command.partner_id, command.currency, context.now);
  if (promotion != nullptr) decision.events.push_back(Entitled(*promotion, user));
  return decision;
}

// Linking what is linked already is said once more: the answer is the same, and so is the state.
absl::StatusOr<Decision> DecidePeople(const LinkIdentity& command, const Context& context) {
  const User* user = context.state.Find(command.user);
  if (user == nullptr) return UserNotFound(command.user);
  if (user->status == User::Status::kClosed) return UserClosed(user->id);
  const auto known =
      context.state.user_of_identity.find(std::make_pair(command.identity.issuer, command.identity.subject));
  if (known != context.state.user_of_identity.end() && known->second != user->id) return IdentityTaken();
  return Happened(Linked(command.identity, user->id));
}

}  // namespace bursar
