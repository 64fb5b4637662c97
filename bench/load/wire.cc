#include "bench/load/wire.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/load/loop.h"
#include "bench/load/world.h"
#include "bursar/v1/gate.pb.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/impl/codegen/server_callback_handlers.h"
#include "ledger/base/check.h"
#include "services/client/client.h"
#include "services/grpc/caller.h"
#include "services/server/server.h"

namespace bursar::bench {
namespace {

constexpr int kAccounts = 1'000;
constexpr int kOutstanding[] = {1, 8, 64, 256};
constexpr int kMostConnections = 4;

// A message without a byte; a buffer without a slice would be none.
grpc::ByteBuffer Nothing() {
  const grpc::Slice empty(size_t{0});
  return {&empty, 1};
}

// Answers every call with nothing, as early as the callback API lets it.
class EmptyService : public grpc::Service {
 public:
  static constexpr char kMethod[] = "/bursar.bench.Empty/Call";

  EmptyService() {
    AddMethod(new grpc::internal::RpcServiceMethod(kMethod, grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
    MarkMethodRawCallback(
        0, new grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
               [](grpc::CallbackServerContext* context, const grpc::ByteBuffer*, grpc::ByteBuffer* response) {
                 *response = Nothing();
                 auto* reactor = context->DefaultReactor();
                 reactor->Finish(grpc::Status::OK);
                 return reactor;
               }));
  }
};

// A server for empty calls on a free port of this machine.
class EmptyServer {
 public:
  EmptyServer() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    BURSAR_CHECK(server_ != nullptr);
  }
  ~EmptyServer() { server_->Shutdown(); }
  int port() const { return port_; }

 private:
  EmptyService service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

grpc::ByteBuffer BytesOf(const google::protobuf::Message& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return {&slice, 1};
}

// Calls as bytes, so that every measured call costs its client the same.
class RawCaller {
 public:
  RawCaller(int port, int outstanding) {
    for (int i = 0; i < std::min(outstanding, kMostConnections); ++i) {
      stubs_.push_back(std::make_unique<grpc::GenericStub>(NewChannel(absl::StrCat("127.0.0.1:", port))));
    }
  }

  void Call(int slot, const std::string& method, const grpc::ByteBuffer& request, std::function<void()> done) {
    struct Flight {
      std::unique_ptr<grpc::ClientContext> context = std::make_unique<grpc::ClientContext>();
      grpc::ByteBuffer request;
      grpc::ByteBuffer response;
    };
    auto flight = std::make_shared<Flight>();
    flight->context->AddMetadata(kPrincipalKey, "service-load");
    flight->request = request;
    stubs_[slot % stubs_.size()]->UnaryCall(flight->context.get(), method, grpc::StubOptions(), &flight->request,
                                            &flight->response,
                                            [flight, done = std::move(done)](const grpc::Status& status) {
                                              BURSAR_CHECK(status.ok());
                                              // The channel's last user must not go in this thread of gRPC's.
                                              flight->context.reset();
                                              done();
                                            });
  }

 private:
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
};

v1::GatedAction ActionOf(int slot) {
  v1::GatedAction action;
  action.set_action("analysis.run");
  action.set_user_id(LoadUser(slot % kAccounts).text());
  action.set_cost_micros(1);
  return action;
}

Figures RunEmpty(int port, int outstanding, absl::Duration time) {
  RawCaller caller(port, outstanding);
  return RunLoop(outstanding, time, [&](int slot, std::function<void()> done) {
    caller.Call(slot, EmptyService::kMethod, Nothing(), std::move(done));
  });
}

Figures RunCheck(int port, int outstanding, absl::Duration time) {
  RawCaller caller(port, outstanding);
  return RunLoop(outstanding, time, [&](int slot, std::function<void()> done) {
    v1::CheckRequest request;
    *request.mutable_gated_action() = ActionOf(slot);
    caller.Call(slot, "/bursar.v1.GateService/Check", BytesOf(request), std::move(done));
  });
}

Figures RunPlaceHold(int port, int outstanding, absl::Duration time) {
  static std::atomic<uint64_t> next{1};
  RawCaller caller(port, outstanding);
  return RunLoop(outstanding, time, [&](int slot, std::function<void()> done) {
    v1::PlaceHoldRequest request;
    request.set_request_id(absl::StrCat("load-", next++));
    *request.mutable_gated_action() = ActionOf(slot);
    caller.Call(slot, "/bursar.v1.GateService/PlaceHold", BytesOf(request), std::move(done));
  });
}

void Print(int outstanding, const char* what, const Figures& figures, double ratio) {
  std::printf("%12d %-12s %10.0f %10.0f %10.0f %8.2f\n", outstanding, what, figures.rate,
              absl::ToDoubleMicroseconds(figures.p50), absl::ToDoubleMicroseconds(figures.p99), ratio);
  std::fflush(stdout);
}

}  // namespace

void BenchWire(const std::string& folder, absl::Duration time, int rounds) {
  EmptyServer empty;
  auto server = Server::Start(
      {.data_folder = absl::StrCat(folder, "/wire"), .create_if_missing = true, .address = "127.0.0.1:0"});
  BURSAR_CHECK(server.ok());
  Populate((*server)->ledger(), kAccounts);

  std::printf("\nWire: unary calls over loopback, client and servers in one process, %d accounts\n", kAccounts);
  std::printf("%12s %-12s %10s %10s %10s %8s\n", "outstanding", "call", "calls/s", "p50 us", "p99 us", "ratio");
  for (const int outstanding : kOutstanding) {
    std::vector<Figures> empties;
    std::vector<Figures> checks;
    std::vector<Figures> holds;
    std::vector<double> check_ratios;
    std::vector<double> hold_ratios;
    for (int round = 0; round < rounds; ++round) {
      empties.push_back(RunEmpty(empty.port(), outstanding, time));
      checks.push_back(RunCheck((*server)->port(), outstanding, time));
      holds.push_back(RunPlaceHold((*server)->port(), outstanding, time));
      check_ratios.push_back(checks.back().rate / empties.back().rate);
      hold_ratios.push_back(holds.back().rate / empties.back().rate);
    }
    Print(outstanding, "empty", MedianOf(empties), 1);
    Print(outstanding, "Check", MedianOf(checks), Median(check_ratios));
    Print(outstanding, "PlaceHold", MedianOf(holds), Median(hold_ratios));
  }
}

}  // namespace bursar::bench
