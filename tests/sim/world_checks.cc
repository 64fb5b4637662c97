// What must be true of a simulated world after every step, and at its end.
#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "ledger/domain/canonical.h"
#include "ledger/domain/evolve.h"
#include "ledger/domain/refusals.h"
#include "ledger/projections/projections.h"
#include "tests/sim/world.h"

namespace bursar::sim {
namespace {

// How far back it is looked for the check that a denial was written for.
constexpr size_t kRecentOps = 256;
// Requests that are asked once more at the end.
constexpr size_t kAskedAtEnd = 32;

std::string KeyOf(const storage::v1::Entry& entry) { return absl::StrCat(entry.principal(), " ", entry.request_id()); }

// Says nothing about whether it happened.
bool LeavesUnknown(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status);
}

bool IsDenialOf(const storage::v1::ActionDenied& denial, const Check& check, const State& state) {
  return denial.action() == check.action.action && denial.user_id() == state.Present(check.action.user).text() &&
         denial.cost_micros() == check.action.cost.micros() && denial.project() == check.action.project.number();
}

void Mix(uint64_t& digest, absl::string_view bytes) {
  for (const char byte : bytes) digest = (digest ^ static_cast<unsigned char>(byte)) * 1'099'511'628'211U;
}

}  // namespace

void World::Settle(laws::Dice& dice) {
  Must(log_.misuse().empty(), log_.misuse());
  FetchEntries();
  if (!broken_.empty()) return;
  // A check has no request id: it is found by its answer, the first with the position of its denial.
  for (const Reply& reply : replies_) {
    if (std::holds_alternative<Check>(ops_[reply.op].asked.command)) check_at_.try_emplace(reply.position, reply.op);
  }
  // What time brought about comes first in a block.
  Position due = state_.position;
  while (due < entries_.size() && entries_[due].principal() == "system") ++due;
  FollowLogTo(due);
  for (const Reply& reply : std::vector<Reply>(std::move(replies_))) {
    Take(reply, dice);
    if (!broken_.empty()) return;
  }
  replies_.clear();
  FollowLogTo(entries_.size());
  ledger_->Read([this](const State& state, absl::Time) {
    Must(state.position <= log_.synced(), "readers see position ", state.position, ", and the log is durable up to ",
         log_.synced());
    Must(log_.failed() || state.position == state_.position, "readers see position ", state.position, " of ",
         state_.position);
  });
}

void World::Take(const Reply& reply, laws::Dice& dice) {
  Op& op = ops_[reply.op];
  // Not its details, which a map is part of.
  Mix(replies_digest_, absl::StatusCodeToString(reply.status.code()));
  Mix(replies_digest_, std::string(reply.status.message()));
  Mix(replies_digest_, reply.bytes);
  Must(!absl::IsInternal(reply.status) && !absl::IsUnknown(reply.status), op.method->full_name(),
       " failed: ", reply.status.ToString());
  if (reply.status.ok()) {
    TakeAnswer(op, reply);
  } else {
    TakeRefusal(op, reply);
  }
  JudgeIfNew(op, reply);
  // What was answered may still not arrive.
  if (!healed_ && swarm_.replies_lost > 0 && dice.Below(100) < swarm_.replies_lost) {
    return sometimes_.Saw(Case::kReplyLost);
  }
  answered_ = std::max(answered_, reply.position);
  Position& seen = seen_[static_cast<size_t>(op.client)];
  seen = std::max(seen, reply.position);
  if (op.resolved || LeavesUnknown(reply.status)) return;
  op.resolved = true;
  open_.erase(std::find(open_.begin(), open_.end(), reply.op));
}

void World::TakeAnswer(Op& op, const Reply& reply) {
  Must(reply.position <= log_.synced(), op.method->full_name(), " was answered with position ", reply.position,
       " when the log was durable up to ", log_.synced());
  if (!broken_.empty()) return;
  FollowLogTo(reply.position);
  if (op.request_id.empty()) return;
  const auto written = written_at_.find(absl::StrCat(op.asked.principal.text(), " ", op.request_id));
  if (written == written_at_.end()) return;
  const Written& entry = written_[written->second - 1];
  Must(entry.fingerprint == op.fingerprint, "a request was answered with OK although another one has its id, ",
       op.request_id, " of ", op.asked.principal.text());
  Must(reply.position == written->second, "a request is written at ", written->second, " and was answered with ",
       reply.position);
  const bool only_one = by_key_.at(written->first).size() == 1;
  Must(!only_one || reply.position > op.after, "a request that was asked after position ", op.after,
       " was answered is written at ", reply.position);
  if (op.answer) {
    Must(*op.answer == reply.bytes, "a repeated request got another answer: ", op.method->full_name(), " ",
         op.request_id);
    sometimes_.Saw(Case::kRetryAnsweredAgain);
    sometimes_.SawIf(op.crashed_since, Case::kRetryAnsweredAfterRecovery);
  } else {
    sometimes_.SawIf(op.unknown && reply.position <= recovered_, Case::kUnansweredFoundWritten);
    sometimes_.SawIf(op.unknown && reply.position > recovered_, Case::kUnansweredFoundAbsent);
  }
  op.answer = reply.bytes;
  op.crashed_since = false;
}

void World::TakeRefusal(Op& op, const Reply& reply) {
  if (absl::IsResourceExhausted(reply.status)) return sometimes_.Saw(Case::kQueueFull);
  if (absl::IsUnavailable(reply.status)) {
    Must(log_.failed(), "a call was refused although nothing has failed: ", reply.status.ToString());
    op.unknown = true;
    return;
  }
  const auto reason = ReasonOf(reply.status);
  const std::string key = absl::StrCat(op.asked.principal.text(), " ", op.request_id);
  if (reason == "REQUEST_ID_REUSED") {
    const auto written = written_at_.find(key);
    // It may have been decided in this very group.
    Position decided = state_.position;
    while (decided < entries_.size() && written == written_at_.end() && KeyOf(entries_[decided]) != key) ++decided;
    const bool reused = written != written_at_.end() ? written_[written->second - 1].fingerprint != op.fingerprint
                                                     : decided < entries_.size();
    Must(reused, "a request was refused for its id, ", key, ", which no other has");
    return sometimes_.Saw(Case::kOtherBodyRefused);
  }
  const auto written = op.request_id.empty() ? written_at_.end() : written_at_.find(key);
  const bool repeated = written != written_at_.end() && written_[written->second - 1].fingerprint == op.fingerprint;
  Must(!repeated, "a request that is written at ", repeated ? written->second : 0,
       " was refused: ", reply.status.ToString());
  // What was charged is looked up before it is decided.
  if (!reply.of_commit || reply.is_answer || std::holds_alternative<ReverseCharge>(op.asked.command) ||
      !broken_.empty())
    return;
  const int64_t now = std::max(absl::ToUnixMicros(decided_time_), absl::ToUnixMicros(state_.time));
  laws_.Refused(op.asked.command, op.asked.principal, now, reply.status);
  Must(laws_.broken().empty(), "a law is broken: ", laws_.broken(), " (", op.method->full_name(), ")");
}

void World::JudgeIfNew(const Op& op, const Reply& reply) {
  if (!broken_.empty() || LeavesUnknown(reply.status)) return;
  if (!unjudged_.empty() && reply.status.ok() && reply.position == unjudged_.front()) {
    unjudged_.pop_front();
    return Judge(op, reply, reply.position, state_.time);
  }
  const bool repeated =
      !op.request_id.empty() && written_at_.contains(absl::StrCat(op.asked.principal.text(), " ", op.request_id));
  if (repeated || !(reply.of_commit || reply.at_once) || !unjudged_.empty()) return;
  Judge(op, reply, state_.position, std::max(reply.of_commit ? decided_time_ : clock_.Now(), state_.time));
}

void World::Judge(const Op& op, const Reply& reply, Position position, absl::Time time) {
  if (oracle_ == nullptr && !watcher_) return;
  auto* factory = google::protobuf::MessageFactory::generated_factory();
  const std::unique_ptr<google::protobuf::Message> request(factory->GetPrototype(op.method->input_type())->New());
  const std::unique_ptr<google::protobuf::Message> response(factory->GetPrototype(op.method->output_type())->New());
  Must(request->ParseFromString(op.bytes) && response->ParseFromString(reply.bytes), "an answer cannot be read");
  if (watcher_) {
    watcher_(absl::StrCat(position, " ", absl::FormatTime(time, absl::UTCTimeZone()), " ", op.asked.principal.text(),
                          " ", op.method->name(), " {", request->ShortDebugString(), "} ", reply.status.ToString(),
                          " {", response->ShortDebugString(), "}"));
  }
  if (oracle_ == nullptr) return;
  const std::optional<std::string> wrong =
      oracle_->Judge({.principal = op.asked.principal.text(),
                      .method = op.method,
                      .request = request.get(),
                      .status = reply.is_answer ? absl::OkStatus() : reply.status,
                      .reason = reply.is_answer ? "" : ReasonOf(reply.status).value_or(""),
                      .response = reply.is_answer ? response.get() : nullptr,
                      .time = time,
                      .position = position});
  Must(!wrong.has_value(), "the oracle disagrees at position ", position, " on ", op.method->full_name(), ": ",
       wrong.value_or(""));
}

void World::ResolveUnanswered() {
  while (oracle_ != nullptr && !unjudged_.empty() && broken_.empty()) {
    const Op* op = OpOf(entries_[unjudged_.front() - 1]);
    if (op == nullptr || op->request_id.empty()) return oracle_.reset();
    const auto number = by_key_.at(KeyOf(entries_[unjudged_.front() - 1]));
    for (const size_t one : number) {
      if (&ops_[one] != op) continue;
      ++ops_[one].outstanding;
      Serve(one);
    }
    while (replies_.empty() && (Decide() || Commit())) {
    }
    if (replies_.empty() || !replies_.back().status.ok() || replies_.back().position != unjudged_.front()) {
      return oracle_.reset();
    }
    unjudged_.pop_front();
    Judge(*op, replies_.back(), replies_.back().position,
          absl::FromUnixMicros(entries_[replies_.back().position - 1].commit_time()));
    replies_.pop_back();
  }
}

void World::FetchEntries() {
  if (chain_.end().position >= log_.synced()) return;
  const absl::Status read = log_.Read(chain_.end().position + 1, [&](const StoredBlock& stored) -> absl::Status {
    if (stored.last > log_.synced()) return absl::OkStatus();
    absl::StatusOr<storage::v1::Block> block = chain_.Check(stored);
    if (!block.ok()) return block.status();
    Sight(*block);
    for (storage::v1::Entry& entry : *block->mutable_entries()) entries_.push_back(std::move(entry));
    return absl::OkStatus();
  });
  Must(read.ok(), "the log is not what it should be: ", read.ToString());
}

void World::FollowLogTo(Position position) {
  while (broken_.empty() && state_.position < std::min<Position>(position, entries_.size())) {
    FollowEntry(entries_[state_.position]);
  }
}

void World::FollowEntry(const storage::v1::Entry& entry) {
  const bool of_time = entry.principal() == "system";
  Must(of_time ||
           absl::ToUnixMicros(std::min(state_.NextDue(), absl::FromUnixMicros(INT64_MAX / 2))) > entry.commit_time(),
       "entry ", entry.position(), " was decided before what was due by its time");
  if (!entry.request_id().empty()) {
    const bool first = written_at_.try_emplace(KeyOf(entry), entry.position()).second;
    Must(first, "request ", KeyOf(entry), " is written twice, the second time at ", entry.position());
  }
  if (!broken_.empty()) return;
  written_.push_back({.key = KeyOf(entry), .fingerprint = entry.fingerprint()});
  if (!of_time) unjudged_.push_back(entry.position());
  for (const storage::v1::Event& event : entry.events()) Sight(event);
  Evolve(state_, entry);
  if (of_time) {
    laws_.Written(ExpireDue{}, Principal::System(), entry);
  } else {
    const Op* op = OpOf(entry);
    Must(op != nullptr, "nobody asked for entry ", entry.position(), " of ", KeyOf(entry));
    if (op == nullptr) return;
    laws_.Written(CommandOf(*op, entry), op->asked.principal, entry);
  }
  Must(laws_.broken().empty(), "a law is broken at entry ", entry.position(), ": ", laws_.broken());
}

const World::Op* World::OpOf(const storage::v1::Entry& entry) const {
  if (!entry.request_id().empty()) {
    const auto found = by_key_.find(KeyOf(entry));
    if (found == by_key_.end()) return nullptr;
    for (const size_t number : found->second) {
      if (ops_[number].fingerprint == entry.fingerprint()) return &ops_[number];
    }
    return nullptr;
  }
  if (entry.events_size() == 0 || !entry.events(0).has_action_denied()) return nullptr;
  const auto answered = check_at_.find(entry.position());
  if (answered != check_at_.end()) return &ops_[answered->second];
  // Nobody was told: of the newest check that is like it.
  const size_t oldest = ops_.size() - std::min(ops_.size(), kRecentOps);
  for (size_t i = ops_.size(); i > oldest; --i) {
    const Op& op = ops_[i - 1];
    const auto* check = std::get_if<Check>(&op.asked.command);
    if (check != nullptr && op.asked.principal.text() == entry.principal() &&
        IsDenialOf(entry.events(0).action_denied(), *check, state_)) {
      return &op;
    }
  }
  return nullptr;
}

Command World::CommandOf(const Op& op, const storage::v1::Entry& entry) const {
  Command command = op.asked.command;
  LinkSeed link;
  for (const storage::v1::Event& event : entry.events()) {
    if (event.has_verification_sent()) {
      link = {.selector = event.verification_sent().selector(), .secret_hash = event.verification_sent().secret_hash()};
    } else if (event.has_assisted_setup_scheduled()) {
      link = {.selector = event.assisted_setup_scheduled().selector(),
              .secret_hash = event.assisted_setup_scheduled().secret_hash()};
    }
  }
  if (auto* submit = std::get_if<SubmitAccountUpgrade>(&command)) submit->link = link;
  if (auto* resend = std::get_if<ResendVerification>(&command)) resend->link = link;
  if (auto* change = std::get_if<RequestBillingChange>(&command)) change->link = link;
  if (auto* schedule = std::get_if<ScheduleAssistedSetup>(&command)) schedule->link = link;
  if (auto* reverse = std::get_if<ReverseCharge>(&command)) {
    const uint64_t number = reverse->charge.number();
    if (number >= 1 && number <= entries_.size()) reverse->charged = entries_[number - 1];
  }
  return command;
}

void World::Sight(const storage::v1::Block& block) {
  const int size = block.entries_size();
  int due = 0;
  std::set<std::string> currencies;
  for (const storage::v1::Entry& entry : block.entries()) {
    due += entry.principal() == "system" ? 1 : 0;
    for (const storage::v1::Event& event : entry.events()) {
      if (event.has_hold_placed()) currencies.insert(event.hold_placed().currency());
      if (event.has_credit_granted()) currencies.insert(event.credit_granted().currency());
      if (event.has_spending_limit_set()) currencies.insert(event.spending_limit_set().currency());
    }
  }
  sometimes_.SawIf(due > 0, Case::kDue);
  sometimes_.SawIf(due > 1, Case::kSeveralDueAtOnce);
  sometimes_.SawIf(size > 1, Case::kGroupOfSeveral);
  sometimes_.SawIf(static_cast<size_t>(size) >= swarm_.group_capacity && size > 1, Case::kGroupFull);
  sometimes_.SawIf(currencies.size() > 1, Case::kCurrenciesInOneBlock);
  sometimes_.SawIf(block.entries(0).commit_time() == last_block_time_, Case::kSameTimeTwice);
  last_block_time_ = block.entries(size - 1).commit_time();
}

void World::Sight(const storage::v1::Event& event) {
  sometimes_.SawIf(event.has_hold_expired(), Case::kHoldExpired);
  if (event.has_action_denied()) {
    sometimes_.Saw(Case::kDenied);
    for (const auto& binding : event.action_denied().bindings()) {
      sometimes_.SawIf(binding.shortfall_micros() == 1, Case::kDeniedByOneMicro);
    }
  }
  if (event.has_hold_placed()) {
    sometimes_.SawIf(event.hold_placed().funds_after_micros() == 0 && event.hold_placed().parts_size() > 0,
                     Case::kLastMicroHeld);
  }
}

void World::CheckState(const char* when) {
  if (!broken_.empty()) return;
  laws_.CheckEverything();
  Must(laws_.broken().empty(), "a law is broken ", when, ": ", laws_.broken());
  ledger_->Read([&](const State& state, absl::Time) {
    if (state.position != state_.position) return;
    Must(state.Canonical() == state_.Canonical(), "the state ", when, " is not what follows from the log");
  });
}

void World::CheckEnd() {
  CheckState("at the end");
  State replayed;
  const absl::StatusOr<LogEnd> read = VerifiedRead(log_, [&](const storage::v1::Block& block) {
    for (const storage::v1::Entry& entry : block.entries()) Evolve(replayed, entry);
    return absl::OkStatus();
  });
  Must(read.ok(), "the log is not what it should be: ", read.status().ToString());
  Must(replayed.Canonical() == state_.Canonical(), "a replay of the log gives another state");
  laws::Dice dice(swarm_.seed + 2);
  const Position end = log_.synced();
  size_t asked = 0;
  for (size_t i = 0; i < ops_.size() && asked < kAskedAtEnd && broken_.empty(); ++i) {
    if (!ops_[i].answer || !written_at_.contains(absl::StrCat(ops_[i].asked.principal.text(), " ", ops_[i].request_id)))
      continue;
    ++asked;
    Send(i, dice);
    while (Deliver(dice)) {
    }
    while (Decide() || Commit()) {
    }
    Settle(dice);
  }
  Must(asked == 0 || log_.synced() == end || entries_[end].principal() == "system",
       "requests that were asked again were written again");
  CheckProjections();
}

// Those that followed the log as it came, some of it before a crash, are those that are built from it now.
void World::CheckProjections() {
  if (!broken_.empty()) return;
  while (ledger_->Step(Ledger::Worker::kProjector)) {
  }
  const absl::StatusOr<std::unique_ptr<Projections>> rebuilt = Projections::Open(log_, "");
  Must(rebuilt.ok() && (*rebuilt)->Follow(log_.synced()).ok(), "the projections cannot be built again");
  if (!broken_.empty()) return;
  const absl::StatusOr<std::string> again = (*rebuilt)->Digest();
  const absl::StatusOr<std::string> followed = ledger_->projections().Digest();
  Must(again.ok() && followed.ok() && *again == *followed, "projections that are built again are others");
}

}  // namespace bursar::sim
