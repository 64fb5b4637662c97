#include "services/server/server.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpc/health/v1/health.pb.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/grpcpp.h"
#include "ledger/archive/files.h"
#include "ledger/base/steadied_clock.h"
#include "ledger/log/memory_log.h"
#include "ledger/log/rocksdb_log.h"
#include "ledger/store/identity.h"
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

absl::Status PrepareFolder(const Server::Options& options) {
  std::error_code error;
  if (std::filesystem::is_directory(options.data_folder, error)) return absl::OkStatus();
  if (!options.create_if_missing) {
    return absl::NotFoundError(absl::StrCat("There is no data folder ", options.data_folder, "."));
  }
  std::filesystem::create_directories(options.data_folder, error);
  if (error) {
    return absl::InternalError(
        absl::StrCat("The data folder ", options.data_folder, " cannot be made: ", error.message()));
  }
  // Who people are stands in it.
  std::filesystem::permissions(options.data_folder, std::filesystem::perms::owner_all, error);
  return absl::OkStatus();
}

absl::StatusOr<StoreIdentity> ReadIdentityOf(const std::string& folder) {
  const absl::StatusOr<std::string> text = ReadWholeFile(absl::StrCat(folder, "/store"));
  return text.ok() ? ReadIdentity(*text) : text.status();
}

}  // namespace

// In the order in which they are made; taken apart in the opposite one.
struct Server::Parts {
  SystemClock system_clock;
  std::unique_ptr<SteadiedClock> clock;
  std::unique_ptr<EventLog> log;
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
  if (options.data_folder.empty()) {
    log = std::make_unique<MemoryLog>();
    return absl::OkStatus();
  }
  if (auto status = PrepareFolder(options); !status.ok()) return status;
  auto opened = RocksDbLog::Open(
      {.folder = absl::StrCat(options.data_folder, "/log"), .create_if_missing = options.create_if_missing});
  if (!opened.ok()) return opened.status();
  log = *std::move(opened);
  if (auto read = ReadIdentityOf(options.data_folder); read.ok())
    identity = {.store_id = read->id, .epoch = read->epoch};
  auto key = LinkKey::LoadOrMake(absl::StrCat(options.data_folder, "/link.key"));
  if (!key.ok()) return key.status();
  links = *key;
  return absl::OkStatus();
}

absl::Status Server::Parts::OpenLedger(const Options& options) {
  clock = std::make_unique<SteadiedClock>(SteadiedClock::Options{.wall = &system_clock, .warn = options.warn});
  auto opened = Ledger::Open({
      .log = log.get(),
      .clock = options.clock != nullptr ? options.clock : clock.get(),
      .manual_clock = options.manual_clock,
      .projections_folder = FolderIn(options, "projections"),
      .checkpoints_folder = FolderIn(options, "checkpoints"),
      .checkpoint_every = options.checkpoint_every,
      .warn = options.warn,
      .on_failure = options.on_failure,
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
