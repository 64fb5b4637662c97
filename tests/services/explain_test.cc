// Explanations and what-if through the one function that every call goes through: who may ask, and what is answered.
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "absl/strings/str_cat.h"
#include "bursar/v1/finance.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ledger/base/check.h"
#include "ledger/base/clock.h"
#include "ledger/domain/refusals.h"
#include "ledger/log/memory_log.h"
#include "services/api/call_log.h"
#include "services/api/calls.h"
#include "tests/services/stream_world.h"

namespace bursar {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kStart = 1'790'000'000;

// Ada has billing set up, a limit of 30 and a credit of 50; bob is a stranger. Eve is a member of ada's lab without
// access to its costs.
class Explanations : public ::testing::Test {
 protected:
  Explanations() {
    SetCallLog(false);
    auto ledger = Ledger::Open({.log = &log_, .clock = &clock_});
    BURSAR_CHECK(ledger.ok());
    ledger_ = *std::move(ledger);
    calls_ = std::make_unique<Calls>(*ledger_, links_);
    world_.PublishPrices(*ledger_);
    catalogue_ =
        Submit("operator-olga",
               PublishActionCatalogue{
                   .actions = {{.name = "analysis.run", .gated = true, .free = false, .category = "compute"}}});
    for (const auto document : {Document::kTerms, Document::kPricing})
      Submit("operator-olga", PublishTerms{.document = document, .version = "1"});
    for (const char* handle : {"ada", "bob", "eve"}) world_.Register(*ledger_, handle);
    SetUp("user-ada", "ada");
    credit_ = world_.Grant(*ledger_, "user-ada", 50);
    limit_ = SetLimit("user-ada", 30);
  }

  ~Explanations() override {
    calls_.reset();
    ledger_.reset();
  }

  Position Submit(const std::string& principal, Command command) {
    return world_.Submit(*ledger_, principal, std::move(command));
  }

  Position SetLimit(const std::string& account, int64_t units) {
    return Submit("operator-olga", SetSpendingLimit{.billing_account = *BillingAccountId::Parse(account),
                                                    .limit = Money::Micros(units * kUnit)});
  }

  void SetUp(const std::string& account, const std::string& user) {
    const std::string selector = LinkKey::MakeSelector();
    const LinkSeed link{.selector = selector, .secret_hash = links_.SecretHash(selector)};
    Submit(absl::StrCat("user-", user), SubmitAccountUpgrade{.billing_account = *BillingAccountId::Parse(account),
                                                             .user = UserId::OfHandle(user),
                                                             .contact = {.name = "Cleo Contact",
                                                                         .email = "cleo@example.org",
                                                                         .postal_address = "1 Main St",
                                                                         .phone = "+1 555 0100"},
                                                             .terms_version = "1",
                                                             .pricing_version = "1",
                                                             .link = link});
    Submit("anonymous", ConfirmBilling{.selector = selector, .secret_hash = link.secret_hash});
  }

  Position Hold(const std::string& user, int64_t units, const std::string& bill_to = "") {
    return Submit("service-portal",
                  PlaceHold{.action = {.action = "analysis.run",
                                       .user = UserId::OfHandle(user),
                                       .bill_to = BillingAccountId::Parse(bill_to).value_or(BillingAccountId()),
                                       .cost = Money::Micros(units * kUnit)}});
  }

  template <class Response, class Request>
  absl::StatusOr<Response> Ask(const std::string& principal, const char* method, const Request& request) {
    std::mutex mutex;
    std::condition_variable answered;
    bool done = false;
    absl::StatusOr<Response> result = absl::UnknownError("not answered");
    const auto* service = Request::descriptor()->file()->FindServiceByName("FinanceService");
    calls_->Serve({.principal = *Principal::Parse(principal), .method = service->FindMethodByName(method)},
                  request.SerializeAsString(),
                  [&](const absl::Status& status, const google::protobuf::Message* response) {
                    const std::lock_guard<std::mutex> lock(mutex);
                    if (status.ok()) {
                      Response copy;
                      copy.CopyFrom(*response);
                      result = std::move(copy);
                    } else {
                      result = status;
                    }
                    done = true;
                    answered.notify_all();
                  });
    std::unique_lock<std::mutex> lock(mutex);
    answered.wait(lock, [&] { return done; });
    return result;
  }

  absl::StatusOr<v1::ExplainDecisionResponse> Explain(const std::string& principal, Position position) {
    v1::ExplainDecisionRequest request;
    request.set_position(position);
    return Ask<v1::ExplainDecisionResponse>(principal, "ExplainDecision", request);
  }

  absl::StatusOr<v1::WhatIfResponse> WhatIf(const std::string& principal, const v1::WhatIfRequest& request) {
    return Ask<v1::WhatIfResponse>(principal, "WhatIf", request);
  }

  static std::string ReasonFor(const absl::Status& status) { return ReasonOf(status).value_or(status.ToString()); }

  MemoryLog log_;
  ManualClock clock_{absl::FromUnixSeconds(kStart)};
  const LinkKey links_ = LinkKey::Fresh();
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Calls> calls_;
  StreamWorld world_;
  Position catalogue_ = 0;
  Position credit_ = 0;
  Position limit_ = 0;
};

TEST_F(Explanations, F9_ADenialIsExplainedTheNextDayWithTheEntriesItCameFrom) {
  const Position used = world_.Use(*ledger_, "user-ada", 60);
  const Position hold = Hold("ada", 15);
  const Position denied = Hold("ada", 12);
  clock_.Advance(absl::Hours(20));
  SetLimit("user-ada", 5'000);

  const auto response = Explain("user-ada", denied);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_FALSE(response->decision().allowed());
  EXPECT_TRUE(response->on_record());
  EXPECT_EQ(response->decision().position(), denied);
  const v1::ExplainedFunds& funds = response->funds();
  EXPECT_EQ(funds.funds_micros(), 5 * kUnit);
  EXPECT_EQ(funds.funds_micros(),
            funds.credits_micros() + funds.limit_micros() - funds.outstanding_micros() - funds.held_micros());
  EXPECT_EQ(funds.limit_position(), limit_);
  ASSERT_EQ(funds.credits_size(), 1);
  EXPECT_EQ(funds.credits(0).grant_position(), credit_);
  ASSERT_EQ(funds.holds_size(), 1);
  EXPECT_EQ(funds.holds(0).position(), hold);
  ASSERT_EQ(funds.unpaid_size(), 1);
  EXPECT_EQ(funds.unpaid(0).position(), used);
  EXPECT_EQ(funds.unpaid(0).unpaid_micros(), 10 * kUnit);
  EXPECT_EQ(response->origins(0).what(), "action catalogue");
  EXPECT_EQ(response->origins(0).position(), catalogue_);
  EXPECT_THAT(response->summary(), HasSubstr("short by 7.00 USD"));
}

TEST_F(Explanations, StrangersLearnNothing) {
  const Position hold = Hold("ada", 15);
  const Position last = Hold("ada", 500);
  for (const Position position : {hold, last, credit_, last + 100}) {
    const auto response = Explain("user-bob", position);
    EXPECT_EQ(ReasonFor(response.status()), "PERMISSION_DENIED") << position;
    EXPECT_EQ(response.status().message(),
              PermissionDenied(absl::StrCat("have the entry at position ", position, " explained")).message());
  }
  EXPECT_EQ(ReasonFor(Explain("anonymous", hold).status()), "PERMISSION_DENIED");
  EXPECT_EQ(ReasonFor(Explain("finance-fay", credit_).status()), "INVALID_FIELD");
  EXPECT_EQ(ReasonFor(Explain("finance-fay", last + 100).status()), "INVALID_FIELD");
}

TEST_F(Explanations, F8_WhoDoesNotSeeCostsGetsTheOwnDenialAlone) {
  Submit("user-ada",
         CreateOrganization{.handle = "lab", .name = "Lab", .admin = UserId::OfHandle("ada"), .currency = "USD"});
  Submit("user-ada",
         InviteMember{.organization = OrganizationId::OfHandle("lab"), .user = UserId::OfHandle("eve"), .access = {}});
  Submit("user-eve",
         AcceptInvitation{.organization = OrganizationId::OfHandle("lab"), .user = UserId::OfHandle("eve")});
  const Position denied = Hold("eve", 5, "org-lab");
  const auto response = Explain("user-eve", denied);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->decision().reason(), v1::ERROR_REASON_BILLABLE_ACTIVITIES_NOT_ALLOWED);
  EXPECT_FALSE(response->has_funds());
  EXPECT_EQ(ReasonFor(Explain("user-bob", denied).status()), "PERMISSION_DENIED");
  EXPECT_TRUE(Explain("user-ada", denied)->has_funds());
}

TEST_F(Explanations, F4_AnActionOfThePastIsJudgedAsItWouldHaveBeenThen) {
  const absl::Time before = clock_.Now();
  clock_.Advance(absl::Hours(1));
  const Position use = world_.Use(*ledger_, "user-ada", 60);
  v1::ExplainDecisionRequest request;
  request.mutable_gated_action()->set_action("analysis.run");
  request.mutable_gated_action()->set_cost_micros(70 * kUnit);
  request.set_hold(true);
  const auto ask = [&](const std::string& who) {
    return Ask<v1::ExplainDecisionResponse>(who, "ExplainDecision", request);
  };
  EXPECT_FALSE(ask("user-ada")->decision().allowed());
  EXPECT_EQ(ask("user-ada")->position(), use);
  request.set_at_position(limit_);
  EXPECT_TRUE(ask("user-ada")->decision().allowed());
  EXPECT_EQ(ask("user-ada")->drawn_size(), 2);
  request.mutable_at_time()->set_seconds(absl::ToUnixSeconds(before));
  EXPECT_TRUE(ask("user-ada")->decision().allowed());
  EXPECT_EQ(ask("user-ada")->position(), limit_);
  request.mutable_gated_action()->set_user_id("user-ada");
  EXPECT_TRUE(ask("finance-fay").ok());
  EXPECT_EQ(ReasonFor(ask("user-bob").status()), "PERMISSION_DENIED");
  request.mutable_gated_action()->set_bill_to("user-ada");
  EXPECT_EQ(ReasonFor(ask("user-bob").status()), "PERMISSION_DENIED");
  request.mutable_at_time()->set_seconds(kStart + 100'000'000);
  EXPECT_EQ(ReasonFor(ask("finance-fay").status()), "INVALID_FIELD");
}

TEST_F(Explanations, WhatIfReportsAnotherLimitAndChangesNothing) {
  const Position first = Hold("ada", 15);
  Hold("ada", 500);
  Position last = 0;
  ledger_->Read([&](const State& state, absl::Time) { last = state.position; });
  v1::WhatIfRequest request;
  request.set_billing_account("user-ada");
  request.set_from_position(first);
  request.set_limit_micros(1'000 * kUnit);
  const auto report = WhatIf("user-ada", request);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->entry_count(), static_cast<int64_t>(last - first + 1));
  EXPECT_EQ(report->difference_count(), 1);
  ASSERT_EQ(report->accounts_size(), 1);
  EXPECT_EQ(report->accounts(0).then().denied_count(), 1);
  EXPECT_EQ(report->accounts(0).now().denied_count(), 0);
  ledger_->Read([&](const State& state, absl::Time) {
    EXPECT_EQ(state.position, last);
    EXPECT_EQ(state.Find(*BillingAccountId::Parse("user-ada"))->balance.limit, Money::Micros(30 * kUnit));
  });
  EXPECT_EQ(ReasonFor(WhatIf("user-bob", request).status()), "PERMISSION_DENIED");
  request.clear_billing_account();
  EXPECT_EQ(ReasonFor(WhatIf("user-ada", request).status()), "PERMISSION_DENIED");
  EXPECT_TRUE(WhatIf("finance-fay", request).ok());
  request.set_to_position(last + 1);
  EXPECT_EQ(ReasonFor(WhatIf("finance-fay", request).status()), "INVALID_FIELD");
  request.set_to_position(first - 1);
  EXPECT_EQ(ReasonFor(WhatIf("finance-fay", request).status()), "INVALID_FIELD");
}

TEST_F(Explanations, WhatIfTakesPeriodsByTimeAndPricesOfTheAccountsCurrency) {
  const Position early = world_.Use(*ledger_, "user-ada", 1);
  clock_.Advance(absl::Hours(1));
  world_.Use(*ledger_, "user-ada", 2);
  v1::WhatIfRequest request;
  request.set_billing_account("user-ada");
  request.mutable_from_time()->set_seconds(kStart + 1);
  auto& price = *request.add_prices();
  price.set_sku("compute");
  price.set_price_micros(3 * kUnit);
  price.set_per_quantity(1);
  price.set_category("compute");
  const auto report = WhatIf("user-ada", request);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->from_position(), early + 1);
  EXPECT_EQ(report->accounts(0).then().charged_micros(), 2 * kUnit);
  EXPECT_EQ(report->accounts(0).now().charged_micros(), 6 * kUnit);
  request.set_currency("EUR");
  EXPECT_EQ(ReasonFor(WhatIf("user-ada", request).status()), "CURRENCY_MISMATCH");
  request.clear_billing_account();
  request.clear_currency();
  EXPECT_EQ(ReasonFor(WhatIf("finance-fay", request).status()), "INVALID_FIELD");
}

}  // namespace
}  // namespace bursar
