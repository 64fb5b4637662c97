// The laws of setting up who pays, of purchase orders, and of limit increases that end without a decision.
#include <algorithm>

#include "tests/laws/laws.h"

namespace bursar::laws {
namespace {

using storage::v1::Event;
using Setup = ModelAccount::Setup;
using Slot = ModelAccount::Slot;

bool IsOpen(const ModelAccount& account) { return account.confirmed_at == 0 && account.declined_at == 0; }

bool AsksNewContact(const ModelAccount& account) { return account.open_change != 0 && account.change_of_contact; }

template <class Used>
bool IsLinkOf(const ModelAccount& account, const Used* used) {
  return used != nullptr && !account.selector.empty() && account.selector == used->selector &&
         account.secret_hash == used->secret_hash;
}

template <class Is>
bool Beside(const storage::v1::Entry& entry, Is is) {
  return std::any_of(entry.events().begin(), entry.events().end(), is);
}

// Whether some slots cannot be offered: too few, past, backwards or the same twice.
bool CannotOffer(const std::vector<TimeSlot>& slots, int64_t now) {
  bool wrong = slots.size() < 2;
  for (size_t i = 0; i < slots.size(); ++i) {
    wrong |= absl::ToUnixMicros(slots[i].start) <= now || slots[i].end <= slots[i].start;
    for (size_t j = 0; j < i; ++j) wrong |= slots[i].start == slots[j].start && slots[i].end == slots[j].end;
  }
  return wrong;
}

}  // namespace

void Laws::CheckBillingEvent(const Event& event, Step& step) {
  switch (event.kind_case()) {
    case Event::kVerificationSent:
      return On(event.verification_sent(), step);
    case Event::kVerificationReminded:
      return On(event.verification_reminded(), step);
    case Event::kBillingConfirmed:
      return On(event.billing_confirmed(), step);
    case Event::kBillingDeclined:
      return On(event.billing_declined(), step);
    case Event::kBillingChangeRequested:
      return On(event.billing_change_requested(), step);
    case Event::kBillingChangeApplied:
      return On(event.billing_change_applied(), step);
    case Event::kBillingChangeClosed:
      return On(event.billing_change_closed(), step);
    case Event::kAssistedSetupRequested:
      return On(event.assisted_setup_requested(), step);
    case Event::kAssistedSetupScheduled:
      return On(event.assisted_setup_scheduled(), step);
    case Event::kAssistedSetupMissed:
      return On(event.assisted_setup_missed(), step);
    case Event::kPurchaseOrderRecorded:
      return On(event.purchase_order_recorded(), step);
    case Event::kPurchaseOrderAttached:
      return On(event.purchase_order_attached(), step);
    case Event::kLimitIncreaseWithdrawn:
      return On(event.limit_increase_withdrawn(), step);
    case Event::kLimitIncreaseExpired:
      return On(event.limit_increase_expired(), step);
    case Event::kLimitIncreaseEnded:
      return On(event.limit_increase_ended(), step);
    default:
      return Law(false, "an event of another topic");
  }
}

void Laws::On(const storage::v1::VerificationSent& event, Step& step) {
  const ModelAccount& account = model_.accounts.at(event.billing_account());
  Law(event.expire_time() > step.now, "a link is mailed that works");
  Law(event.remind_time() == 0 || (step.now < event.remind_time() && event.remind_time() < event.expire_time()),
      "a reminder comes while the link works");
  if (!std::holds_alternative<ExpireDue>(step.command)) return;
  Law(account.slot == Slot::kToCome && account.slot_selector == event.selector() && account.slot_start <= step.now &&
          event.expire_time() == account.slot_end,
      "a slot's link is mailed in its slot and lives as long");
  Saw("a slot begun");
}

void Laws::On(const storage::v1::VerificationReminded& event, Step& step) {
  const ModelAccount& account = model_.accounts.at(event.billing_account());
  Law(account.selector == event.selector() && IsOpen(account) && account.remind_time != 0 &&
          account.remind_time <= step.now,
      "who has not answered is reminded once, in time");
  Saw("a contact reminded");
}

void Laws::On(const storage::v1::BillingConfirmed& event, Step& step) {
  const ModelAccount& account = model_.accounts.at(event.billing_account());
  Law(IsLinkOf(account, std::get_if<ConfirmBilling>(&step.command)) && IsOpen(account) &&
          step.now < account.link_expire_time,
      "billing of ", event.billing_account(), " is confirmed by its newest link, once and in time");
  const bool change = AsksNewContact(account);
  Law(event.change() == (change ? account.open_change : 0), "what is confirmed is what was asked");
  Law(account.setup == (change ? Setup::kConfirmed : Setup::kPending), "what is pending is confirmed");
  SawIf(account.slot == Slot::kRunning, "a slot used");
  if (!change) return;
  Law(!Beside(step.entry, [](const Event& other) { return other.has_credit_granted() || other.has_user_upgraded(); }),
      "another contact brings no credit and no upgrade");
  Saw("a change of contact confirmed");
}

void Laws::On(const storage::v1::BillingDeclined& event, Step& step) {
  const ModelAccount& account = model_.accounts.at(event.billing_account());
  Law(IsLinkOf(account, std::get_if<DeclineBilling>(&step.command)) && IsOpen(account) &&
          step.now < account.link_expire_time,
      "billing of ", event.billing_account(), " is declined by its newest link, once and in time");
  Saw(AsksNewContact(account) ? "a change of contact declined" : "a link declined");
}

void Laws::On(const storage::v1::BillingChangeRequested& event, Step& step) {
  const ModelAccount& account = model_.accounts.at(event.billing_account());
  Law(account.setup == Setup::kConfirmed && account.open_change == 0 && event.change() == step.entry.position(),
      "one change beside what is confirmed is open at a time");
  Law(event.has_contact() == event.purchase_order().empty(), "a contact or a purchase order is to change");
  Law(model_.AnswersFor(event.user_id(), event.billing_account()), "owners and admins ask for changes");
}

void Laws::On(const storage::v1::BillingChangeApplied& event, Step& step) {
  const ModelAccount& account = model_.accounts.at(event.billing_account());
  Law(account.open_change == event.change(), "an open change is applied");
  const bool by_operator = std::holds_alternative<ApplyBillingChange>(step.command);
  Law(by_operator != account.change_of_contact, "contacts confirm themselves, operators apply the rest");
  SawIf(by_operator, "a change of purchase order applied");
}

void Laws::On(const storage::v1::BillingChangeClosed& event, Step& step) {
  Law(model_.accounts.at(event.billing_account()).open_change == event.change(), "an open change is closed");
  SawIf(std::holds_alternative<RequestBillingChange>(step.command), "a billing change superseded");
}

void Laws::On(const storage::v1::AssistedSetupRequested& event, Step& step) {
  const ModelAccount& account = model_.accounts.at(event.billing_account());
  const auto* request = std::get_if<RequestAssistedSetup>(&step.command);
  Law(request != nullptr && !CannotOffer(request->slots, step.now), "slots to come are offered");
  Law(account.setup != Setup::kConfirmed && event.setup() == step.entry.position(), "help is for who needs it");
  Law(account.slot != Slot::kRunning, "a running slot is given up first");
}

void Laws::On(const storage::v1::AssistedSetupScheduled& event, Step& step) {
  const ModelAccount& account = model_.accounts.at(event.billing_account());
  Law(account.assisted_setup == event.setup() && (account.slot == Slot::kNone || account.slot == Slot::kToCome),
      "what waits for a slot is scheduled");
  Law(step.now < event.slot().start_time() && event.slot().start_time() < event.slot().end_time(),
      "the slot is to come");
}

void Laws::On(const storage::v1::AssistedSetupMissed& event, Step& step) {
  const ModelAccount& account = model_.accounts.at(event.billing_account());
  const bool running = account.slot == Slot::kRunning;
  Law(account.assisted_setup == event.setup() && (running || account.slot == Slot::kToCome), "an open slot is missed");
  const bool given_up = std::holds_alternative<RequestAssistedSetup>(step.command);
  Law(given_up ? running : account.slot_end <= step.now, "a slot is missed at its end, or given up for others");
  if (!given_up) Saw(running ? "a slot missed" : "a slot missed without a mail");
}

void Laws::On(const storage::v1::PurchaseOrderRecorded& event, Step& step) {
  Law(event.purchase_order() == step.entry.position(), "a purchase order has its entry's number");
  for (const auto& [id, order] : model_.orders) {
    Law(order.platform_id != event.platform_id() || order.number != event.number(), "an order is recorded once");
  }
}

void Laws::On(const storage::v1::PurchaseOrderAttached& event, Step& step) {
  const ModelOrder& order = model_.orders.at(event.purchase_order());
  Law(model_.Now(order.platform_id) == event.billing_account() && model_.accounts.count(event.billing_account()) != 0,
      "an order goes to the account that it names");
  Law(order.increase == 0, "an order rests with its request");
  Law(event.increase() == model_.accounts.at(event.billing_account()).open_increase, "an order goes to what is open");
  SawIf(event.increase() != 0 && std::holds_alternative<RecordPurchaseOrder>(step.command),
        "a purchase order attached to a request");
  SawIf(std::holds_alternative<RequestLimitIncrease>(step.command), "a purchase order that waited");
}

void Laws::On(const storage::v1::LimitIncreaseWithdrawn& event, Step& step) {
  const ModelIncrease& increase = model_.increases.at(event.increase());
  const bool ends = std::holds_alternative<MergeUsers>(step.command) || std::holds_alternative<CloseUser>(step.command);
  Law(increase.pending && (ends || model_.AnswersFor(step.principal.text(), increase.account)),
      "who may ask takes an open request back");
  if (ends) return;
  Saw("an increase withdrawn");
}

void Laws::On(const storage::v1::LimitIncreaseExpired& event, Step& step) {
  const ModelIncrease& increase = model_.increases.at(event.increase());
  Law(increase.pending && increase.expire_time <= step.now, "an open request expires in its time");
  Saw("an increase expired");
}

void Laws::On(const storage::v1::LimitIncreaseEnded& event, Step& step) {
  const ModelAccount& account = model_.accounts.at(event.billing_account());
  Law(account.ending_increase == event.increase() && account.increase_end_time <= step.now,
      "an increase ends in its time");
  Law(Beside(step.entry,
             [&](const Event& other) {
               return other.has_spending_limit_set() &&
                      other.spending_limit_set().billing_account() == event.billing_account();
             }),
      "the limit falls back with it");
  Saw("an increase ended");
}

void Laws::RefusedLink(const std::string& selector, const std::string& secret_hash, bool confirms,
                       const std::string& reason, int64_t now) {
  const ModelAccount* linked = nullptr;
  for (const auto& [id, account] : model_.accounts) {
    if (!account.selector.empty() && account.selector == selector && account.secret_hash == secret_hash)
      linked = &account;
  }
  const bool answered_otherwise = linked != nullptr && (confirms ? linked->declined_at : linked->confirmed_at) != 0;
  const bool dead = linked == nullptr || answered_otherwise;
  Law(dead == (reason == "LINK_INVALID"), "link refused for ", reason);
  SawIf(dead, "a dead link refused");
  if (dead) return;
  Law(reason == "LINK_EXPIRED" && linked->link_expire_time <= now && IsOpen(*linked), "link refused for ", reason);
  Saw("a link expired");
}

bool Laws::RefusedBilling(const Command& command, const std::string& reason, int64_t now) {
  if (const auto* confirm = std::get_if<ConfirmBilling>(&command)) {
    RefusedLink(confirm->selector, confirm->secret_hash, /*confirms=*/true, reason, now);
    return true;
  }
  if (const auto* decline = std::get_if<DeclineBilling>(&command)) {
    RefusedLink(decline->selector, decline->secret_hash, /*confirms=*/false, reason, now);
    return true;
  }
  if (const auto* resend = std::get_if<ResendVerification>(&command)) {
    const auto account = model_.accounts.find(resend->billing_account.text());
    const bool known = account != model_.accounts.end();
    Law(known == (reason != "BILLING_ACCOUNT_NOT_FOUND"), "resending refused for ", reason);
    Law(!known || (account->second.setup != Setup::kPending && !AsksNewContact(account->second)),
        "resending refused for ", reason);
    return true;
  }
  if (const auto* change = std::get_if<RequestBillingChange>(&command)) {
    Law(reason == "BILLING_NOT_SET_UP" && model_.accounts.at(change->billing_account.text()).setup != Setup::kConfirmed,
        "a change refused for ", reason);
    return true;
  }
  if (const auto* apply = std::get_if<ApplyBillingChange>(&command)) {
    const auto applies = [&](const auto& account) {
      return account.second.open_change == apply->change.number() && !account.second.change_of_contact;
    };
    Law(reason == "NO_OPEN_CHANGE" && std::none_of(model_.accounts.begin(), model_.accounts.end(), applies),
        "applying refused for ", reason);
    return true;
  }
  if (const auto* offer = std::get_if<RequestAssistedSetup>(&command)) {
    const bool confirmed = model_.accounts.at(offer->billing_account.text()).setup == Setup::kConfirmed;
    Law(reason == (confirmed ? "ALREADY_CONFIRMED" : "INVALID_FIELD") && (confirmed || CannotOffer(offer->slots, now)),
        "slots refused for ", reason);
    return true;
  }
  if (const auto* schedule = std::get_if<ScheduleAssistedSetup>(&command)) {
    const auto waits = [&](const auto& account) {
      return account.second.assisted_setup == schedule->setup.number() &&
             (account.second.slot == Slot::kNone || account.second.slot == Slot::kToCome);
    };
    const bool open = std::any_of(model_.accounts.begin(), model_.accounts.end(), waits);
    Law(reason == (open ? "INVALID_FIELD" : "NO_OPEN_SETUP"), "a schedule refused for ", reason);
    return true;
  }
  if (const auto* order = std::get_if<RecordPurchaseOrder>(&command)) {
    const auto same = [&](const auto& known) {
      return known.second.platform_id == order->platform_id && known.second.number == order->number;
    };
    Law(reason == "PURCHASE_ORDER_RECORDED" && std::any_of(model_.orders.begin(), model_.orders.end(), same),
        "an order refused for ", reason);
    Saw("a purchase order recorded twice refused");
    return true;
  }
  if (const auto* withdraw = std::get_if<WithdrawLimitIncrease>(&command)) {
    const auto increase = model_.increases.find(withdraw->increase.number());
    Law(reason == "INCREASE_NOT_PENDING" && increase != model_.increases.end() && !increase->second.pending,
        "a withdrawal refused for ", reason);
    return true;
  }
  return false;
}

void Laws::CheckSetup(const std::string& id, const ModelAccount& model) {
  const BillingAccount& account = *state_.Find(BillingAccountId::Trusted(id));
  const BillingSetup& setup = account.setup;
  Law((setup.status == BillingSetup::Status::kConfirmed) == (model.setup == Setup::kConfirmed), id, " is confirmed");
  Law((setup.status == BillingSetup::Status::kPending) == (model.setup == Setup::kPending), id, " is pending");
  Law((setup.status == BillingSetup::Status::kDeclined) == (model.setup == Setup::kDeclined), id, " is declined");
  Law(setup.selector == model.selector && setup.secret_hash == model.secret_hash, "the living link of ", id);
  Law(setup.open_change.number() == model.open_change, "the open change of ", id);
  Law(setup.open_setup.number() == model.assisted_setup, "the assisted set-up of ", id);
  Law(account.ending_increase.number() == model.ending_increase, "the ending increase of ", id);
}

void Laws::CheckDueOfBilling() {
  const auto due = [this](Due::Kind kind) {
    return std::count_if(state_.due.begin(), state_.due.end(), [kind](const Due& one) { return one.kind == kind; });
  };
  const auto accounts = [this](auto is) {
    return std::count_if(model_.accounts.begin(), model_.accounts.end(),
                         [is](const auto& account) { return is(account.second); });
  };
  const auto pending = std::count_if(model_.increases.begin(), model_.increases.end(),
                                     [](const auto& increase) { return increase.second.pending; });
  Law(due(Due::Kind::kIncreaseExpires) == pending, "every open request will expire");
  Law(due(Due::Kind::kIncreaseEnds) == accounts([](const ModelAccount& a) { return a.ending_increase != 0; }),
      "every increase until a date will end");
  Law(due(Due::Kind::kVerificationReminds) == accounts([](const ModelAccount& a) { return a.remind_time != 0; }),
      "every contact who has not answered will be reminded");
  Law(due(Due::Kind::kSlotStarts) == accounts([](const ModelAccount& a) { return a.slot == Slot::kToCome; }),
      "every slot will begin");
  Law(due(Due::Kind::kSlotEnds) == accounts([](const ModelAccount& a) { return a.slot == Slot::kRunning; }),
      "every slot will end");
}

}  // namespace bursar::laws
