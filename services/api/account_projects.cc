// bursar.v1.AccountService: projects and who pays for them.
#include "absl/strings/str_cat.h"
#include "bursar/v1/account.pb.h"
#include "ledger/domain/permissions.h"
#include "ledger/domain/refusals.h"
#include "services/api/account_service.h"
#include "services/api/render.h"
#include "services/api/requests.h"
#include "services/api/services.h"

namespace bursar {
namespace {

using storage::v1::Entry;
using storage::v1::Event;

absl::StatusOr<Command> ParseCreateProject(const Call& call, const v1::CreateProjectRequest& request) {
  const auto user = UserOrCaller(call, "user_id", request.user_id());
  if (!user.ok()) return user.status();
  return CreateProject{.user = *user,
                       .name = request.name(),
                       .bill_to = IdOf<BillingAccountId>(request.bill_to()),
                       .region = request.region()};
}

v1::CreateProjectResponse RenderCreateProject(const Entry& entry) {
  v1::CreateProjectResponse response;
  const auto& created = EventOf(entry, Event::kProjectCreated).project_created();
  auto& project = *response.mutable_project();
  project.set_project_id(ProjectId(created.project()).text());
  project.set_name(created.name());
  project.set_user_id(created.user_id());
  project.set_billing_account(created.billing_account());
  project.set_region(created.region());
  if (!created.home_region().empty()) {
    response.add_warnings(absl::StrCat("The project lives in ", created.region(), ", its owner in ",
                                       created.home_region(), ": moving data between regions is charged as egress."));
  }
  response.set_position(entry.position());
  return response;
}

v1::Project ToProject(const Project& project) {
  v1::Project shown;
  shown.set_project_id(project.id.text());
  shown.set_name(project.name);
  shown.set_user_id(project.owner.text());
  shown.set_billing_account(project.payer.text());
  shown.set_region(project.region);
  shown.set_offered_to(project.offered_to.text());
  shown.set_offered_by(project.offered_by.text());
  return shown;
}

absl::StatusOr<Command> ParseSetProjectPayer(const Call& call, const v1::SetProjectPayerRequest& request) {
  const auto user = UserOrCaller(call, "user_id", request.user_id());
  if (!user.ok()) return user.status();
  return SetProjectPayer{.user = *user,
                         .project = IdOf<ProjectId>(request.project_id()),
                         .bill_to = IdOf<BillingAccountId>(request.bill_to())};
}

v1::SetProjectPayerResponse RenderSetProjectPayer(const Entry& entry) {
  v1::SetProjectPayerResponse response;
  const auto& offered = EventOf(entry, Event::kProjectTransferOffered);
  const auto& set = EventOf(entry, Event::kProjectPayerSet).project_payer_set();
  response.set_offered(offered.has_project_transfer_offered());
  response.set_project_id(
      ProjectId(response.offered() ? offered.project_transfer_offered().project() : set.project()).text());
  response.set_billing_account(response.offered() ? offered.project_transfer_offered().billing_account()
                                                  : set.billing_account());
  response.set_position(entry.position());
  return response;
}

absl::StatusOr<Command> ParseAcceptProjectTransfer(const Call& call, const v1::AcceptProjectTransferRequest& request) {
  const auto user = UserOrCaller(call, "user_id", request.user_id());
  if (!user.ok()) return user.status();
  return AcceptProjectTransfer{.user = *user, .project = IdOf<ProjectId>(request.project_id())};
}

v1::AcceptProjectTransferResponse RenderAcceptProjectTransfer(const Entry& entry) {
  v1::AcceptProjectTransferResponse response;
  const auto& set = EventOf(entry, Event::kProjectPayerSet).project_payer_set();
  response.set_project_id(ProjectId(set.project()).text());
  response.set_billing_account(set.billing_account());
  response.set_previous_billing_account(set.previous_billing_account());
  response.set_position(entry.position());
  return response;
}

absl::StatusOr<Command> ParseDeclineProjectTransfer(const Call& call,
                                                    const v1::DeclineProjectTransferRequest& request) {
  const auto user = UserOrCaller(call, "user_id", request.user_id());
  if (!user.ok()) return user.status();
  return DeclineProjectTransfer{.user = *user, .project = IdOf<ProjectId>(request.project_id())};
}

v1::DeclineProjectTransferResponse RenderDeclineProjectTransfer(const Entry& entry) {
  v1::DeclineProjectTransferResponse response;
  const auto& declined = EventOf(entry, Event::kProjectTransferDeclined).project_transfer_declined();
  response.set_project_id(ProjectId(declined.project()).text());
  response.set_billing_account(declined.billing_account());
  response.set_position(entry.position());
  return response;
}

}  // namespace

void AddProjects(Methods& methods, Ledger& ledger) {
  methods.Write<v1::CreateProjectRequest, v1::CreateProjectResponse>(ParseCreateProject, RenderCreateProject);
  methods.Write<v1::SetProjectPayerRequest, v1::SetProjectPayerResponse>(ParseSetProjectPayer, RenderSetProjectPayer);
  methods.Write<v1::AcceptProjectTransferRequest, v1::AcceptProjectTransferResponse>(ParseAcceptProjectTransfer,
                                                                                     RenderAcceptProjectTransfer);
  methods.Write<v1::DeclineProjectTransferRequest, v1::DeclineProjectTransferResponse>(ParseDeclineProjectTransfer,
                                                                                       RenderDeclineProjectTransfer);

  methods.Read<v1::GetProjectRequest, v1::GetProjectResponse>(
      [&ledger](const Call& call, const v1::GetProjectRequest& request) {
        return FromState<v1::GetProjectResponse>(
            ledger, [&](const State& state, absl::Time) -> absl::StatusOr<v1::GetProjectResponse> {
              const auto id = IdOf<ProjectId>(request.project_id());
              if (auto status = MayReadProject(state, call.principal, id); !status.ok()) return status;
              const Project* project = state.Find(id);
              if (project == nullptr) return ProjectNotFound(id);
              v1::GetProjectResponse response;
              *response.mutable_project() = ToProject(*project);
              response.set_position(state.position);
              return response;
            });
      });
}

}  // namespace bursar
