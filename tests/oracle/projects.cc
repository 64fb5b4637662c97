// Projects and who pays for them.
#include "absl/strings/str_cat.h"
#include "tests/oracle/gate.h"
#include "tests/oracle/money.h"

namespace bursar::oracle {
namespace {

Answer CreateProject(World& world, const Asked& asked, const v1::CreateProjectRequest& request) {
  std::string user;
  if (auto refused = FindSubject(world, asked, request.user_id(), user)) return *refused;
  const User* owner = world.FindUser(user);
  if (owner == nullptr) return Refuse(v1::ERROR_REASON_USER_NOT_FOUND);
  if (owner->closed) return Refuse(v1::ERROR_REASON_USER_CLOSED);
  const std::string payer = PayerOf(world, request.bill_to(), "", user);
  if (!BillsTo(world, user, payer)) {
    return Refuse(IsUser(payer) ? v1::ERROR_REASON_NOT_YOUR_BILLING_ACCOUNT
                                : v1::ERROR_REASON_BILLABLE_ACTIVITIES_NOT_ALLOWED);
  }
  const v1::CatalogueAction* action = FindAction(world, "project.create", asked.now);
  if (action == nullptr) return Refuse(v1::ERROR_REASON_UNKNOWN_ACTION);
  if (action->gated()) {
    const Question question{.user = user, .action = action->name(), .category = action->category(), .payer = payer};
    const Ruling ruling = Rule(world, question, asked.now);
    if (!ruling.bindings.empty()) return Refuse(ruling.bindings.front().reason());
  }
  Project project{.id = Name("project", asked.position), .name = request.name(), .owner = user, .payer = payer};
  project.region = request.region().empty() ? owner->region : request.region();
  world.projects[project.id] = project;
  v1::CreateProjectResponse response;
  v1::Project& shown = *response.mutable_project();
  shown.set_project_id(project.id);
  shown.set_name(project.name);
  shown.set_user_id(user);
  shown.set_billing_account(payer);
  shown.set_region(project.region);
  response.set_position(asked.position);
  const auto& seen = asked.Seen<v1::CreateProjectResponse>();
  if (!owner->region.empty() && project.region != owner->region && seen.warnings_size() == 1) {
    response.add_warnings(seen.warnings(0));
  }
  return Give(std::move(response));
}

bool MayMove(World& world, const std::string& user, const Project& project) {
  return world.Present(project.owner) == user || AnswersFor(world, user, world.Present(project.payer));
}

bool IsRestricted(World& world, const std::string& user, const Project& project) {
  const Organization* payer = world.OrganizationOf(project.payer);
  return payer != nullptr && payer->restricts_transfers && !AnswersFor(world, user, project.payer);
}

std::optional<v1::ErrorReason> ReceivingRefused(World& world, const std::string& receiver, absl::Time now) {
  if (!IsSetUp(world, receiver)) return v1::ERROR_REASON_BILLING_NOT_SET_UP;
  const Organization* organization = world.OrganizationOf(receiver);
  if (organization != nullptr && organization->expire <= now) return v1::ERROR_REASON_ORGANIZATION_EXPIRED;
  if (Funds(*world.FindAccount(receiver), "", now) <= 0) return v1::ERROR_REASON_SPENDING_LIMIT_EXCEEDED;
  return std::nullopt;
}

Answer SetProjectPayer(World& world, const Asked& asked, const v1::SetProjectPayerRequest& request) {
  const std::string user = request.user_id().empty() ? asked.person : world.Present(request.user_id());
  const auto found = world.projects.find(request.project_id());
  if (user != asked.person || found == world.projects.end() || !MayMove(world, user, found->second)) {
    return Refuse(v1::ERROR_REASON_PERMISSION_DENIED);
  }
  if (IsClosed(world, asked)) return Refuse(v1::ERROR_REASON_USER_CLOSED);
  Project& project = found->second;
  if (IsRestricted(world, user, project)) return Refuse(v1::ERROR_REASON_TRANSFERS_RESTRICTED);
  const std::string receiver = world.Present(request.bill_to());
  if (world.FindAccount(receiver) == nullptr) return Refuse(v1::ERROR_REASON_BILLING_ACCOUNT_NOT_FOUND);
  if (receiver == world.Present(project.payer)) return Refuse(v1::ERROR_REASON_INVALID_FIELD);
  const User* person = world.FindUser(receiver);
  if (person != nullptr && person->closed) return Refuse(v1::ERROR_REASON_USER_CLOSED);
  const bool at_once = AnswersFor(world, user, receiver);
  if (at_once) {
    if (const auto refused = ReceivingRefused(world, receiver, asked.now)) return Refuse(*refused);
    project.payer = receiver;
    project.offered_to.clear();
    project.offered_by.clear();
  } else {
    project.offered_to = receiver;
    project.offered_by = user;
  }
  v1::SetProjectPayerResponse response;
  response.set_project_id(project.id);
  response.set_billing_account(receiver);
  response.set_offered(!at_once);
  response.set_position(asked.position);
  return Give(std::move(response));
}

// Whether whoever offered the project still might.
bool IsOffered(World& world, const Project& project) {
  if (project.offered_to.empty()) return false;
  const std::string offerer = world.Present(project.offered_by);
  const User* user = world.FindUser(offerer);
  return MayMove(world, offerer, project) && !IsRestricted(world, offerer, project) && !user->closed;
}

Answer AcceptProjectTransfer(World& world, const Asked& asked, const v1::AcceptProjectTransferRequest& request) {
  const std::string user = request.user_id().empty() ? asked.person : world.Present(request.user_id());
  const auto found = world.projects.find(request.project_id());
  if (user != asked.person) return Refuse(v1::ERROR_REASON_PERMISSION_DENIED);
  const bool known = found != world.projects.end();
  const bool receives =
      known && !found->second.offered_to.empty() && AnswersFor(world, user, world.Present(found->second.offered_to));
  if (!receives && !(known && MayMove(world, user, found->second))) return Refuse(v1::ERROR_REASON_PERMISSION_DENIED);
  if (IsClosed(world, asked)) return Refuse(v1::ERROR_REASON_USER_CLOSED);
  Project& project = found->second;
  // Whoever offers it learns that there is nothing for it to accept, in words that are not documented.
  if (!receives) {
    if (project.offered_to.empty()) return Refuse(v1::ERROR_REASON_NO_TRANSFER_OFFERED);
    return {.refusals = {v1::ERROR_REASON_PERMISSION_DENIED, v1::ERROR_REASON_NO_TRANSFER_OFFERED}, .written = false};
  }
  if (!IsOffered(world, project)) return Refuse(v1::ERROR_REASON_NO_TRANSFER_OFFERED);
  const std::string receiver = world.Present(project.offered_to);
  if (const auto refused = ReceivingRefused(world, receiver, asked.now)) return Refuse(*refused);
  v1::AcceptProjectTransferResponse response;
  response.set_project_id(project.id);
  response.set_billing_account(receiver);
  response.set_previous_billing_account(world.Present(project.payer));
  response.set_position(asked.position);
  project.payer = receiver;
  project.offered_to.clear();
  project.offered_by.clear();
  return Give(std::move(response));
}

Answer DeclineProjectTransfer(World& world, const Asked& asked, const v1::DeclineProjectTransferRequest& request) {
  const std::string user = request.user_id().empty() ? asked.person : world.Present(request.user_id());
  const auto found = world.projects.find(request.project_id());
  if (user != asked.person || found == world.projects.end()) return Refuse(v1::ERROR_REASON_PERMISSION_DENIED);
  Project& project = found->second;
  const bool receives = !project.offered_to.empty() && AnswersFor(world, user, world.Present(project.offered_to));
  if (!receives && !MayMove(world, user, project)) return Refuse(v1::ERROR_REASON_PERMISSION_DENIED);
  if (IsClosed(world, asked)) return Refuse(v1::ERROR_REASON_USER_CLOSED);
  if (project.offered_to.empty()) return Refuse(v1::ERROR_REASON_NO_TRANSFER_OFFERED);
  v1::DeclineProjectTransferResponse response;
  response.set_project_id(project.id);
  response.set_billing_account(world.Present(project.offered_to));
  response.set_position(asked.position);
  project.offered_to.clear();
  project.offered_by.clear();
  return Give(std::move(response));
}

Answer GetProject(World& world, const Asked& asked, const v1::GetProjectRequest& request) {
  const auto found = world.projects.find(request.project_id());
  const bool known = found != world.projects.end();
  if (!IsStaff(asked)) {
    if (!known) return Refuse(v1::ERROR_REASON_PERMISSION_DENIED);
    const bool may = world.Present(found->second.owner) == asked.person ||
                     SeesCosts(world, asked.person, world.Present(found->second.payer));
    // The receiver of an offer may have to see it, which is not documented.
    if (!may) return found->second.offered_to.empty() ? Refuse(v1::ERROR_REASON_PERMISSION_DENIED) : NoOpinion();
  }
  if (!known) return Refuse(v1::ERROR_REASON_PROJECT_NOT_FOUND);
  const Project& project = found->second;
  v1::GetProjectResponse response;
  v1::Project& shown = *response.mutable_project();
  shown.set_project_id(project.id);
  shown.set_name(project.name);
  shown.set_user_id(world.Present(project.owner));
  shown.set_billing_account(world.Present(project.payer));
  shown.set_region(project.region);
  shown.set_offered_to(project.offered_to.empty() ? "" : world.Present(project.offered_to));
  shown.set_offered_by(project.offered_by.empty() ? "" : world.Present(project.offered_by));
  response.set_position(asked.position);
  return Tell(std::move(response));
}

}  // namespace

void AddProjects(Handlers& handlers) {
  On<v1::CreateProjectRequest>(handlers, CreateProject);
  On<v1::SetProjectPayerRequest>(handlers, SetProjectPayer);
  On<v1::AcceptProjectTransferRequest>(handlers, AcceptProjectTransfer);
  On<v1::DeclineProjectTransferRequest>(handlers, DeclineProjectTransfer);
  On<v1::GetProjectRequest>(handlers, GetProject);
}

}  // namespace bursar::oracle
