// A ledger in which a few commands are enough to have entries and crossings.
#pragma once

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "ledger/engine/ledger.h"

namespace bursar {

inline constexpr int64_t kUnit = 1'000'000;

// Writes entries straight into the ledger, each by one function.
class StreamWorld {
 public:
  Position Submit(Ledger& ledger, const std::string& principal, Command command) {
    const auto answer = ledger.SubmitAndWait({.principal = *Principal::Parse(principal),
                                              .request_id = absl::StrCat("world-", ++submitted_),
                                              .fingerprint = std::string(16, 'w'),
                                              .command = std::move(command)});
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? (*answer)->position() : 0;
  }

  // An entry about nobody in particular.
  Position Publish(Ledger& ledger) {
    return Submit(ledger, "operator-olga",
                  PublishPartner{.partner_id = absl::StrCat("partner", submitted_), .display_name = "Partner"});
  }

  Position Register(Ledger& ledger, const std::string& handle) {
    return Submit(ledger, "service-portal",
                  RegisterUser{.handle = handle,
                               .person = {.name = "Somebody", .email = absl::StrCat(handle, "@example.org")},
                               .currency = "USD"});
  }

  // So that usage of "compute" costs a unit each.
  Position PublishPrices(Ledger& ledger) {
    return Submit(
        ledger, "operator-olga",
        PublishPriceList{
            .currency = "USD",
            .prices = {{.sku = "compute", .price = Money::Micros(kUnit), .per_quantity = 1, .category = "compute"}}});
  }

  Position Grant(Ledger& ledger, const std::string& account, int64_t units) {
    return Submit(ledger, "operator-olga",
                  GrantCredit{.billing_account = *BillingAccountId::Parse(account),
                              .amount = Money::Micros(units * kUnit),
                              .reason = "A test"});
  }

  Position Use(Ledger& ledger, const std::string& user, int64_t units) {
    return Submit(ledger, "service-portal",
                  RecordUsage{.user = *UserId::Parse(user), .metered = {.sku = "compute", .quantity = units}});
  }

  // Ada with 100 units; the first threshold is crossed by 25 of usage.
  void MakeAda(Ledger& ledger) {
    PublishPrices(ledger);
    Register(ledger, "ada");
    Grant(ledger, "user-ada", 100);
  }

 private:
  int submitted_ = 0;
};

}  // namespace bursar
