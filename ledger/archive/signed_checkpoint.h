// What a ledger was at one moment, signed, to be published where its keeper cannot take it back.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "ledger/archive/log_source.h"
#include "ledger/archive/signing_key.h"
#include "ledger/log/event_log.h"

namespace bursar {

struct SignedCheckpoint {
  LogIdentity identity;
  LogEnd end;
  // Of the entry at the end.
  absl::Time time;
  // How many blocks there are, and the root of the tree over their hashes: see tree.h.
  uint64_t blocks = 0;
  BlockHash tree = {};
  absl::Time sign_time;
};

// The text: lines of what it says, then the signature over them.
std::string Sign(const SignedCheckpoint& checkpoint, const SigningKey& key);

// DATA_LOSS where the text is no checkpoint, or not signed with the key.
absl::StatusOr<SignedCheckpoint> ReadSignedCheckpoint(absl::string_view text, const VerifyingKey& key);

// Holds a log against a checkpoint: takes its blocks from the first on.
class CheckedAgainst {
 public:
  CheckedAgainst(SignedCheckpoint checkpoint, LogIdentity identity)
      : checkpoint_(std::move(checkpoint)), identity_(std::move(identity)) {}

  void Add(const StoredBlock& block) {
    if (block.last <= checkpoint_.end.position) blocks_.push_back(block.hash);
  }
  // After the last block. DATA_LOSS where the log is not the one that was signed, or no longer.
  absl::Status Check() const;

  // Hashes of those up to the checkpoint.
  const std::vector<BlockHash>& blocks() const { return blocks_; }

 private:
  const SignedCheckpoint checkpoint_;
  const LogIdentity identity_;
  std::vector<BlockHash> blocks_;
};

// What the checkpoint of a log with these blocks would say, in that order.
SignedCheckpoint CheckpointOf(const LogIdentity& identity, const LogEnd& end, absl::Time time,
                              const std::vector<BlockHash>& blocks, absl::Time sign_time);

}  // namespace bursar
