#include "services/client/client.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "grpcpp/alarm.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/impl/codegen/client_unary_call.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "ledger/base/check.h"
#include "services/client/keep_grpc.h"
#include "services/client/retry.h"
#include "services/client/status.h"

namespace bursar {
namespace {

using google::protobuf::MessageLite;

std::string PathOf(const google::protobuf::MethodDescriptor& method) {
  return absl::StrCat("/", method.service()->full_name(), "/", method.name());
}

absl::Status NoMethodFor(const google::protobuf::Message& request) {
  return absl::UnimplementedError(absl::StrCat("No method takes a ", request.GetTypeName(), "."));
}

void Prepare(grpc::ClientContext& context, const Client::Options& options, absl::Time deadline) {
  context.set_deadline(absl::ToChronoTime(deadline));
  if (!options.principal.empty()) context.AddMetadata("bursar-principal", options.principal);
}

}  // namespace

std::shared_ptr<grpc::Channel> NewChannel(const std::string& address) {
  KeepGrpc();
  grpc::ChannelArguments arguments;
  // Channels would otherwise share one connection per address.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  // Retrying is done here, where the request id is known to make it safe.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

const google::protobuf::MethodDescriptor* MethodOf(const google::protobuf::Descriptor& request) {
  const google::protobuf::FileDescriptor& file = *request.file();
  for (int s = 0; s < file.service_count(); ++s) {
    for (int m = 0; m < file.service(s)->method_count(); ++m) {
      const google::protobuf::MethodDescriptor* method = file.service(s)->method(m);
      if (method->input_type() == &request) return method;
    }
  }
  return nullptr;
}

Client::Client(std::shared_ptr<grpc::Channel> channel, Options options)
    : channel_(std::move(channel)), options_(std::move(options)) {
  // gRPC ends the process over metadata that is not.
  for (const char c : options_.principal) BURSAR_CHECK(absl::ascii_isprint(c));
}

absl::StatusOr<std::unique_ptr<Client::Message>> Client::Call(const google::protobuf::MethodDescriptor& method,
                                                              const Message& request, absl::Time deadline) const {
  std::unique_ptr<Message> response(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(method.output_type())->New());
  if (absl::Status status = CallMethod(PathOf(method), request, *response, deadline); !status.ok()) return status;
  return response;
}

absl::Status Client::CallMethod(const Message& request, Message& response, absl::Time deadline) const {
  const google::protobuf::MethodDescriptor* method = MethodOf(*request.GetDescriptor());
  if (method == nullptr) return NoMethodFor(request);
  return CallMethod(PathOf(*method), request, response, deadline);
}

absl::Status Client::CallMethod(const std::string& path, const Message& request, Message& response,
                                absl::Time deadline) const {
  const grpc::internal::RpcMethod method(path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC);
  Retry retry(options_.attempts, deadline);
  while (true) {
    grpc::ClientContext context;
    Prepare(context, options_, deadline);
    absl::Status status = FromGrpc(grpc::internal::BlockingUnaryCall<MessageLite, MessageLite>(
        channel_.get(), method, &context, request, &response));
    const std::optional<absl::Duration> pause = retry.After(status, absl::Now());
    if (!pause.has_value()) return status;
    absl::SleepFor(*pause);
  }
}

// One asynchronous call with its retries; deletes itself when it is done.
struct Client::AsyncCall {
  std::shared_ptr<grpc::Channel> channel;
  const Options& options;
  std::string path;
  std::unique_ptr<Message> request;
  std::unique_ptr<Message> response;
  absl::Time deadline;
  MessageDone done;
  Retry retry;
  // Made anew for each attempt: gRPC uses a context once.
  std::unique_ptr<grpc::ClientContext> context;
  // Made anew as well: assigning to an alarm of gRPC 1.51 loses the one before.
  std::unique_ptr<grpc::Alarm> alarm;

  void Start() {
    context = std::make_unique<grpc::ClientContext>();
    Prepare(*context, options, deadline);
    grpc::TemplatedGenericStub<MessageLite, MessageLite>(channel).UnaryCall(
        context.get(), path, {}, request.get(), response.get(),
        [this](const grpc::Status& status) { Finish(FromGrpc(status)); });
  }

  void Finish(const absl::Status& status) {
    const absl::Time now = absl::Now();
    const std::optional<absl::Duration> pause = retry.After(status, now);
    if (pause.has_value()) {
      alarm = std::make_unique<grpc::Alarm>();
      alarm->Set(absl::ToChronoTime(now + *pause), [this](bool) { Start(); });
      return;
    }
    // gRPC 1.51 aborts where a channel's last user goes in one of its own threads. The caller may let go of the channel
    // as soon as it has its answer, so this call lets go before.
    const std::unique_ptr<Message> answer = std::move(response);
    const MessageDone tell = std::move(done);
    delete this;
    tell(status, *answer);
  }
};

void Client::CallMethodAsync(std::unique_ptr<Message> request, std::unique_ptr<Message> response, absl::Time deadline,
                             MessageDone done) const {
  const google::protobuf::MethodDescriptor* method = MethodOf(*request->GetDescriptor());
  if (method == nullptr) return done(NoMethodFor(*request), *response);
  auto* call = new AsyncCall{.channel = channel_,
                             .options = options_,
                             .path = PathOf(*method),
                             .request = std::move(request),
                             .response = std::move(response),
                             .deadline = deadline,
                             .done = std::move(done),
                             .retry = Retry(options_.attempts, deadline),
                             .context = nullptr,
                             .alarm = nullptr};
  call->Start();
}

}  // namespace bursar
