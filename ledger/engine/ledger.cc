#include "ledger/engine/ledger.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/base/planted.h"
#include "ledger/engine/checkpoint.h"
#include "ledger/engine/engine.h"
#include "ledger/engine/pipeline.h"
#include "ledger/log/block.h"

namespace bursar {
namespace {

// So often it is told how far the projections have caught up.
constexpr Position kFollowStep = 4'096;

std::string TextOf(absl::Time time) { return absl::FormatTime(absl::RFC3339_full, time, absl::UTCTimeZone()); }

// A manual clock may have run ahead of the system's, which could then decide nothing until it has caught up.
absl::Status CheckClock(const Ledger::Options& options, const State& state) {
  if (options.manual_clock || !state.had_manual_clock || options.clock->Now() >= state.time) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "This ledger has run with a manual clock, which stands at ", TextOf(state.time), "; the system's clock says ",
      TextOf(options.clock->Now()), ", which is before that. Open it with a manual clock, as in --clock=manual."));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Ledger>> Ledger::Open(Options options) {
  BURSAR_CHECK(options.log != nullptr && (options.clock != nullptr || options.manual_clock) &&
               options.group_capacity > 0);
  const Position all = options.log->Last().position;
  const auto report = [&](Position done) {
    if (options.on_replay) options.on_replay(done, all);
  };
  Checkpoint start = NearestCheckpoint(*options.log, options.checkpoints_folder, all, options.warn);
  const Recovery recovery{.checkpoint = start.end.position, .replayed = all - start.end.position};
  // What came before is looked up in the request index.
  const Position remembered_after = std::max(start.end.position, all - std::min(all, kMaxUnindexed));
  const Chain checked(start.end, start.state.time);
  Head head(std::move(start.state));
  report(head.state().position);
  const absl::StatusOr<LogEnd> end = VerifiedRead(*options.log, checked, [&](const storage::v1::Block& block) {
    if (BURSAR_PLANTED(checkpoint_without_tail) && checked.end().position > 0) return absl::OkStatus();
    for (const storage::v1::Entry& entry : block.entries()) {
      head.Replay(entry, entry.position() > remembered_after && !BURSAR_PLANTED(recovery_forgets_requests));
    }
    report(head.state().position);
    return absl::OkStatus();
  });
  if (!end.ok()) return end.status();
  if (absl::Status fits = CheckClock(options, head.state()); !fits.ok()) return fits;

  absl::StatusOr<std::unique_ptr<Projections>> projections =
      Projections::Open(*options.log, options.projections_folder);
  if (!projections.ok()) return projections.status();
  // Requests further back than those remembered must be in the index before anything is decided.
  while ((*projections)->position() < remembered_after) {
    const Position step = std::min((*projections)->position() + kFollowStep, remembered_after);
    if (absl::Status followed = (*projections)->Follow(step); !followed.ok()) return followed;
    report((*projections)->position());
  }
  head.Start(*end, &(*projections)->requests());
  State durable = head.state();
  std::unique_ptr<Clock> manual_clock;
  if (options.manual_clock) {
    // The last entry's time is the clock's, so that only an empty log needs another.
    manual_clock = std::make_unique<ManualClock>(all == 0 ? *options.manual_clock : absl::UnixEpoch());
  }
  const std::optional<absl::Time> begins = all == 0 ? options.manual_clock : std::nullopt;
  std::unique_ptr<Ledger> ledger(
      new Ledger(std::make_unique<Engine>(std::move(options), std::move(manual_clock), std::move(head),
                                          std::move(durable), recovery, *std::move(projections))));
  if (!begins) return ledger;
  const absl::StatusOr<Answer> begun = ledger->SubmitAndWait(
      {.principal = Principal::System(), .command = AdvanceClock{.to = *begins, .clock_is_manual = true}});
  if (!begun.ok()) return begun.status();
  return ledger;
}

Ledger::Ledger(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}

Ledger::~Ledger() = default;

void Ledger::Submit(Submission submission, Done done) { engine_->Submit(std::move(submission), std::move(done)); }

absl::StatusOr<Answer> Ledger::SubmitAndWait(Submission submission) {
  return engine_->SubmitAndWait(std::move(submission));
}

absl::StatusOr<Answer> Ledger::Rehearse(const Submission& submission) const { return engine_->Rehearse(submission); }

void Ledger::Read(const std::function<void(const State& state, absl::Time now)>& read) const { engine_->Read(read); }

absl::Status Ledger::WaitFor(Position position, absl::Time deadline) const {
  return engine_->WaitFor(position, deadline);
}

absl::Status Ledger::WaitForProjections(Position position, absl::Time deadline) const {
  return engine_->WaitForProjections(position, deadline);
}

absl::Status Ledger::Tick() const { return engine_->Tick(); }

std::unique_ptr<Following> Ledger::Follow(Told told) const { return engine_->AddFollower(std::move(told)); }

void Ledger::WriteCheckpoint(std::function<void(absl::StatusOr<Position>)> done) const {
  engine_->WriteCheckpoint(std::move(done));
}

bool Ledger::Step(Worker worker) { return engine_->Step(worker); }

const Ledger::Recovery& Ledger::recovery() const { return engine_->recovery(); }

bool Ledger::clock_is_manual() const { return engine_->clock_is_manual(); }

const std::string& Ledger::checkpoints_folder() const { return engine_->checkpoints_folder(); }

const Projections& Ledger::projections() const { return engine_->projections(); }

const EventLog& Ledger::log() const { return engine_->log(); }

}  // namespace bursar
