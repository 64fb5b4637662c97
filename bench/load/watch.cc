#include "bench/load/watch.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/load/world.h"
#include "bursar/v1/gate.pb.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/impl/codegen/server_callback_handlers.h"
#include "ledger/base/check.h"
#include "ledger/engine/ledger.h"
#include "ledger/log/rocksdb_log.h"
#include "services/api/call_log.h"
#include "services/api/calls.h"
#include "services/client/client.h"
#include "services/grpc/bytes.h"
#include "services/grpc/caller.h"
#include "services/grpc/door.h"

namespace bursar::bench {
namespace {

constexpr int kWatchers[] = {1, 10, 100};
constexpr int kMostConnections = 4;
// Of an account's limit of a million units.
constexpr int64_t kMuch = 300'000'000'000;
// Lets the machine come to rest between messages.
constexpr absl::Duration kRest = absl::Milliseconds(1);

using ServerReactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;
using ClientReactor = grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

// One message on its way to all watchers, and how long it took to each.
class Delivery {
 public:
  explicit Delivery(int watchers) : watchers_(watchers) {}

  void Begin() {
    const std::lock_guard<std::mutex> lock(mutex_);
    heard_ = 0;
  }
  // From here on the message counts as under way.
  void Sent() { sent_ = absl::GetCurrentTimeNanos(); }
  void Heard() {
    const int64_t now = absl::GetCurrentTimeNanos();
    const std::lock_guard<std::mutex> lock(mutex_);
    latencies_.push_back(absl::Nanoseconds(now - sent_));
    if (++heard_ == watchers_) all_heard_.notify_one();
  }
  void AwaitAll() {
    std::unique_lock<std::mutex> lock(mutex_);
    all_heard_.wait(lock, [this] { return heard_ == watchers_; });
  }
  const std::vector<absl::Duration>& latencies() const { return latencies_; }

 private:
  const int watchers_;
  std::atomic<int64_t> sent_ = 0;
  std::mutex mutex_;
  std::condition_variable all_heard_;
  int heard_ = 0;
  std::vector<absl::Duration> latencies_;
};

// The client's side of one stream.
class Listener : public ClientReactor {
 public:
  using Hear = std::function<void(const grpc::ByteBuffer& message)>;

  Listener(const std::shared_ptr<grpc::Channel>& channel, const std::string& method, grpc::ByteBuffer request,
           Hear hear)
      : stub_(channel), request_(std::move(request)), hear_(std::move(hear)) {
    context_.AddMetadata(kPrincipalKey, "service-load");
    stub_.PrepareBidiStreamingCall(&context_, method, grpc::StubOptions(), this);
    StartWriteLast(&request_, grpc::WriteOptions());
    StartRead(&response_);
    StartCall();
  }
  ~Listener() override {
    context_.TryCancel();
    std::unique_lock<std::mutex> lock(mutex_);
    over_.wait(lock, [this] { return done_; });
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    hear_(response_);
    StartRead(&response_);
  }
  void OnDone(const grpc::Status&) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    done_ = true;
    over_.notify_one();
  }

 private:
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  const Hear hear_;
  std::mutex mutex_;
  std::condition_variable over_;
  bool done_ = false;
};

std::vector<std::shared_ptr<grpc::Channel>> Connections(int port, int streams) {
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < std::min(streams, kMostConnections); ++i) {
    channels.push_back(NewChannel(absl::StrCat("127.0.0.1:", port)));
  }
  return channels;
}

// Writes the same message to every open stream when it is told to, and does nothing else.
class BareService : public grpc::Service {
 public:
  static constexpr char kMethod[] = "/bursar.bench.Bare/Listen";

  BareService() {
    AddMethod(new grpc::internal::RpcServiceMethod(kMethod, grpc::internal::RpcMethod::BIDI_STREAMING, nullptr));
    MarkMethodRawCallback(0, new grpc::internal::CallbackBidiHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
                                 [this](grpc::CallbackServerContext*) { return new Reactor(*this); }));
  }

  void AwaitStreams(size_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return streams_.size() == count; });
  }
  // Until every stream may be written to again.
  void AwaitWritten() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return writing_ == 0; });
  }
  void Write(const grpc::ByteBuffer& message) {
    const std::lock_guard<std::mutex> lock(mutex_);
    writing_ = streams_.size();
    for (Reactor* stream : streams_) stream->StartWrite(&message);
  }

 private:
  struct Reactor : ServerReactor {
    explicit Reactor(BareService& of) : service(of) {
      const std::lock_guard<std::mutex> lock(service.mutex_);
      service.streams_.push_back(this);
      service.changed_.notify_one();
    }
    void OnWriteDone(bool) override {
      const std::lock_guard<std::mutex> lock(service.mutex_);
      --service.writing_;
      service.changed_.notify_one();
    }
    void OnCancel() override {
      {
        const std::lock_guard<std::mutex> lock(service.mutex_);
        service.streams_.erase(std::find(service.streams_.begin(), service.streams_.end(), this));
        service.changed_.notify_one();
      }
      Finish(grpc::Status::CANCELLED);
    }
    void OnDone() override { delete this; }
    BareService& service;
  };

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Reactor*> streams_;
  size_t writing_ = 0;
};

class BareServer {
 public:
  BareServer() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    BURSAR_CHECK(server_ != nullptr);
  }
  ~BareServer() { server_->Shutdown(); }
  int port() const { return port_; }
  BareService& service() { return service_; }

 private:
  BareService service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

v1::WatchFundsResponse MessageLikeACrossing() {
  v1::WatchFundsResponse message;
  message.set_position(1'000'000);
  v1::FundsNotice& notice = *message.add_events()->mutable_notice();
  notice.set_kind(v1::FundsNotice::KIND_THRESHOLD_CROSSED);
  notice.set_billing_account("user-load0");
  notice.set_percent(25);
  notice.set_funds_micros(700'000'000'000);
  notice.set_base_micros(1'000'000'000'000);
  notice.set_currency("USD");
  notice.set_position(1'000'000);
  notice.mutable_event_time()->set_seconds(1'790'000'000);
  return message;
}

std::vector<absl::Duration> RunBare(BareServer& server, int watchers, absl::Duration time) {
  Delivery delivery(watchers);
  const grpc::ByteBuffer message = BufferOf(MessageLikeACrossing());
  {
    const auto channels = Connections(server.port(), watchers);
    std::vector<std::unique_ptr<Listener>> listeners;
    for (int i = 0; i < watchers; ++i) {
      listeners.push_back(std::make_unique<Listener>(channels[static_cast<size_t>(i) % channels.size()],
                                                     BareService::kMethod, BufferOf(v1::WatchFundsRequest()),
                                                     [&](const grpc::ByteBuffer&) { delivery.Heard(); }));
    }
    server.service().AwaitStreams(static_cast<size_t>(watchers));
    for (const absl::Time end = absl::Now() + time; absl::Now() < end; absl::SleepFor(kRest)) {
      server.service().AwaitWritten();
      delivery.Begin();
      delivery.Sent();
      server.service().Write(message);
      delivery.AwaitAll();
    }
  }
  server.service().AwaitStreams(0);
  return delivery.latencies();
}

Position MustAnswer(Ledger& ledger, Command command) {
  static std::atomic<uint64_t> next = 1;
  const auto answer = ledger.SubmitAndWait({.principal = {.role = Role::kService, .name = "load"},
                                            .request_id = absl::StrCat("watch-", next++),
                                            .fingerprint = std::string(16, 'w'),
                                            .command = std::move(command)});
  BURSAR_CHECK(answer.ok() && (*answer)->events_size() > 0);
  return (*answer)->position();
}

// Notes when an entry is durable: when its append has returned, before anything follows from it.
class CommitNotingLog : public EventLog {
 public:
  explicit CommitNotingLog(EventLog& log) : log_(log) {}

  absl::Status Append(const StoredBlock& block) override {
    const absl::Status appended = log_.Append(block);
    if (Delivery* delivery = delivery_) delivery->Sent();
    return appended;
  }
  absl::Status Read(Position from, const std::function<absl::Status(const StoredBlock&)>& visit) const override {
    return log_.Read(from, visit);
  }
  LogEnd Last() const override { return log_.Last(); }

  // What is committed from now on is this one's; nullptr for nobody's.
  void NoteFor(Delivery* delivery) { delivery_ = delivery; }

 private:
  EventLog& log_;
  std::atomic<Delivery*> delivery_ = nullptr;
};

// Bursar's own doors on a log that notes commits.
class WatchedServer {
 public:
  explicit WatchedServer(const std::string& folder) {
    auto stored = RocksDbLog::Open({.folder = absl::StrCat(folder, "/log"), .create_if_missing = true});
    BURSAR_CHECK(stored.ok());
    stored_ = *std::move(stored);
    log_ = std::make_unique<CommitNotingLog>(*stored_);
    auto ledger =
        Ledger::Open({.log = log_.get(), .clock = &clock_, .projections_folder = absl::StrCat(folder, "/projections")});
    BURSAR_CHECK(ledger.ok());
    ledger_ = *std::move(ledger);
    calls_ = std::make_unique<Calls>(*ledger_, links_);
    services_ = MakeGrpcServices(*calls_);
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    for (const auto& service : services_) builder.RegisterService(service.get());
    server_ = builder.BuildAndStart();
    BURSAR_CHECK(server_ != nullptr);
  }
  ~WatchedServer() {
    calls_->EndStreams();
    server_->Shutdown();
  }

  CommitNotingLog& log() { return *log_; }
  Ledger& ledger() { return *ledger_; }
  int port() const { return port_; }

 private:
  SystemClock clock_;
  const LinkKey links_ = LinkKey::Fresh();
  std::unique_ptr<EventLog> stored_;
  std::unique_ptr<CommitNotingLog> log_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Calls> calls_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

// Each hold takes the account over a threshold, and its release back again: both are told.
std::vector<absl::Duration> RunWatch(WatchedServer& server, int watchers, absl::Duration time) {
  Ledger& ledger = server.ledger();
  Delivery delivery(watchers);
  Delivery first(watchers);
  v1::WatchFundsRequest request;
  request.add_billing_accounts(LoadUser(0).text());
  const auto channels = Connections(server.port(), watchers);
  std::vector<std::unique_ptr<Listener>> listeners;
  for (int i = 0; i < watchers; ++i) {
    listeners.push_back(std::make_unique<Listener>(channels[static_cast<size_t>(i) % channels.size()],
                                                   "/bursar.v1.GateService/WatchFunds", BufferOf(request),
                                                   [&](const grpc::ByteBuffer& bytes) {
                                                     const auto text = BytesOf(bytes);
                                                     v1::WatchFundsResponse message;
                                                     BURSAR_CHECK(text.ok() && message.ParseFromString(*text));
                                                     if (message.states_size() > 0) first.Heard();
                                                     if (message.events_size() > 0) delivery.Heard();
                                                   }));
  }
  first.AwaitAll();
  server.log().NoteFor(&delivery);
  Position hold = 0;
  for (const absl::Time end = absl::Now() + time; absl::Now() < end || hold != 0; absl::SleepFor(kRest)) {
    delivery.Begin();
    if (hold == 0) {
      hold = MustAnswer(
          ledger, PlaceHold{.action = {.action = "analysis.run", .user = LoadUser(0), .cost = Money::Micros(kMuch)}});
    } else {
      MustAnswer(ledger, ReleaseHold{.hold = HoldId(hold)});
      hold = 0;
    }
    delivery.AwaitAll();
  }
  server.log().NoteFor(nullptr);
  return delivery.latencies();
}

void Print(int watchers, const char* what, std::vector<absl::Duration> latencies) {
  std::sort(latencies.begin(), latencies.end());
  const auto at = [&](size_t part, size_t of) {
    return absl::ToDoubleMicroseconds(latencies[std::min(latencies.size() - 1, latencies.size() * part / of)]);
  };
  std::printf("%10d %-12s %10zu %10.0f %10.0f %10.0f %10.0f\n", watchers, what, latencies.size(), at(1, 2), at(9, 10),
              at(99, 100), at(1, 1));
  std::fflush(stdout);
}

}  // namespace

void BenchWatch(const std::string& folder, absl::Duration time, int rounds) {
  SetCallLog(false);
  std::filesystem::create_directories(absl::StrCat(folder, "/watch"));
  BareServer bare;
  WatchedServer server(absl::StrCat(folder, "/watch"));
  Populate(server.ledger(), 1);

  std::printf("\nWatch: from commit to delivery at each watcher over loopback, client and servers in one process\n");
  std::printf("%10s %-12s %10s %10s %10s %10s %10s\n", "watchers", "what", "delivered", "p50 us", "p90 us", "p99 us",
              "max us");
  for (const int watchers : kWatchers) {
    std::vector<absl::Duration> bares;
    std::vector<absl::Duration> watches;
    for (int round = 0; round < rounds; ++round) {
      for (const absl::Duration latency : RunBare(bare, watchers, time)) bares.push_back(latency);
      for (const absl::Duration latency : RunWatch(server, watchers, time)) watches.push_back(latency);
    }
    Print(watchers, "bare stream", std::move(bares));
    Print(watchers, "WatchFunds", std::move(watches));
  }
}

}  // namespace bursar::bench
