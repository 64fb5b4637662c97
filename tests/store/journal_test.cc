// The second copy of the log by itself: what is written can be read, and what cannot be read hides nothing else.
#include "ledger/store/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/file_system.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "ledger/store/journal_blocks.h"
#include "tests/folder.h"
#include "tests/store/blocks.h"

namespace bursar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class JournalTest : public testing::Test {
 protected:
  JournalTest() { std::filesystem::create_directories(path_); }

  std::unique_ptr<Journal> Begin(uint64_t segment = 1, uint64_t segment_bytes = 16 << 20) const {
    return std::make_unique<Journal>(Journal::Options{.files = files_.get(),
                                                      .folder = path_,
                                                      .store_id = id_,
                                                      .next_segment = segment,
                                                      .segment_bytes = segment_bytes});
  }

  absl::StatusOr<std::unique_ptr<JournalBlocks>> TryBlocks(const std::string& id) const {
    return JournalBlocks::Open(*files_, path_, id);
  }
  std::unique_ptr<JournalBlocks> Blocks() const {
    auto blocks = TryBlocks(id_);
    EXPECT_TRUE(blocks.ok()) << blocks.status();
    return *std::move(blocks);
  }

  // The positions of 1 to `last`, one to a block, that can be read.
  std::vector<Position> Readable(Position last) const {
    std::vector<Position> readable;
    const auto blocks = Blocks();
    for (Position position = 1; position <= last; ++position) {
      const auto found = blocks->Find(position);
      EXPECT_TRUE(found.ok()) << found.status();
      if (found.ok() && found->has_value()) readable.push_back((*found)->first);
    }
    return readable;
  }

  std::string Segment(uint64_t number) const { return path_ + "/" + SegmentName(number); }
  std::string BytesOf(uint64_t number) const {
    std::ifstream file(Segment(number), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  void SetBytes(uint64_t number, const std::string& bytes) const {
    std::ofstream(Segment(number), std::ios::binary | std::ios::trunc) << bytes;
  }

  void Append(Journal& journal, const std::vector<StoredBlock>& blocks) const {
    for (const StoredBlock& block : blocks) ASSERT_TRUE(journal.Append(block).ok());
  }

  const Folder folder_;
  const std::string path_ = folder_ / "blocks";
  const std::shared_ptr<rocksdb::FileSystem> files_ = rocksdb::FileSystem::Default();
  const std::string id_ = std::string(32, 'a');
};

TEST_F(JournalTest, GivesBackWhatWasWritten) {
  const std::vector<StoredBlock> blocks = BlocksAfter({}, 5, 3);
  Append(*Begin(), blocks);
  const auto read = Blocks();
  for (const StoredBlock& block : blocks) {
    const auto found = read->Find(block.first);
    ASSERT_TRUE(found.ok() && found->has_value());
    EXPECT_EQ((*found)->last, block.last);
    EXPECT_EQ((*found)->hash, block.hash);
    EXPECT_EQ((*found)->bytes, block.bytes);
  }
  EXPECT_EQ(read->last_segment(), Segment(1));
  EXPECT_FALSE((*read->Find(16)).has_value());
  EXPECT_FALSE((*read->After(16)).has_value());
}

TEST_F(JournalTest, GoesOnInSegmentsOfItsOwn) {
  const std::vector<StoredBlock> blocks = BlocksAfter({}, 9);
  const auto journal = Begin(1, 300);
  Append(*journal, blocks);
  EXPECT_TRUE(std::filesystem::exists(Segment(3)));
  EXPECT_THAT(Readable(10), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_GT(Blocks()->next_segment(), 3u);
}

TEST_F(JournalTest, BelongsToOneStore) {
  Append(*Begin(), BlocksAfter({}, 1));
  const std::string other(32, 'b');
  EXPECT_TRUE(absl::IsFailedPrecondition(TryBlocks(other).status()));
  EXPECT_TRUE(TryBlocks("").ok());
}

// The end of a segment is torn in every way: what was whole before is read, and what follows in the next segment too.
TEST_F(JournalTest, EndsWhereACrashToreIt) {
  const std::vector<StoredBlock> blocks = BlocksAfter({}, 4);
  Append(*Begin(), {blocks[0], blocks[1], blocks[2]});
  const std::string whole = BytesOf(1);
  const size_t third = whole.size() - kRecordHeaderSize - blocks[2].bytes.size();
  Append(*Begin(2), {blocks[2], blocks[3]});
  for (size_t size = third; size < whole.size(); ++size) {
    for (const char* tail : {"", "\0\0\0\0\0\0\0\0", "garbage that was on the disk before"}) {
      SetBytes(1, whole.substr(0, size) + tail);
      ASSERT_THAT(Readable(5), ElementsAre(1, 2, 3, 4)) << size;
    }
    SetBytes(1, whole.substr(0, size) + std::string(4'096, '\0'));
    ASSERT_THAT(Readable(5), ElementsAre(1, 2, 3, 4)) << size;
  }
}

TEST_F(JournalTest, HoldsNothingWhereACrashLeftAnEmptySegment) {
  SetBytes(1, "");
  EXPECT_THAT(Readable(3), IsEmpty());
  SetBytes(1, std::string(4'096, '\0'));
  EXPECT_THAT(Readable(3), IsEmpty());
  EXPECT_EQ(Blocks()->next_segment(), 2u);
}

// Any bit that is flipped costs the record that it is in, or all of a segment whose header it is in, and no other.
TEST_F(JournalTest, LosesNoOtherRecordToAFlippedBit) {
  const std::vector<StoredBlock> blocks = BlocksAfter({}, 3);
  Append(*Begin(), blocks);
  const std::string whole = BytesOf(1);
  std::vector<size_t> begins = {kSegmentHeaderSize};
  for (const StoredBlock& block : blocks) begins.push_back(begins.back() + kRecordHeaderSize + block.bytes.size());
  ASSERT_EQ(begins.back(), whole.size());
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
    SetBytes(1, flipped);
    std::vector<Position> expected;
    for (Position i = 0; at >= kSegmentHeaderSize && i < 3; ++i) {
      if (at < begins[i] || at >= begins[i + 1]) expected.push_back(i + 1);
    }
    ASSERT_EQ(Readable(3), expected) << at;
  }
}

TEST_F(JournalTest, SaysWhatComesAfterAHole) {
  const std::vector<StoredBlock> blocks = BlocksAfter({}, 4);
  Append(*Begin(), {blocks[0], blocks[2], blocks[3]});
  const auto read = Blocks();
  ASSERT_TRUE((*read->Find(1)).has_value());
  EXPECT_FALSE((*read->Find(2)).has_value());
  EXPECT_EQ(*read->After(2), std::optional<Position>(3));
}

// A record that somebody hid in the bytes of another is none: it lacks the mark of the segment.
TEST_F(JournalTest, BelievesNoRecordInsideAnother) {
  const std::vector<StoredBlock> blocks = BlocksAfter({}, 2);
  StoredBlock outer = blocks[0];
  outer.bytes += RecordOf(blocks[1], "abcdefgh");
  Append(*Begin(), {outer});
  std::string bytes = BytesOf(1);
  bytes[kSegmentHeaderSize + 20] ^= 1;
  SetBytes(1, bytes);
  EXPECT_THAT(Readable(2), IsEmpty());
}

}  // namespace
}  // namespace bursar
