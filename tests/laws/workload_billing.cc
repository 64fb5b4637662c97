// Setting up who pays and changing it, by those who may and those who may not, in time and too late.
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/laws/workload.h"

namespace bursar::laws {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kHour = 3'600 * kSecond;

const Person kContact = {.name = "Con", .email = "con@example.org"};

absl::Time At(int64_t micros) { return absl::FromUnixMicros(micros); }

}  // namespace

// In about these shares, of twenty.
Asked Workload::Billing() {
  const BillingAccountId account = KnownAccount();
  const UserId user = AskerFor(account);
  const int64_t roll = dice_.Below(20);
  if (roll < 5) {
    return AsUser(user, SubmitAccountUpgrade{.billing_account = account,
                                             .user = user,
                                             .contact = kContact,
                                             .terms_version = dice_.OneIn(4) ? "t2" : "t1",
                                             .pricing_version = dice_.OneIn(4) ? "p2" : "p1",
                                             .link = NewLink()});
  }
  if (roll < 6) return AsUser(user, ResendVerification{.billing_account = account, .link = NewLink()});
  if (roll < 9) return Change(account);
  if (roll < 13) return Slots(AccountNotSetUp());
  if (roll < 14) return Order();
  return LinkUse();
}

std::optional<Asked> Workload::Pressing() {
  const int64_t roll = dice_.Below(4);
  if (roll == 0) return PressingUndoing();
  if (roll == 1) return PressingHolds();
  for (const auto& [id, account] : model_.accounts) {
    const BillingAccountId billing_account = BillingAccountId::Trusted(id);
    if (account.assisted_setup != 0 && account.slot == ModelAccount::Slot::kNone) return Slots(billing_account);
    if (account.slot == ModelAccount::Slot::kRunning && dice_.OneIn(2)) {
      return Asked{{}, ConfirmBilling{.selector = account.selector, .secret_hash = account.secret_hash}};
    }
    if (account.ending_increase == 0 || dice_.OneIn(2)) continue;
    const UserId user = AskerFor(billing_account);
    if (account.open_increase == 0) {
      return AsUser(user, RequestLimitIncrease{.billing_account = billing_account,
                                               .user = user,
                                               .requested_limit = Money::Micros(account.limit + 3)});
    }
    return AsOperator(
        ApproveLimitIncrease{.increase = IncreaseId(account.open_increase), .end_time = At(now_ + kHour)});
  }
  return std::nullopt;
}

Asked Workload::LinkUse() {
  if (links_.empty()) NewLink();
  // The newest ones are those that may still be alive.
  LinkSeed link = dice_.OneIn(2) ? links_.back() : dice_.Pick(links_);
  bool declines = dice_.OneIn(4);
  for (const auto& [id, account] : model_.accounts) {
    if (account.selector.empty() || account.confirmed_at != 0 || !dice_.OneIn(3)) continue;
    link = {.selector = account.selector, .secret_hash = account.secret_hash};
    declines = declines || account.declined_at != 0;
    break;
  }
  if (dice_.OneIn(10)) link.secret_hash.back() = static_cast<char>(link.secret_hash.back() ^ 1);
  if (declines) return {{}, DeclineBilling{.selector = link.selector, .secret_hash = link.secret_hash}};
  return {{}, ConfirmBilling{.selector = link.selector, .secret_hash = link.secret_hash}};
}

Asked Workload::Change(const BillingAccountId& account) {
  const UserId user = AskerFor(account);
  const auto found = model_.accounts.find(account.text());
  if (found != model_.accounts.end() && found->second.open_change != 0 && dice_.OneIn(3)) {
    return AsOperator(ApplyBillingChange{.change = BillingChangeId(found->second.open_change)});
  }
  if (dice_.OneIn(8)) return AsOperator(ApplyBillingChange{.change = BillingChangeId(1)});
  RequestBillingChange change{.billing_account = account, .user = user};
  if (dice_.OneIn(3)) {
    change.purchase_order = absl::StrCat("PO-", dice_.Below(9));
    return AsUser(user, std::move(change));
  }
  change.contact = kContact;
  change.link = NewLink();
  return AsUser(user, std::move(change));
}

Asked Workload::Slots(const BillingAccountId& account) {
  const auto found = model_.accounts.find(account.text());
  const uint64_t open = found == model_.accounts.end() ? 0 : found->second.assisted_setup;
  if (open != 0 && !dice_.OneIn(3)) {
    return AsOperator(ScheduleAssistedSetup{
        .setup = AssistedSetupId(open), .slot = static_cast<size_t>(dice_.Below(3)), .link = NewLink()});
  }
  if (dice_.OneIn(8)) return AsOperator(ScheduleAssistedSetup{.setup = AssistedSetupId(1), .link = NewLink()});
  const UserId user = AskerFor(account);
  RequestAssistedSetup offer{.billing_account = account, .user = user, .contact = kContact};
  for (int64_t slots = dice_.OneIn(8) ? 1 : 2; slots > 0; --slots) {
    const int64_t start = now_ + dice_.Pick<int64_t>({1, 2, kSecond, kSecond, 60 * kSecond, kHour}) - dice_.OneIn(20);
    const int64_t length = dice_.Pick<int64_t>({0, 1, kSecond, kHour, kHour, 100 * kHour});
    offer.slots.push_back({.start = At(start), .end = At(start + length)});
  }
  return AsUser(user, std::move(offer));
}

Asked Workload::Order() {
  for (const auto& [id, account] : model_.accounts) {
    if (account.open_increase == 0 || dice_.OneIn(2)) continue;
    return AsService(RecordPurchaseOrder{
        .number = absl::StrCat("PO-", dice_.Below(99)), .platform_id = id, .value = Some(), .currency = "USD"});
  }
  return AsService(RecordPurchaseOrder{.number = absl::StrCat("PO-", dice_.Below(9)),
                                       .platform_id = dice_.OneIn(8) ? "ACME" : KnownAccount().text(),
                                       .value = Some(),
                                       .currency = "USD"});
}

BillingAccountId Workload::AccountNotSetUp() {
  for (const auto& [id, account] : model_.accounts) {
    if (account.setup != ModelAccount::Setup::kConfirmed && dice_.OneIn(2)) return BillingAccountId::Trusted(id);
  }
  return KnownAccount();
}

BillingAccountId Workload::KnownAccount() {
  if (model_.accounts.empty() || dice_.OneIn(2)) return AnyAccount();
  return BillingAccountId::Trusted(
      std::next(model_.accounts.begin(), dice_.Below(static_cast<int64_t>(model_.accounts.size())))->first);
}

}  // namespace bursar::laws
