#include "bench/day/job_player.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/day/times.h"
#include "bursar/v1/gate.pb.h"
#include "bursar/v1/usage.pb.h"

namespace bursar::day {
namespace {

constexpr char kOutOfFundsReason[] = "SPENDING_LIMIT_EXCEEDED";

int64_t Sum(const google::protobuf::RepeatedPtrField<v1::Part>& parts) {
  int64_t sum = 0;
  for (const v1::Part& part : parts) sum += part.amount_micros();
  return sum;
}

}  // namespace

// What the run and its account hold from now on.
void JobPlayer::Hold(const Job& job, Run& run, int64_t micros) {
  stage_.tally.accounts[job.payer].held += micros - run.held_micros;
  run.held_micros = micros;
}

void JobPlayer::Start(uint32_t index, const std::string& request_id, const Turn& turn,
                      std::function<void(Outcome)> then) {
  const Job& job = stage_.plan.jobs[index];
  const int64_t cost = Plan::HoldMicros(job, stage_.population.CurrencyOf(job.payer), job.held_seconds);
  v1::PlaceHoldRequest request;
  request.set_request_id(request_id);
  v1::GatedAction& action = *request.mutable_gated_action();
  action.set_action("analysis.run");
  action.set_user_id(stage_.population.UserId(job.person));
  if (job.project.has_value()) {
    action.set_project_id(stage_.project_ids[*job.project]);
  } else {
    action.set_bill_to(stage_.population.AccountId(job.payer));
  }
  action.set_cost_micros(cost);
  if (job.cost_limit_percent > 0) action.set_cost_limit_micros(cost / 100 * job.cost_limit_percent);
  // Well after its end, and after that of its extension.
  const int32_t good_for = std::max(job.held_seconds, job.extended_seconds);
  *request.mutable_expire_time() = ToProto(stage_.At(stage_.clock + 2 * good_for + kDay));
  stage_.traffic.Call<v1::PlaceHoldResponse>(
      kPlatform, request, [this, index, &job, cost, turn, then = std::move(then)](const auto& answer) {
        Tally& tally = stage_.tally;
        if (!answer.ok() && IsDenial(answer.status())) {
          ++tally.holds_denied[ReasonOf(answer.status())];
          return then(Outcome::kDenied);
        }
        const auto* placed = stage_.Expect("PlaceHold", answer);
        if (placed == nullptr) return then(Outcome::kError);
        stage_.Saw(placed->position());
        if (!placed->decision().allowed()) {
          const std::string reason = ReasonOf(placed->decision());
          ++tally.holds_denied[reason];
          return then(reason == kOutOfFundsReason ? Outcome::kOutOfFunds : Outcome::kDenied);
        }
        if (placed->hold().held_micros() != cost) stage_.Surprise("PlaceHold", "holds another amount than asked for");
        ++tally.holds_admitted;
        Run& run = runs_[index];
        run.hold_id = placed->hold().hold_id();
        run.good_for = job.held_seconds;
        Hold(job, run, placed->hold().held_micros());
        then(Outcome::kAdmitted);
      });
}

void JobPlayer::Extend(uint32_t index, const Turn& turn) {
  const Job& job = stage_.plan.jobs[index];
  const Run& run = runs_[index];
  if (!run.running()) return;
  const Currency currency = stage_.population.CurrencyOf(job.payer);
  v1::ExtendHoldRequest request;
  request.set_request_id(absl::StrCat("extend-", index));
  request.set_hold_id(run.hold_id);
  request.set_additional_micros(Plan::HoldMicros(job, currency, job.extended_seconds) -
                                Plan::HoldMicros(job, currency, job.held_seconds));
  stage_.traffic.Call<v1::ExtendHoldResponse>(kPlatform, request, [this, index, &job, turn](const auto& answer) {
    const auto* extended = stage_.Expect("ExtendHold", answer);
    if (extended == nullptr) return;
    stage_.Saw(extended->position());
    if (!extended->decision().allowed()) {
      ++stage_.tally.extensions_denied;
      return;
    }
    ++stage_.tally.extended;
    runs_[index].good_for = job.extended_seconds;
    Hold(job, runs_[index], extended->held_micros());
  });
}

void JobPlayer::Meter(uint32_t index, int64_t seconds, bool last, const Turn& turn, std::function<void()> then) {
  const Job& job = stage_.plan.jobs[index];
  Run& run = runs_[index];
  if (!run.running()) return then();
  // A job whose extension was denied is stopped where its hold ends.
  const bool cut_short = seconds > run.good_for;
  const int64_t until = std::min(seconds, run.good_for);
  v1::CaptureHoldRequest request;
  request.set_request_id(absl::StrCat("capture-", index, "-", ++run.parts));
  request.set_hold_id(run.hold_id);
  request.mutable_usage()->set_sku(PriceOf(job.sku).name);
  request.mutable_usage()->set_quantity(job.Quantity(until - run.metered));
  request.set_last(last || cut_short);
  run.metered = until;
  run.over = last || cut_short;
  stage_.traffic.Call<v1::CaptureHoldResponse>(
      kPlatform, request, [this, index, &job, cut_short, turn, then = std::move(then)](const auto& answer) {
        const auto* captured = stage_.Expect("CaptureHold", answer);
        if (captured == nullptr) return then();
        stage_.Saw(captured->position());
        Run& run = runs_[index];
        const int64_t returned = Sum(captured->returned());
        if (run.held_micros - captured->charge().amount_micros() - returned != captured->held_micros()) {
          stage_.Surprise("CaptureHold", "what was held is not what was charged, given back and is still held");
        }
        Hold(job, run, captured->held_micros());
        stage_.Charged(job.payer, captured->charge().amount_micros(), /*metered=*/false);
        stage_.tally.given_back[stage_.CurrencyOf(job.payer)] += returned;
        ++stage_.tally.captures;
        if (job.lost_by_platform) {
          run.charges.emplace_back(captured->charge().charge_id(), captured->charge().amount_micros());
        }
        // Its platform stops it: the next metering finds nothing more to be run.
        if (captured->terminate() && !captured->closed()) {
          ++stage_.tally.jobs_terminated;
          run.good_for = run.metered;
        }
        if (captured->closed()) ++(cut_short ? stage_.tally.jobs_cut_short : stage_.tally.jobs_ended);
        then();
      });
}

void JobPlayer::Lose(uint32_t index, const Turn& turn) {
  Run& run = runs_[index];
  if (!run.running()) return;
  run.over = true;
  if (run.charges.empty()) return Release(index, turn);
  Reverse(index, turn);
}

void JobPlayer::Reverse(uint32_t index, const Turn& turn) {
  const Job& job = stage_.plan.jobs[index];
  Run& run = runs_[index];
  if (run.charges.empty()) return;
  const auto [charge, amount] = run.charges.back();
  run.charges.pop_back();
  // A part of a run may cost nothing.
  if (amount == 0) return Reverse(index, turn);
  v1::ReverseChargeRequest request;
  request.set_request_id(absl::StrCat("reverse-", charge));
  request.set_charge_id(charge);
  request.set_cause(v1::REVERSAL_CAUSE_PLATFORM_FAILURE);
  request.set_reason("The node was lost.");
  stage_.traffic.Call<v1::ReverseChargeResponse>(
      kPlatform, request, [this, index, &job, charged = amount, turn](const auto& answer) {
        const auto* reversed = stage_.Expect("ReverseCharge", answer);
        if (reversed == nullptr) return;
        stage_.Saw(reversed->position());
        ++stage_.tally.charges_reversed;
        if (reversed->reversal().amount_micros() != charged) {
          stage_.Surprise("ReverseCharge", "gave back another amount than was charged");
        }
        stage_.Reversed(job.payer, reversed->reversal().amount_micros());
        if (!reversed->reversal().released_hold_id().empty()) {
          ++stage_.tally.holds_released;
          stage_.tally.given_back[stage_.CurrencyOf(job.payer)] += runs_[index].held_micros;
          Hold(job, runs_[index], 0);
        }
        Reverse(index, turn);
      });
}

std::vector<uint32_t> JobPlayer::Running() const {
  std::vector<uint32_t> running;
  for (uint32_t job = 0; job < runs_.size(); ++job) {
    if (runs_[job].running()) running.push_back(job);
  }
  return running;
}

void JobPlayer::Release(uint32_t index, const Turn& turn) {
  const Job& job = stage_.plan.jobs[index];
  const Run& run = runs_[index];
  v1::ReleaseHoldRequest request;
  request.set_request_id(absl::StrCat("release-", index));
  request.set_hold_id(run.hold_id);
  stage_.traffic.Call<v1::ReleaseHoldResponse>(kPlatform, request, [this, index, &job, turn](const auto& answer) {
    const auto* released = stage_.Expect("ReleaseHold", answer);
    if (released == nullptr) return;
    if (released->returned_micros() != runs_[index].held_micros) {
      stage_.Surprise("ReleaseHold", "gave back another amount than was held");
    }
    Hold(job, runs_[index], 0);
    ++stage_.tally.holds_released;
    stage_.tally.given_back[stage_.CurrencyOf(job.payer)] += released->returned_micros();
    stage_.Saw(released->position());
  });
}

}  // namespace bursar::day
