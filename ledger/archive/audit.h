// Holds a log to what every log promises, from its blocks alone: `bursar verify`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/archive/log_source.h"
#include "ledger/base/hasher.h"
#include "ledger/domain/state.h"
#include "ledger/log/block.h"

namespace bursar {

// Takes a log block by block. Every error names the first position that is wrong: DATA_LOSS where it is damaged,
// FAILED_PRECONDITION where a newer version of Bursar has written it.
class Audit {
 public:
  // After what is believed already.
  explicit Audit(const LogStart& start = {}) : chain_(start.end, start.time) {}

  // Hash, chain, positions, times, known facts, and that whatever moves money moves it from somewhere to somewhere.
  absl::StatusOr<storage::v1::Block> Take(const StoredBlock& block);

  // Of what was taken.
  const LogEnd& end() const { return chain_.end(); }
  absl::Time time() const { return chain_.time(); }
  uint64_t blocks() const { return blocks_; }
  uint64_t entries() const { return entries_; }
  // The highest that an entry says was begun; 0 for none.
  uint64_t epoch() const { return epoch_; }

 private:
  absl::Status CheckPostings(const storage::v1::Entry& entry) const;

  Chain chain_;
  uint64_t blocks_ = 0;
  uint64_t entries_ = 0;
  uint64_t epoch_ = 0;
};

// SHA-256 of the state's canonical bytes.
Hasher::Value DigestOf(const State& state);

// What was found in a log that is whole.
struct Audited {
  LogEnd end;
  absl::Time time;
  uint64_t blocks = 0;
  uint64_t entries = 0;
  uint64_t epoch = 0;
};

struct AuditOptions {
  // Also replays the state; needs a log from its first entry on.
  bool deep = false;
  // With `deep`: called at the end of each block with the state there.
  std::function<absl::Status(const State& state, const LogEnd& end)> on_state;
  // Called for each block that is right.
  std::function<absl::Status(const StoredBlock& block, const storage::v1::Block& decoded)> on_block;
  std::function<void(Position done)> on_progress;
  // Ends it with CANCELLED.
  std::function<bool()> interrupted;
};

// Reads all of it. Where the source says how far it goes, it has to go so far.
absl::StatusOr<Audited> AuditAll(LogSource& source, const AuditOptions& options);

// A place in the log that somebody was told of and wrote down.
struct Receipt {
  Position position = 0;
  BlockHash hash = {};
};

// DATA_LOSS where no block ends there with this hash: the log is another one than that which the receipt is of, or has
// lost what came after an older copy of it.
absl::Status CheckReceipt(LogSource& source, const Receipt& receipt);

}  // namespace bursar
