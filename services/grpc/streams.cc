#include "services/grpc/streams.h"

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "services/grpc/bytes.h"
#include "services/grpc/caller.h"
#include "services/grpc/errors.h"

namespace bursar {
namespace {

using BidiReactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

const grpc::Status& Gone() {
  static const auto* const gone = new grpc::Status(grpc::StatusCode::CANCELLED, "The client has gone.");
  return *gone;
}

// One call. gRPC allows one read and one write at a time, and nothing after Finish, which here waits for the write that
// is under way; whoever answers may be slower than the call and keep this object beyond it.
class StreamReactor : public BidiReactor, public StreamOut {
 public:
  static BidiReactor* Open(Calls& calls, const google::protobuf::MethodDescriptor& method,
                           grpc::CallbackServerContext& context) {
    const auto reactor = std::make_shared<StreamReactor>(context);
    reactor->self_ = reactor;
    auto caller = CallerOf(context.client_metadata());
    if (!caller.ok()) {
      reactor->End(caller.status());
    } else {
      reactor->stream_ =
          calls.Open({.principal = *std::move(caller), .method = &method, .deadline = DeadlineOf(context)}, reactor);
    }
    return reactor.get();
  }

  explicit StreamReactor(grpc::CallbackServerContext& context) : context_(context) {}

  void Want() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!finished_) StartRead(&request_);
  }

  void Send(std::string message) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (end_.has_value()) return;
    queue_.push_back(BufferOf(std::move(message)));
    WriteOrFinish();
  }

  void End(const absl::Status& status) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!end_.has_value()) end_ = ToGrpc(status);
    WriteOrFinish();
  }

  void Cut() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!done_) context_.TryCancel();
  }

  void OnReadDone(bool ok) override {
    // What a call that is over leaves behind is no half-closing.
    if (!ok && context_.IsCancelled()) return;
    if (!ok) return stream_->HalfClosed();
    const auto bytes = BytesOf(request_);
    request_.Clear();
    if (!bytes.ok()) return End(bytes.status());
    stream_->Receive(*bytes);
  }

  void OnWriteDone(bool ok) override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      writing_ = false;
      queue_.pop_front();
      if (!ok) Abandon();
      WriteOrFinish();
    }
    if (ok) stream_->Sent();
  }

  void OnCancel() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    Abandon();
    WriteOrFinish();
  }

  void OnDone() override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      done_ = true;
    }
    if (stream_ != nullptr) stream_->Closed();
    stream_.reset();
    // The last: this object may be gone with it.
    const std::shared_ptr<StreamReactor> self = std::move(self_);
  }

 private:
  // These need mutex_.
  //
  // Nothing can be sent any more.
  void Abandon() {
    if (!end_.has_value()) end_ = Gone();
    queue_.erase(queue_.begin() + (writing_ ? 1 : 0), queue_.end());
  }

  void WriteOrFinish() {
    if (writing_ || finished_) return;
    if (!queue_.empty()) {
      writing_ = true;
      return StartWrite(&queue_.front());
    }
    if (!end_.has_value()) return;
    finished_ = true;
    Finish(*end_);
  }

  // Of gRPC; there until the call is done.
  grpc::CallbackServerContext& context_;
  std::shared_ptr<StreamReactor> self_;
  // nullptr where the call was ended at once.
  std::shared_ptr<Stream> stream_;
  grpc::ByteBuffer request_;

  std::mutex mutex_;
  // The first one is being written while `writing_`.
  std::deque<grpc::ByteBuffer> queue_;
  bool writing_ = false;
  std::optional<grpc::Status> end_;
  bool finished_ = false;
  bool done_ = false;
};

}  // namespace

BidiReactor* ServeStream(Calls& calls, const google::protobuf::MethodDescriptor& method,
                         grpc::CallbackServerContext& context) {
  return StreamReactor::Open(calls, method, context);
}

}  // namespace bursar
