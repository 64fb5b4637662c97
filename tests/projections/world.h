// A ledger without threads: commands are decided, their entries kept, and the views follow one by one.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/base/link_key.h"
#include "ledger/base/principal.h"
#include "ledger/domain/decide.h"
#include "ledger/domain/evolve.h"
#include "ledger/domain/state.h"
#include "ledger/projections/books.h"
#include "ledger/projections/outbox.h"
#include "ledger/projections/row_store.h"

namespace bursar {

inline constexpr Money Usd(int64_t units) { return Money::Micros(units * 1'000'000); }

inline UserId UserOf(absl::string_view handle) { return UserId::OfHandle(handle); }
inline BillingAccountId Personal(absl::string_view handle) { return BillingAccountId(UserOf(handle)); }
inline OrganizationId Org(absl::string_view handle) { return OrganizationId::OfHandle(handle); }
inline BillingAccountId Of(const OrganizationId& organization) { return BillingAccountId(organization); }

// Views on a store in memory.
struct Followed {
  explicit Followed(size_t current_balances = 16'384)
      : store(*RowStore::Open("")), books(*store, current_balances), outbox(*store) {}

  void ApplyTo(Batch& batch, const storage::v1::Entry& entry) {
    books.Apply(entry, batch);
    outbox.Apply(entry, batch);
  }
  void Follow(const storage::v1::Entry& entry) {
    Batch batch(*store);
    ApplyTo(batch, entry);
    const absl::Status written = store->Write(batch);
    BURSAR_CHECK(written.ok());
  }

  std::unique_ptr<RowStore> store;
  Books books;
  Outbox outbox;
};

class World {
 public:
  absl::Time now = absl::FromCivil(absl::CivilSecond(2026, 3, 2, 9, 0, 0), absl::UTCTimeZone());
  State state;
  std::vector<storage::v1::Entry> entries;
  LinkKey key = LinkKey::Fresh();
  Followed views;

  // Policy, and nothing else.
  World() {
    Do("operator-olga",
       PublishPartner{.partner_id = "sjcloudplatform", .display_name = "St. Jude", .default_region = "azure:westus"});
    Do("operator-olga",
       PublishPromotion{
           .promotion_id = "welcome", .partner_id = "sjcloudplatform", .amount = Usd(50), .currency = "USD"});
    Do("operator-olga", PublishTerms{.document = Document::kTerms, .version = "t1"});
    Do("operator-olga", PublishTerms{.document = Document::kPricing, .version = "p1"});
    Do("operator-olga",
       PublishActionCatalogue{
           .actions = {{.name = "analysis.run", .gated = true, .free = false, .category = "compute"},
                       {.name = "project.create", .gated = true, .free = true, .category = "projects"}}});
    for (const char* currency : {"USD", "EUR"}) {
      Do("operator-olga",
         PublishPriceList{.currency = currency,
                          .prices = {{.sku = "storage", .price = Usd(1), .per_quantity = 3, .category = "storage"}}});
    }
  }

  // The position of the last entry that the command brought about.
  Position Do(absl::string_view principal, const Command& command) {
    Write(Principal::System(), ExpireDue{}).IgnoreError();
    const absl::Status status = Write(*Principal::Parse(principal), command);
    if (!status.ok()) std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
    BURSAR_CHECK(status.ok());
    return state.position;
  }
  // False where it was refused.
  bool Try(absl::string_view principal, const Command& command) {
    Write(Principal::System(), ExpireDue{}).IgnoreError();
    return Write(*Principal::Parse(principal), command).ok();
  }

  void Register(const std::string& handle, const std::string& partner = "", const std::string& currency = "USD") {
    Do("anonymous",
       RegisterUser{.handle = handle,
                    .person = {.name = absl::StrCat("Name of ", handle), .email = absl::StrCat(handle, "@example.org")},
                    .partner_id = partner,
                    .region = "azure:westus",
                    .currency = currency});
  }

  // Returns the link's selector.
  std::string Submit(const std::string& handle, const BillingAccountId& account) {
    const LinkSeed link = MakeLink();
    Do(absl::StrCat("user-", handle), SubmitAccountUpgrade{.billing_account = account,
                                                           .user = UserOf(handle),
                                                           .contact = {.name = "Bill Payer",
                                                                       .email = "bill@example.org",
                                                                       .postal_address = "1 Main St",
                                                                       .phone = "+1 555"},
                                                           .terms_version = "t1",
                                                           .pricing_version = "p1",
                                                           .link = link});
    return link.selector;
  }
  std::string Resend(const BillingAccountId& account) {
    const LinkSeed link = MakeLink();
    Do("support-sam", ResendVerification{.billing_account = account, .link = link});
    return link.selector;
  }
  void Confirm(const std::string& selector) {
    Do("anonymous", ConfirmBilling{.selector = selector, .secret_hash = key.SecretHash(selector)});
  }
  void Upgrade(const std::string& handle, const BillingAccountId& account) { Confirm(Submit(handle, account)); }

  void SetLimit(const BillingAccountId& account, Money limit) {
    Do("operator-olga", SetSpendingLimit{.billing_account = account, .limit = limit, .reason = "agreed"});
  }
  HoldId Hold(const std::string& handle, const BillingAccountId& account, Money cost) {
    return HoldId(
        Do("service-portal",
           PlaceHold{.action = {.action = "analysis.run", .user = UserOf(handle), .bill_to = account, .cost = cost}}));
  }
  void Capture(HoldId hold, Money cost, bool last = true) {
    Do("service-portal", CaptureHold{.hold = hold, .cost = cost, .last = last});
  }
  void Spend(const std::string& handle, const BillingAccountId& account, Money cost) {
    Capture(Hold(handle, account, cost), cost);
  }

 private:
  LinkSeed MakeLink() const {
    const std::string selector = LinkKey::MakeSelector();
    return {.selector = selector, .secret_hash = key.SecretHash(selector)};
  }

  absl::Status Write(const Principal& principal, const Command& command) {
    absl::StatusOr<Decision> decision = Decide(state, command, principal, now);
    if (!decision.ok()) return decision.status();
    if (decision->events.empty()) return absl::OkStatus();
    storage::v1::Entry& entry = entries.emplace_back();
    entry.set_position(state.position + 1);
    entry.set_commit_time(absl::ToUnixMicros(now));
    entry.set_principal(principal.text());
    entry.mutable_events()->Assign(decision->events.begin(), decision->events.end());
    Evolve(state, entry);
    views.Follow(entry);
    return absl::OkStatus();
  }
};

}  // namespace bursar
