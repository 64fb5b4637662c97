// What the log says of setting up who pays, of purchase orders and of limit increases.
#include "tests/laws/model.h"

namespace bursar::laws {
namespace {

using storage::v1::Event;
using Setup = ModelAccount::Setup;
using Slot = ModelAccount::Slot;

void KillLink(ModelAccount& account) {
  account.selector.clear();
  account.secret_hash.clear();
  account.remind_time = 0;
}

void ForgetSlots(ModelAccount& account) {
  account.assisted_setup = 0;
  account.slot = Slot::kNone;
  account.slot_selector.clear();
}

void MailLink(ModelAccount& account, const storage::v1::VerificationSent& sent) {
  account.selector = sent.selector();
  account.secret_hash = sent.secret_hash();
  account.link_expire_time = sent.expire_time();
  account.remind_time = sent.remind_time();
  account.confirmed_at = 0;
  account.declined_at = 0;
  if (account.slot != Slot::kToCome || account.slot_selector != sent.selector()) return;
  account.slot = Slot::kRunning;
  account.setup = Setup::kPending;
}

void Miss(ModelAccount& account) {
  const bool ran = account.slot == Slot::kRunning;
  account.slot = Slot::kMissed;
  if (!ran) return;
  account.setup = Setup::kNone;
  KillLink(account);
}

}  // namespace

bool Model::AnswersFor(const std::string& user, const std::string& account) const {
  if (user == account) return true;
  const auto organization = members.find(account);
  if (organization == members.end()) return false;
  const auto member = organization->second.find(user);
  return member != organization->second.end() && member->second.admin;
}

void Model::EndSetup(const std::string& id) {
  ModelAccount& account = accounts.at(id);
  KillLink(account);
  ForgetSlots(account);
  if (account.setup == Setup::kPending) account.setup = Setup::kNone;
}

void Model::CloseIncrease(uint64_t increase) {
  increases.at(increase).pending = false;
  accounts.at(increases.at(increase).account).open_increase = 0;
}

void Model::ApplyBilling(const Event& event, const storage::v1::Entry& entry) {
  switch (event.kind_case()) {
    case Event::kAccountUpgradeSubmitted: {
      ModelAccount& account = accounts.at(event.account_upgrade_submitted().billing_account());
      account.setup = Setup::kPending;
      return ForgetSlots(account);
    }
    case Event::kVerificationSent:
      return MailLink(accounts.at(event.verification_sent().billing_account()), event.verification_sent());
    case Event::kVerificationReminded:
      accounts.at(event.verification_reminded().billing_account()).remind_time = 0;
      return;
    case Event::kBillingConfirmed: {
      ModelAccount& account = accounts.at(event.billing_confirmed().billing_account());
      account.setup = Setup::kConfirmed;
      account.confirmed_at = entry.position();
      account.remind_time = 0;
      return ForgetSlots(account);
    }
    case Event::kBillingDeclined: {
      ModelAccount& account = accounts.at(event.billing_declined().billing_account());
      if (account.setup == Setup::kPending) account.setup = Setup::kDeclined;
      account.declined_at = entry.position();
      account.remind_time = 0;
      if (account.slot == Slot::kRunning) ForgetSlots(account);
      return;
    }
    case Event::kBillingChangeRequested: {
      ModelAccount& account = accounts.at(event.billing_change_requested().billing_account());
      account.open_change = event.billing_change_requested().change();
      account.change_of_contact = event.billing_change_requested().has_contact();
      return;
    }
    case Event::kBillingChangeApplied:
      accounts.at(event.billing_change_applied().billing_account()).open_change = 0;
      return;
    case Event::kBillingChangeClosed: {
      ModelAccount& account = accounts.at(event.billing_change_closed().billing_account());
      if (account.change_of_contact && account.declined_at == 0) KillLink(account);
      account.open_change = 0;
      return;
    }
    case Event::kAssistedSetupRequested: {
      ModelAccount& account = accounts.at(event.assisted_setup_requested().billing_account());
      ForgetSlots(account);
      account.assisted_setup = event.assisted_setup_requested().setup();
      return;
    }
    case Event::kAssistedSetupScheduled: {
      const auto& scheduled = event.assisted_setup_scheduled();
      ModelAccount& account = accounts.at(scheduled.billing_account());
      account.slot = Slot::kToCome;
      account.slot_selector = scheduled.selector();
      account.slot_start = scheduled.slot().start_time();
      account.slot_end = scheduled.slot().end_time();
      return;
    }
    case Event::kAssistedSetupMissed:
      return Miss(accounts.at(event.assisted_setup_missed().billing_account()));
    case Event::kPurchaseOrderRecorded:
      orders[event.purchase_order_recorded().purchase_order()] = {
          .platform_id = event.purchase_order_recorded().platform_id(),
          .number = event.purchase_order_recorded().number()};
      return;
    case Event::kPurchaseOrderAttached: {
      ModelOrder& order = orders.at(event.purchase_order_attached().purchase_order());
      order.account = event.purchase_order_attached().billing_account();
      order.increase = event.purchase_order_attached().increase();
      return;
    }
    case Event::kLimitIncreaseRequested: {
      const auto& requested = event.limit_increase_requested();
      increases[requested.increase()] = {.account = requested.billing_account(),
                                         .requester = requested.user_id(),
                                         .requested_limit = requested.requested_limit_micros(),
                                         .expire_time = requested.expire_time()};
      accounts.at(requested.billing_account()).open_increase = requested.increase();
      return;
    }
    case Event::kLimitIncreaseApproved: {
      const auto& approved = event.limit_increase_approved();
      ModelAccount& account = accounts.at(approved.billing_account());
      CloseIncrease(approved.increase());
      const bool ends = approved.end_time() != 0;
      if (ends && account.ending_increase == 0) account.limit_afterwards = account.limit;
      account.ending_increase = ends ? approved.increase() : 0;
      account.increase_end_time = approved.end_time();
      return;
    }
    case Event::kLimitIncreaseSuperseded:
      return CloseIncrease(event.limit_increase_superseded().increase());
    case Event::kLimitIncreaseDenied:
      return CloseIncrease(event.limit_increase_denied().increase());
    case Event::kLimitIncreaseWithdrawn:
      return CloseIncrease(event.limit_increase_withdrawn().increase());
    case Event::kLimitIncreaseExpired:
      return CloseIncrease(event.limit_increase_expired().increase());
    case Event::kLimitIncreaseEnded:
      accounts.at(event.limit_increase_ended().billing_account()).ending_increase = 0;
      return;
    default:
      return;
  }
}

}  // namespace bursar::laws
