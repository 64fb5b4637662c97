// How entries become a stored block, and how a stored block is read, believed and chained to the one before.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bursar/storage/v1/entry.pb.h"
#include "ledger/log/event_log.h"

namespace bursar {

// Chains the block's entries, at least one, to the log's end: fills in first_position and previous_hash, and gives the
// bytes to append with the hash that covers them.
StoredBlock Seal(storage::v1::Block& block, const LogEnd& end);

// The hash that covers a block's bytes and, through the hash of the block before, everything before them.
BlockHash HashOfBlock(const BlockHash& previous, absl::string_view bytes);

// A hash as 64 hex digits, and back; nullopt where the text is none.
std::string HashText(const BlockHash& hash);
std::optional<BlockHash> HashOfText(absl::string_view text);
// Whether the block follows `end`, as its positions and its hash say; the entries in it are not read.
bool Follows(const StoredBlock& stored, const LogEnd& end);

// DATA_LOSS where the bytes are no block. Checks nothing else.
absl::StatusOr<storage::v1::Block> Decode(const StoredBlock& stored);

// Believes no block that it has not checked: hash, chain, positions without gaps, and times that never go back. Nor
// does it let a fact pass that this version of Bursar does not know.
class Chain {
 public:
  // From the first block on.
  Chain() = default;
  // After what was checked before: `commit_time` is that of the entry at its end.
  Chain(const LogEnd& end, absl::Time commit_time) : end_(end), commit_time_(absl::ToUnixMicros(commit_time)) {}

  // The block, where it is the one that follows. DATA_LOSS names the first position that is wrong; FAILED_PRECONDITION
  // the first entry that a newer version of Bursar has written.
  absl::StatusOr<storage::v1::Block> Check(const StoredBlock& stored);

  // The end of what was checked.
  const LogEnd& end() const { return end_; }
  // When the entry at the end was written.
  absl::Time time() const { return absl::FromUnixMicros(commit_time_); }

 private:
  LogEnd end_;
  int64_t commit_time_ = 0;
};

// Hands every block of the log to `visit`, in order and checked, up to the end as it stood at the call; returns that
// end.
absl::StatusOr<LogEnd> VerifiedRead(const EventLog& log,
                                    const std::function<absl::Status(const storage::v1::Block& block)>& visit);
// The same for what comes after `checked`.
absl::StatusOr<LogEnd> VerifiedRead(const EventLog& log, Chain checked,
                                    const std::function<absl::Status(const storage::v1::Block& block)>& visit);

// Whether a block of the log ends as `end` says.
absl::StatusOr<bool> HasEnd(const EventLog& log, const LogEnd& end);

}  // namespace bursar
