// What RocksDB 7.8 does on its own, and for which Bursar keeps a watermark and a second copy, never resumes, and never
// avoids the flush of a recovery. Where one of these fails, RocksDB has become better than we believe: read the
// decision on the store again, and see what it may do without.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/listener.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/faults/fault_files.h"

namespace bursar::faults {
namespace {

constexpr char kFolder[] = "/db";
constexpr int kEvents = 40;

rocksdb::WriteOptions Synced() {
  rocksdb::WriteOptions options;
  options.sync = true;
  return options;
}

// A RocksDB as it comes, with the column families of a log and of what is computed from it.
class Database {
 public:
  Database(const std::shared_ptr<FaultFiles>& files, rocksdb::Options options, bool read_only = false)
      : env_(EnvOn(files)) {
    options.env = env_.get();
    options.create_if_missing = files->FileExists(absl::StrCat(kFolder, "/CURRENT"), {}, nullptr).IsNotFound();
    options.create_missing_column_families = options.create_if_missing;
    const std::vector<rocksdb::ColumnFamilyDescriptor> families = {{rocksdb::kDefaultColumnFamilyName, options},
                                                                   {"computed", options}};
    rocksdb::DB* raw = nullptr;
    status_ = read_only ? rocksdb::DB::OpenForReadOnly(options, kFolder, families, &handles_, &raw)
                        : rocksdb::DB::Open(options, kFolder, families, &handles_, &raw);
    db_.reset(raw);
    if (options.create_if_missing && status_.ok()) SyncRoot(*files);
  }
  ~Database() {
    for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  }

  bool opened() const { return status_.ok(); }
  rocksdb::DB* operator->() const { return db_.get(); }

  // The event, and what follows from it, in one batch.
  rocksdb::Status Write(int event) {
    const std::string key = absl::StrCat("event-", 1000 + event);
    rocksdb::WriteBatch batch;
    batch.Put(handles_[0], key, std::string(60, 'x'));
    batch.Put(handles_[1], key, "seen");
    return db_->Write(Synced(), &batch);
  }
  int Count(size_t family) const {
    int count = 0;
    const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator(rocksdb::ReadOptions(), handles_[family]));
    for (rows->SeekToFirst(); rows->Valid(); rows->Next()) ++count;
    return rows->status().ok() ? count : -1;
  }
  void Flush() { ASSERT_TRUE(db_->Flush(rocksdb::FlushOptions(), handles_).ok()); }

 private:
  static void SyncRoot(FaultFiles& files) {
    std::unique_ptr<rocksdb::FSDirectory> root;
    ASSERT_TRUE(files.NewDirectory("/", {}, &root, nullptr).ok());
    ASSERT_TRUE(root->Fsync({}, nullptr).ok());
  }

  const std::unique_ptr<rocksdb::Env> env_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::Status status_;
};

std::string FileCalled(const Disk& disk, absl::string_view part) {
  for (const std::string& path : disk.FilesIn(kFolder)) {
    if (absl::StrContains(path, part)) return path;
  }
  ADD_FAILURE() << "no file is called " << part;
  return "";
}

int64_t Tables(const Disk& disk) {
  const std::vector<std::string> files = disk.FilesIn(kFolder);
  return std::count_if(files.begin(), files.end(),
                       [](const std::string& path) { return absl::EndsWith(path, ".sst"); });
}

// Where the length of each record stands that a file of RocksDB's log format begins with: checksum, length, type.
std::vector<size_t> LengthsIn(const std::string& bytes) {
  std::vector<size_t> lengths;
  for (size_t at = 0; at + 7 <= bytes.size();) {
    lengths.push_back(at + 4);
    const size_t size = static_cast<unsigned char>(bytes[at + 4]) + 256 * static_cast<unsigned char>(bytes[at + 5]);
    at += 7 + size;
  }
  return lengths;
}

std::shared_ptr<FaultFiles> Flipped(const Disk& disk, const std::string& path, size_t byte, int bit) {
  Disk copy = disk.Copy();
  std::string bytes = copy.At(path).file->bytes();
  bytes[byte] = static_cast<char>(bytes[byte] ^ (1 << bit));
  copy.SetFile(path, bytes);
  return std::make_shared<FaultFiles>(std::move(copy));
}

Disk DiskWithFlushedEvents() {
  const auto files = std::make_shared<FaultFiles>();
  Database database(files, rocksdb::Options());
  EXPECT_TRUE(database.opened());
  for (int event = 0; event < kEvents; ++event) EXPECT_TRUE(database.Write(event).ok());
  database.Flush();
  return files->AtCut();
}

TEST(RocksDbAlone, OpensSilentlyShortAfterOneFlippedBitInItsManifest) {
  const Disk disk = DiskWithFlushedEvents();
  const std::string manifest = FileCalled(disk, "MANIFEST");
  int silently_short = 0;
  int deleted_tables = 0;
  int deleted_tables_reading = 0;
  for (const size_t length : LengthsIn(disk.At(manifest).file->bytes())) {
    for (int bit = 0; bit < 16; ++bit) {
      const size_t byte = length + static_cast<size_t>(bit) / 8;
      const auto to_read = Flipped(disk, manifest, byte, bit % 8);
      { const Database database(to_read, rocksdb::Options(), /*read_only=*/true); }
      if (Tables(to_read->AtCut()) < Tables(disk)) ++deleted_tables_reading;
      const auto to_write = Flipped(disk, manifest, byte, bit % 8);
      const Database database(to_write, rocksdb::Options());
      if (!database.opened() || database.Count(0) == kEvents) continue;
      ++silently_short;
      if (Tables(to_write->AtCut()) < Tables(disk)) ++deleted_tables;
    }
  }
  EXPECT_GT(silently_short, 0);
  EXPECT_GT(deleted_tables, 0) << "opening for writing no longer deletes the tables that a damaged manifest forgot";
  EXPECT_EQ(deleted_tables_reading, 0) << "opening to read, which Bursar does first, must not touch anything";
}

TEST(RocksDbAlone, OpensSilentlyShortAfterOneFlippedBitInItsWal) {
  const auto files = std::make_shared<FaultFiles>();
  Database database(files, rocksdb::Options());
  for (int event = 0; event < kEvents; ++event) ASSERT_TRUE(database.Write(event).ok());
  const Disk disk = files->AtCut();
  const std::string wal = FileCalled(disk, ".log");
  int silently_short = 0;
  for (const size_t byte : {size_t{50}, size_t{1'000}, size_t{2'000}}) {
    const Database reopened(Flipped(disk, wal, byte, 3), rocksdb::Options());
    if (reopened.opened() && reopened.Count(0) < kEvents) ++silently_short;
  }
  EXPECT_GT(silently_short, 0);
}

class Vetoes : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/, rocksdb::Status /*error*/,
                            bool* auto_recovery) noexcept override {
    *auto_recovery = false;
  }
};

// Power cuts during Resume after a full disk at which log and computed differ; by operation of Resume.
int TornByResume(bool atomic_flush) {
  rocksdb::Options options;
  options.atomic_flush = atomic_flush;
  options.max_bgerror_resume_count = 0;
  options.listeners.push_back(std::make_shared<Vetoes>());
  int torn = 0;
  for (int64_t nth = 1;; ++nth) {
    const auto files = std::make_shared<FaultFiles>();
    bool reached = false;
    {
      Database database(files, options);
      EXPECT_TRUE(database.opened());
      for (int event = 0; event < 10; ++event) EXPECT_TRUE(database.Write(event).ok());
      files->Inject({.effect = Effect::kNoSpace, .matches = [](Operation operation, const std::string& path) {
                       return operation == Operation::kSync && absl::EndsWith(path, ".log");
                     }});
      EXPECT_FALSE(database.Write(10).ok());
      files->Inject({.effect = Effect::kPowerCut, .nth = nth});
      database->Resume().PermitUncheckedError();
      reached = files->struck();
    }
    if (!reached) return torn;
    Dice dice(static_cast<uint64_t>(nth));
    const Database after(files->AfterCut(Cut::kKept, dice), options);
    EXPECT_TRUE(after.opened());
    if (after.opened() && after.Count(0) != after.Count(1)) ++torn;
  }
}

TEST(RocksDbAlone, TearsABatchApartWhereItResumesAfterAFullDisk) {
  EXPECT_GT(TornByResume(/*atomic_flush=*/false), 0);
  EXPECT_EQ(TornByResume(/*atomic_flush=*/true), 0);
}

// Events left of one that was written and not synced when its process was killed, was seen by the next process, and
// whose machine then lost its power.
std::pair<int, int> SeenAndLeft(bool avoid_flush_during_recovery) {
  rocksdb::Options options;
  options.avoid_flush_during_recovery = avoid_flush_during_recovery;
  const auto files = std::make_shared<FaultFiles>();
  {
    Database database(files, options);
    files->Inject({.effect = Effect::kPowerCut, .matches = [](Operation operation, const std::string& path) {
                     return operation == Operation::kSync && absl::EndsWith(path, ".log");
                   }});
    EXPECT_TRUE(database.Write(0).ok());
    EXPECT_TRUE(files->struck());
  }
  const auto restarted = files->Restarted();
  const Database next(restarted, options);
  const int seen = next.Count(0);
  Dice dice(1);
  const Database last(restarted->AfterCut(Cut::kLost, dice), options);
  return {seen, last.Count(0)};
}

TEST(RocksDbAlone, LosesWhatItServedWhereRecoveryAvoidsTheFlush) {
  EXPECT_EQ(SeenAndLeft(/*avoid_flush_during_recovery=*/true), std::make_pair(1, 0));
  EXPECT_EQ(SeenAndLeft(/*avoid_flush_during_recovery=*/false), std::make_pair(1, 1));
}

}  // namespace
}  // namespace bursar::faults
