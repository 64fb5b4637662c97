#include "tests/log/event_log_contract.h"

#include <thread>
#include <utility>

namespace bursar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_P(EventLogContract, BeginsEmpty) {
  EXPECT_EQ(log_->Last().position, 0u);
  EXPECT_EQ(log_->Last().hash, BlockHash{});
  EXPECT_THAT(FirstPositions(*log_, 1), IsEmpty());
  EXPECT_TRUE(Verify(*log_).ok());
}

TEST_P(EventLogContract, GivesBackWhatWasAppended) {
  const StoredBlock first = BlockAfter({}, 3);
  const StoredBlock second = BlockAfter(EndOf(first), 2);
  ASSERT_TRUE(log_->Append(first).ok());
  ASSERT_TRUE(log_->Append(second).ok());

  EXPECT_EQ(log_->Last().position, 5u);
  EXPECT_EQ(log_->Last().hash, second.hash);
  const std::vector<StoredBlock> blocks = Blocks(*log_);
  ASSERT_EQ(blocks.size(), 2u);
  EXPECT_EQ(blocks[1].first, 4u);
  EXPECT_EQ(blocks[1].last, 5u);
  EXPECT_EQ(blocks[1].bytes, second.bytes);
  EXPECT_EQ(blocks[1].hash, second.hash);
  EXPECT_TRUE(Verify(*log_).ok());
}

TEST_P(EventLogContract, ReadsFromTheBlockThatHoldsThePosition) {
  AppendBlocks({3, 1, 300, 2});
  EXPECT_THAT(FirstPositions(*log_, 0), ElementsAre(1, 4, 5, 305));
  EXPECT_THAT(FirstPositions(*log_, 1), ElementsAre(1, 4, 5, 305));
  EXPECT_THAT(FirstPositions(*log_, 3), ElementsAre(1, 4, 5, 305));
  EXPECT_THAT(FirstPositions(*log_, 4), ElementsAre(4, 5, 305));
  EXPECT_THAT(FirstPositions(*log_, 256), ElementsAre(5, 305));
  EXPECT_THAT(FirstPositions(*log_, 306), ElementsAre(305));
  EXPECT_THAT(FirstPositions(*log_, 307), IsEmpty());
}

TEST_P(EventLogContract, StopsReadingWhereTheVisitorSaysSo) {
  AppendBlocks({1, 1, 1});
  int visits = 0;
  const absl::Status read = log_->Read(1, [&](const StoredBlock&) {
    ++visits;
    return visits == 2 ? absl::AbortedError("enough") : absl::OkStatus();
  });
  EXPECT_EQ(read, absl::AbortedError("enough"));
  EXPECT_EQ(visits, 2);
}

TEST_P(EventLogContract, ReadsUpToTheEndAsItStoodAtTheCall) {
  AppendBlocks({1, 1});
  std::vector<Position> seen;
  ASSERT_TRUE(log_->Read(1,
                         [&](const StoredBlock& block) {
                           seen.push_back(block.first);
                           return log_->Append(BlockAfter(log_->Last(), 1));
                         })
                  .ok());
  EXPECT_THAT(seen, ElementsAre(1, 2));
  EXPECT_EQ(log_->Last().position, 4u);
}

TEST_P(EventLogContract, RefusesABlockThatDoesNotFollow) {
  AppendBlocks({2});
  StoredBlock gap = BlockAfter({.position = 3, .hash = log_->Last().hash}, 1);
  StoredBlock again = BlockAfter({.position = 1, .hash = log_->Last().hash}, 1);
  EXPECT_FALSE(log_->Append(gap).ok());
  EXPECT_FALSE(log_->Append(again).ok());
  EXPECT_EQ(log_->Last().position, 2u);
  EXPECT_THAT(FirstPositions(*log_, 1), ElementsAre(1));
}

TEST_P(EventLogContract, MayBeReadWhileItIsAppendedTo) {
  constexpr int kBlocks = 200;
  std::thread writer([&] { AppendBlocks(std::vector<int>(kBlocks, 2)); });
  Position seen = 0;
  while (seen < 2 * kBlocks) {
    const absl::StatusOr<LogEnd> end = VerifiedRead(*log_, [](const storage::v1::Block&) { return absl::OkStatus(); });
    ASSERT_TRUE(end.ok()) << end.status();
    ASSERT_GE(end->position, seen);
    seen = end->position;
  }
  writer.join();
}

TEST_P(EventLogContract, KnowsItsEndsFromOthers) {
  AppendBlocks({2, 3, 1});
  const std::vector<StoredBlock> blocks = Blocks(*log_);
  EXPECT_TRUE(*HasEnd(*log_, LogEnd()));
  for (const StoredBlock& block : blocks) EXPECT_TRUE(*HasEnd(*log_, EndOf(block)));
  EXPECT_FALSE(*HasEnd(*log_, {.position = 4, .hash = blocks[1].hash})) << "inside a block";
  EXPECT_FALSE(*HasEnd(*log_, {.position = 5, .hash = blocks[0].hash})) << "with another hash";
  EXPECT_FALSE(*HasEnd(*log_, {.position = 7, .hash = blocks[2].hash})) << "beyond its end";
}

TEST_P(EventLogContract, IsReadAndCheckedAfterWhatWasCheckedBefore) {
  AppendBlocks({2, 3, 1});
  const std::vector<StoredBlock> blocks = Blocks(*log_);
  const absl::Time time = absl::FromUnixMicros(1'000);
  std::vector<Position> firsts;
  const auto visit = [&](const storage::v1::Block& block) {
    firsts.push_back(block.first_position());
    return absl::OkStatus();
  };
  const absl::StatusOr<LogEnd> end = VerifiedRead(*log_, Chain(EndOf(blocks[0]), time), visit);
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(end->position, 6u);
  EXPECT_THAT(firsts, ElementsAre(3, 6));
  EXPECT_TRUE(VerifiedRead(*log_, Chain(EndOf(blocks[2]), time), visit).ok());
  EXPECT_THAT(firsts, ElementsAre(3, 6)) << "nothing comes after the end";

  const LogEnd forged{.position = 2, .hash = blocks[1].hash};
  EXPECT_TRUE(absl::IsDataLoss(VerifiedRead(*log_, Chain(forged, time), visit).status()));
  const absl::Time later = time + absl::Microseconds(1);
  EXPECT_TRUE(absl::IsDataLoss(VerifiedRead(*log_, Chain(EndOf(blocks[0]), later), visit).status()));
}

}  // namespace
}  // namespace bursar
