// What is told of limits, funds and usage.
#include "ledger/projections/mailing.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/big_endian.h"
#include "ledger/base/check.h"
#include "ledger/projections/billing_messages.h"

namespace bursar {

void Mailing::On(const storage::v1::LimitIncreaseRequested& event) {
  Put(Table::kIncreases, BigEndian(event.increase()), event);
  const std::string increase = IncreaseId(event.increase()).text();
  MessageRow message;
  message.set_kind(MessageRow::KIND_LIMIT_INCREASE_REQUESTED);
  message.set_subject(absl::StrCat(increase, ": ", event.billing_account(), " asks for a limit of ",
                                   AmountText(event.requested_limit_micros(), event.currency())));
  message.set_body(
      absl::StrCat("Account: ", event.billing_account(), "\nRequester: ", event.user_id(),
                   "\nLimit now: ", AmountText(event.current_limit_micros(), event.currency()),
                   "\nLimit asked for: ", AmountText(event.requested_limit_micros(), event.currency()),
                   "\nSpent in the last 30 days: ", AmountText(event.spent_30_days_micros(), event.currency()),
                   "\nPurchase order: ", event.purchase_order().empty() ? "none" : event.purchase_order(),
                   "\nReason: ", event.reason().empty() ? "none given" : event.reason(),
                   event.expire_time() == 0 ? "" : absl::StrCat("\nDecide before: ", TimeText(event.expire_time())),
                   "\nIncrease: ", increase, "\n"));
  Send(std::move(message), event.billing_account(), Operators());
}

void Mailing::On(const storage::v1::LimitIncreaseApproved& event) {
  const auto asked = Get<storage::v1::LimitIncreaseRequested>(Table::kIncreases, BigEndian(event.increase()));
  Decided(asked, "approved",
          absl::StrCat("The spending limit of ", event.billing_account(), " is ",
                       AmountText(event.approved_limit_micros(), asked.currency()), " from now on; you asked for ",
                       AmountText(asked.requested_limit_micros(), asked.currency()), ".\n", EndText(event, asked),
                       event.note().empty() ? "" : absl::StrCat("\n", event.note(), "\n")));
}

std::string Mailing::EndText(const storage::v1::LimitIncreaseApproved& event,
                             const storage::v1::LimitIncreaseRequested& asked) {
  if (event.end_time() == 0) return "";
  return absl::StrCat("\nIt ends at ", TimeText(event.end_time()), "; the limit is ",
                      AmountText(event.previous_limit_micros(), asked.currency()), " after that.\n");
}

void Mailing::On(const storage::v1::LimitIncreaseWithdrawn& event) {
  const auto asked = Get<storage::v1::LimitIncreaseRequested>(Table::kIncreases, BigEndian(event.increase()));
  Send(IncreaseWithdrawnMessage(asked), asked.billing_account(), Operators());
}

void Mailing::On(const storage::v1::LimitIncreaseExpired& event) {
  const auto asked = Get<storage::v1::LimitIncreaseRequested>(Table::kIncreases, BigEndian(event.increase()));
  Send(IncreaseExpiredMessage(asked), asked.billing_account(), {Person(asked.user_id())});
}

void Mailing::On(const storage::v1::LimitIncreaseEnded& event) {
  const Event* set = Beside([&](const Event& beside) {
    return beside.has_spending_limit_set() && beside.spending_limit_set().billing_account() == event.billing_account();
  });
  BURSAR_CHECK(set != nullptr);
  Send(IncreaseEndedMessage(set->spending_limit_set()), event.billing_account(), PeopleBehind(event.billing_account()));
}

void Mailing::On(const storage::v1::LimitIncreaseDenied& event) {
  const auto asked = Get<storage::v1::LimitIncreaseRequested>(Table::kIncreases, BigEndian(event.increase()));
  Decided(asked, "denied",
          absl::StrCat("The spending limit of ", event.billing_account(), " stays as it is; you asked for ",
                       AmountText(asked.requested_limit_micros(), asked.currency()), ".\n\nReason: ", event.reason(),
                       "\n\nYou may ask again.\n"));
}

void Mailing::Decided(const storage::v1::LimitIncreaseRequested& asked, absl::string_view decision, std::string body) {
  MessageRow message;
  message.set_kind(MessageRow::KIND_LIMIT_INCREASE_DECIDED);
  message.set_subject(absl::StrCat("Your request for a higher limit of ", asked.billing_account(), " is ", decision));
  message.set_body(std::move(body));
  Send(std::move(message), asked.billing_account(), {Person(asked.user_id())});
}

void Mailing::On(const storage::v1::FundsThresholdCrossed& event) {
  if (EndsHere(event.billing_account())) return;
  const bool out = event.percent() >= 100;
  const std::string funds = AmountText(event.funds_micros(), event.currency());
  const std::string base = AmountText(event.base_micros(), event.currency());
  MessageRow message;
  message.set_kind(out ? MessageRow::KIND_OUT_OF_FUNDS : MessageRow::KIND_FUNDS_THRESHOLD);
  if (out) {
    message.set_subject(absl::StrCat(event.billing_account(), " is out of funds"));
    message.set_body(absl::StrCat("Funds are ", funds, " of ", base,
                                  ". Gated actions are denied until funds rise: ask for a higher limit, or pay what "
                                  "is outstanding. Nothing is deleted.\n"));
  } else {
    message.set_subject(absl::StrCat(event.billing_account(), " has used ", event.percent(), " % of its funds"));
    message.set_body(absl::StrCat("Funds are ", funds, " of ", base, ".\n"));
  }
  Send(std::move(message), event.billing_account(), PeopleBehind(event.billing_account()));
}

bool Mailing::EndsHere(const std::string& account) const {
  return std::any_of(entry_.events().begin(), entry_.events().end(), [&](const Event& event) {
    return event.users_merged().from_user_id() == account || event.user_closed().user_id() == account;
  });
}

void Mailing::On(const storage::v1::UsageQuarantined& event) {
  const std::string id = QuarantineId(event.quarantine()).text();
  MessageRow message;
  message.set_kind(MessageRow::KIND_USAGE_QUARANTINED);
  message.set_subject(absl::StrCat(id, ": a usage record of ", event.billing_account(), " was set aside"));
  message.set_body(absl::StrCat(event.problem(), "\n\nAccount: ", event.billing_account(), "\nUser: ", event.user_id(),
                                "\nSKU: ", event.sku(), "\nRegion: ", event.region().empty() ? "none" : event.region(),
                                "\nQuantity: ", event.quantity(), "\nUsed at: ", TimeText(event.usage_time()),
                                "\n\nIt is not charged. Release it, perhaps with another quantity: ",
                                "bursar usage release ", id, "; or throw it away: bursar usage discard ", id, "\n"));
  Send(std::move(message), event.billing_account(), Operators());
}

}  // namespace bursar
