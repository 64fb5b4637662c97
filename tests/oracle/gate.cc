#include "tests/oracle/gate.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "bursar/v1/gate.pb.h"
#include "tests/oracle/money.h"

namespace bursar::oracle {
namespace {

void Bind(Ruling& ruling, v1::ErrorReason reason, const std::string& rule, Wide shortfall, Wide available) {
  v1::Binding binding;
  binding.set_reason(reason);
  binding.set_rule(rule);
  binding.set_shortfall_micros(Narrow(shortfall));
  binding.set_available_micros(Narrow(available));
  ruling.bindings.push_back(std::move(binding));
}

// What is needed at least: at exactly zero nothing goes ahead.
Wide Needed(Wide cost) { return std::max<Wide>(cost, 1); }

std::string PeriodName(v1::Budget::Period period) {
  switch (period) {
    case v1::Budget::PERIOD_DAY:
      return "daily";
    case v1::Budget::PERIOD_WEEK:
      return "weekly";
    case v1::Budget::PERIOD_MONTH:
      return "monthly";
    default:
      return "lifetime";
  }
}

std::string BudgetName(const Account& account, const Budget& budget) {
  const std::string whose = !budget.user.empty() ? budget.user : !budget.project.empty() ? budget.project : account.id;
  std::string name = absl::StrCat(PeriodName(budget.period), " budget of ", whose);
  if (!budget.user.empty() && !budget.project.empty()) absl::StrAppend(&name, " in ", budget.project);
  if (!budget.category.empty()) absl::StrAppend(&name, " for ", budget.category);
  return name;
}

void BindBudgets(World& world, const Account& account, const Question& question, Wide own, absl::Time now,
                 Ruling& ruling) {
  for (const Budget& budget : account.budgets) {
    if (!budget.Counts(question.user, question.project, question.category)) continue;
    ruling.budgets.push_back(budget.number);
    Wide held = 0;
    for (const auto& [number, hold] : world.holds) {
      const bool counted = std::find(hold.budgets.begin(), hold.budgets.end(), budget.number) != hold.budgets.end();
      if (!hold.expired && counted) held += Total(hold.pieces);
    }
    const Wide available = budget.limit - budget.UsedAt(now) - held;
    if (available > 0 && available >= own) continue;
    Bind(ruling, v1::ERROR_REASON_BUDGET_EXCEEDED, BudgetName(account, budget), Needed(own) - available, available);
    ruling.bindings.back().set_budget_id(Name("budget", budget.number));
    const bool was_used = now < budget.end && budget.used != 0;
    if (budget.end != absl::InfiniteFuture() && was_used) {
      *ruling.bindings.back().mutable_reopen_time() = ToTimestamp(budget.end);
    }
  }
}

bool MayUse(World& world, const Question& question) {
  if (BillsTo(world, question.user, question.payer)) return true;
  const auto project = world.projects.find(question.project);
  return project != world.projects.end() && world.Present(project->second.payer) == question.payer;
}

}  // namespace

const v1::CatalogueAction* FindAction(const World& world, const std::string& action, absl::Time now) {
  const Catalogue* current = nullptr;
  for (const Catalogue& catalogue : world.catalogues) {
    if (catalogue.effective <= now && (current == nullptr || catalogue.effective >= current->effective)) {
      current = &catalogue;
    }
  }
  if (current == nullptr) return nullptr;
  const auto found = current->actions.find(action);
  return found == current->actions.end() ? nullptr : &found->second;
}

std::string PayerOf(World& world, const std::string& bill_to, const std::string& project, const std::string& user) {
  if (!bill_to.empty()) return world.Present(bill_to);
  const auto found = world.projects.find(project);
  if (found != world.projects.end()) return world.Present(found->second.payer);
  const User* person = world.FindUser(user);
  return person == nullptr ? "" : world.Present(person->default_payer);
}

Ruling Rule(World& world, const Question& question, absl::Time now) {
  Ruling ruling;
  ruling.hidden = !SeesCosts(world, question.user, question.payer);
  const User* user = world.FindUser(question.user);
  const User* owner = world.FindUser(question.payer);
  const Account* account = world.FindAccount(question.payer);
  const bool extended = question.extended != nullptr;
  if (!extended && (account == nullptr || !MayUse(world, question))) {
    ruling.foreign = true;
    Bind(ruling,
         IsUser(question.payer) ? v1::ERROR_REASON_NOT_YOUR_BILLING_ACCOUNT
                                : v1::ERROR_REASON_BILLABLE_ACTIVITIES_NOT_ALLOWED,
         question.payer, 0, 0);
    return ruling;
  }
  if (!extended && user->closed) {
    Bind(ruling, v1::ERROR_REASON_USER_CLOSED, question.user, 0, 0);
    return ruling;
  }
  if (owner != nullptr && owner->closed) {
    Bind(ruling, v1::ERROR_REASON_USER_CLOSED, question.payer, 0, 0);
    return ruling;
  }
  if (!extended) {
    ruling.share = ShareOf(world, question.cost, question.user, question.payer, question.action, "", now, now);
  } else {
    const Hold& hold = *question.extended;
    ruling.share = ShareOf(world, question.cost, question.user, question.payer, question.action, "", now, now);
    const bool other = !hold.sponsored.empty() &&
                       (ruling.share.sponsorship != hold.sponsorship || ruling.share.month_start != hold.month_start);
    if (other) ruling.share = {};
  }
  const Wide own = question.cost - ruling.share.micros;
  const Wide funds = Funds(*account, question.action, now);
  if (!IsSetUp(world, question.payer)) {
    Bind(ruling, v1::ERROR_REASON_BILLING_NOT_SET_UP, absl::StrCat("billing of ", question.payer), 0, funds);
  }
  const Organization* organization = world.OrganizationOf(question.payer);
  if (organization != nullptr && organization->expire <= now) {
    Bind(ruling, v1::ERROR_REASON_ORGANIZATION_EXPIRED, question.payer, 0, funds);
  }
  if (question.cost_limit > 0 && question.cost_so_far + question.cost > question.cost_limit) {
    const Wide available = question.cost_limit - question.cost_so_far;
    Bind(ruling, v1::ERROR_REASON_COST_LIMIT_EXCEEDED, "cost limit", question.cost - available, available);
  }
  BindBudgets(world, *account, question, own, now, ruling);
  if (funds <= 0 || funds < own) {
    Bind(ruling, v1::ERROR_REASON_SPENDING_LIMIT_EXCEEDED, absl::StrCat("spending limit of ", question.payer),
         Needed(own) - funds, funds);
  }
  return ruling;
}

namespace {

std::vector<std::string> Lifters(World& world, const std::string& payer, const std::string& user) {
  if (IsUser(payer)) return {payer};
  const Organization* organization = world.OrganizationOf(payer);
  std::vector<std::string> lifters;
  if (organization == nullptr) return lifters;
  if (AnswersFor(world, user, payer)) return {user};
  if (organization->hides_admins || organization->members.count(user) == 0) return lifters;
  for (const auto& [id, access] : organization->members) {
    if (access.admin) lifters.push_back(id);
  }
  return lifters;
}

std::string Likeness(const Question& question, const Ruling& ruling) {
  const auto& first = ruling.bindings.front();
  return absl::StrCat(question.user, "|", ruling.foreign ? "" : question.payer, "|", question.action, "|",
                      question.project, "|", first.reason(), "|", first.budget_id());
}

}  // namespace

v1::Decision Deny(World& world, const Question& question, const Ruling& ruling, const Asked& asked,
                  const v1::Decision& seen, bool records, bool& recorded) {
  const auto alike = world.denials.find(Likeness(question, ruling));
  recorded = alike == world.denials.end() || asked.now - alike->second.time >= absl::Minutes(1);
  v1::Decision decision;
  decision.set_position(recorded ? asked.position : alike->second.position);
  if (recorded && records) world.denials[Likeness(question, ruling)] = {.position = asked.position, .time = asked.now};
  decision.set_reason(ruling.bindings.front().reason());
  for (size_t i = 0; i < ruling.bindings.size(); ++i) {
    v1::Binding& binding = *decision.add_bindings();
    binding = ruling.bindings[i];
    const bool named = binding.reason() == v1::ERROR_REASON_BUDGET_EXCEEDED ||
                       binding.reason() == v1::ERROR_REASON_SPENDING_LIMIT_EXCEEDED;
    if (!named && static_cast<int>(i) < seen.bindings_size())
      binding.set_rule(seen.bindings(static_cast<int>(i)).rule());
    if (!ruling.hidden) continue;
    binding.clear_shortfall_micros();
    binding.clear_available_micros();
  }
  if (!seen.remedy().empty()) decision.set_remedy(seen.remedy());
  const Account* payer = world.FindAccount(question.payer);
  // What is said of a payer that the user may not use, and of who could lift what is no limit, is not documented.
  const bool says_little = ruling.foreign || ruling.bindings.front().reason() == v1::ERROR_REASON_USER_CLOSED;
  decision.set_billing_account(says_little ? seen.billing_account() : question.payer);
  decision.set_currency(says_little ? seen.currency() : payer->currency);
  const bool about_money = ruling.bindings.front().reason() == v1::ERROR_REASON_SPENDING_LIMIT_EXCEEDED ||
                           ruling.bindings.front().reason() == v1::ERROR_REASON_BUDGET_EXCEEDED;
  if (about_money && !ruling.hidden) {
    for (const std::string& lifter : Lifters(world, question.payer, question.user)) decision.add_lifters(lifter);
    decision.set_pending_increase_id(Name("increase", payer->open_increase));
  } else {
    *decision.mutable_lifters() = seen.lifters();
    decision.set_pending_increase_id(seen.pending_increase_id());
  }
  if (!ruling.hidden) {
    decision.set_funds_micros(ruling.bindings.front().available_micros());
    if (ruling.share.micros > 0) {
      decision.set_sponsored_micros(Narrow(ruling.share.micros));
      decision.set_sponsor_billing_account(ruling.share.sponsor);
    }
  }
  return decision;
}

Asking Read(World& world, const Asked& asked, const v1::GatedAction& action) {
  Asking asking;
  Question& question = asking.question;
  if (auto refused = FindSubject(world, asked, action.user_id(), question.user)) {
    asking.refused = std::move(refused);
    return asking;
  }
  const auto refuse = [&](v1::ErrorReason reason) {
    asking.refused = Refuse(reason);
    return asking;
  };
  if (!action.project_id().empty() && !IsStaff(asked) && !SeesProject(world, asked, action.project_id())) {
    return refuse(v1::ERROR_REASON_PERMISSION_DENIED);
  }
  if (IsClosed(world, asked)) return refuse(v1::ERROR_REASON_USER_CLOSED);
  if (world.FindUser(question.user) == nullptr) return refuse(v1::ERROR_REASON_USER_NOT_FOUND);
  const v1::CatalogueAction* listed = FindAction(world, action.action(), asked.now);
  if (listed == nullptr) return refuse(v1::ERROR_REASON_UNKNOWN_ACTION);
  if (!action.project_id().empty() && world.projects.count(action.project_id()) == 0) {
    return refuse(v1::ERROR_REASON_PROJECT_NOT_FOUND);
  }
  asking.names_merged = world.Present(action.user_id()) != action.user_id() ||
                        (!action.bill_to().empty() && world.Present(action.bill_to()) != action.bill_to());
  question.project = action.project_id();
  question.action = action.action();
  question.category = listed->category();
  question.payer = PayerOf(world, action.bill_to(), action.project_id(), question.user);
  question.cost = action.cost_micros();
  asking.gated = listed->gated();
  asking.free = listed->free();
  return asking;
}

namespace {

v1::Decision CheckOne(World& world, const Asked& asked, const Asking& asking, const v1::Decision& seen, bool records,
                      bool& recorded) {
  recorded = false;
  v1::Decision decision;
  if (!asking.gated) {
    // Nothing is said of its payer.
    decision = seen;
    decision.clear_reason();
    decision.clear_bindings();
    decision.clear_remedy();
    decision.set_allowed(true);
    decision.set_position(asked.position);
    return decision;
  }
  const Ruling ruling = Rule(world, asking.question, asked.now);
  if (!ruling.bindings.empty()) {
    // A rehearsed denial names the entry that would record it.
    Asked denied = asked;
    if (!records) denied.position = asked.position + 1;
    return Deny(world, asking.question, ruling, denied, seen, records, recorded);
  }
  const Account& payer = *world.FindAccount(asking.question.payer);
  decision.set_allowed(true);
  if (asking.names_merged && (seen.billing_account().empty() || !seen.has_funds_micros())) {
    // A check of a user by a former name leaves its payer out, which is reported and not held against it here.
    decision.set_billing_account(seen.billing_account());
    decision.set_currency(seen.currency());
    decision.set_position(asked.position);
    return decision;
  }
  decision.set_billing_account(payer.id);
  decision.set_currency(payer.currency);
  decision.set_position(asked.position);
  if (ruling.hidden) return decision;
  decision.set_funds_micros(Narrow(Funds(payer, asking.question.action, asked.now)));
  if (ruling.share.micros > 0) {
    decision.set_sponsored_micros(Narrow(ruling.share.micros));
    decision.set_sponsor_billing_account(ruling.share.sponsor);
  }
  return decision;
}

Answer Check(World& world, const Asked& asked, const v1::CheckRequest& request) {
  const Asking asking = Read(world, asked, request.gated_action());
  if (asking.refused.has_value()) return *asking.refused;
  v1::CheckResponse response;
  bool recorded = false;
  *response.mutable_decision() =
      CheckOne(world, asked, asking, asked.Seen<v1::CheckResponse>().decision(), !request.validate_only(), recorded);
  Answer answer = Give(std::move(response));
  answer.written = recorded;
  return answer;
}

Answer CheckBatch(World& world, const Asked& asked, const v1::CheckBatchRequest& request) {
  const auto& seen = asked.Seen<v1::CheckBatchResponse>();
  v1::CheckBatchResponse response;
  // Each is decided as of a position of its own, which its decision says.
  for (int i = 0; i < request.gated_actions_size(); ++i) {
    v1::CheckResult& result = *response.add_results();
    const v1::CheckResult& shown = i < seen.results_size() ? seen.results(i) : v1::CheckResult::default_instance();
    Asked one = asked;
    one.position = shown.decision().position();
    const Asking asking = Read(world, one, request.gated_actions(i));
    if (asking.refused.has_value()) {
      // Its words and details are the doors'; its code has to be there.
      if (shown.has_error()) result = shown;
      if (asking.refused->refusals.front() == v1::ERROR_REASON_INVALID_FIELD) return *asking.refused;
      continue;
    }
    bool recorded = false;
    *result.mutable_decision() = CheckOne(world, one, asking, shown.decision(), !request.validate_only(), recorded);
  }
  Answer answer = Give(std::move(response));
  answer.written = false;
  return answer;
}

}  // namespace

void AddGate(Handlers& handlers) {
  On<v1::CheckRequest>(handlers, Check);
  On<v1::CheckBatchRequest>(handlers, CheckBatch);
}

}  // namespace bursar::oracle
