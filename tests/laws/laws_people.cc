// The laws of people: who is merged, closed, removed, and where the money goes then.
#include <algorithm>

#include "tests/laws/laws.h"

namespace bursar::laws {
namespace {

using storage::v1::Event;

bool HoldsOn(const Model& model, const std::string& account) {
  return std::any_of(model.holds.begin(), model.holds.end(),
                     [&](const auto& hold) { return hold.second.account == account; });
}

int64_t HeldOf(const ModelAccount& account) {
  int64_t held = account.held_on_limit();
  for (const auto& [number, credit] : account.credits) held += credit.held();
  return held;
}

}  // namespace

void Laws::CheckPeople(const Event& event, Step& step) {
  switch (event.kind_case()) {
    case Event::kUsersMerged:
      return On(event.users_merged(), step);
    case Event::kUserClosed:
      return On(event.user_closed(), step);
    case Event::kMemberRemoved:
      return On(event.member_removed(), step);
    case Event::kProjectTransferOffered:
      return On(event.project_transfer_offered(), step);
    case Event::kProjectPayerSet:
      return On(event.project_payer_set(), step);
    case Event::kFundsMovedOut:
      return On(event.funds_moved_out(), step);
    case Event::kFundsMovedIn:
      return On(event.funds_moved_in(), step);
    default:
      return Law(false, "an event of another topic");
  }
}

void Laws::CheckMembers(const storage::v1::Entry& entry) {
  for (const Event& event : entry.events()) {
    if (event.has_users_merged()) CheckMerger(event.users_merged());
    if (event.has_member_removed()) CheckDefaultPayer(event.member_removed().user_id());
    if (event.has_member_access_set()) CheckDefaultPayer(event.member_access_set().user_id());
  }
}

void Laws::CheckMerger(const storage::v1::UsersMerged& event) {
  const ModelAccount& from = model_.accounts.at(event.from_user_id());
  Law(from.outstanding() == 0 && HeldOf(from) == 0 && from.limit == 0 && from.open_increase == 0,
      "nothing is left with who is merged");
  for (const auto& [number, credit] : from.credits) {
    Law(credit.over || credit.available() == 0, "credit-", number, " stayed with who is merged");
  }
  int promotions = 0;
  for (const auto& [number, credit] : model_.accounts.at(event.into_user_id()).credits) {
    promotions += credit.promotion && !credit.over ? 1 : 0;
  }
  Law(promotions <= 1, "one promotion credit per person, not ", promotions);
  for (const auto& [id, members] : model_.members) {
    const Organization* organization = state_.Find(OrganizationId::Trusted(id));
    std::map<std::string, MemberAccess> known;
    for (const auto& [user, access] : organization->members) known[user.text()] = access;
    Law(known == members, "members of ", id, " after a merger");
  }
}

void Laws::CheckDefaultPayer(const std::string& user) {
  const std::string& payer = model_.default_payers.at(user);
  Law(model_.MayBill(user, payer), user, " may not bill to its default payer ", payer);
  const User* known = state_.Find(UserId::Trusted(user));
  Law(known != nullptr && known->default_payer.text() == payer, "the default payer of ", user, " is ", payer);
}

bool Laws::NamesClosed(const Command& command, const Principal& principal) const {
  const auto closed = [this](const std::string& id) { return model_.closed.count(id) != 0; };
  const auto caller = principal.user();
  if (caller.has_value() && closed(model_.Now(caller->text()))) return true;
  if (const auto* create = std::get_if<CreateProject>(&command)) return closed(create->user.text());
  if (const auto* link = std::get_if<LinkIdentity>(&command)) return closed(link->user.text());
  if (const auto* close = std::get_if<CloseUser>(&command)) return closed(close->user.text());
  if (const auto* invite = std::get_if<InviteMember>(&command)) return closed(invite->user.text());
  if (const auto* create = std::get_if<CreateOrganization>(&command)) return closed(create->admin.text());
  if (const auto* set = std::get_if<SetProjectPayer>(&command)) return closed(set->bill_to.text());
  return false;
}

bool Laws::RefusedPeople(const Command& command, const std::string& reason, const Principal& principal) {
  if (reason == "USER_CLOSED") {
    Law(NamesClosed(command, principal), "refused as closed, though nobody is");
    Saw("a closed user refused");
    return true;
  }
  if (const auto* merge = std::get_if<MergeUsers>(&command)) {
    const std::string& from = merge->from.text();
    const std::string& into = merge->into.text();
    const bool known = model_.default_payers.count(from) != 0 && model_.default_payers.count(into) != 0;
    Law(known == (reason != "USER_NOT_FOUND"), "merger refused for ", reason);
    if (!known) return true;
    const bool ended =
        model_.merged.count(from) + model_.merged.count(into) + model_.closed.count(from) + model_.closed.count(into) !=
        0;
    const bool apart = from == into || ended || model_.accounts.at(from).currency != model_.accounts.at(into).currency;
    Law(apart == (reason == "NOT_MERGEABLE"), "merger refused for ", reason);
    if (apart) return true;
    const bool held = HoldsOn(model_, from) || HeldOf(model_.accounts.at(from)) != 0;
    Law(held == (reason == "NOT_SETTLED"), "merger refused for ", reason);
    SawIf(held, "a merger refused for a hold");
    Law(held || reason == "AMOUNT_TOO_LARGE", "merger refused for ", reason);
    return true;
  }
  if (const auto* close = std::get_if<CloseUser>(&command)) {
    const std::string& user = close->user.text();
    const bool known = model_.default_payers.count(user) != 0;
    Law(known == (reason != "USER_NOT_FOUND"), "close refused for ", reason);
    if (!known) return true;
    const ModelAccount& account = model_.accounts.at(user);
    bool settled = account.outstanding() == 0 && HeldOf(account) == 0 && !HoldsOn(model_, user);
    for (const auto& [number, credit] : account.credits) {
      settled = settled && (!credit.prepaid || credit.available() == 0);
    }
    Law(settled == (reason != "NOT_SETTLED"), "close refused for ", reason);
    SawIf(!settled, "a close refused for what is not settled");
    if (!settled) return true;
    const bool last = std::any_of(model_.members.begin(), model_.members.end(),
                                  [&](const auto& one) { return model_.IsLastAdmin(one.first, user); });
    Law(last && reason == "LAST_ADMIN", "close refused for ", reason);
    return true;
  }
  if (const auto* remove = std::get_if<RemoveMember>(&command)) {
    const auto members = model_.members.find(remove->organization.text());
    const bool member = members != model_.members.end() && members->second.count(remove->user.text()) != 0;
    Law(member == (reason != "NOT_A_MEMBER"), "removal refused for ", reason);
    if (!member) return true;
    Law(reason == "LAST_ADMIN" && model_.IsLastAdmin(members->first, remove->user.text()), "removal refused for ",
        reason);
    Saw("a last admin kept");
    return true;
  }
  return false;
}

void Laws::On(const storage::v1::UsersMerged& event, Step& step) {
  const auto* merge = std::get_if<MergeUsers>(&step.command);
  Law(merge != nullptr && merge->from.text() == event.from_user_id() && merge->into.text() == event.into_user_id(),
      "who was asked to be merged is merged");
  for (const std::string& user : {event.from_user_id(), event.into_user_id()}) {
    Law(model_.merged.count(user) == 0 && model_.closed.count(user) == 0, user, " is no more");
  }
  Law(!HoldsOn(model_, event.from_user_id()), "nobody is merged while something runs");
  Saw("a user merged");
}

void Laws::On(const storage::v1::UserClosed& event, Step& step) {
  Law(std::holds_alternative<CloseUser>(step.command), "users close only when asked to");
  const ModelAccount& account = model_.accounts.at(event.user_id());
  Law(account.outstanding() == 0 && HeldOf(account) == 0 && account.limit == 0, "who closes has settled");
  for (const auto& [number, credit] : account.credits) {
    Law(credit.available() == 0, "credit-", number, " has something left in a closed account");
  }
  for (const auto& [id, members] : model_.members) {
    Law(members.count(event.user_id()) == 0, event.user_id(), " is closed and a member of ", id);
  }
  Saw("a user closed");
}

void Laws::On(const storage::v1::MemberRemoved& event, Step& step) {
  Law(std::holds_alternative<RemoveMember>(step.command) || std::holds_alternative<CloseUser>(step.command),
      "members go when asked to");
  Law(model_.members.at(event.organization_id()).count(event.user_id()) != 0, "only a member is removed");
  Law(!model_.IsLastAdmin(event.organization_id(), event.user_id()), "the last admin stays");
  Saw("a member removed");
}

void Laws::On(const storage::v1::ProjectTransferOffered& event, Step& step) {
  const auto* set = std::get_if<SetProjectPayer>(&step.command);
  Law(set != nullptr && set->bill_to.text() == event.billing_account() && set->project.number() == event.project(),
      "what is offered is what was asked");
  Saw("a project offered");
}

void Laws::On(const storage::v1::ProjectPayerSet& event, Step& step) {
  const auto* accept = std::get_if<AcceptProjectTransfer>(&step.command);
  Law(event.previous_billing_account() == model_.projects.at(event.project()), "a project's payer before");
  if (accept != nullptr) {
    const auto offer = model_.offers.find(event.project());
    Law(offer != model_.offers.end() && offer->second == event.billing_account(), "only an offer is accepted");
  }
  const auto* set = std::get_if<SetProjectPayer>(&step.command);
  Law(accept != nullptr || set != nullptr, "a project moves when asked to");
  if (!broken_.empty()) return;
  const std::string& user = accept != nullptr ? accept->user.text() : set->user.text();
  Law(model_.AnswersFor(user, event.billing_account()), "who moves a project answers for who pays then");
  const ModelAsked asked{.account = event.billing_account(), .user = user, .project = event.project()};
  Law(model_.JudgeMoney(asked, step.now).reasons.empty(), "a project moves to who can pay");
  Saw("a project moved");
}

void Laws::On(const storage::v1::FundsMovedOut& event, Step& step) {
  const ModelAccount& account = model_.accounts.at(event.billing_account());
  step.crossed_before.emplace(event.billing_account(), account.crossed_percent);
  const bool merges = std::holds_alternative<MergeUsers>(step.command);
  Law(merges || (std::holds_alternative<ReverseCharge>(step.command) &&
                 model_.Now(event.billing_account()) == event.to_billing_account()),
      "only merging moves money, and what comes back to who was merged");
  Law(event.outstanding_micros() == account.outstanding(), "all that is owed moves");
  for (const auto& moved : event.credits()) {
    const ModelCredit& credit = account.credits.at(moved.credit());
    Law((!credit.over || (!merges && credit.moved > 0)) && moved.amount_micros() == credit.available() &&
            moved.amount_micros() > 0,
        "all that is left of credit-", moved.credit(), " moves");
  }
  SawIf(merges && event.credits_size() > 0, "a merger that moved credits");
  SawIf(merges && event.outstanding_micros() > 0, "a merger that moved debt");
  SawIf(!merges, "a reversal that went on to the survivor");
}

void Laws::On(const storage::v1::FundsMovedIn& event, Step& step) {
  const ModelAccount& account = model_.accounts.at(event.billing_account());
  step.crossed_before.emplace(event.billing_account(), account.crossed_percent);
  step.claims.push_back({event.billing_account(), "", event.funds_after_micros()});
  const auto out = std::find_if(step.entry.events().begin(), step.entry.events().end(), [&](const Event& one) {
    return one.has_funds_moved_out() && one.funds_moved_out().billing_account() == event.from_billing_account();
  });
  Law(out != step.entry.events().end(), "what comes in has gone out");
  if (!broken_.empty()) return;
  const auto& moved = out->funds_moved_out();
  Law(moved.outstanding_micros() == event.outstanding_micros() && moved.credits_size() == event.credits_size() &&
          std::equal(moved.credits().begin(), moved.credits().end(), event.credits().begin(),
                     [](const auto& a, const auto& b) { return a.SerializeAsString() == b.SerializeAsString(); }),
      "what comes in is what has gone out");
}

}  // namespace bursar::laws
