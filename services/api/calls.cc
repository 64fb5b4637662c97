#include "services/api/calls.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "bursar/v1/account.pb.h"
#include "bursar/v1/billing.pb.h"
#include "bursar/v1/credit.pb.h"
#include "bursar/v1/finance.pb.h"
#include "bursar/v1/gate.pb.h"
#include "bursar/v1/history.pb.h"
#include "bursar/v1/limit.pb.h"
#include "bursar/v1/outbox.pb.h"
#include "bursar/v1/policy.pb.h"
#include "bursar/v1/usage.pb.h"
#include "ledger/base/check.h"
#include "ledger/domain/refusals.h"
#include "services/api/access.h"
#include "services/api/call_log.h"
#include "services/api/services.h"
#include "services/api/validate.h"
#include "services/api/wire.h"

namespace bursar {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

// 0 where the request asks for none.
Position MinPosition(const Message& request) {
  const auto* field = request.GetDescriptor()->FindFieldByName("min_position");
  return field == nullptr ? 0 : request.GetReflection()->GetUInt64(request, field);
}

}  // namespace

struct Calls::Served {
  const Method* method = nullptr;
  std::array<std::atomic<uint64_t>, 17> by_code = {};
};

struct Calls::InFlight {
  Call call;
  Served* served = nullptr;
  absl::Time start;
  std::unique_ptr<Message> request;
  Respond respond;
};

Calls::Calls(Ledger& ledger, const LinkKey& links, const Options& options)
    : ledger_(ledger), options_(options), methods_(ledger) {
  AddAccountService(methods_, ledger);
  AddBillingService(methods_, ledger, links);
  AddCreditService(methods_, ledger);
  AddLimitService(methods_, ledger);
  AddBudgets(methods_, ledger);
  AddGateService(methods_, ledger);
  AddUsageService(methods_, ledger);
  AddFinanceService(methods_, ledger);
  AddPolicyService(methods_, ledger);
  AddHistoryService(methods_, ledger);
  AddOutboxService(methods_, ledger, links);
  for (const ServiceDescriptor* service : Services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodDescriptor* method = service->method(i);
      BURSAR_CHECK(HasAccessRule(*method));
      auto served = std::make_unique<Served>();
      served->method = methods_.Find(*method->input_type());
      BURSAR_CHECK(served->method != nullptr);
      served_.emplace(method, std::move(served));
    }
  }
  readers_ = std::make_unique<Readers>(options.reader_threads, options.reader_capacity);
}

Calls::~Calls() = default;

std::vector<const ServiceDescriptor*> Calls::Services() {
  const google::protobuf::FileDescriptor* files[] = {
      v1::RegisterUserRequest::descriptor()->file(), v1::SubmitAccountUpgradeRequest::descriptor()->file(),
      v1::GrantCreditRequest::descriptor()->file(),  v1::SetSpendingLimitRequest::descriptor()->file(),
      v1::CheckRequest::descriptor()->file(),        v1::RecordUsageRequest::descriptor()->file(),
      v1::GetBalanceRequest::descriptor()->file(),   v1::PublishPartnerRequest::descriptor()->file(),
      v1::ListEntriesRequest::descriptor()->file(),  v1::ListMessagesRequest::descriptor()->file(),
  };
  std::vector<const ServiceDescriptor*> services;
  for (const auto* file : files) {
    for (int i = 0; i < file->service_count(); ++i) services.push_back(file->service(i));
  }
  return services;
}

void Calls::Serve(Call call, absl::string_view request, Respond respond) {
  const auto in_flight = std::make_shared<InFlight>();
  in_flight->call = std::move(call);
  in_flight->served = served_.at(in_flight->call.method).get();
  in_flight->start = absl::Now();
  // A plain pointer to itself: a shared one would keep it for ever. Whoever answers holds it.
  in_flight->respond = [self = in_flight.get(), respond = std::move(respond)](const absl::Status& status,
                                                                              const Message* response) {
    const auto code = static_cast<size_t>(status.raw_code());
    ++self->served->by_code[std::min<size_t>(code, 16)];
    if (!status.ok()) LogFailure(self->call, status, absl::Now() - self->start);
    respond(status, response);
  };

  const Method& method = *in_flight->served->method;
  absl::Status status = MayCall(*in_flight->call.method, in_flight->call.principal);
  if (status.ok()) status = CheckWire(*in_flight->call.method->input_type(), request);
  if (status.ok()) {
    in_flight->request.reset(method.prototype->New());
    if (!in_flight->request->ParseFromArray(request.data(), static_cast<int>(request.size()))) {
      status = InvalidField("request", "is not a well-formed message");
    }
  }
  if (status.ok()) status = Validate(*in_flight->request);
  if (!status.ok()) return in_flight->respond(status, nullptr);
  Dispatch(in_flight);
}

void Calls::Dispatch(const std::shared_ptr<InFlight>& in_flight) {
  const Position position = MinPosition(*in_flight->request);
  const bool waits = position > 0 && !ledger_.WaitFor(position, absl::InfinitePast()).ok();
  if (!waits && !in_flight->served->method->slow) return Answer(in_flight);
  const bool taken = readers_->Run([this, in_flight, waits, position] {
    if (!waits) return Answer(in_flight);
    const absl::Time latest = std::min(in_flight->call.deadline, absl::Now() + options_.longest_wait);
    const absl::Status status = ledger_.WaitFor(position, latest);
    if (status.ok()) return Answer(in_flight);
    in_flight->respond(LedgerUnavailable("it has not reached the position that was asked for"), nullptr);
  });
  if (!taken) in_flight->respond(Overloaded(), nullptr);
}

void Calls::Answer(const std::shared_ptr<InFlight>& in_flight) {
  in_flight->served->method->serve(
      in_flight->call, *in_flight->request,
      [in_flight](const absl::Status& status, const Message* response) { in_flight->respond(status, response); });
}

std::vector<Calls::Count> Calls::Counts() const {
  std::vector<Count> counts;
  for (const ServiceDescriptor* service : Services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      Count& count = counts.emplace_back();
      count.method = service->method(i)->full_name();
      const Served& served = *served_.at(service->method(i));
      std::copy(served.by_code.begin(), served.by_code.end(), count.by_code.begin());
    }
  }
  return counts;
}

}  // namespace bursar
