#include "bench/load/world.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"

namespace bursar::bench {
namespace {

const Principal kOperator{.role = Role::kOperator, .name = "olga"};

// Submits one command after the other without waiting, since the writer keeps their order; ends the process where one
// is refused.
class Beginning {
 public:
  explicit Beginning(Ledger& ledger) : ledger_(ledger) {}

  void Add(const Principal& principal, Command command) {
    const std::string id = absl::StrCat("world-", ++submitted_);
    last_ = {
        .principal = principal, .request_id = id, .fingerprint = std::string(16, 'w'), .command = std::move(command)};
    // Leaves room in the queue: every thousandth waits for all before it.
    if (submitted_ % 1'000 == 0) return Wait();
    ledger_.Submit(last_, [](const absl::StatusOr<Answer>& answer) { Check(answer.status()); });
  }

  // Until all is durable. The last command again is answered after everything before it.
  void Wait() { Check(ledger_.SubmitAndWait(last_).status()); }

 private:
  static void Check(const absl::Status& status) {
    if (status.ok()) return;
    std::fprintf(stderr, "the world for load cannot be made: %s\n", status.ToString().c_str());
    std::exit(EXIT_FAILURE);
  }

  Ledger& ledger_;
  Submission last_;
  uint64_t submitted_ = 0;
};

// The link's hash is known here, so that the contact can confirm without a mail.
void SetUpBilling(Beginning& beginning, const UserId& user, int i) {
  const std::string selector = absl::StrCat("selector", 10'000'000 + i);
  const std::string hash(32, 'h');
  beginning.Add({.role = Role::kUser, .name = std::string(user.handle())},
                SubmitAccountUpgrade{.billing_account = BillingAccountId(user),
                                     .user = user,
                                     .contact = {.name = "Con Tact", .email = "contact@example.org"},
                                     .terms_version = "1",
                                     .pricing_version = "1",
                                     .link = {.selector = selector, .secret_hash = hash}});
  beginning.Add({}, ConfirmBilling{.selector = selector, .secret_hash = hash});
}

}  // namespace

UserId LoadUser(int i) { return UserId::OfHandle(absl::StrCat("load", i)); }

void Populate(Ledger& ledger, int accounts) {
  Beginning beginning(ledger);
  beginning.Add(kOperator, PublishTerms{.document = Document::kTerms, .version = "1"});
  beginning.Add(kOperator, PublishTerms{.document = Document::kPricing, .version = "1"});
  beginning.Add(kOperator,
                PublishActionCatalogue{.actions = {{.name = "analysis.run", .gated = true, .category = "compute"}}});
  for (int i = 0; i < accounts; ++i) {
    const UserId user = LoadUser(i);
    beginning.Add({}, RegisterUser{.handle = std::string(user.handle()),
                                   .person = {.name = "Load", .email = absl::StrCat(user.handle(), "@example.org")},
                                   .currency = "USD"});
    SetUpBilling(beginning, user, i);
    beginning.Add(kOperator, SetSpendingLimit{.billing_account = BillingAccountId(user),
                                              .limit = Money::Micros(1'000'000'000'000)});
  }
  beginning.Wait();
}

}  // namespace bursar::bench
