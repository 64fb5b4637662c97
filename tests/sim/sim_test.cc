// A few thousand steps of the simulation in every build, and everything that ever failed in it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/sim/run.h"
#include "tests/sim/sim_log.h"

namespace bursar::sim {
namespace {

std::vector<std::string> Corpus() {
  std::vector<std::string> files;
  for (const auto& file : std::filesystem::directory_iterator(BURSAR_SOURCE_DIR "/tests/corpus")) {
    if (file.path().extension() == ".trace") files.push_back(file.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

class Worlds : public testing::TestWithParam<uint64_t> {};

TEST_P(Worlds, KeepEveryLaw) {
  const Outcome outcome = RunTrace(Trace::OfSeed(GetParam(), 500));
  EXPECT_EQ(outcome.broken, "") << "after " << outcome.steps << " steps";
}

INSTANTIATE_TEST_SUITE_P(Seeds, Worlds, testing::Range<uint64_t>(1, 13));

TEST(Simulation, IsTheSameEveryTime) {
  for (const uint64_t seed : {21U, 22U, 23U}) {
    const Trace trace = Trace::OfSeed(seed, 400);
    EXPECT_EQ(RunTrace(trace).digest, RunTrace(trace).digest) << seed;
  }
}

TEST(Simulation, StillKeepsEveryLawWhereItOnceBrokeOne) {
  for (const std::string& file : Corpus()) {
    const absl::StatusOr<Trace> trace = Trace::Read(file);
    ASSERT_TRUE(trace.ok()) << trace.status();
    EXPECT_EQ(RunTrace(*trace).broken, "") << file;
  }
}

TEST(Trace, IsReadAsItWasWritten) {
  const Trace trace = Trace::OfSeed(7, 3);
  const absl::StatusOr<Trace> read = Trace::OfText(trace.text("what was broken"));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->bytes(), trace.bytes());
  EXPECT_EQ(Trace::OfBytes(trace.bytes()).bytes(), trace.bytes());
  EXPECT_FALSE(Trace::OfText("no trace").ok());
}

TEST(Shrink, LeavesWhatTheFailureNeeds) {
  Trace trace = Trace::OfSeed(7, 200);
  trace.steps[150].fill(9);
  const auto fails = [](const Trace& one) {
    return std::any_of(one.steps.begin(), one.steps.end(), [](const auto& step) { return step[3] == 9; });
  };
  const Trace small = Shrink(trace, fails, absl::InfiniteFuture());
  ASSERT_EQ(small.steps.size(), 1u);
  EXPECT_EQ(small.steps[0][3], 9);
  EXPECT_EQ(small.steps[0][2], 0);
}

StoredBlock Block(Position first) { return {.first = first, .last = first, .bytes = "bytes"}; }

TEST(SimLog, LosesInACrashWhatWasNotSynced) {
  SimLog log;
  ASSERT_TRUE(log.Append(Block(1)).ok());
  log.SetFault(SimLog::Fault::kFailsKeepingUnsynced);
  ASSERT_FALSE(log.Append(Block(2)).ok());
  EXPECT_EQ(log.Last().position, 2u);
  EXPECT_EQ(log.synced(), 1u);
  log.Crash(0);
  EXPECT_EQ(log.Last().position, 1u);
  EXPECT_TRUE(log.misuse().empty());
}

TEST(SimLog, NoticesAnAppendAfterOneThatFailed) {
  SimLog log;
  log.SetFault(SimLog::Fault::kFailsKeepingNothing);
  ASSERT_FALSE(log.Append(Block(1)).ok());
  ASSERT_FALSE(log.Append(Block(1)).ok());
  EXPECT_FALSE(log.misuse().empty());
}

}  // namespace
}  // namespace bursar::sim
