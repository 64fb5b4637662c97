// Setting up who pays, in the state.
#include "ledger/base/check.h"
#include "ledger/domain/context.h"
#include "ledger/domain/evolution.h"

namespace bursar {

using Status = BillingSetup::Status;

void Evolution::On(const storage::v1::BillingAccountOpened& event) {
  const BillingAccountId id = BillingAccountId::Trusted(event.billing_account());
  BillingAccount& account = state_.accounts[id];
  account.id = id;
  account.currency = event.currency();
}

void Evolution::On(const storage::v1::AccountUpgradeSubmitted& event) {
  BillingSetup& setup = Account(event.billing_account()).setup;
  // The form takes the place of an appointment.
  ForgetAssistedSetup(setup);
  setup.status = Status::kPending;
  setup.route = UpgradeRoute::kForm;
  setup.contact = FromStorage(event.contact());
  setup.terms_version = event.terms_version();
  setup.pricing_version = event.pricing_version();
}

void Evolution::On(const storage::v1::VerificationSent& event) {
  BillingAccount& account = Account(event.billing_account());
  BillingSetup& setup = account.setup;
  KillLink(setup);
  setup.selector = event.selector();
  setup.secret_hash = event.secret_hash();
  setup.sent_time = time_;
  setup.expire_time = absl::FromUnixMicros(event.expire_time());
  setup.sent_at = entry_.position();
  setup.confirmed_at = 0;
  setup.declined_at = 0;
  state_.account_of_link[setup.selector] = account.id;
  setup.remind_time = TimeOrNever(event.remind_time());
  if (event.remind_time() != 0) {
    state_.account_of_reminder[setup.sent_at] = account.id;
    Expect(Due::Kind::kVerificationReminds, setup.remind_time, setup.sent_at);
  }
  const auto assisted = state_.assisted_setups.find(setup.open_setup);
  if (assisted == state_.assisted_setups.end() || assisted->second.link.selector != event.selector()) return;
  AssistedSetup& sent = assisted->second;
  sent.status = AssistedSetup::Status::kSent;
  Forget(Due::Kind::kSlotStarts, sent.slot.start, sent.id.number());
  Expect(Due::Kind::kSlotEnds, sent.slot.end, sent.id.number());
  setup.status = Status::kPending;
  setup.route = UpgradeRoute::kAssisted;
  setup.contact = sent.contact;
  setup.terms_version = sent.terms_version;
  setup.pricing_version = sent.pricing_version;
}

void Evolution::On(const storage::v1::VerificationReminded& event) {
  ForgetReminder(Account(event.billing_account()).setup);
}

void Evolution::On(const storage::v1::BillingConfirmed& event) {
  BillingSetup& setup = Account(event.billing_account()).setup;
  setup.status = Status::kConfirmed;
  setup.confirmed_contact = FromStorage(event.contact());
  setup.contact = setup.confirmed_contact;
  setup.confirmed_at = entry_.position();
  ForgetReminder(setup);
  ForgetAssistedSetup(setup);
}

void Evolution::On(const storage::v1::BillingDeclined& event) {
  BillingSetup& setup = Account(event.billing_account()).setup;
  if (setup.status == Status::kPending) setup.status = Status::kDeclined;
  setup.declined_at = entry_.position();
  ForgetReminder(setup);
  const AssistedSetup* assisted = state_.Find(setup.open_setup);
  if (assisted != nullptr && assisted->status == AssistedSetup::Status::kSent) ForgetAssistedSetup(setup);
}

void Evolution::On(const storage::v1::BillingChangeRequested& event) {
  const BillingChangeId id(event.change());
  BillingAccount& account = Account(event.billing_account());
  BillingChange& change = state_.billing_changes[id];
  change = {.id = id,
            .account = account.id,
            .requester = UserId::Trusted(event.user_id()),
            .purchase_order = event.purchase_order(),
            .request_time = time_};
  if (event.has_contact()) change.contact = FromStorage(event.contact());
  account.setup.open_change = id;
}

void Evolution::On(const storage::v1::BillingChangeApplied& event) {
  BillingSetup& setup = Account(event.billing_account()).setup;
  if (!event.purchase_order().empty()) setup.purchase_order = event.purchase_order();
  state_.billing_changes.erase(BillingChangeId(event.change()));
  setup.open_change = BillingChangeId();
}

void Evolution::On(const storage::v1::BillingChangeClosed& event) {
  BillingSetup& setup = Account(event.billing_account()).setup;
  const BillingChangeId id(event.change());
  // A link that was declined still leads to that answer.
  const bool link_waits = state_.billing_changes.at(id).contact.has_value() && setup.declined_at == 0;
  if (link_waits) KillLink(setup);
  state_.billing_changes.erase(id);
  setup.open_change = BillingChangeId();
}

void Evolution::On(const storage::v1::AssistedSetupRequested& event) {
  const AssistedSetupId id(event.setup());
  BillingAccount& account = Account(event.billing_account());
  ForgetAssistedSetup(account.setup);
  AssistedSetup& setup = state_.assisted_setups[id];
  setup = {.id = id,
           .account = account.id,
           .requester = UserId::Trusted(event.user_id()),
           .contact = FromStorage(event.contact())};
  for (const auto& slot : event.slots()) {
    setup.slots.push_back(
        {.start = absl::FromUnixMicros(slot.start_time()), .end = absl::FromUnixMicros(slot.end_time())});
  }
  account.setup.open_setup = id;
}

void Evolution::On(const storage::v1::AssistedSetupScheduled& event) {
  AssistedSetup& setup = state_.assisted_setups.at(AssistedSetupId(event.setup()));
  Forget(Due::Kind::kSlotStarts, setup.slot.start, event.setup());
  setup.status = AssistedSetup::Status::kScheduled;
  setup.slot = {.start = absl::FromUnixMicros(event.slot().start_time()),
                .end = absl::FromUnixMicros(event.slot().end_time())};
  setup.link = {.selector = event.selector(), .secret_hash = event.secret_hash()};
  setup.terms_version = event.terms_version();
  setup.pricing_version = event.pricing_version();
  Expect(Due::Kind::kSlotStarts, setup.slot.start, event.setup());
}

void Evolution::On(const storage::v1::AssistedSetupMissed& event) {
  AssistedSetup& missed = state_.assisted_setups.at(AssistedSetupId(event.setup()));
  const bool sent = missed.status == AssistedSetup::Status::kSent;
  missed.status = AssistedSetup::Status::kMissed;
  Forget(Due::Kind::kSlotStarts, missed.slot.start, event.setup());
  Forget(Due::Kind::kSlotEnds, missed.slot.end, event.setup());
  if (!sent) return;
  BillingSetup& setup = Account(event.billing_account()).setup;
  if (setup.status == Status::kPending) setup.status = Status::kNone;
  KillLink(setup);
}

void Evolution::On(const storage::v1::PurchaseOrderRecorded& event) {
  const PurchaseOrderId id(event.purchase_order());
  state_.purchase_orders[id] = {.id = id,
                                .number = event.number(),
                                .platform_id = event.platform_id(),
                                .value = Money::Micros(event.value_micros()),
                                .currency = event.currency(),
                                .document = event.document(),
                                .record_time = time_};
  state_.order_of_number[{event.platform_id(), event.number()}] = id;
  state_.waiting_orders.emplace(event.platform_id(), id);
}

void Evolution::On(const storage::v1::PurchaseOrderAttached& event) {
  PurchaseOrder& order = state_.purchase_orders.at(PurchaseOrderId(event.purchase_order()));
  order.account = BillingAccountId::Trusted(event.billing_account());
  order.increase = IncreaseId(event.increase());
  if (event.increase() == 0) return;
  IncreaseOf(event.increase()).purchase_order = event.number();
  state_.waiting_orders.erase({order.platform_id, order.id});
}

void Evolution::ForgetReminder(BillingSetup& setup) {
  if (state_.account_of_reminder.erase(setup.sent_at) == 0) return;
  Forget(Due::Kind::kVerificationReminds, setup.remind_time, setup.sent_at);
}

void Evolution::ForgetAssistedSetup(BillingSetup& setup) {
  const AssistedSetup* assisted = state_.Find(setup.open_setup);
  if (assisted == nullptr) return;
  Forget(Due::Kind::kSlotStarts, assisted->slot.start, assisted->id.number());
  Forget(Due::Kind::kSlotEnds, assisted->slot.end, assisted->id.number());
  state_.assisted_setups.erase(setup.open_setup);
  setup.open_setup = AssistedSetupId();
}

void Evolution::KillLink(BillingSetup& setup) {
  ForgetReminder(setup);
  state_.account_of_link.erase(setup.selector);
  setup.selector.clear();
  setup.secret_hash.clear();
}

}  // namespace bursar
