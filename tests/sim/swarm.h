// What kind of world it is: which faults there are and how often, how small its queues are, what its crashes leave.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "ledger/base/ids.h"
#include "tests/sim/trace.h"

namespace bursar::sim {

// What a step may do.
enum class Activity {
  kAsk,      // somebody asks something new
  kDeliver,  // a request arrives
  kRetry,    // somebody who has heard nothing asks again
  kWrite,    // the writer takes its turn, and so on
  kCommit,
  kProject,
  kCheckpoint,
  kRead,
  kTime,   // the clock moves
  kFault,  // the next append is going to fail
  kCrash,
};
inline constexpr size_t kActivities = static_cast<size_t>(Activity::kCrash) + 1;

struct Swarm {
  // Zeros make the plainest world: one client, no faults.
  static Swarm Of(const std::array<uint8_t, kWorldBytes>& world);

  // A step's first byte chooses among these.
  Activity ActivityOf(uint8_t byte) const { return activities[byte]; }

  uint64_t seed = 0;
  int clients = 1;
  size_t group_capacity = 4'096;
  size_t queue_capacity = 65'536;
  // 0: none but those asked for.
  Position checkpoint_every = 0;
  bool has_checkpoints = false;
  // In a folder, else in memory, which no crash leaves.
  bool keeps_projections = false;
  // Of a hundred.
  int replies_lost = 0;
  int requests_lost = 0;
  int requests_twice = 0;
  int other_bodies = 0;
  int same_ids = 0;
  bool reorders = false;
  bool clock_jumps = false;
  std::array<Activity, 256> activities = {};
};

}  // namespace bursar::sim
