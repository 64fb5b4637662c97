// What the views' rows have in common.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "ledger/base/big_endian.h"
#include "ledger/base/ids.h"
#include "ledger/projections/row_store.h"

namespace bursar {

inline constexpr Position kNoPosition = std::numeric_limits<Position>::max();

// The beginning of all keys under a name: it ends in a zero byte, so that no name is the beginning of another.
inline std::string KeysOf(absl::string_view name) { return absl::StrCat(name, absl::string_view("\0", 1)); }

// Of a row whose key ends with its position.
inline Position PositionIn(const Row& row) {
  return FromBigEndian(absl::string_view(row.key).substr(row.key.size() - kBigEndianSize));
}

// DATA_LOSS. The projections' folder may be deleted to have them built again.
inline absl::Status Unreadable(absl::string_view row) {
  return absl::DataLossError(absl::StrCat("A row of the projections cannot be read: ", row, "."));
}

// Reads as Batch does, from what is written.
class Reader {
 public:
  explicit Reader(const RowStore& store) : store_(store) {}

  std::optional<Row> LastAtOrBelow(Table table, absl::string_view prefix, absl::string_view suffix) {
    absl::StatusOr<std::optional<Row>> row = store_.LastAtOrBelow(table, prefix, suffix);
    if (row.ok()) return *std::move(row);
    Fail(row.status());
    return std::nullopt;
  }
  void Fail(const absl::Status& status) { status_.Update(status); }
  const absl::Status& status() const { return status_; }

 private:
  const RowStore& store_;
  absl::Status status_;
};

// Through a Reader or a Batch, which remembers the failure where the row is none.
template <class Message, class AnyReader>
Message Parse(const Row& row, AnyReader& reader) {
  Message message;
  if (!message.ParseFromString(row.value)) reader.Fail(Unreadable(message.GetTypeName()));
  return message;
}

}  // namespace bursar
