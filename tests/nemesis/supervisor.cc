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

Supervisor::Supervisor(const TrialOptions& options, std::string data, std::string control, TrialReport& report)
    : options_(options),
      data_(std::move(data)),
      control_(std::move(control)),
      report_(report),
      checkpoint_every_(options.seed % 2 == 0 ? "200" : "1000000") {}

ServerProcess::Options Supervisor::Process(const std::string& error_file) const {
  ServerProcess::Options process{
      .program = options_.server,
      .arguments = {"serve", "--data-dir", data_, "--listen", "127.0.0.1:0", "--checkpoint-every", checkpoint_every_},
      .variables = {},
      .error_file = options_.folder + "/" + error_file};
  if (options_.bad_disk.empty()) return process;
  process.variables = {absl::StrCat("LD_PRELOAD=", options_.bad_disk), absl::StrCat(kControlVariable, "=", control_)};
  return process;
}

void Supervisor::Init() {
  ServerProcess::Options process = Process("init.err");
  process.arguments = {"init", "--data-dir", data_};
  ServerProcess(process).AwaitEnd(kStart);
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
