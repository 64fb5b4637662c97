#include "tests/faults/flips.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/faults/specimen.h"

namespace bursar::faults {
namespace {

// Headers, footers and the last records are where it matters most.
constexpr int64_t kEdge = 64;

struct Flip {
  std::string path;
  size_t byte = 0;
  int bit = 0;
};

Flip AnyFlip(const Specimen& specimen, Dice& dice) {
  std::map<std::string, std::vector<std::string>> kinds;
  for (const std::string& path : specimen.Files()) {
    if (!specimen.disk().At(path).file->bytes().empty()) kinds[KindOf(path)].push_back(path);
  }
  auto kind = kinds.begin();
  std::advance(kind, dice.Below(static_cast<int64_t>(kinds.size())));
  Flip flip{.path = dice.Pick(kind->second)};
  const auto size = static_cast<int64_t>(specimen.disk().At(flip.path).file->bytes().size());
  const int64_t edge = std::min(size, kEdge);
  flip.byte = static_cast<size_t>(dice.Pick({dice.Below(size), dice.Below(edge), size - 1 - dice.Below(edge)}));
  flip.bit = static_cast<int>(dice.Below(8));
  return flip;
}

Disk Flipped(const Disk& disk, const Flip& flip) {
  Disk copy = disk.Copy();
  std::string bytes = copy.At(flip.path).file->bytes();
  bytes[flip.byte] = static_cast<char>(bytes[flip.byte] ^ (1 << flip.bit));
  copy.SetFile(flip.path, std::move(bytes));
  return copy;
}

}  // namespace

Outcome FlipBits(uint64_t seed, int64_t flips) {
  using Verdict = Examined::Verdict;
  Dice dice(seed);
  const Specimen specimen(dice.Next());
  Outcome outcome;
  for (int64_t i = 0; i < flips; ++i) {
    const Flip flip = AnyFlip(specimen, dice);
    Disk disk = Flipped(specimen.disk(), flip);
    ExpectedLog expected = specimen.expected();
    const Examined examined = Examine(disk, specimen.layout(), expected, dice);
    const char* const became = examined.verdict == Verdict::kHarmless   ? "harmless"
                               : examined.verdict == Verdict::kRepaired ? "repaired"
                               : examined.verdict == Verdict::kRefused  ? "refused"
                                                                        : "SILENT OR WITHOUT REASON";
    ++outcome.counts["flips"];
    ++outcome.counts[absl::StrCat(KindOf(flip.path), ": ", became)];
    if (examined.verdict == Verdict::kRefused && !absl::StrContains(examined.says, "position")) {
      ++outcome.counts[absl::StrCat(KindOf(flip.path), ": refused without a position")];
    }
    if (examined.verdict == Verdict::kWrong && outcome.violation.empty()) {
      outcome.violation =
          absl::StrCat("bit ", flip.bit, " of byte ", flip.byte, " of ", flip.path, ": ", examined.says);
    }
  }
  return outcome;
}

}  // namespace bursar::faults
