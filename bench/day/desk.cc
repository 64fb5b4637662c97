#include "bench/day/desk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/day/times.h"
#include "bursar/v1/billing.pb.h"
#include "bursar/v1/limit.pb.h"

namespace bursar::day {
namespace {

constexpr size_t kMostHandedInAgain = 50;
constexpr int kMostRequests = 3;
constexpr int32_t kForATime = 3 * kHour;

// To the next ten units, so that a person would have typed it.
int64_t Rounded(int64_t micros) { return (micros / (10 * kUnit) + 1) * 10 * kUnit; }

}  // namespace

// Eight of a hundred are denied, and four take their request back before.
Desk::Verdict Desk::Draw(Random& random) {
  if (random.Chance(4, 100)) return Verdict::kWithdrawn;
  const int64_t draw = random.Below(100);
  if (draw < 8) return Verdict::kForATime;
  if (draw < 80) return Verdict::kInFull;
  return draw < 92 ? Verdict::kInPart : Verdict::kNo;
}

Desk::Desk(Stage& stage, JobPlayer& jobs) : stage_(stage), jobs_(jobs) {
  for (Payer payer = 0; payer < stage.population.payers(); ++payer) {
    waiting_.push_back({.random = Random(stage.seed, 1'000'000 + payer)});
  }
}

int64_t Desk::open() const {
  return std::count_if(waiting_.begin(), waiting_.end(),
                       [](const Waiting& waiting) { return waiting.open.has_value(); });
}

void Desk::TakeDenied(uint32_t job, int32_t second, const Turn& turn) {
  const Payer payer = stage_.plan.jobs[job].payer;
  Waiting& waiting = waiting_[payer];
  if (waiting.jobs.size() < kMostHandedInAgain) waiting.jobs.push_back(job);
  // Not everybody asks at once.
  if (waiting.open.has_value() || waiting.asked == kMostRequests || !waiting.random.Chance(1, 2)) return;
  const Verdict verdict = Draw(waiting.random);
  const Currency currency = stage_.population.CurrencyOf(payer);
  const int64_t cost = Plan::HoldMicros(stage_.plan.jobs[job], currency, stage_.plan.jobs[job].held_seconds);
  waiting.open = Request{.limit_micros = Rounded(2 * stage_.tally.accounts[payer].limit + 4 * cost),
                         .due = second + static_cast<int32_t>(waiting.random.LogNormal(90 * kMinute, 4 * kHour)),
                         .verdict = verdict};
  Ask(payer, waiting.open->limit_micros, turn, [&waiting](std::string id) {
    if (id.empty()) return waiting.open.reset();
    waiting.open->id = std::move(id);
  });
}

void Desk::Ask(Payer payer, int64_t limit_micros, const Turn& turn, std::function<void(std::string)> then) {
  Waiting& waiting = waiting_[payer];
  v1::RequestLimitIncreaseRequest request;
  request.set_request_id(absl::StrCat("increase-", payer, "-", ++waiting.asked));
  request.set_billing_account(stage_.population.AccountId(payer));
  request.set_requested_limit_micros(limit_micros);
  if (waiting.random.Chance(45, 100)) request.set_purchase_order(absl::StrCat("PO-", payer, "-", waiting.asked));
  request.set_reason("Jobs are denied for want of funds.");
  stage_.traffic.Call<v1::RequestLimitIncreaseResponse>(
      stage_.OwnerOf(payer), request,
      [this, payer, turn, limit_micros, order = request.purchase_order(), then = std::move(then)](const auto& answer) {
        const auto* asked = stage_.Expect("RequestLimitIncrease", answer);
        if (asked == nullptr) return then("");
        ++stage_.tally.increases_asked;
        stage_.Saw(asked->position());
        const std::string id = asked->increase().increase_id();
        if (order.empty()) return then(id);
        RecordOrder(payer, order, limit_micros, turn, [then, id] { then(id); });
      });
}

void Desk::RecordOrder(Payer payer, const std::string& number, int64_t value_micros, const Turn& turn,
                       std::function<void()> then) {
  v1::RecordPurchaseOrderRequest request;
  request.set_request_id(absl::StrCat("order-", number));
  request.set_number(number);
  request.set_platform_id(stage_.population.AccountId(payer));
  request.set_value_micros(value_micros);
  request.set_currency(stage_.CurrencyOf(payer));
  stage_.traffic.Call<v1::RecordPurchaseOrderResponse>(
      kPlatform, request, [this, turn, then = std::move(then)](const auto& answer) {
        if (const auto* recorded = stage_.Expect("RecordPurchaseOrder", answer)) {
          ++stage_.tally.purchase_orders;
          stage_.Saw(recorded->position());
        }
        then();
      });
}

void Desk::DecideIfDue(Payer payer, int32_t second, const Turn& turn, std::function<void()> then) {
  Waiting& waiting = waiting_[payer];
  if (!waiting.open.has_value() || waiting.open->due > second) return then();
  const Request request = *std::exchange(waiting.open, std::nullopt);
  const int64_t limit = stage_.tally.accounts[payer].limit;
  auto again = [this, payer, second, turn, then = std::move(then), jobs = std::move(waiting.jobs)] {
    HandInAgain(payer, jobs, second, turn, then);
  };
  waiting.jobs.clear();
  switch (request.verdict) {
    case Verdict::kInFull:
      return Approve(payer, request.id, 0, std::nullopt, turn, std::move(again));
    case Verdict::kForATime:
      return Approve(payer, request.id, 0, stage_.clock + kForATime, turn, std::move(again));
    case Verdict::kInPart:
      ++stage_.tally.increases_approved_in_part;
      return Approve(payer, request.id, limit + (request.limit_micros - limit) / 2, std::nullopt, turn,
                     std::move(again));
    case Verdict::kWithdrawn:
      return Withdraw(payer, request.id, turn, std::move(again));
    case Verdict::kNo:
      return Deny(request.id, turn, [this, payer, turn, id = request.id, again = std::move(again)] {
        Pay(payer, absl::StrCat("pay-", id), turn, again);
      });
  }
}

void Desk::Approve(Payer payer, const std::string& increase_id, int64_t limit_micros, std::optional<int32_t> end,
                   const Turn& turn, std::function<void()> then) {
  v1::ApproveLimitIncreaseRequest request;
  request.set_request_id(absl::StrCat("approve-", increase_id));
  request.set_increase_id(increase_id);
  request.set_limit_micros(limit_micros);
  request.set_note("Agreed.");
  if (end.has_value()) *request.mutable_end_time() = ToProto(stage_.At(*end));
  stage_.traffic.Call<v1::ApproveLimitIncreaseResponse>(
      kOperator, request, [this, payer, end, turn, then = std::move(then)](const auto& answer) {
        if (const auto* approved = stage_.Expect("ApproveLimitIncrease", answer)) {
          ++stage_.tally.increases_approved;
          stage_.LimitSet(payer, approved->limit_micros());
          stage_.Saw(approved->position());
          ending_.erase(payer);
          if (end.has_value()) {
            ++stage_.tally.increases_for_a_time;
            ending_[payer] = {.second = *end, .limit_micros = approved->limit_afterwards_micros()};
          }
        }
        then();
      });
}

void Desk::EndIncreases() {
  std::erase_if(ending_, [this](const auto& one) {
    const auto& [payer, ending] = one;
    if (ending.second > stage_.clock) return false;
    ++stage_.tally.increases_ended;
    stage_.LimitSet(payer, ending.limit_micros);
    return true;
  });
}

void Desk::Withdraw(Payer payer, const std::string& increase_id, const Turn& turn, std::function<void()> then) {
  v1::WithdrawLimitIncreaseRequest request;
  request.set_request_id(absl::StrCat("withdraw-", increase_id));
  request.set_increase_id(increase_id);
  stage_.traffic.Call<v1::WithdrawLimitIncreaseResponse>(
      stage_.OwnerOf(payer), request, [this, turn, then = std::move(then)](const auto& answer) {
        if (const auto* withdrawn = stage_.Expect("WithdrawLimitIncrease", answer)) {
          ++stage_.tally.increases_withdrawn;
          stage_.Saw(withdrawn->position());
        }
        then();
      });
}

void Desk::Deny(const std::string& increase_id, const Turn& turn, std::function<void()> then) {
  v1::DenyLimitIncreaseRequest request;
  request.set_request_id(absl::StrCat("deny-", increase_id));
  request.set_increase_id(increase_id);
  request.set_reason("Please settle what is outstanding first.");
  stage_.traffic.Call<v1::DenyLimitIncreaseResponse>(
      kOperator, request, [this, turn, then = std::move(then)](const auto& answer) {
        if (const auto* denied = stage_.Expect("DenyLimitIncrease", answer)) {
          ++stage_.tally.increases_denied;
          stage_.Saw(denied->position());
        }
        then();
      });
}

void Desk::RaiseNow(Payer payer, int64_t limit_micros, const Turn& turn, std::function<void()> then) {
  Ask(payer, Rounded(limit_micros), turn, [this, payer, turn, then = std::move(then)](const std::string& id) {
    if (id.empty()) return then();
    Approve(payer, id, 0, std::nullopt, turn, then);
  });
}

void Desk::Pay(Payer payer, const std::string& request_id, const Turn& turn, std::function<void()> then) {
  v1::GetBillingAccountRequest question;
  question.set_billing_account(stage_.population.AccountId(payer));
  stage_.traffic.Call<v1::GetBillingAccountResponse>(
      kFinance, question, [this, payer, request_id, turn, then = std::move(then)](const auto& answer) {
        const auto* account = stage_.Expect("GetBillingAccount", answer);
        const int64_t owed = account == nullptr ? 0 : account->billing_account().balance().outstanding_micros();
        if (owed == 0) return then();
        v1::RecordPaymentRequest request;
        request.set_request_id(request_id);
        request.set_billing_account(stage_.population.AccountId(payer));
        request.set_amount_micros(owed);
        request.set_currency(stage_.CurrencyOf(payer));
        request.set_reference(absl::StrCat("Transfer of ", stage_.population.AccountId(payer)));
        stage_.traffic.Call<v1::RecordPaymentResponse>(
            kFinance, request, [this, payer, turn, then](const auto& recorded) {
              if (const auto* payment = stage_.Expect("RecordPayment", recorded)) {
                ++stage_.tally.payments;
                stage_.tally.paid[stage_.CurrencyOf(payer)] += payment->amount_micros();
                stage_.tally.accounts[payer].paid += payment->amount_micros();
                stage_.Saw(payment->position());
              }
              then();
            });
      });
}

void Desk::HandInAgain(Payer payer, std::vector<uint32_t> jobs, int32_t second, const Turn& turn,
                       std::function<void()> then) {
  if (jobs.empty()) return then();
  const uint32_t index = jobs.front();
  jobs.erase(jobs.begin());
  const Job& job = stage_.plan.jobs[index];
  auto rest = [this, payer, jobs = std::move(jobs), second, turn, then = std::move(then)] {
    HandInAgain(payer, jobs, second, turn, then);
  };
  jobs_.Start(index, absl::StrCat("job-", index, "-again-", waiting_[payer].asked), turn,
              [this, index, &job, second, turn, rest = std::move(rest)](JobPlayer::Outcome outcome) {
                if (outcome == JobPlayer::Outcome::kOutOfFunds) waiting_[job.payer].jobs.push_back(index);
                if (outcome != JobPlayer::Outcome::kAdmitted) return rest();
                ++stage_.tally.holds_resubmitted;
                // Its own steps have passed, so it is told as having run meanwhile.
                const bool passed = job.start + job.seconds <= second && !job.lost_by_platform;
                if (!passed) return rest();
                jobs_.Meter(index, job.seconds, /*last=*/true, turn, rest);
              });
}

}  // namespace bursar::day
