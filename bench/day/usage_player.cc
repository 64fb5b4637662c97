#include "bench/day/usage_player.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/day/times.h"

namespace bursar::day {
namespace {

constexpr size_t kBatch = 500;
// The most that a record may say. A core would have run for 31 million years.
constexpr int64_t kAbsurdQuantity = 1'000'000'000'000'000;

constexpr int64_t kLatePerTenThousand = 100;
constexpr int64_t kOfMonthBeforePerTenThousand = 5;

constexpr int64_t kScratchMibPerWidth = 32 * 1024;
constexpr int64_t kScratchHours = 2;

}  // namespace

void UsagePlayer::Sent(uint32_t download) { unsettled_.push_back(download); }

UsagePlayer::Metered UsagePlayer::Record(std::string id, const Used& used) {
  Metered metered{.used = used, .absurd = random_.Chance(1, 10'000)};
  metered.record.set_record_id(std::move(id));
  metered.record.set_user_id(stage_.population.UserId(used.person));
  if (used.project.has_value()) metered.record.set_project_id(stage_.project_ids[*used.project]);
  metered.record.set_bill_to(stage_.population.AccountId(used.payer));
  metered.record.mutable_usage()->set_sku(PriceOf(used.sku).name);
  metered.record.mutable_usage()->set_quantity(metered.absurd ? kAbsurdQuantity : used.quantity);
  PerhapsLate(*metered.record.mutable_usage());
  return metered;
}

void UsagePlayer::PerhapsLate(v1::Usage& usage) {
  const int64_t draw = random_.Below(10'000);
  if (draw >= kLatePerTenThousand + kOfMonthBeforePerTenThousand) return;
  const auto late = static_cast<int32_t>(random_.Between(kHour, kDay));
  if (draw < kOfMonthBeforePerTenThousand) {
    ++stage_.tally.records_of_month_before;
    *usage.mutable_usage_time() = ToProto(stage_.At(-late));
    return;
  }
  ++stage_.tally.late_records;
  *usage.mutable_usage_time() = ToProto(stage_.At(std::max(0, stage_.clock - late)));
}

void UsagePlayer::SettleEgress() {
  // The answers that made these downloads came in any order.
  std::sort(unsettled_.begin(), unsettled_.end());
  std::vector<Metered> records;
  for (const uint32_t index : std::exchange(unsettled_, {})) {
    const Download& download = stage_.plan.downloads[index];
    records.push_back(
        Record(absl::StrCat("egress-", index), {.payer = download.payer,
                                                .person = download.person,
                                                .project = download.project,
                                                .sku = download.sponsored ? Sku::kOpenDataEgress : Sku::kEgress,
                                                .quantity = download.mib}));
  }
  Send(std::move(records));
}

void UsagePlayer::MeterScratch() {
  std::vector<Metered> records;
  for (const uint32_t index : jobs_.Running()) {
    const Job& job = stage_.plan.jobs[index];
    records.push_back(Record(absl::StrCat("scratch-", index, "-", stage_.clock / kHour),
                             {.payer = job.payer,
                              .person = job.person,
                              .project = job.project,
                              .sku = Sku::kScratch,
                              .quantity = job.width * kScratchMibPerWidth * kScratchHours}));
  }
  Send(std::move(records));
}

void UsagePlayer::MeterStorage() {
  std::vector<Metered> records;
  const std::vector<Project>& projects = stage_.population.projects;
  for (uint32_t index = 0; index < projects.size(); ++index) {
    const Project& project = projects[index];
    if (project.stored_mib == 0 || stage_.project_ids[index].empty()) continue;
    records.push_back(Record(absl::StrCat("storage-", index), {.payer = project.payer,
                                                               .person = project.owner,
                                                               .project = index,
                                                               .sku = project.archived ? Sku::kArchive : Sku::kStorage,
                                                               .quantity = project.stored_mib}));
  }
  Send(std::move(records));
}

void UsagePlayer::Send(std::vector<Metered> records) {
  std::stable_sort(records.begin(), records.end(),
                   [](const Metered& a, const Metered& b) { return a.used.payer < b.used.payer; });
  std::vector<Metered> twice;
  std::vector<Metered> batch;
  for (Metered& metered : records) {
    if (random_.Chance(5, 1000)) twice.push_back(metered);
    if (batch.size() >= kBatch && batch.back().used.payer != metered.used.payer) {
      SendBatch(std::exchange(batch, {}), /*repeated=*/false);
    }
    batch.push_back(std::move(metered));
  }
  SendBatch(std::move(batch), /*repeated=*/false);
  stage_.traffic.Drain();
  SendBatch(std::move(twice), /*repeated=*/true);
  stage_.traffic.Drain();
}

void UsagePlayer::SendBatch(std::vector<Metered> batch, bool repeated) {
  if (batch.empty()) return;
  stage_.traffic.Queue(std::nullopt, [this, batch = std::move(batch), repeated](const Turn& turn) {
    v1::RecordUsageRequest request;
    for (const Metered& metered : batch) *request.add_records() = metered.record;
    stage_.traffic.Call<v1::RecordUsageResponse>(
        kPlatform, std::move(request), [this, batch, repeated, turn](const auto& answer) {
          const auto* recorded = stage_.Expect("RecordUsage", answer);
          if (recorded == nullptr) return;
          stage_.Saw(recorded->position());
          if (static_cast<size_t>(recorded->results_size()) != batch.size()) {
            return stage_.Surprise("RecordUsage", "answered another number of records");
          }
          for (size_t i = 0; i < batch.size(); ++i) Take(batch[i], recorded->results(static_cast<int>(i)), repeated);
        });
  });
}

void UsagePlayer::Take(const Metered& sent, const v1::UsageResult& result, bool repeated) {
  Tally& tally = stage_.tally;
  const std::string& id = sent.record.record_id();
  const std::string& came = result.has_charge() ? result.charge().charge_id() : result.quarantine().quarantine_id();
  if (repeated) {
    ++tally.usage_duplicates;
    if (!came.empty() && came == came_of_[id]) ++tally.usage_duplicates_same;
    return;
  }
  came_of_[id] = came;
  if (sent.absurd) ++tally.absurd_records;
  if (sent.absurd && result.has_quarantine()) {
    ++tally.absurd_set_aside;
    quarantined_.push_back({.used = sent.used, .id = came});
  } else if (result.has_charge()) {
    ++tally.usage_records;
    if (sent.record.usage().has_usage_time()) {
      tally.late[stage_.CurrencyOf(sent.used.payer)] += result.charge().amount_micros();
    }
    Charge(sent.used, result.charge());
  } else {
    stage_.Surprise(absl::StrCat("Usage ", id),
                    result.has_error() ? result.error().message() : result.quarantine().problem());
  }
}

void UsagePlayer::Charge(const Used& used, const v1::Charge& charge) {
  stage_.Charged(used.payer, charge.amount_micros(), /*metered=*/true);
  if (charge.sponsored_micros() == 0) return;
  if (charge.sponsor_billing_account() != stage_.population.AccountId(kSponsor)) {
    stage_.Surprise("RecordUsage", "somebody else sponsors it");
  }
  ++stage_.tally.sponsored_records;
  stage_.tally.sponsored[stage_.CurrencyOf(kSponsor)] += charge.sponsored_micros();
  stage_.Charged(kSponsor, charge.sponsored_micros(), /*metered=*/true);
}

void UsagePlayer::DecideQuarantined() {
  // The answers came in any order.
  std::sort(quarantined_.begin(), quarantined_.end(),
            [](const Quarantined& a, const Quarantined& b) { return a.id < b.id; });
  bool right = true;
  for (const Quarantined& quarantined : std::exchange(quarantined_, {})) {
    right ? Release(quarantined) : Discard(quarantined);
    right = !right;
  }
  stage_.traffic.Drain();
}

void UsagePlayer::Release(const Quarantined& quarantined) {
  v1::ReleaseQuarantinedUsageRequest request;
  request.set_request_id(absl::StrCat("release-", quarantined.id));
  request.set_quarantine_id(quarantined.id);
  request.set_quantity(quarantined.used.quantity);
  stage_.traffic.Call<v1::ReleaseQuarantinedUsageResponse>(
      kOperator, request, [this, used = quarantined.used](const auto& answer) {
        const auto* released = stage_.Expect("ReleaseQuarantinedUsage", answer);
        if (released == nullptr) return;
        ++stage_.tally.quarantined_released;
        stage_.Saw(released->position());
        Charge(used, released->charge());
      });
}

void UsagePlayer::Discard(const Quarantined& quarantined) {
  v1::DiscardQuarantinedUsageRequest request;
  request.set_request_id(absl::StrCat("discard-", quarantined.id));
  request.set_quarantine_id(quarantined.id);
  request.set_reason("Nobody can have used this much.");
  stage_.traffic.Call<v1::DiscardQuarantinedUsageResponse>(kOperator, request, [this](const auto& answer) {
    const auto* discarded = stage_.Expect("DiscardQuarantinedUsage", answer);
    if (discarded == nullptr) return;
    ++stage_.tally.quarantined_discarded;
    stage_.Saw(discarded->position());
  });
}

}  // namespace bursar::day
