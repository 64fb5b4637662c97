// Which entry answered which request, for as long as the log is kept: so that the same request asked again gets the
// first answer, and another request under the same id is refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "bursar/storage/v1/entry.pb.h"
#include "ledger/base/ids.h"
#include "ledger/projections/row_store.h"
#include "ledger/projections/view.h"

namespace bursar {

// Stands for a principal and its request id: the first 16 bytes of a SHA-256 over both.
struct RequestKey {
  static RequestKey Of(absl::string_view principal, absl::string_view request_id);

  std::string bytes() const;

  uint64_t high = 0;
  uint64_t low = 0;

  friend bool operator==(const RequestKey& a, const RequestKey& b) { return a.high == b.high && a.low == b.low; }
  template <class H>
  friend H AbslHashValue(H h, const RequestKey& key) {
    return H::combine(std::move(h), key.high, key.low);
  }
};

struct AnsweredRequest {
  Position position = 0;
  std::string fingerprint;
};

class RequestIndex : public View {
 public:
  explicit RequestIndex(const RowStore& store) : store_(store) {}

  void Apply(const storage::v1::Entry& entry, Batch& batch) override;

  // nullopt where no entry that was taken in answered it.
  absl::StatusOr<std::optional<AnsweredRequest>> Find(const RequestKey& key) const;

 private:
  const RowStore& store_;
};

}  // namespace bursar
