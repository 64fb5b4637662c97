// The real server as its supervisor sees it: a process with a line that says where it serves, and an exit code.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace bursar::nemesis {

class ServerProcess {
 public:
  struct Options {
    std::string program;
    std::vector<std::string> arguments;
    // "NAME=value", beside the environment of this process.
    std::vector<std::string> variables;
    // What it writes to its error output is added to this file.
    std::string error_file;
  };

  explicit ServerProcess(const Options& options);
  // Kills it where it still runs.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // "host:port" as soon as it serves; empty where it ends before, or does not within `bound`.
  std::string AwaitReady(absl::Duration bound);
  void Signal(int signal) const;
  // The exit code, or the negative of the signal that ended it; nullopt where it still runs after `bound`.
  std::optional<int> AwaitEnd(absl::Duration bound);

 private:
  pid_t pid_ = -1;
  int out_ = -1;
  // Readable when the process has ended.
  int ended_ = -1;
  std::optional<int> code_;
};

}  // namespace bursar::nemesis
