#include "bench/day/player.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace bursar::day {

Player::Player(Stage& stage)
    : stage_(stage),
      founding_(stage),
      jobs_(stage),
      usage_(stage, jobs_),
      requests_(stage, usage_),
      desk_(stage, jobs_),
      loose_ends_(stage),
      clock_(stage) {
  for (const Phase& phase : stage.plan.phases) scene_.steps += static_cast<int64_t>(phase.steps.size());
}

void Player::Play() {
  founding_.PublishPolicy();
  for (const Phase& phase : stage_.plan.phases) PlayPhase(phase);
  samples_.push_back(TakeSample(stage_));
}

void Player::PlayPhase(const Phase& phase) {
  scene_.phase = phase.name;
  for (const Step& step : phase.steps) {
    scene_.second = step.second;
    PassTimeUntil(step.second);
    PlayStep(step);
    ++scene_.steps_done;
    stage_.traffic.WaitForRoom();
  }
  stage_.traffic.Drain();
}

void Player::PassTimeUntil(int32_t second) {
  if (!clock_.MoveTo(second)) return;
  desk_.EndIncreases();
  if (stage_.clock > 0 && stage_.clock % kBetweenSamples == 0) samples_.push_back(TakeSample(stage_));
}

void Player::PlayStep(const Step& step) {
  switch (step.kind) {
    case StepKind::kRegister:
    case StepKind::kFound:
    case StepKind::kInvite:
    case StepKind::kAccept:
    case StepKind::kSubmitForm:
    case StepKind::kAskForHelp:
    case StepKind::kPickSlot:
    case StepKind::kDecline:
    case StepKind::kResendMail:
    case StepKind::kConfirm:
    case StepKind::kConfirmAgain:
    case StepKind::kSetLimit:
    case StepKind::kDefaultPayer:
    case StepKind::kOpenProject:
    case StepKind::kSponsor:
    case StepKind::kSetCeiling:
      return founding_.Play(step);
    case StepKind::kStartJob:
    case StepKind::kExtendJob:
    case StepKind::kMeterJob:
    case StepKind::kEndJob:
    case StepKind::kLoseJob:
      return PlayJobStep(step);
    case StepKind::kReadBalance:
    case StepKind::kUpload:
    case StepKind::kCreateFolder:
    case StepKind::kCreateWorkflow:
    case StepKind::kCreateProject:
    case StepKind::kTryUnconfirmed:
    case StepKind::kDownload:
    case StepKind::kPay:
      return PlayRequest(step);
    case StepKind::kMeterStorage:
      stage_.traffic.Drain();
      return usage_.MeterStorage();
    case StepKind::kMeterScratch:
      stage_.traffic.Drain();
      return usage_.MeterScratch();
    case StepKind::kDecideQuarantined:
      stage_.traffic.Drain();
      return usage_.DecideQuarantined();
    case StepKind::kMerge:
    case StepKind::kLeave:
    case StepKind::kMoveOut:
    case StepKind::kHandOver:
      return loose_ends_.Play(step);
    case StepKind::kSettleEgress:
      stage_.traffic.Drain();
      return usage_.SettleEgress();
    case StepKind::kBurst:
      stage_.traffic.Drain();
      return PlayBurst(stage_, jobs_, desk_);
  }
}

void Player::InOrderOf(Payer payer, int32_t second, std::function<void(Turn)> task) {
  stage_.traffic.Queue(payer, [this, payer, second, task = std::move(task)](const Turn& turn) {
    desk_.DecideIfDue(payer, second, turn, [task, turn] { task(turn); });
  });
}

void Player::PlayJobStep(const Step& step) {
  const Job& job = stage_.plan.jobs[step.subject];
  auto task = [this, step](const Turn& turn) {
    switch (step.kind) {
      case StepKind::kExtendJob:
        return jobs_.Extend(step.subject, turn);
      case StepKind::kMeterJob:
        return jobs_.Meter(step.subject, step.detail, /*last=*/false, turn, [] {});
      case StepKind::kEndJob:
        return jobs_.Meter(step.subject, stage_.plan.jobs[step.subject].seconds, /*last=*/true, turn, [] {});
      case StepKind::kLoseJob:
        return jobs_.Lose(step.subject, turn);
      default:
        return StartJob(step, turn);
    }
  };
  if (job.payer != kInstitute) return InOrderOf(job.payer, step.second, std::move(task));
  // Lanes after those of the payers.
  stage_.traffic.Queue(stage_.population.payers() + step.subject, std::move(task));
}

void Player::StartJob(const Step& step, const Turn& turn) {
  jobs_.Start(step.subject, absl::StrCat("job-", step.subject), turn, [this, step, turn](JobPlayer::Outcome outcome) {
    const bool institutes = stage_.plan.jobs[step.subject].payer == kInstitute;
    if (outcome == JobPlayer::Outcome::kOutOfFunds && !institutes) desk_.TakeDenied(step.subject, step.second, turn);
  });
}

void Player::PlayRequest(const Step& step) {
  const auto in_project_order = [&](auto task) {
    InOrderOf(stage_.population.projects[step.subject].payer, step.second, std::move(task));
  };
  switch (step.kind) {
    case StepKind::kUpload:
      return in_project_order([this, step](const Turn& turn) { requests_.Check("data.add", step.subject, turn); });
    case StepKind::kCreateFolder:
      return in_project_order([this, step](const Turn& turn) { requests_.Check("folder.create", step.subject, turn); });
    case StepKind::kCreateWorkflow:
      return in_project_order(
          [this, step](const Turn& turn) { requests_.Check("workflow.create", step.subject, turn); });
    case StepKind::kCreateProject:
      return in_project_order([this, step, number = scene_.steps_done](const Turn& turn) {
        requests_.CreateProject(step.subject, absl::StrCat("one-more-", number), turn);
      });
    case StepKind::kDownload:
      return InOrderOf(stage_.plan.downloads[step.subject].payer, step.second,
                       [this, step](const Turn& turn) { requests_.Download(step.subject, turn); });
    case StepKind::kPay:
      return InOrderOf(step.subject, step.second, [this, step](const Turn& turn) {
        desk_.Pay(step.subject, absl::StrCat("pay-", step.subject), turn, [] {});
      });
    case StepKind::kTryUnconfirmed:
      return stage_.traffic.Queue(std::nullopt,
                                  [this, step](const Turn& turn) { requests_.TryUnconfirmed(step.subject, turn); });
    default:
      return stage_.traffic.Queue(std::nullopt,
                                  [this, step](const Turn& turn) { requests_.ReadBalance(step.subject, turn); });
  }
}

}  // namespace bursar::day
