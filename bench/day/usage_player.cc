#include "bench/day/usage_player.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace bursar::day {
namespace {

constexpr size_t kBatch = 500;
// The most that a record may say. A node would have run for 31 million years.
constexpr int64_t kAbsurdQuantity = 1'000'000'000'000'000;

}  // namespace

void UsagePlayer::Sent(uint32_t download) { unsettled_.push_back(download); }

UsagePlayer::Metered UsagePlayer::Record(std::string id, Payer payer, uint32_t person, uint32_t project, Sku sku,
                                         int64_t quantity) {
  Metered metered{.payer = payer, .absurd = random_.Chance(1, 10'000)};
  metered.record.set_record_id(std::move(id));
  metered.record.set_user_id(stage_.population.UserId(person));
  metered.record.set_project_id(stage_.project_ids[project]);
  metered.record.set_bill_to(stage_.population.AccountId(payer));
  metered.record.mutable_usage()->set_sku(PriceOf(metered.absurd ? Sku::kGpuNode : sku).name);
  metered.record.mutable_usage()->set_quantity(metered.absurd ? kAbsurdQuantity : quantity);
  return metered;
}

void UsagePlayer::SettleEgress() {
  // The answers that made these downloads came in any order.
  std::sort(unsettled_.begin(), unsettled_.end());
  std::vector<Metered> records;
  for (const uint32_t index : std::exchange(unsettled_, {})) {
    const Download& download = stage_.plan.downloads[index];
    const Payer payer = download.sponsored ? kSponsor : download.payer;
    records.push_back(
        Record(absl::StrCat("egress-", index), payer, download.person, download.project, Sku::kEgress, download.mib));
  }
  Send(std::move(records));
}

void UsagePlayer::MeterStorage() {
  std::vector<Metered> records;
  const std::vector<Project>& projects = stage_.population.projects;
  for (uint32_t index = 0; index < projects.size(); ++index) {
    const Project& project = projects[index];
    if (project.stored_mib == 0 || stage_.project_ids[index].empty()) continue;
    const Sku sku = project.archived ? Sku::kArchive : Sku::kStorage;
    records.push_back(
        Record(absl::StrCat("storage-", index), project.payer, project.owner, index, sku, project.stored_mib));
  }
  Send(std::move(records));
}

void UsagePlayer::Send(std::vector<Metered> records) {
  std::stable_sort(records.begin(), records.end(),
                   [](const Metered& a, const Metered& b) { return a.payer < b.payer; });
  std::vector<Metered> twice;
  std::vector<Metered> batch;
  for (Metered& metered : records) {
    if (random_.Chance(5, 1000)) twice.push_back(metered);
    if (batch.size() >= kBatch && batch.back().payer != metered.payer) {
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
  if (sent.absurd) {
    tally.absurd_records += repeated ? 0 : 1;
    tally.absurd_refused += repeated || result.has_charge() ? 0 : 1;
  } else if (repeated) {
    ++tally.usage_duplicates;
    if (result.charge().charge_id() == charge_of_[id]) ++tally.usage_duplicates_same;
    return;
  } else if (!result.has_charge()) {
    return stage_.Surprise(absl::StrCat("Usage ", id), result.error().message());
  }
  if (!result.has_charge()) return;
  ++tally.usage_records;
  charge_of_[id] = result.charge().charge_id();
  stage_.Charged(sent.payer, result.charge().amount_micros(), /*metered=*/true);
}

}  // namespace bursar::day
