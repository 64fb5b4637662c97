// bursar.v1.UsageService.
#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "bursar/v1/usage.pb.h"
#include "ledger/base/planted.h"
#include "ledger/log/block.h"
#include "services/api/fingerprint.h"
#include "services/api/render.h"
#include "services/api/requests.h"
#include "services/api/services.h"

namespace bursar {
namespace {

using storage::v1::Entry;
using storage::v1::Event;

v1::QuarantinedUsage ToQuarantined(const storage::v1::UsageQuarantined& set_aside, int64_t record_time) {
  v1::QuarantinedUsage shown;
  shown.set_quarantine_id(QuarantineId(set_aside.quarantine()).text());
  shown.set_billing_account(set_aside.billing_account());
  shown.set_user_id(set_aside.user_id());
  shown.set_project_id(ProjectId(set_aside.project()).text());
  shown.mutable_usage()->set_sku(set_aside.sku());
  shown.mutable_usage()->set_region(set_aside.region());
  shown.mutable_usage()->set_quantity(set_aside.quantity());
  *shown.mutable_usage()->mutable_usage_time() = ToTimestamp(set_aside.usage_time());
  shown.set_problem(set_aside.problem());
  *shown.mutable_record_time() = ToTimestamp(record_time);
  return shown;
}

v1::QuarantinedUsage ToQuarantined(const QuarantinedUsage& record) {
  v1::QuarantinedUsage shown;
  shown.set_quarantine_id(record.id.text());
  shown.set_billing_account(record.account.text());
  shown.set_user_id(record.user.text());
  shown.set_project_id(record.project.text());
  shown.mutable_usage()->set_sku(record.metered.sku);
  shown.mutable_usage()->set_region(record.metered.region);
  shown.mutable_usage()->set_quantity(record.metered.quantity);
  if (record.metered.usage_time.has_value()) {
    *shown.mutable_usage()->mutable_usage_time() = ToTimestamp(*record.metered.usage_time);
  }
  shown.set_problem(record.problem);
  *shown.mutable_record_time() = ToTimestamp(record.record_time);
  return shown;
}

// Recording ----------------------------------------------------------------------------------------------------------

// A charge, or that the record was set aside.
void Show(v1::UsageResult& result, const Entry& entry) {
  const Event& set_aside = EventOf(entry, Event::kUsageQuarantined);
  if (set_aside.has_usage_quarantined()) {
    *result.mutable_quarantine() = ToQuarantined(set_aside.usage_quarantined(), entry.commit_time());
  } else {
    *result.mutable_charge() = ToCharge(entry);
  }
}

// A record is the same one whichever method it comes by.
constexpr absl::string_view kRecordMethod = "bursar.v1.UsageService.RecordUsage";

// Records on their way: the last answer that comes in sends them all.
template <class Response>
struct Batch {
  Response response;
  std::vector<Position> positions;
  std::atomic<int> missing;
  std::function<void(const absl::StatusOr<Response>&)> respond;

  void Fill(int index, const absl::StatusOr<Answer>& answer) {
    v1::UsageResult& result = *response.mutable_results(index);
    if (answer.ok()) {
      Show(result, **answer);
      positions[static_cast<size_t>(index)] = (*answer)->position();
    } else {
      *result.mutable_error() = ToErrorMessage(answer.status());
    }
    if (--missing > 0) return;
    response.set_position(*std::max_element(positions.begin(), positions.end()));
    respond(response);
  }
};

RecordUsage ParseRecord(const v1::UsageRecord& record) {
  return {.user = IdOf<UserId>(record.user_id()),
          .project = IdOf<ProjectId>(record.project_id()),
          .bill_to = IdOf<BillingAccountId>(record.bill_to()),
          .metered = ParseUsage(record.usage())};
}

// Each record is a command of its own: its id is the request id. `response` is what there is of the answer before any
// result.
template <class Request, class Response>
void Record(Ledger& ledger, const Call& call, Request& request, Response response,
            std::function<void(const absl::StatusOr<Response>&)> respond) {
  const auto batch = std::make_shared<Batch<Response>>();
  batch->response = std::move(response);
  batch->respond = std::move(respond);
  const int size = request.records_size();
  batch->missing = size;
  batch->positions.resize(static_cast<size_t>(size));
  for (const auto& record : request.records()) batch->response.add_results()->set_record_id(record.record_id());
  const bool validate_only = request.validate_only();
  // The last submission may end the call and the request with it.
  std::vector<Submission> submissions;
  for (auto& record : *request.mutable_records()) {
    submissions.push_back({.principal = call.principal,
                           .request_id = BURSAR_PLANTED(usage_without_id) ? "" : record.record_id(),
                           .fingerprint = Fingerprint(kRecordMethod, record, "record_id"),
                           .command = ParseRecord(record)});
  }
  for (int i = 0; i < size; ++i) {
    auto done = [batch, i](const absl::StatusOr<Answer>& answer) { batch->Fill(i, answer); };
    Submission& submission = submissions[static_cast<size_t>(i)];
    if (validate_only) {
      done(ledger.Rehearse(submission));
    } else {
      ledger.Submit(std::move(submission), std::move(done));
    }
  }
}

// Reversal -----------------------------------------------------------------------------------------------------------

// The entry that is numbered as the charge; an empty one where readers know of none yet.
absl::StatusOr<Entry> ReadEntry(const Ledger& ledger, Position position) {
  Position last = 0;
  ledger.Read([&](const State& state, absl::Time) { last = state.position; });
  Entry found;
  if (position > last) return found;
  const absl::Status status = ledger.log().Read(position, [&](const StoredBlock& stored) -> absl::Status {
    auto block = Decode(stored);
    if (!block.ok()) return block.status();
    found.Swap(block->mutable_entries(static_cast<int>(position - stored.first)));
    return absl::CancelledError("the entry is found");
  });
  if (!status.ok() && !absl::IsCancelled(status)) return status;
  return found;
}

absl::StatusOr<Command> ParseReverseCharge(const Ledger& ledger, const v1::ReverseChargeRequest& request) {
  const auto charge = IdOf<ChargeId>(request.charge_id());
  auto charged = ReadEntry(ledger, charge.number());
  if (!charged.ok()) return charged.status();
  const bool all = request.amount_micros() == 0;
  return ReverseCharge{.charge = charge,
                       .amount = all ? std::nullopt : std::optional<Money>(Money::Micros(request.amount_micros())),
                       .cause = request.cause() == v1::REVERSAL_CAUSE_PLATFORM_FAILURE ? ReversalCause::kPlatformFailure
                                                                                       : ReversalCause::kCorrection,
                       .reason = request.reason(),
                       .charged = *std::move(charged)};
}

v1::ReverseChargeResponse RenderReverseCharge(const Entry& entry) {
  v1::ReverseChargeResponse response;
  const auto& reversed = EventOf(entry, Event::kChargeReversed).charge_reversed();
  const auto& sponsored = EventOf(entry, Event::kSponsorshipReversed).sponsorship_reversed();
  auto& shown = *response.mutable_reversal();
  shown.set_charge_id(ChargeId(reversed.charge()).text());
  shown.set_billing_account(reversed.billing_account());
  shown.set_currency(reversed.currency());
  shown.set_amount_micros(SumOf(reversed.returned()));
  SetParts(*shown.mutable_parts(), reversed.returned());
  shown.set_prepaid_micros(reversed.prepaid_micros());
  shown.set_prepaid_credit_id(CreditId(reversed.credit()).text());
  shown.set_sponsored_micros(SumOf(sponsored.returned()));
  shown.set_sponsor_billing_account(sponsored.billing_account());
  shown.set_reversed_micros(reversed.reversed_micros());
  shown.set_released_hold_id(HoldId(EventOf(entry, Event::kHoldReleased).hold_released().hold()).text());
  shown.set_cause(reversed.cause() == storage::v1::ChargeReversed::CAUSE_PLATFORM_FAILURE
                      ? v1::REVERSAL_CAUSE_PLATFORM_FAILURE
                      : v1::REVERSAL_CAUSE_CORRECTION);
  shown.set_reason(reversed.reason());
  response.set_funds_micros(reversed.funds_after_micros());
  response.set_position(entry.position());
  return response;
}

// Quarantine ---------------------------------------------------------------------------------------------------------

absl::StatusOr<v1::ListQuarantinedUsageResponse> ListQuarantined(const v1::ListQuarantinedUsageRequest& request,
                                                                 const State& state) {
  const auto token = FromPageToken(request.page_token());
  if (!token.ok()) return token.status();
  const auto last = QuarantineId::Parse(*token);
  if (!last.has_value() && !token->empty()) return BadPageToken();
  const auto account = IdOf<BillingAccountId>(request.billing_account());
  const int size = static_cast<int>(PageSize(request.page_size()));

  v1::ListQuarantinedUsageResponse response;
  for (auto next = state.quarantined.upper_bound(last.value_or(QuarantineId())); next != state.quarantined.end();
       ++next) {
    if (!account.empty() && next->second.account != account) continue;
    if (response.records_size() == size) {
      response.set_next_page_token(ToPageToken(response.records(size - 1).quarantine_id()));
      break;
    }
    *response.add_records() = ToQuarantined(next->second);
  }
  response.set_position(state.position);
  return response;
}

absl::StatusOr<Command> ParseRelease(const Call&, const v1::ReleaseQuarantinedUsageRequest& request) {
  const bool as_recorded = request.quantity() == 0;
  return ReleaseQuarantinedUsage{.quarantine = IdOf<QuarantineId>(request.quarantine_id()),
                                 .quantity = as_recorded ? std::nullopt : std::optional<int64_t>(request.quantity())};
}

v1::ReleaseQuarantinedUsageResponse RenderRelease(const Entry& entry) {
  v1::ReleaseQuarantinedUsageResponse response;
  *response.mutable_charge() = ToCharge(entry);
  response.set_funds_micros(EventOf(entry, Event::kUsageCharged).usage_charged().funds_after_micros());
  response.set_position(entry.position());
  return response;
}

absl::StatusOr<Command> ParseDiscard(const Call&, const v1::DiscardQuarantinedUsageRequest& request) {
  return DiscardQuarantinedUsage{.quarantine = IdOf<QuarantineId>(request.quarantine_id()), .reason = request.reason()};
}

v1::DiscardQuarantinedUsageResponse RenderDiscard(const Entry& entry) {
  v1::DiscardQuarantinedUsageResponse response;
  const auto& discarded = EventOf(entry, Event::kQuarantineDiscarded).quarantine_discarded();
  response.set_quarantine_id(QuarantineId(discarded.quarantine()).text());
  response.set_position(entry.position());
  return response;
}

}  // namespace

void AddUsageService(Methods& methods, Ledger& ledger) {
  methods.Other<v1::RecordUsageRequest, v1::RecordUsageResponse>(
      /*slow=*/true, [&ledger](const Call& call, v1::RecordUsageRequest& request, auto respond) {
        Record<v1::RecordUsageRequest, v1::RecordUsageResponse>(ledger, call, request, {}, std::move(respond));
      });
  methods.Other<v1::StreamUsageRequest, v1::StreamUsageResponse>(
      /*slow=*/true, [&ledger](const Call& call, v1::StreamUsageRequest& request, auto respond) {
        v1::StreamUsageResponse response;
        response.set_sequence(request.sequence());
        Record<v1::StreamUsageRequest, v1::StreamUsageResponse>(ledger, call, request, std::move(response),
                                                                std::move(respond));
      });
  methods.SlowWrite<v1::ReverseChargeRequest, v1::ReverseChargeResponse>(
      [&ledger](const Call&, const v1::ReverseChargeRequest& request) { return ParseReverseCharge(ledger, request); },
      RenderReverseCharge);
  methods.Write<v1::ReleaseQuarantinedUsageRequest, v1::ReleaseQuarantinedUsageResponse>(ParseRelease, RenderRelease);
  methods.Write<v1::DiscardQuarantinedUsageRequest, v1::DiscardQuarantinedUsageResponse>(ParseDiscard, RenderDiscard);
  methods.Read<v1::ListQuarantinedUsageRequest, v1::ListQuarantinedUsageResponse>(
      [&ledger](const Call&, const v1::ListQuarantinedUsageRequest& request) {
        return FromState<v1::ListQuarantinedUsageResponse>(
            ledger, [&](const State& state, absl::Time) { return ListQuarantined(request, state); });
      });
}

}  // namespace bursar
