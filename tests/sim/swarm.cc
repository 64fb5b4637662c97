#include "tests/sim/swarm.h"

#include <algorithm>

#include "tests/laws/dice.h"

namespace bursar::sim {
namespace {

uint64_t NumberOf(const std::array<uint8_t, kWorldBytes>& world) {
  uint64_t number = 0;
  for (size_t i = 0; i < 8; ++i) number |= static_cast<uint64_t>(world[i]) << (8 * i);
  return number;
}

template <class Value>
Value Among(uint8_t byte, std::initializer_list<Value> values) {
  return values.begin()[byte % values.size()];
}

}  // namespace

Swarm Swarm::Of(const std::array<uint8_t, kWorldBytes>& world) {
  Swarm swarm;
  swarm.seed = NumberOf(world);
  swarm.clients = 1 + world[8] % 6;
  swarm.group_capacity = Among<size_t>(world[9], {4'096, 1, 2, 3, 8, 64});
  swarm.queue_capacity = Among<size_t>(world[10], {65'536, 4, 65'536, 1, 65'536, 12});
  // Files cost time: few worlds have them.
  swarm.has_checkpoints = Among(world[11], {false, false, false, false, false, true, false, false});
  swarm.checkpoint_every = Among<Position>(static_cast<uint8_t>(world[11] / 8), {0, 10, 50, 1'000});
  swarm.keeps_projections = world[12] % 16 == 1;
  swarm.replies_lost = Among(world[13], {0, 30, 30, 60});
  swarm.requests_lost = Among(static_cast<uint8_t>(world[13] / 4), {0, 5, 20});
  swarm.requests_twice = Among(static_cast<uint8_t>(world[13] / 16), {0, 5, 20});
  swarm.other_bodies = Among(static_cast<uint8_t>(world[13] / 64), {0, 5});
  swarm.same_ids = Among(static_cast<uint8_t>(world[13] / 64), {0, 5});
  swarm.reorders = world[15] % 2 == 1;
  swarm.clock_jumps = world[15] / 2 % 2 == 1;

  // In about these shares of 256; what is left over is for asking.
  const int crashes = Among(world[14], {0, 1, 1, 3});
  const int faults = Among(static_cast<uint8_t>(world[14] / 4), {0, 1, 3});
  const int slowness = Among(static_cast<uint8_t>(world[14] / 16), {1, 1, 2, 4});
  const std::array<int, kActivities> shares = {0, 80, 12, 40 / slowness, 40 / slowness, 24 / slowness,
                                               2, 8,  12, faults,        crashes};
  swarm.activities.fill(Activity::kAsk);
  auto next = swarm.activities.begin();
  for (size_t i = 0; i < kActivities; ++i) {
    next = std::fill_n(next, shares[i], static_cast<Activity>(i));
  }
  // The smallest bytes, which shrinking prefers, ask.
  std::reverse(swarm.activities.begin(), swarm.activities.end());
  return swarm;
}

}  // namespace bursar::sim
