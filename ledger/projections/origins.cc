#include "ledger/projections/origins.h"

#include <algorithm>
#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "bursar/storage/v1/origins.pb.h"
#include "ledger/base/big_endian.h"
#include "ledger/domain/balance.h"
#include "ledger/projections/rows.h"

namespace bursar {
namespace {

using storage::v1::Entry;
using storage::v1::Event;
using Parts = google::protobuf::RepeatedPtrField<storage::v1::Part>;

// Debts looked at for one question.
constexpr size_t kMostDebts = 20'000;

// Keys: a letter for the kind, and a name. The position of the entry follows.
std::string LimitKey(const std::string& account) { return absl::StrCat("l", KeysOf(account)); }
std::string BudgetKey(const std::string& account, uint64_t budget) {
  return absl::StrCat("b", KeysOf(account), BigEndian(budget));
}
std::string AccessKey(const std::string& organization, const std::string& user) {
  return absl::StrCat("a", KeysOf(organization), KeysOf(user));
}
std::string ExtensionKey(uint64_t hold) { return absl::StrCat("h", BigEndian(hold)); }
std::string PromotionKey(const std::string& promotion) { return absl::StrCat("p", KeysOf(promotion)); }
std::string GrantKey(uint64_t credit) { return absl::StrCat("g", BigEndian(credit)); }
std::string ProjectKey(uint64_t project) { return absl::StrCat("j", BigEndian(project)); }
constexpr char kCatalogueKey[] = "c";

Money OnLimit(const Parts& parts) {
  Money sum;
  for (const auto& part : parts) {
    if (part.credit() == 0) sum += Money::Micros(part.amount_micros());
  }
  return sum;
}

template <class Reversed>
void TakeBack(storage::v1::DebtRow& row, const Reversed& event) {
  const Money owed = OnLimit(event.returned()) - Money::Micros(event.prepaid_micros());
  row.set_amount_micros(row.amount_micros() - owed.micros());
  row.set_charge(event.charge());
}

void Add(storage::v1::DebtRow& row, Money owed) { row.set_amount_micros(row.amount_micros() + owed.micros()); }

// What each account owes more or less for it.
std::map<std::string, storage::v1::DebtRow> DebtsIn(const Entry& entry) {
  std::map<std::string, storage::v1::DebtRow> debts;
  for (const Event& event : entry.events()) {
    storage::v1::DebtRow& row = debts[AccountOf(event).text()];
    Add(row, OnLimit(event.hold_captured().drawn()) + OnLimit(event.hold_captured().beyond()));
    Add(row, OnLimit(event.usage_charged().drawn()) + OnLimit(event.sponsorship_charged().drawn()));
    Add(row, Money::Micros(event.funds_moved_in().outstanding_micros()));
    if (event.has_charge_reversed()) TakeBack(row, event.charge_reversed());
    if (event.has_sponsorship_reversed()) TakeBack(row, event.sponsorship_reversed());
  }
  return debts;
}

std::string PolicyValue(int64_t effective_time) {
  storage::v1::PolicyRow row;
  row.set_effective_time(effective_time);
  return row.SerializeAsString();
}

// Writes rows of one entry.
class Writer {
 public:
  Writer(const Entry& entry, Batch& batch) : entry_(entry), batch_(batch) {}

  void Put(const std::string& key, const std::string& value = "") {
    batch_.Put(Table::kOrigins, absl::StrCat(key, BigEndian(entry_.position())), value);
  }

  void Grant(const storage::v1::CreditGranted& granted) {
    if (granted.promotion_id().empty()) return;
    const std::optional<Row> promotion =
        batch_.LastAtOrBelow(Table::kOrigins, PromotionKey(granted.promotion_id()), BigEndian(entry_.position()));
    if (!promotion.has_value()) return;
    batch_.Put(Table::kOrigins, absl::StrCat(GrantKey(granted.credit()), BigEndian(PositionIn(*promotion))), "");
  }

 private:
  const Entry& entry_;
  Batch& batch_;
};

void Write(const Event& event, Writer& writer) {
  switch (event.kind_case()) {
    case Event::kSpendingLimitSet:
      return writer.Put(LimitKey(event.spending_limit_set().billing_account()));
    case Event::kBudgetSet:
      return writer.Put(BudgetKey(event.budget_set().billing_account(), event.budget_set().budget()));
    case Event::kHoldExtended:
      return writer.Put(ExtensionKey(event.hold_extended().hold()));
    case Event::kOrganizationCreated:
      return writer.Put(
          AccessKey(event.organization_created().organization_id(), event.organization_created().admin_user_id()));
    case Event::kInvitationAccepted:
      return writer.Put(
          AccessKey(event.invitation_accepted().organization_id(), event.invitation_accepted().user_id()));
    case Event::kMemberAccessSet:
      return writer.Put(AccessKey(event.member_access_set().organization_id(), event.member_access_set().user_id()));
    case Event::kMemberRemoved:
      return writer.Put(AccessKey(event.member_removed().organization_id(), event.member_removed().user_id()));
    case Event::kPromotionPublished:
      return writer.Put(PromotionKey(event.promotion_published().promotion_id()));
    case Event::kActionCataloguePublished:
      return writer.Put(kCatalogueKey, PolicyValue(event.action_catalogue_published().effective_time()));
    case Event::kCreditGranted:
      return writer.Grant(event.credit_granted());
    case Event::kProjectCreated:
      return writer.Put(ProjectKey(event.project_created().project()));
    case Event::kProjectPayerSet:
      return writer.Put(ProjectKey(event.project_payer_set().project()));
    default:
      return;
  }
}

}  // namespace

void Origins::Apply(const Entry& entry, Batch& batch) {
  Writer writer(entry, batch);
  for (const Event& event : entry.events()) Write(event, writer);
  for (const auto& [account, row] : DebtsIn(entry)) {
    if (account.empty() || row.amount_micros() == 0) continue;
    batch.Put(Table::kDebts, absl::StrCat(KeysOf(account), BigEndian(entry.position())), row.SerializeAsString());
  }
}

absl::StatusOr<Position> Origins::Last(const std::string& key, Position at) const {
  const absl::StatusOr<std::optional<Row>> row = store_.LastAtOrBelow(Table::kOrigins, key, BigEndian(at));
  if (!row.ok()) return row.status();
  return row->has_value() ? PositionIn(**row) : 0;
}

absl::StatusOr<Position> Origins::LimitOf(const BillingAccountId& account, Position at) const {
  return Last(LimitKey(account.text()), at);
}

absl::StatusOr<Position> Origins::BudgetOf(const BillingAccountId& account, BudgetId budget, Position at) const {
  return Last(BudgetKey(account.text(), budget.number()), at);
}

absl::StatusOr<Position> Origins::AccessOf(const OrganizationId& organization, const UserId& user, Position at) const {
  return Last(AccessKey(organization.text(), user.text()), at);
}

absl::StatusOr<Position> Origins::PromotionOf(CreditId credit) const {
  // A promotion is published before it grants.
  return Last(GrantKey(credit.number()), credit.number());
}

absl::StatusOr<Position> Origins::PayerOf(ProjectId project, Position at) const {
  return Last(ProjectKey(project.number()), at);
}

absl::StatusOr<Position> Origins::CatalogueOf(absl::Time time, Position at) const {
  Position found = 0;
  int64_t newest = 0;
  absl::Status bad;
  const absl::Status scanned = store_.Scan(Table::kOrigins, kCatalogueKey, "", [&](const Row& row) {
    storage::v1::PolicyRow policy;
    if (!policy.ParseFromString(row.value)) bad = Unreadable(policy.GetTypeName());
    if (PositionIn(row) > at || !bad.ok()) return false;
    const bool applies = absl::FromUnixMicros(policy.effective_time()) <= time;
    if (applies && (found == 0 || policy.effective_time() >= newest)) {
      found = PositionIn(row);
      newest = policy.effective_time();
    }
    return true;
  });
  if (!scanned.ok()) return scanned;
  if (!bad.ok()) return bad;
  return found;
}

absl::StatusOr<std::vector<Position>> Origins::ExtensionsOf(HoldId hold, Position at) const {
  std::vector<Position> extensions;
  const absl::Status scanned = store_.Scan(Table::kOrigins, ExtensionKey(hold.number()), "", [&](const Row& row) {
    if (PositionIn(row) > at) return false;
    extensions.push_back(PositionIn(row));
    return true;
  });
  if (!scanned.ok()) return scanned;
  return extensions;
}

// From the newest on, until they make up what is outstanding: the older ones are paid.
absl::StatusOr<Debts> Origins::DebtsOf(const BillingAccountId& account, Money outstanding, Position at,
                                       size_t most) const {
  const std::string prefix = KeysOf(account.text());
  std::map<uint64_t, Money> taken_back;
  Debts debts;
  Position before = at;
  for (size_t looked = 0; debts.total < outstanding; ++looked) {
    debts.complete = looked < kMostDebts;
    if (!debts.complete || before == 0) break;
    const absl::StatusOr<std::optional<Row>> row = store_.LastAtOrBelow(Table::kDebts, prefix, BigEndian(before));
    if (!row.ok()) return row.status();
    if (!row->has_value()) break;
    storage::v1::DebtRow debt;
    if (!debt.ParseFromString((*row)->value)) return Unreadable(debt.GetTypeName());
    const Position position = PositionIn(**row);
    before = position - 1;
    Money amount = Money::Micros(debt.amount_micros());
    if (debt.charge() != 0) {
      taken_back[debt.charge()] -= amount;
      continue;
    }
    amount -= std::min(amount, taken_back[position]);
    const Money unpaid = std::min(amount, outstanding - debts.total);
    if (unpaid <= Money()) continue;
    debts.total += unpaid;
    debts.oldest.push_back({.position = position, .unpaid = unpaid});
  }
  debts.count = debts.oldest.size();
  std::reverse(debts.oldest.begin(), debts.oldest.end());
  if (debts.oldest.size() > most) debts.oldest.resize(most);
  return debts;
}

}  // namespace bursar
