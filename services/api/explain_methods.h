// Methods of bursar.v1.FinanceService that decide the past again. Internal to the services.
#pragma once

#include <map>

#include "absl/status/statusor.h"
#include "bursar/storage/v1/entry.pb.h"
#include "ledger/base/ids.h"
#include "ledger/engine/ledger.h"
#include "services/api/methods.h"

namespace bursar {

// What is handed in outlives `methods`.
void AddExplainDecision(Methods& methods, Ledger& ledger);
void AddWhatIf(Methods& methods, Ledger& ledger);

// One entry of the log; NOT_FOUND where there is none, DATA_LOSS where it cannot be read.
absl::StatusOr<storage::v1::Entry> ReadEntry(const EventLog& log, Position position);

// Entries of the log by position, each read when it is asked for; those read stay as long as this does.
class EntriesRead {
 public:
  explicit EntriesRead(const EventLog& log) : log_(log) {}

  // nullptr where there is none.
  const storage::v1::Entry* Find(Position position);

 private:
  const EventLog& log_;
  std::map<Position, storage::v1::Entry> entries_;
};

}  // namespace bursar
