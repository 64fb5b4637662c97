#include "tests/nemesis/account_steps.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bursar/v1/credit.pb.h"
#include "bursar/v1/finance.pb.h"
#include "bursar/v1/gate.pb.h"
#include "bursar/v1/limit.pb.h"
#include "bursar/v1/usage.pb.h"
#include "tests/nemesis/uninvited.h"

namespace bursar::nemesis {
namespace {

using Apply = std::function<bool(AccountModel&)>;

bool MaySpend(const AccountModel& model, int64_t cost) { return model.funds >= std::max<int64_t>(cost, 1); }

// Denied for want of funds, of which the answer names how many there were.
bool IsRightlyDenied(const AccountModel& model, const v1::Decision& decision, int64_t cost) {
  return decision.bindings_size() == 1 && decision.bindings(0).available_micros() == model.funds &&
         !MaySpend(model, cost);
}

bool ClosesAt(AccountModel& model, const std::string& hold, int64_t funds) {
  const auto found = model.holds.find(hold);
  if (found == model.holds.end()) return false;
  model.funds += found->second;
  model.holds.erase(found);
  return model.funds == funds;
}

// What each request does to the model, and whether it fits the answer. `answer` is nullptr where none is known.
class Steps {
 public:
  explicit Steps(int64_t price_micros) : price_micros_(price_micros) {}

  // In the order in which the calls began, so that a hold is known when something is asked of it.
  void LearnHolds(const std::vector<Call>& calls) {
    for (const Call& call : calls) {
      const auto* placed = dynamic_cast<const v1::PlaceHoldResponse*>(call.answer.get());
      if (placed != nullptr && placed->has_hold())
        account_of_[placed->hold().hold_id()] = placed->hold().billing_account();
    }
  }

  // Empty for what is about no account.
  std::string AccountOf(const Message& request) const {
    if (const auto* place = dynamic_cast<const v1::PlaceHoldRequest*>(&request)) return place->gated_action().user_id();
    if (const auto* check = dynamic_cast<const v1::CheckRequest*>(&request)) return check->gated_action().user_id();
    if (const auto* used = dynamic_cast<const v1::RecordUsageRequest*>(&request)) return used->records(0).user_id();
    if (const auto* grant = dynamic_cast<const v1::GrantCreditRequest*>(&request)) return grant->billing_account();
    if (const auto* set = dynamic_cast<const v1::SetSpendingLimitRequest*>(&request)) return set->billing_account();
    if (const auto* read = dynamic_cast<const v1::GetBalanceRequest*>(&request)) return read->billing_account();
    if (const auto* extend = dynamic_cast<const v1::ExtendHoldRequest*>(&request)) return Holder(extend->hold_id());
    if (const auto* take = dynamic_cast<const v1::CaptureHoldRequest*>(&request)) return Holder(take->hold_id());
    if (const auto* release = dynamic_cast<const v1::ReleaseHoldRequest*>(&request)) return Holder(release->hold_id());
    return "";
  }

  // The lambda refers to request and answer.
  Apply Of(const Message& request, const Message* answer) const {
    if (const auto* place = dynamic_cast<const v1::PlaceHoldRequest*>(&request)) {
      return Place(*place, static_cast<const v1::PlaceHoldResponse*>(answer));
    }
    if (const auto* extend = dynamic_cast<const v1::ExtendHoldRequest*>(&request)) {
      return Extend(*extend, static_cast<const v1::ExtendHoldResponse*>(answer));
    }
    if (const auto* capture = dynamic_cast<const v1::CaptureHoldRequest*>(&request)) {
      return Capture(*capture, static_cast<const v1::CaptureHoldResponse*>(answer));
    }
    if (const auto* release = dynamic_cast<const v1::ReleaseHoldRequest*>(&request)) {
      return Release(*release, static_cast<const v1::ReleaseHoldResponse*>(answer));
    }
    if (const auto* grant = dynamic_cast<const v1::GrantCreditRequest*>(&request)) {
      return Grant(*grant, static_cast<const v1::GrantCreditResponse*>(answer));
    }
    if (const auto* set = dynamic_cast<const v1::SetSpendingLimitRequest*>(&request)) {
      return SetLimit(*set, static_cast<const v1::SetSpendingLimitResponse*>(answer));
    }
    if (const auto* record = dynamic_cast<const v1::RecordUsageRequest*>(&request)) return Use(*record);
    return Read(request, answer);
  }

  // What a refusal says of the account: only that a hold was not open.
  static std::optional<Apply> OfRefusal(const Call& call) {
    if (ReasonOf(call.error) != "HOLD_NOT_OPEN") return std::nullopt;
    const auto* field = call.request->GetDescriptor()->FindFieldByName("hold_id");
    const std::string hold = call.request->GetReflection()->GetString(*call.request, field);
    return [hold](AccountModel& model) { return model.holds.count(hold) == 0; };
  }

 private:
  std::string Holder(const std::string& hold) const {
    const auto found = account_of_.find(hold);
    return found == account_of_.end() ? "" : found->second;
  }

  static Apply Place(const v1::PlaceHoldRequest& request, const v1::PlaceHoldResponse* answer) {
    return [&request, answer](AccountModel& model) {
      const int64_t cost = request.gated_action().cost_micros();
      if (answer != nullptr && !answer->decision().allowed()) return IsRightlyDenied(model, answer->decision(), cost);
      if (!MaySpend(model, cost)) return false;
      model.funds -= cost;
      // Nobody knows the name of a hold that was never answered.
      const std::string name = answer == nullptr ? absl::StrCat("by ", request.request_id()) : answer->hold().hold_id();
      if (!model.holds.emplace(name, cost).second) return false;
      return answer == nullptr || answer->decision().funds_micros() == model.funds;
    };
  }

  static Apply Extend(const v1::ExtendHoldRequest& request, const v1::ExtendHoldResponse* answer) {
    return [&request, answer](AccountModel& model) {
      const int64_t more = request.additional_micros();
      const auto hold = model.holds.find(request.hold_id());
      if (hold == model.holds.end()) return false;
      if (answer != nullptr && !answer->decision().allowed()) return IsRightlyDenied(model, answer->decision(), more);
      if (!MaySpend(model, more)) return false;
      model.funds -= more;
      hold->second += more;
      return answer == nullptr ||
             (answer->decision().funds_micros() == model.funds && answer->held_micros() == hold->second);
    };
  }

  static Apply Capture(const v1::CaptureHoldRequest& request, const v1::CaptureHoldResponse* answer) {
    return [&request, answer](AccountModel& model) {
      const auto hold = model.holds.find(request.hold_id());
      if (hold == model.holds.end()) return false;
      const int64_t within = std::min(hold->second, request.amount_micros());
      hold->second -= within;
      model.funds -= request.amount_micros() - within;
      const int64_t left = hold->second;
      if (request.last()) {
        model.funds += left;
        model.holds.erase(hold);
      }
      return answer == nullptr ||
             (answer->funds_micros() == model.funds && answer->held_micros() == (request.last() ? 0 : left));
    };
  }

  static Apply Release(const v1::ReleaseHoldRequest& request, const v1::ReleaseHoldResponse* answer) {
    return [&request, answer](AccountModel& model) {
      const auto hold = model.holds.find(request.hold_id());
      if (hold == model.holds.end()) return false;
      if (answer != nullptr && answer->returned_micros() != hold->second) return false;
      return ClosesAt(model, request.hold_id(),
                      answer == nullptr ? model.funds + hold->second : answer->funds_micros());
    };
  }

  static Apply Grant(const v1::GrantCreditRequest& request, const v1::GrantCreditResponse* answer) {
    return [&request, answer](AccountModel& model) {
      model.funds += request.amount_micros();
      return answer == nullptr || answer->funds_micros() == model.funds;
    };
  }

  static Apply SetLimit(const v1::SetSpendingLimitRequest& request, const v1::SetSpendingLimitResponse* answer) {
    return [&request, answer](AccountModel& model) {
      if (answer != nullptr && answer->previous_limit_micros() != model.limit) return false;
      model.funds += request.limit_micros() - model.limit;
      model.limit = request.limit_micros();
      return answer == nullptr || answer->funds_micros() == model.funds;
    };
  }

  Apply Use(const v1::RecordUsageRequest& request) const {
    return [&request, price = price_micros_](AccountModel& model) {
      model.funds -= request.records(0).usage().quantity() * price;
      return true;
    };
  }

  static Apply Read(const Message& request, const Message* answer) {
    if (const auto* check = dynamic_cast<const v1::CheckRequest*>(&request)) {
      const auto& decision = static_cast<const v1::CheckResponse*>(answer)->decision();
      return [&decision, cost = check->gated_action().cost_micros()](AccountModel& model) {
        if (!decision.allowed()) return IsRightlyDenied(model, decision, cost);
        // One that was about to be denied, and then was not, is told no funds.
        return MaySpend(model, cost) && (!decision.has_funds_micros() || decision.funds_micros() == model.funds);
      };
    }
    const auto& balance = static_cast<const v1::GetBalanceResponse*>(answer)->balance();
    return [&balance](AccountModel& model) {
      int64_t held = 0;
      for (const auto& [id, holds] : model.holds) held += holds;
      return balance.funds_micros() == model.funds && balance.limit_micros() == model.limit &&
             balance.held_micros() == held;
    };
  }

  const int64_t price_micros_;
  std::map<std::string, std::string> account_of_;
};

std::string TextOf(const Call& call) {
  return absl::StrCat(call.request->GetDescriptor()->name(), " { ", call.request->ShortDebugString(), " } -> { ",
                      call.answer ? call.answer->ShortDebugString() : call.error.ToString(), " }");
}

// A write was made once at most, between when it was first asked for and its first answer. Denials and refusals change
// nothing, and each stands for itself.
void AddAsked(const Asked& asked, const Steps& maker, std::vector<Step>& steps) {
  const Call* answered = nullptr;
  for (const Call* attempt : asked.attempts) {
    if (attempt->outcome == Outcome::kRefused) {
      const auto refusal = Steps::OfRefusal(*attempt);
      if (refusal.has_value()) steps.push_back({attempt->invoked, attempt->returned, *refusal, TextOf(*attempt)});
    } else if (attempt->outcome == Outcome::kAnswered && IsDenial(*attempt->answer)) {
      steps.push_back(
          {asked.invoked, attempt->returned, maker.Of(*attempt->request, attempt->answer.get()), TextOf(*attempt)});
    } else if (attempt->outcome == Outcome::kAnswered && PositionOf(*attempt->answer) != 0) {
      if (answered == nullptr || attempt->returned < answered->returned) answered = attempt;
    }
  }
  if (answered != nullptr) {
    steps.push_back(
        {asked.invoked, answered->returned, maker.Of(*answered->request, answered->answer.get()), TextOf(*answered)});
  } else if (asked.MayHaveHappened()) {
    steps.push_back(
        {asked.invoked, kNever, maker.Of(*asked.attempts[0]->request, nullptr), TextOf(*asked.attempts[0])});
  }
}

}  // namespace

std::map<std::string, std::vector<Step>> StepsOf(const std::vector<Call>& calls, int64_t price_micros) {
  Steps maker(price_micros);
  maker.LearnHolds(calls);
  std::map<std::string, std::vector<Step>> steps;
  for (const Asked& asked : AskedIn(calls)) {
    if (asked.attempts[0]->principal == kUninvited) continue;
    const std::string account = maker.AccountOf(*asked.attempts[0]->request);
    if (!account.empty()) AddAsked(asked, maker, steps[account]);
  }
  for (const Call& call : calls) {
    if (call.outcome != Outcome::kAnswered || !RequestIdOf(*call.request).empty()) continue;
    const std::string account = maker.AccountOf(*call.request);
    if (account.empty()) continue;
    steps[account].push_back({call.invoked, call.returned, maker.Of(*call.request, call.answer.get()), TextOf(call)});
  }
  return steps;
}

Findings CheckLinearizable(const std::vector<Call>& calls, int64_t price_micros, absl::Duration bound) {
  Findings findings;
  for (const auto& [account, steps] : StepsOf(calls, price_micros)) {
    const Linearization result = Linearize(steps, bound);
    if (result.verdict == Linearization::Verdict::kFound) continue;
    findings.push_back(absl::StrCat("The ", steps.size(), " steps of ", account,
                                    result.verdict == Linearization::Verdict::kNone
                                        ? absl::StrCat(" have no order that fits; after ", result.longest,
                                                       " of them nothing fits before ", result.stuck_at)
                                        : " could not be ordered in time."));
  }
  return findings;
}

}  // namespace bursar::nemesis
