#include "tests/faults/log_world.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace bursar::faults {
namespace {

constexpr int64_t kMostAppends = 12;

Layout AnyLayout(Dice& dice) {
  return {.journal_elsewhere = dice.OneIn(2), .write_buffer_bytes = dice.OneIn(2) ? size_t{64} << 10 : size_t{4} << 20};
}

// Without it the block is not durable in this copy.
bool IsOfAnAppend(const FaultFiles::Struck& struck) {
  const bool written = struck.operation == Operation::kWrite || struck.operation == Operation::kSync;
  return written && (absl::StrContains(struck.path, "journal/") || absl::EndsWith(struck.path, ".log"));
}

}  // namespace

LogWorld::LogWorld(uint64_t seed) : dice_(seed), layout_(AnyLayout(dice_)) {}

Outcome LogWorld::Run(int64_t recoveries) {
  for (int64_t life = 0; life < recoveries && outcome_.violation.empty(); ++life) {
    Live(dice_.OneIn(6) ? std::nullopt : std::make_optional(AnyFault()));
    const bool killed = dice_.OneIn(4);
    Reboot(killed ? std::nullopt
                  : std::make_optional(
                        dice_.Pick({Cut::kLost, Cut::kPrefix, Cut::kTorn, Cut::kZeros, Cut::kKept, Cut::kMixed})));
  }
  Live(std::nullopt);
  return outcome_;
}

Outcome LogWorld::RunOne(const Fault& fault, std::optional<Cut> cut, bool* struck) {
  files_->Inject(fault);
  effect_ = fault.effect;
  for (int process = 0; process < 2 && !files_->struck(); ++process) {
    MakeStore();
    absl::StatusOr<std::unique_ptr<Store>> store = Store::Open(StoreOn(files_, layout_));
    ++outcome_.counts["recoveries"];
    if (!store.ok()) {
      if (!MayFail()) Violated(absl::StrCat("the store does not open: ", store.status().ToString()));
      break;
    }
    AppendSome(**store);
    *struck = files_->struck();
    if (*struck) Kill(*std::move(store));
    if (*struck) break;
  }
  *struck = *struck || files_->struck();
  Reboot(cut);
  if (outcome_.violation.empty()) Live(std::nullopt);
  return outcome_;
}

Fault LogWorld::AnyFault() {
  Fault fault;
  fault.nth = 1 + dice_.Below(dice_.Pick({8, 30, 60, 200}));
  if (dice_.OneIn(3)) {
    fault.effect = dice_.Pick({Effect::kFail, Effect::kFailRetryable, Effect::kNoSpace, Effect::kSlow});
    fault.lasting = dice_.OneIn(2);
  }
  const std::string where = dice_.Pick({"", "", "/log/", "journal", "watermark"});
  fault.matches = [where](Operation operation, const std::string& path) {
    return Changes(operation) && absl::StrContains(path, where);
  };
  return fault;
}

bool LogWorld::PowerIsOff() const { return effect_ == Effect::kPowerCut && files_->struck(); }

bool LogWorld::MayFail() const { return effect_ && *effect_ != Effect::kSlow && files_->struck(); }

void LogWorld::Violated(const std::string& what) {
  if (outcome_.violation.empty()) outcome_.violation = what;
}

void LogWorld::MakeStore() {
  if (made_ == Made::kYes) return;
  const absl::Status made = Store::Make(StoreOn(files_, layout_));
  if (made.ok()) {
    made_ = PowerIsOff() ? Made::kPerhaps : Made::kYes;
  } else {
    if (!MayFail()) Violated(absl::StrCat("the store cannot be made: ", made.ToString()));
    made_ = Made::kPerhaps;
  }
}

void LogWorld::Live(const std::optional<Fault>& fault) {
  effect_ = fault ? std::make_optional(fault->effect) : std::nullopt;
  if (fault) files_->Inject(*fault);
  if (made_ == Made::kNo) MakeStore();
  if (made_ == Made::kNo || PowerIsOff()) return;

  absl::StatusOr<std::unique_ptr<Store>> store = Store::Open(StoreOn(files_, layout_));
  ++outcome_.counts["recoveries"];
  if (absl::IsNotFound(store.status()) && made_ == Made::kPerhaps) {
    ++outcome_.counts["half-made stores made again"];
    MakeStore();
    return;
  }
  if (!store.ok()) {
    if (!MayFail()) Violated(absl::StrCat("an honest crash is taken for damage: ", store.status().ToString()));
    if (MayFail() && absl::IsDataLoss(store.status())) {
      Violated(absl::StrCat("a failing disk is taken for damage: ", store.status().ToString()));
    }
    ++outcome_.counts["openings refused while the disk fails"];
    return;
  }
  if (!(*store)->repairs().empty()) {
    ++outcome_.counts["recoveries that repaired a copy after the disk had failed"];
    if (!disk_failed_ && !MayFail()) {
      Violated(absl::StrCat("an honest crash is repaired as damage: ", (*store)->repairs()[0]));
    }
  }
  if (std::string lost = expected_.Compare((*store)->log()); !lost.empty()) return Violated(lost);
  if (PowerIsOff()) {
    ++outcome_.counts["power cuts inside recovery"];
    return;
  }
  if (cut_since_) disk_failed_ = false;
  made_ = Made::kYes;
  expected_.Served((*store)->log());
  AppendSome(**store);
  if (effect_ || dice_.OneIn(2)) Kill(*std::move(store));
}

void LogWorld::Kill(std::unique_ptr<Store> store) {
  left_ = files_->Restarted();
  store.reset();
}

void LogWorld::AppendSome(Store& store) {
  const int64_t appends = dice_.Below(kMostAppends + 1);
  for (int64_t i = 0; i < appends; ++i) {
    if (PowerIsOff()) return;
    const bool failed_before = files_->struck();
    const StoredBlock block = expected_.Next(dice_);
    const absl::Status appended = store.log().Append(block);
    if (PowerIsOff()) {
      ++outcome_.counts["power cuts while appending"];
      expected_.Unknown(block);
      return;
    }
    if (appended.ok() && !failed_before && MayFail() && IsOfAnAppend(files_->struck_at())) {
      return Violated(absl::StrCat("an append is answered although ", files_->struck_at().path, " was not written"));
    }
    if (appended.ok()) {
      ++outcome_.counts["blocks answered"];
      expected_.Answered(block);
      continue;
    }
    ++outcome_.counts["appends that failed"];
    expected_.Unknown(block);
    if (!MayFail()) return Violated(absl::StrCat("an append fails on a whole disk: ", appended.ToString()));
    if (store.log().Append(block).ok()) Violated("a log that has failed accepts another block");
    return;
  }
}

void LogWorld::Reboot(std::optional<Cut> cut) {
  if (MayFail() && *effect_ != Effect::kPowerCut) {
    disk_failed_ = true;
    cut_since_ = false;
  }
  cut_since_ = cut_since_ || cut;
  const std::shared_ptr<FaultFiles> last = left_ != nullptr ? left_ : files_;
  files_ = cut ? last->AfterCut(*cut, dice_) : last->Restarted();
  left_ = nullptr;
  effect_.reset();
}

namespace {

struct Way {
  Effect effect;
  bool lasting;
  std::optional<Cut> cut;
};

std::vector<Way> Ways() {
  std::vector<Way> ways;
  for (const std::optional<Cut> cut :
       {std::optional<Cut>(), std::optional(Cut::kLost), std::optional(Cut::kPrefix), std::optional(Cut::kTorn),
        std::optional(Cut::kZeros), std::optional(Cut::kKept)}) {
    ways.push_back({Effect::kPowerCut, false, cut});
  }
  for (const Effect effect : {Effect::kFail, Effect::kFailRetryable, Effect::kNoSpace}) {
    for (const bool lasting : {false, true}) {
      ways.push_back({effect, lasting, std::nullopt});
      ways.push_back({effect, lasting, Cut::kMixed});
    }
  }
  return ways;
}

// Threads of RocksDB make the number of operations differ a little from run to run.
constexpr int kTriesBeyondTheEnd = 3;

}  // namespace

int64_t WaysToFail() { return static_cast<int64_t>(Ways().size()); }

Outcome FailEverywhere(int64_t way, uint64_t seed) {
  const Way chosen = Ways()[static_cast<size_t>(way)];
  Outcome all;
  int beyond = 0;
  for (int64_t nth = 1; beyond < kTriesBeyondTheEnd && all.violation.empty(); ++nth) {
    bool struck = false;
    const Outcome one =
        LogWorld(seed).RunOne({.effect = chosen.effect,
                               .nth = nth,
                               .lasting = chosen.lasting,
                               .matches = [](Operation operation, const std::string&) { return Changes(operation); }},
                              chosen.cut, &struck);
    for (const auto& [name, times] : one.counts) all.counts[name] += times;
    ++all.counts["single operations that failed"];
    beyond = struck ? 0 : beyond + 1;
    if (!one.violation.empty()) {
      all.violation = absl::StrCat("where operation ", nth, " fails in way ", way, ": ", one.violation);
    }
  }
  return all;
}

}  // namespace bursar::faults
