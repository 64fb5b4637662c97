// What the disk in memory promises to the tests that stand on it.
#include "tests/faults/fault_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace bursar::faults {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const rocksdb::IOOptions kOptions;

std::unique_ptr<rocksdb::FSWritableFile> Made(FaultFiles& files, const std::string& path) {
  std::unique_ptr<rocksdb::FSWritableFile> file;
  EXPECT_TRUE(files.NewWritableFile(path, rocksdb::FileOptions(), &file, nullptr).ok());
  return file;
}

void SyncFolder(FaultFiles& files, const std::string& path) {
  std::unique_ptr<rocksdb::FSDirectory> folder;
  ASSERT_TRUE(files.NewDirectory(path, kOptions, &folder, nullptr).ok());
  ASSERT_TRUE(folder->Fsync(kOptions, nullptr).ok());
}

std::string BytesOf(const std::shared_ptr<FaultFiles>& files, const std::string& path) {
  const Node node = files->AtCut().At(path);
  return node.file ? node.file->bytes() : "(none)";
}

std::string AfterCut(const FaultFiles& files, Cut cut, const std::string& path, uint64_t seed = 1) {
  Dice dice(seed);
  return BytesOf(files.AfterCut(cut, dice), path);
}

TEST(FaultFiles, LoseWhatWasNotSynced) {
  const auto files = std::make_shared<FaultFiles>();
  const auto file = Made(*files, "/file");
  SyncFolder(*files, "/");
  ASSERT_TRUE(file->Append("synced", kOptions, nullptr).ok());
  ASSERT_TRUE(file->Sync(kOptions, nullptr).ok());
  ASSERT_TRUE(file->Append(", not synced", kOptions, nullptr).ok());
  EXPECT_EQ(AfterCut(*files, Cut::kLost, "/file"), "synced");
  EXPECT_EQ(AfterCut(*files, Cut::kKept, "/file"), "synced, not synced");
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    for (const Cut cut : {Cut::kPrefix, Cut::kTorn, Cut::kZeros, Cut::kMixed}) {
      const std::string left = AfterCut(*files, cut, "/file", seed);
      EXPECT_THAT(left, StartsWith("synced"));
      EXPECT_LE(left.size(), BytesOf(files, "/file").size());
    }
  }
}

TEST(FaultFiles, LoseNamesThatTheirFolderDidNotSync) {
  const auto files = std::make_shared<FaultFiles>();
  const auto old = Made(*files, "/old");
  ASSERT_TRUE(old->Append("old", kOptions, nullptr).ok());
  ASSERT_TRUE(old->Sync(kOptions, nullptr).ok());
  SyncFolder(*files, "/");
  const auto young = Made(*files, "/young");
  ASSERT_TRUE(young->Append("young", kOptions, nullptr).ok());
  ASSERT_TRUE(young->Sync(kOptions, nullptr).ok());
  ASSERT_TRUE(files->RenameFile("/young", "/old", kOptions, nullptr).ok());
  EXPECT_EQ(AfterCut(*files, Cut::kLost, "/old"), "old");
  EXPECT_EQ(AfterCut(*files, Cut::kKept, "/old"), "young");
  SyncFolder(*files, "/");
  EXPECT_EQ(AfterCut(*files, Cut::kLost, "/old"), "young");
  EXPECT_EQ(AfterCut(*files, Cut::kLost, "/young"), "(none)");
}

TEST(FaultFiles, LoseAFolderWhoseNameWasNotSynced) {
  const auto files = std::make_shared<FaultFiles>();
  ASSERT_TRUE(files->CreateDir("/folder", kOptions, nullptr).ok());
  const auto file = Made(*files, "/folder/file");
  ASSERT_TRUE(file->Append("bytes", kOptions, nullptr).ok());
  ASSERT_TRUE(file->Sync(kOptions, nullptr).ok());
  SyncFolder(*files, "/folder");
  EXPECT_EQ(AfterCut(*files, Cut::kLost, "/folder/file"), "(none)");
  SyncFolder(*files, "/");
  EXPECT_EQ(AfterCut(*files, Cut::kLost, "/folder/file"), "bytes");
}

TEST(FaultFiles, KeepUnsyncedBytesWhenAProcessIsKilledAndLoseThemInALaterCut) {
  const auto files = std::make_shared<FaultFiles>();
  const auto file = Made(*files, "/file");
  SyncFolder(*files, "/");
  ASSERT_TRUE(file->Append("bytes", kOptions, nullptr).ok());
  const auto restarted = files->Restarted();
  EXPECT_EQ(BytesOf(restarted, "/file"), "bytes");
  EXPECT_EQ(AfterCut(*restarted, Cut::kLost, "/file"), "");
}

TEST(FaultFiles, NeverWriteWhatASyncHasFailedToWrite) {
  const auto files = std::make_shared<FaultFiles>();
  const auto file = Made(*files, "/file");
  SyncFolder(*files, "/");
  ASSERT_TRUE(file->Append("lost", kOptions, nullptr).ok());
  files->Inject({.effect = Effect::kFail,
                 .matches = [](Operation operation, const std::string&) { return operation == Operation::kSync; }});
  EXPECT_FALSE(file->Sync(kOptions, nullptr).ok());
  EXPECT_TRUE(files->struck());
  ASSERT_TRUE(file->Append(" kept", kOptions, nullptr).ok());
  ASSERT_TRUE(file->Sync(kOptions, nullptr).ok());
  EXPECT_EQ(AfterCut(*files, Cut::kLost, "/file"), std::string(4, '\0') + " kept");
}

TEST(FaultFiles, CutThePowerAtOneOperationWhileTheProcessGoesOn) {
  const auto files = std::make_shared<FaultFiles>();
  const auto file = Made(*files, "/file");
  SyncFolder(*files, "/");
  files->Inject({.effect = Effect::kPowerCut, .nth = 3});
  for (const char* part : {"one ", "two ", "three "}) {
    ASSERT_TRUE(file->Append(part, kOptions, nullptr).ok());
    ASSERT_TRUE(file->Sync(kOptions, nullptr).ok());
  }
  EXPECT_TRUE(files->struck());
  EXPECT_EQ(AfterCut(*files, Cut::kKept, "/file"), "one ");
}

TEST(FaultFiles, AreFullAtTheirCapacity) {
  const auto files = std::make_shared<FaultFiles>();
  const auto file = Made(*files, "/file");
  files->SetCapacity(10);
  EXPECT_TRUE(file->Append("12345678", kOptions, nullptr).ok());
  const rocksdb::IOStatus full = file->Append("9012", kOptions, nullptr);
  EXPECT_TRUE(full.IsNoSpace()) << full.ToString();
  EXPECT_EQ(BytesOf(files, "/file"), "1234567890");
  uint64_t free = 1;
  ASSERT_TRUE(files->GetFreeSpace("/", kOptions, &free, nullptr).ok());
  EXPECT_EQ(free, 0u);
}

TEST(FaultFiles, AreLockedOncePerMachine) {
  const auto files = std::make_shared<FaultFiles>();
  rocksdb::FileLock* first = nullptr;
  rocksdb::FileLock* second = nullptr;
  ASSERT_TRUE(files->LockFile("/lock", kOptions, &first, nullptr).ok());
  EXPECT_FALSE(files->LockFile("/lock", kOptions, &second, nullptr).ok());
  rocksdb::FileLock* elsewhere = nullptr;
  const auto restarted = files->Restarted();
  ASSERT_TRUE(restarted->LockFile("/lock", kOptions, &elsewhere, nullptr).ok()) << "the process that held it is gone";
  ASSERT_TRUE(restarted->UnlockFile(elsewhere, kOptions, nullptr).ok());
  ASSERT_TRUE(files->UnlockFile(first, kOptions, nullptr).ok());
  ASSERT_TRUE(files->LockFile("/lock", kOptions, &second, nullptr).ok());
  ASSERT_TRUE(files->UnlockFile(second, kOptions, nullptr).ok());
}

TEST(Disk, GivesBackWhatWasTakenFromAnother) {
  const auto files = std::make_shared<FaultFiles>();
  ASSERT_TRUE(files->CreateDir("/a", kOptions, nullptr).ok());
  Made(*files, "/a/one");
  const Disk old = files->AtCut();
  Made(*files, "/a/two");
  Disk disk = files->AtCut();
  EXPECT_THAT(disk.FilesIn("/a"), ElementsAre("/a/one", "/a/two"));
  disk.SetFile("/a/one", "changed");
  disk.Take("/a", old);
  EXPECT_THAT(disk.FilesIn("/a"), ElementsAre("/a/one"));
  EXPECT_EQ(disk.At("/a/one").file->bytes(), "");
  disk.Remove("/a");
  EXPECT_THAT(disk.FilesIn("/"), IsEmpty());
}

TEST(FaultFiles, CarryRocksDb) {
  auto files = std::make_shared<FaultFiles>();
  for (int life = 1; life <= 3; ++life) {
    const std::unique_ptr<rocksdb::Env> env = EnvOn(files);
    rocksdb::Options options;
    options.env = env.get();
    options.create_if_missing = life == 1;
    rocksdb::DB* raw = nullptr;
    const rocksdb::Status opened = rocksdb::DB::Open(options, "/db", &raw);
    ASSERT_TRUE(opened.ok()) << opened.ToString();
    std::unique_ptr<rocksdb::DB> db(raw);
    if (life == 1) SyncFolder(*files, "/");
    rocksdb::WriteOptions synced;
    synced.sync = true;
    ASSERT_TRUE(db->Put(synced, absl::StrCat("key-", life), "value").ok());
    ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), "unsynced", "value").ok());
    std::string value;
    for (int before = 1; before <= life; ++before) {
      EXPECT_TRUE(db->Get(rocksdb::ReadOptions(), absl::StrCat("key-", before), &value).ok());
    }
    Dice dice(static_cast<uint64_t>(life));
    auto next = files->AfterCut(Cut::kTorn, dice);
    db.reset();
    files = next;
  }
}

}  // namespace
}  // namespace bursar::faults
