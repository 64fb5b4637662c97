// A store with files of every kind, with what its log must hold, to be damaged.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "tests/faults/disk.h"
#include "tests/faults/expected_log.h"
#include "tests/faults/store_on.h"

namespace bursar::faults {

// What a file of a store is, for a table: "WAL", "manifest", "table", "journal", ...
std::string KindOf(const std::string& path);

class Specimen {
 public:
  explicit Specimen(uint64_t seed);

  const Disk& disk() const { return disk_; }
  // The same store some blocks before.
  const Disk& older() const { return older_; }
  const Layout& layout() const { return layout_; }
  const ExpectedLog& expected() const { return expected_; }
  // Of both copies and what belongs to them; no locks and no ballast.
  std::vector<std::string> Files() const;

 private:
  void Work(int64_t blocks, Dice& dice);

  Layout layout_;
  Disk disk_;
  Disk older_;
  ExpectedLog expected_;
};

// What became of a damaged store.
struct Examined {
  enum class Verdict {
    kHarmless,  // opens, nothing is lost, nothing was repaired
    kRepaired,  // opens, nothing is lost, and says what it repaired
    kRefused,   // does not open, and says that data is damaged or of another version
    kWrong,     // opens, and does not give what it must; or gives no proper reason
  };
  Verdict verdict = Verdict::kWrong;
  std::string says;
};

// Opens the store, compares, appends, and does so once more. The disk is afterwards as a power cut leaves it.
Examined Examine(Disk& disk, const Layout& layout, ExpectedLog& expected, Dice& dice);

}  // namespace bursar::faults
