// A machine with a whole ledger, whose power is cut again and again while clients ask.
//
// After every recovery: each answered request stands in the log once, as it was answered; asked again it gets the same
// answer; one that got no answer happened once or not at all, and asked again it has happened once; the state and the
// projections are what a replay of the log gives; postings are zero.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/clock.h"
#include "ledger/engine/ledger.h"
#include "tests/faults/cases.h"
#include "tests/faults/fault_files.h"
#include "tests/faults/store_on.h"

namespace bursar::faults {

class LedgerWorld {
 public:
  explicit LedgerWorld(uint64_t seed);

  Outcome Run(int64_t recoveries);

 private:
  // By request id: the entry that answered it, as bytes; nullopt where no answer came.
  struct Asked {
    Submission submission;
    std::optional<std::string> answer;
  };

  void Live();
  void InjectPowerCut();
  Submission AnySubmission();
  void AskSome(Ledger& ledger);
  void AskAgain(Ledger& ledger);
  void Take(const std::string& request_id, const absl::StatusOr<Answer>& answer, bool power_was_on);
  void CheckLog(const EventLog& log);
  void CheckState(const Ledger& ledger, const EventLog& log);
  void Violated(const std::string& what);

  Dice dice_;
  const Layout layout_;
  std::shared_ptr<FaultFiles> files_ = std::make_shared<FaultFiles>();
  ManualClock clock_;
  std::map<std::string, Asked> asked_;
  int64_t users_ = 0;
  Outcome outcome_;
};

}  // namespace bursar::faults
