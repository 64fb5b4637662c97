// bursar_flips: see the purpose that it prints with --help.
#include <cstdint>
#include <optional>

#include "tests/faults/cases.h"
#include "tests/faults/flips.h"

namespace bursar::faults {
namespace {

constexpr int64_t kPerStore = 10;

int Main(int argc, char** argv) {
  Arguments arguments("bursar_flips",
                      "Turns over single bits of a store's files, opens it, and counts what was repaired, refused, "
                      "harmless, or silently "
                      "wrong.",
                      {{"flips", 2'000, "at least so many"}});
  if (const std::optional<int> end = arguments.Parse(argc, argv)) return *end;
  const auto seed = static_cast<uint64_t>(arguments["seed"]);
  return RunCases(arguments, (arguments["flips"] + kPerStore - 1) / kPerStore, "flips", "",
                  [&](int64_t number) { return FlipBits(SeedOf(seed, number), kPerStore); });
}

}  // namespace
}  // namespace bursar::faults

int main(int argc, char** argv) { return bursar::faults::Main(argc, argv); }
