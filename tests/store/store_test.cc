// A store through everything that may befall one of its files: what was answered stays, or is named as lost.
#include "ledger/store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/file_system.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/log/rocksdb_log.h"
#include "ledger/store/journal.h"
#include "tests/folder.h"
#include "tests/store/blocks.h"

namespace bursar {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

class StoreTest : public testing::Test {
 protected:
  Store::Options Options() const { return {.folder = data_}; }

  void Make(int blocks, int count = 1) {
    ASSERT_TRUE(Store::Make(Options()).ok());
    const auto store = Open();
    ASSERT_NE(store, nullptr);
    AppendBlocks(store->log(), blocks, count);
  }

  std::unique_ptr<Store> Open() const {
    auto opened = Store::Open(Options());
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.ok() ? *std::move(opened) : nullptr;
  }
  absl::Status OpenFails() const {
    const absl::Status status = Store::Open(Options()).status();
    EXPECT_FALSE(status.ok());
    return status;
  }

  // Opens it, expects so many entries, and that another can be appended and is there after opening once more.
  std::vector<std::string> ExpectWhole(Position entries) const {
    std::vector<std::string> repairs;
    {
      const auto store = Open();
      if (store == nullptr) return {};
      repairs = store->repairs();
      EXPECT_EQ(store->log().Last().position, entries);
      EXPECT_TRUE(Verify(store->log()).ok());
      AppendBlocks(store->log(), 1);
    }
    const auto again = Open();
    if (again == nullptr) return {};
    EXPECT_EQ(again->log().Last().position, entries + 1);
    EXPECT_THAT(again->repairs(), IsEmpty());
    EXPECT_TRUE(Verify(again->log()).ok());
    return repairs;
  }

  std::vector<std::string> FilesIn(const std::string& folder, const std::string& ending) const {
    std::vector<std::string> files;
    for (const auto& file : fs::directory_iterator(folder)) {
      const std::string path = file.path().string();
      if (path.size() >= ending.size() && path.compare(path.size() - ending.size(), ending.size(), ending) == 0) {
        files.push_back(path);
      }
    }
    std::sort(files.begin(), files.end());
    return files;
  }
  // What holds the most: of each copy, all that these tests append.
  std::string Segment() const { return Largest(FilesIn(data_ + "/journal/blocks", ".journal")); }
  std::string Wal() const { return Largest(FilesIn(data_ + "/log", ".log")); }
  static std::string Largest(const std::vector<std::string>& files) {
    return *std::max_element(files.begin(), files.end(), [](const std::string& a, const std::string& b) {
      return fs::file_size(a) < fs::file_size(b);
    });
  }

  const Folder folder_;
  const std::string data_ = folder_ / "ledger";
};

TEST_F(StoreTest, KeepsWhatWasAppended) {
  Make(5, 3);
  EXPECT_THAT(ExpectWhole(15), IsEmpty());
}

TEST_F(StoreTest, IsNotMadeByOpening) {
  EXPECT_TRUE(absl::IsNotFound(OpenFails()));
  EXPECT_FALSE(fs::exists(data_));
  fs::create_directories(data_);
  EXPECT_TRUE(absl::IsNotFound(OpenFails()));
}

TEST_F(StoreTest, IsMadeOnce) {
  Make(1);
  EXPECT_TRUE(absl::IsAlreadyExists(Store::Make(Options())));
  EXPECT_THAT(ExpectWhole(1), IsEmpty());
}

TEST_F(StoreTest, KeepsItsIdentity) {
  Make(0);
  const Store::Identity identity = Open()->identity();
  EXPECT_THAT(identity.id, SizeIs(32));
  EXPECT_EQ(identity.epoch, 1u);
  EXPECT_EQ(Open()->identity(), identity);
}

TEST_F(StoreTest, IsOpenOnlyOnce) {
  Make(1);
  const auto store = Open();
  const absl::Status second = OpenFails();
  EXPECT_TRUE(absl::IsFailedPrecondition(second)) << second;
  EXPECT_THAT(std::string(second.message()), HasSubstr("The store in " + data_ + " is in use by another process"));
}

TEST_F(StoreTest, IsBuiltAgainFromItsSecondCopyWhereTheLogIsGone) {
  Make(7, 2);
  fs::remove_all(data_ + "/log");
  EXPECT_THAT(ExpectWhole(14), SizeIs(1));
}

TEST_F(StoreTest, WritesItsSecondCopyAgainWhereThatIsGone) {
  Make(7, 2);
  fs::remove_all(data_ + "/journal");
  EXPECT_THAT(ExpectWhole(14), SizeIs(1));
}

TEST_F(StoreTest, SurvivesTheLossOfAnyOneFile) {
  for (const char* part : {"", "/log", "/journal/blocks"}) {
    for (int i = 0;; ++i) {
      fs::remove_all(data_);
      Make(6);
      std::vector<std::string> files;
      for (const auto& file : fs::directory_iterator(data_ + part)) {
        if (file.is_regular_file()) files.push_back(file.path().string());
      }
      std::sort(files.begin(), files.end());
      if (i >= static_cast<int>(files.size())) break;
      SCOPED_TRACE(files[i]);
      fs::remove(files[i]);
      ExpectWhole(6);
      if (HasFailure()) return;
    }
  }
}

TEST_F(StoreTest, KeepsADamagedLogAsItWas) {
  Make(6);
  const std::string wal = Wal();
  std::string bytes = ReadFile(wal);
  bytes[bytes.size() / 2] ^= 4;
  WriteFile(wal, bytes);
  const std::vector<std::string> repairs = ExpectWhole(6);
  ASSERT_THAT(repairs, SizeIs(1));
  EXPECT_THAT(repairs[0], HasSubstr("log.damaged-1"));
  EXPECT_EQ(ReadFile(data_ + "/log.damaged-1/" + fs::path(wal).filename().string()), bytes);
}

TEST_F(StoreTest, MendsTwoCopiesFromEachOther) {
  Make(9);
  std::string bytes = ReadFile(Segment());
  const std::string wal = Wal();
  std::string wal_bytes = ReadFile(wal);
  bytes[bytes.size() / 4] ^= 1;
  wal_bytes[wal_bytes.size() * 3 / 4] ^= 1;
  WriteFile(Segment(), bytes);
  WriteFile(wal, wal_bytes);
  EXPECT_THAT(ExpectWhole(9), SizeIs(2));
}

TEST_F(StoreTest, RefusesWithThePositionsWhatBothCopiesHaveLost) {
  Make(9);
  const std::string wal = Wal();
  const std::string segment = Segment();
  fs::resize_file(wal, fs::file_size(wal) / 2);
  fs::resize_file(segment, fs::file_size(segment) / 2);
  const absl::Status refused = OpenFails();
  EXPECT_TRUE(absl::IsDataLoss(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("to 9 can be read neither"));
  EXPECT_FALSE(fs::exists(data_ + "/log.damaged-1")) << "Nothing is changed.";
}

// What a crash leaves: a block that was not answered in one copy alone. It is no damage, and stays.
TEST_F(StoreTest, KeepsInBothCopiesWhatACrashLeftInOne) {
  Make(3);
  {
    auto log = RocksDbLog::Open({.folder = data_ + "/log"});
    ASSERT_TRUE(log.ok() && (*log)->Append(BlockAfter((*log)->Last(), 2)).ok());
  }
  EXPECT_THAT(ExpectWhole(5), IsEmpty());
  LogEnd end;
  { end = Open()->log().Last(); }
  Journal journal({.files = rocksdb::FileSystem::Default().get(),
                   .folder = data_ + "/journal/blocks",
                   .store_id = Open()->identity().id,
                   .next_segment = 1'000});
  ASSERT_TRUE(journal.Append(BlockAfter(end, 2)).ok());
  EXPECT_THAT(ExpectWhole(8), IsEmpty());
}

TEST_F(StoreTest, TakesNoTornTailForDamage) {
  Make(4);
  for (const std::string& file : {Segment(), Wal()}) {
    const std::string bytes = ReadFile(file);
    for (const std::string& tail : {std::string(50, '\0'), std::string("garbage of what was there before")}) {
      WriteFile(file, bytes + tail);
      const auto store = Open();
      ASSERT_NE(store, nullptr) << file;
      EXPECT_EQ(store->log().Last().position, 4u);
      EXPECT_THAT(store->repairs(), IsEmpty());
    }
  }
}

TEST_F(StoreTest, SurvivesAnyOneFileCutOrZeroed) {
  for (const bool cut : {true, false}) {
    for (const std::string part : {"/store", "/watermark", "/log/CURRENT", "MANIFEST", "WAL", "SEGMENT"}) {
      fs::remove_all(data_);
      Make(5);
      const std::string file = part == "WAL"        ? Wal()
                               : part == "SEGMENT"  ? Segment()
                               : part == "MANIFEST" ? data_ + "/log/" + ReadFile(data_ + "/log/CURRENT").substr(0, 15)
                                                    : data_ + part;
      const size_t size = fs::file_size(file);
      WriteFile(file, cut ? ReadFile(file).substr(0, size / 3) : std::string(size, '\0'));
      SCOPED_TRACE(file);
      ExpectWhole(5);
      if (HasFailure()) return;
    }
  }
}

TEST_F(StoreTest, IsRefusedWhereOneCopyIsDamagedAndNothingSaysHowFarItWent) {
  Make(5);
  fs::remove(data_ + "/watermark");
  fs::resize_file(Segment(), fs::file_size(Segment()) / 2);
  const absl::Status refused = OpenFails();
  EXPECT_TRUE(absl::IsDataLoss(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("do not agree"));
}

TEST_F(StoreTest, IsNotPutTogetherFromPartsOfAnother) {
  Make(3);
  fs::rename(data_, folder_ / "other");
  Make(3);
  fs::copy_file((folder_ / "other") + "/watermark", data_ + "/watermark", fs::copy_options::overwrite_existing);
  EXPECT_TRUE(absl::IsFailedPrecondition(OpenFails()));

  fs::remove_all(data_);
  Make(3);
  fs::remove_all(data_ + "/journal");
  fs::copy((folder_ / "other") + "/journal", data_ + "/journal", fs::copy_options::recursive);
  const absl::Status journal = OpenFails();
  EXPECT_TRUE(absl::IsFailedPrecondition(journal));
  EXPECT_THAT(std::string(journal.message()), HasSubstr("is it the right folder?"));

  fs::remove_all(data_);
  Make(4);
  fs::remove_all(data_ + "/log");
  fs::copy((folder_ / "other") + "/log", data_ + "/log", fs::copy_options::recursive);
  EXPECT_THAT(ExpectWhole(4), SizeIs(1)) << "The log is the one that the watermark is of.";
}

TEST_F(StoreTest, OfANewerVersionIsLeftAlone) {
  Make(1);
  Store::Identity newer{.id = std::string(32, 'a'), .format = kStoreFormat + 1};
  WriteFile(data_ + "/store", Written(newer));
  const absl::Status refused = OpenFails();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("newer version of Bursar"));
}

TEST_F(StoreTest, FinishesARepairThatWasInterrupted) {
  Make(5);
  const std::string log = data_ + "/log";
  // Between the two renames.
  fs::rename(log, log + ".rebuilt");
  EXPECT_THAT(ExpectWhole(5), IsEmpty());
  // While the new one was being built.
  fs::create_directories(log + ".rebuilt");
  WriteFile(log + ".rebuilt/CURRENT", "half of it");
  EXPECT_THAT(ExpectWhole(6), IsEmpty());
  EXPECT_FALSE(fs::exists(log + ".rebuilt"));
}

TEST_F(StoreTest, IsMadeOfALogThatAnEarlierReleaseLeft) {
  {
    auto log = RocksDbLog::Open({.folder = data_ + "/log", .create_if_missing = true});
    ASSERT_TRUE(log.ok());
    AppendBlocks(**log, 5, 2);
  }
  const absl::Status early = OpenFails();
  EXPECT_TRUE(absl::IsNotFound(early));
  EXPECT_THAT(std::string(early.message()), HasSubstr("bursar init --adopt"));
  EXPECT_TRUE(absl::IsAlreadyExists(Store::Make(Options())));
  ASSERT_TRUE(Store::Adopt(Options()).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(Store::Adopt(Options())));
  EXPECT_THAT(ExpectWhole(10), IsEmpty());
}

TEST_F(StoreTest, KeepsItsSecondCopyWhereItIsTold) {
  const Store::Options options{.folder = data_, .journal_folder = folder_ / "elsewhere/journal"};
  ASSERT_TRUE(Store::Make(options).ok());
  { AppendBlocks((*Store::Open(options))->log(), 3); }
  EXPECT_FALSE(fs::exists(data_ + "/journal"));
  fs::remove_all(data_ + "/log");
  const auto store = Store::Open(options);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ((*store)->log().Last().position, 3u);
}

}  // namespace
}  // namespace bursar
