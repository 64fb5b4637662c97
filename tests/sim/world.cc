#include "tests/sim/world.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "bursar/v1/finance.pb.h"
#include "bursar/v1/gate.pb.h"
#include "bursar/v1/usage.pb.h"
#include "services/api/fingerprint.h"
#include "tests/sim/api_request.h"

namespace bursar::sim {
namespace {

using google::protobuf::Message;

constexpr int64_t kStart = 1'790'000'000'000'000;
constexpr int64_t kDay = 86'400'000'000;
constexpr size_t kCheckState = 512;
// Nobody asks again more often than that while there are faults.
constexpr int kMostTries = 6;
constexpr int kSecondsToHeal = 60;

uint64_t NumberOf(const std::array<uint8_t, kStepBytes>& record) {
  uint64_t number = 0;
  for (size_t i = 1; i < kStepBytes; ++i) number = number << 8 | record[i];
  return number;
}

std::string KeyOf(absl::string_view principal, absl::string_view request_id) {
  return absl::StrCat(principal, " ", request_id);
}

// The id goes into the request itself, or into its only usage record.
void SetRequestId(Message& message, const std::string& id) {
  if (auto* usage = dynamic_cast<v1::RecordUsageRequest*>(&message)) {
    usage->mutable_records(0)->set_record_id(id);
    return;
  }
  const auto* field = message.GetDescriptor()->FindFieldByName("request_id");
  if (field != nullptr) message.GetReflection()->SetString(&message, field, id);
}

bool HasRequestId(const Message& message) {
  return message.GetDescriptor()->FindFieldByName("request_id") != nullptr ||
         message.GetDescriptor() == v1::RecordUsageRequest::descriptor();
}

std::string FingerprintOf(const google::protobuf::MethodDescriptor& method, Message& message) {
  if (auto* usage = dynamic_cast<v1::RecordUsageRequest*>(&message)) {
    return Fingerprint(method.full_name(), *usage->mutable_records(0), "record_id");
  }
  return HasRequestId(message) ? Fingerprint(method.full_name(), message, "request_id") : "";
}

bool Percent(laws::Dice& dice, int of_hundred) { return of_hundred > 0 && dice.Below(100) < of_hundred; }

}  // namespace

World::World(const Trace& trace, std::string folder, Sometimes& sometimes, laws::Sightings& sightings, Watcher watcher)
    : trace_(trace),
      swarm_(Swarm::Of(trace.world)),
      folder_(std::move(folder)),
      sometimes_(sometimes),
      watcher_(std::move(watcher)),
      clock_(absl::FromUnixMicros(kStart)),
      links_(LinkKey::Repeatable(absl::StrCat(swarm_.seed))),
      seen_(static_cast<size_t>(swarm_.clients)),
      laws_(state_, sightings),
      workload_(swarm_.seed, laws_.model()) {}

World::~World() {
  Close();
  std::error_code ignored;
  if (swarm_.has_checkpoints || swarm_.keeps_projections) std::filesystem::remove_all(folder_, ignored);
}

std::string World::Run() {
  Must(Open(), "the ledger does not open");
  for (const Record& record : trace_.steps) {
    if (!broken_.empty()) return broken_;
    Step(record);
  }
  if (broken_.empty()) Heal();
  if (broken_.empty()) CheckEnd();
  digest_ = absl::StrCat(absl::Hex(replies_digest_), "-",
                         absl::BytesToHexString({reinterpret_cast<const char*>(log_.Last().hash.data()), 32}));
  return broken_;
}

bool World::Open() {
  Ledger::Options options{.log = &log_,
                          .clock = &clock_,
                          .checkpoint_every = swarm_.has_checkpoints ? swarm_.checkpoint_every : 0,
                          .queue_capacity = swarm_.queue_capacity,
                          .group_capacity = swarm_.group_capacity,
                          .stepped = true};
  if (swarm_.keeps_projections) options.projections_folder = absl::StrCat(folder_, "/projections");
  if (swarm_.has_checkpoints) options.checkpoints_folder = absl::StrCat(folder_, "/checkpoints");
  absl::StatusOr<std::unique_ptr<Ledger>> ledger = Ledger::Open(std::move(options));
  if (!ledger.ok()) return false;
  ledger_ = *std::move(ledger);
  Calls::Options calls{.reader_threads = 0};
  calls.feed.stepped = true;
  calls_ = std::make_unique<Calls>(*ledger_, links_, calls);
  recovered_ = log_.Last().position;
  const bool from_checkpoint = ledger_->recovery().checkpoint > 0;
  sometimes_.SawIf(process_ > 0 && from_checkpoint, Case::kRecoveredFromCheckpoint);
  sometimes_.SawIf(process_ > 0 && !from_checkpoint, Case::kRecoveredFromFirstEntry);
  return true;
}

// What is still on its way is answered, since the service counts on it; nobody hears it, and the log gets none of it.
void World::Close() {
  ending_ = true;
  while (ledger_ != nullptr && broken_.empty()) {
    log_.SetFault(SimLog::Fault::kFailsKeepingNothing);
    if (!ledger_->Step(Ledger::Worker::kWriter) && !ledger_->Step(Ledger::Worker::kCommitter)) break;
  }
  calls_.reset();
  ledger_.reset();
  ending_ = false;
  ++process_;
  group_decided_ = false;
}

void World::Step(const Record& record) {
  ++steps_;
  laws::Dice dice(NumberOf(record));
  // After a failed append only a crash helps, and it comes soon.
  if (log_.failed() && dice.OneIn(4)) {
    Crash(dice);
  } else if (!Act(swarm_.ActivityOf(record[0]), dice)) {
    // Time is not wasted on those who have nothing to do.
    static_cast<void>(Deliver(dice) || Ask(dice) || Decide() || Commit() || ledger_->Step(Ledger::Worker::kProjector));
  }
  Settle(dice);
  if (steps_ % kCheckState == 0) CheckState("after a step");
}

bool World::Act(Activity activity, laws::Dice& dice) {
  switch (activity) {
    case Activity::kAsk:
      return Ask(dice);
    case Activity::kDeliver:
      return Deliver(dice);
    case Activity::kRetry:
      return Retry(dice);
    case Activity::kWrite:
      return Decide();
    case Activity::kCommit:
      return Commit();
    case Activity::kProject:
      return ledger_->Step(Ledger::Worker::kProjector);
    case Activity::kCheckpoint:
      return Checkpoint();
    case Activity::kRead:
      return Read(dice);
    case Activity::kTime:
      return MoveTime(dice);
    case Activity::kFault:
      return Fault(dice);
    case Activity::kCrash:
      return Crash(dice);
  }
  return false;
}

// Clients ------------------------------------------------------------------------------------------------------------

bool World::Ask(laws::Dice& dice) {
  if (open_.size() >= static_cast<size_t>(swarm_.clients) * 3) return false;
  workload_.Reseed(dice.Next());
  Op op;
  op.asked = workload_.Next(absl::ToUnixMicros(std::max(clock_.Now(), state_.time)));
  OpenMail(op.asked, dice);
  ApiRequest request = RequestOf(op.asked.command, links_);
  if (request.method == nullptr) return false;
  op.method = request.method;
  op.client = static_cast<int>(dice.Below(swarm_.clients));
  op.after = answered_;
  if (HasRequestId(*request.message)) {
    op.request_id = absl::StrCat("r-", ++next_id_);
    if (!ops_.empty() && (Percent(dice, swarm_.other_bodies) || Percent(dice, swarm_.same_ids))) {
      const Op& other = ops_[static_cast<size_t>(dice.Below(static_cast<int64_t>(ops_.size())))];
      if (!other.request_id.empty()) op.request_id = other.request_id;
      sometimes_.SawIf(!other.request_id.empty() && !(other.asked.principal == op.asked.principal),
                       Case::kSameIdOfOtherCaller);
    }
    SetRequestId(*request.message, op.request_id);
  }
  if (dice.OneIn(32)) {
    const auto* field = request.message->GetDescriptor()->FindFieldByName("validate_only");
    if (field != nullptr) {
      sometimes_.Saw(Case::kRehearsed);
      request.message->GetReflection()->SetBool(request.message.get(), field, true);
      ServeRead(op.asked.principal, op.method->full_name().c_str(), *request.message, [](const Message&) {});
      return true;
    }
  }
  op.fingerprint = FingerprintOf(*op.method, *request.message);
  op.bytes = request.message->SerializeAsString();
  ops_.push_back(std::move(op));
  const size_t number = ops_.size() - 1;
  by_key_[KeyOf(ops_.back().asked.principal.text(), ops_.back().request_id)].push_back(number);
  open_.push_back(number);
  Send(number, dice);
  return true;
}

// Only the product knows the links that it mails: who asks with one that was never mailed, or now and then anybody, is
// given one of them.
void World::OpenMail(laws::Asked& asked, laws::Dice& dice) const {
  const auto* confirm = std::get_if<ConfirmBilling>(&asked.command);
  if (confirm == nullptr ? !dice.OneIn(16) : dice.OneIn(8)) return;
  for (const auto& [id, account] : laws_.model().accounts) {
    if (confirm != nullptr && account.selector == confirm->selector) return;
  }
  for (const auto& [id, account] : laws_.model().accounts) {
    if (account.selector.empty() || account.confirmed_at != 0 || dice.OneIn(4)) continue;
    asked = {{}, ConfirmBilling{.selector = account.selector, .secret_hash = account.secret_hash}};
    return;
  }
}

void World::Send(size_t number, laws::Dice& dice) {
  ++ops_[number].tries;
  if (!healed_ && Percent(dice, swarm_.requests_lost)) return sometimes_.Saw(Case::kRequestLost);
  ++ops_[number].outstanding;
  network_.push_back(number);
}

bool World::Deliver(laws::Dice& dice) {
  if (network_.empty()) return false;
  const auto index = swarm_.reorders ? dice.Below(static_cast<int64_t>(network_.size())) : 0;
  sometimes_.SawIf(index > 0, Case::kRequestsReordered);
  const size_t number = network_[static_cast<size_t>(index)];
  if (!healed_ && Percent(dice, swarm_.requests_twice)) {
    sometimes_.Saw(Case::kRequestTwice);
    ++ops_[number].outstanding;
  } else {
    network_.erase(network_.begin() + index);
  }
  delivering_ = true;
  Serve(number);
  delivering_ = false;
  return true;
}

bool World::Retry(laws::Dice& dice) {
  if (!ops_.empty() && dice.OneIn(8)) {
    // Long after it was answered.
    const auto number = static_cast<size_t>(dice.Below(static_cast<int64_t>(ops_.size())));
    if (!ops_[number].resolved || ops_[number].request_id.empty()) return false;
    Send(number, dice);
    return true;
  }
  for (const size_t number : open_) {
    if (ops_[number].outstanding > 0 || ops_[number].tries >= kMostTries) continue;
    Send(number, dice);
    return true;
  }
  return false;
}

void World::Serve(size_t number) {
  const Op& op = ops_[number];
  const int process = process_;
  calls_->Serve(
      {.principal = op.asked.principal, .method = op.method}, op.bytes,
      [this, number, process](const absl::Status& status, const Message* response) {
        --ops_[number].outstanding;
        // A process that has ended tells nobody anything.
        if (process != process_ || ending_) return;
        Reply reply{
            .op = number, .status = status, .is_answer = status.ok(), .of_commit = committing_, .at_once = delivering_};
        if (status.ok()) {
          reply.bytes = response->SerializeAsString();
          if (const auto* check = dynamic_cast<const v1::CheckResponse*>(response)) {
            reply.position = check->decision().position();
          } else if (const auto* usage = dynamic_cast<const v1::RecordUsageResponse*>(response)) {
            reply.position = usage->position();
            if (usage->results(0).has_error()) {
              reply.status = absl::Status(static_cast<absl::StatusCode>(usage->results(0).error().code()),
                                          usage->results(0).error().message());
            }
          } else {
            const auto* field = response->GetDescriptor()->FindFieldByName("position");
            if (field != nullptr) reply.position = response->GetReflection()->GetUInt64(*response, field);
          }
        }
        replies_.push_back(std::move(reply));
      });
}

void World::ServeRead(const Principal& principal, const char* method, const Message& request,
                      const std::function<void(const Message&)>& look) {
  int answered = 0;
  absl::Status status;
  calls_->Serve(
      {.principal = principal, .method = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(method)},
      request.SerializeAsString(), [&](const absl::Status& came, const Message* response) {
        ++answered;
        status = came;
        if (came.ok()) look(*response);
      });
  Must(answered == 1, "a read was answered ", answered, " times");
  Must(!absl::IsInternal(status) && !absl::IsUnknown(status), method, " failed: ", status.ToString());
}

bool World::Read(laws::Dice& dice) {
  const auto client = static_cast<size_t>(dice.Below(swarm_.clients));
  const bool ahead = dice.OneIn(16);
  const Position seen = ahead ? log_.Last().position + 100 : seen_[client];
  sometimes_.SawIf(!ahead && seen > 0, Case::kReadAtOwnWrite);
  const Principal finance{.role = Role::kFinance, .name = "fin"};
  bool looked = false;
  const auto look = [&](Position position) {
    looked = true;
    Must(position >= seen, "a read at position ", seen, " was answered as of ", position);
    Must(position <= log_.synced(), "a read shows position ", position, ", which is not durable");
    seen_[client] = std::max(seen_[client], position);
  };
  if (dice.OneIn(3)) {
    v1::GetTrialBalanceRequest request;
    request.set_min_position(seen);
    ServeRead(finance, "bursar.v1.FinanceService.GetTrialBalance", request, [&](const Message& message) {
      const auto& balance = static_cast<const v1::GetTrialBalanceResponse&>(message);
      look(balance.position());
      for (const auto& total : balance.totals()) {
        Must(total.debit() == total.credit(), "the books are at ", total.debit(), " and ", total.credit(), " ",
             total.currency());
      }
    });
  } else if (!laws_.model().accounts.empty()) {
    const auto& accounts = laws_.model().accounts;
    v1::GetBalanceRequest request;
    request.set_billing_account(std::next(accounts.begin(), dice.Below(static_cast<int64_t>(accounts.size())))->first);
    request.set_min_position(seen);
    ServeRead(finance, "bursar.v1.FinanceService.GetBalance", request, [&](const Message& message) {
      look(static_cast<const v1::GetBalanceResponse&>(message).balance().position());
    });
  }
  sometimes_.SawIf(ahead && !looked, Case::kReadAheadRefused);
  return true;
}

// The server ----------------------------------------------------------------------------------------------------------

bool World::Decide() {
  const bool acted = ledger_->Step(Ledger::Worker::kWriter);
  if (acted) decided_time_ = clock_.Now();
  group_decided_ = group_decided_ || acted;
  return acted;
}

bool World::Commit() {
  const size_t appends = log_.appends();
  const bool failed_before = log_.failed();
  const Position end = log_.Last().position;
  committing_ = true;
  const bool acted = ledger_->Step(Ledger::Worker::kCommitter);
  committing_ = false;
  sometimes_.SawIf(acted && log_.appends() == appends && !replies_.empty(), Case::kGroupOfRefusals);
  if (log_.failed() && !failed_before) {
    sometimes_.Saw(log_.Last().position == end ? Case::kAppendFailedKeepingNothing : Case::kAppendFailedKeepingAll);
  }
  group_decided_ = false;
  return acted;
}

bool World::Checkpoint() {
  if (!swarm_.has_checkpoints) return false;
  ledger_->WriteCheckpoint([](const absl::StatusOr<Position>&) {});
  sometimes_.Saw(Case::kCheckpointWritten);
  return ledger_->Step(Ledger::Worker::kCheckpointer);
}

bool World::MoveTime(laws::Dice& dice) {
  const absl::Time now = clock_.Now();
  if (swarm_.clock_jumps && dice.OneIn(16)) {
    const auto by = dice.Pick<int64_t>({-1, -1'000'000, -kDay / 24, -kDay, -366 * kDay, kDay / 24, 31 * kDay});
    clock_.Set(now + absl::Microseconds(by));
    sometimes_.SawIf(by < 0, Case::kClockBack);
    sometimes_.SawIf(by >= 31 * kDay, Case::kClockFarAhead);
    return true;
  }
  workload_.Reseed(dice.Next());
  const absl::Time due = std::min(state_.NextDue(), absl::FromUnixMicros(kStart + 100'000 * kDay));
  const int64_t later = workload_.Later(absl::ToUnixMicros(now), absl::ToUnixMicros(due));
  clock_.Set(absl::FromUnixMicros(later));
  return true;
}

bool World::Fault(laws::Dice& dice) {
  log_.SetFault(dice.Pick(
      {SimLog::Fault::kFailsKeepingNothing, SimLog::Fault::kFailsKeepingUnsynced, SimLog::Fault::kFailsKeepingSynced}));
  return true;
}

bool World::Crash(laws::Dice& dice) {
  sometimes_.Saw(Case::kCrash);
  size_t there = 0;
  for (const size_t number : open_) there += static_cast<size_t>(ops_[number].outstanding);
  sometimes_.SawIf(there > network_.size(), Case::kCrashWithCommandsQueued);
  sometimes_.SawIf(group_decided_ && !log_.failed(), Case::kCrashWithGroupDecided);
  sometimes_.SawIf(ledger_->projections().position() < log_.synced(), Case::kCrashWithProjectionsBehind);
  Close();
  for (Op& op : ops_) {
    op.crashed_since = true;
    if (!op.resolved) op.unknown = true;
  }
  const size_t unsynced = log_.unsynced_blocks();
  const auto kept = static_cast<size_t>(dice.Below(static_cast<int64_t>(unsynced) + 1));
  sometimes_.SawIf(kept > 0, Case::kCrashKeepsUnsynced);
  sometimes_.SawIf(kept < unsynced, Case::kCrashLosesUnsynced);
  log_.Crash(kept);
  if (swarm_.keeps_projections) LeaveProjections(dice);
  if (dice.OneIn(4)) {
    log_.FailReadsAfter(static_cast<size_t>(dice.Below(8)));
    if (Open()) {
      Close();
    } else {
      sometimes_.Saw(Case::kCrashWhileRecovering);
    }
    log_.HealReads();
  }
  Must(Open(), "the ledger does not open after a crash");
  if (!broken_.empty()) return true;
  int64_t outstanding = 0;
  for (const Op& op : ops_) outstanding += op.outstanding;
  Must(outstanding == static_cast<int64_t>(network_.size()), outstanding - static_cast<int64_t>(network_.size()),
       " calls were never answered");
  FetchEntries();
  FollowLogTo(log_.synced());
  ResolveUnanswered();
  CheckState("after a crash");
  return true;
}

// What a crash leaves of the folder: all, nothing, or what was there some time ago.
void World::LeaveProjections(laws::Dice& dice) {
  const std::filesystem::path now = absl::StrCat(folder_, "/projections");
  const std::filesystem::path older = absl::StrCat(folder_, "/older");
  std::error_code ignored;
  const int64_t roll = dice.Below(4);
  if (roll == 0) {
    std::filesystem::remove_all(now, ignored);
    sometimes_.Saw(Case::kProjectionsDeleted);
  } else if (roll == 1 && has_older_projections_) {
    std::filesystem::remove_all(now, ignored);
    std::filesystem::copy(older, now, std::filesystem::copy_options::recursive, ignored);
    sometimes_.Saw(Case::kProjectionsOlder);
  } else {
    std::filesystem::remove_all(older, ignored);
    std::filesystem::copy(now, older, std::filesystem::copy_options::recursive, ignored);
    has_older_projections_ = true;
    sometimes_.Saw(Case::kProjectionsKept);
  }
}

// Faults end, and within a minute everybody has to know what became of what they asked.
void World::Heal() {
  healed_ = true;
  laws::Dice dice(swarm_.seed + 1);
  log_.SetFault(SimLog::Fault::kNone);
  if (log_.failed()) Crash(dice);
  for (int second = 0; second < kSecondsToHeal && broken_.empty(); ++second) {
    clock_.Advance(absl::Seconds(1));
    for (const size_t number : std::vector<size_t>(open_)) {
      if (ops_[number].outstanding == 0) Send(number, dice);
    }
    bool busy = true;
    while (busy && broken_.empty()) {
      busy = Deliver(dice);
      while (Decide() || Commit() || ledger_->Step(Ledger::Worker::kProjector)) {
        busy = true;
        Settle(dice);
        if (!broken_.empty()) return;
      }
      Settle(dice);
    }
    if (open_.empty()) break;
  }
  Must(open_.empty(), open_.size(), " requests were not resolved within a minute without faults");
  Must(ledger_->projections().position() == log_.synced(), "the projections stand at ",
       ledger_->projections().position(), " of ", log_.synced());
}

}  // namespace bursar::sim
