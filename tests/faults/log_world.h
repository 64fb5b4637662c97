// A machine with a store whose power is cut again and again: blocks are appended, the disk fails or the process dies at
// one operation or another, also while it recovers, and what was answered must be there each time, whole and once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "tests/faults/cases.h"
#include "tests/faults/expected_log.h"
#include "tests/faults/fault_files.h"
#include "tests/faults/store_on.h"

namespace bursar::faults {

class LogWorld {
 public:
  explicit LogWorld(uint64_t seed);

  // So many processes one after the other, each with another misfortune.
  Outcome Run(int64_t recoveries);

  // One process that makes a store, appends, closes, opens and appends, with this fault; then the next one, after the
  // power was cut or, with nullopt, after the process was killed. `struck`: whether the fault came at all.
  Outcome RunOne(const Fault& fault, std::optional<Cut> cut, bool* struck);

 private:
  enum class Made { kNo, kPerhaps, kYes };

  Fault AnyFault();
  void Live(const std::optional<Fault>& fault);
  void MakeStore();
  void AppendSome(Store& store);
  // Whatever closing the store does comes too late.
  void Kill(std::unique_ptr<Store> store);
  // Nothing of this fault is to be seen in this process' answers any more.
  bool PowerIsOff() const;
  bool MayFail() const;
  void Reboot(std::optional<Cut> cut);
  void Violated(const std::string& what);

  Dice dice_;
  const Layout layout_;
  std::shared_ptr<FaultFiles> files_ = std::make_shared<FaultFiles>();
  // As a process that was killed has left it.
  std::shared_ptr<FaultFiles> left_;
  std::optional<Effect> effect_;
  Made made_ = Made::kNo;
  // The disk has failed, and what that has left has not been mended yet, or may still be only in the page cache.
  bool disk_failed_ = false;
  bool cut_since_ = false;
  ExpectedLog expected_;
  Outcome outcome_;
};

// In how many ways FailEverywhere can fail.
int64_t WaysToFail();
// One scenario again and again, with the first operation that changes something failing in this way, then the second,
// and so on to its end.
Outcome FailEverywhere(int64_t way, uint64_t seed);

}  // namespace bursar::faults
