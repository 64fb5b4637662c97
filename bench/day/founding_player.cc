#include "bench/day/founding_player.h"

#include "absl/strings/str_cat.h"
#include "bench/day/brands.h"
#include "bursar/v1/account.pb.h"
#include "bursar/v1/limit.pb.h"

namespace bursar::day {
namespace {

void SetAccess(const Seat& seat, v1::MemberAccess& access) {
  access.set_admin(seat.admin);
  access.set_allow_billable_activities(seat.may_bill);
}

}  // namespace

void FoundingPlayer::Play(const Step& step) {
  switch (step.kind) {
    case StepKind::kRegister:
      return Register(step.subject);
    case StepKind::kFound:
      return Found(step.subject);
    case StepKind::kInvite:
      return Invite(step.subject, static_cast<uint32_t>(step.detail));
    case StepKind::kAccept:
      return Accept(step.subject, static_cast<uint32_t>(step.detail));
    case StepKind::kSubmitForm:
      return set_up_.SubmitForm(step.subject);
    case StepKind::kAskForHelp:
      return set_up_.AskForHelp(step.subject, step.detail);
    case StepKind::kPickSlot:
      return set_up_.PickSlot(step.subject);
    case StepKind::kDecline:
      return set_up_.Decline(step.subject);
    case StepKind::kSponsor:
      return policy_.PublishSponsorship();
    case StepKind::kSetCeiling:
      return SetCeiling(step.subject);
    case StepKind::kResendMail:
      return set_up_.ResendMail(step.subject);
    case StepKind::kConfirm:
      return set_up_.Confirm(step.subject, /*again=*/false);
    case StepKind::kConfirmAgain:
      return set_up_.Confirm(step.subject, /*again=*/true);
    case StepKind::kSetLimit:
      return SetLimit(step.subject);
    case StepKind::kDefaultPayer:
      return SetDefaultPayer(step.subject);
    case StepKind::kOpenProject:
      return OpenProject(step.subject);
    default:
      stage_.Surprise("the plan", "has a step of the day before it begins");
  }
}

void FoundingPlayer::Register(uint32_t person) {
  const Person& registering = stage_.population.people[person];
  v1::RegisterUserRequest request;
  request.set_request_id(absl::StrCat("register-", person));
  request.set_handle(registering.handle);
  request.set_name(registering.name);
  request.set_email(absl::StrCat(registering.handle, "@example.org"));
  request.set_partner_id(BrandOf(registering.partner).id);
  request.set_currency(NameOf(registering.currency));
  const bool employee = registering.route == Route::kInternal;
  if (employee) {
    request.set_identity_issuer(IssuerOf(registering.partner));
    request.set_identity_subject(registering.handle);
  }
  stage_.traffic.Queue(std::nullopt, [this, request, employee](const Turn& turn) {
    stage_.traffic.Call<v1::RegisterUserResponse>(employee ? kPlatform : "", request, [this, turn](const auto& answer) {
      const auto* registered = stage_.Expect("RegisterUser", answer);
      if (registered == nullptr) return;
      ++stage_.tally.registered;
      if (registered->upgraded()) {
        ++stage_.tally.employees;
        stage_.tally.upgraded.insert(registered->user_id());
      }
      if (registered->has_entitlement()) ++stage_.tally.entitled;
      stage_.Saw(registered->position());
    });
  });
}

void FoundingPlayer::Found(Payer payer) {
  const Organization& organization = stage_.population.organizations[payer];
  v1::CreateOrganizationRequest request;
  request.set_request_id(absl::StrCat("found-", payer));
  request.set_handle(organization.handle);
  request.set_name(organization.name);
  request.set_currency(NameOf(organization.currency));
  request.set_hides_admins(organization.hides_admins);
  stage_.traffic.Queue(payer, [this, payer, request](const Turn& turn) {
    stage_.traffic.Call<v1::CreateOrganizationResponse>(
        stage_.OwnerOf(payer), request, [this, turn](const auto& answer) {
          const auto* created = stage_.Expect("CreateOrganization", answer);
          if (created == nullptr) return;
          ++stage_.tally.founded;
          stage_.Saw(created->position());
        });
  });
}

void FoundingPlayer::Invite(Payer payer, uint32_t seat) {
  const Seat& invited = stage_.population.organizations[payer].seats[seat];
  v1::InviteMemberRequest request;
  request.set_request_id(absl::StrCat("invite-", payer, "-", seat));
  request.set_organization_id(stage_.population.AccountId(payer));
  request.set_user_id(stage_.population.UserId(invited.person));
  SetAccess(invited, *request.mutable_access());
  stage_.traffic.Queue(payer, [this, payer, request](const Turn& turn) {
    stage_.traffic.Call<v1::InviteMemberResponse>(stage_.OwnerOf(payer), request, [this, turn](const auto& answer) {
      if (const auto* made = stage_.Expect("InviteMember", answer)) stage_.Saw(made->position());
    });
  });
}

void FoundingPlayer::Accept(Payer payer, uint32_t seat) {
  const uint32_t person = stage_.population.organizations[payer].seats[seat].person;
  v1::AcceptInvitationRequest request;
  request.set_request_id(absl::StrCat("accept-", payer, "-", seat));
  request.set_organization_id(stage_.population.AccountId(payer));
  stage_.traffic.Queue(payer, [this, person, request](const Turn& turn) {
    stage_.traffic.Call<v1::AcceptInvitationResponse>(
        stage_.population.UserId(person), request, [this, turn](const auto& answer) {
          const auto* accepted = stage_.Expect("AcceptInvitation", answer);
          if (accepted == nullptr) return;
          ++stage_.tally.joined;
          if (accepted->upgraded()) stage_.tally.upgraded.insert(accepted->user_id());
          stage_.Saw(accepted->position());
        });
  });
}

void FoundingPlayer::SetLimit(Payer payer) {
  v1::SetSpendingLimitRequest request;
  request.set_request_id(absl::StrCat("limit-", payer));
  request.set_billing_account(stage_.population.AccountId(payer));
  request.set_limit_micros(stage_.population.LimitOf(payer));
  request.set_reason("Agreed when billing was set up.");
  stage_.traffic.Queue(payer, [this, payer, request](const Turn& turn) {
    stage_.traffic.Call<v1::SetSpendingLimitResponse>(kOperator, request, [this, payer, turn](const auto& answer) {
      const auto* set = stage_.Expect("SetSpendingLimit", answer);
      if (set == nullptr) return;
      stage_.LimitSet(payer, set->limit_micros());
      stage_.Saw(set->position());
    });
  });
}

void FoundingPlayer::SetDefaultPayer(uint32_t person) {
  v1::SetDefaultPayerRequest request;
  request.set_request_id(absl::StrCat("payer-", person));
  request.set_billing_account(stage_.population.AccountId(*stage_.population.people[person].employer));
  stage_.traffic.Queue(std::nullopt, [this, person, request](const Turn& turn) {
    stage_.traffic.Call<v1::SetDefaultPayerResponse>(stage_.population.UserId(person), request,
                                                     [this, turn](const auto& answer) {
                                                       if (const auto* set = stage_.Expect("SetDefaultPayer", answer))
                                                         stage_.Saw(set->position());
                                                     });
  });
}

void FoundingPlayer::OpenProject(uint32_t project) {
  const Project& opened = stage_.population.projects[project];
  v1::CreateProjectRequest request;
  request.set_request_id(absl::StrCat("project-", project));
  request.set_name(absl::StrCat("Cohort ", project + 1));
  request.set_bill_to(stage_.population.AccountId(opened.payer));
  stage_.traffic.Queue(std::nullopt, [this, project, owner = opened.owner, request](const Turn& turn) {
    stage_.traffic.Call<v1::CreateProjectResponse>(stage_.population.UserId(owner), request,
                                                   [this, project, turn](const auto& answer) {
                                                     const auto* created = stage_.Expect("CreateProject", answer);
                                                     if (created == nullptr) return;
                                                     ++stage_.tally.projects;
                                                     stage_.project_ids[project] = created->project().project_id();
                                                     stage_.Saw(created->position());
                                                   });
  });
}

void FoundingPlayer::SetCeiling(uint32_t index) {
  const Ceiling& ceiling = stage_.plan.ceilings[index];
  v1::SetBudgetRequest request;
  request.set_request_id(absl::StrCat("budget-", index));
  request.set_billing_account(stage_.population.AccountId(ceiling.payer));
  if (ceiling.person.has_value()) request.set_user_id(stage_.population.UserId(*ceiling.person));
  if (ceiling.project.has_value()) request.set_project_id(stage_.project_ids[*ceiling.project]);
  if (!ceiling.person.has_value() && !ceiling.project.has_value()) request.set_category("compute");
  request.set_limit_micros(ceiling.limit_micros);
  request.set_period(v1::Budget::PERIOD_MONTH);
  request.set_reason("Agreed in the group.");
  stage_.traffic.Queue(ceiling.payer, [this, payer = ceiling.payer, request](const Turn& turn) {
    stage_.traffic.Call<v1::SetBudgetResponse>(stage_.OwnerOf(payer), request, [this, turn](const auto& answer) {
      const auto* set = stage_.Expect("SetBudget", answer);
      if (set == nullptr) return;
      ++stage_.tally.budgets;
      stage_.Saw(set->position());
    });
  });
}

}  // namespace bursar::day
