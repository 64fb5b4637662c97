// What follows the log: takes in entries one by one and keeps rows about them.
//
// A view is made on the store that it answers from (`explicit Books(const RowStore& store)`); its questions may be
// asked from any thread while one thread has it follow.
#pragma once

#include "bursar/storage/v1/entry.pb.h"
#include "ledger/projections/row_store.h"

namespace bursar {

class View {
 public:
  virtual ~View() = default;

  // Called for every entry, in order, by the one thread that follows. Reads and writes rows through `batch` only, which
  // holds the rows of the entries before; keeps nothing in memory that is not in the rows, since a batch may never be
  // written.
  virtual void Apply(const storage::v1::Entry& entry, Batch& batch) = 0;
};

}  // namespace bursar
