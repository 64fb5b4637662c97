// bursar_damage: see the purpose that it prints with --help.
#include <cstdint>
#include <optional>

#include "tests/faults/cases.h"
#include "tests/faults/damage.h"

namespace bursar::faults {
namespace {

constexpr int64_t kPerStore = 10;

int Main(int argc, char** argv) {
  Arguments arguments(
      "bursar_damage",
      "Deletes, truncates, wipes and swaps files of a store, opens it, and counts what was repaired, and what is lost.",
      {{"cases", 200, "at least so many"}});
  if (const std::optional<int> end = arguments.Parse(argc, argv)) return *end;
  const auto seed = static_cast<uint64_t>(arguments["seed"]);
  return RunCases(arguments, (arguments["cases"] + kPerStore - 1) / kPerStore, "damages", "",
                  [&](int64_t number) { return Damage(SeedOf(seed, number), kPerStore); });
}

}  // namespace
}  // namespace bursar::faults

int main(int argc, char** argv) { return bursar::faults::Main(argc, argv); }
