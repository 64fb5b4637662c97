#include "ledger/log/rocksdb_log.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <atomic>
#include <cstdarg>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/base/big_endian.h"
#include "ledger/base/check.h"
#include "ledger/base/planted.h"

namespace bursar {
namespace {

constexpr size_t kHashSize = std::tuple_size<BlockHash>::value;
constexpr size_t kHeaderSize = kHashSize + kBigEndianSize;

// The WAL holds what the memtable holds, so this bounds both, and the time to open.
constexpr size_t kWriteBufferBytes = 64 << 20;

}  // namespace

// What is on disk is unknown from the first failure on.
struct RocksDbLog::Failure {
  std::atomic<bool> failed = false;
  std::function<void(const absl::Status&)> told;
};

namespace {

absl::Status Failed(absl::string_view what, const rocksdb::Status& status) {
  const std::string message = absl::StrCat("The log could not be ", what, ": ", status.ToString(), ".");
  const bool lost = status.IsCorruption() || status.IsNotFound() || status.IsPathNotFound() ||
                    status.IsInvalidArgument() || status.IsNotSupported();
  return lost ? absl::DataLossError(message) : absl::UnavailableError(message);
}

// RocksDB would heal itself after an error and go on writing; what is on disk is unknown then.
class NoRecovery : public rocksdb::EventListener {
 public:
  explicit NoRecovery(std::function<void(const absl::Status&)> told) : told_(std::move(told)) {}

  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/, rocksdb::Status /*error*/,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }

  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) override {
    // These two are the answer to an append as well.
    if (reason == rocksdb::BackgroundErrorReason::kWriteCallback ||
        reason == rocksdb::BackgroundErrorReason::kMemTable) {
      return;
    }
    told_(Failed("written in the background", *error));
  }

 private:
  const std::function<void(const absl::Status&)> told_;
};

// RocksDB's own words, which it would write into a folder that is only to be read.
class Silence : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
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
  options.avoid_flush_during_recovery = BURSAR_PLANTED(recovery_without_flush);

  options.enable_pipelined_write = false;
  options.unordered_write = false;
  options.two_write_queues = false;
  options.allow_2pc = false;
  options.best_efforts_recovery = false;
  options.max_bgerror_resume_count = 0;
  options.avoid_flush_during_shutdown = false;
  options.atomic_flush = true;
  options.memtable_protection_bytes_per_key = 8;

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
  if (!options.create_if_missing) {
    rocksdb::Env* env = options.env != nullptr ? options.env : rocksdb::Env::Default();
    const rocksdb::Status found = env->FileExists(options.folder + "/CURRENT");
    if (found.ok()) return absl::OkStatus();
    if (!found.IsNotFound()) return Failed("found", found);
    return absl::NotFoundError(absl::StrCat("There is no log in ", options.folder, "."));
  }
  if (options.env != nullptr) return absl::OkStatus();
  std::error_code error;
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

// What a newer version keeps beside the blocks would be lost, or worse, out of step with them.
absl::Status CheckFamilies(const rocksdb::Options& rocks, const std::string& folder) {
  std::vector<std::string> families;
  const rocksdb::Status listed = rocksdb::DB::ListColumnFamilies(rocks, folder, &families);
  if (!listed.ok()) return Failed("opened", listed);
  if (families.size() == 1) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("The log in ", folder,
                                                    " was written by a newer version of Bursar: it holds ",
                                                    families.size(), " column families, this version knows one."));
}

rocksdb::Status OpenDb(const rocksdb::Options& rocks, const RocksDbLog::Options& options, rocksdb::DB** db) {
  if (options.read_only) return rocksdb::DB::OpenForReadOnly(rocks, options.folder, db);
  return rocksdb::DB::Open(rocks, options.folder, db);
}

// Reads on behind what cannot be read: each block is sought by itself then.
class RocksDbBlocks : public BlockSource {
 public:
  explicit RocksDbBlocks(rocksdb::DB& db) : record_(db.NewIterator(Unbuffered())) {}

  absl::StatusOr<std::optional<StoredBlock>> Find(Position first) override {
    const std::string key = BigEndian(first);
    if (!record_->Valid() || record_->key() != key) {
      record_->Seek(key);
      if (absl::Status read = Judge(); !read.ok()) return read;
      if (!record_->Valid() || record_->key() != key) return std::nullopt;
    }
    std::optional<StoredBlock> block = BlockOf(record_->key(), record_->value());
    if (!block) damaged_ = true;
    record_->Next();
    if (absl::Status read = Judge(); !read.ok()) return read;
    // Where the next block should begin, so that what stands before it has no place there.
    if (block && record_->Valid() && record_->key().compare(BigEndian(block->last + 1)) < 0) damaged_ = true;
    return block;
  }

  absl::StatusOr<std::optional<Position>> After(Position first) override {
    record_->SeekToLast();
    if (absl::Status read = Judge(); !read.ok()) return read;
    if (!record_->Valid() || record_->key().size() != kBigEndianSize) return std::nullopt;
    const Position last = FromBigEndian({record_->key().data(), record_->key().size()});
    return last > first ? std::optional<Position>(last) : std::nullopt;
  }

  bool damaged() const override { return damaged_; }

 private:
  static rocksdb::ReadOptions Unbuffered() {
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    return options;
  }

  // OK where it could be read, or is damaged.
  absl::Status Judge() {
    if (record_->status().ok()) return absl::OkStatus();
    absl::Status failed = Failed("read", record_->status());
    if (!absl::IsDataLoss(failed)) return failed;
    damaged_ = true;
    return absl::OkStatus();
  }

  const std::unique_ptr<rocksdb::Iterator> record_;
  bool damaged_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RocksDbLog>> RocksDbLog::Open(const Options& options) {
  BURSAR_CHECK(!options.read_only || !options.create_if_missing);
  if (absl::Status made = MakeFolder(options); !made.ok()) return made;
  const auto failure = std::make_shared<Failure>();
  failure->told = options.on_failure;
  rocksdb::Options rocks = RocksOptions(options.create_if_missing);
  rocks.listeners.push_back(std::make_shared<NoRecovery>([failure](const absl::Status& status) {
    failure->failed = true;
    if (failure->told) failure->told(status);
  }));
  if (options.env != nullptr) rocks.env = options.env;
  if (options.write_buffer_bytes > 0) rocks.write_buffer_size = options.write_buffer_bytes;
  if (options.read_only) rocks.info_log = std::make_shared<Silence>();
  if (!options.create_if_missing) {
    if (absl::Status known = CheckFamilies(rocks, options.folder); !known.ok()) return known;
  }
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status opened = OpenDb(rocks, options, &raw);
  std::unique_ptr<rocksdb::DB> db(raw);
  if (opened.IsIOError() && opened.ToString().find("LOCK") != std::string::npos) {
    return absl::FailedPreconditionError(
        absl::StrCat("The log in ", options.folder, " is in use by another process, or its lock is not writable."));
  }
  if (!opened.ok()) return Failed("opened", opened);
  absl::StatusOr<LogEnd> end = EndOf(*db);
  if (!end.ok()) return end.status();
  return std::unique_ptr<RocksDbLog>(new RocksDbLog(std::move(db), *end, options.sync, failure));
}

RocksDbLog::RocksDbLog(std::unique_ptr<rocksdb::DB> db, LogEnd end, bool sync, std::shared_ptr<Failure> failure)
    : failure_(std::move(failure)), db_(std::move(db)), sync_(sync), end_(end) {}

RocksDbLog::~RocksDbLog() = default;

absl::Status RocksDbLog::MayAppend(const StoredBlock& block) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (failure_->failed) return absl::UnavailableError("The log has failed before; it must be opened again.");
  if (block.first == end_.position + 1 && block.last >= block.first) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("Block ", block.first, " does not follow position ", end_.position, "."));
}

absl::Status RocksDbLog::Append(const StoredBlock& block) {
  if (absl::Status may = MayAppend(block); !may.ok()) return may;
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
    synced.sync = sync_ && !BURSAR_PLANTED(log_without_sync);
    synced.protection_bytes_per_key = 8;
    written = db_->Write(synced, &batch);
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!written.ok()) {
    failure_->failed = true;
    // Whatever the reason: whether the block is there is unknown, and opening again will tell.
    return absl::UnavailableError(Failed("written", written).message());
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

absl::Status RocksDbLog::Settle() {
  const rocksdb::Status flushed = db_->Flush(rocksdb::FlushOptions());
  if (flushed.ok()) return absl::OkStatus();
  failure_->failed = true;
  return absl::UnavailableError(Failed("written", flushed).message());
}

std::unique_ptr<BlockSource> RocksDbLog::Blocks() const { return std::make_unique<RocksDbBlocks>(*db_); }

LogEnd RocksDbLog::Last() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return end_;
}

}  // namespace bursar
