#include "ledger/store/watermark.h"

#include <gtest/gtest.h>
#include <rocksdb/file_system.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "tests/folder.h"
#include "tests/store/blocks.h"

namespace bursar {
namespace {

class WatermarkTest : public testing::Test {
 protected:
  LogEnd At(Position position) const {
    LogEnd end{.position = position};
    end.hash.fill(static_cast<unsigned char>(position));
    return end;
  }

  std::unique_ptr<Watermark> Begin(Position position, uint64_t before = 0) const {
    auto begun = Watermark::Begin(*files_, folder_ / ".", identity_, At(position), before);
    EXPECT_TRUE(begun.ok()) << begun.status();
    return *std::move(begun);
  }

  std::optional<Watermark::Mark> Read() const {
    const auto mark = Watermark::Read(*files_, path_);
    EXPECT_TRUE(mark.ok()) << mark.status();
    return mark.value_or(std::nullopt);
  }
  Position Where() const { return Read() ? Read()->end.position : 0; }

  void Flip(size_t at, unsigned char bits) const {
    std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(static_cast<std::streamoff>(at));
    const char byte = static_cast<char>(file.get() ^ bits);
    file.seekp(static_cast<std::streamoff>(at));
    file.put(byte);
  }

  const Folder folder_;
  const std::string path_ = folder_ / "watermark";
  const std::shared_ptr<rocksdb::FileSystem> files_ = rocksdb::FileSystem::Default();
  const StoreIdentity identity_ = FreshIdentity();
};

TEST_F(WatermarkTest, IsWhereItWasMovedLast) {
  EXPECT_FALSE(Read().has_value());
  const auto watermark = Begin(3);
  EXPECT_EQ(Where(), 3u);
  for (Position position = 4; position < 10; ++position) {
    ASSERT_TRUE(watermark->Move(At(position)).ok());
    ASSERT_TRUE(Read().has_value());
    EXPECT_EQ(Read()->end.position, position);
    EXPECT_EQ(Read()->end.hash, At(position).hash);
    EXPECT_EQ(Read()->identity, identity_);
  }
}

TEST_F(WatermarkTest, CountsItsTurnsOn) {
  for (uint64_t before = 0; before < 5; ++before) {
    const auto watermark = Begin(1, before);
    ASSERT_GT(Read()->turn, before);
    ASSERT_TRUE(watermark->Move(At(2)).ok());
    EXPECT_EQ(Where(), 2u) << before;
  }
}

// Whatever bit is flipped, the mark is the last one or the one before, or the other slot's; never another.
TEST_F(WatermarkTest, FallsBackToTheOtherSlotWhereOneIsDamaged) {
  const auto watermark = Begin(3);
  ASSERT_TRUE(watermark->Move(At(4)).ok());
  ASSERT_TRUE(watermark->Move(At(5)).ok());
  int fell_back = 0;
  const size_t size = std::filesystem::file_size(path_);
  for (size_t at = 0; at < size; ++at) {
    const auto bits = static_cast<unsigned char>(1 << at % 8);
    Flip(at, bits);
    const Position position = Where();
    ASSERT_TRUE(position == 5 || position == 4) << at;
    ASSERT_EQ(Read()->end.hash, At(position).hash) << at;
    fell_back += position == 4 ? 1 : 0;
    Flip(at, bits);
  }
  EXPECT_GT(fell_back, 100);
  EXPECT_EQ(Where(), 5u);
}

TEST_F(WatermarkTest, IsLostWhereBothSlotsAre) {
  Begin(3);
  Flip(20, 1);
  EXPECT_EQ(Where(), 3u);
  Flip(4'096 + 20, 1);
  EXPECT_FALSE(Read().has_value());
}

TEST_F(WatermarkTest, IsFoundInAFileThatWasCut) {
  const auto watermark = Begin(3);
  std::filesystem::resize_file(path_, 4'096);
  EXPECT_EQ(Where(), 3u);
  std::filesystem::resize_file(path_, 100);
  EXPECT_FALSE(Read().has_value());
  std::filesystem::resize_file(path_, 0);
  EXPECT_FALSE(Read().has_value());
}

}  // namespace
}  // namespace bursar
