#include "ledger/projections/projections.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/big_endian.h"
#include "ledger/base/check.h"
#include "ledger/base/hasher.h"
#include "ledger/base/wait.h"
#include "ledger/log/block.h"
#include "ledger/projections/books.h"
#include "ledger/projections/origins.h"
#include "ledger/projections/outbox.h"
#include "ledger/projections/request_index.h"
#include "ledger/projections/row_store.h"

namespace bursar {
namespace {

// Of the rows' form: a folder of another version is built again. Raise it whenever a view writes other rows.
constexpr char kVersion[] = "2";
constexpr char kVersionKey[] = "version";
constexpr char kEndKey[] = "end";

std::string EndRow(Position position, const BlockHash& hash) {
  return absl::StrCat(BigEndian(position), BytesOf(hash));
}

// Whether the log has a block that ends as the row says.
absl::StatusOr<bool> IsOf(const EventLog& log, const std::string& end_row) {
  const Position position = FromBigEndian(end_row);
  bool found = false;
  const absl::Status read = log.Read(position, [&](const StoredBlock& block) {
    found = EndRow(block.last, block.hash) == end_row;
    return absl::CancelledError();
  });
  if (!read.ok() && !absl::IsCancelled(read)) return read;
  return found;
}

// How far the rows are; an error where they are not of this log and version.
absl::StatusOr<Position> PositionOf(const RowStore& store, const EventLog& log) {
  const absl::StatusOr<std::optional<std::string>> version = store.Get(Table::kMeta, kVersionKey);
  if (!version.ok()) return version.status();
  const absl::StatusOr<std::optional<std::string>> end = store.Get(Table::kMeta, kEndKey);
  if (!end.ok()) return end.status();
  if (!*version && !*end) return 0;
  if (*version != kVersion || !*end || (*end)->size() < kBigEndianSize) {
    return absl::FailedPreconditionError("The projections are of another version.");
  }
  const absl::StatusOr<bool> same_log = IsOf(log, **end);
  if (!same_log.ok()) return same_log.status();
  if (!*same_log) return absl::FailedPreconditionError("The projections are of another log.");
  return FromBigEndian(**end);
}

}  // namespace

class Projections::Views {
 public:
  static absl::StatusOr<std::unique_ptr<Views>> Open(const EventLog& log, const std::string& folder) {
    absl::StatusOr<std::unique_ptr<RowStore>> store = RowStore::Open(folder);
    if (!store.ok()) return store.status();
    const absl::StatusOr<Position> position = PositionOf(**store, log);
    if (!position.ok()) return position.status();
    return std::make_unique<Views>(log, *std::move(store), *position);
  }

  Views(const EventLog& log, std::unique_ptr<RowStore> store, Position position)
      : log_(log),
        store_(std::move(store)),
        books_(*store_),
        origins_(*store_),
        outbox_(*store_),
        requests_(*store_),
        position_(position) {}

  absl::Status Follow(Position end) {
    if (position() >= end) return absl::OkStatus();
    const absl::Status read = log_.Read(position() + 1, [&](const StoredBlock& stored) -> absl::Status {
      const absl::StatusOr<storage::v1::Block> block = Decode(stored);
      if (!block.ok()) return block.status();
      if (absl::Status taken = Take(*block, stored.hash); !taken.ok()) return taken;
      return stored.last >= end ? absl::CancelledError() : absl::OkStatus();
    });
    return absl::IsCancelled(read) ? absl::OkStatus() : read;
  }

  absl::Status Take(const storage::v1::Block& block, const BlockHash& hash) {
    BURSAR_CHECK(block.first_position() == position() + 1);
    const Position last = position() + block.entries_size();
    Batch batch(*store_);
    for (const storage::v1::Entry& entry : block.entries()) {
      books_.Apply(entry, batch);
      origins_.Apply(entry, batch);
      outbox_.Apply(entry, batch);
      requests_.Apply(entry, batch);
    }
    batch.Put(Table::kMeta, kVersionKey, kVersion);
    batch.Put(Table::kMeta, kEndKey, EndRow(last, hash));
    if (absl::Status written = store_->Write(batch); !written.ok()) return written;
    const std::lock_guard<std::mutex> lock(mutex_);
    position_ = last;
    moved_.notify_all();
    return absl::OkStatus();
  }

  Position position() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return position_;
  }

  absl::Status WaitFor(Position position, absl::Time deadline) const {
    std::unique_lock<std::mutex> lock(mutex_);
    if (WaitUntil(moved_, lock, deadline, [&] { return position_ >= position; })) return absl::OkStatus();
    return absl::DeadlineExceededError(
        absl::StrCat("The projections are at position ", position_, ", not yet at ", position, "."));
  }

  const RowStore& store() const { return *store_; }
  const Books& books() const { return books_; }
  const Origins& origins() const { return origins_; }
  const Outbox& outbox() const { return outbox_; }
  const RequestIndex& requests() const { return requests_; }

 private:
  const EventLog& log_;
  const std::unique_ptr<RowStore> store_;
  Books books_;
  Origins origins_;
  Outbox outbox_;
  RequestIndex requests_;
  mutable std::mutex mutex_;
  mutable std::condition_variable moved_;
  Position position_;
};

Projections::Projections(std::unique_ptr<Views> views) : views_(std::move(views)) {}

Projections::~Projections() = default;

absl::StatusOr<std::unique_ptr<Projections>> Projections::Open(const EventLog& log, const std::string& folder) {
  absl::StatusOr<std::unique_ptr<Views>> views = Views::Open(log, folder);
  if (!views.ok()) {
    if (absl::Status emptied = RowStore::Destroy(folder); !emptied.ok()) return emptied;
    views = Views::Open(log, folder);
  }
  if (!views.ok()) return views.status();
  return std::unique_ptr<Projections>(new Projections(*std::move(views)));
}

absl::Status Projections::Follow(Position end) { return views_->Follow(end); }

absl::Status Projections::Take(const storage::v1::Block& block, const BlockHash& hash) {
  return views_->Take(block, hash);
}

Position Projections::position() const { return views_->position(); }

absl::Status Projections::WaitFor(Position position, absl::Time deadline) const {
  return views_->WaitFor(position, deadline);
}

const Books& Projections::books() const { return views_->books(); }

const Origins& Projections::origins() const { return views_->origins(); }

const Outbox& Projections::outbox() const { return views_->outbox(); }

const RequestIndex& Projections::requests() const { return views_->requests(); }

absl::StatusOr<std::string> Projections::Digest() const { return views_->store().Digest(); }

}  // namespace bursar
