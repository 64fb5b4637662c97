#include "services/api/calls.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "bursar/v1/account.pb.h"
#include "bursar/v1/billing.pb.h"
#include "bursar/v1/clock.pb.h"
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

// How long the clients of open streams may take to hear that the server stops.
constexpr absl::Duration kPatience = absl::Seconds(1);

// The message that the bytes are, where it has the form that the API says.
absl::StatusOr<std::unique_ptr<Message>> Parse(const Message& prototype, absl::string_view bytes) {
  if (auto status = CheckWire(*prototype.GetDescriptor(), bytes); !status.ok()) return status;
  std::unique_ptr<Message> message(prototype.New());
  if (!message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return InvalidField("request", "is not a well-formed message");
  }
  if (auto status = Validate(*message); !status.ok()) return status;
  return message;
}

bool Streams(const MethodDescriptor& method) { return method.client_streaming() || method.server_streaming(); }

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
  const Method* method = nullptr;
  std::unique_ptr<Message> request;
  Respond respond;
  std::function<void()> begun;
};

Calls::Calls(Ledger& ledger, const LinkKey& links, const Options& options)
    : ledger_(ledger), options_(options), methods_(ledger), streams_(options.most_streams) {
  AddAccountService(methods_, ledger);
  AddBillingService(methods_, ledger, links);
  AddCreditService(methods_, ledger);
  AddLimitService(methods_, ledger);
  AddBudgets(methods_, ledger);
  AddGateService(methods_, ledger);
  AddUsageService(methods_, ledger);
  AddFinanceService(methods_, ledger);
  AddPolicyService(methods_, ledger);
  AddHistoryService(methods_, ledger, options_.identity);
  AddClockService(methods_, ledger);
  AddOutboxService(methods_, ledger, links);
  for (const ServiceDescriptor* service : Services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodDescriptor* method = service->method(i);
      BURSAR_CHECK(HasAccessRule(*method));
      auto served = std::make_unique<Served>();
      served->method = methods_.Find(*method->input_type());
      BURSAR_CHECK(served->method != nullptr);
      // One to one, many to many, or one to many.
      BURSAR_CHECK(method->client_streaming() <= method->server_streaming());
      const bool watches = method->server_streaming() && !method->client_streaming();
      BURSAR_CHECK(watches == (served->method->watch != nullptr));
      served_.emplace(method, std::move(served));
    }
  }
  feed_ = std::make_unique<Feed>(ledger_, options.feed);
  readers_ = std::make_unique<Readers>(options.reader_threads, options.reader_capacity);
}

Calls::~Calls() = default;

std::vector<const ServiceDescriptor*> Calls::Services() {
  const google::protobuf::FileDescriptor* files[] = {
      v1::RegisterUserRequest::descriptor()->file(), v1::SubmitAccountUpgradeRequest::descriptor()->file(),
      v1::GrantCreditRequest::descriptor()->file(),  v1::SetSpendingLimitRequest::descriptor()->file(),
      v1::CheckRequest::descriptor()->file(),        v1::RecordUsageRequest::descriptor()->file(),
      v1::GetBalanceRequest::descriptor()->file(),   v1::PublishPartnerRequest::descriptor()->file(),
      v1::ListEntriesRequest::descriptor()->file(),  v1::GetClockRequest::descriptor()->file(),
      v1::ListMessagesRequest::descriptor()->file(),
  };
  std::vector<const ServiceDescriptor*> services;
  for (const auto* file : files) {
    for (int i = 0; i < file->service_count(); ++i) services.push_back(file->service(i));
  }
  return services;
}

void Calls::Note(Served& served, const Call& call, absl::Time start, const absl::Status& status) {
  ++served.by_code[std::min<size_t>(static_cast<size_t>(status.raw_code()), 16)];
  // A stream has no other end than that its client goes, its deadline passes or the server stops.
  const bool natural = absl::IsCancelled(status) || absl::IsDeadlineExceeded(status) || absl::IsUnavailable(status);
  if (!status.ok() && !(Streams(*call.method) && natural)) LogFailure(call, status, absl::Now() - start);
}

void Calls::Serve(Call call, absl::string_view request, Respond respond) {
  BURSAR_CHECK(!Streams(*call.method));
  Served& served = *served_.at(call.method);
  Respond noted = [&served, call, start = absl::Now(), respond = std::move(respond)](const absl::Status& status,
                                                                                     const Message* response) {
    Note(served, call, start, status);
    respond(status, response);
  };
  if (auto status = MayCall(*call.method, call.principal); !status.ok()) return noted(status, nullptr);
  ServeMessage(call, *served.method, request, std::move(noted), [] {});
}

std::shared_ptr<Stream> Calls::Open(Call call, std::shared_ptr<StreamOut> out) {
  BURSAR_CHECK(Streams(*call.method));
  Served& served = *served_.at(call.method);
  auto ended = [&served, call, start = absl::Now()](const absl::Status& status) {
    const bool late = absl::IsCancelled(status) && absl::Now() >= call.deadline;
    Note(served, call, start, late ? absl::DeadlineExceededError("The deadline is over.") : status);
  };
  absl::Status status = MayCall(*call.method, call.principal);
  const auto opened = status.ok() ? streams_.Add(out, ended) : status;
  if (!opened.ok()) {
    ended(opened.status());
    out->End(opened.status());
    return nullptr;
  }
  const Method& method = *served.method;
  if (method.watch != nullptr) {
    auto open = [&method, call](absl::string_view bytes) -> absl::StatusOr<std::unique_ptr<Watch>> {
      const auto request = Parse(*method.prototype, bytes);
      if (!request.ok()) return request.status();
      return method.watch(call, **request);
    };
    const auto watching = std::make_shared<Watching>(*feed_, *opened, std::move(open), options_.watching);
    watching->Start();
    return watching;
  }
  auto serve = [this, &method, call](absl::string_view message, Respond respond, std::function<void()> begun) {
    ServeMessage(call, method, message, std::move(respond), std::move(begun));
  };
  const auto exchange = std::make_shared<Exchange>(*opened, std::move(serve));
  exchange->Start();
  return exchange;
}

void Calls::EndStreams() {
  streams_.EndAll(LedgerUnavailable("the server is stopping; a watch goes on after the position that it was told last"),
                  kPatience);
}

void Calls::ServeMessage(const Call& call, const Method& method, absl::string_view message, Respond respond,
                         std::function<void()> begun) {
  auto request = Parse(*method.prototype, message);
  if (!request.ok()) {
    respond(request.status(), nullptr);
    return begun();
  }
  Dispatch(std::make_shared<InFlight>(InFlight{.call = call,
                                               .method = &method,
                                               .request = *std::move(request),
                                               .respond = std::move(respond),
                                               .begun = std::move(begun)}));
}

void Calls::Dispatch(const std::shared_ptr<InFlight>& in_flight) {
  const Position position = MinPosition(*in_flight->request);
  const bool waits = position > 0 && !ledger_.WaitFor(position, absl::InfinitePast()).ok();
  if (!waits && !in_flight->method->slow) return Answer(in_flight);
  const auto refuse = [in_flight](const absl::Status& status) {
    in_flight->respond(status, nullptr);
    in_flight->begun();
  };
  const bool taken = readers_->Run([this, in_flight, waits, position, refuse] {
    if (!waits) return Answer(in_flight);
    const absl::Time latest = std::min(in_flight->call.deadline, absl::Now() + options_.longest_wait);
    if (ledger_.WaitFor(position, latest).ok()) return Answer(in_flight);
    refuse(LedgerUnavailable("it has not reached the position that was asked for"));
  });
  if (!taken) refuse(Overloaded());
}

void Calls::Answer(const std::shared_ptr<InFlight>& in_flight) {
  in_flight->method->serve(
      in_flight->call, *in_flight->request,
      [in_flight](const absl::Status& status, const Message* response) { in_flight->respond(status, response); });
  in_flight->begun();
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
