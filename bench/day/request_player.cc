#include "bench/day/request_player.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "bursar/v1/account.pb.h"
#include "bursar/v1/billing.pb.h"
#include "bursar/v1/gate.pb.h"

namespace bursar::day {

void RequestPlayer::Ask(v1::GatedAction action, const Turn& turn, std::function<void(bool)> then) {
  v1::CheckRequest request;
  *request.mutable_gated_action() = std::move(action);
  stage_.traffic.Call<v1::CheckResponse>(
      kPlatform, std::move(request), [this, turn, then = std::move(then)](const auto& answer) {
        Tally& tally = stage_.tally;
        if (!answer.ok() && IsDenial(answer.status())) {
          ++tally.checks_denied[ReasonOf(answer.status())];
          return then(false);
        }
        const auto* checked = stage_.Expect("Check", answer);
        if (checked == nullptr) return then(false);
        stage_.Saw(checked->decision().position());
        const bool allowed = checked->decision().allowed();
        ++(allowed ? tally.checks_allowed : tally.checks_denied[ReasonOf(checked->decision())]);
        then(allowed);
      });
}

void RequestPlayer::Check(const std::string& action, uint32_t project, const Turn& turn) {
  v1::GatedAction asked;
  asked.set_action(action);
  asked.set_user_id(stage_.population.UserId(stage_.population.projects[project].owner));
  asked.set_project_id(stage_.project_ids[project]);
  Ask(std::move(asked), turn, [](bool) {});
}

void RequestPlayer::TryUnconfirmed(uint32_t person, const Turn& turn) {
  v1::GatedAction asked;
  asked.set_action("data.add");
  asked.set_user_id(stage_.population.UserId(person));
  asked.set_bill_to(stage_.population.UserId(person));
  Ask(std::move(asked), turn, [this](bool allowed) {
    if (allowed) stage_.Surprise("Check", "allowed on an account whose billing is not set up");
  });
}

void RequestPlayer::CreateProject(uint32_t like, const std::string& request_id, const Turn& turn) {
  const Project& project = stage_.population.projects[like];
  v1::CreateProjectRequest request;
  request.set_request_id(request_id);
  request.set_name(absl::StrCat("Cohort ", like + 1, ", continued"));
  request.set_bill_to(stage_.population.AccountId(project.payer));
  stage_.traffic.Call<v1::CreateProjectResponse>(stage_.population.UserId(project.owner), request,
                                                 [this, turn](const auto& answer) {
                                                   if (!answer.ok() && IsDenial(answer.status())) {
                                                     ++stage_.tally.checks_denied[ReasonOf(answer.status())];
                                                     return;
                                                   }
                                                   const auto* created = stage_.Expect("CreateProject", answer);
                                                   if (created == nullptr) return;
                                                   ++stage_.tally.checks_allowed;
                                                   ++stage_.tally.projects;
                                                   stage_.Saw(created->position());
                                                 });
}

void RequestPlayer::Download(uint32_t index, const Turn& turn) {
  const struct Download& download = stage_.plan.downloads[index];
  // Open data is free to whoever comes; the sponsor's quota and currency decide later who pays.
  if (download.sponsored) return usage_.Sent(index);
  v1::GatedAction asked;
  asked.set_action("data.egress");
  asked.set_user_id(stage_.population.UserId(download.person));
  asked.set_project_id(stage_.project_ids[download.project]);
  asked.set_cost_micros(CostAtMost(Sku::kEgress, stage_.population.CurrencyOf(download.payer), download.mib));
  Ask(std::move(asked), turn, [this, index](bool allowed) {
    if (allowed) usage_.Sent(index);
  });
}

void RequestPlayer::ReadBalance(uint32_t person, const Turn& turn) {
  stage_.traffic.Call<v1::GetBillingAccountResponse>(stage_.population.UserId(person), v1::GetBillingAccountRequest(),
                                                     [this, turn](const auto& answer) {
                                                       if (stage_.Expect("GetBillingAccount", answer) != nullptr)
                                                         ++stage_.tally.balance_reads;
                                                     });
}

}  // namespace bursar::day
