#include "services/client/client.h"

#include <future>
#include <thread>

#include "bursar/v1/account.pb.h"
#include "bursar/v1/gate.pb.h"
#include "bursar/v1/history.pb.h"
#include "bursar/v1/policy.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/api/call_log.h"
#include "services/client/status.h"
#include "services/client/stream.h"
#include "services/server/server.h"

namespace bursar {
namespace {

class ClientTest : public testing::Test {
 protected:
  ClientTest() { SetCallLog(false); }

  static std::unique_ptr<Server> Start(const std::string& address) {
    auto server = Server::Start({.address = address});
    EXPECT_TRUE(server.ok()) << server.status();
    return *std::move(server);
  }

  static v1::RegisterUserRequest Registration() {
    v1::RegisterUserRequest request;
    request.set_request_id("register-1");
    request.set_handle("ada");
    request.set_name("Ada");
    request.set_email("ada@example.org");
    request.set_currency("USD");
    return request;
  }

  // Waits for the answer of an asynchronous call.
  template <class Response, class Request>
  static absl::StatusOr<Response> Await(const Client& client, const Request& request, absl::Time deadline) {
    std::promise<absl::StatusOr<Response>> answer;
    client.CallAsync<Response>(request, deadline,
                               [&](absl::StatusOr<Response> given) { answer.set_value(std::move(given)); });
    return answer.get_future().get();
  }
};

TEST_F(ClientTest, FindsTheMethodByTheRequest) {
  EXPECT_EQ(MethodOf(*v1::RegisterUserRequest::descriptor())->full_name(), "bursar.v1.AccountService.RegisterUser");
  EXPECT_EQ(MethodOf(*v1::RegisterUserResponse::descriptor()), nullptr);
}

TEST_F(ClientTest, CallsInAllThreeWays) {
  const auto server = Start("");
  const Client client(server->InProcessChannel(), {.principal = "service-portal"});
  const auto typed = client.Call<v1::RegisterUserResponse>(Registration());
  ASSERT_TRUE(typed.ok()) << typed.status();
  EXPECT_EQ(typed->user_id(), "user-ada");
  const auto reflective = client.Call(*MethodOf(*v1::RegisterUserRequest::descriptor()), Registration());
  ASSERT_TRUE(reflective.ok()) << reflective.status();
  EXPECT_EQ((*reflective)->SerializeAsString(), typed->SerializeAsString());
  const auto later = Await<v1::RegisterUserResponse>(client, Registration(), absl::Now() + absl::Seconds(20));
  ASSERT_TRUE(later.ok()) << later.status();
  EXPECT_EQ(later->SerializeAsString(), typed->SerializeAsString());
}

TEST_F(ClientTest, GivesTheDetailsOfARefusalAsPayloads) {
  const auto server = Start("");
  const Client client(server->InProcessChannel(), {.principal = "operator-olga"});
  v1::GetUserRequest request;
  request.set_user_id("user-nobody");
  const auto answer = client.Call<v1::GetUserResponse>(request);
  EXPECT_TRUE(absl::IsNotFound(answer.status())) << answer.status();
  ASSERT_TRUE(ErrorInfoOf(answer.status()).has_value());
  EXPECT_EQ(ErrorInfoOf(answer.status())->reason(), "USER_NOT_FOUND");
}

TEST_F(ClientTest, WaitsForAServerThatComesUp) {
  const std::string address = "127.0.0.1:" + std::to_string(Start("127.0.0.1:0")->port());
  const Client client(NewChannel(address), {.principal = "service-portal"});
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  std::promise<absl::StatusOr<v1::RegisterUserResponse>> answer;
  client.CallAsync<v1::RegisterUserResponse>(
      Registration(), deadline,
      [&](absl::StatusOr<v1::RegisterUserResponse> given) { answer.set_value(std::move(given)); });
  auto waiting = std::async(std::launch::async,
                            [&] { return client.Call<v1::GetPolicyResponse>(v1::GetPolicyRequest(), deadline); });
  const auto server = Start(address);
  EXPECT_TRUE(answer.get_future().get().ok());
  EXPECT_TRUE(waiting.get().ok());
}

TEST_F(ClientTest, GivesUpAfterItsAttemptsOrAtTheDeadline) {
  const std::string address = "127.0.0.1:" + std::to_string(Start("127.0.0.1:0")->port());
  const Client twice(NewChannel(address), {.attempts = 2});
  EXPECT_TRUE(absl::IsUnavailable(twice.Call<v1::GetPolicyResponse>(v1::GetPolicyRequest()).status()));
  const Client patient(NewChannel(address), {});
  const absl::Time soon = absl::Now() + absl::Milliseconds(200);
  EXPECT_FALSE(patient.Call<v1::GetPolicyResponse>(v1::GetPolicyRequest(), soon).ok());
  EXPECT_FALSE(Await<v1::GetPolicyResponse>(patient, v1::GetPolicyRequest(), soon).ok());
}

TEST_F(ClientTest, G14_ALedgerOutOfReachIsAnErrorToTryAgainAndNeverAYes) {
  const std::string address = "127.0.0.1:" + std::to_string(Start("127.0.0.1:0")->port());
  v1::CheckRequest request;
  request.mutable_gated_action()->set_action("analysis.run");
  request.mutable_gated_action()->set_user_id("user-ada");
  const auto answer = Client(NewChannel(address), {.attempts = 2}).Call<v1::CheckResponse>(request);
  EXPECT_TRUE(absl::IsUnavailable(answer.status())) << answer.status();
  const auto server = Start(address);
  EXPECT_FALSE(absl::IsUnavailable(Client(NewChannel(address), {}).Call<v1::CheckResponse>(request).status()));
}

TEST_F(ClientTest, AWatchGivesUpOnAServerThatWasNeverThere) {
  const std::string address = "127.0.0.1:" + std::to_string(Start("127.0.0.1:0")->port());
  const Client client(NewChannel(address), {.principal = "finance-fay", .attempts = 2});
  int lost = 0;
  ClientWatch watch(client, *MethodOf(*v1::WatchEntriesRequest::descriptor()), v1::WatchEntriesRequest(),
                    [&](const absl::Status&) { ++lost; });
  v1::WatchEntriesResponse message;
  EXPECT_FALSE(watch.Next(message));
  EXPECT_TRUE(absl::IsUnavailable(watch.status())) << watch.status();
  EXPECT_EQ(lost, 1);
}

TEST_F(ClientTest, AWatchEndsWhenItIsCancelled) {
  const auto server = Start("");
  const Client client(server->InProcessChannel(), {.principal = "finance-fay"});
  ClientWatch watch(client, *MethodOf(*v1::WatchEntriesRequest::descriptor()), v1::WatchEntriesRequest(),
                    [](const absl::Status&) {});
  v1::WatchEntriesResponse message;
  ASSERT_TRUE(watch.Next(message));
  std::thread cancelling([&] { watch.Cancel(); });
  EXPECT_FALSE(watch.Next(message));
  EXPECT_TRUE(watch.status().ok()) << watch.status();
  cancelling.join();
}

}  // namespace
}  // namespace bursar
