// What the gRPC door itself does: health, reflection, errors with details, size limits, callers, a port.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bursar/v1/account.pb.h"
#include "bursar/v1/policy.pb.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "services/api/call_log.h"
#include "services/client/client.h"
#include "services/client/status.h"
#include "services/server/server.h"

namespace bursar {
namespace {

class Door : public ::testing::Test {
 protected:
  // gRPC ends with its last object, and waits ten seconds then where a large message has just been written. This one
  // stays.
  static void SetUpTestSuite() {
    static const auto* stays = new std::shared_ptr<grpc::Channel>(NewChannel("127.0.0.1:1"));
    ASSERT_NE(*stays, nullptr);
  }

  Door() {
    SetCallLog(false);
    auto server = Server::Start({.address = "127.0.0.1:0"});
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  struct Reply {
    grpc::Status status;
    std::string bytes;
  };

  // A unary call of bytes, as any client may make it.
  Reply Call(const std::string& method, const std::string& bytes, const std::vector<std::string>& principals = {}) {
    grpc::GenericStub stub(NewChannel(absl::StrCat("127.0.0.1:", server_->port())));
    grpc::ClientContext context;
    for (const std::string& principal : principals) context.AddMetadata("bursar-principal", principal);
    grpc::CompletionQueue queue;
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    const auto call = stub.PrepareUnaryCall(&context, method, request, &queue);
    call->StartCall();
    Reply reply;
    grpc::ByteBuffer response;
    call->Finish(&response, &reply.status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    grpc::Slice whole;
    if (reply.status.ok() && response.DumpToSingleSlice(&whole).ok()) {
      reply.bytes.assign(reinterpret_cast<const char*>(whole.begin()), whole.size());
    }
    return reply;
  }

  std::unique_ptr<Server> server_;
};

TEST_F(Door, AnswersAtItsPort) {
  const Reply reply = Call("/bursar.v1.PolicyService/GetPolicy", "");
  EXPECT_TRUE(reply.status.ok()) << reply.status.error_message();
  v1::GetPolicyResponse response;
  EXPECT_TRUE(response.ParseFromString(reply.bytes));
  EXPECT_TRUE(response.has_as_of_time());
}

TEST_F(Door, SendsErrorsWithTheirDetails) {
  const absl::Status status = FromGrpc(Call("/bursar.v1.AccountService/RegisterUser", "").status);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(ErrorInfoOf(status).has_value());
  EXPECT_EQ(ErrorInfoOf(status)->reason(), "INVALID_FIELD");
  EXPECT_EQ(ErrorInfoOf(status)->domain(), "bursar.v1");
  const auto request = DetailOf<google::rpc::BadRequest>(status);
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->field_violations(0).field(), "request_id");

  v1::GetUserRequest unknown;
  unknown.set_user_id("user-nobody");
  const absl::Status missing =
      FromGrpc(Call("/bursar.v1.AccountService/GetUser", unknown.SerializeAsString(), {"support-sam"}).status);
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ErrorInfoOf(missing)->reason(), "USER_NOT_FOUND");
}

TEST_F(Door, RefusesMessagesOverFourMebibytes) {
  const Reply reply = Call("/bursar.v1.GateService/Check", std::string(4 * 1024 * 1024 + 1, 'a'), {"service-portal"});
  EXPECT_EQ(reply.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(Call("/bursar.v1.PolicyService/GetPolicy", "").status.ok());
}

TEST_F(Door, BelievesOnePrincipalOnly) {
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{"ada"}, {"system"}, {"user-"}, {"user-ada", "operator-olga"}}) {
    EXPECT_EQ(Call("/bursar.v1.PolicyService/GetPolicy", "", wrong).status.error_code(),
              grpc::StatusCode::UNAUTHENTICATED);
  }
}

TEST_F(Door, KnowsNoOtherMethods) {
  EXPECT_EQ(Call("/bursar.v1.AccountService/DropEverything", "").status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(Door, SaysThatItIsHealthy) {
  const Reply reply = Call("/grpc.health.v1.Health/Check", "");
  ASSERT_TRUE(reply.status.ok()) << reply.status.error_message();
  // HealthCheckResponse{status: SERVING}.
  EXPECT_EQ(reply.bytes, "\x08\x01");
}

TEST_F(Door, CountsCalls) {
  Call("/bursar.v1.PolicyService/GetPolicy", "");
  Call("/bursar.v1.AccountService/RegisterUser", "");
  for (const auto& count : server_->Counts()) {
    const uint64_t in_order = count.method == "bursar.v1.PolicyService.GetPolicy" ? 1 : 0;
    const uint64_t invalid = count.method == "bursar.v1.AccountService.RegisterUser" ? 1 : 0;
    EXPECT_EQ(count.by_code[0], in_order) << count.method;
    EXPECT_EQ(count.by_code[static_cast<size_t>(absl::StatusCode::kInvalidArgument)], invalid) << count.method;
  }
}

TEST(Server, ListensOnThisMachineOnly) {
  for (const char* address : {"0.0.0.0:0", "[::]:0", "example.org:7421", "127.0.0.1.example.org:0"}) {
    EXPECT_EQ(Server::Start({.address = address}).status().code(), absl::StatusCode::kInvalidArgument) << address;
  }
  EXPECT_TRUE(Server::Start({.address = "localhost:0"}).ok());
}

TEST(Server, SaysThatAFolderIsMissing) {
  EXPECT_EQ(Server::Start({.data_folder = "/nonexistent/bursar"}).status().code(), absl::StatusCode::kNotFound);
}

TEST(Server, RefusesAPortThatIsTaken) {
  const auto first = Server::Start({.address = "127.0.0.1:0"});
  ASSERT_TRUE(first.ok());
  const auto second = Server::Start({.address = absl::StrCat("127.0.0.1:", (*first)->port())});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace bursar
