#include "tests/faults/ledger_world.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/domain/evolve.h"
#include "ledger/domain/postings.h"
#include "ledger/domain/state.h"
#include "ledger/log/block.h"
#include "ledger/log/memory_log.h"

namespace bursar::faults {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);
const Principal kOperator{.role = Role::kOperator, .name = "olga"};
const Principal kService{.role = Role::kService, .name = "portal"};
constexpr int64_t kMostAtOnce = 8;

UserId User(int64_t number) { return UserId::OfHandle(absl::StrCat("user", number)); }

std::string CanonicalOf(const Ledger& ledger) {
  std::string canonical;
  ledger.Read([&](const State& state, absl::Time) { canonical = state.Canonical(); });
  return canonical;
}

absl::StatusOr<std::string> DigestOf(const Ledger& ledger) {
  const absl::Status followed = ledger.projections().WaitFor(ledger.log().Last().position, absl::InfiniteFuture());
  return followed.ok() ? ledger.projections().Digest() : absl::StatusOr<std::string>(followed);
}

}  // namespace

LedgerWorld::LedgerWorld(uint64_t seed)
    : dice_(seed),
      layout_{.journal_elsewhere = dice_.OneIn(2), .write_buffer_bytes = size_t{64} << 10},
      clock_(kStart) {}

Outcome LedgerWorld::Run(int64_t recoveries) {
  if (const absl::Status made = Store::Make(StoreOn(files_, layout_)); !made.ok()) Violated(made.ToString());
  for (int64_t life = 0; life < recoveries && outcome_.violation.empty(); ++life) {
    Live();
    files_ = dice_.OneIn(4)
                 ? files_->Restarted()
                 : files_->AfterCut(
                       dice_.Pick({Cut::kLost, Cut::kPrefix, Cut::kTorn, Cut::kZeros, Cut::kKept, Cut::kMixed}), dice_);
  }
  return outcome_;
}

void LedgerWorld::Violated(const std::string& what) {
  if (outcome_.violation.empty()) outcome_.violation = absl::StrCat("with a ledger: ", what);
}

void LedgerWorld::InjectPowerCut() {
  files_->Inject({.effect = Effect::kPowerCut,
                  .nth = 1 + dice_.Below(dice_.Pick({20, 60, 150})),
                  .matches = [](Operation operation, const std::string&) { return Changes(operation); }});
}

void LedgerWorld::Live() {
  InjectPowerCut();
  absl::StatusOr<std::unique_ptr<Store>> store = Store::Open(StoreOn(files_, layout_));
  ++outcome_.counts["recoveries"];
  ++outcome_.counts["recoveries of a whole ledger"];
  if (!store.ok()) return Violated(store.status().ToString());
  if (files_->struck()) return;  // what this process sees, the next one need not
  absl::StatusOr<std::unique_ptr<Ledger>> ledger = Ledger::Open({.log = &(*store)->log(), .clock = &clock_});
  if (!ledger.ok()) return Violated(ledger.status().ToString());
  CheckLog((*store)->log());
  CheckState(**ledger, (*store)->log());
  AskAgain(**ledger);
  AskSome(**ledger);
  if (!files_->struck()) files_->Inject({.effect = Effect::kPowerCut});
}

void LedgerWorld::CheckLog(const EventLog& log) {
  std::map<std::string, std::string> entries;
  std::map<std::string, int64_t> sums;
  const absl::StatusOr<LogEnd> read = VerifiedRead(log, [&](const storage::v1::Block& block) {
    for (const storage::v1::Entry& entry : block.entries()) {
      for (const storage::v1::Event& event : entry.events()) {
        for (const Posting& posting : PostingsOf(event)) sums[posting.currency] += posting.amount.micros();
      }
      if (entry.request_id().empty()) continue;
      if (!entries.emplace(entry.request_id(), entry.SerializeAsString()).second) {
        Violated(absl::StrCat("request ", entry.request_id(), " stands in the log twice"));
      }
    }
    return absl::OkStatus();
  });
  if (!read.ok()) return Violated(read.status().ToString());
  for (const auto& [currency, sum] : sums) {
    if (sum != 0) Violated(absl::StrCat("postings in ", currency, " sum to ", sum));
  }
  for (const auto& [id, asked] : asked_) {
    const auto entry = entries.find(id);
    if (!asked.answer) continue;
    if (entry == entries.end()) return Violated(absl::StrCat("the answered request ", id, " is lost"));
    if (entry->second != *asked.answer) return Violated(absl::StrCat("request ", id, " is another one than answered"));
  }
}

void LedgerWorld::CheckState(const Ledger& ledger, const EventLog& log) {
  MemoryLog copy;
  State replayed;
  const absl::Status read = log.Read(1, [&](const StoredBlock& stored) {
    const absl::StatusOr<storage::v1::Block> block = Decode(stored);
    if (!block.ok()) return block.status();
    for (const storage::v1::Entry& entry : block->entries()) Evolve(replayed, entry);
    return copy.Append(stored);
  });
  if (!read.ok()) return Violated(read.ToString());
  if (replayed.Canonical() != CanonicalOf(ledger)) return Violated("the state is not what a replay of the log gives");
  const auto rebuilt = Ledger::Open({.log = &copy, .clock = &clock_});
  if (!rebuilt.ok()) return Violated(rebuilt.status().ToString());
  const absl::StatusOr<std::string> followed = DigestOf(ledger);
  const absl::StatusOr<std::string> built = DigestOf(**rebuilt);
  if (!followed.ok() || !built.ok() || *followed != *built) Violated("the projections are not what the log gives");
}

Submission LedgerWorld::AnySubmission() {
  const std::string id = absl::StrCat("request-", asked_.size());
  Submission submission{.principal = kOperator, .request_id = id, .fingerprint = std::string(16, 'f')};
  if (users_ == 0 || dice_.OneIn(4)) {
    const UserId user = User(users_++);
    submission.principal = kService;
    submission.command = RegisterUser{.handle = std::string(user.handle()),
                                      .person = {.email = absl::StrCat(user.text(), "@example.org")},
                                      .currency = "USD"};
    return submission;
  }
  const UserId user = User(dice_.Below(users_));
  if (dice_.OneIn(8)) {
    submission.command =
        PublishActionCatalogue{.actions = {{.name = "analysis.run", .gated = true, .category = "compute"}}};
  } else if (dice_.OneIn(2)) {
    submission.command = GrantCredit{.billing_account = BillingAccountId(user),
                                     .amount = Money::Micros(1 + dice_.Below(1'000'000)),
                                     .reason = "a gift"};
  } else {
    submission.principal = kService;
    submission.command =
        PlaceHold{.action = {.action = "analysis.run", .user = user, .cost = Money::Micros(dice_.Below(500'000))}};
  }
  return submission;
}

void LedgerWorld::AskSome(Ledger& ledger) {
  std::mutex mutex;
  std::condition_variable changed;
  const int64_t rounds = 1 + dice_.Below(4);
  for (int64_t round = 0; round < rounds; ++round) {
    int64_t waiting = 1 + dice_.Below(kMostAtOnce);
    std::vector<Submission> together;
    for (int64_t i = 0; i < waiting; ++i) {
      together.push_back(AnySubmission());
      asked_.emplace(together.back().request_id, Asked{.submission = together.back()});
    }
    clock_.Advance(absl::Seconds(1));
    for (const Submission& submission : together) {
      ledger.Submit(submission, [&, id = submission.request_id](const absl::StatusOr<Answer>& answer) {
        const bool power_was_on = !files_->struck();
        const std::lock_guard<std::mutex> lock(mutex);
        Take(id, answer, power_was_on);
        if (--waiting == 0) changed.notify_all();
      });
    }
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return waiting == 0; });
    if (files_->struck()) return;
  }
}

void LedgerWorld::AskAgain(Ledger& ledger) {
  for (auto& [id, asked] : asked_) {
    if (files_->struck()) return;
    if (asked.answer && !dice_.OneIn(8)) continue;
    const absl::StatusOr<Answer> answer = ledger.SubmitAndWait(asked.submission);
    const bool power_was_on = !files_->struck();
    if (asked.answer && power_was_on && (!answer.ok() || (*answer)->SerializeAsString() != *asked.answer)) {
      return Violated(absl::StrCat("request ", id, " gets another answer when it is asked again"));
    }
    Take(id, answer, power_was_on);
  }
}

// Not looked for in the log: a refusal, which is not remembered; a denial, of which those alike are written once a
// minute; an answer that came too late to count.
void LedgerWorld::Take(const std::string& request_id, const absl::StatusOr<Answer>& answer, bool power_was_on) {
  if (!power_was_on || !answer.ok() || (*answer)->events().empty()) return;
  if ((*answer)->events(0).has_action_denied()) return;
  ++outcome_.counts["answers of a whole ledger"];
  asked_.at(request_id).answer = (*answer)->SerializeAsString();
}

}  // namespace bursar::faults
