#include "ledger/projections/billing_messages.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "ledger/base/ids.h"
#include "ledger/domain/money.h"

namespace bursar {
namespace {

using storage::v1::MessageRow;

MessageRow Message(MessageRow::Kind kind, std::string subject, std::string body) {
  MessageRow message;
  message.set_kind(kind);
  message.set_subject(std::move(subject));
  message.set_body(std::move(body));
  return message;
}

std::string Reason(const std::string& reason) { return reason.empty() ? "" : absl::StrCat("\n\nReason: ", reason); }

std::string SlotText(const storage::v1::TimeSlot& slot) {
  return absl::StrCat(TimeText(slot.start_time()), " to ", TimeText(slot.end_time()));
}

std::string Amount(int64_t micros, const std::string& currency) { return ToString(Money::Micros(micros), currency); }

}  // namespace

std::string TimeText(int64_t unix_micros) {
  return absl::FormatTime("%Y-%m-%d %H:%M UTC", absl::FromUnixMicros(unix_micros), absl::UTCTimeZone());
}

MessageRow VerificationMail(const storage::v1::VerificationSent& sent, const storage::v1::SetupRow& setup) {
  MessageRow mail = Message(
      MessageRow::KIND_VERIFICATION,
      absl::StrCat("Please confirm that you receive the bills of ", sent.billing_account()),
      absl::StrCat("Dear ", setup.contact().name(), ",\n\n", setup.user_id(), " asks you to receive the bills of ",
                   sent.billing_account(),
                   ". By confirming you accept responsibility for them. If you do not expect this, do nothing, ",
                   "or decline.\n\nThis works once, until ", TimeText(sent.expire_time()), ":\n\n"));
  mail.set_selector(sent.selector());
  return mail;
}

MessageRow ReminderMail(const storage::v1::VerificationReminded& reminded, const storage::v1::SetupRow& setup,
                        const storage::v1::LinkRow& link) {
  MessageRow mail = Message(
      MessageRow::KIND_VERIFICATION_REMINDER,
      absl::StrCat("Reminder: please confirm that you receive the bills of ", reminded.billing_account()),
      absl::StrCat("Dear ", setup.contact().name(), ",\n\n", setup.user_id(),
                   " still waits for you to accept or decline ", "to receive the bills of ", reminded.billing_account(),
                   ".\n\nThis works once, until ", TimeText(link.expire_time()), ":\n\n"));
  mail.set_selector(reminded.selector());
  return mail;
}

MessageRow DeclinedMessage(const storage::v1::BillingDeclined& declined, const storage::v1::SetupRow& setup,
                           bool change) {
  return Message(MessageRow::KIND_BILLING_DECLINED,
                 absl::StrCat(setup.contact().name(), " does not accept the bills of ", declined.billing_account()),
                 absl::StrCat(change ? "They go to the contact of before. You may ask for another one."
                                     : "Billing is not set up. You may submit the account upgrade again.",
                              Reason(declined.reason()), "\n"));
}

MessageRow ChangeRequestedMessage(const storage::v1::BillingChangeRequested& requested) {
  const std::string change = BillingChangeId(requested.change()).text();
  return Message(MessageRow::KIND_BILLING_CHANGE_REQUESTED,
                 absl::StrCat(change, ": ", requested.billing_account(), " asks for purchase order ",
                              requested.purchase_order(), " on its bills"),
                 absl::StrCat("Account: ", requested.billing_account(), "\nRequester: ", requested.user_id(),
                              "\nPurchase order: ", requested.purchase_order(), "\nChange: ", change, "\n"));
}

MessageRow OrderChangedMessage(const storage::v1::BillingChangeApplied& applied) {
  return Message(MessageRow::KIND_BILLING_CHANGED, absl::StrCat("Purchase order of ", applied.billing_account()),
                 absl::StrCat("The bills of ", applied.billing_account(), " carry purchase order ",
                              applied.purchase_order(), " from now on.\n"));
}

MessageRow ContactChangedMessage(const storage::v1::BillingConfirmed& confirmed) {
  return Message(MessageRow::KIND_BILLING_CHANGED, absl::StrCat("Billing contact of ", confirmed.billing_account()),
                 absl::StrCat("The bills of ", confirmed.billing_account(), " go to ", confirmed.contact().name(),
                              ", who accepted them, from now on.\n"));
}

MessageRow AssistedRequestedMessage(const storage::v1::AssistedSetupRequested& requested) {
  const std::string setup = AssistedSetupId(requested.setup()).text();
  std::string body = absl::StrCat("Account: ", requested.billing_account(), "\nRequester: ", requested.user_id(),
                                  "\nContact: ", requested.contact().name(), " <", requested.contact().email(), ">");
  int number = 0;
  for (const auto& slot : requested.slots()) absl::StrAppend(&body, "\nSlot ", ++number, ": ", SlotText(slot));
  absl::StrAppend(&body, "\nSet-up: ", setup, "\n");
  return Message(MessageRow::KIND_ASSISTED_SETUP_REQUESTED,
                 absl::StrCat(setup, ": ", requested.billing_account(), " asks for help with setting up billing"),
                 std::move(body));
}

MessageRow AssistedScheduledMessage(const storage::v1::AssistedSetupScheduled& scheduled,
                                    const storage::v1::SetupRow& setup) {
  return Message(MessageRow::KIND_ASSISTED_SETUP_SCHEDULED,
                 absl::StrCat("Setting up billing of ", scheduled.billing_account(), ": ", SlotText(scheduled.slot())),
                 absl::StrCat("The link is mailed to ", setup.assisted_contact().name(),
                              " when that begins, and works until it ends.\n"));
}

MessageRow AssistedMissedMessage(const storage::v1::AssistedSetupMissed& missed) {
  return Message(MessageRow::KIND_ASSISTED_SETUP_MISSED,
                 absl::StrCat("Billing of ", missed.billing_account(), " was not set up in its time slot"),
                 "The link does not work any more. You may offer new time slots, or submit the account upgrade.\n");
}

MessageRow IncreaseWithdrawnMessage(const storage::v1::LimitIncreaseRequested& asked) {
  const std::string increase = IncreaseId(asked.increase()).text();
  return Message(MessageRow::KIND_LIMIT_INCREASE_OVER, absl::StrCat(increase, " is withdrawn"),
                 absl::StrCat(asked.billing_account(), " asks for a limit of ",
                              Amount(asked.requested_limit_micros(), asked.currency()), " no longer.\n"));
}

MessageRow IncreaseExpiredMessage(const storage::v1::LimitIncreaseRequested& asked) {
  return Message(MessageRow::KIND_LIMIT_INCREASE_OVER,
                 absl::StrCat("Your request for a higher limit of ", asked.billing_account(), " has expired"),
                 absl::StrCat("Nobody decided in time. The spending limit of ", asked.billing_account(),
                              " stays as it is; you asked ", "for ",
                              Amount(asked.requested_limit_micros(), asked.currency()), ". You may ask again.\n"));
}

MessageRow IncreaseEndedMessage(const storage::v1::SpendingLimitSet& set) {
  return Message(
      MessageRow::KIND_LIMIT_INCREASE_OVER, absl::StrCat("The higher limit of ", set.billing_account(), " has ended"),
      absl::StrCat("The spending limit of ", set.billing_account(), " is ", Amount(set.limit_micros(), set.currency()),
                   " from now on, as it was before. It was ", Amount(set.previous_limit_micros(), set.currency()),
                   ". What is held stays held. You may ask for a higher limit again.\n"));
}

}  // namespace bursar
