#include "tests/nemesis/trial.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/client/client.h"
#include "tests/nemesis/account_steps.h"
#include "tests/nemesis/books.h"
#include "tests/nemesis/callers.h"
#include "tests/nemesis/exactly_once.h"
#include "tests/nemesis/real_time.h"
#include "tests/nemesis/receipts.h"
#include "tests/nemesis/replay.h"
#include "tests/nemesis/supervisor.h"
#include "tests/nemesis/uninvited.h"

namespace bursar::nemesis {
namespace {

namespace fs = std::filesystem;

// A server whose disk failed ends by itself within this.
constexpr absl::Duration kGivesUp = absl::Seconds(20);
constexpr int64_t kSmallDiskMegabytes = 512;

absl::Duration Milliseconds(laws::Dice& dice, int64_t from, int64_t to) {
  return absl::Milliseconds(from + dice.Below(to - from + 1));
}

class Trial {
 public:
  explicit Trial(const TrialOptions& options)
      : options_(options),
        dice_(options.seed),
        disk_(MakeDisk()),
        data_(options.folder + (disk_ != nullptr ? "/disk/ledger" : "/ledger")),
        bad_disk_(options.folder + "/bad-disk"),
        server_(options_, data_, options.folder + "/bad-disk", Flags(), report_),
        history_(options.folder + "/history"),
        world_(static_cast<int>(2 + dice_.Below(4)), static_cast<int>(dice_.Pick({2, 5, 20})), history_, connection_) {}

  TrialReport Run() {
    if (!server_.Init()) return Done();
    server_.Spawn();
    if (!Ready()) return Done();
    if (!world_.SetUp()) {
      server_.Find("The world could not be set up.");
      return Done();
    }
    {
      Callers callers(world_, connection_, options_.clients, options_.seed);
      Press(callers);
    }
    if (report_.findings.empty()) PutOldFolderBack();
    return Done();
  }

 private:
  std::unique_ptr<SmallDisk> MakeDisk() {
    const bool wanted = options_.may_mount && options_.faults.count(Fault::kFullDisk) > 0 && dice_.OneIn(6);
    return wanted ? SmallDisk::Mount(options_.folder + "/disk", kSmallDiskMegabytes) : nullptr;
  }

  // On a small disk something is kept in reserve, and the last of the room is for what ends something.
  std::vector<std::string> Flags() const {
    const bool is_small = disk_ != nullptr;
    return {"--checkpoint-every", options_.seed % 4 < 2 ? "200" : "1000000",
            "--disk-low-bytes",   is_small ? "67108864" : "1048576",
            "--ballast-bytes",    is_small ? "33554432" : "0"};
  }

  // Periods until enough was killed, and then the checks while the last server still serves.
  void Press(Callers& callers) {
    while (report_.counts["kills"] < options_.kills && absl::Now() < options_.deadline && report_.findings.empty()) {
      Period();
      if (!Restart()) return;
    }
    callers.Finish(absl::Seconds(30));
    if (options_.seed % 2 == 0) AskAgain();
    TakeLastReceipt();
    if (report_.findings.empty()) Check();
    if (report_.findings.empty()) server_.Stop();
  }

  // What is still not known in every other trial: then all that happened has an answer. In the others that stays open.
  void AskAgain() {
    const std::vector<Call> calls = history_.Calls();
    const Connection::Line line = connection_.Await(0);
    for (const Asked& asked : AskedIn(calls)) {
      const bool is_open = std::all_of(asked.attempts.begin(), asked.attempts.end(),
                                       [](const Call* attempt) { return attempt->outcome == Outcome::kUnknown; });
      if (!is_open) continue;
      server_.Count("asked again at the end");
      world_.Ask(line, -2, {asked.attempts[0]->principal, asked.attempts[0]->request}).status().IgnoreError();
    }
  }

  // So that somebody has seen the whole log, and can tell an older one.
  void TakeLastReceipt() {
    const Wish wish{"finance-fay", std::make_shared<v1::GetHeadRequest>()};
    if (!world_.Ask(connection_.Await(0), -2, wish).ok()) server_.Find("There is no receipt at the end.");
  }

  // One server's life, from when it serves to when it is gone. A quarter of the periods are without faults but the
  // last.
  void Period() {
    const bool quiet = dice_.OneIn(4);
    period_.clear();
    for (const Fault fault : options_.faults) {
      if (!quiet && dice_.OneIn(OneIn(fault))) period_.insert(fault);
    }
    if (options_.bad_disk.empty()) {
      period_.erase(Fault::kSlowSync);
      period_.erase(Fault::kFailSync);
    }
    if (disk_ == nullptr) period_.erase(Fault::kFullDisk);
    for (const Fault fault : period_) server_.Count(absl::StrCat("fault: ", NameOf(fault)));

    if (Has(Fault::kSlowSync)) bad_disk_.control().delay_milliseconds = static_cast<int32_t>(1 + dice_.Below(30));
    absl::SleepFor(Milliseconds(dice_, 1, 60));
    if (Has(Fault::kSecondServer)) server_.TrySecond();
    if (Has(Fault::kPause)) Pause();
    if (Has(Fault::kFullDisk)) return FillDisk();
    if (Has(Fault::kFailSync)) return FailSync();
    server_.Kill();
  }

  // How rare each is, so that most time goes into kills.
  static int64_t OneIn(Fault fault) {
    switch (fault) {
      case Fault::kKillInRecovery:
        return 2;
      case Fault::kSlowSync:
        return 4;
      case Fault::kPause:
        return 20;
      case Fault::kFailSync:
      case Fault::kDamage:
        return 10;
      case Fault::kSecondServer:
        return 25;
      case Fault::kFullDisk:
        return 3;
      case Fault::kOldFolder:
        return 10;
    }
    return 1;
  }

  bool Has(Fault fault) const { return period_.count(fault) > 0; }

  void Pause() {
    server_.Signal(SIGSTOP);
    absl::SleepFor(dice_.OneIn(20) ? Milliseconds(dice_, 2'000, 5'000) : Milliseconds(dice_, 100, 500));
    server_.Signal(SIGCONT);
    absl::SleepFor(Milliseconds(dice_, 1, 20));
  }

  // After a failed sync nothing more may be answered: the process ends.
  void FailSync() {
    const int32_t failed = bad_disk_.control().failed;
    (dice_.OneIn(3) ? bad_disk_.control().fail_write : bad_disk_.control().fail_sync) =
        dice_.Pick<int32_t>({EIO, ENOSPC});
    const auto code = server_.AwaitEnd(kGivesUp);
    bad_disk_.Heal();
    if (code == kDataUnavailable || code == -SIGABRT) return server_.Count("ended after a failed sync");
    if (!code.has_value() && bad_disk_.control().failed == failed) return server_.Kill();  // it never came to one
    server_.Find(absl::StrCat("After a failed sync or write the server ",
                              code.has_value() ? absl::StrCat("ended with ", *code) : "went on", "."));
  }

  void FillDisk() {
    disk_->Fill();
    absl::SleepFor(Milliseconds(dice_, 50, 300));
    if (!server_.HasEnded() && dice_.OneIn(2)) server_.Kill();
    if (server_.HasEnded() && dice_.OneIn(2)) StartOnFullDisk();
    disk_->Free();
    if (!server_.HasEnded()) server_.Kill();
  }

  // It may serve, from what it kept in reserve, or say that it cannot.
  void StartOnFullDisk() {
    server_.Spawn();
    if (server_.AwaitReady().empty()) return server_.Count("starts refused on a full disk");
    server_.Count("starts on a full disk");
    server_.Kill();
  }

  // Perhaps kills servers that start, damages a file, and then lets one serve. False where none does.
  bool Restart() {
    if (!report_.findings.empty()) return false;
    if (Has(Fault::kOldFolder) && old_folder_.empty()) KeepOldFolder();
    for (int64_t times = Has(Fault::kKillInRecovery) ? 1 + dice_.Below(3) : 0; times > 0; --times) {
      server_.Spawn();
      absl::SleepFor(Milliseconds(dice_, 1, 60));
      server_.Kill();
      server_.Count("kills in recovery");
    }
    bad_disk_.Heal();
    if (Has(Fault::kDamage) && HasSecondCopy()) return StartDamaged();
    server_.Spawn();
    return Ready();
  }

  bool HasSecondCopy() const { return fs::exists(data_ + "/journal"); }

  // One of the two copies of the log only, as it was a while ago.
  std::string PutOldCopyBack() {
    const char* copy = dice_.OneIn(2) ? "/log" : "/journal";
    fs::remove_all(data_ + copy);
    fs::copy(old_folder_ + copy, data_ + copy, fs::copy_options::recursive);
    return absl::StrCat("an older ", data_, copy, " was put back");
  }

  // What one copy has lost the other repairs. Where the server refuses, the data was as before is put back.
  bool StartDamaged() {
    const std::string sound = options_.folder + "/sound";
    fs::remove_all(sound);
    fs::copy(data_, sound, fs::copy_options::recursive);
    const std::string damage = old_folder_.empty() || !dice_.OneIn(3) ? DamageOneFile(data_, dice_) : PutOldCopyBack();
    server_.Spawn();
    const std::string address = server_.AwaitReady();
    if (!address.empty()) {
      server_.Count("damaged and started");
      connection_.Open(address);
      damages_ = absl::StrCat(damages_, " ", damage, ";");
      return true;
    }
    const auto code = server_.AwaitEnd(kGivesUp);
    if (code != kDataDamaged) {
      server_.Find(absl::StrCat("Where ", damage, ", the server ended with ", code.value_or(0), "."));
      return false;
    }
    server_.Count("damaged and refused");
    fs::remove_all(data_);
    fs::copy(sound, data_, fs::copy_options::recursive);
    server_.Spawn();
    return Ready();
  }

  bool Ready() {
    const std::string address = server_.AwaitReady();
    if (!address.empty()) {
      connection_.Open(address);
      return true;
    }
    const auto code = server_.AwaitEnd(kGivesUp);
    server_.Find(absl::StrCat("The server does not start: ",
                              code.has_value() ? absl::StrCat("it ended with ", *code) : "it was not ready in time",
                              "."));
    return false;
  }

  void KeepOldFolder() {
    old_folder_ = options_.folder + "/old";
    fs::copy(data_, old_folder_, fs::copy_options::recursive);
  }

  // Everything as it was a while ago, and nothing that tells the server so: then those who kept receipts have to
  // notice.
  void PutOldFolderBack() {
    if (old_folder_.empty()) return;
    server_.Count("older folders put back");
    fs::remove_all(data_);
    fs::copy(old_folder_, data_, fs::copy_options::recursive);
    server_.Spawn();
    if (!Ready()) return;
    const std::vector<Call> calls = history_.Calls();
    FinalLog log;
    if (!Export(log, calls)) return;
    if (log.entries.size() < entries_ && CheckReceipts(calls, log).empty()) {
      server_.Find(absl::StrCat("An older folder was put back: the log has ", log.entries.size(),
                                " entries instead of ", entries_, ", and no receipt tells."));
    }
    server_.Stop();
  }

  template <class Response, class Request>
  bool Read(const Request& request, Response& response) {
    const Client reader(connection_.Await(0).channel, {.principal = "finance-fay"});
    auto answer = reader.Call<Response>(request, absl::Now() + absl::Seconds(30));
    if (answer.ok()) response = *std::move(answer);
    return answer.ok();
  }

  bool Export(FinalLog& log, const std::vector<Call>& calls) {
    v1::ListEntriesRequest list;
    list.set_page_size(1'000);
    do {
      v1::ListEntriesResponse page;
      if (!Read(list, page)) {
        server_.Find("The log could not be read at the end.");
        return false;
      }
      log.entries.insert(log.entries.end(), page.entries().begin(), page.entries().end());
      list.set_page_token(page.next_page_token());
    } while (!list.page_token().empty());
    for (const auto& [position, shown] : ReceiptsShown(calls)) {
      v1::GetHeadRequest ask;
      ask.set_position(position);
      if (v1::GetHeadResponse receipt; Read(ask, receipt)) log.receipts[position] = receipt;
    }
    return true;
  }

  void Check() {
    const std::vector<Call> calls = history_.Calls();
    FinalLog log;
    if (!Export(log, calls)) return;
    entries_ = log.entries.size();
    v1::GetTrialBalanceRequest ask;
    ask.set_min_position(entries_);
    v1::GetTrialBalanceResponse trial;
    if (!Read(ask, trial)) return server_.Find("The trial balance could not be read at the end.");
    Findings in_books;
    const Books books(log.entries, in_books);
    Add("books", in_books);
    Add("exactly once", CheckExactlyOnce(calls, log));
    Add("same answers", CheckSameAnswers(calls, log));
    Add("real time", CheckRealTime(calls, log));
    Add("receipts", CheckReceipts(calls, log));
    Add("answers", CheckAnswers(calls, log, books));
    Add("sums", CheckSums(trial));
    Add("uninvited", CheckUninvited(calls));
    Add("replay", CheckReplay(calls, log, report_.counts["answers judged by the oracle"]));
    const absl::Time begin = absl::Now();
    Add("linearizable", CheckLinearizable(calls, kPriceMicros, options_.search_bound));
    report_.counts["milliseconds of ordering"] += absl::ToInt64Milliseconds(absl::Now() - begin);
    Tell(calls, log);
  }

  void Add(const std::string& checker, const Findings& findings) {
    for (const std::string& finding : findings) {
      server_.Find(absl::StrCat("[", checker, "] ", finding, damages_.empty() ? "" : " Damaged before:", damages_));
    }
  }

  void Tell(const std::vector<Call>& calls, const FinalLog& log) {
    for (const Call& call : calls) {
      server_.Count(call.outcome == Outcome::kAnswered  ? "calls answered"
                    : call.outcome == Outcome::kRefused ? "calls refused"
                                                        : "calls unknown");
    }
    report_.counts["entries"] += static_cast<int64_t>(log.entries.size());
    report_.counts["receipts"] += static_cast<int64_t>(log.receipts.size());
  }

  TrialReport Done() { return std::move(report_); }

  const TrialOptions options_;
  TrialReport report_;
  laws::Dice dice_;
  const std::unique_ptr<SmallDisk> disk_;
  const std::string data_;
  BadDisk bad_disk_;
  Supervisor server_;
  History history_;
  Connection connection_;
  World world_;
  // Of this period.
  Faults period_;
  // A copy; empty while there is none.
  std::string old_folder_;
  // What was damaged and repaired.
  std::string damages_;
  // Of the log at the end.
  size_t entries_ = 0;
};

}  // namespace

TrialReport RunTrial(const TrialOptions& options) {
  std::filesystem::create_directories(options.folder);
  return Trial(options).Run();
}

}  // namespace bursar::nemesis
