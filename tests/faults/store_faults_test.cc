// A little of what bursar_crash, bursar_flips and bursar_damage do at length.
#include <gtest/gtest.h>

#include "tests/faults/cases.h"
#include "tests/faults/damage.h"
#include "tests/faults/flips.h"
#include "tests/faults/ledger_world.h"
#include "tests/faults/log_world.h"

namespace bursar::faults {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int64_t kWorlds = 2;
#else
constexpr int64_t kWorlds = 6;
#endif
constexpr int64_t kEach = 20;

TEST(Store, KeepsWhatWasAnsweredThroughCrashes) {
  for (int64_t world = 0; world < kWorlds; ++world) {
    EXPECT_EQ(LogWorld(SeedOf(7, world)).Run(kEach).violation, "") << "world " << world;
  }
}

TEST(Store, CarriesALedgerThroughCrashes) { EXPECT_EQ(LedgerWorld(SeedOf(10, 0)).Run(kEach).violation, ""); }

TEST(Store, IsNeverSilentlyWrongAfterAFlippedBit) {
  for (int64_t store = 0; store < kWorlds; ++store) {
    EXPECT_EQ(FlipBits(SeedOf(8, store), kEach).violation, "") << "store " << store;
  }
}

TEST(Store, LosesNothingToOneDamagedFile) {
  for (int64_t store = 0; store < kWorlds; ++store) {
    EXPECT_EQ(Damage(SeedOf(9, store), kEach).violation, "") << "store " << store;
  }
}

}  // namespace
}  // namespace bursar::faults
