// Two copies side by side: what both together hold.
#include "ledger/store/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/store/blocks.h"

namespace bursar {
namespace {

// Blocks as they were given, in order or not.
class GivenBlocks : public BlockSource {
 public:
  explicit GivenBlocks(const std::vector<StoredBlock>& blocks) {
    for (const StoredBlock& block : blocks) blocks_[block.first] = block;
  }
  absl::StatusOr<std::optional<StoredBlock>> Find(Position first) override {
    const auto found = blocks_.find(first);
    return found == blocks_.end() ? std::nullopt : std::optional<StoredBlock>(found->second);
  }
  absl::StatusOr<std::optional<Position>> After(Position first) override {
    const auto next = blocks_.upper_bound(first);
    return next == blocks_.end() ? std::nullopt : std::optional<Position>(next->first);
  }
  bool damaged() const override { return false; }

 private:
  std::map<Position, StoredBlock> blocks_;
};

std::vector<StoredBlock> Without(std::vector<StoredBlock> blocks, const std::vector<Position>& firsts) {
  std::vector<StoredBlock> left;
  for (StoredBlock& block : blocks) {
    if (std::find(firsts.begin(), firsts.end(), block.first) == firsts.end()) left.push_back(std::move(block));
  }
  return left;
}

std::string Text(const std::vector<PositionRange>& ranges) {
  std::string text;
  for (const PositionRange& range : ranges) text += absl::StrCat("[", range.first, "-", range.last, "]");
  return text;
}

class MergeTest : public testing::Test {
 protected:
  Survey MergeOf(const std::vector<StoredBlock>& first, const std::vector<StoredBlock>& second,
                 const LogEnd& mark = {}) {
    GivenBlocks a(first);
    GivenBlocks b(second);
    merged_.clear();
    const absl::StatusOr<Survey> survey = Merge({&a, &b}, mark, [&](const StoredBlock& block) {
      merged_.push_back(block.first);
      return absl::OkStatus();
    });
    EXPECT_TRUE(survey.ok()) << survey.status();
    return *survey;
  }

  const std::vector<StoredBlock> blocks_ = BlocksAfter({}, 6, 2);
  std::vector<Position> merged_;
};

TEST_F(MergeTest, LacksNothingWhereTheCopiesAreEqual) {
  const Survey survey = MergeOf(blocks_, blocks_, EndOf(blocks_[5]));
  EXPECT_EQ(survey.end.position, 12u);
  EXPECT_TRUE(survey.has_mark);
  EXPECT_FALSE(survey.beyond.has_value() || survey.differ);
  for (const CopySurvey& copy : survey.copies) EXPECT_TRUE(copy.lacks.empty() && !copy.damaged);
}

TEST_F(MergeTest, TakesFromEachCopyWhatTheOtherLacks) {
  const Survey survey = MergeOf(Without(blocks_, {3, 5, 11}), Without(blocks_, {1, 7}), EndOf(blocks_[5]));
  EXPECT_THAT(merged_, testing::ElementsAre(1, 3, 5, 7, 9, 11));
  EXPECT_EQ(Text(survey.copies[0].lacks), "[3-6][11-12]");
  EXPECT_EQ(Text(survey.copies[1].lacks), "[1-2][7-8]");
  EXPECT_TRUE(survey.has_mark);
}

TEST_F(MergeTest, EndsBeforeWhatBothLackAndSaysWhatComesAfter) {
  const Survey survey = MergeOf(Without(blocks_, {5}), Without(blocks_, {5, 7}), EndOf(blocks_[5]));
  EXPECT_EQ(survey.end.position, 4u);
  EXPECT_EQ(survey.beyond, std::optional<Position>(7));
  EXPECT_FALSE(survey.has_mark);
}

TEST_F(MergeTest, BelievesNoBlockWhoseHashDoesNotCoverItsBytes) {
  std::vector<StoredBlock> flipped = blocks_;
  flipped[2].bytes[10] ^= 1;
  const Survey survey = MergeOf(flipped, blocks_);
  EXPECT_EQ(survey.end.position, 12u);
  EXPECT_TRUE(survey.copies[0].damaged);
  EXPECT_EQ(Text(survey.copies[0].lacks), "[5-6]");
  EXPECT_FALSE(survey.copies[1].damaged);
}

TEST_F(MergeTest, KnowsTheRightOneOfTwoChainsByTheMark) {
  std::vector<StoredBlock> other = {blocks_[0], BlockAfter(EndOf(blocks_[0]), 3)};
  const Survey as_first = MergeOf(other, blocks_, EndOf(blocks_[3]));
  EXPECT_TRUE(as_first.differ);
  EXPECT_FALSE(as_first.has_mark);
  const Survey as_second = MergeOf(blocks_, other, EndOf(blocks_[3]));
  EXPECT_TRUE(as_second.has_mark);
  EXPECT_TRUE(as_second.copies[1].damaged);
}

TEST_F(MergeTest, KnowsNoMarkInsideABlock) {
  EXPECT_FALSE(MergeOf(blocks_, blocks_, {.position = 3, .hash = blocks_[1].hash}).has_mark);
  EXPECT_FALSE(MergeOf(blocks_, blocks_, {.position = 4, .hash = blocks_[0].hash}).has_mark);
}

}  // namespace
}  // namespace bursar
