// The requests answered last, in memory: all that the request index on disk has not taken in yet, and some more, since
// most repetitions come soon.
#pragma once

#include <cstddef>
#include <deque>

#include "absl/container/flat_hash_map.h"
#include "bursar/storage/v1/entry.pb.h"
#include "ledger/base/ids.h"
#include "ledger/projections/request_index.h"

namespace bursar {

// Not thread-safe.
class RecentRequests {
 public:
  // Entries come in the order of their positions.
  void Add(const RequestKey& key, const storage::v1::Entry& entry);

  // nullptr where it is not among them.
  const AnsweredRequest* Find(const RequestKey& key) const;

  // Forgets all but the last `keep`, of what the index has taken in: everything up to `indexed`.
  void Forget(Position indexed, size_t keep);

  size_t size() const { return order_.size(); }

 private:
  std::deque<RequestKey> order_;
  absl::flat_hash_map<RequestKey, AnsweredRequest> answered_;
};

}  // namespace bursar
