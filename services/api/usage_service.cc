// bursar.v1.UsageService.
#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "bursar/v1/usage.pb.h"
#include "services/api/fingerprint.h"
#include "services/api/render.h"
#include "services/api/requests.h"
#include "services/api/services.h"

namespace bursar {
namespace {

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
      *result.mutable_charge() = ToCharge(**answer);
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
                           .request_id = record.record_id(),
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
}

}  // namespace bursar
