#include "bench/day/burst.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bursar/v1/finance.pb.h"

namespace bursar::day {
namespace {

int64_t ReadFunds(Stage& stage) {
  v1::GetBalanceRequest request;
  request.set_billing_account(stage.population.AccountId(kInstitute));
  int64_t funds = 0;
  stage.traffic.Call<v1::GetBalanceResponse>(kFinance, request, [&stage, &funds](const auto& answer) {
    if (const auto* read = stage.Expect("GetBalance", answer)) funds = read->balance().funds_micros();
  });
  stage.traffic.Drain();
  return funds;
}

// Gives the jobs that were denied.
std::vector<uint32_t> StartAll(Stage& stage, JobPlayer& jobs, const std::vector<uint32_t>& all, const char* suffix) {
  std::vector<uint32_t> denied;
  for (const uint32_t job : all) {
    stage.traffic.Queue(std::nullopt, [&jobs, &denied, job, suffix](const Turn& turn) {
      jobs.Start(job, absl::StrCat("job-", job, suffix), turn, [&denied, job](JobPlayer::Outcome outcome) {
        if (outcome != JobPlayer::Outcome::kAdmitted) denied.push_back(job);
      });
    });
    stage.traffic.WaitForRoom();
  }
  stage.traffic.Drain();
  return denied;
}

}  // namespace

void PlayBurst(Stage& stage, JobPlayer& jobs, Desk& desk) {
  const Plan& plan = stage.plan;
  const Job& first = plan.jobs[plan.first_of_burst];
  std::vector<uint32_t> all;
  for (size_t job = plan.first_of_burst; job < plan.jobs.size(); ++job) all.push_back(static_cast<uint32_t>(job));

  BurstTally& burst = stage.tally.burst;
  burst.jobs = static_cast<int64_t>(all.size());
  burst.cost_each = Plan::HoldMicros(first, stage.population.CurrencyOf(kInstitute), first.held_seconds);
  burst.funds_before = ReadFunds(stage);
  const absl::Time begin = absl::Now();
  const std::vector<uint32_t> denied = StartAll(stage, jobs, all, "");
  burst.seconds = absl::ToDoubleSeconds(absl::Now() - begin);
  burst.admitted = burst.jobs - static_cast<int64_t>(denied.size());
  burst.funds_after = ReadFunds(stage);
  if (denied.empty()) return;

  const int64_t missing = static_cast<int64_t>(denied.size()) * burst.cost_each;
  const int64_t limit = stage.tally.accounts[kInstitute].limit + missing + missing / 10;
  stage.traffic.Queue(std::nullopt, [&](const Turn& turn) { desk.RaiseNow(kInstitute, limit, turn, [] {}); });
  stage.traffic.Drain();
  const std::vector<uint32_t> still_denied = StartAll(stage, jobs, denied, "-again");
  burst.admitted_after_increase = static_cast<int64_t>(denied.size() - still_denied.size());
  stage.tally.holds_resubmitted += burst.admitted_after_increase;
}

}  // namespace bursar::day
