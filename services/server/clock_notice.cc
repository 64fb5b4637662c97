#include "services/server/clock_notice.h"

#include "absl/strings/match.h"

namespace bursar {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::Interceptor;
using grpc::experimental::InterceptorBatchMethods;
using grpc::experimental::ServerRpcInfo;

class Notice : public Interceptor {
 public:
  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      methods->GetSendInitialMetadata()->emplace(kClockKey, "manual");
    }
    methods->Proceed();
  }
};

class Notices : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  // None where there is nothing to say.
  Interceptor* CreateServerInterceptor(ServerRpcInfo* info) override {
    return absl::StartsWith(info->method(), "/grpc.health.v1.Health/") ? new Notice : nullptr;
  }
};

}  // namespace

std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> ManualClockNotice() {
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> notices;
  notices.push_back(std::make_unique<Notices>());
  return notices;
}

}  // namespace bursar
