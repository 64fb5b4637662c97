#include "services/cli/render_explanation.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/util/time_util.h"
#include "ledger/domain/money.h"
#include "services/cli/values.h"

namespace bursar::cli {
namespace {

constexpr size_t kLineWidth = 100;

// A terminal must not take orders from a name.
std::string Printable(absl::string_view text) {
  std::string printable(text);
  for (char& c : printable) {
    if (absl::ascii_iscntrl(c)) c = ' ';
  }
  return printable;
}

std::string Amount(int64_t micros, const std::string& currency) { return ToString(Money::Micros(micros), currency); }

std::string Time(const google::protobuf::Timestamp& time) {
  return WriteTime(absl::FromUnixMicros(google::protobuf::util::TimeUtil::TimestampToMicroseconds(time)));
}

// "  (entry 12)"; empty for none.
std::string Entry(uint64_t position) { return position == 0 ? "" : absl::StrCat("  (entry ", position, ")"); }

// Words broken into lines.
std::string Wrapped(const std::string& text) {
  std::string lines;
  size_t width = 0;
  for (const absl::string_view word : absl::StrSplit(Printable(text), ' ', absl::SkipEmpty())) {
    const bool breaks = width > 0 && width + 1 + word.size() > kLineWidth;
    absl::StrAppend(&lines, width == 0 ? "" : breaks ? "\n" : " ", word);
    width = breaks || width == 0 ? word.size() : width + 1 + word.size();
  }
  return lines + "\n";
}

// A line of the tree, and what it rests on.
struct Node {
  std::string text;
  std::vector<Node> below;
};

void Write(std::string& text, const std::vector<Node>& nodes, const std::string& indent) {
  for (const Node& node : nodes) {
    const bool last = &node == &nodes.back();
    absl::StrAppend(&text, indent, last ? "└─ " : "├─ ", Printable(node.text), "\n");
    Write(text, node.below, indent + (last ? "   " : "│  "));
  }
}

// Explanations -------------------------------------------------------------------------------------------------------

std::string Standing(const v1::ExplainedCredit& credit) {
  switch (credit.standing()) {
    case v1::ExplainedCredit::STANDING_COUNTS:
      return "";
    case v1::ExplainedCredit::STANDING_RESTRICTED:
      return absl::StrCat(", does not count: pays for ", absl::StrJoin(credit.actions(), ", "), " only");
    case v1::ExplainedCredit::STANDING_NOT_YET_EFFECTIVE:
      return absl::StrCat(", does not count: not before ", Time(credit.effective_time()));
    case v1::ExplainedCredit::STANDING_EXPIRED:
      return ", does not count: expired";
    case v1::ExplainedCredit::STANDING_REVOKED:
      return ", does not count: taken back";
    case v1::ExplainedCredit::STANDING_MOVED:
      return ", does not count: moved to another account";
    default:
      return ", does not count";
  }
}

Node CreditsNode(const v1::ExplainedFunds& funds) {
  Node node{.text = absl::StrCat("+ credits that count  ", Amount(funds.credits_micros(), funds.currency())),
            .below = {}};
  for (const v1::ExplainedCredit& credit : funds.credits()) {
    std::string text =
        absl::StrCat(credit.credit_id(), "  ", Amount(credit.available_micros(), funds.currency()), Standing(credit));
    if (credit.held_micros() != 0)
      absl::StrAppend(&text, ", and ", Amount(credit.held_micros(), funds.currency()), " held");
    absl::StrAppend(&text, Entry(credit.grant_position()));
    if (credit.promotion_position() != 0) absl::StrAppend(&text, "  promotion", Entry(credit.promotion_position()));
    node.below.push_back({.text = std::move(text), .below = {}});
  }
  return node;
}

Node OutstandingNode(const v1::ExplainedFunds& funds) {
  Node node{.text = absl::StrCat("- outstanding  ", Amount(funds.outstanding_micros(), funds.currency())), .below = {}};
  for (const v1::ExplainedDebt& debt : funds.unpaid()) {
    node.below.push_back(
        {.text = absl::StrCat("unpaid  ", Amount(debt.unpaid_micros(), funds.currency()), Entry(debt.position())),
         .below = {}});
  }
  if (funds.unpaid_count() > funds.unpaid_size())
    node.below.push_back(
        {.text = absl::StrCat("and ", funds.unpaid_count() - funds.unpaid_size(), " later ones"), .below = {}});
  return node;
}

Node HeldNode(const v1::ExplainedFunds& funds) {
  Node node{.text = absl::StrCat("- held on the limit  ", Amount(funds.held_micros(), funds.currency())), .below = {}};
  for (const v1::ExplainedHold& hold : funds.holds()) {
    std::string text = absl::StrCat(hold.hold_id(), "  ", Amount(hold.held_on_limit_micros(), funds.currency()), " of ",
                                    Amount(hold.held_micros(), funds.currency()), "  ", hold.action(), " of ",
                                    hold.user_id(), Entry(hold.position()));
    if (hold.extension_positions_size() > 0)
      absl::StrAppend(&text, "  extended by entries ", absl::StrJoin(hold.extension_positions(), ", "));
    node.below.push_back({.text = std::move(text), .below = {}});
  }
  if (funds.hold_count() > funds.holds_size())
    node.below.push_back(
        {.text = absl::StrCat("and ", funds.hold_count() - funds.holds_size(), " later ones"), .below = {}});
  return node;
}

Node FundsNode(const v1::ExplainDecisionResponse& explanation) {
  const v1::ExplainedFunds& funds = explanation.funds();
  return {.text = absl::StrCat("funds of ", explanation.asked().bill_to(), "  ",
                               Amount(funds.funds_micros(), funds.currency())),
          .below = {CreditsNode(funds),
                    {.text = absl::StrCat("+ limit  ", Amount(funds.limit_micros(), funds.currency()),
                                          Entry(funds.limit_position())),
                     .below = {}},
                    OutstandingNode(funds),
                    HeldNode(funds)}};
}

Node BudgetNode(const v1::ExplainedBudget& budget, const std::string& currency) {
  std::vector<std::string> scope;
  for (const std::string& part : {budget.user_id(), budget.project_id(), budget.category()}) {
    if (!part.empty()) scope.push_back(part);
  }
  return {
      .text = absl::StrCat(budget.budget_id(), scope.empty() ? "" : absl::StrCat(" of ", absl::StrJoin(scope, ", ")),
                           "  ", Amount(budget.available_micros(), currency),
                           budget.binding() ? ", stood in the way" : "", Entry(budget.set_position())),
      .below = {{.text = absl::StrCat("+ ceiling  ", Amount(budget.limit_micros(), currency)), .below = {}},
                {.text = absl::StrCat("- used  ", Amount(budget.used_micros(), currency)), .below = {}},
                {.text = absl::StrCat("- held  ", Amount(budget.held_micros(), currency)), .below = {}}}};
}

Node DrawnNode(const v1::ExplainDecisionResponse& explanation) {
  Node node{.text = "draws from, in this order", .below = {}};
  for (const v1::Part& part : explanation.drawn()) {
    node.below.push_back({.text = absl::StrCat(part.credit_id().empty() ? "the limit" : part.credit_id(), "  ",
                                               Amount(part.amount_micros(), explanation.funds().currency())),
                          .below = {}});
  }
  return node;
}

Node RulesNode(const v1::Decision& decision) {
  Node node{.text = "denied by", .below = {}};
  for (const v1::Binding& binding : decision.bindings()) {
    std::string text = binding.rule();
    if (binding.shortfall_micros() != 0)
      absl::StrAppend(&text, ", short by ", Amount(binding.shortfall_micros(), decision.currency()));
    node.below.push_back({.text = std::move(text), .below = {}});
  }
  return node;
}

Node OriginsNode(const v1::ExplainDecisionResponse& explanation) {
  Node node{.text = "what applied", .below = {}};
  for (const v1::ExplainedOrigin& origin : explanation.origins())
    node.below.push_back({.text = absl::StrCat(origin.what(), Entry(origin.position())), .below = {}});
  return node;
}

// What-if ------------------------------------------------------------------------------------------------------------

// Columns as wide as their widest cell, the first to the left, the others to the right.
std::string Table(const std::vector<std::vector<std::string>>& rows, const std::string& indent) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line = indent;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - row[i].size(), ' ');
      absl::StrAppend(&line, i == 0 ? "" : "  ", i == 0 ? row[i] + space : space + row[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&text, line, "\n");
  }
  return text;
}

std::string RanOut(const v1::WhatIfSide& side) {
  if (!side.has_ran_out_time()) return "never";
  return absl::StrCat(Time(side.ran_out_time()), " (entry ", side.ran_out_position(), ")");
}

std::string RenderAccount(const v1::WhatIfAccount& account) {
  const auto count = [](int64_t number) { return absl::StrCat(number); };
  const auto amount = [&](int64_t micros) { return Amount(micros, account.currency()); };
  const v1::WhatIfSide& then = account.then();
  const v1::WhatIfSide& now = account.now();
  std::string text = absl::StrCat(Printable(account.billing_account()), "\n");
  text += Table(
      {{"", "THEN", "NOW"},
       {"admitted", count(then.admitted_count()), count(now.admitted_count())},
       {"denied", count(then.denied_count()), count(now.denied_count())},
       {"charged", amount(then.charged_micros()), amount(now.charged_micros())},
       {"  to credits", amount(then.charged_to_credits_micros()), amount(now.charged_to_credits_micros())},
       {"  to the limit", amount(then.charged_to_limit_micros()), amount(now.charged_to_limit_micros())},
       {"credits expired", amount(then.expired_micros()), amount(now.expired_micros())},
       {"lowest funds", amount(then.lowest_funds_micros()), amount(now.lowest_funds_micros())},
       {"ran out", RanOut(then), RanOut(now)},
       {"funds at the end", amount(then.funds_at_end_micros()), amount(now.funds_at_end_micros())},
       {"outstanding at the end", amount(then.outstanding_at_end_micros()), amount(now.outstanding_at_end_micros())}},
      "  ");
  if (account.newly_allowed_count() > 0) {
    absl::StrAppend(&text, "  ", account.newly_allowed_count(), " denied then and allowed now, asked for at ",
                    amount(account.newly_allowed_cost_micros()), "\n");
  }
  if (account.newly_denied_count() > 0)
    absl::StrAppend(&text, "  ", account.newly_denied_count(), " allowed then and denied now\n");
  if (account.gone_count() > 0) {
    absl::StrAppend(&text, "  ", account.gone_count(), " about holds that there are not now, charged at ",
                    amount(account.gone_charged_micros()), "\n");
  }
  return text;
}

std::string RenderDifferences(const v1::WhatIfResponse& report) {
  if (report.differences().empty()) return "No decision differs.\n";
  std::vector<std::vector<std::string>> rows = {{"ENTRY", "TIME", "ACTION", "USER", "COST", "THEN", "NOW"}};
  const auto verdict = [](bool allowed, const std::string& rule) {
    return allowed ? std::string("allowed") : Printable(absl::StrCat("denied: ", rule));
  };
  for (const v1::WhatIfDifference& difference : report.differences()) {
    rows.push_back({absl::StrCat(difference.position()), Time(difference.time()), Printable(difference.action()),
                    Printable(difference.user_id()), Amount(difference.cost_micros(), difference.currency()),
                    verdict(difference.allowed_then(), difference.rule_then()),
                    verdict(difference.allowed_now(), difference.rule_now())});
  }
  std::string text = absl::StrCat(
      report.difference_count(), report.difference_count() == 1 ? " decision differs" : " decisions differ",
      report.difference_count() > report.differences_size() ? absl::StrCat(", the first ", report.differences_size())
                                                            : "",
      "\n", Table(rows, "  "));
  return text;
}

}  // namespace

std::string RenderExplanation(const v1::ExplainDecisionResponse& explanation) {
  std::string text = Wrapped(explanation.summary());
  std::vector<Node> tree;
  if (!explanation.decision().allowed()) tree.push_back(RulesNode(explanation.decision()));
  if (explanation.has_funds()) tree.push_back(FundsNode(explanation));
  for (const v1::ExplainedBudget& budget : explanation.budgets())
    tree.push_back(BudgetNode(budget, explanation.funds().currency()));
  if (!explanation.drawn().empty()) tree.push_back(DrawnNode(explanation));
  if (!explanation.origins().empty()) tree.push_back(OriginsNode(explanation));
  absl::StrAppend(&text, "\n", explanation.decision().allowed() ? "ALLOWED" : "DENIED", "  ", Time(explanation.time()),
                  explanation.on_record() ? "  on record as entry " : "  as of entry ", explanation.position(), "\n");
  Write(text, tree, "");
  return text;
}

std::string RenderWhatIf(const v1::WhatIfResponse& report) {
  std::string text = absl::StrCat("Entries ", report.from_position(), " to ", report.to_position(), ", ",
                                  report.entry_count(), " in all\n\n");
  for (const v1::WhatIfAccount& account : report.accounts()) absl::StrAppend(&text, RenderAccount(account), "\n");
  text += RenderDifferences(report);
  if (report.refused_count() > 0) {
    absl::StrAppend(&text, "\n", report.refused_count(), " requests are refused now, the first of them entry ",
                    report.first_refused_position(), ": ", Printable(report.first_refusal()), "\n");
  }
  if (report.not_reproduced_count() > 0) {
    absl::StrAppend(&text, "\n", report.not_reproduced_count(),
                    " decisions do not come out again by the rules of this program, whatever is changed.\n");
  }
  text += "\n";
  for (const std::string& note : report.notes()) text += Wrapped(note);
  return text;
}

}  // namespace bursar::cli
