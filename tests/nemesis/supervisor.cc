#include "tests/nemesis/supervisor.h"

#include <csignal>
#include <utility>

#include "absl/strings/str_cat.h"

namespace bursar::nemesis {
namespace {

// Much longer than a start takes on a busy machine.
constexpr absl::Duration kStart = absl::Seconds(60);

std::string Words(std::optional<int> code) {
  if (!code.has_value()) return "it still runs";
  return *code < 0 ? absl::StrCat("signal ", -*code) : absl::StrCat("exit code ", *code);
}

}  // namespace

Supervisor::Supervisor(const TrialOptions& options, std::string data, std::string control,
                       std::vector<std::string> flags, TrialReport& report)
    : options_(options),
      data_(std::move(data)),
      control_(std::move(control)),
      flags_(std::move(flags)),
      report_(report) {}

ServerProcess::Options Supervisor::Process(const std::string& error_file) const {
  ServerProcess::Options process{.program = options_.server,
                                 .arguments = {"serve", "--data-dir", data_, "--listen", "127.0.0.1:0"},
                                 .variables = {},
                                 .error_file = options_.folder + "/" + error_file};
  process.arguments.insert(process.arguments.end(), flags_.begin(), flags_.end());
  if (options_.bad_disk.empty()) return process;
  process.variables = {absl::StrCat("LD_PRELOAD=", options_.bad_disk), absl::StrCat(kControlVariable, "=", control_)};
  return process;
}

bool Supervisor::Init() {
  ServerProcess::Options process = Process("init.err");
  process.arguments = {"init", "--data-dir", data_};
  const std::optional<int> code = ServerProcess(process).AwaitEnd(kStart);
  if (code == kMisuse) {
    // A server without `init` makes its folder itself, and has none of these flags.
    flags_.clear();
    return true;
  }
  if (code != 0) Find(absl::StrCat("The store could not be made: ", Words(code), "."));
  return code == 0;
}

void Supervisor::Spawn() { server_ = std::make_unique<ServerProcess>(Process("server.err")); }

std::string Supervisor::AwaitReady() { return server_->AwaitReady(kStart); }

std::optional<int> Supervisor::AwaitEnd(absl::Duration bound) { return server_->AwaitEnd(bound); }

void Supervisor::Kill() {
  if (HasEnded())
    Find(absl::StrCat("The server ended by itself: ", Words(server_->AwaitEnd(absl::ZeroDuration())), "."));
  server_->Signal(SIGKILL);
  server_->AwaitEnd(kStart);
  server_.reset();
  Count("kills");
  options_.on_kill();
}

void Supervisor::Stop() {
  server_->Signal(SIGTERM);
  const std::optional<int> code = server_->AwaitEnd(kStart);
  if (code != 0) Find(absl::StrCat("The server was told to stop, and: ", Words(code), "."));
  server_.reset();
}

void Supervisor::TrySecond() {
  Count("second servers");
  ServerProcess second(Process("second.err"));
  if (!second.AwaitReady(kStart).empty()) return Find("A second server serves the same folder.");
  const std::optional<int> code = second.AwaitEnd(kStart);
  if (code != kDataUnavailable) Find(absl::StrCat("A second server on the same folder: ", Words(code), "."));
}

}  // namespace bursar::nemesis
