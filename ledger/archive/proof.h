// That an entry stands in a ledger, for somebody who has a signed checkpoint's key and nothing else of it.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "bursar/storage/v1/entry.pb.h"
#include "ledger/archive/audit.h"
#include "ledger/archive/signed_checkpoint.h"
#include "ledger/archive/signing_key.h"
#include "ledger/log/event_log.h"

namespace bursar {

// Where an entry stands.
struct Proof {
  Position entry = 0;
  // The block with the entry: others that became durable with it are shown too.
  StoredBlock block;
  BlockHash previous = {};
  // Which of the blocks it is, from 0, and the way from it to the checkpoint's tree.
  uint64_t index = 0;
  std::vector<BlockHash> path;
};

// Reads the log up to the checkpoint. OUT_OF_RANGE where the entry comes after it, DATA_LOSS where the log is damaged
// or the checkpoint is of another one.
absl::StatusOr<Proof> FindProof(LogSource& source, Position entry, const SignedCheckpoint& checkpoint,
                                const AuditOptions& options);

// `checkpoint` is the text of the signed one that the path leads to.
std::string WriteProof(const Proof& proof, absl::string_view checkpoint);

struct Proven {
  storage::v1::Entry entry;
  SignedCheckpoint checkpoint;
};

// DATA_LOSS where it proves nothing, and why.
absl::StatusOr<Proven> CheckProof(absl::string_view text, const VerifyingKey& key);

}  // namespace bursar
