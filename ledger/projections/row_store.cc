#include "ledger/projections/row_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>

#include <filesystem>
#include <system_error>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ledger/base/big_endian.h"
#include "ledger/base/hasher.h"

namespace bursar {
namespace {

constexpr size_t kCacheBytes = 64 << 20;
constexpr int kCachePartsBits = 2;
constexpr size_t kWriteBufferBytes = 32 << 20;

// Two tables with the same first byte would hold each other's rows: with such a pair this does not compile.
constexpr bool HasAByteOfItsOwn(Table table) {
  switch (table) {
    case Table::kMeta:
    case Table::kRequests:
    case Table::kEntryTimes:
    case Table::kBalances:
    case Table::kFinishedCredits:
    case Table::kCharges:
    case Table::kTrialBalances:
    case Table::kAccountBooks:
    case Table::kSpending:
    case Table::kMessages:
    case Table::kMessagesByAccount:
    case Table::kMessagesByKind:
    case Table::kLinks:
    case Table::kPeople:
    case Table::kOrganizations:
    case Table::kInvitations:
    case Table::kSetups:
    case Table::kIncreases:
    case Table::kOrigins:
    case Table::kDebts:
    case Table::kTransfers:
      return true;
  }
  return false;
}
static_assert(HasAByteOfItsOwn(Table::kMeta));

std::string KeyOf(Table table, absl::string_view key) {
  const char first = static_cast<char>(table);
  return absl::StrCat(absl::string_view(&first, 1), key);
}

absl::string_view ViewOf(rocksdb::Slice slice) { return {slice.data(), slice.size()}; }

Row RowOf(absl::string_view key, absl::string_view value) {
  return {.key = std::string(key.substr(1)), .value = std::string(value)};
}

absl::Status Failed(absl::string_view what, const rocksdb::Status& status) {
  const std::string message = absl::StrCat("The projections could not be ", what, ": ", status.ToString(), ".");
  return status.IsCorruption() ? absl::DataLossError(message) : absl::UnavailableError(message);
}

rocksdb::Options RocksOptions() {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.write_buffer_size = kWriteBufferBytes;
  options.compression = rocksdb::kLZ4Compression;
  options.bottommost_compression = rocksdb::kDisableCompressionOption;
  options.keep_log_file_num = 4;
  options.max_open_files = 256;
  // Most look-ups are of request ids that were never seen: answered by filters, in the memtable too.
  options.memtable_whole_key_filtering = true;
  options.memtable_prefix_bloom_size_ratio = 0.05;
  rocksdb::BlockBasedTableOptions table;
  table.format_version = 5;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  // Filters and indexes live in the cache, so that memory stays bounded however long the log is.
  // In few parts: of the 64 that are the default, each is smaller than the filter of a large file, which is then read
  // from the file, checked and thrown away again for every look-up.
  table.block_cache = rocksdb::NewLRUCache(kCacheBytes, kCachePartsBits);
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

}  // namespace

struct RowStore::Rocks {
  std::unique_ptr<rocksdb::Env> memory;  // outlives the database
  std::unique_ptr<rocksdb::DB> db;
};

RowStore::RowStore(std::unique_ptr<Rocks> rocks) : rocks_(std::move(rocks)) {}

RowStore::~RowStore() = default;

absl::StatusOr<std::unique_ptr<RowStore>> RowStore::Open(const std::string& folder) {
  auto rocks = std::make_unique<Rocks>();
  rocksdb::Options options = RocksOptions();
  if (folder.empty()) {
    rocks->memory.reset(rocksdb::NewMemEnv(rocksdb::Env::Default()));
    options.env = rocks->memory.get();
  } else {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) {
      return absl::FailedPreconditionError(absl::StrCat("The folder ", folder, " cannot be made: ", error.message()));
    }
  }
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened = rocksdb::DB::Open(options, folder.empty() ? "/projections" : folder, &db);
  rocks->db.reset(db);
  if (!opened.ok()) return Failed("opened", opened);
  return std::unique_ptr<RowStore>(new RowStore(std::move(rocks)));
}

absl::Status RowStore::Destroy(const std::string& folder) {
  const rocksdb::Status destroyed = rocksdb::DestroyDB(folder, RocksOptions());
  return destroyed.ok() ? absl::OkStatus() : Failed("emptied", destroyed);
}

absl::StatusOr<std::optional<std::string>> RowStore::Get(Table table, absl::string_view key) const {
  std::string value;
  const rocksdb::Status got = rocks_->db->Get(rocksdb::ReadOptions(), KeyOf(table, key), &value);
  if (got.IsNotFound()) return std::optional<std::string>();
  if (!got.ok()) return Failed("read", got);
  return std::optional<std::string>(std::move(value));
}

absl::StatusOr<std::optional<Row>> RowStore::LastAtOrBelow(Table table, absl::string_view prefix,
                                                           absl::string_view suffix) const {
  const std::unique_ptr<rocksdb::Iterator> row(rocks_->db->NewIterator(rocksdb::ReadOptions()));
  const std::string start = KeyOf(table, prefix);
  row->SeekForPrev(absl::StrCat(start, suffix));
  if (!row->status().ok()) return Failed("read", row->status());
  if (!row->Valid() || !row->key().starts_with(start)) return std::optional<Row>();
  return std::optional<Row>(RowOf(ViewOf(row->key()), ViewOf(row->value())));
}

absl::Status RowStore::Scan(Table table, absl::string_view prefix, absl::string_view from,
                            const std::function<bool(const Row&)>& visit) const {
  const std::unique_ptr<rocksdb::Iterator> row(rocks_->db->NewIterator(rocksdb::ReadOptions()));
  const std::string start = KeyOf(table, prefix);
  for (row->Seek(absl::StrCat(start, from)); row->Valid() && row->key().starts_with(start); row->Next()) {
    if (!visit(RowOf(ViewOf(row->key()), ViewOf(row->value())))) return absl::OkStatus();
  }
  return row->status().ok() ? absl::OkStatus() : Failed("read", row->status());
}

absl::StatusOr<std::string> RowStore::Digest() const {
  Hasher digest;
  const std::unique_ptr<rocksdb::Iterator> row(rocks_->db->NewIterator(rocksdb::ReadOptions()));
  for (row->SeekToFirst(); row->Valid(); row->Next()) {
    // With their sizes, so that no byte can move from a key to its value unseen.
    for (const rocksdb::Slice part : {row->key(), row->value()}) {
      digest.Add(BigEndian(part.size()));
      digest.Add(ViewOf(part));
    }
  }
  if (!row->status().ok()) return Failed("read", row->status());
  return absl::BytesToHexString(BytesOf(digest.Take()));
}

absl::Status RowStore::Write(const Batch& batch) {
  if (!batch.status().ok()) return batch.status();
  rocksdb::WriteBatch rows;
  for (const auto& [key, value] : batch.rows_) {
    const rocksdb::Status put = rows.Put(key, value);
    if (!put.ok()) return Failed("written", put);
  }
  // What a crash takes away is taken in from the log again.
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  const rocksdb::Status written = rocks_->db->Write(options, &rows);
  return written.ok() ? absl::OkStatus() : Failed("written", written);
}

void Batch::Put(Table table, absl::string_view key, absl::string_view value) {
  rows_[KeyOf(table, key)] = std::string(value);
}

std::optional<std::string> Batch::Get(Table table, absl::string_view key) {
  const auto row = rows_.find(KeyOf(table, key));
  if (row != rows_.end()) return row->second;
  absl::StatusOr<std::optional<std::string>> stored = store_.Get(table, key);
  if (stored.ok()) return *std::move(stored);
  Fail(stored.status());
  return std::nullopt;
}

std::optional<Row> Batch::LastAtOrBelow(Table table, absl::string_view prefix, absl::string_view suffix) {
  absl::StatusOr<std::optional<Row>> stored = store_.LastAtOrBelow(table, prefix, suffix);
  if (!stored.ok()) {
    Fail(stored.status());
    return std::nullopt;
  }
  const std::string start = KeyOf(table, prefix);
  auto row = rows_.upper_bound(absl::StrCat(start, suffix));
  if (row == rows_.begin()) return *std::move(stored);
  --row;
  const bool ours = absl::StartsWith(row->first, start) && (!*stored || row->first >= KeyOf(table, (*stored)->key));
  return ours ? RowOf(row->first, row->second) : *std::move(stored);
}

void Batch::Fail(absl::Status status) {
  if (status_.ok()) status_ = std::move(status);
}

}  // namespace bursar
