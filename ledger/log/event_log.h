// The ledger's only durable truth: blocks of entries numbered 1, 2, 3, ..., never changed.
//
// One thread appends; any number may read at the same time.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "bursar/storage/v1/entry.pb.h"
#include "ledger/base/ids.h"

namespace bursar {

// SHA-256, as raw bytes.
using BlockHash = std::array<unsigned char, 32>;

// A block as it is stored: the bytes of a storage.v1.Block and the hash that covers them.
struct StoredBlock {
  Position first = 0;
  Position last = 0;
  // Serialized storage.v1.Block; its previous_hash is the hash of the block before.
  std::string bytes;
  // SHA-256(previous_hash || bytes).
  BlockHash hash = {};
};

// How far the log goes.
struct LogEnd {
  Position position = 0;
  // Of the last block; zeros where there is none.
  BlockHash hash = {};
};

class EventLog {
 public:
  virtual ~EventLog() = default;

  // Makes the block durable before it returns OK. `block.first` must be Last().position + 1.
  // Any error means that it is unknown whether the block will be there after a restart: append nothing more, end the
  // process, and recover by opening the log again.
  virtual absl::Status Append(const StoredBlock& block) = 0;

  // Hands every block that ends at `from` or later to `visit`, in order, until the end as it stood at the call, or
  // until `visit` returns an error, which is returned. Does not check hashes: VerifiedRead does.
  virtual absl::Status Read(Position from, const std::function<absl::Status(const StoredBlock&)>& visit) const = 0;

  virtual LogEnd Last() const = 0;
};

}  // namespace bursar
