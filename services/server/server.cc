#include "services/server/server.h"

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpc/health/v1/health.pb.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/grpcpp.h"
#include "ledger/base/steadied_clock.h"
#include "ledger/log/memory_log.h"
#include "ledger/store/free_space.h"
#include "ledger/store/store.h"
#include "services/client/keep_grpc.h"
#include "services/grpc/door.h"
#include "services/server/clock_notice.h"

namespace bursar {
namespace {

// "127.0.0.1:7070" -> "127.0.0.1"; "[::1]:7070" -> "[::1]".
absl::string_view HostOf(absl::string_view address) { return address.substr(0, address.rfind(':')); }

bool IsOfThisMachine(absl::string_view address) {
  const absl::string_view host = HostOf(address);
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]" || absl::StartsWith(address, "unix:");
}

absl::Status CheckAddress(const Server::Options& options) {
  if (options.address.empty() || options.insecure || IsOfThisMachine(options.address)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("Callers are not authenticated yet, so that Bursar listens on this machine only, not at ",
                   options.address, ". Use 127.0.0.1, or say --insecure where the network itself is trusted."));
}

std::string FolderIn(const Server::Options& options, absl::string_view name) {
  return options.data_folder.empty() ? "" : absl::StrCat(options.data_folder, "/", name);
}

Store::Options StoreOptionsOf(const Server::Options& options) {
  return {.folder = options.data_folder,
          .journal_folder = options.journal_folder,
          .warn = options.warn,
          .on_verify = options.on_verify,
          .on_failure = options.on_failure,
          .ballast_bytes = options.ballast_bytes};
}

// Makes the store where that is wanted and there is none.
absl::StatusOr<std::unique_ptr<Store>> OpenOrMake(const Server::Options& options) {
  const Store::Options store = StoreOptionsOf(options);
  absl::StatusOr<std::unique_ptr<Store>> opened = Store::Open(store);
  if (!absl::IsNotFound(opened.status()) || !options.create_if_missing) return opened;
  if (absl::Status made = Store::Make(store); !made.ok()) return made;
  return Store::Open(store);
}

std::vector<std::string> FoldersOf(const Server::Options& options) {
  std::vector<std::string> folders = {options.data_folder};
  if (!options.journal_folder.empty()) folders.push_back(options.journal_folder);
  return folders;
}

// Empty where there is no disk, or nobody minds.
std::function<Room()> RoomOn(FreeSpace* free_space, uint64_t low) {
  if (free_space == nullptr || low == 0) return nullptr;
  return [free_space, low] { return RoomOf(free_space->Bytes(), low); };
}

}  // namespace

// In the order in which they are made; taken apart in the opposite one.
struct Server::Parts {
  SystemClock system_clock;
  std::unique_ptr<SteadiedClock> clock;
  std::unique_ptr<Store> store;
  std::unique_ptr<FreeSpace> free_space;
  MemoryLog memory;
  EventLog* log = &memory;
  LogIdentity identity;
  LinkKey links = LinkKey::Fresh();
  std::unique_ptr<Ledger> ledger;
  std::unique_ptr<Calls> calls;
  std::vector<std::unique_ptr<grpc::Service>> services;
  std::unique_ptr<grpc::Server> grpc_server;
  int port = 0;
  std::once_flag drained;

  absl::Status OpenStore(const Options& options);
  absl::Status OpenLedger(const Options& options);
  absl::Status OpenDoors(const Options& options);
};

absl::Status Server::Parts::OpenStore(const Options& options) {
  if (options.data_folder.empty()) return absl::OkStatus();
  auto opened = OpenOrMake(options);
  if (!opened.ok()) return opened.status();
  store = *std::move(opened);
  log = &store->log();
  free_space = std::make_unique<FreeSpace>(nullptr, FoldersOf(options));
  identity = {.store_id = store->identity().id, .epoch = store->identity().epoch};
  auto key = LinkKey::LoadOrMake(absl::StrCat(options.data_folder, "/link.key"));
  if (!key.ok()) return key.status();
  links = *key;
  return absl::OkStatus();
}

absl::Status Server::Parts::OpenLedger(const Options& options) {
  clock = std::make_unique<SteadiedClock>(SteadiedClock::Options{.wall = &system_clock, .warn = options.warn});
  auto opened = Ledger::Open({
      .log = log,
      .clock = options.clock != nullptr ? options.clock : clock.get(),
      .manual_clock = options.manual_clock,
      .projections_folder = FolderIn(options, "projections"),
      .checkpoints_folder = FolderIn(options, "checkpoints"),
      .checkpoint_every = options.checkpoint_every,
      .warn = options.warn,
      .on_failure = options.on_failure,
      .room = RoomOn(free_space.get(), options.disk_low_bytes),
      .on_replay = options.on_replay,
      .queue_capacity = options.queue_capacity,
      .group_capacity = options.group_capacity,
  });
  if (!opened.ok()) return opened.status();
  ledger = *std::move(opened);
  return absl::OkStatus();
}

absl::Status Server::Parts::OpenDoors(const Options& options) {
  calls = std::make_unique<Calls>(*ledger, links, Calls::Options{.identity = identity});
  services = MakeGrpcServices(*calls);
  grpc::EnableDefaultHealthCheckService(true);
  // So that its description is linked, which reflection looks for.
  grpc::health::v1::HealthCheckRequest::descriptor();
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(kMostRequestBytes);
  // Two servers at one port would share its calls, and each would have half of the entries.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  if (!options.address.empty()) builder.AddListeningPort(options.address, grpc::InsecureServerCredentials(), &port);
  if (ledger->clock_is_manual()) builder.experimental().SetInterceptorCreators(ManualClockNotice());
  for (const auto& service : services) builder.RegisterService(service.get());
  grpc_server = builder.BuildAndStart();
  if (grpc_server != nullptr && (options.address.empty() || port != 0)) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("Cannot listen at ", options.address, ": is another server running there?"));
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(Options options) {
  KeepGrpc();
  if (auto status = CheckAddress(options); !status.ok()) return status;
  if (!options.on_failure) {
    options.on_failure = [](const absl::Status& status) {
      std::fprintf(stderr, "The log cannot be written: %s. Bursar ends, and recovers when it is started again.\n",
                   status.ToString().c_str());
      std::_Exit(EXIT_FAILURE);
    };
  }
  if (!options.warn) {
    options.warn = [](const std::string& sentence) { std::fprintf(stderr, "Warning: %s\n", sentence.c_str()); };
  }
  auto parts = std::make_unique<Parts>();
  if (auto status = parts->OpenStore(options); !status.ok()) return status;
  if (auto status = parts->OpenLedger(options); !status.ok()) return status;
  if (auto status = parts->OpenDoors(options); !status.ok()) return status;
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() { Drain(absl::ZeroDuration()); }

void Server::Drain(absl::Duration grace) {
  std::call_once(parts_->drained, [&] {
    if (auto* health = parts_->grpc_server->GetHealthCheckService()) health->Shutdown();
    parts_->calls->EndStreams();
    parts_->grpc_server->Shutdown(absl::ToChronoTime(absl::Now() + grace));
    parts_->grpc_server->Wait();
  });
}

std::shared_ptr<grpc::Channel> Server::InProcessChannel() { return parts_->grpc_server->InProcessChannel({}); }

int Server::port() const { return parts_->port; }

Ledger& Server::ledger() { return *parts_->ledger; }

const LinkKey& Server::link_key() const { return parts_->links; }

std::vector<Calls::Count> Server::Counts() const { return parts_->calls->Counts(); }

}  // namespace bursar
