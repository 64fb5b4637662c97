// Sums that grow along the log, each under a name: what had been added up by any position.
//
// What was added between two positions is the difference of two of them, so that no question reads more rows than it
// has names, however much happened.
#pragma once

#include <functional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ledger/base/ids.h"
#include "ledger/projections/row_store.h"
#include "ledger/projections/wide_money.h"

namespace bursar {

// No name may be the beginning of another. Add is called by the one thread that follows; any thread may ask.
class RunningSums {
 public:
  // `current` of them are kept in memory so that following needs no reads; others are read back from their rows.
  RunningSums(const RowStore& store, Table table, size_t current)
      : store_(store), table_(table), most_current_(current) {}

  void Add(const std::string& name, WideMoney amount, Position position, Batch& batch);

  // Zero where nothing was added by then.
  absl::StatusOr<WideMoney> At(absl::string_view name, Position position) const;

  // Hands every name that begins with `prefix`, from `prefix` + `from` on, to `visit`, in order, until it says false.
  absl::Status ForEachName(absl::string_view prefix, absl::string_view from,
                           const std::function<bool(const std::string& name)>& visit) const;

 private:
  struct Current {
    // The entry that added last. Where it is not before the one at hand, its batch may never have been written.
    Position position = 0;
    WideMoney sum;
  };

  const RowStore& store_;
  const Table table_;
  const size_t most_current_;
  // Of the thread that follows.
  absl::flat_hash_map<std::string, Current> current_;
};

}  // namespace bursar
