// The state as bytes, in an order that does not depend on the process: numbers as text, texts with their length in
// front, sets sorted. Each type is written by one function that names all of its members.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ledger/domain/state.h"

namespace bursar {
namespace {

class Writer {
 public:
  template <class... Fields>
  Writer& operator()(const Fields&... fields) {
    (Put(fields), ...);
    return *this;
  }
  std::string Take() { return std::move(out_); }

 private:
  void Put(const std::string& text) { absl::StrAppend(&out_, text.size(), ":", text, " "); }
  void Put(bool value) { absl::StrAppend(&out_, value ? 1 : 0, " "); }
  void Put(int32_t value) { absl::StrAppend(&out_, value, " "); }
  void Put(int64_t value) { absl::StrAppend(&out_, value, " "); }
  void Put(uint64_t value) { absl::StrAppend(&out_, value, " "); }
  void Put(Money value) { Put(value.micros()); }
  void Put(absl::Duration value) { Put(absl::ToInt64Microseconds(value)); }
  void Put(absl::Time value) {
    Put(value == absl::InfiniteFuture() ? std::string("never") : absl::StrCat(absl::ToUnixMicros(value)));
  }
  template <class Tag>
  void Put(const NamedId<Tag>& id) {
    Put(id.text());
  }
  template <class Tag>
  void Put(NumberedId<Tag> id) {
    Put(id.number());
  }
  void Put(const BillingAccountId& id) { Put(id.text()); }
  template <class First, class Second>
  void Put(const std::pair<First, Second>& pair) {
    Put(pair.first);
    Put(pair.second);
  }
  template <class Value>
  void Put(const std::optional<Value>& value) {
    Put(value.has_value());
    if (value.has_value()) Put(*value);
  }
  template <class Value>
  void Put(const std::vector<Value>& values) {
    Put(values.size());
    for (const Value& value : values) Put(value);
  }
  template <class Key, class Value>
  void Put(const std::map<Key, Value>& values) {
    Put(values.size());
    for (const auto& entry : values) Put(entry);
  }
  template <class Value>
  void Put(const absl::btree_set<Value>& values) {
    Put(values.size());
    for (const Value& value : values) Put(value);
  }
  template <class Key, class Value>
  void Put(const absl::flat_hash_map<Key, Value>& values) {
    PutSorted(values);
  }
  template <class Key, class Value>
  void Put(const absl::node_hash_map<Key, Value>& values) {
    PutSorted(values);
  }
  template <class Map>
  void PutSorted(const Map& values) {
    std::vector<const typename Map::value_type*> sorted;
    sorted.reserve(values.size());
    for (const auto& entry : values) sorted.push_back(&entry);
    std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
    Put(sorted.size());
    for (const auto* entry : sorted) {
      Put(entry->first);
      Put(entry->second);
    }
  }

  template <class Enum>
  void PutEnum(Enum value) {
    Put(static_cast<int32_t>(value));
  }
  void Put(UpgradeRoute value) { PutEnum(value); }
  void Put(Entitlement::Status value) { PutEnum(value); }
  void Put(BillingSetup::Status value) { PutEnum(value); }
  void Put(LimitIncrease::Status value) { PutEnum(value); }

  void Put(const PublishPartner& v) { (*this)(v.partner_id, v.display_name, v.default_region); }
  void Put(const Promotion& v) {
    (*this)(v.id, v.partner_id, v.amount, v.currency, v.start_time, v.end_time, v.credit_lifetime, v.credit_priority);
  }
  void Put(const TermsVersion& v) { (*this)(v.version, v.effective_time, v.url); }
  void Put(const CatalogueAction& v) { (*this)(v.name, v.gated, v.free, v.category); }
  void Put(const ActionCatalogue& v) { (*this)(v.effective_time, v.actions); }
  void Put(const ListedPrice& v) { (*this)(v.sku, v.region, v.price, v.per_quantity, v.category); }
  void Put(const PriceList& v) { (*this)(v.position, v.effective_time, v.prices); }
  void Put(const Policy& v) { (*this)(v.partners, v.promotions, v.terms, v.pricing, v.catalogues, v.price_lists); }
  void Put(const Person& v) { (*this)(v.name, v.email, v.postal_address, v.phone); }
  void Put(const Entitlement& v) { (*this)(v.promotion_id, v.amount, v.currency, v.status, v.lapse_reason); }
  void Put(const User& v) {
    (*this)(v.id, v.person, v.partner_id, v.region, v.default_payer, v.upgraded, v.entitlement);
  }
  void Put(const MemberAccess& v) { (*this)(v.admin, v.allow_billable_activities); }
  void Put(const Organization& v) { (*this)(v.id, v.name, v.hides_admins, v.members, v.invitations); }
  void Put(const Project& v) { (*this)(v.id, v.name, v.owner, v.payer); }
  void Put(const BillingSetup& v) {
    (*this)(v.status, v.contact, v.terms_version, v.pricing_version, v.confirmed_contact, v.selector, v.secret_hash,
            v.sent_time, v.expire_time, v.confirmed_at);
  }
  void Put(const Credit& v) {
    (*this)(v.id, v.granted, v.available, v.held, v.charged, v.expired, v.priority, v.effective_time, v.expire_time,
            v.actions, v.reason, v.granted_by, v.over);
  }
  void Put(const Balance& v) { (*this)(v.credits, v.limit, v.outstanding, v.held_on_limit, v.charged_by_category); }
  void Put(const BillingAccount& v) {
    (*this)(v.id, v.currency, v.setup, v.balance, v.open_increase, v.funds_base, v.crossed_percent, v.remainders,
            v.charged_by_day);
  }
  void Put(const Hold& v) { (*this)(v.id, v.account, v.user, v.project, v.action, v.category, v.parts, v.expire_time); }
  void Put(const LimitIncrease& v) {
    (*this)(v.id, v.account, v.requester, v.requested_limit, v.limit_at_request, v.approved_limit, v.purchase_order,
            v.reason, v.decided_by, v.decision_note, v.request_time, v.decision_time, v.status);
  }
  void Put(const RecentDenial& v) { (*this)(v.position, v.time); }

  std::string out_;
};

}  // namespace

std::string State::Canonical() const {
  Writer write;
  write(position, time, policy, users, user_of_email, organizations, accounts, projects, account_of_credit, holds,
        increases);
  write(account_of_link, recent_denials, holds_by_expiry, credits_by_expiry, denials_by_age);
  return write.Take();
}

}  // namespace bursar
