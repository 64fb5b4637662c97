// Where all views keep their rows: one RocksDB, one table per kind of row, keys in the order of their bytes.
//
// Views see this class only. Rows of a block are written together with the position that they stand for.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace bursar {

// The first byte of every key. A view may have several tables; a table belongs to one view.
enum class Table : char {
  kMeta = 'm',               // the frame's own: version and position
  kRequests = 'r',           // RequestIndex
  kEntryTimes = 'e',         // Books
  kBalances = 'b',           // Books
  kFinishedCredits = 'f',    // Books
  kCharges = 'c',            // Books
  kTrialBalances = 't',      // Books
  kAccountBooks = 'x',       // Books
  kSpending = 'n',           // Books
  kMessages = 'o',           // Outbox
  kMessagesByAccount = 'a',  // Outbox
  kMessagesByKind = 'k',     // Outbox
  kLinks = 'l',              // Outbox
  kPeople = 'p',             // Outbox
  kOrganizations = 'g',      // Outbox
  kInvitations = 'v',        // Outbox
  kSetups = 's',             // Outbox
  kIncreases = 'i',          // Outbox
  kOrigins = 'w',            // Origins
  kDebts = 'd',              // Origins
  kTransfers = 'h',          // Outbox
};

struct Row {
  std::string key;  // without the table
  std::string value;
};

class Batch;

// Any thread may read; one writes.
class RowStore {
 public:
  // An empty name keeps everything in memory. The folder is made where it is missing. What was written last may be
  // missing after a crash, but never a batch before one that is there.
  static absl::StatusOr<std::unique_ptr<RowStore>> Open(const std::string& folder);
  // Deletes the store's files in the folder, damaged or not, and no others.
  static absl::Status Destroy(const std::string& folder);
  ~RowStore();

  absl::StatusOr<std::optional<std::string>> Get(Table table, absl::string_view key) const;

  // The last row whose key starts with `prefix` and is not greater than `prefix` + `suffix`. With a position in big
  // endian as the suffix: the row as it stood there.
  absl::StatusOr<std::optional<Row>> LastAtOrBelow(Table table, absl::string_view prefix,
                                                   absl::string_view suffix) const;

  // Rows whose keys start with `prefix`, from `prefix` + `from` on, in order, until `visit` says false. All are of one
  // moment.
  absl::Status Scan(Table table, absl::string_view prefix, absl::string_view from,
                    const std::function<bool(const Row&)>& visit) const;

  // SHA-256 over all rows in the order of their keys, in hexadecimal.
  absl::StatusOr<std::string> Digest() const;

  // All rows of the batch or none.
  absl::Status Write(const Batch& batch);

 private:
  friend class Batch;
  struct Rocks;
  explicit RowStore(std::unique_ptr<Rocks> rocks);
  std::unique_ptr<Rocks> rocks_;
};

// Rows on their way into the store. What was put is seen by the reads here at once, by those of the store when the
// batch is written.
//
// A read that fails gives nothing and is remembered in status(): the batch is then never written.
class Batch {
 public:
  explicit Batch(const RowStore& store) : store_(store) {}

  // Adds the row or replaces it. Rows are never deleted.
  void Put(Table table, absl::string_view key, absl::string_view value);

  std::optional<std::string> Get(Table table, absl::string_view key);
  // As the store's.
  std::optional<Row> LastAtOrBelow(Table table, absl::string_view prefix, absl::string_view suffix);

  // For a view that finds a row it cannot read.
  void Fail(absl::Status status);
  const absl::Status& status() const { return status_; }

 private:
  friend class RowStore;
  const RowStore& store_;
  // By key with its table.
  std::map<std::string, std::string> rows_;
  absl::Status status_;
};

}  // namespace bursar
