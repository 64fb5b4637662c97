// One trial: a fresh folder, a server on it, clients that press, a nemesis that kills, and the checks at the end.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/time/time.h"
#include "tests/nemesis/asked.h"
#include "tests/nemesis/faults.h"

namespace bursar::nemesis {

struct TrialOptions {
  // The program `bursar`.
  std::string server;
  // The library that makes its disk bad; empty for none, which leaves these faults out.
  std::string bad_disk;
  // Made for this trial, and left behind.
  std::string folder;
  uint64_t seed = 0;
  int clients = 8;
  // SIGKILLs in all.
  int kills = 25;
  Faults faults = AllFaults();
  // Whether SmallDisk::Mount is worth trying.
  bool may_mount = false;
  // Of the search for an order of each account's steps.
  absl::Duration search_bound = absl::Seconds(60);
  // No more periods begin after this.
  absl::Time deadline = absl::InfiniteFuture();
  // Told after every kill.
  std::function<void()> on_kill = [] {};
};

struct TrialReport {
  // What happened how often, by what it is.
  std::map<std::string, int64_t> counts;
  Findings findings;
};

TrialReport RunTrial(const TrialOptions& options);

}  // namespace bursar::nemesis
