// A server whose clock stands still, as those see it who try out what they build: by calls, at a port.
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bursar/v1/account.pb.h"
#include "bursar/v1/billing.pb.h"
#include "bursar/v1/clock.pb.h"
#include "bursar/v1/credit.pb.h"
#include "bursar/v1/gate.pb.h"
#include "bursar/v1/history.pb.h"
#include "bursar/v1/outbox.pb.h"
#include "bursar/v1/policy.pb.h"
#include "gmock/gmock.h"
#include "grpc/health/v1/health.pb.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "services/api/call_log.h"
#include "services/client/client.h"
#include "services/client/status.h"
#include "services/server/server.h"

namespace bursar {
namespace {

using ::testing::ElementsAre;

constexpr int64_t kStart = 1'790'000'000;
constexpr int64_t kHour = 3'600;

std::string ReasonOfError(const absl::Status& status) {
  const auto info = ErrorInfoOf(status);
  return info.has_value() ? info->reason() : absl::StrCat("no reason: ", status.ToString());
}

// The values of `bursar-clock` in the first metadata of an answer of the health service.
std::vector<std::string> ClockSaidBy(const std::string& method, int port) {
  grpc::GenericStub stub(NewChannel(absl::StrCat("127.0.0.1:", port)));
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(30)));
  grpc::CompletionQueue queue;
  const auto next = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  const auto call = stub.PrepareCall(&context, absl::StrCat("/grpc.health.v1.Health/", method), &queue);
  call->StartCall(nullptr);
  EXPECT_TRUE(next());
  const grpc::Slice nothing(grpc::health::v1::HealthCheckRequest().SerializeAsString());
  call->WriteLast(grpc::ByteBuffer(&nothing, 1), grpc::WriteOptions(), nullptr);
  EXPECT_TRUE(next());
  grpc::ByteBuffer response;
  call->Read(&response, nullptr);
  EXPECT_TRUE(next()) << method;
  std::vector<std::string> values;
  const auto [first, last] = context.GetServerInitialMetadata().equal_range("bursar-clock");
  for (auto value = first; value != last; ++value) values.emplace_back(value->second.data(), value->second.size());
  context.TryCancel();
  grpc::Status status;
  call->Finish(&status, nullptr);
  next();
  return values;
}

class ClockTest : public ::testing::Test {
 protected:
  ClockTest()
      : folder_(
            (std::filesystem::path(::testing::TempDir()) / absl::StrCat("bursar-clock-", absl::GetCurrentTimeNanos()))
                .string()) {
    SetCallLog(false);
  }
  ~ClockTest() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  absl::Status TryStart(Server::Options options) {
    server_.reset();
    options.data_folder = folder_;
    options.create_if_missing = true;
    options.address = "127.0.0.1:0";
    auto server = Server::Start(std::move(options));
    if (server.ok()) server_ = *std::move(server);
    return server.status();
  }
  void StartManual() {
    const absl::Status started = TryStart({.manual_clock = absl::FromUnixSeconds(kStart)});
    ASSERT_TRUE(started.ok()) << started;
  }

  template <class Response, class Request>
  absl::StatusOr<Response> Try(const std::string& principal, const Request& request) {
    const Client client(NewChannel(absl::StrCat("127.0.0.1:", server_->port())),
                        {.principal = principal, .timeout = absl::Seconds(30), .attempts = 1});
    return client.Call<Response>(request);
  }
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

  // Ada has set up billing, and has 5 units of credit, which expires after 48 hours.
  void Begin() {
    auto catalogue = Write<v1::PublishActionCatalogueRequest>();
    auto& action = *catalogue.add_actions();
    action.set_name("analysis.run");
    action.set_gated(true);
    action.set_category("compute");
    As<v1::PublishActionCatalogueResponse>("operator-olga", catalogue);
    auto registration = Write<v1::RegisterUserRequest>();
    registration.set_handle("ada");
    registration.set_name("Ada");
    registration.set_email("ada@example.org");
    registration.set_currency("USD");
    As<v1::RegisterUserResponse>("", registration);
    SetUpBilling();
    auto grant = Write<v1::GrantCreditRequest>();
    grant.set_billing_account("user-ada");
    grant.set_amount_micros(5'000'000);
    grant.set_reason("A gift.");
    grant.mutable_expire_time()->set_seconds(kStart + 48 * kHour);
    As<v1::GrantCreditResponse>("operator-olga", grant);
  }
  void SetUpBilling() {
    for (const auto document : {v1::DOCUMENT_TERMS, v1::DOCUMENT_PRICING}) {
      auto terms = Write<v1::PublishTermsRequest>();
      terms.mutable_terms()->set_document(document);
      terms.mutable_terms()->set_version("1");
      As<v1::PublishTermsResponse>("operator-olga", terms);
    }
    auto upgrade = Write<v1::SubmitAccountUpgradeRequest>();
    upgrade.set_billing_account("user-ada");
    upgrade.mutable_contact()->set_name("Ada");
    upgrade.mutable_contact()->set_email("ada@example.org");
    upgrade.mutable_contact()->set_postal_address("1 Main St");
    upgrade.mutable_contact()->set_phone("+1 555 0100");
    upgrade.set_terms_version("1");
    upgrade.set_pricing_version("1");
    As<v1::SubmitAccountUpgradeResponse>("user-ada", upgrade);
    auto confirm = Write<v1::ConfirmBillingRequest>();
    const auto mails = As<v1::ListMessagesResponse>("operator-olga", v1::ListMessagesRequest());
    for (const auto& message : mails.messages()) {
      if (!message.link_token().empty()) confirm.set_token(message.link_token());
    }
    As<v1::ConfirmBillingResponse>("", confirm);
  }
  v1::AdvanceClockResponse Advance(int64_t seconds) {
    auto advance = Write<v1::AdvanceClockRequest>();
    advance.mutable_by()->set_seconds(seconds);
    return As<v1::AdvanceClockResponse>("service-portal", advance);
  }
  int64_t AvailableToAda() {
    v1::ListCreditsRequest request;
    request.set_billing_account("user-ada");
    int64_t available = 0;
    const auto credits = As<v1::ListCreditsResponse>("user-ada", request);
    for (const auto& credit : credits.credits()) {
      available += credit.available_micros();
    }
    return available;
  }

  const std::string folder_;
  std::unique_ptr<Server> server_;
  int requests_ = 0;
};

TEST_F(ClockTest, StandsStillUntilItIsMoved) {
  StartManual();
  auto clock = As<v1::GetClockResponse>("", v1::GetClockRequest());
  EXPECT_EQ(clock.mode(), v1::CLOCK_MODE_MANUAL);
  EXPECT_EQ(clock.now().seconds(), kStart);
  EXPECT_EQ(clock.now().nanos(), 0);
  auto advance = Write<v1::AdvanceClockRequest>();
  advance.mutable_to()->set_seconds(kStart + 7);
  const auto advanced = As<v1::AdvanceClockResponse>("operator-olga", advance);
  EXPECT_EQ(advanced.from().seconds(), kStart);
  EXPECT_EQ(advanced.now().seconds(), kStart + 7);
  clock = As<v1::GetClockResponse>("", v1::GetClockRequest());
  EXPECT_EQ(clock.now().seconds(), kStart + 7);
  EXPECT_EQ(clock.position(), advanced.position());
}

TEST_F(ClockTest, ACreditExpiresWhenItIsMovedThereAndNotBefore) {
  StartManual();
  Begin();
  Advance(48 * kHour - 1);
  EXPECT_EQ(AvailableToAda(), 5'000'000);
  const auto advanced = Advance(1);
  EXPECT_EQ(AvailableToAda(), 0);

  v1::ListEntriesRequest request;
  request.set_from_position(advanced.position() - 2);
  const auto history = As<v1::ListEntriesResponse>("finance-fay", request);
  ASSERT_EQ(history.entries_size(), 3);
  EXPECT_EQ(history.entries(0).events(0).type(), "ClockAdvanced");
  EXPECT_EQ(history.entries(1).events(0).type(), "CreditExpired");
  EXPECT_EQ(history.entries(1).commit_time().seconds(), kStart + 48 * kHour);
  EXPECT_EQ(history.entries(2).events(0).type(), "ClockAdvanced");
  EXPECT_EQ(history.entries(2).principal(), "service-portal");
}

TEST_F(ClockTest, AHoldExpiresWhenItIsMovedThereAndNotBefore) {
  StartManual();
  Begin();
  auto place = Write<v1::PlaceHoldRequest>();
  place.mutable_gated_action()->set_action("analysis.run");
  place.mutable_gated_action()->set_user_id("user-ada");
  place.mutable_gated_action()->set_cost_micros(2'000'000);
  place.mutable_expire_time()->set_seconds(kStart + kHour);
  v1::GetHoldRequest hold;
  hold.set_hold_id(As<v1::PlaceHoldResponse>("service-portal", place).hold().hold_id());
  Advance(kHour - 1);
  EXPECT_EQ(AvailableToAda(), 3'000'000);
  EXPECT_TRUE(Try<v1::GetHoldResponse>("service-portal", hold).ok());
  Advance(1);
  EXPECT_EQ(AvailableToAda(), 5'000'000);
  EXPECT_EQ(ReasonOfError(Try<v1::GetHoldResponse>("service-portal", hold).status()), "HOLD_NOT_OPEN");
}

TEST_F(ClockTest, GoesOnAfterARestartWhereItStood) {
  StartManual();
  Advance(9 * kHour);
  StartManual();
  EXPECT_EQ(As<v1::GetClockResponse>("", v1::GetClockRequest()).now().seconds(), kStart + 9 * kHour);
}

TEST_F(ClockTest, OfTheSystemIsNotMoved) {
  ASSERT_TRUE(TryStart({}).ok());
  EXPECT_EQ(As<v1::GetClockResponse>("user-ada", v1::GetClockRequest()).mode(), v1::CLOCK_MODE_SYSTEM);
  auto advance = Write<v1::AdvanceClockRequest>();
  advance.mutable_by()->set_seconds(1);
  for (const bool rehearsal : {true, false}) {
    advance.set_validate_only(rehearsal);
    const auto refused = Try<v1::AdvanceClockResponse>("operator-olga", advance);
    EXPECT_EQ(ReasonOfError(refused.status()), "CLOCK_NOT_MANUAL");
  }
}

TEST_F(ClockTest, IsMovedByOperatorsAndServicesAndNotBack) {
  StartManual();
  auto advance = Write<v1::AdvanceClockRequest>();
  advance.mutable_to()->set_seconds(kStart - 1);
  for (const char* other : {"", "user-ada", "finance-fay", "support-sam"}) {
    EXPECT_EQ(ReasonOfError(Try<v1::AdvanceClockResponse>(other, advance).status()), "PERMISSION_DENIED") << other;
  }
  EXPECT_EQ(ReasonOfError(Try<v1::AdvanceClockResponse>("operator-olga", advance).status()), "CLOCK_WOULD_GO_BACK");
}

TEST_F(ClockTest, IsSaidInEveryAnswerAboutHealthWhereItIsManual) {
  StartManual();
  EXPECT_THAT(ClockSaidBy("Check", server_->port()), ElementsAre("manual"));
  EXPECT_THAT(ClockSaidBy("Watch", server_->port()), ElementsAre("manual"));
}

TEST_F(ClockTest, IsNotSpokenOfWhereItIsTheSystems) {
  ASSERT_TRUE(TryStart({}).ok());
  EXPECT_THAT(ClockSaidBy("Check", server_->port()), ElementsAre());
  EXPECT_THAT(ClockSaidBy("Watch", server_->port()), ElementsAre());
}

TEST_F(ClockTest, ThatRanAheadIsNotFollowedByTheSystems) {
  const absl::Time ahead = absl::Now() + absl::Hours(1'000);
  ASSERT_TRUE(TryStart({.manual_clock = ahead}).ok());
  const absl::Status started = TryStart({});
  EXPECT_TRUE(absl::IsFailedPrecondition(started)) << started;
}

TEST_F(ClockTest, ACheckpointIsWrittenOnRequestAndStartedFrom) {
  StartManual();
  Begin();
  EXPECT_EQ(ReasonOfError(Try<v1::WriteCheckpointResponse>("service-portal", v1::WriteCheckpointRequest()).status()),
            "PERMISSION_DENIED");
  const auto written = As<v1::WriteCheckpointResponse>("operator-olga", v1::WriteCheckpointRequest());
  EXPECT_EQ(written.position(), server_->ledger().log().Last().position);
  Advance(kHour);
  StartManual();
  EXPECT_EQ(server_->ledger().recovery().checkpoint, written.position());
  EXPECT_EQ(server_->ledger().recovery().replayed, 1u);
  EXPECT_EQ(AvailableToAda(), 5'000'000);
}

}  // namespace
}  // namespace bursar
