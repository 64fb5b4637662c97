#include "services/cli/open_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bursar/v1/history.pb.h"
#include "ledger/archive/files.h"
#include "ledger/log/rocksdb_log.h"
#include "ledger/store/identity.h"
#include "services/cli/asking.h"
#include "services/client/client.h"

namespace bursar::cli {
namespace {

constexpr int kAttempts = 5;

// Whether another process has locked the file; not where there is none.
bool IsLocked(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return false;
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  const bool locked = fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  close(file);
  return locked;
}

// Empty for a folder from before stores had an identity.
absl::StatusOr<LogIdentity> IdentityIn(const std::string& folder) {
  const absl::StatusOr<std::string> text = ReadWholeFile(absl::StrCat(folder, "/store"));
  if (absl::IsNotFound(text.status())) return LogIdentity();
  if (!text.ok()) return text.status();
  const absl::StatusOr<StoreIdentity> identity = ReadIdentity(*text);
  if (!identity.ok()) return identity.status();
  return LogIdentity{.store_id = identity->id, .epoch = identity->epoch};
}

class FolderLog : public LogSource {
 public:
  static absl::StatusOr<std::unique_ptr<LogSource>> Open(const std::string& folder) {
    const std::string log_folder = absl::StrCat(folder, "/log");
    if (IsLocked(absl::StrCat(folder, "/lock")) || IsLocked(absl::StrCat(log_folder, "/LOCK"))) {
      return absl::FailedPreconditionError(absl::StrCat(
          folder, " is in use by another process: ask a running server with --server instead of --data-dir."));
    }
    const absl::StatusOr<LogIdentity> identity = IdentityIn(folder);
    if (!identity.ok()) return identity.status();
    auto log = RocksDbLog::Open({.folder = log_folder, .read_only = true});
    if (!log.ok()) return log.status();
    return std::unique_ptr<LogSource>(new FolderLog(*std::move(log), *identity));
  }

  LogIdentity identity() const override { return identity_; }
  Position last() const override { return log_->Last().position; }
  absl::Status Read(Position from, const VisitBlock& visit) override { return log_->Read(from, visit); }

 private:
  FolderLog(std::unique_ptr<RocksDbLog> log, LogIdentity identity)
      : log_(std::move(log)), identity_(std::move(identity)) {}

  const std::unique_ptr<RocksDbLog> log_;
  const LogIdentity identity_;
};

class ServerLog : public LogSource {
 public:
  static absl::StatusOr<std::unique_ptr<LogSource>> Open(const std::string& address, Client::Options options) {
    auto log = std::unique_ptr<ServerLog>(new ServerLog(address, std::move(options)));
    const auto page = log->Page(1);
    if (!page.ok()) return page.status();
    log->identity_ = {.store_id = page->store_id(), .epoch = page->epoch()};
    log->last_ = page->last_position();
    return std::unique_ptr<LogSource>(std::move(log));
  }

  LogIdentity identity() const override { return identity_; }
  // As of when it was opened: what comes later is for the next time.
  Position last() const override { return last_; }

  absl::Status Read(Position from, const VisitBlock& visit) override {
    while (from <= last_) {
      const auto page = Page(from);
      if (!page.ok()) return page.status();
      if (page->blocks().empty()) break;
      if (page->store_id() != identity_.store_id || page->epoch() != identity_.epoch) {
        return absl::FailedPreconditionError("Another ledger answers than before. Begin again.");
      }
      for (const v1::LogBlock& block : page->blocks()) {
        if (block.first_position() > last_) break;
        if (absl::Status visited = visit(Stored(block)); !visited.ok()) return visited;
        from = block.last_position() + 1;
      }
    }
    return absl::OkStatus();
  }

 private:
  ServerLog(const std::string& address, Client::Options options)
      : address_(address), client_(NewChannel(address), std::move(options)) {}

  absl::StatusOr<v1::ExportLogResponse> Page(Position from) const {
    v1::ExportLogRequest request;
    request.set_from_position(from);
    auto page = client_.Call<v1::ExportLogResponse>(request);
    const bool away = absl::IsUnavailable(page.status()) || absl::IsDeadlineExceeded(page.status());
    if (!away) return page;
    // So that it is told apart from a disk that is unavailable.
    return absl::AbortedError(absl::StrCat("No server answers at ", address_,
                                           ": start one, name another with --server, or name the folder with "
                                           "--data-dir. (",
                                           page.status().message(), ")"));
  }

  static StoredBlock Stored(const v1::LogBlock& block) {
    StoredBlock stored{.first = block.first_position(), .last = block.last_position(), .bytes = block.content()};
    std::memcpy(stored.hash.data(), block.hash().data(), std::min(block.hash().size(), stored.hash.size()));
    return stored;
  }

  const std::string address_;
  const Client client_;
  LogIdentity identity_;
  Position last_ = 0;
};

}  // namespace

std::string FolderRead(const Running& running) {
  const Settings& settings = running.settings;
  const std::string folder = settings.Text("data_dir");
  if (settings.SourceOf("server") > settings.SourceOf("data_dir")) return "";
  return folder;
}

absl::StatusOr<std::unique_ptr<LogSource>> OpenLogToRead(const Running& running) {
  const Settings& settings = running.settings;
  const bool both = !settings.Text("data_dir").empty() && settings.SourceOf("data_dir") == settings.SourceOf("server");
  if (both) return absl::InvalidArgumentError("Both a server and a data folder are named. Write one of them.");
  if (const std::string folder = FolderRead(running); !folder.empty()) return FolderLog::Open(folder);
  if (absl::Status caller = CheckCaller(settings); !caller.ok()) return caller;
  return ServerLog::Open(
      settings.Text("server"),
      {.principal = settings.Text("as"), .timeout = settings.Duration("timeout"), .attempts = kAttempts});
}

}  // namespace bursar::cli
