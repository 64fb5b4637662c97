// bursar_crash: see the purpose that it prints with --help.
#include <cstdint>
#include <optional>

#include "tests/faults/cases.h"
#include "tests/faults/ledger_world.h"
#include "tests/faults/log_world.h"

namespace bursar::faults {
namespace {

constexpr int64_t kRecoveriesPerWorld = 25;
// One world in so many has a whole ledger.
constexpr int64_t kWithLedger = 10;

int Main(int argc, char** argv) {
  Arguments arguments("bursar_crash",
                      "Crashes a store again and again on a disk in memory that forgets what was not synced, at any "
                      "operation and also while it recovers, and counts what was answered and is lost.",
                      {{"recoveries", 10'000, "at least so many"},
                       {"exhaustive", 1, "also fail at every single operation of one scenario, in every way; 0: not"}});
  if (const std::optional<int> end = arguments.Parse(argc, argv)) return *end;
  const auto seed = static_cast<uint64_t>(arguments["seed"]);
  const int64_t worlds = (arguments["recoveries"] + kRecoveriesPerWorld - 1) / kRecoveriesPerWorld;
  const int64_t ways = arguments["exhaustive"] != 0 ? WaysToFail() : 0;
  return RunCases(arguments, worlds + ways, "recoveries", "", [&](int64_t number) {
    if (number >= worlds) return FailEverywhere(number - worlds, SeedOf(seed, 0));
    if (number % kWithLedger == 0) return LedgerWorld(SeedOf(seed, number)).Run(kRecoveriesPerWorld);
    return LogWorld(SeedOf(seed, number)).Run(kRecoveriesPerWorld);
  });
}

}  // namespace
}  // namespace bursar::faults

int main(int argc, char** argv) { return bursar::faults::Main(argc, argv); }
