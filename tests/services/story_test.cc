// The story of the README through the gRPC door: from a registration to a denied job and an approved increase.
#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bursar/v1/account.pb.h"
#include "bursar/v1/billing.pb.h"
#include "bursar/v1/credit.pb.h"
#include "bursar/v1/finance.pb.h"
#include "bursar/v1/gate.pb.h"
#include "bursar/v1/history.pb.h"
#include "bursar/v1/limit.pb.h"
#include "bursar/v1/outbox.pb.h"
#include "bursar/v1/policy.pb.h"
#include "bursar/v1/usage.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "ledger/base/clock.h"
#include "services/api/call_log.h"
#include "services/client/client.h"
#include "services/client/status.h"
#include "services/server/server.h"

namespace bursar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int64_t kUnit = 1'000'000;

// A data folder that is gone afterwards.
class Folder {
 public:
  Folder()
      : path_(std::filesystem::temp_directory_path() / absl::StrCat("bursar-story-",
                                                                    ::testing::UnitTest::GetInstance()->random_seed(),
                                                                    "-", absl::GetCurrentTimeNanos())) {}
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string text() const { return path_.string(); }

 private:
  const std::filesystem::path path_;
};

std::string ReasonOfError(const absl::Status& status) {
  const auto info = ErrorInfoOf(status);
  return info.has_value() ? info->reason() : absl::StrCat("no reason: ", status.ToString());
}

// A server on a data folder, and everybody who talks to it.
class Story : public ::testing::Test {
 protected:
  Story() {
    SetCallLog(false);
    Start();
  }

  void Start() {
    server_.reset();
    auto server = Server::Start({.data_folder = folder_.text(), .create_if_missing = true, .clock = &clock_});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  template <class Response, class Request>
  absl::StatusOr<Response> Try(const std::string& principal, const Request& request) {
    const Client client(server_->InProcessChannel(),
                        {.principal = principal, .timeout = absl::Seconds(30), .attempts = 1});
    return client.Call<Response>(request);
  }

  // For calls that must succeed.
  template <class Response, class Request>
  Response As(const std::string& principal, const Request& request) {
    auto response = Try<Response>(principal, request);
    EXPECT_TRUE(response.ok()) << Request::descriptor()->name() << ": " << response.status();
    return response.ok() ? *std::move(response) : Response();
  }

  template <class Request>
  Request Write() {
    Request request;
    request.set_request_id(absl::StrCat("request-", ++requests_));
    return request;
  }

  void PublishPolicy();
  v1::RegisterUserRequest Registration(const std::string& handle);
  v1::SubmitAccountUpgradeRequest Upgrade(const std::string& account);
  std::string MailedToken();
  // Registers ada through the partner, and sets up her billing; funds are 50 then.
  void UpgradeAda();
  v1::PlaceHoldRequest HoldOf(int64_t units);
  int64_t Funds();

  const Folder folder_;
  ManualClock clock_{absl::FromUnixSeconds(1'790'000'000)};
  std::unique_ptr<Server> server_;
  int requests_ = 0;
};

void Story::PublishPolicy() {
  auto partner = Write<v1::PublishPartnerRequest>();
  partner.mutable_partner()->set_partner_id("sjcloudplatform");
  partner.mutable_partner()->set_display_name("SJ Cloud Platform");
  partner.mutable_partner()->set_default_region("azure:westus");
  As<v1::PublishPartnerResponse>("operator-olga", partner);

  auto promotion = Write<v1::PublishPromotionRequest>();
  promotion.mutable_promotion()->set_promotion_id("welcome");
  promotion.mutable_promotion()->set_partner_id("sjcloudplatform");
  promotion.mutable_promotion()->set_amount_micros(50 * kUnit);
  promotion.mutable_promotion()->set_currency("USD");
  As<v1::PublishPromotionResponse>("operator-olga", promotion);

  for (const auto document : {v1::DOCUMENT_TERMS, v1::DOCUMENT_PRICING}) {
    auto terms = Write<v1::PublishTermsRequest>();
    terms.mutable_terms()->set_document(document);
    terms.mutable_terms()->set_version("2026-01");
    terms.mutable_terms()->set_url("https://example.org/terms");
    As<v1::PublishTermsResponse>("operator-olga", terms);
  }

  auto catalogue = Write<v1::PublishActionCatalogueRequest>();
  for (const char* name : {"project.create", "folder.create", "analysis.run"}) {
    auto& action = *catalogue.add_actions();
    action.set_name(name);
    action.set_gated(true);
    action.set_free(std::string(name) != "analysis.run");
    action.set_category("compute");
  }
  As<v1::PublishActionCatalogueResponse>("operator-olga", catalogue);

  auto prices = Write<v1::PublishPriceListRequest>();
  prices.set_currency("USD");
  auto& price = *prices.add_prices();
  price.set_sku("compute.mem1");
  price.set_price_micros(143'000);
  price.set_per_quantity(3'600);
  price.set_category("compute");
  As<v1::PublishPriceListResponse>("operator-olga", prices);
}

v1::RegisterUserRequest Story::Registration(const std::string& handle) {
  auto request = Write<v1::RegisterUserRequest>();
  request.set_handle(handle);
  request.set_name("Ada Quillfeather");
  request.set_email(absl::StrCat(handle, "@example.org"));
  request.set_partner_id("sjcloudplatform");
  request.set_currency("USD");
  return request;
}

v1::SubmitAccountUpgradeRequest Story::Upgrade(const std::string& account) {
  auto request = Write<v1::SubmitAccountUpgradeRequest>();
  request.set_billing_account(account);
  request.mutable_contact()->set_name("Grace Tenderfoot");
  request.mutable_contact()->set_email("grace@example.org");
  request.mutable_contact()->set_postal_address("1 Main St\nSpringfield");
  request.mutable_contact()->set_phone("+1 555 0100");
  request.set_terms_version("2026-01");
  request.set_pricing_version("2026-01");
  return request;
}

std::string Story::MailedToken() {
  v1::ListMessagesRequest request;
  request.set_newest_first(true);
  const auto response = As<v1::ListMessagesResponse>("support-sam", request);
  for (const auto& message : response.messages()) {
    if (!message.link_token().empty()) return message.link_token();
  }
  return "";
}

void Story::UpgradeAda() {
  PublishPolicy();
  As<v1::RegisterUserResponse>("", Registration("ada"));
  As<v1::SubmitAccountUpgradeResponse>("user-ada", Upgrade("user-ada"));
  auto confirm = Write<v1::ConfirmBillingRequest>();
  confirm.set_token(MailedToken());
  As<v1::ConfirmBillingResponse>("", confirm);
}

v1::PlaceHoldRequest Story::HoldOf(int64_t units) {
  auto request = Write<v1::PlaceHoldRequest>();
  request.mutable_gated_action()->set_action("analysis.run");
  request.mutable_gated_action()->set_user_id("user-ada");
  request.mutable_gated_action()->set_cost_micros(units * kUnit);
  return request;
}

int64_t Story::Funds() {
  const auto response = As<v1::GetBillingAccountResponse>("user-ada", v1::GetBillingAccountRequest());
  return response.billing_account().balance().funds_micros();
}

TEST_F(Story, A1_RegistersWithAPromiseThatIsNotSpendable) {
  PublishPolicy();
  const auto registered = As<v1::RegisterUserResponse>("", Registration("Ada.L"));
  EXPECT_EQ(registered.user_id(), "user-ada.l");
  EXPECT_EQ(registered.region(), "azure:westus");
  EXPECT_EQ(registered.entitlement().amount_micros(), 50 * kUnit);
  EXPECT_EQ(registered.entitlement().status(), v1::Entitlement::STATUS_ENTITLED);
  const auto account = As<v1::GetBillingAccountResponse>("user-ada.l", v1::GetBillingAccountRequest());
  EXPECT_EQ(account.billing_account().balance().funds_micros(), 0);
  EXPECT_EQ(account.billing_account().setup().status(), v1::BillingSetup::STATUS_NOT_SET_UP);
}

TEST_F(Story, A7_ShowsStrangersTheProfileOnly) {
  UpgradeAda();
  As<v1::RegisterUserResponse>("", Registration("bob"));
  v1::GetUserRequest request;
  request.set_user_id("user-ada");
  const auto seen = As<v1::GetUserResponse>("user-bob", request).user();
  EXPECT_EQ(seen.name(), "Ada Quillfeather");
  EXPECT_TRUE(seen.profile_only());
  EXPECT_EQ(seen.email(), "");
  EXPECT_EQ(seen.default_payer(), "");
  EXPECT_EQ(As<v1::GetUserResponse>("user-ada", request).user().upgrade(), v1::User::UPGRADE_BY_FORM);
}

TEST_F(Story, U3_ConfirmsByTheMailedLinkAndGrantsThePromise) {
  PublishPolicy();
  As<v1::RegisterUserResponse>("", Registration("ada"));
  const auto submitted = As<v1::SubmitAccountUpgradeResponse>("user-ada", Upgrade("user-ada"));
  EXPECT_EQ(submitted.sent_to(), "grace@example.org");
  const std::string token = MailedToken();
  v1::GetVerificationRequest look;
  look.set_token(token);
  const auto asked = As<v1::GetVerificationResponse>("", look);
  EXPECT_EQ(asked.terms_url(), "https://example.org/terms");
  EXPECT_FALSE(asked.confirmed());
  EXPECT_EQ(Funds(), 0);

  auto confirm = Write<v1::ConfirmBillingRequest>();
  confirm.set_token(token);
  const auto confirmed = As<v1::ConfirmBillingResponse>("", confirm);
  EXPECT_THAT(confirmed.upgraded_user_ids(), ElementsAre("user-ada"));
  EXPECT_EQ(confirmed.credit().granted_micros(), 50 * kUnit);
  EXPECT_EQ(Funds(), 50 * kUnit);

  // U6: opened twice.
  auto again = Write<v1::ConfirmBillingRequest>();
  again.set_token(token);
  EXPECT_EQ(As<v1::ConfirmBillingResponse>("", again).position(), confirmed.position());
  EXPECT_TRUE(As<v1::GetVerificationResponse>("", look).confirmed());
}

TEST_F(Story, U8_RefusesAnAlteredLinkAndRevealsNothing) {
  PublishPolicy();
  As<v1::RegisterUserResponse>("", Registration("ada"));
  As<v1::SubmitAccountUpgradeResponse>("user-ada", Upgrade("user-ada"));
  std::string token = MailedToken();
  token.back() = token.back() == 'A' ? 'E' : 'A';
  for (const std::string& wrong : {token, std::string("no.link")}) {
    v1::GetVerificationRequest look;
    look.set_token(wrong);
    const auto refused = Try<v1::GetVerificationResponse>("", look);
    EXPECT_EQ(ReasonOfError(refused.status()), "LINK_INVALID");
    EXPECT_THAT(std::string(refused.status().message()), Not(HasSubstr("ada")));
  }
}

TEST_F(Story, HoldsCapturesRunsOutAndGetsMore) {
  UpgradeAda();
  auto project = Write<v1::CreateProjectRequest>();
  project.set_name("genomes");
  const auto created = As<v1::CreateProjectResponse>("user-ada", project);
  EXPECT_EQ(created.project().billing_account(), "user-ada");

  auto forty = HoldOf(40);
  forty.mutable_gated_action()->set_project_id(created.project().project_id());
  const auto held = As<v1::PlaceHoldResponse>("service-portal", forty);
  ASSERT_TRUE(held.decision().allowed());
  EXPECT_EQ(held.hold().held_micros(), 40 * kUnit);
  EXPECT_EQ(held.decision().funds_micros(), 10 * kUnit);

  auto capture = Write<v1::CaptureHoldRequest>();
  capture.set_hold_id(held.hold().hold_id());
  capture.set_amount_micros(31'370'000);
  capture.set_last(true);
  const auto captured = As<v1::CaptureHoldResponse>("service-portal", capture);
  EXPECT_EQ(captured.charge().amount_micros(), 31'370'000);
  ASSERT_EQ(captured.returned_size(), 1);
  EXPECT_EQ(captured.returned(0).amount_micros(), 8'630'000);
  EXPECT_EQ(Funds(), 18'630'000);

  const auto denied = As<v1::PlaceHoldResponse>("service-portal", HoldOf(20)).decision();
  EXPECT_FALSE(denied.allowed());
  EXPECT_EQ(denied.reason(), v1::ERROR_REASON_SPENDING_LIMIT_EXCEEDED);
  ASSERT_EQ(denied.bindings_size(), 1);
  EXPECT_EQ(denied.bindings(0).shortfall_micros(), 1'370'000);
  EXPECT_THAT(denied.remedy(), Not(IsEmpty()));
  EXPECT_THAT(denied.lifters(), ElementsAre("user-ada"));

  auto ask = Write<v1::RequestLimitIncreaseRequest>();
  ask.set_billing_account("user-ada");
  ask.set_requested_limit_micros(200 * kUnit);
  const auto asked = As<v1::RequestLimitIncreaseResponse>("user-ada", ask);
  EXPECT_EQ(asked.increase().status(), v1::LimitIncrease::STATUS_PENDING);
  const auto pending = As<v1::PlaceHoldResponse>("service-portal", HoldOf(20)).decision();
  EXPECT_EQ(pending.pending_increase_id(), asked.increase().increase_id());

  auto approve = Write<v1::ApproveLimitIncreaseRequest>();
  approve.set_increase_id(asked.increase().increase_id());
  approve.set_limit_micros(100 * kUnit);
  const auto approved = As<v1::ApproveLimitIncreaseResponse>("operator-olga", approve);
  EXPECT_EQ(approved.limit_micros(), 100 * kUnit);
  EXPECT_EQ(approved.funds_micros(), 118'630'000);
  EXPECT_TRUE(As<v1::PlaceHoldResponse>("service-portal", HoldOf(20)).decision().allowed());
}

TEST_F(Story, G12_RehearsesWithoutATrace) {
  UpgradeAda();
  auto dry = HoldOf(60);
  dry.set_validate_only(true);
  const Position before = server_->ledger().log().Last().position;
  const auto would = As<v1::PlaceHoldResponse>("service-portal", dry);
  EXPECT_EQ(server_->ledger().log().Last().position, before);
  dry.set_validate_only(false);
  auto did = As<v1::PlaceHoldResponse>("service-portal", dry);
  EXPECT_GT(server_->ledger().log().Last().position, before);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(would.decision(), did.decision()))
      << would.DebugString() << did.DebugString();
}

TEST_F(Story, G1_RecordsADeniedCheckOnceAMinute) {
  UpgradeAda();
  v1::CheckRequest request;
  request.mutable_gated_action()->set_action("analysis.run");
  request.mutable_gated_action()->set_user_id("user-ada");
  request.mutable_gated_action()->set_cost_micros(10 * kUnit);
  const Position before = server_->ledger().log().Last().position;
  const auto allowed = As<v1::CheckResponse>("service-portal", request).decision();
  EXPECT_TRUE(allowed.allowed());
  EXPECT_EQ(allowed.funds_micros(), 50 * kUnit);
  EXPECT_EQ(allowed.position(), before);

  request.mutable_gated_action()->set_cost_micros(60 * kUnit);
  v1::CheckBatchRequest batch;
  for (int i = 0; i < 3; ++i) *batch.add_gated_actions() = request.gated_action();
  batch.add_gated_actions()->set_action("no.such");
  batch.mutable_gated_actions(3)->set_user_id("user-ada");
  const auto results = As<v1::CheckBatchResponse>("service-portal", batch);
  ASSERT_EQ(results.results_size(), 4);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(results.results(i).decision().reason(), v1::ERROR_REASON_SPENDING_LIMIT_EXCEEDED);
    EXPECT_EQ(results.results(i).decision().position(), before + 1);
  }
  EXPECT_EQ(results.results(3).error().code(), static_cast<int>(absl::StatusCode::kNotFound));
  EXPECT_EQ(server_->ledger().log().Last().position, before + 1);
}

TEST_F(Story, G10_ABudgetIsSetListedNamedByADenialAndRemoved) {
  UpgradeAda();
  auto set = Write<v1::SetBudgetRequest>();
  set.set_billing_account("user-ada");
  set.set_category("compute");
  set.set_limit_micros(30 * kUnit);
  set.set_period(v1::Budget::PERIOD_MONTH);
  set.set_time_zone("Europe/Berlin");
  const v1::Budget budget = As<v1::SetBudgetResponse>("user-ada", set).budget();
  EXPECT_EQ(budget.currency(), "USD");
  EXPECT_EQ(budget.time_zone(), "Europe/Berlin");
  EXPECT_GT(budget.period_end_time().seconds(), absl::ToUnixSeconds(clock_.Now()));
  EXPECT_TRUE(As<v1::PlaceHoldResponse>("service-portal", HoldOf(20)).decision().allowed());

  v1::ListBudgetsRequest list;
  const auto listed = As<v1::ListBudgetsResponse>("user-ada", list);
  ASSERT_EQ(listed.budgets_size(), 1);
  EXPECT_EQ(listed.budgets(0).name(), "monthly budget of user-ada for compute");
  EXPECT_EQ(listed.budgets(0).held_micros(), 20 * kUnit);
  EXPECT_EQ(listed.budgets(0).available_micros(), 10 * kUnit);

  const auto denied = As<v1::PlaceHoldResponse>("service-portal", HoldOf(11)).decision();
  EXPECT_EQ(denied.reason(), v1::ERROR_REASON_BUDGET_EXCEEDED);
  ASSERT_EQ(denied.bindings_size(), 1);
  EXPECT_EQ(denied.bindings(0).budget_id(), budget.budget_id());
  EXPECT_EQ(denied.bindings(0).shortfall_micros(), kUnit);
  EXPECT_FALSE(denied.bindings(0).has_reopen_time()) << "nothing was used yet";

  auto remove = Write<v1::RemoveBudgetRequest>();
  remove.set_budget_id(budget.budget_id());
  EXPECT_EQ(ReasonOfError(Try<v1::RemoveBudgetResponse>("user-bob", remove).status()), "PERMISSION_DENIED");
  EXPECT_EQ(As<v1::RemoveBudgetResponse>("user-ada", remove).billing_account(), "user-ada");
  EXPECT_TRUE(As<v1::PlaceHoldResponse>("service-portal", HoldOf(11)).decision().allowed());
}

TEST_F(Story, G8_ACaptureTellsThePlatformToStopTheWork) {
  UpgradeAda();
  auto place = HoldOf(5);
  place.mutable_gated_action()->set_cost_limit_micros(5 * kUnit);
  const auto run = As<v1::PlaceHoldResponse>("service-portal", place).hold();
  EXPECT_EQ(run.cost_limit_micros(), 5 * kUnit);
  const auto other = As<v1::PlaceHoldResponse>("service-portal", HoldOf(2)).hold();
  const auto capture = [&](const std::string& hold, int64_t units) {
    auto request = Write<v1::CaptureHoldRequest>();
    request.set_hold_id(hold);
    request.set_amount_micros(units * kUnit);
    return As<v1::CaptureHoldResponse>("service-portal", request);
  };
  const auto stopped = capture(run.hold_id(), 7);
  EXPECT_EQ(stopped.charge().amount_micros(), 7 * kUnit);
  EXPECT_TRUE(stopped.terminate());
  EXPECT_EQ(stopped.terminate_reason(), v1::ERROR_REASON_COST_LIMIT_EXCEEDED);
  EXPECT_EQ(stopped.terminate_overshoot_micros(), 2 * kUnit);
  EXPECT_TRUE(capture(run.hold_id(), 1).terminate()) << "it is told again";

  EXPECT_FALSE(capture(other.hold_id(), 2).terminate()) << "others go on while there are funds";
  const auto last = As<v1::PlaceHoldResponse>("service-portal", HoldOf(40)).hold();
  const auto ended = capture(last.hold_id(), 43);
  EXPECT_EQ(ended.terminate_reason(), v1::ERROR_REASON_SPENDING_LIMIT_EXCEEDED);
  EXPECT_EQ(ended.charge().overshoot_micros(), 3 * kUnit);
  EXPECT_THAT(ended.other_terminated_hold_ids(), ElementsAre(other.hold_id()));
  v1::GetHoldRequest get;
  get.set_hold_id(other.hold_id());
  EXPECT_TRUE(As<v1::GetHoldResponse>("service-portal", get).hold().terminating());
  const auto account = As<v1::GetBillingAccountResponse>("user-ada", v1::GetBillingAccountRequest());
  EXPECT_EQ(account.billing_account().balance().overshoot_micros(), 3 * kUnit);
}

TEST_F(Story, F8_AMemberWhoMayNotSpendIsToldNoAmounts) {
  UpgradeAda();
  As<v1::RegisterUserResponse>("", Registration("bob"));
  auto create = Write<v1::CreateOrganizationRequest>();
  create.set_handle("lab");
  create.set_name("Lab");
  create.set_currency("USD");
  As<v1::CreateOrganizationResponse>("user-ada", create);
  As<v1::SubmitAccountUpgradeResponse>("user-ada", Upgrade("org-lab"));
  auto confirm = Write<v1::ConfirmBillingRequest>();
  confirm.set_token(MailedToken());
  As<v1::ConfirmBillingResponse>("", confirm);
  auto limit = Write<v1::SetSpendingLimitRequest>();
  limit.set_billing_account("org-lab");
  limit.set_limit_micros(10 * kUnit);
  As<v1::SetSpendingLimitResponse>("operator-olga", limit);
  auto invite = Write<v1::InviteMemberRequest>();
  invite.set_organization_id("org-lab");
  invite.set_user_id("user-bob");
  invite.mutable_access()->set_allow_billable_activities(true);
  As<v1::InviteMemberResponse>("user-ada", invite);
  auto accept = Write<v1::AcceptInvitationRequest>();
  accept.set_organization_id("org-lab");
  As<v1::AcceptInvitationResponse>("user-bob", accept);
  auto project = Write<v1::CreateProjectRequest>();
  project.set_name("genomes");
  project.set_bill_to("org-lab");
  const auto created = As<v1::CreateProjectResponse>("user-bob", project);

  v1::CheckRequest check;
  check.mutable_gated_action()->set_action("analysis.run");
  check.mutable_gated_action()->set_user_id("user-bob");
  check.mutable_gated_action()->set_project_id(created.project().project_id());
  check.mutable_gated_action()->set_cost_micros(11 * kUnit);
  EXPECT_EQ(As<v1::CheckResponse>("service-portal", check).decision().bindings(0).shortfall_micros(), kUnit);

  auto access = Write<v1::SetMemberAccessRequest>();
  access.set_organization_id("org-lab");
  access.set_user_id("user-bob");
  access.mutable_access();
  As<v1::SetMemberAccessResponse>("user-ada", access);
  for (const char* who : {"user-bob", "service-portal"}) {
    check.mutable_gated_action()->set_cost_micros(11 * kUnit);
    const auto denied = As<v1::CheckResponse>(who, check).decision();
    EXPECT_EQ(denied.reason(), v1::ERROR_REASON_SPENDING_LIMIT_EXCEEDED) << who;
    EXPECT_FALSE(denied.has_funds_micros()) << who;
    EXPECT_EQ(denied.bindings(0).shortfall_micros(), 0) << who;
    EXPECT_EQ(denied.bindings(0).available_micros(), 0) << who;
    EXPECT_THAT(denied.lifters(), ElementsAre("user-ada")) << who;
    check.mutable_gated_action()->set_cost_micros(kUnit);
    const auto allowed = As<v1::CheckResponse>(who, check).decision();
    EXPECT_TRUE(allowed.allowed()) << who;
    EXPECT_FALSE(allowed.has_funds_micros()) << who;
  }
}

// Everybody at once, over several connections.
TEST_F(Story, G6_GivesExactlyAsManyHoldsAsThereAreFundsFor) {
  constexpr int kClients = 8;
  constexpr int kHolds = 1'000;
  UpgradeAda();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<Client>(
        server_->InProcessChannel(), Client::Options{.principal = "service-portal", .timeout = absl::Seconds(60)}));
  }
  std::mutex mutex;
  std::condition_variable changed;
  int given = 0;
  std::map<std::string, int> denied;
  int answered = 0;
  for (int i = 0; i < kHolds; ++i) {
    clients[static_cast<size_t>(i % kClients)]->CallAsync<v1::PlaceHoldResponse>(
        HoldOf(1), [&](const absl::StatusOr<v1::PlaceHoldResponse>& response) {
          const std::lock_guard<std::mutex> lock(mutex);
          EXPECT_TRUE(response.ok()) << response.status();
          const bool allowed = response.ok() && response->decision().allowed();
          given += allowed ? 1 : 0;
          if (response.ok() && !allowed) ++denied[response->decision().bindings(0).DebugString()];
          if (++answered == kHolds) changed.notify_one();
        });
  }
  std::unique_lock<std::mutex> lock(mutex);
  changed.wait(lock, [&] { return answered == kHolds; });
  EXPECT_EQ(given, 50);
  // All alike: the same rule, the same shortfall.
  ASSERT_EQ(denied.size(), 1U);
  EXPECT_EQ(denied.begin()->second, kHolds - 50);
  EXPECT_EQ(Funds(), 0);
}

TEST_F(Story, M1_ChargesARecordOnce) {
  UpgradeAda();
  v1::RecordUsageRequest request;
  for (const char* id : {"u1", "u2", "u1"}) {
    auto& record = *request.add_records();
    record.set_record_id(id);
    record.set_user_id("user-ada");
    record.mutable_usage()->set_sku("compute.mem1");
    record.mutable_usage()->set_quantity(36'000);
    *record.mutable_usage()->mutable_usage_time() = google::protobuf::Timestamp();
    record.mutable_usage()->mutable_usage_time()->set_seconds(1'790'000'000);
  }
  const auto first = As<v1::RecordUsageResponse>("service-portal", request);
  ASSERT_EQ(first.results_size(), 3);
  EXPECT_EQ(first.results(0).charge().amount_micros(), 1'430'000);
  EXPECT_EQ(first.results(0).charge().charge_id(), first.results(2).charge().charge_id());
  EXPECT_EQ(Funds(), 50 * kUnit - 2 * 1'430'000);

  Start();
  const auto again = As<v1::RecordUsageResponse>("service-portal", request);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(first, again)) << again.DebugString();
  request.mutable_records(0)->mutable_usage()->set_quantity(1);
  EXPECT_EQ(As<v1::RecordUsageResponse>("service-portal", request).results(0).error().code(),
            static_cast<int>(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(Funds(), 50 * kUnit - 2 * 1'430'000);
}

TEST_F(Story, M3_ReversesAChargeThatItFindsInTheLog) {
  UpgradeAda();
  v1::RecordUsageRequest usage;
  auto& record = *usage.add_records();
  record.set_record_id("u1");
  record.set_user_id("user-ada");
  record.mutable_usage()->set_sku("compute.mem1");
  record.mutable_usage()->set_quantity(36'000);
  const auto charge = As<v1::RecordUsageResponse>("service-portal", usage).results(0).charge();

  auto request = Write<v1::ReverseChargeRequest>();
  request.set_charge_id(charge.charge_id());
  request.set_amount_micros(430'000);
  request.set_cause(v1::REVERSAL_CAUSE_CORRECTION);
  request.set_reason("Metered twice.");
  EXPECT_EQ(ReasonOfError(Try<v1::ReverseChargeResponse>("service-portal", request).status()), "PERMISSION_DENIED");
  const auto reversed = As<v1::ReverseChargeResponse>("finance-fay", request);
  EXPECT_EQ(reversed.reversal().amount_micros(), 430'000);
  EXPECT_EQ(reversed.reversal().parts(0).credit_id(), charge.parts(0).credit_id());
  EXPECT_EQ(reversed.funds_micros(), 49 * kUnit);
  Start();
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(
      reversed, As<v1::ReverseChargeResponse>("finance-fay", request)));
  EXPECT_EQ(Funds(), 49 * kUnit);

  auto rest = Write<v1::ReverseChargeRequest>();
  rest.set_charge_id(charge.charge_id());
  rest.set_cause(v1::REVERSAL_CAUSE_PLATFORM_FAILURE);
  rest.set_reason("The node went down.");
  EXPECT_EQ(As<v1::ReverseChargeResponse>("service-portal", rest).reversal().reversed_micros(), 1'430'000);
  for (const auto& [id, reason] : {std::pair<std::string, std::string>{charge.charge_id(), "CHARGE_REVERSED"},
                                   {"charge-1", "CHARGE_NOT_FOUND"},
                                   {"charge-1000000", "CHARGE_NOT_FOUND"}}) {
    auto again = Write<v1::ReverseChargeRequest>();
    again.set_charge_id(id);
    again.set_cause(v1::REVERSAL_CAUSE_PLATFORM_FAILURE);
    again.set_reason("The node went down.");
    EXPECT_EQ(ReasonOfError(Try<v1::ReverseChargeResponse>("service-portal", again).status()), reason);
  }
}

TEST_F(Story, M4_SetsAsideWhatCannotBeRightUntilAnOperatorDecides) {
  UpgradeAda();
  v1::RecordUsageRequest usage;
  for (const char* id : {"u1", "u2"}) {
    auto& record = *usage.add_records();
    record.set_record_id(id);
    record.set_user_id("user-ada");
    record.mutable_usage()->set_sku("compute.mem1");
    record.mutable_usage()->set_quantity(-36'000);
  }
  const auto recorded = As<v1::RecordUsageResponse>("service-portal", usage);
  ASSERT_TRUE(recorded.results(1).has_quarantine()) << recorded.DebugString();
  const auto again = As<v1::RecordUsageResponse>("service-portal", usage);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(recorded, again)) << again.DebugString();

  v1::ListQuarantinedUsageRequest list;
  list.set_page_size(1);
  const auto page = As<v1::ListQuarantinedUsageResponse>("operator-olga", list);
  ASSERT_EQ(page.records_size(), 1);
  EXPECT_EQ(page.records(0).usage().quantity(), -36'000);
  list.set_page_token(page.next_page_token());
  const auto last = As<v1::ListQuarantinedUsageResponse>("operator-olga", list);
  ASSERT_EQ(last.records_size(), 1);
  EXPECT_EQ(last.records(0).quarantine_id(), recorded.results(1).quarantine().quarantine_id());
  EXPECT_EQ(last.next_page_token(), "");

  auto release = Write<v1::ReleaseQuarantinedUsageRequest>();
  release.set_quarantine_id(page.records(0).quarantine_id());
  EXPECT_EQ(ReasonOfError(Try<v1::ReleaseQuarantinedUsageResponse>("operator-olga", release).status()),
            "INVALID_FIELD");
  release.set_quantity(36'000);
  EXPECT_EQ(As<v1::ReleaseQuarantinedUsageResponse>("operator-olga", release).charge().amount_micros(), 1'430'000);
  auto discard = Write<v1::DiscardQuarantinedUsageRequest>();
  discard.set_quarantine_id(last.records(0).quarantine_id());
  discard.set_reason("A broken meter.");
  EXPECT_EQ(As<v1::DiscardQuarantinedUsageResponse>("operator-olga", discard).quarantine_id(),
            last.records(0).quarantine_id());
  EXPECT_EQ(As<v1::ListQuarantinedUsageResponse>("operator-olga", v1::ListQuarantinedUsageRequest()).records_size(), 0);
}

TEST_F(Story, RevokesACreditAndShowsIt) {
  UpgradeAda();
  v1::ListCreditsRequest list;
  list.set_billing_account("user-ada");
  auto request = Write<v1::RevokeCreditRequest>();
  request.set_credit_id(As<v1::ListCreditsResponse>("user-ada", list).credits(0).credit_id());
  request.set_reason("Not for employees.");
  const auto revoked = As<v1::RevokeCreditResponse>("operator-olga", request);
  EXPECT_EQ(revoked.revoked_micros(), 50 * kUnit);
  EXPECT_FALSE(revoked.paid_back());
  EXPECT_EQ(As<v1::ListCreditsResponse>("user-ada", list).credits(0).revoked_micros(), 50 * kUnit);
  EXPECT_EQ(Funds(), 0);
}

TEST_F(Story, PublishesASponsorshipThatPaysAShareOfUsage) {
  UpgradeAda();
  As<v1::RegisterUserResponse>("", Registration("bob"));
  auto publish = Write<v1::PublishSponsorshipRequest>();
  publish.mutable_sponsorship()->set_sponsorship_id("pediatrics");
  publish.mutable_sponsorship()->set_billing_account("user-ada");
  publish.mutable_sponsorship()->add_skus("compute.mem1");
  publish.mutable_sponsorship()->set_share_percent(50);
  publish.mutable_sponsorship()->set_quota_micros(kUnit);
  As<v1::PublishSponsorshipResponse>("operator-olga", publish);
  const auto policy = As<v1::GetPolicyResponse>("", v1::GetPolicyRequest());
  ASSERT_EQ(policy.sponsorships_size(), 1);
  EXPECT_EQ(policy.sponsorships(0).currency(), "USD");

  v1::RecordUsageRequest usage;
  auto& record = *usage.add_records();
  record.set_record_id("u1");
  record.set_user_id("user-bob");
  record.mutable_usage()->set_sku("compute.mem1");
  record.mutable_usage()->set_quantity(36'000);
  const auto charge = As<v1::RecordUsageResponse>("service-portal", usage).results(0).charge();
  EXPECT_EQ(charge.amount_micros(), 715'000);
  EXPECT_EQ(charge.sponsored_micros(), 715'000);
  EXPECT_EQ(charge.sponsor_billing_account(), "user-ada");
  EXPECT_EQ(Funds(), 50 * kUnit - 715'000);
}

TEST_F(Story, ACheckSaysBeforehandWhatASponsorPays) {
  UpgradeAda();
  As<v1::RegisterUserResponse>("", Registration("bob"));
  As<v1::SubmitAccountUpgradeResponse>("user-bob", Upgrade("user-bob"));
  auto confirm = Write<v1::ConfirmBillingRequest>();
  confirm.set_token(MailedToken());
  As<v1::ConfirmBillingResponse>("", confirm);
  auto publish = Write<v1::PublishSponsorshipRequest>();
  publish.mutable_sponsorship()->set_sponsorship_id("pediatrics");
  publish.mutable_sponsorship()->set_billing_account("user-bob");
  publish.mutable_sponsorship()->add_actions("analysis.run");
  publish.mutable_sponsorship()->set_share_percent(40);
  publish.mutable_sponsorship()->set_quota_micros(30 * kUnit);
  As<v1::PublishSponsorshipResponse>("operator-olga", publish);

  v1::CheckRequest check;
  *check.mutable_gated_action() = HoldOf(10).gated_action();
  const auto said = As<v1::CheckResponse>("user-ada", check).decision();
  ASSERT_TRUE(said.allowed());
  EXPECT_EQ(said.sponsored_micros(), 4 * kUnit);
  EXPECT_EQ(said.sponsor_billing_account(), "user-bob");

  const auto placed = As<v1::PlaceHoldResponse>("service-portal", HoldOf(10));
  EXPECT_EQ(placed.decision().sponsored_micros(), said.sponsored_micros());
  EXPECT_EQ(placed.decision().sponsor_billing_account(), said.sponsor_billing_account());
  EXPECT_EQ(placed.hold().held_micros(), 6 * kUnit);
  EXPECT_EQ(placed.hold().sponsored_micros(), said.sponsored_micros());
  EXPECT_EQ(placed.hold().sponsor_billing_account(), "user-bob");
  EXPECT_EQ(Funds(), 44 * kUnit);
  v1::GetHoldRequest get;
  get.set_hold_id(placed.hold().hold_id());
  EXPECT_EQ(As<v1::GetHoldResponse>("user-ada", get).hold().sponsored_micros(), said.sponsored_micros());

  auto capture = Write<v1::CaptureHoldRequest>();
  capture.set_hold_id(placed.hold().hold_id());
  capture.set_amount_micros(10 * kUnit);
  capture.set_last(true);
  const auto charge = As<v1::CaptureHoldResponse>("service-portal", capture).charge();
  EXPECT_EQ(charge.amount_micros(), 6 * kUnit);
  EXPECT_EQ(charge.sponsored_micros(), said.sponsored_micros());
  EXPECT_EQ(charge.sponsor_billing_account(), said.sponsor_billing_account());
  EXPECT_EQ(Funds(), 44 * kUnit);

  *check.mutable_gated_action() = HoldOf(71).gated_action();
  const auto denied = As<v1::CheckResponse>("user-ada", check).decision();
  EXPECT_FALSE(denied.allowed());
  EXPECT_EQ(denied.sponsored_micros(), 26 * kUnit) << "so much of the quota is left";
  EXPECT_EQ(denied.sponsor_billing_account(), "user-bob");
  EXPECT_EQ(denied.bindings(0).shortfall_micros(), kUnit);
  EXPECT_FALSE(As<v1::PlaceHoldResponse>("service-portal", HoldOf(71)).decision().allowed());
  EXPECT_TRUE(As<v1::PlaceHoldResponse>("service-portal", HoldOf(70)).decision().allowed());
  EXPECT_EQ(Funds(), 0);
}

TEST_F(Story, F4_TellsBalancesOfThePast) {
  UpgradeAda();
  const auto now = As<v1::GetBalanceResponse>("finance-fay", [] {
    v1::GetBalanceRequest request;
    request.set_billing_account("user-ada");
    return request;
  }());
  As<v1::PlaceHoldResponse>("service-portal", HoldOf(40));
  v1::GetBalanceRequest request;
  request.set_billing_account("user-ada");
  request.set_at_position(now.balance().position());
  EXPECT_EQ(As<v1::GetBalanceResponse>("finance-fay", request).balance().funds_micros(), 50 * kUnit);
  request.set_at_position(now.balance().position() + 1);
  const auto held = As<v1::GetBalanceResponse>("finance-fay", request).balance();
  EXPECT_EQ(held.funds_micros(), 10 * kUnit);
  EXPECT_EQ(held.held_micros(), 40 * kUnit);
  request.mutable_at_time()->set_seconds(1'790'000'000);
  EXPECT_EQ(As<v1::GetBalanceResponse>("finance-fay", request).balance().funds_micros(), 10 * kUnit);
  request.set_at_position(1);
  EXPECT_EQ(ReasonOfError(Try<v1::GetBalanceResponse>("finance-fay", request).status()), "BILLING_ACCOUNT_NOT_FOUND");
  request.set_at_position(1'000'000);
  EXPECT_EQ(ReasonOfError(Try<v1::GetBalanceResponse>("finance-fay", request).status()), "INVALID_FIELD");
}

TEST_F(Story, F5_BalancesTheBooks) {
  UpgradeAda();
  const auto held = As<v1::PlaceHoldResponse>("service-portal", HoldOf(40));
  auto capture = Write<v1::CaptureHoldRequest>();
  capture.set_hold_id(held.hold().hold_id());
  capture.set_amount_micros(30 * kUnit);
  capture.set_last(true);
  As<v1::CaptureHoldResponse>("service-portal", capture);
  const auto books = As<v1::GetTrialBalanceResponse>("finance-fay", v1::GetTrialBalanceRequest());
  ASSERT_EQ(books.totals_size(), 1);
  EXPECT_EQ(books.totals(0).debit_micros(), books.totals(0).credit_micros());
  EXPECT_GT(books.totals(0).debit_micros(), 0);

  v1::ListChargesRequest charges;
  charges.set_billing_account("user-ada");
  const auto listed = As<v1::ListChargesResponse>("user-ada", charges);
  ASSERT_EQ(listed.charges_size(), 1);
  EXPECT_EQ(listed.charges(0).hold_id(), held.hold().hold_id());
}

TEST_F(Story, F6_AnswersTheSameAfterARestart) {
  UpgradeAda();
  const auto request = HoldOf(40);
  const auto first = As<v1::PlaceHoldResponse>("service-portal", request);
  Start();
  const auto again = As<v1::PlaceHoldResponse>("service-portal", request);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(first, again)) << again.DebugString();
  auto other = request;
  other.mutable_gated_action()->set_cost_micros(1);
  EXPECT_EQ(ReasonOfError(Try<v1::PlaceHoldResponse>("service-portal", other).status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(Funds(), 10 * kUnit);
}

TEST_F(Story, HistoryTellsFactsAndNoSecrets) {
  UpgradeAda();
  As<v1::PlaceHoldResponse>("service-portal", HoldOf(40));
  v1::ListEntriesRequest request;
  request.set_page_size(3);
  std::string all;
  int entries = 0;
  do {
    const auto page = As<v1::ListEntriesResponse>("finance-fay", request);
    entries += page.entries_size();
    absl::StrAppend(&all, page.DebugString());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(static_cast<Position>(entries), server_->ledger().log().Last().position);
  EXPECT_THAT(all, HasSubstr("HoldPlaced"));
  EXPECT_THAT(all, HasSubstr("parts[0].amount_micros"));
  for (const char* secret : {"Quillfeather", "@example.org", "Springfield", "555", "secret_hash", "selector"}) {
    EXPECT_THAT(all, Not(HasSubstr(secret)));
  }
  request = v1::ListEntriesRequest();
  EXPECT_EQ(ReasonOfError(Try<v1::ListEntriesResponse>("user-ada", request).status()), "PERMISSION_DENIED");
  request.set_billing_account("user-ada");
  EXPECT_GT(As<v1::ListEntriesResponse>("user-ada", request).entries_size(), 3);
}

TEST_F(Story, ListsGoOnWhereTheyEnded) {
  PublishPolicy();
  for (const char* handle : {"ada", "bob", "cy", "dee", "eve"}) As<v1::RegisterUserResponse>("", Registration(handle));
  v1::ListBillingAccountsRequest request;
  request.set_page_size(2);
  std::vector<std::string> names;
  do {
    const auto page = As<v1::ListBillingAccountsResponse>("operator-olga", request);
    for (const auto& account : page.billing_accounts()) names.push_back(account.billing_account());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(names, ElementsAre("user-ada", "user-bob", "user-cy", "user-dee", "user-eve"));
}

TEST_F(Story, GivesForEveryEntryTheReceiptOfItsBlock) {
  UpgradeAda();
  const auto head = As<v1::GetHeadResponse>("finance-fay", v1::GetHeadRequest());
  EXPECT_EQ(head.block_last(), head.position());
  uint64_t expected_first = 1;
  for (v1::GetHeadRequest ask; expected_first <= head.position();) {
    ask.set_position(expected_first);
    const auto receipt = As<v1::GetHeadResponse>("finance-fay", ask);
    ASSERT_EQ(receipt.block_first(), expected_first) << "Blocks follow each other without gaps.";
    ASSERT_EQ(receipt.block_hash().size(), 64u);
    if (receipt.block_last() == head.position()) {
      EXPECT_EQ(receipt.block_hash(), head.block_hash());
    }
    expected_first = receipt.block_last() + 1;
  }
  v1::GetHeadRequest ahead;
  ahead.set_position(head.position() + 1);
  EXPECT_EQ(ReasonOfError(Try<v1::GetHeadResponse>("finance-fay", ahead).status()), "INVALID_FIELD");
}

}  // namespace
}  // namespace bursar
