#include "tests/faults/specimen.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"

namespace bursar::faults {
namespace {

// So that tables have been written, and some merged.
constexpr int kProcesses = 5;

}  // namespace

std::string KindOf(const std::string& path) {
  const std::string name = Disk::LastName(path);
  if (absl::StrContains(path, "journal/")) return "journal";
  if (name == "watermark" || name == "CURRENT") return name;
  if (name == "store") return "identity";
  if (absl::EndsWith(name, ".sst")) return "table";
  if (absl::EndsWith(name, ".log")) return "WAL";
  if (absl::StartsWith(name, "MANIFEST")) return "manifest";
  if (absl::StartsWith(name, "OPTIONS")) return "options";
  if (name == "IDENTITY") return "RocksDB's identity";
  return "other";
}

Specimen::Specimen(uint64_t seed) {
  Dice dice(seed);
  layout_ = {.journal_elsewhere = dice.OneIn(2), .write_buffer_bytes = size_t{64} << 10};
  const auto files = std::make_shared<FaultFiles>();
  BURSAR_CHECK(Store::Make(StoreOn(files, layout_)).ok());
  disk_ = files->AtCut();
  const int64_t old = dice.Below(kProcesses);
  for (int process = 0; process < kProcesses; ++process) {
    Work(2 + dice.Below(20), dice);
    if (process == old) older_ = disk_.Copy();
  }
  Work(1 + dice.Below(4), dice);
}

void Specimen::Work(int64_t blocks, Dice& dice) {
  const auto files = std::make_shared<FaultFiles>(std::move(disk_));
  absl::StatusOr<std::unique_ptr<Store>> store = Store::Open(StoreOn(files, layout_));
  BURSAR_CHECK(store.ok());
  for (int64_t i = 0; i < blocks; ++i) {
    const StoredBlock block = expected_.Next(dice);
    BURSAR_CHECK((*store)->log().Append(block).ok());
    expected_.Answered(block);
  }
  if (dice.OneIn(2)) store->reset();
  disk_ = files->AtCut();
}

std::vector<std::string> Specimen::Files() const {
  std::vector<std::string> files = disk_.FilesIn("/");
  files.erase(std::remove_if(files.begin(), files.end(),
                             [](const std::string& path) {
                               const std::string name = Disk::LastName(path);
                               return name == "LOCK" || name == "lock" || name == "ballast";
                             }),
              files.end());
  return files;
}

Examined Examine(Disk& disk, const Layout& layout, ExpectedLog& expected, Dice& dice) {
  using Verdict = Examined::Verdict;
  Examined examined{.verdict = Verdict::kHarmless};
  for (int opened = 0; opened < 2; ++opened) {
    const auto files = std::make_shared<FaultFiles>(std::move(disk));
    absl::StatusOr<std::unique_ptr<Store>> store = Store::Open(StoreOn(files, layout));
    if (!store.ok()) {
      const bool reason = absl::IsDataLoss(store.status()) || absl::IsFailedPrecondition(store.status());
      return {.verdict = reason && opened == 0 ? Verdict::kRefused : Verdict::kWrong,
              .says = absl::StrCat(opened == 0 ? "refused: " : "refused the second time: ", store.status().ToString())};
    }
    for (const std::string& repair : (*store)->repairs()) {
      examined.verdict = Verdict::kRepaired;
      absl::StrAppend(&examined.says, repair, " ");
    }
    const std::string wrong = expected.Compare((*store)->log());
    if (!wrong.empty()) return {.verdict = Verdict::kWrong, .says = absl::StrCat("opened, but ", wrong)};
    const StoredBlock block = expected.Next(dice);
    if (const absl::Status appended = (*store)->log().Append(block); !appended.ok()) {
      return {.verdict = Verdict::kWrong, .says = absl::StrCat("opened, but cannot append: ", appended.ToString())};
    }
    expected.Answered(block);
    disk = files->AtCut().AfterCut(Cut::kLost, dice);
  }
  return examined;
}

}  // namespace bursar::faults
