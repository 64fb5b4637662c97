#include "ledger/domain/context.h"

namespace bursar {

int64_t MicrosOrNever(absl::Time time) { return time == absl::InfiniteFuture() ? 0 : absl::ToUnixMicros(time); }

int64_t MicrosOrNever(const std::optional<absl::Time>& time) { return time.has_value() ? MicrosOrNever(*time) : 0; }

absl::Time TimeOrNever(int64_t micros) { return micros == 0 ? absl::InfiniteFuture() : absl::FromUnixMicros(micros); }

storage::v1::Event UpgradedBy(storage::v1::UserUpgraded::Route route, const UserId& user) {
  storage::v1::Event event;
  event.mutable_user_upgraded()->set_user_id(user.text());
  event.mutable_user_upgraded()->set_route(route);
  return event;
}

storage::v1::Event AccountOpened(const BillingAccountId& account, const std::string& currency) {
  storage::v1::Event event;
  event.mutable_billing_account_opened()->set_billing_account(account.text());
  event.mutable_billing_account_opened()->set_currency(currency);
  return event;
}

storage::v1::Event DefaultPayerIs(const BillingAccountId& account, const UserId& user) {
  storage::v1::Event event;
  event.mutable_default_payer_set()->set_user_id(user.text());
  event.mutable_default_payer_set()->set_billing_account(account.text());
  return event;
}

storage::v1::PersonalData ToStorage(const Person& person) {
  storage::v1::PersonalData data;
  data.set_name(person.name);
  data.set_email(person.email);
  data.set_postal_address(person.postal_address);
  data.set_phone(person.phone);
  return data;
}

storage::v1::MemberAccess ToStorage(const MemberAccess& access) {
  storage::v1::MemberAccess stored;
  stored.set_admin(access.admin);
  stored.set_allow_billable_activities(access.allow_billable_activities);
  return stored;
}

}  // namespace bursar
