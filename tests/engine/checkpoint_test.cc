// Checkpoints: what they give back, which are passed over, and that a ledger that opens from one is the same ledger.
#include "ledger/engine/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/domain/refusals.h"
#include "ledger/engine/ledger.h"
#include "ledger/engine/state_at.h"
#include "ledger/log/block.h"
#include "ledger/log/memory_log.h"
#include "tests/folder.h"
#include "tests/laws/world.h"
#include "tests/log/failing_log.h"

namespace bursar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace fs = std::filesystem;

std::string EmptyFolder() {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  const fs::path folder = fs::path(testing::TempDir()) / absl::StrCat(test->test_suite_name(), "-", test->name());
  fs::remove_all(folder);
  return folder.string();
}

// Writes the checkpoint of a block's end.
void Write(const World& world, const std::string& folder, const LogEnd& end) {
  const absl::Status written = WriteCheckpoint(folder, world.ReplayedTo(end.position), end);
  ASSERT_TRUE(written.ok()) << written;
}

TEST(StateAt, EqualsAReplayAtAnyPosition) {
  for (const uint64_t seed : {1, 2, 3, 4, 5}) {
    World world(seed, 600);
    const std::string folder = EmptyFolder();
    const auto& ends = world.ends();
    Write(world, folder, ends[ends.size() / 3]);
    Write(world, folder, ends[ends.size() * 2 / 3]);
    for (int i = 0; i < 12; ++i) {
      const auto position = static_cast<Position>(world.dice().Below(static_cast<int64_t>(ends.back().position) + 1));
      const absl::StatusOr<State> state = StateAt(world.log(), folder, position);
      ASSERT_TRUE(state.ok()) << state.status();
      EXPECT_TRUE(state->Canonical() == world.ReplayedTo(position).Canonical()) << seed << " at " << position;
    }
    for (const LogEnd& end : {ends[ends.size() / 3], ends.back()}) {
      const absl::StatusOr<State> state = StateAt(world.log(), folder, end.position);
      ASSERT_TRUE(state.ok()) << state.status();
      EXPECT_TRUE(state->Canonical() == world.ReplayedTo(end.position).Canonical()) << seed;
    }
  }
}

TEST(StateAt, NeedsNoCheckpoint) {
  World world(7, 200);
  for (const Position position : {Position{0}, Position{1}, world.ends().back().position}) {
    const absl::StatusOr<State> state = StateAt(world.log(), "", position);
    ASSERT_TRUE(state.ok()) << state.status();
    EXPECT_TRUE(state->Canonical() == world.ReplayedTo(position).Canonical()) << position;
  }
}

TEST(StateAt, GoesNoFurtherThanTheLog) {
  World world(7, 50);
  const absl::Status beyond = StateAt(world.log(), "", world.ends().back().position + 1).status();
  EXPECT_TRUE(absl::IsOutOfRange(beyond)) << beyond;
}

TEST(StateAt, CanBeInterrupted) {
  World world(7, 50);
  const absl::Status interrupted = StateAt(world.log(), "", world.ends().back().position, [] { return true; }).status();
  EXPECT_TRUE(absl::IsCancelled(interrupted)) << interrupted;
}

// A world with two checkpoints, the newer of which something happens to.
class DamagedCheckpoint : public testing::Test {
 protected:
  DamagedCheckpoint()
      : folder_(EmptyFolder()), older_(world_.ends()[world_.ends().size() / 2]), newer_(world_.ends().back()) {
    Write(world_, folder_, older_);
    Write(world_, folder_, newer_);
    whole_ = Contents(File());
  }

  fs::path File() const { return fs::path(folder_) / absl::StrCat(newer_.position, ".ckpt"); }

  // The older one is taken, and a warning names the newer.
  void ExpectPassedOver(const std::string& why, const std::string& what) {
    std::vector<std::string> warnings;
    const Checkpoint found = NearestCheckpoint(world_.log(), folder_, newer_.position,
                                               [&](const std::string& warning) { warnings.push_back(warning); });
    EXPECT_EQ(found.end.position, older_.position) << what;
    ASSERT_THAT(warnings, SizeIs(1)) << what;
    EXPECT_THAT(warnings[0], HasSubstr(File().filename().string())) << what;
    EXPECT_THAT(warnings[0], HasSubstr(why)) << what;
  }

  World world_{11, 300};
  const std::string folder_;
  const LogEnd older_;
  const LogEnd newer_;
  std::string whole_;
};

TEST_F(DamagedCheckpoint, IsTakenWhileItIsWhole) {
  const Checkpoint found = NearestCheckpoint(world_.log(), folder_, newer_.position,
                                             [](const std::string& warning) { ADD_FAILURE() << warning; });
  EXPECT_EQ(found.end.position, newer_.position);
  EXPECT_TRUE(found.end.hash == newer_.hash);
  EXPECT_TRUE(found.state.Canonical() == world_.ReplayedTo(newer_.position).Canonical());
  const Checkpoint before = NearestCheckpoint(world_.log(), folder_, newer_.position - 1, nullptr);
  EXPECT_EQ(before.end.position, older_.position);
  EXPECT_EQ(NearestCheckpoint(world_.log(), folder_, older_.position - 1, nullptr).end.position, 0u);
}

TEST_F(DamagedCheckpoint, IsPassedOverWhateverByteIsFlipped) {
  for (size_t i = 0; i < whole_.size(); i += 1 + i / 40) {
    std::string damaged = whole_;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    SetContents(File(), damaged);
    ExpectPassedOver("", absl::StrCat("byte ", i));
  }
}

TEST_F(DamagedCheckpoint, IsPassedOverWhereverItEnds) {
  for (size_t size = 0; size < whole_.size(); size += 1 + size / 20) {
    SetContents(File(), whole_.substr(0, size));
    ExpectPassedOver("", absl::StrCat(size, " bytes"));
  }
  SetContents(File(), whole_.substr(0, whole_.size() - 1));
  ExpectPassedOver("", "without its last byte");
  SetContents(File(), whole_ + "x");
  ExpectPassedOver("", "with a byte too many");
}

TEST_F(DamagedCheckpoint, IsPassedOverWhereAnotherVersionWroteIt) {
  std::string newer = whole_;
  ++newer[15];
  SetContents(File(), newer);
  ExpectPassedOver("another version", "the version of the rules");
  std::string other_members = whole_;
  ++other_members[16];
  SetContents(File(), other_members);
  ExpectPassedOver("another version", "the layout of the state");
}

TEST_F(DamagedCheckpoint, IsPassedOverWhereItIsOfAnotherLog) {
  World other(12, 1'200);
  const auto same_position = std::find_if(other.ends().begin(), other.ends().end(),
                                          [&](const LogEnd& end) { return end.position >= newer_.position; });
  ASSERT_NE(same_position, other.ends().end());
  fs::remove(File());
  Write(other, folder_, *same_position);
  const Position position = same_position->position;
  std::vector<std::string> warnings;
  const Checkpoint found = NearestCheckpoint(world_.log(), folder_, position,
                                             [&](const std::string& warning) { warnings.push_back(warning); });
  EXPECT_EQ(found.end.position, older_.position);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("another log")));
}

TEST_F(DamagedCheckpoint, IsPassedOverUnderAnotherName) {
  fs::remove(fs::path(folder_) / absl::StrCat(older_.position, ".ckpt"));
  fs::rename(File(), fs::path(folder_) / absl::StrCat(older_.position, ".ckpt"));
  std::vector<std::string> warnings;
  const Checkpoint found = NearestCheckpoint(world_.log(), folder_, newer_.position,
                                             [&](const std::string& warning) { warnings.push_back(warning); });
  EXPECT_EQ(found.end.position, 0u);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("another position")));
}

TEST_F(DamagedCheckpoint, ThatACrashLeftUnfinishedIsNoneAndGoesWithTheNext) {
  const fs::path unfinished = fs::path(folder_) / absl::StrCat(newer_.position + 5, ".ckpt.tmp");
  SetContents(unfinished, whole_.substr(0, whole_.size() / 2));
  EXPECT_THAT(CheckpointsIn(folder_), ElementsAre(newer_.position, older_.position));
  Write(world_, folder_, newer_);
  EXPECT_FALSE(fs::exists(unfinished));
}

TEST(WriteCheckpoint, KeepsTheNewestTwo) {
  World world(13, 100);
  const std::string folder = EmptyFolder();
  for (size_t i = 0; i < 5; ++i) Write(world, folder, world.ends()[i]);
  EXPECT_THAT(CheckpointsIn(folder), ElementsAre(world.ends()[4].position, world.ends()[3].position));
}

TEST(WriteCheckpoint, LeavesNothingBehindWhereItIsInterrupted) {
  World world(13, 100);
  const std::string folder = EmptyFolder();
  const LogEnd end = world.ends().back();
  const absl::Status interrupted = WriteCheckpoint(folder, world.ReplayedTo(end.position), end, [] { return true; });
  EXPECT_TRUE(absl::IsCancelled(interrupted)) << interrupted;
  EXPECT_TRUE(fs::is_empty(folder));
}

// A log whose readers wait when a test says so.
class SlowToRead : public FailingLog {
 public:
  explicit SlowToRead(EventLog& log) : FailingLog(log) {}

  void HoldReaders() {
    const std::lock_guard<std::mutex> lock(mutex_);
    held_ = true;
  }
  void ReleaseReaders() {
    const std::lock_guard<std::mutex> lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  void AwaitReader() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return readers_ > 0; });
  }

  absl::Status Read(Position from, const std::function<absl::Status(const StoredBlock&)>& visit) const override {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      if (held_) ++readers_;
      changed_.notify_all();
      changed_.wait(lock, [&] { return !held_; });
    }
    return FailingLog::Read(from, visit);
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool held_ = false;
  mutable int readers_ = 0;
};

class LedgerWithCheckpoints : public testing::Test {
 protected:
  LedgerWithCheckpoints() { Open(); }

  void Open(Position every = 0, const std::string& projections = "") {
    ledger_.reset();
    absl::StatusOr<std::unique_ptr<Ledger>> ledger = Ledger::Open({.log = &log_,
                                                                   .clock = &clock_,
                                                                   .projections_folder = projections,
                                                                   .checkpoints_folder = folder_,
                                                                   .checkpoint_every = every,
                                                                   .warn = [this](const std::string& warning) {
                                                                     const std::lock_guard<std::mutex> lock(mutex_);
                                                                     warnings_.push_back(warning);
                                                                   }});
    ASSERT_TRUE(ledger.ok()) << ledger.status();
    ledger_ = *std::move(ledger);
  }

  absl::StatusOr<Answer> Ask(const std::string& request_id, const std::string& print = "fingerprint-1234") {
    return ledger_->SubmitAndWait({.principal = {.role = Role::kOperator, .name = "olga"},
                                   .request_id = request_id,
                                   .fingerprint = print,
                                   .command = PublishPartner{.partner_id = request_id, .display_name = "Acme"}});
  }
  // Entries `from`, ..., `to`, named after their positions.
  void Fill(int from, int to) {
    for (int i = from; i <= to; ++i) ASSERT_TRUE(Ask(absl::StrCat("partner-", i)).ok());
  }
  absl::StatusOr<Position> Checkpoint() {
    std::promise<absl::StatusOr<Position>> written;
    ledger_->WriteCheckpoint([&](absl::StatusOr<Position> position) { written.set_value(std::move(position)); });
    return written.get_future().get();
  }
  std::string Canonical() const {
    std::string canonical;
    ledger_->Read([&](const State& state, absl::Time) { canonical = state.Canonical(); });
    return canonical;
  }
  std::vector<std::string> Warnings() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return warnings_;
  }

  const std::string folder_ = EmptyFolder();
  ManualClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  MemoryLog memory_;
  SlowToRead log_{memory_};
  std::mutex mutex_;
  std::vector<std::string> warnings_;
  std::unique_ptr<Ledger> ledger_;
};

TEST_F(LedgerWithCheckpoints, OpensFromTheNewestAndTheEntriesAfterIt) {
  Fill(1, 20);
  EXPECT_EQ(*Checkpoint(), 20u);
  Fill(21, 25);
  const std::string live = Canonical();
  Open();
  EXPECT_EQ(ledger_->recovery().checkpoint, 20u);
  EXPECT_EQ(ledger_->recovery().replayed, 5u);
  EXPECT_EQ(Canonical(), live);
  fs::remove_all(folder_);
  Open();
  EXPECT_EQ(ledger_->recovery().checkpoint, 0u);
  EXPECT_EQ(ledger_->recovery().replayed, 25u);
  EXPECT_EQ(Canonical(), live);
}

TEST_F(LedgerWithCheckpoints, GoesOnWritingTheSameLog) {
  Fill(1, 20);
  ASSERT_TRUE(Checkpoint().ok());
  Open();
  Fill(21, 30);
  ledger_.reset();
  EXPECT_TRUE(VerifiedRead(log_, [](const storage::v1::Block&) { return absl::OkStatus(); }).ok());
  Open();
  Fill(31, 31);
}

// Neither replayed nor in the request index, which has been deleted: the index takes them in before anything is
// decided.
TEST_F(LedgerWithCheckpoints, RemembersTheRequestsBeforeIt) {
  const std::string first = (*Ask("partner-1"))->SerializeAsString();
  Fill(2, 20);
  ASSERT_TRUE(Checkpoint().ok());
  Fill(21, 25);
  const std::string late = (*Ask("partner-25"))->SerializeAsString();
  Open();
  ASSERT_EQ(ledger_->recovery().checkpoint, 20u);
  EXPECT_EQ((*Ask("partner-1"))->SerializeAsString(), first);
  EXPECT_EQ((*Ask("partner-25"))->SerializeAsString(), late);
  EXPECT_EQ(ReasonOf(Ask("partner-20", "fingerprint-5678").status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(log_.Last().position, 25u);
}

TEST_F(LedgerWithCheckpoints, WritesOneWhenItCloses) {
  Open(1'000);
  Fill(1, 7);
  ledger_.reset();
  EXPECT_THAT(CheckpointsIn(folder_), ElementsAre(7u));
  Open();
  EXPECT_EQ(ledger_->recovery().replayed, 0u);
  Fill(8, 8);
  ledger_.reset();
  EXPECT_THAT(CheckpointsIn(folder_), ElementsAre(7u)) << "0 stands for never";
}

TEST_F(LedgerWithCheckpoints, WritesOneAfterSoManyEntries) {
  Open(10);
  Fill(1, 10);
  while (CheckpointsIn(folder_).empty()) std::this_thread::yield();
  EXPECT_GE(CheckpointsIn(folder_).front(), 10u);
}

TEST_F(LedgerWithCheckpoints, AnswersWhileOneIsWritten) {
  Fill(1, 20);
  log_.HoldReaders();
  std::promise<absl::StatusOr<Position>> written;
  ledger_->WriteCheckpoint([&](absl::StatusOr<Position> position) { written.set_value(std::move(position)); });
  log_.AwaitReader();
  Fill(21, 40);
  EXPECT_THAT(CheckpointsIn(folder_), IsEmpty());
  log_.ReleaseReaders();
  EXPECT_EQ(*written.get_future().get(), 20u);
  EXPECT_EQ(log_.Last().position, 40u);
}

TEST_F(LedgerWithCheckpoints, GivesUpWhatItWritesWhenItCloses) {
  Fill(1, 20);
  log_.HoldReaders();
  std::promise<absl::StatusOr<Position>> written;
  ledger_->WriteCheckpoint([&](absl::StatusOr<Position> position) { written.set_value(std::move(position)); });
  log_.AwaitReader();
  std::thread closing([this] { ledger_.reset(); });
  log_.ReleaseReaders();
  closing.join();
  EXPECT_EQ(written.get_future().wait_for(std::chrono::seconds(0)), std::future_status::ready);
}

TEST_F(LedgerWithCheckpoints, GoesOnWhereNoneCanBeWritten) {
  SetContents(folder_, "not a folder");
  Fill(1, 5);
  EXPECT_FALSE(Checkpoint().ok());
  EXPECT_THAT(Warnings(), ElementsAre(HasSubstr("No checkpoint was written")));
  Fill(6, 6);
  fs::remove_all(folder_);
}

TEST_F(LedgerWithCheckpoints, WarnsOfADamagedOneAndComesOutTheSame) {
  Fill(1, 20);
  ASSERT_TRUE(Checkpoint().ok());
  const std::string live = Canonical();
  const fs::path file = fs::path(folder_) / "20.ckpt";
  std::string contents = Contents(file);
  contents[contents.size() / 2] ^= 1;
  SetContents(file, contents);
  Open();
  EXPECT_THAT(Warnings(), ElementsAre(HasSubstr("20.ckpt is passed over")));
  EXPECT_EQ(ledger_->recovery().checkpoint, 0u);
  EXPECT_EQ(Canonical(), live);
}

}  // namespace
}  // namespace bursar
