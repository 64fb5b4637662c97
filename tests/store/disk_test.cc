// What a store promises of the disk under it: what is answered is synced, and a full disk is seen before it is full.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "ledger/store/ballast.h"
#include "ledger/store/free_space.h"
#include "ledger/store/store.h"
#include "tests/folder.h"
#include "tests/store/blocks.h"
#include "tests/store/watched_files.h"

namespace bursar {
namespace {

constexpr uint64_t kMegabyte = 1 << 20;

class DiskTest : public testing::Test {
 protected:
  std::unique_ptr<Store> Open(uint64_t ballast = 0) {
    const Store::Options options{.folder = data_,
                                 .files = files_,
                                 .warn = [this](const std::string& sentence) { warnings_.push_back(sentence); },
                                 .ballast_bytes = ballast};
    if (!std::filesystem::exists(data_)) {
      EXPECT_TRUE(Store::Make(options).ok());
    }
    auto opened = Store::Open(options);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.ok() ? *std::move(opened) : nullptr;
  }

  const Folder folder_;
  const std::string data_ = folder_ / "ledger";
  const std::shared_ptr<WatchedFiles> files_ = std::make_shared<WatchedFiles>();
  std::vector<std::string> warnings_;
};

TEST_F(DiskTest, AnswersNoAppendThatIsNotSyncedInBothCopies) {
  const auto store = Open();
  for (int i = 0; i < 5; ++i) {
    AppendBlocks(store->log(), 1);
    EXPECT_EQ(files_->UnsyncedOf("/journal/"), "");
    EXPECT_EQ(files_->UnsyncedOf(".log"), "");
  }
}

TEST_F(DiskTest, HasSyncedAllThatItWroteWhenItIsOpen) {
  { AppendBlocks(Open()->log(), 3); }
  std::filesystem::remove_all(data_ + "/log");
  const auto store = Open();
  EXPECT_EQ(files_->UnsyncedOf("/journal/"), "");
  EXPECT_EQ(files_->UnsyncedOf(".sst"), "");
  EXPECT_EQ(files_->UnsyncedOf("watermark"), "");
}

TEST_F(DiskTest, KeepsABallastWhereThereIsRoomForFourTimesAsMuch) {
  files_->SetFree(4 * kMegabyte - 1);
  Open(kMegabyte);
  EXPECT_FALSE(std::filesystem::exists(data_ + "/ballast"));
  files_->SetFree(400 * kMegabyte);
  Open(kMegabyte);
  EXPECT_TRUE(std::filesystem::exists(data_ + "/ballast"));
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(DiskTest, GivesUpItsBallastWhereTheDiskIsFullAtAStart) {
  files_->SetFree(400 * kMegabyte);
  Open(kMegabyte);
  ASSERT_TRUE(std::filesystem::exists(data_ + "/ballast"));
  files_->SetFree(0);
  Open(kMegabyte);
  EXPECT_FALSE(std::filesystem::exists(data_ + "/ballast"));
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_EQ(warnings_[0],
            "The disk of " + data_ + " is full. The ballast was given up so that the ledger can be opened: make room.");
}

TEST_F(DiskTest, TellsTheRoomOfTheFullestDisk) {
  files_->SetFree(7);
  FreeSpace free_space(files_, {data_});
  EXPECT_EQ(free_space.Bytes(), 7u);
  files_->SetFree(9);
  EXPECT_EQ(free_space.Bytes(), 7u) << "It does not look at every question.";
  EXPECT_EQ(free_space.Look(), 9u);
  EXPECT_EQ(free_space.Bytes(), 9u);
}

}  // namespace
}  // namespace bursar
