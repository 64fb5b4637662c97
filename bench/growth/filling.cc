#include "bench/growth/filling.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "ledger/base/check.h"
#include "ledger/domain/decide.h"
#include "ledger/domain/evolve.h"
#include "ledger/domain/state.h"
#include "ledger/log/block.h"

namespace bursar::growth {
namespace {

constexpr int kEntriesPerBlock = 2'048;
constexpr int64_t kUnit = 1'000'000;
const Principal kOlga{.role = Role::kOperator, .name = "olga"};
const Principal kPortal{.role = Role::kService, .name = "portal"};

class Filling {
 public:
  explicit Filling(EventLog& log) : log_(log) {}

  Position Run(int64_t accounts) {
    PublishPolicy();
    for (int64_t n = 0; static_cast<int64_t>(state_.accounts.size()) < accounts; ++n) Settle(n);
    Close();
    return state_.position;
  }

 private:
  void PublishPolicy() {
    Do(kOlga, PublishPartner{.partner_id = "partner", .display_name = "Partner", .default_region = "azure:westus"});
    Do(kOlga,
       PublishPromotion{
           .promotion_id = "welcome", .partner_id = "partner", .amount = Money::Micros(50 * kUnit), .currency = "USD"});
    Do(kOlga, PublishTerms{.document = Document::kTerms, .version = "1"});
    Do(kOlga, PublishTerms{.document = Document::kPricing, .version = "1"});
    Do(kOlga, PublishActionCatalogue{.actions = {{.name = kAction, .gated = true, .category = "compute"}}});
    Do(kOlga, PublishPriceList{.currency = "USD",
                               .prices = {{.sku = "compute.mem1",
                                           .price = Money::Micros(143'000),
                                           .per_quantity = 3'600,
                                           .category = "compute"}}});
  }

  void Settle(int64_t n) {
    const UserId user = NthUser(n);
    const BillingAccountId account(user);
    const Principal self{.role = Role::kUser, .name = std::string(user.handle())};
    const std::string email = absl::StrCat(user.handle(), "@example.org");
    Do(self, RegisterUser{.handle = std::string(user.handle()),
                          .person = {.name = absl::StrCat("Person Number ", n), .email = email},
                          .partner_id = "partner",
                          .currency = "USD"});
    SetUpBilling(self, account, user, email, absl::StrFormat("%016d", n));
    Do(kOlga, GrantCredit{.billing_account = account,
                          .amount = Money::Micros(100 * kUnit),
                          .expire_time = now_ + absl::Hours(24 * 3'650),
                          .reason = "A gift."});
    Do(kPortal, RecordUsage{.user = user, .metered = {.sku = "compute.mem1", .quantity = 3'600 + n % 7}});
    if (n % 10 == 0) {
      Do(kPortal, PlaceHold{.action = {.action = kAction, .user = user, .cost = Money::Micros(kUnit)},
                            .expire_time = now_ + absl::Hours(24)});
    }
    if (n % 100 == 99) Organize(self, user, n);
    now_ += absl::Microseconds(10);
  }

  void SetUpBilling(const Principal& self, const BillingAccountId& account, const UserId& user,
                    const std::string& email, const std::string& selector) {
    const std::string hash(32, 'h');
    Do(self, SubmitAccountUpgrade{.billing_account = account,
                                  .user = user,
                                  .contact = {.name = "Grace Tenderfoot",
                                              .email = email,
                                              .postal_address = "1 Main Street, Springfield",
                                              .phone = "+1 555 0100"},
                                  .terms_version = "1",
                                  .pricing_version = "1",
                                  .link = {.selector = selector, .secret_hash = hash}});
    Do(Principal(), ConfirmBilling{.selector = selector, .secret_hash = hash});
  }

  void Organize(const Principal& self, const UserId& user, int64_t n) {
    const std::string handle = absl::StrCat("lab", n);
    const OrganizationId lab = OrganizationId::OfHandle(handle);
    Do(self, CreateOrganization{.handle = handle, .name = "A Lab", .admin = user, .currency = "USD"});
    for (int64_t member = n - 2; member < n; ++member) {
      const Principal invited{.role = Role::kUser, .name = std::string(NthUser(member).handle())};
      Do(self,
         InviteMember{.organization = lab, .user = NthUser(member), .access = {.allow_billable_activities = true}});
      Do(invited, AcceptInvitation{.organization = lab, .user = NthUser(member)});
    }
  }

  void Do(const Principal& principal, const Command& command) {
    absl::StatusOr<Decision> decision = Decide(state_, command, principal, now_);
    BURSAR_CHECK(decision.ok() && !decision->events.empty());
    storage::v1::Entry& entry = *block_.add_entries();
    entry.set_position(state_.position + 1);
    entry.set_commit_time(absl::ToUnixMicros(now_));
    entry.set_principal(principal.text());
    entry.set_request_id(absl::StrCat("request-", entry.position()));
    entry.set_fingerprint("0123456789abcdef");
    for (storage::v1::Event& event : decision->events) *entry.add_events() = std::move(event);
    Evolve(state_, entry);
    if (block_.entries_size() >= kEntriesPerBlock) Close();
  }

  void Close() {
    if (block_.entries_size() == 0) return;
    BURSAR_CHECK(log_.Append(Seal(block_, log_.Last())).ok());
    block_.Clear();
  }

  EventLog& log_;
  State state_;
  storage::v1::Block block_;
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
};

}  // namespace

Position Fill(EventLog& log, int64_t accounts) { return Filling(log).Run(accounts); }

UserId NthUser(int64_t n) { return UserId::OfHandle(absl::StrCat("person", n)); }

}  // namespace bursar::growth
