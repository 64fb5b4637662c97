// bursar.v1.GateService.
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bursar/v1/gate.pb.h"
#include "ledger/base/planted.h"
#include "ledger/domain/gate.h"
#include "ledger/domain/permissions.h"
#include "ledger/domain/refusals.h"
#include "services/api/render.h"
#include "services/api/requests.h"
#include "services/api/services.h"
#include "services/api/watch_funds.h"

namespace bursar {
namespace {

using storage::v1::Entry;
using storage::v1::Event;

// Checks --------------------------------------------------------------------------------------------------------------

using CheckDone = std::function<void(absl::StatusOr<v1::Decision>)>;

// nullopt where the action is denied, which has to be recorded.
absl::StatusOr<std::optional<v1::Decision>> DecideIfAllowed(const Ledger& ledger, const Check& check,
                                                            const Principal& principal) {
  return FromState<std::optional<v1::Decision>>(
      ledger, [&](const State& state, absl::Time now) -> absl::StatusOr<std::optional<v1::Decision>> {
        if (auto status = MayCommand(state, check, principal); !status.ok()) return status;
        const auto verdict = Judge(state, check.action, Purpose::kCheck, now);
        if (!verdict.ok()) return verdict.status();
        if (!verdict->allowed()) return std::optional<v1::Decision>();
        v1::Decision decision;
        decision.set_allowed(true);
        decision.set_position(state.position);
        if (verdict->payer != nullptr) {
          decision.set_billing_account(verdict->payer->id.text());
          decision.set_currency(verdict->payer->currency);
        }
        if (verdict->payer != nullptr && !verdict->costs_hidden) {
          decision.set_funds_micros(verdict->funds.micros());
          if (verdict->share.amount > Money()) {
            decision.set_sponsored_micros(verdict->share.amount.micros());
            decision.set_sponsor_billing_account(verdict->share.sponsor->id.text());
          }
        }
        return std::optional<v1::Decision>(std::move(decision));
      });
}

// A bug: what was allowed shortly before is allowed again.
v1::Decision Kept(const std::string& user, v1::Decision decision) {
  static std::mutex mutex;
  static auto* const kept = new std::map<std::string, std::pair<absl::Time, v1::Decision>>;
  const std::lock_guard<std::mutex> lock(mutex);
  auto& [time, before] = (*kept)[user];
  if (absl::Now() - time < absl::Milliseconds(50)) return before;
  time = absl::Now();
  return before = std::move(decision);
}

// What is allowed or cannot be judged is answered from memory; a denial goes to the writer, who records it.
void ServeCheck(Ledger& ledger, const Principal& principal, GatedAction action, bool validate_only,
                const CheckDone& done) {
  Check check{.action = std::move(action)};
  auto decision = DecideIfAllowed(ledger, check, principal);
  if (!decision.ok()) return done(decision.status());
  if (BURSAR_PLANTED(verdict_kept) && decision->has_value()) *decision = Kept(check.action.user.text(), **decision);
  if (decision->has_value()) return done(**std::move(decision));
  Submission submission{.principal = principal, .command = std::move(check)};
  const auto render = [done](const absl::StatusOr<Answer>& answer) {
    if (!answer.ok()) return done(answer.status());
    done(ToDecision(**answer));
  };
  if (validate_only) return render(ledger.Rehearse(submission));
  ledger.Submit(std::move(submission), render);
}

void CheckOne(Ledger& ledger, const Call& call, const v1::CheckRequest& request,
              const std::function<void(const absl::StatusOr<v1::CheckResponse>&)>& respond) {
  auto action = ParseGatedAction(call, "gated_action", request.gated_action());
  if (!action.ok()) return respond(action.status());
  ServeCheck(ledger, call.principal, *std::move(action), request.validate_only(),
             [respond](absl::StatusOr<v1::Decision> decision) {
               if (!decision.ok()) return respond(decision.status());
               v1::CheckResponse response;
               *response.mutable_decision() = *std::move(decision);
               respond(response);
             });
}

// A batch on its way: the last answer that comes in sends them all.
template <class Response>
struct CheckBatch {
  Response response;
  std::atomic<int> missing;
  std::function<void(const absl::StatusOr<Response>&)> respond;

  void Fill(int index, absl::StatusOr<v1::Decision> decision) {
    v1::CheckResult& result = *response.mutable_results(index);
    if (decision.ok()) {
      *result.mutable_decision() = *std::move(decision);
    } else {
      *result.mutable_error() = ToErrorMessage(decision.status());
    }
    if (--missing == 0) respond(response);
  }
};

// `response` is what there is of the answer before any result.
template <class Request, class Response>
void CheckMany(Ledger& ledger, const Call& call, const Request& request, Response response,
               std::function<void(const absl::StatusOr<Response>&)> respond) {
  std::vector<GatedAction> actions;
  for (int i = 0; i < request.gated_actions_size(); ++i) {
    auto action = ParseGatedAction(call, absl::StrCat("gated_actions[", i, "]"), request.gated_actions(i));
    if (!action.ok()) return respond(action.status());
    actions.push_back(*std::move(action));
  }
  const auto batch = std::make_shared<CheckBatch<Response>>();
  batch->response = std::move(response);
  batch->respond = std::move(respond);
  batch->missing = static_cast<int>(actions.size());
  for (size_t i = 0; i < actions.size(); ++i) batch->response.add_results();
  // The last answer may end the call and the request with it.
  const bool validate_only = request.validate_only();
  for (int i = 0; i < static_cast<int>(actions.size()); ++i) {
    ServeCheck(ledger, call.principal, std::move(actions[static_cast<size_t>(i)]), validate_only,
               [batch, i](absl::StatusOr<v1::Decision> decision) { batch->Fill(i, std::move(decision)); });
  }
}

// Holds ---------------------------------------------------------------------------------------------------------------

absl::StatusOr<Command> ParsePlaceHold(const Call& call, const v1::PlaceHoldRequest& request) {
  auto action = ParseGatedAction(call, "gated_action", request.gated_action());
  if (!action.ok()) return action.status();
  return PlaceHold{.action = *std::move(action),
                   .expire_time = TimeIf(request.has_expire_time(), request.expire_time())};
}

v1::PlaceHoldResponse RenderPlaceHold(const Entry& entry) {
  v1::PlaceHoldResponse response;
  *response.mutable_decision() = ToDecision(entry);
  if (const Event& event = EventOf(entry, Event::kHoldPlaced); event.has_hold_placed()) {
    *response.mutable_hold() = ToPlacedHold(entry);
  }
  response.set_position(response.decision().position());
  return response;
}

absl::StatusOr<Command> ParseExtendHold(const Call&, const v1::ExtendHoldRequest& request) {
  return ExtendHold{.hold = IdOf<HoldId>(request.hold_id()),
                    .additional = Money::Micros(request.additional_micros()),
                    .expire_time = TimeIf(request.has_expire_time(), request.expire_time())};
}

v1::ExtendHoldResponse RenderExtendHold(const Entry& entry) {
  v1::ExtendHoldResponse response;
  *response.mutable_decision() = ToDecision(entry);
  if (const Event& event = EventOf(entry, Event::kHoldExtended); event.has_hold_extended()) {
    const auto& extended = event.hold_extended();
    response.set_hold_id(HoldId(extended.hold()).text());
    response.set_billing_account(extended.billing_account());
    response.set_currency(extended.currency());
    response.set_held_micros(extended.held_micros());
    SetParts(*response.mutable_added(), extended.parts());
    *response.mutable_expire_time() = ToTimestamp(extended.expire_time());
  }
  response.set_position(response.decision().position());
  return response;
}

absl::StatusOr<Command> ParseCaptureHold(const Call&, const v1::CaptureHoldRequest& request) {
  CaptureHold command{.hold = IdOf<HoldId>(request.hold_id()), .last = request.last()};
  if (request.has_usage()) {
    command.cost = ParseUsage(request.usage());
  } else {
    command.cost = Money::Micros(request.amount_micros());
  }
  return command;
}

void SetTerminations(v1::CaptureHoldResponse& response, const Entry& entry) {
  for (const Event& event : entry.events()) {
    if (!event.has_termination_ordered()) continue;
    const auto& order = event.termination_ordered();
    const std::string hold = HoldId(order.hold()).text();
    if (hold != response.charge().hold_id()) {
      response.add_other_terminated_hold_ids(hold);
      continue;
    }
    response.set_terminate(true);
    response.set_terminate_reason(ToReason(order.reason()));
    response.set_terminate_overshoot_micros(order.overshoot_micros());
  }
}

// Of a hold that had expired.
v1::CaptureHoldResponse RenderLateCapture(const Entry& entry) {
  v1::CaptureHoldResponse response;
  *response.mutable_charge() = ToCharge(entry);
  response.set_closed(true);
  response.set_funds_micros(EventOf(entry, Event::kUsageCharged).usage_charged().funds_after_micros());
  response.set_position(entry.position());
  SetTerminations(response, entry);
  return response;
}

v1::CaptureHoldResponse RenderCaptureHold(const Entry& entry) {
  if (EventOf(entry, Event::kUsageCharged).has_usage_charged()) return RenderLateCapture(entry);
  v1::CaptureHoldResponse response;
  const auto& captured = EventOf(entry, Event::kHoldCaptured).hold_captured();
  *response.mutable_charge() = ToCharge(entry);
  SetParts(*response.mutable_returned(), captured.returned());
  response.set_held_micros(captured.held_micros());
  response.set_closed(captured.closed());
  response.set_funds_micros(captured.funds_after_micros());
  response.set_position(entry.position());
  response.set_terminate(captured.terminating());
  SetTerminations(response, entry);
  return response;
}

absl::StatusOr<Command> ParseReleaseHold(const Call&, const v1::ReleaseHoldRequest& request) {
  return ReleaseHold{.hold = IdOf<HoldId>(request.hold_id())};
}

v1::ReleaseHoldResponse RenderReleaseHold(const Entry& entry) {
  v1::ReleaseHoldResponse response;
  const auto& released = EventOf(entry, Event::kHoldReleased).hold_released();
  response.set_hold_id(HoldId(released.hold()).text());
  response.set_billing_account(released.billing_account());
  response.set_currency(released.currency());
  response.set_returned_micros(SumOf(released.returned()));
  SetParts(*response.mutable_returned(), released.returned());
  response.set_funds_micros(released.funds_after_micros());
  response.set_position(entry.position());
  return response;
}

// A stranger gets the same answer for a hold of others and for none.
absl::StatusOr<v1::GetHoldResponse> GetHold(const Call& call, const v1::GetHoldRequest& request, const State& state) {
  const auto id = IdOf<HoldId>(request.hold_id());
  const Hold* hold = state.Find(id);
  if (hold == nullptr)
    return IsStaff(call.principal) ? HoldNotOpen(id) : PermissionDenied(absl::StrCat("read ", id.text()));
  const bool own = PersonBehind(state, call.principal) == hold->user;
  if (!own && !MayReadAccount(state, call.principal, hold->account).ok()) {
    return PermissionDenied(absl::StrCat("read ", id.text()));
  }
  const BillingAccount* account = state.Find(hold->account);
  v1::GetHoldResponse response;
  *response.mutable_hold() = ToHold(*hold, account == nullptr ? "" : account->currency);
  response.set_position(state.position);
  return response;
}

}  // namespace

void AddGateService(Methods& methods, Ledger& ledger) {
  methods.Other<v1::CheckRequest, v1::CheckResponse>(
      /*slow=*/false, [&ledger](const Call& call, const v1::CheckRequest& request, auto respond) {
        CheckOne(ledger, call, request, std::move(respond));
      });
  methods.Other<v1::CheckBatchRequest, v1::CheckBatchResponse>(
      /*slow=*/true, [&ledger](const Call& call, const v1::CheckBatchRequest& request, auto respond) {
        CheckMany<v1::CheckBatchRequest, v1::CheckBatchResponse>(ledger, call, request, {}, std::move(respond));
      });
  methods.Other<v1::StreamChecksRequest, v1::StreamChecksResponse>(
      /*slow=*/true, [&ledger](const Call& call, const v1::StreamChecksRequest& request, auto respond) {
        v1::StreamChecksResponse response;
        response.set_sequence(request.sequence());
        CheckMany<v1::StreamChecksRequest, v1::StreamChecksResponse>(ledger, call, request, std::move(response),
                                                                     std::move(respond));
      });
  methods.Watches<v1::WatchFundsRequest>([&ledger](const Call& call, const v1::WatchFundsRequest& request) {
    return OpenFundsWatch(ledger, call, request);
  });
  methods.Write<v1::PlaceHoldRequest, v1::PlaceHoldResponse>(ParsePlaceHold, RenderPlaceHold);
  methods.Write<v1::ExtendHoldRequest, v1::ExtendHoldResponse>(ParseExtendHold, RenderExtendHold);
  methods.Write<v1::CaptureHoldRequest, v1::CaptureHoldResponse>(ParseCaptureHold, RenderCaptureHold);
  methods.Write<v1::ReleaseHoldRequest, v1::ReleaseHoldResponse>(ParseReleaseHold, RenderReleaseHold);
  methods.Read<v1::GetHoldRequest, v1::GetHoldResponse>([&ledger](const Call& call, const v1::GetHoldRequest& request) {
    return FromState<v1::GetHoldResponse>(
        ledger, [&](const State& state, absl::Time) { return GetHold(call, request, state); });
  });
}

}  // namespace bursar
