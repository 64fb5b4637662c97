#include "bench/load/writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/load/loop.h"
#include "bench/load/world.h"
#include "ledger/base/check.h"
#include "ledger/engine/ledger.h"
#include "ledger/log/rocksdb_log.h"
#include "ledger/store/store.h"

namespace bursar::bench {
namespace {

constexpr int kAccounts = 1'000;
constexpr int kOutstanding[] = {1, 16, 64, 256, 4'096};

// Notes the size and the number of entries of every block on its way to the real log.
class NotingLog : public EventLog {
 public:
  explicit NotingLog(EventLog& log) : log_(log) {}

  absl::Status Append(const StoredBlock& block) override {
    sizes.push_back(block.bytes.size() + block.hash.size());
    entries += block.last - block.first + 1;
    return log_.Append(block);
  }
  absl::Status Read(Position from, const std::function<absl::Status(const StoredBlock&)>& visit) const override {
    return log_.Read(from, visit);
  }
  LogEnd Last() const override { return log_.Last(); }

  std::vector<size_t> sizes;
  uint64_t entries = 0;

 private:
  EventLog& log_;
};

// Each slot places a hold on an account of its own and releases it, over and over.
class HoldsAndReleases {
 public:
  HoldsAndReleases(Ledger& ledger, int outstanding) : ledger_(ledger), holds_(outstanding) {}

  void operator()(int slot, std::function<void()> done) {
    const uint64_t number = next_++;
    Submission submission{.principal = {.role = Role::kService, .name = "load"},
                          .request_id = absl::StrCat("load-", number),
                          .fingerprint = std::string(16, 'f')};
    if (holds_[slot].empty()) {
      submission.command = PlaceHold{
          .action = {.action = "analysis.run", .user = LoadUser(slot % kAccounts), .cost = Money::Micros(1'000'000)}};
    } else {
      submission.command = ReleaseHold{.hold = holds_[slot]};
    }
    ledger_.Submit(std::move(submission), [this, slot, done = std::move(done)](const absl::StatusOr<Answer>& answer) {
      BURSAR_CHECK(answer.ok());
      const auto& event = (*answer)->events(0);
      holds_[slot] = event.has_hold_placed() ? HoldId(event.hold_placed().hold()) : HoldId();
      done();
    });
  }

 private:
  Ledger& ledger_;
  std::vector<HoldId> holds_;
  std::atomic<uint64_t> next_{1};
};

struct WriterRun {
  Figures figures;
  std::vector<size_t> sizes;
  double entries_per_block = 0;
};

// A log of RocksDB alone, or one in two copies with its watermark.
class LogUnderTest {
 public:
  LogUnderTest(const std::string& folder, int copies) {
    if (copies == 1) {
      auto alone = RocksDbLog::Open({.folder = folder + "/log", .create_if_missing = true});
      BURSAR_CHECK(alone.ok());
      alone_ = *std::move(alone);
      return;
    }
    BURSAR_CHECK(Store::Make({.folder = folder + "/store"}).ok());
    auto store = Store::Open({.folder = folder + "/store"});
    BURSAR_CHECK(store.ok());
    store_ = *std::move(store);
  }
  EventLog& log() { return store_ != nullptr ? store_->log() : *alone_; }

 private:
  std::unique_ptr<RocksDbLog> alone_;
  std::unique_ptr<Store> store_;
};

WriterRun RunWriter(const std::string& folder, int copies, int outstanding, absl::Duration time) {
  std::filesystem::remove_all(folder);
  LogUnderTest log(folder, copies);
  NotingLog noting(log.log());
  SystemClock clock;
  auto ledger = Ledger::Open({.log = &noting, .clock = &clock, .projections_folder = folder + "/projections"});
  BURSAR_CHECK(ledger.ok());
  Populate(**ledger, kAccounts);
  noting.sizes.clear();
  noting.entries = 0;
  HoldsAndReleases operation(**ledger, outstanding);
  const Figures figures = RunLoop(outstanding, time, std::ref(operation));
  ledger->reset();
  return {.figures = figures,
          .sizes = noting.sizes,
          .entries_per_block = static_cast<double>(noting.entries) / static_cast<double>(noting.sizes.size())};
}

// Blocks per second: write, then fdatasync, one block after the other.
double RunBareAppend(const std::string& folder, const std::vector<size_t>& sizes) {
  const std::string path = folder + "/bare";
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
  BURSAR_CHECK(file >= 0);
  const std::string bytes(*std::max_element(sizes.begin(), sizes.end()), 'b');
  const absl::Time start = absl::Now();
  for (const size_t size : sizes) {
    BURSAR_CHECK(write(file, bytes.data(), size) == static_cast<ssize_t>(size));
    BURSAR_CHECK(fdatasync(file) == 0);
  }
  const absl::Duration wall = absl::Now() - start;
  close(file);
  return static_cast<double>(sizes.size()) / absl::ToDoubleSeconds(wall);
}

// What the rounds of one row measured.
class Rounds {
 public:
  void Add(const std::string& folder, const WriterRun& run) {
    // Both in entries: the bare append carries as many per block as the ledger did.
    const double ceiling = RunBareAppend(folder, run.sizes) * run.entries_per_block;
    runs_.push_back(run.figures);
    ceilings_.push_back(ceiling);
    ratios_.push_back(run.figures.rate / ceiling);
    group_sizes_.push_back(run.entries_per_block);
  }

  void Print(int outstanding, int copies) const {
    const Figures figures = MedianOf(runs_);
    std::printf("%12d %7d %12.0f %12.1f %10.0f %10.0f %14.0f %8.2f\n", outstanding, copies, figures.rate,
                Median(group_sizes_), absl::ToDoubleMicroseconds(figures.p50), absl::ToDoubleMicroseconds(figures.p99),
                Median(ceilings_), Median(ratios_));
    std::fflush(stdout);
  }

 private:
  std::vector<Figures> runs_;
  std::vector<double> ceilings_;
  std::vector<double> ratios_;
  std::vector<double> group_sizes_;
};

}  // namespace

void BenchWriter(const std::string& folder, absl::Duration time, int rounds) {
  std::printf(
      "\nWriter: PlaceHold and ReleaseHold on %d accounts, the log in RocksDB alone (1) or with journal and watermark "
      "(2), beside write + fdatasync of blocks of the same sizes\n",
      kAccounts);
  std::printf("%12s %7s %12s %12s %10s %10s %14s %8s\n", "outstanding", "copies", "entries/s", "entries/blk", "p50 us",
              "p99 us", "bare append/s", "ratio");
  for (const int outstanding : kOutstanding) {
    std::array<Rounds, 2> of_copies;
    // Interleaved, so that both see the same minutes.
    for (int round = 0; round < rounds; ++round) {
      for (size_t i = 0; i < of_copies.size(); ++i) {
        of_copies[i].Add(folder, RunWriter(folder, static_cast<int>(i) + 1, outstanding, time));
      }
    }
    for (size_t i = 0; i < of_copies.size(); ++i) of_copies[i].Print(outstanding, static_cast<int>(i) + 1);
  }
}

}  // namespace bursar::bench
