#include "services/client/stream.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpcpp/client_context.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/impl/codegen/rpc_method.h"
#include "grpcpp/support/sync_stream.h"
#include "ledger/base/check.h"
#include "ledger/base/wait.h"
#include "services/client/status.h"

namespace bursar {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageLite;
using ReaderWriter = grpc::ClientReaderWriter<MessageLite, MessageLite>;

constexpr absl::Duration kFirstPause = absl::Milliseconds(50);
constexpr absl::Duration kLongestPause = absl::Seconds(2);

const FieldDescriptor& PositionField(const Message& message, const std::string& name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  BURSAR_CHECK(field != nullptr);
  return *field;
}

}  // namespace

struct ClientStream::Parts {
  Parts(std::shared_ptr<grpc::Channel> channel, std::string path)
      : channel(std::move(channel)),
        path(std::move(path)),
        method(this->path.c_str(), grpc::internal::RpcMethod::BIDI_STREAMING) {}

  const std::shared_ptr<grpc::Channel> channel;
  const std::string path;
  // With one request and many answers it is the same on the wire.
  const grpc::internal::RpcMethod method;
  grpc::ClientContext context;
  std::unique_ptr<ReaderWriter> call;
  bool finished = false;
};

ClientStream::ClientStream(const Client& client, const google::protobuf::MethodDescriptor& method, Server server)
    : parts_(std::make_unique<Parts>(client.channel_,
                                     absl::StrCat("/", method.service()->full_name(), "/", method.name()))) {
  if (server == Server::kWhenItIsThere) {
    parts_->context.set_wait_for_ready(true);
    // Nothing is sent, and so waited for, before the first message.
    parts_->context.set_initial_metadata_corked(true);
  }
  if (!client.principal().empty()) parts_->context.AddMetadata("bursar-principal", client.principal());
  parts_->call.reset(grpc::internal::ClientReaderWriterFactory<MessageLite, MessageLite>::Create(
      parts_->channel.get(), parts_->method, &parts_->context));
}

ClientStream::~ClientStream() {
  if (parts_->finished) return;
  Cancel();
  parts_->call->Finish();
}

bool ClientStream::Write(const Message& request) { return parts_->call->Write(request, grpc::WriteOptions()); }

bool ClientStream::WritesDone() { return parts_->call->WritesDone(); }

bool ClientStream::Read(Message& response) { return parts_->call->Read(&response); }

absl::Status ClientStream::Finish() {
  parts_->finished = true;
  return FromGrpc(parts_->call->Finish());
}

void ClientStream::Cancel() { parts_->context.TryCancel(); }

ClientWatch::ClientWatch(const Client& client, const google::protobuf::MethodDescriptor& method, const Message& request,
                         std::function<void(const absl::Status&)> lost)
    : client_(client), method_(method), request_(request.New()), lost_(std::move(lost)) {
  request_->CopyFrom(request);
}

bool ClientWatch::Next(Message& response) {
  while (true) {
    if (stream_ == nullptr && !Connect()) return false;
    if (stream_->Read(response)) {
      reached_ = true;
      failures_ = 0;
      const uint64_t position = response.GetReflection()->GetUInt64(response, &PositionField(response, "position"));
      request_->GetReflection()->SetUInt64(request_.get(), &PositionField(*request_, "from_position"), position + 1);
      return true;
    }
    const absl::Status ended = stream_->Finish();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stream_.reset();
      if (cancelled_) return false;
    }
    if (!GoesOn(ended)) return false;
  }
}

void ClientWatch::Cancel() {
  const std::lock_guard<std::mutex> lock(mutex_);
  cancelled_ = true;
  cancelled_changed_.notify_all();
  if (stream_ != nullptr) stream_->Cancel();
}

bool ClientWatch::Connect() {
  // While a call waits, gRPC connects as soon as there is somebody; between calls it looks only every few seconds.
  auto stream = std::make_unique<ClientStream>(
      client_, method_, reached_ ? ClientStream::Server::kWhenItIsThere : ClientStream::Server::kNow);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (cancelled_) return false;
    stream_ = std::move(stream);
  }
  // Where this fails, reading does too, and says why.
  stream_->Write(*request_);
  stream_->WritesDone();
  return true;
}

bool ClientWatch::GoesOn(const absl::Status& ended) {
  // A server that is stopping cuts those who do not read; nobody here has cancelled.
  const bool lost = absl::IsUnavailable(ended) || absl::IsCancelled(ended) || RetryDelay(ended).has_value();
  ++failures_;
  if (!lost || (!reached_ && client_.attempts() > 0 && failures_ >= client_.attempts())) {
    status_ = ended.ok() ? absl::UnavailableError("The server has ended the watch without saying why.") : ended;
    return false;
  }
  if (failures_ == 1) lost_(ended);
  return Pause(std::min(kLongestPause, kFirstPause * (1 << std::min(failures_ - 1, 10))));
}

bool ClientWatch::Pause(absl::Duration pause) {
  std::unique_lock<std::mutex> lock(mutex_);
  return !WaitUntil(cancelled_changed_, lock, absl::Now() + pause, [this] { return cancelled_; });
}

}  // namespace bursar
