#include "ledger/log/rocksdb_log.h"

#include <rocksdb/db.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/big_endian.h"

namespace bursar {
namespace {

constexpr size_t kHashSize = std::tuple_size<BlockHash>::value;
constexpr size_t kHeaderSize = kHashSize + kBigEndianSize;

// The WAL holds what the memtable holds, so this bounds both, and the time to open.
constexpr size_t kWriteBufferBytes = 64 << 20;

// RocksDB would heal itself after an error and go on writing; what is on disk is unknown then.
class NoRecovery : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/, rocksdb::Status /*error*/,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

rocksdb::Options RocksOptions(bool create_if_missing) {
  rocksdb::Options options;
  options.create_if_missing = create_if_missing;
  options.paranoid_checks = true;
  options.paranoid_file_checks = true;
  options.force_consistency_checks = true;
  options.verify_sst_unique_id_in_manifest = true;
  options.track_and_verify_wals_in_manifest = true;
  options.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  options.fail_if_options_file_error = true;

  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.wal_compression = rocksdb::kNoCompression;
  options.recycle_log_file_num = 0;
  options.manual_wal_flush = false;
  // Otherwise a block that was read back after a crash could be lost in the next one.
  options.avoid_flush_during_recovery = false;

  options.enable_pipelined_write = false;
  options.unordered_write = false;
  options.two_write_queues = false;
  options.allow_2pc = false;
  options.best_efforts_recovery = false;
  options.max_bgerror_resume_count = 0;
  options.listeners.push_back(std::make_shared<NoRecovery>());

  // Keys only ever grow, so files never overlap, and level compaction moves them down without rewriting them, as long
  // as all levels compress alike. Universal compaction would merge them again and again.
  options.compaction_style = rocksdb::kCompactionStyleLevel;
  options.compression = rocksdb::kLZ4Compression;
  options.bottommost_compression = rocksdb::kDisableCompressionOption;
  options.write_buffer_size = kWriteBufferBytes;
  options.target_file_size_base = kWriteBufferBytes;
  options.max_open_files = 256;
  options.keep_log_file_num = 4;
  rocksdb::BlockBasedTableOptions table;
  table.format_version = 5;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

absl::Status Failed(absl::string_view what, const rocksdb::Status& status) {
  const std::string message = absl::StrCat("The log could not be ", what, ": ", status.ToString(), ".");
  return status.IsCorruption() ? absl::DataLossError(message) : absl::UnavailableError(message);
}

// nullopt where the record is too short to be one.
std::optional<StoredBlock> BlockOf(rocksdb::Slice key, rocksdb::Slice value) {
  if (key.size() != kBigEndianSize || value.size() < kHeaderSize) return std::nullopt;
  StoredBlock block;
  block.first = FromBigEndian({key.data(), key.size()});
  std::memcpy(block.hash.data(), value.data(), kHashSize);
  block.last = FromBigEndian({value.data() + kHashSize, kBigEndianSize});
  block.bytes.assign(value.data() + kHeaderSize, value.size() - kHeaderSize);
  return block;
}

absl::Status NoBlock(rocksdb::Slice key) {
  return absl::DataLossError(
      absl::StrCat("The log is damaged: a record of it is no block (key ", key.ToString(true), ")."));
}

absl::Status MakeFolder(const RocksDbLog::Options& options) {
  std::error_code error;
  if (!options.create_if_missing) {
    if (std::filesystem::exists(std::filesystem::path(options.folder) / "CURRENT", error)) return absl::OkStatus();
    return absl::NotFoundError(absl::StrCat("There is no log in ", options.folder, "."));
  }
  // RocksDB makes the last level only.
  std::filesystem::create_directories(options.folder, error);
  if (!error) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("The folder ", options.folder, " cannot be made: ", error.message()));
}

absl::StatusOr<LogEnd> EndOf(rocksdb::DB& db) {
  const std::unique_ptr<rocksdb::Iterator> last(db.NewIterator(rocksdb::ReadOptions()));
  last->SeekToLast();
  if (!last->status().ok()) return Failed("read", last->status());
  if (!last->Valid()) return LogEnd{};
  const std::optional<StoredBlock> block = BlockOf(last->key(), last->value());
  if (!block) return NoBlock(last->key());
  return LogEnd{.position = block->last, .hash = block->hash};
}

}  // namespace

absl::StatusOr<std::unique_ptr<RocksDbLog>> RocksDbLog::Open(const Options& options) {
  if (absl::Status made = MakeFolder(options); !made.ok()) return made;
  rocksdb::DB* raw = nullptr;
  rocksdb::Options rocks = RocksOptions(options.create_if_missing);
  if (options.env != nullptr) rocks.env = options.env;
  const rocksdb::Status opened = rocksdb::DB::Open(rocks, options.folder, &raw);
  std::unique_ptr<rocksdb::DB> db(raw);
  if (opened.IsIOError() && opened.ToString().find("LOCK") != std::string::npos) {
    return absl::FailedPreconditionError(
        absl::StrCat("The log in ", options.folder, " is in use by another process, or its lock is not writable."));
  }
  if (!opened.ok()) return Failed("opened", opened);
  absl::StatusOr<LogEnd> end = EndOf(*db);
  if (!end.ok()) return end.status();
  return std::unique_ptr<RocksDbLog>(new RocksDbLog(std::move(db), *end));
}

RocksDbLog::RocksDbLog(std::unique_ptr<rocksdb::DB> db, LogEnd end) : db_(std::move(db)), end_(end) {}

RocksDbLog::~RocksDbLog() = default;

absl::Status RocksDbLog::Append(const StoredBlock& block) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (failed_) return absl::UnavailableError("The log has failed before; it must be opened again.");
    if (block.first != end_.position + 1 || block.last < block.first) {
      return absl::InternalError(absl::StrCat("Block ", block.first, " does not follow position ", end_.position, "."));
    }
  }
  std::string header(reinterpret_cast<const char*>(block.hash.data()), kHashSize);
  header += BigEndian(block.last);
  const std::string key = BigEndian(block.first);
  const rocksdb::Slice key_part(key);
  const rocksdb::Slice value_parts[] = {header, block.bytes};
  rocksdb::WriteBatch batch;
  rocksdb::Status written =
      batch.Put(db_->DefaultColumnFamily(), rocksdb::SliceParts(&key_part, 1), rocksdb::SliceParts(value_parts, 2));
  if (written.ok()) {
    rocksdb::WriteOptions synced;
    synced.sync = true;
    synced.protection_bytes_per_key = 8;
    written = db_->Write(synced, &batch);
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!written.ok()) {
    failed_ = true;
    return Failed("written", written);
  }
  end_ = {.position = block.last, .hash = block.hash};
  return absl::OkStatus();
}

absl::Status RocksDbLog::Read(Position from, const std::function<absl::Status(const StoredBlock&)>& visit) const {
  const LogEnd end = Last();
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  options.readahead_size = 0;  // grows by itself in a long scan
  const std::unique_ptr<rocksdb::Iterator> record(db_->NewIterator(options));
  // The block that holds `from` begins at it or before.
  record->SeekForPrev(BigEndian(from));
  if (!record->Valid() && record->status().ok()) record->SeekToFirst();
  for (; record->Valid(); record->Next()) {
    const std::optional<StoredBlock> block = BlockOf(record->key(), record->value());
    if (!block) return NoBlock(record->key());
    if (block->first > end.position) break;
    if (block->last < from) continue;
    if (absl::Status status = visit(*block); !status.ok()) return status;
  }
  if (!record->status().ok()) return Failed("read", record->status());
  return absl::OkStatus();
}

LogEnd RocksDbLog::Last() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return end_;
}

}  // namespace bursar
