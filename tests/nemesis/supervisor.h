// Starts the real server on one folder, again and again, and knows how it may end.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/nemesis/asked.h"
#include "tests/nemesis/server_process.h"
#include "tests/nemesis/trial.h"

namespace bursar::nemesis {

// What the server's exit codes say; see docs/operating.md.
inline constexpr int kMisuse = 64;
inline constexpr int kDataUnavailable = 75;
inline constexpr int kDataDamaged = 78;

class Supervisor {
 public:
  // `report` and `options` outlive it. `flags` are given to every server.
  Supervisor(const TrialOptions& options, std::string data, std::string control, std::vector<std::string> flags,
             TrialReport& report);

  // Makes the store; false, with a finding, where that is not possible.
  bool Init();
  // Begins to start a server; none runs.
  void Spawn();
  // Where it serves; empty where it ended instead, or never became ready. Its exit code is then in ended().
  std::string AwaitReady();
  // SIGKILL, and waits. A finding where it had ended by itself.
  void Kill();
  // Waits until it ends by itself, as it does after a fault; the exit code, or nullopt where it never does.
  std::optional<int> AwaitEnd(absl::Duration bound);
  // SIGTERM; a finding where it does not end well.
  void Stop();
  void Signal(int signal) const { server_->Signal(signal); }
  // Whether it ended by itself.
  bool HasEnded() { return server_ == nullptr || server_->AwaitEnd(absl::ZeroDuration()).has_value(); }

  // Another server on the same folder: it has to refuse.
  void TrySecond();

  void Count(const std::string& what) { ++report_.counts[what]; }
  void Find(const std::string& sentence) { report_.findings.push_back(sentence); }

 private:
  ServerProcess::Options Process(const std::string& error_file) const;

  const TrialOptions& options_;
  const std::string data_;
  const std::string control_;
  std::vector<std::string> flags_;
  TrialReport& report_;
  std::unique_ptr<ServerProcess> server_;
};

}  // namespace bursar::nemesis
