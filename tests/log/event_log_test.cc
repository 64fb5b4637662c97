// The contract of EventLog, run on the log in memory and the one on disk, and what only the latter promises.
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
#include "ledger/log/block.h"
#include "ledger/log/memory_log.h"
#include "ledger/log/rocksdb_log.h"
#include "tests/log/event_log_contract.h"
#include "tests/log/failing_log.h"

namespace bursar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

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

INSTANTIATE_TEST_SUITE_P(, EventLogContract,
                         testing::Values(Implementation{"Memory", [] { return std::make_unique<MemoryLog>(); }},
                                         Implementation{"RocksDb", [] { return OpenFolder(EmptyFolder()); }}),
                         NameOf);

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
