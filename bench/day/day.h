// The whole day, from the first registration to the report.
#pragma once

#include <cstdint>
#include <string>

namespace bursar::day {

enum ExitCode { kReconciles = 0, kDoesNotReconcile = 1, kNotPlayed = 2 };

struct Settings {
  std::string server = "127.0.0.1:7421";
  double scale = 1.0;
  uint64_t seed = 42;
  int connections = 4;
  int outstanding = 256;
};

// Plays against a server that has no accounts yet and whose clock is manual, and prints the report.
int PlayDay(const Settings& settings);

}  // namespace bursar::day
