// What one decision, one change of state and one replayed entry cost, by the number of accounts in memory.
//
//   bursar_domain_bench [--benchmark_filter=Decide]
//
// The accounts are asked at random, so that their memory is as cold as it would be.
#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "ledger/base/check.h"
#include "ledger/domain/decide.h"
#include "ledger/domain/evolve.h"
#include "ledger/domain/state.h"
#include "ledger/log/block.h"

namespace bursar {
namespace {

using storage::v1::Entry;
using storage::v1::Event;

constexpr int64_t kReplayedAccounts = 10'000;
constexpr int64_t kReplayedHolds = 30'000;
constexpr int kEntriesPerBlock = 256;
constexpr char kAction[] = "analysis.run";
// Commands and entries are made before the clock runs, and used again and again.
constexpr int64_t kCommands = 1 << 15;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const Principal kOperator{.role = Role::kOperator, .name = "olga"};
const Principal kPlatform{.role = Role::kService, .name = "portal"};

UserId NthUser(int64_t n) { return UserId::OfHandle(absl::StrCat("n", n)); }

// A person whose billing is set up, with funds that do not run out.
Entry Newcomer(int64_t n, Position position) {
  const std::string id = NthUser(n).text();
  Entry entry;
  entry.set_position(position);
  entry.set_commit_time(absl::ToUnixMicros(kNow));
  entry.set_principal(id);
  auto& registered = *entry.add_events()->mutable_user_registered();
  registered.set_user_id(id);
  registered.mutable_personal()->set_name(id);
  registered.mutable_personal()->set_email(absl::StrCat(id, "@example.org"));
  auto& opened = *entry.add_events()->mutable_billing_account_opened();
  opened.set_billing_account(id);
  opened.set_currency("USD");
  auto& confirmed = *entry.add_events()->mutable_billing_confirmed();
  confirmed.set_billing_account(id);
  auto& granted = *entry.add_events()->mutable_credit_granted();
  granted.set_credit(position);
  granted.set_billing_account(id);
  granted.set_currency("USD");
  granted.set_amount_micros(1'000'000'000'000);
  granted.set_origin(storage::v1::CreditGranted::ORIGIN_GRANT);
  granted.set_effective_time(absl::ToUnixMicros(kNow));
  granted.set_funds_after_micros(1'000'000'000'000);
  return entry;
}

Command HoldOf(const UserId& user) {
  return PlaceHold{.action = {.action = kAction, .user = user, .cost = Money::Micros(2'000'000)}};
}

Command CaptureOf(HoldId hold) { return CaptureHold{.hold = hold, .cost = Money::Micros(1), .last = true}; }

// A ledger in memory whose log is kept as it would be stored, if asked.
class Played {
 public:
  explicit Played(int64_t accounts, std::vector<Entry>* log = nullptr) : log_(log) {
    Give(PublishActionCatalogue{.actions = {{.name = kAction, .gated = true, .category = "compute"}}}, kOperator);
    for (int64_t n = 0; n < accounts; ++n) Take(Newcomer(n, state_.position + 1));
    std::mt19937_64 random(accounts);
    for (int64_t i = 0; i < kCommands; ++i) users_.push_back(NthUser(static_cast<int64_t>(random() % accounts)));
  }

  // The entry that came of it; the command must be accepted.
  Entry Give(const Command& command, const Principal& principal) {
    auto decision = Decide(state_, command, principal, kNow);
    BURSAR_CHECK(decision.ok() && !decision->events.empty());
    Entry entry;
    entry.set_position(state_.position + 1);
    entry.set_commit_time(absl::ToUnixMicros(kNow));
    entry.set_principal(principal.text());
    entry.set_request_id(absl::StrCat("request-", entry.position()));
    entry.set_fingerprint(std::string(16, 'f'));
    for (Event& event : decision->events) *entry.add_events() = std::move(event);
    Take(entry);
    return entry;
  }

  State& state() { return state_; }
  // At random; each has accounts and funds.
  const std::vector<UserId>& users() const { return users_; }

 private:
  void Take(Entry entry) {
    Evolve(state_, entry);
    if (log_ != nullptr) log_->push_back(std::move(entry));
  }

  State state_;
  std::vector<Entry>* log_;
  std::vector<UserId> users_;
};

// The last one asked for is kept; benchmarks of one size follow each other.
Played& PlayedWith(int64_t accounts) {
  static std::unique_ptr<Played> kept;
  static int64_t kept_accounts = 0;
  if (kept_accounts != accounts) {
    kept.reset();
    kept = std::make_unique<Played>(accounts);
    kept_accounts = accounts;
  }
  return *kept;
}

void DecideEach(benchmark::State& run, const State& state, const std::vector<Command>& commands) {
  size_t next = 0;
  for (auto _ : run) {
    benchmark::DoNotOptimize(Decide(state, commands[next], kPlatform, kNow));
    if (++next == commands.size()) next = 0;
  }
  run.SetItemsProcessed(run.iterations());
}

void DecideCheck(benchmark::State& run, int64_t accounts) {
  Played& played = PlayedWith(accounts);
  std::vector<Command> commands;
  for (const UserId& user : played.users()) {
    commands.push_back(Check{.action = {.action = kAction, .user = user, .cost = Money::Micros(2'000'000)}});
  }
  DecideEach(run, played.state(), commands);
}

void DecidePlaceHold(benchmark::State& run, int64_t accounts) {
  Played& played = PlayedWith(accounts);
  std::vector<Command> commands;
  for (const UserId& user : played.users()) commands.push_back(HoldOf(user));
  DecideEach(run, played.state(), commands);
}

void DecideCaptureHold(benchmark::State& run, int64_t accounts) {
  Played& played = PlayedWith(accounts);
  std::vector<Command> commands;
  for (const UserId& user : played.users()) {
    commands.push_back(CaptureOf(HoldId(played.Give(HoldOf(user), kPlatform).position())));
  }
  DecideEach(run, played.state(), commands);
  for (const Command& command : commands) played.Give(command, kPlatform);
}

// A hold placed and captured, so that as many are open after as before; an item is one of the two entries.
void EvolveHold(benchmark::State& run, int64_t accounts) {
  Played& played = PlayedWith(accounts);
  std::vector<std::pair<Entry, Entry>> pairs;
  for (const UserId& user : played.users()) {
    Entry placed = played.Give(HoldOf(user), kPlatform);
    Entry captured = played.Give(CaptureOf(HoldId(placed.position())), kPlatform);
    pairs.emplace_back(std::move(placed), std::move(captured));
  }
  State& state = played.state();
  size_t next = 0;
  for (auto _ : run) {
    auto& [placed, captured] = pairs[next];
    placed.set_position(state.position + 1);
    placed.mutable_events(0)->mutable_hold_placed()->set_hold(state.position + 1);
    Evolve(state, placed);
    captured.mutable_events(0)->mutable_hold_captured()->set_hold(state.position);
    captured.set_position(state.position + 1);
    Evolve(state, captured);
    if (++next == pairs.size()) next = 0;
  }
  run.SetItemsProcessed(2 * run.iterations());
}

std::vector<StoredBlock> StoredLog(const std::vector<Entry>& entries) {
  std::vector<StoredBlock> blocks;
  LogEnd end;
  for (size_t first = 0; first < entries.size(); first += kEntriesPerBlock) {
    storage::v1::Block block;
    for (size_t i = first; i < std::min(entries.size(), first + kEntriesPerBlock); ++i) {
      *block.add_entries() = entries[i];
    }
    blocks.push_back(Seal(block, end));
    end = {.position = entries[std::min(entries.size(), first + kEntriesPerBlock) - 1].position(),
           .hash = blocks.back().hash};
  }
  return blocks;
}

// From stored bytes to a state, the chain checked: what a start costs, without the disk. An item is an entry.
void Replay(benchmark::State& run) {
  std::vector<Entry> entries;
  Played played(kReplayedAccounts, &entries);
  for (int64_t i = 0; i < kReplayedHolds; ++i) {
    const Entry placed = played.Give(HoldOf(played.users()[static_cast<size_t>(i)]), kPlatform);
    played.Give(CaptureOf(HoldId(placed.position())), kPlatform);
  }
  const std::vector<StoredBlock> blocks = StoredLog(entries);
  int64_t bytes = 0;
  for (const StoredBlock& block : blocks) bytes += static_cast<int64_t>(block.bytes.size());
  for (auto _ : run) {
    State state;
    Chain chain;
    for (const StoredBlock& stored : blocks) {
      const auto block = chain.Check(stored);
      BURSAR_CHECK(block.ok());
      for (const Entry& entry : block->entries()) Evolve(state, entry);
    }
    BURSAR_CHECK(state.position == entries.size());
  }
  run.SetItemsProcessed(run.iterations() * static_cast<int64_t>(entries.size()));
  run.SetBytesProcessed(run.iterations() * bytes);
}

[[maybe_unused]] const bool registered = [] {
  for (const int64_t accounts : {int64_t{1'000}, int64_t{100'000}, int64_t{1'000'000}}) {
    const auto add = [accounts](const char* name, void (*measure)(benchmark::State&, int64_t)) {
      benchmark::RegisterBenchmark(absl::StrCat(name, "/accounts:", accounts).c_str(), measure, accounts);
    };
    add("Decide/Check", DecideCheck);
    add("Decide/PlaceHold", DecidePlaceHold);
    add("Decide/CaptureHold", DecideCaptureHold);
    add("Evolve/PlaceAndCaptureHold", EvolveHold);
  }
  benchmark::RegisterBenchmark("Replay", Replay)->Unit(benchmark::kMillisecond);
  return true;
}();

}  // namespace
}  // namespace bursar
