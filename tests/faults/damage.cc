#include "tests/faults/damage.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/faults/specimen.h"

namespace bursar::faults {
namespace {

constexpr size_t kSector = 512;

std::string JournalFolder(const Specimen& specimen) {
  return specimen.layout().journal_elsewhere ? kOtherFolder : absl::StrCat(kStoreFolder, "/journal");
}

// What was done; empty where it could not be.
std::string DamageFile(Disk& disk, const std::string& path, const Disk& older, Dice& dice) {
  const std::string kind = KindOf(path);
  std::string bytes = disk.At(path).file->bytes();
  const auto size = static_cast<int64_t>(bytes.size());
  switch (dice.Below(6)) {
    case 0:
      disk.Remove(path);
      return absl::StrCat(kind, " deleted");
    case 1:
      bytes.resize(static_cast<size_t>(dice.Below(size + 1)));
      disk.SetFile(path, std::move(bytes));
      return absl::StrCat(kind, " truncated");
    case 2:
      std::fill(bytes.begin(), bytes.end(), '\0');
      disk.SetFile(path, std::move(bytes));
      return absl::StrCat(kind, " zeroed");
    case 3:
    case 4: {
      const auto begin = static_cast<size_t>(dice.Below(size + 1)) / kSector * kSector;
      const size_t count = std::min(kSector, bytes.size() - std::min(begin, bytes.size()));
      bytes.replace(begin, count, dice.OneIn(2) ? std::string(count, '\0') : dice.Bytes(count));
      disk.SetFile(path, std::move(bytes));
      return absl::StrCat(kind, " with a lost sector");
    }
    default: {
      const Node old = older.At(path);
      if (!old.file) return "";
      disk.SetFile(path, old.file->bytes());
      return absl::StrCat(kind, " of an older day");
    }
  }
}

std::string DamageFolder(Disk& disk, const std::string& folder, const Disk& older, Dice& dice) {
  const std::string name = folder == absl::StrCat(kStoreFolder, "/log") ? "log folder" : "journal folder";
  switch (dice.Below(3)) {
    case 0:
      disk.Remove(folder);
      return absl::StrCat(name, " deleted");
    case 1:
      for (const std::string& path : disk.FilesIn(folder)) disk.Remove(path);
      return absl::StrCat(name, " emptied");
    default:
      disk.Take(folder, older);
      return absl::StrCat(name, " of an older day");
  }
}

std::vector<std::string> Only(const std::vector<std::string>& paths, bool journal) {
  std::vector<std::string> only;
  std::copy_if(paths.begin(), paths.end(), std::back_inserter(only), [&](const std::string& path) {
    return journal ? absl::StrContains(path, "journal/") : absl::StrContains(path, "/log/");
  });
  return only;
}

struct Harm {
  Disk disk;
  std::string what;
  bool both_copies = false;
};

Harm AnyHarm(const Specimen& specimen, Dice& dice) {
  Harm harm{.disk = specimen.disk().Copy()};
  const std::vector<std::string> files = specimen.Files();
  const int64_t kind = dice.Below(8);
  if (kind == 0) {
    const std::string folder = dice.OneIn(2) ? JournalFolder(specimen) : absl::StrCat(kStoreFolder, "/log");
    harm.what = DamageFolder(harm.disk, folder, specimen.older(), dice);
  } else if (kind == 1) {
    harm.both_copies = true;
    const std::string one = DamageFile(harm.disk, dice.Pick(Only(files, false)), specimen.older(), dice);
    const std::string other = DamageFile(harm.disk, dice.Pick(Only(files, true)), specimen.older(), dice);
    if (!one.empty() || !other.empty()) harm.what = "both copies hurt";
  } else {
    harm.what = DamageFile(harm.disk, dice.Pick(files), specimen.older(), dice);
  }
  return harm;
}

// What was mended is as good as new: one copy is hurt, mended and used, and then the other one is lost altogether.
std::string OneAfterTheOther(const Specimen& specimen, Dice& dice) {
  Disk disk = specimen.disk().Copy();
  ExpectedLog expected = specimen.expected();
  const bool journal_first = dice.OneIn(2);
  DamageFile(disk, dice.Pick(Only(specimen.Files(), journal_first)), specimen.older(), dice);
  const Examined first = Examine(disk, specimen.layout(), expected, dice);
  if (first.verdict == Examined::Verdict::kRefused || first.verdict == Examined::Verdict::kWrong) return first.says;
  disk.Remove(journal_first ? absl::StrCat(kStoreFolder, "/log") : JournalFolder(specimen));
  const Examined second = Examine(disk, specimen.layout(), expected, dice);
  if (second.verdict == Examined::Verdict::kRepaired) return "";
  return absl::StrCat(journal_first ? "the journal, then the log: " : "the log, then the journal: ", second.says);
}

// The whole store of an older day is a whole store: it opens, and only what clients remember can tell.
std::string RolledBack(const Specimen& specimen) {
  Disk disk = specimen.disk().Copy();
  disk.Take(kStoreFolder, specimen.older());
  if (specimen.layout().journal_elsewhere) disk.Take("/other", specimen.older());
  auto files = std::make_shared<FaultFiles>(std::move(disk));
  const absl::StatusOr<std::unique_ptr<Store>> store = Store::Open(StoreOn(files, specimen.layout()));
  if (!store.ok()) return absl::StrCat("an older store does not open: ", store.status().ToString());
  return (*store)->log().Last().position < specimen.expected().end().position ? "" : "an older store is not older";
}

}  // namespace

Outcome Damage(uint64_t seed, int64_t cases) {
  using Verdict = Examined::Verdict;
  Dice dice(seed);
  const Specimen specimen(dice.Next());
  Outcome outcome;
  for (int64_t i = 0; i < cases;) {
    Harm harm = AnyHarm(specimen, dice);
    if (harm.what.empty()) continue;
    ++i;
    ExpectedLog expected = specimen.expected();
    const Examined examined = Examine(harm.disk, specimen.layout(), expected, dice);
    const bool lost =
        examined.verdict == Verdict::kWrong || (examined.verdict == Verdict::kRefused && !harm.both_copies);
    const char* const became = lost                                     ? "NOT OPENED OR WRONG"
                               : examined.verdict == Verdict::kHarmless ? "harmless"
                               : examined.verdict == Verdict::kRepaired ? "repaired"
                                                                        : "refused";
    ++outcome.counts["damages"];
    ++outcome.counts[absl::StrCat(harm.what, ": ", became)];
    if (lost && outcome.violation.empty()) outcome.violation = absl::StrCat(harm.what, ": ", examined.says);
  }
  for (const std::string& wrong : {OneAfterTheOther(specimen, dice), RolledBack(specimen)}) {
    if (!wrong.empty() && outcome.violation.empty()) outcome.violation = wrong;
  }
  ++outcome.counts["one copy hurt and mended, then the other lost: repaired"];
  ++outcome.counts["whole store of an older day: opens, as only clients' receipts can tell"];
  return outcome;
}

}  // namespace bursar::faults
