#include "tests/nemesis/server_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "ledger/base/check.h"

namespace bursar::nemesis {
namespace {

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> EnvironmentWith(const std::vector<std::string>& variables) {
  std::vector<std::string> environment = variables;
  for (char** variable = environ; *variable != nullptr; ++variable) environment.emplace_back(*variable);
  return environment;
}

// Whether there is something to read, or the end, before the deadline.
bool Readable(int descriptor, absl::Time deadline) {
  const int64_t left = absl::ToInt64Milliseconds(deadline - absl::Now());
  pollfd file = {descriptor, POLLIN, 0};
  return poll(&file, 1, static_cast<int>(std::max<int64_t>(left, 0))) > 0;
}

// "... at 127.0.0.1:1234 (..." -> "127.0.0.1:1234"
std::string AddressIn(const std::string& ready_line) {
  const size_t at = ready_line.find(" at ");
  if (!absl::StartsWith(ready_line, "Bursar serves ") || at == std::string::npos) return "";
  return ready_line.substr(at + 4, ready_line.find(' ', at + 4) - at - 4);
}

}  // namespace

ServerProcess::ServerProcess(const Options& options) {
  std::vector<std::string> arguments = options.arguments;
  arguments.insert(arguments.begin(), options.program);
  std::vector<std::string> environment = EnvironmentWith(options.variables);
  int out[2];
  BURSAR_CHECK(pipe2(out, O_CLOEXEC) == 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, options.error_file.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                   0600);
  BURSAR_CHECK(posix_spawn(&pid_, options.program.c_str(), &actions, nullptr, Pointers(arguments).data(),
                           Pointers(environment).data()) == 0);
  posix_spawn_file_actions_destroy(&actions);
  close(out[1]);
  out_ = out[0];
  ended_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  BURSAR_CHECK(ended_ >= 0);
}

ServerProcess::~ServerProcess() {
  Signal(SIGKILL);
  AwaitEnd(absl::Seconds(60));
  close(out_);
  close(ended_);
}

std::string ServerProcess::AwaitReady(absl::Duration bound) {
  const absl::Time deadline = absl::Now() + bound;
  std::string line;
  char next = 0;
  while (Readable(out_, deadline) && read(out_, &next, 1) == 1) {
    if (next == '\n') return AddressIn(line);
    line.push_back(next);
  }
  return "";
}

void ServerProcess::Signal(int signal) const {
  if (!code_.has_value()) kill(pid_, signal);
}

std::optional<int> ServerProcess::AwaitEnd(absl::Duration bound) {
  if (code_.has_value()) return code_;
  if (!Readable(ended_, absl::Now() + bound)) return std::nullopt;
  int status = 0;
  BURSAR_CHECK(waitpid(pid_, &status, 0) == pid_);
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return code_;
}

}  // namespace bursar::nemesis
