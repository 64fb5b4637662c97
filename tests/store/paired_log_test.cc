// The log in two copies keeps the contract of a log, and what an answer means.
#include "ledger/store/paired_log.h"

#include <gtest/gtest.h>
#include <rocksdb/file_system.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "ledger/log/memory_log.h"
#include "ledger/store/journal_blocks.h"
#include "tests/folder.h"
#include "tests/log/event_log_contract.h"
#include "tests/log/failing_log.h"
#include "tests/store/blocks.h"

namespace bursar {
namespace {

// With its copies, of which the first may be made to fail.
class WholePairedLog : public EventLog {
 public:
  WholePairedLog() {
    std::filesystem::create_directories(blocks_);
    watermark_ = *Watermark::Begin(*files_, folder_ / ".", identity_, {}, 0);
    log_ = std::make_unique<PairedLog>(first_, journal_, *watermark_);
  }
  absl::Status Append(const StoredBlock& block) override { return log_->Append(block); }
  absl::Status Read(Position from, const std::function<absl::Status(const StoredBlock&)>& visit) const override {
    return log_->Read(from, visit);
  }
  LogEnd Last() const override { return log_->Last(); }

  // Ends what is being done.
  void Close() { log_.reset(); }

  FailingLog& first() { return first_; }
  Position InJournal() const {
    const auto blocks = *JournalBlocks::Open(*files_, blocks_, identity_.id);
    Position last = 0;
    while (true) {
      const auto block = blocks->Find(last + 1);
      if (!block.ok() || !block->has_value()) return last;
      last = (*block)->last;
    }
  }
  Position InWatermark() const { return (*Watermark::Read(*files_, folder_ / "watermark"))->end.position; }
  void BreakJournal() const { std::filesystem::remove_all(blocks_); }

 private:
  const Folder folder_;
  const std::string blocks_ = folder_ / "blocks";
  const std::shared_ptr<rocksdb::FileSystem> files_ = rocksdb::FileSystem::Default();
  const StoreIdentity identity_ = FreshIdentity();
  MemoryLog memory_;
  FailingLog first_{memory_};
  Journal journal_{{.files = files_.get(), .folder = blocks_, .store_id = identity_.id}};
  std::unique_ptr<Watermark> watermark_;
  std::unique_ptr<PairedLog> log_;
};

INSTANTIATE_TEST_SUITE_P(Paired, EventLogContract,
                         testing::Values(Implementation{"Log", [] { return std::make_unique<WholePairedLog>(); }}),
                         NameOf);

TEST(PairedLog, HasEveryAnsweredBlockInBothCopies) {
  WholePairedLog log;
  for (int i = 1; i <= 5; ++i) {
    AppendBlocks(log, 1, 2);
    EXPECT_EQ(log.InJournal(), log.Last().position);
    EXPECT_GE(log.InWatermark() + 2, log.Last().position) << "It trails by one block at most.";
  }
  log.Close();
  EXPECT_EQ(log.InWatermark(), 10u);
}

TEST(PairedLog, AnswersNothingAnyMoreOnceOneCopyHasFailed) {
  WholePairedLog log;
  AppendBlocks(log, 2);
  log.first().FailFromNowOn();
  EXPECT_TRUE(absl::IsUnavailable(log.Append(BlockAfter(log.Last(), 1))));
  EXPECT_EQ(log.Last().position, 2u);
  EXPECT_TRUE(absl::IsUnavailable(log.Append(BlockAfter(log.Last(), 1))));
  log.Close();
  EXPECT_EQ(log.InWatermark(), 2u);
}

TEST(PairedLog, AnswersNothingThatItsJournalCouldNotTake) {
  WholePairedLog log;
  log.BreakJournal();
  EXPECT_TRUE(absl::IsUnavailable(log.Append(BlockAfter(log.Last(), 1))));
  EXPECT_EQ(log.Last().position, 0u);
  EXPECT_TRUE(absl::IsUnavailable(log.Append(BlockAfter(log.Last(), 1))));
}

}  // namespace
}  // namespace bursar
