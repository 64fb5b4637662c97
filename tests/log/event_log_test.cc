// The contract of EventLog, run on every implementation, and what only the one on disk promises.
#include "ledger/log/event_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bursar/storage/v1/entry.pb.h"
#include "ledger/log/block.h"
#include "ledger/log/memory_log.h"
#include "ledger/log/rocksdb_log.h"
#include "tests/log/failing_log.h"

namespace bursar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A block of `count` entries that follows `end`.
StoredBlock BlockAfter(const LogEnd& end, int count, int64_t commit_time = 1'000) {
  storage::v1::Block block;
  for (int i = 0; i < count; ++i) {
    storage::v1::Entry* entry = block.add_entries();
    entry->set_position(end.position + 1 + i);
    entry->set_commit_time(commit_time);
    entry->set_principal("user-ada");
    entry->set_request_id(absl::StrCat("request-", entry->position()));
  }
  return Seal(block, end);
}

LogEnd EndOf(const StoredBlock& block) { return {.position = block.last, .hash = block.hash}; }

std::vector<Position> FirstPositions(const EventLog& log, Position from) {
  std::vector<Position> firsts;
  EXPECT_TRUE(log.Read(from,
                       [&](const StoredBlock& block) {
                         firsts.push_back(block.first);
                         return absl::OkStatus();
                       })
                  .ok());
  return firsts;
}

std::vector<StoredBlock> Blocks(const EventLog& log) {
  std::vector<StoredBlock> blocks;
  EXPECT_TRUE(log.Read(1,
                       [&](const StoredBlock& block) {
                         blocks.push_back(block);
                         return absl::OkStatus();
                       })
                  .ok());
  return blocks;
}

absl::Status Verify(const EventLog& log) {
  return VerifiedRead(log, [](const storage::v1::Block&) { return absl::OkStatus(); }).status();
}

std::string EmptyFolder() {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  std::string name = absl::StrCat(test->test_suite_name(), "-", test->name());
  for (char& c : name) c = c == '/' ? '-' : c;
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / name;
  std::filesystem::remove_all(folder);
  return (folder / "deeper" / "log").string();
}

std::unique_ptr<RocksDbLog> OpenFolder(const std::string& folder) {
  absl::StatusOr<std::unique_ptr<RocksDbLog>> log = RocksDbLog::Open({.folder = folder, .create_if_missing = true});
  EXPECT_TRUE(log.ok()) << log.status();
  return log.ok() ? *std::move(log) : nullptr;
}

struct Implementation {
  std::string name;
  std::function<std::unique_ptr<EventLog>()> make;
};

class EventLogContract : public testing::TestWithParam<Implementation> {
 protected:
  EventLogContract() : log_(GetParam().make()) {}

  void AppendBlocks(const std::vector<int>& counts) {
    for (const int count : counts) ASSERT_TRUE(log_->Append(BlockAfter(log_->Last(), count)).ok());
  }

  const std::unique_ptr<EventLog> log_;
};

INSTANTIATE_TEST_SUITE_P(, EventLogContract,
                         testing::Values(Implementation{"Memory", [] { return std::make_unique<MemoryLog>(); }},
                                         Implementation{"RocksDb", [] { return OpenFolder(EmptyFolder()); }}),
                         [](const testing::TestParamInfo<Implementation>& info) { return info.param.name; });

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

// What is wrong with it, and the position that is named.
struct Damage {
  std::string name;
  std::function<void(std::vector<StoredBlock>&)> inflict;
  std::string says;
};

class DamagedLog : public testing::TestWithParam<Damage> {};

INSTANTIATE_TEST_SUITE_P(
    , DamagedLog,
    testing::Values(
        Damage{"FlippedBit", [](std::vector<StoredBlock>& blocks) { blocks[1].bytes[40] ^= 1; }, "position 3"},
        Damage{"FlippedBitInTheHash", [](std::vector<StoredBlock>& blocks) { blocks[1].hash[0] ^= 1; }, "position 3"},
        Damage{"MissingBlock", [](std::vector<StoredBlock>& blocks) { blocks.erase(blocks.begin() + 1); },
               "position 3"},
        Damage{"MissingFirstBlock", [](std::vector<StoredBlock>& blocks) { blocks.erase(blocks.begin()); },
               "position 1"},
        Damage{"Reordered", [](std::vector<StoredBlock>& blocks) { std::swap(blocks[1], blocks[2]); }, "position 3"},
        Damage{
            "BlockOfAnotherLog",
            [](std::vector<StoredBlock>& blocks) { blocks[1] = BlockAfter({.position = 2, .hash = BlockHash{1}}, 2); },
            "position 3"},
        Damage{"TimeGoesBack",
               [](std::vector<StoredBlock>& blocks) { blocks[2] = BlockAfter(EndOf(blocks[1]), 2, 999); },
               "position 5"},
        Damage{"WrongLastPosition", [](std::vector<StoredBlock>& blocks) { blocks[2].last = 7; }, "position 5"}),
    [](const testing::TestParamInfo<Damage>& info) { return info.param.name; });

TEST_P(DamagedLog, IsFoundWithThePositionThatIsWrong) {
  std::vector<StoredBlock> blocks;
  LogEnd end;
  for (int i = 0; i < 3; ++i) {
    blocks.push_back(BlockAfter(end, 2));
    end = EndOf(blocks.back());
  }
  GetParam().inflict(blocks);

  Chain chain;
  absl::Status status;
  for (const StoredBlock& block : blocks) {
    if (status.ok()) status = chain.Check(block).status();
  }
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(absl::StrCat(GetParam().says, ":")));
}

TEST(Block, SealsEqualEntriesToEqualBytes) {
  EXPECT_EQ(BlockAfter({}, 5).bytes, BlockAfter({}, 5).bytes);
  EXPECT_EQ(BlockAfter({}, 5).hash, BlockAfter({}, 5).hash);
}

TEST(RocksDbLog, IsThereAfterReopening) {
  const std::string folder = EmptyFolder();
  LogEnd end;
  {
    const std::unique_ptr<RocksDbLog> log = OpenFolder(folder);
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(log->Append(BlockAfter(log->Last(), 3)).ok());
    end = log->Last();
  }
  const std::unique_ptr<RocksDbLog> log = OpenFolder(folder);
  EXPECT_EQ(log->Last().position, end.position);
  EXPECT_EQ(log->Last().hash, end.hash);
  EXPECT_TRUE(Verify(*log).ok());
  EXPECT_TRUE(log->Append(BlockAfter(log->Last(), 1)).ok());
  EXPECT_TRUE(Verify(*log).ok());
}

TEST(RocksDbLog, IsNotMadeUnlessAskedTo) {
  const std::string folder = EmptyFolder();
  EXPECT_TRUE(absl::IsNotFound(RocksDbLog::Open({.folder = folder}).status()));
  EXPECT_FALSE(std::filesystem::exists(folder));
  OpenFolder(folder).reset();
  EXPECT_TRUE(RocksDbLog::Open({.folder = folder}).ok());
}

TEST(RocksDbLog, IsOpenOnlyOnce) {
  const std::string folder = EmptyFolder();
  const std::unique_ptr<RocksDbLog> log = OpenFolder(folder);
  const absl::Status second = RocksDbLog::Open({.folder = folder, .create_if_missing = true}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(second)) << second;
}

TEST(RocksDbLog, KeepsBlocksOfManySizesThroughFlushAndReopening) {
  const std::string folder = EmptyFolder();
  {
    const std::unique_ptr<RocksDbLog> log = OpenFolder(folder);
    for (const int count : {1, 4'096, 1, 1'000, 2}) ASSERT_TRUE(log->Append(BlockAfter(log->Last(), count)).ok());
  }
  const std::unique_ptr<RocksDbLog> log = OpenFolder(folder);
  EXPECT_EQ(log->Last().position, 5'100u);
  EXPECT_TRUE(Verify(*log).ok());
  EXPECT_THAT(FirstPositions(*log, 4'097), ElementsAre(2, 4'098, 4'099, 5'099));
}

TEST(FailingLog, FailsOnRequestAndForGood) {
  MemoryLog memory;
  FailingLog log(memory);
  ASSERT_TRUE(log.Append(BlockAfter({}, 1)).ok());
  log.FailFromNowOn();
  EXPECT_FALSE(log.Append(BlockAfter(log.Last(), 1)).ok());
  EXPECT_EQ(log.Last().position, 1u);
}

}  // namespace
}  // namespace bursar
