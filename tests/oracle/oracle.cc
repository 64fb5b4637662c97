#include "tests/oracle/oracle.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "bursar/v1/gate.pb.h"
#include "google/protobuf/util/message_differencer.h"
#include "tests/oracle/ask.h"
#include "tests/oracle/form.h"
#include "tests/oracle/roles.h"
#include "tests/oracle/usage.h"

namespace bursar::oracle {
namespace {

using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;

Role RoleOf(const std::string& principal) {
  const std::pair<const char*, Role> roles[] = {{"user-", Role::kUser},
                                                {"service-", Role::kService},
                                                {"operator-", Role::kOperator},
                                                {"finance-", Role::kFinance},
                                                {"support-", Role::kSupport}};
  for (const auto& [prefix, role] : roles) {
    if (absl::StartsWith(principal, prefix)) return role;
  }
  return Role::kAnyone;
}

std::string NameOf(v1::ErrorReason reason) {
  return std::string(absl::StripPrefix(v1::ErrorReason_Name(reason), "ERROR_REASON_"));
}

std::string InWords(const Answer& answer) {
  if (answer.response != nullptr) return absl::StrCat("{ ", answer.response->ShortDebugString(), " }");
  std::string words = "refused";
  for (const v1::ErrorReason reason : answer.refusals) absl::StrAppend(&words, " ", NameOf(reason));
  return words;
}

// What differs, where anything does that is not just an optional zero.
std::optional<std::string> Difference(const Message& expected, const Message& seen) {
  MessageDifferencer differencer;
  differencer.set_message_field_comparison(MessageDifferencer::EQUIVALENT);
  std::string difference;
  differencer.ReportDifferencesToString(&difference);
  if (differencer.Compare(expected, seen)) return std::nullopt;
  return difference;
}

std::string StringField(const Message& message, const char* name) {
  const auto* field = message.GetDescriptor()->FindFieldByName(name);
  return field == nullptr ? "" : message.GetReflection()->GetString(message, field);
}

bool BoolField(const Message& message, const char* name) {
  const auto* field = message.GetDescriptor()->FindFieldByName(name);
  return field != nullptr && message.GetReflection()->GetBool(message, field);
}

bool SaysNothing(absl::StatusCode code) {
  return code == absl::StatusCode::kUnavailable || code == absl::StatusCode::kResourceExhausted ||
         code == absl::StatusCode::kDeadlineExceeded || code == absl::StatusCode::kCancelled ||
         code == absl::StatusCode::kUnknown;
}

std::string Bytes(const Message& message) { return message.SerializeAsString(); }

}  // namespace

class Oracle::Court {
 public:
  Court() {
    for (const auto add : {AddPeople, AddMembers, AddProjects, AddMerging, AddSetup, AddCredits, AddLimits, AddBudgets,
                           AddGate, AddHolds, AddUsage, AddReversals, AddPolicy, AddReading}) {
      add(handlers_);
    }
  }

  std::optional<std::string> Judge(const Exchange& exchange) {
    if (SaysNothing(exchange.status.code())) return std::nullopt;
    std::optional<std::string> wrong = JudgeAny(exchange);
    if (!wrong.has_value()) return std::nullopt;
    return absl::StrCat(exchange.method->full_name(), " of ", exchange.principal, " at position ", exchange.position,
                        ", ", absl::FormatTime(absl::RFC3339_full, exchange.time, absl::UTCTimeZone()), ": ", *wrong,
                        "\n  asked: { ", exchange.request->ShortDebugString(), " }\n  answered: ",
                        exchange.response == nullptr
                            ? absl::StrCat("refused ", exchange.reason, ": ", std::string(exchange.status.message()))
                            : absl::StrCat("{ ", exchange.response->ShortDebugString(), " }"));
  }

  int64_t judged() const { return judged_; }
  const std::map<std::string, int64_t>& unjudged() const { return unjudged_; }

 private:
  // What a request id led to.
  struct Reply {
    std::string asked;
    std::string answered;
  };

  std::optional<std::string> JudgeAny(const Exchange& exchange) {
    if (exchange.method->input_type()->full_name() == "bursar.v1.RecordUsageRequest") return JudgeUsage(exchange);
    Asked asked = AskedBy(exchange);
    if (!MayCall(exchange.method->full_name(), asked.role)) {
      return Compare(exchange, Refuse(v1::ERROR_REASON_PERMISSION_DENIED));
    }
    if (!IsWellFormed(*exchange.request)) return Compare(exchange, Refuse(v1::ERROR_REASON_INVALID_FIELD));
    const std::string id = StringField(*exchange.request, "request_id");
    const bool rehearsal = BoolField(*exchange.request, "validate_only");
    const std::string key = absl::StrCat(asked.principal, " ", id);
    const std::string body = absl::StrCat(exchange.method->full_name(), " ", Bytes(*exchange.request));
    if (const auto known = replies_.find(key); !id.empty() && known != replies_.end()) {
      return JudgeRepeated(exchange, known->second, body);
    }
    Pass(exchange);
    const auto handler = handlers_.find(exchange.method->input_type());
    if (handler == handlers_.end()) return Remember(exchange, key, body, NoOpinion(), id, rehearsal);
    if (rehearsal && exchange.response != nullptr) {
      // An answer says what would be answered by the next entry, or by a read.
      asked.position = PositionOf(*exchange.response, exchange.position);
      World copy = world_;
      return Compare(exchange, handler->second(copy, asked, *exchange.request));
    }
    return Remember(exchange, key, body, handler->second(world_, asked, *exchange.request), id, rehearsal);
  }

  Asked AskedBy(const Exchange& exchange) {
    Asked asked{.role = RoleOf(exchange.principal),
                .principal = exchange.principal.empty() ? "anonymous" : exchange.principal,
                .now = exchange.time,
                .position = exchange.position,
                .seen = exchange.response};
    if (asked.role == Role::kUser) asked.person = world_.Present(exchange.principal);
    return asked;
  }

  static uint64_t PositionOf(const Message& message, uint64_t otherwise) {
    const auto* field = message.GetDescriptor()->FindFieldByName("position");
    if (field == nullptr) return otherwise;
    return message.GetReflection()->GetUInt64(message, field);
  }

  // What time brings has happened where anything was written since.
  void Pass(const Exchange& exchange) {
    if (exchange.position > position_ || exchange.response == nullptr) Due(world_, exchange.time);
    position_ = std::max(position_, exchange.position);
  }

  static std::optional<std::string> JudgeRepeated(const Exchange& exchange, const Reply& reply,
                                                  const std::string& body) {
    if (reply.asked != body) return Compare(exchange, Refuse(v1::ERROR_REASON_REQUEST_ID_REUSED));
    if (exchange.response == nullptr) return "a repeated request is refused, which was answered before";
    if (Bytes(*exchange.response) == reply.answered) return std::nullopt;
    return "a repeated request has another answer than before";
  }

  std::optional<std::string> Remember(const Exchange& exchange, const std::string& key, const std::string& body,
                                      const Answer& answer, const std::string& id, bool rehearsal) {
    if (!id.empty() && !rehearsal && exchange.response != nullptr && (answer.unknown || answer.written)) {
      replies_[key] = {.asked = body, .answered = Bytes(*exchange.response)};
    }
    if (answer.unknown) {
      ++unjudged_[exchange.method->full_name()];
      return std::nullopt;
    }
    ++judged_;
    return Compare(exchange, answer);
  }

  static std::optional<std::string> Compare(const Exchange& exchange, const Answer& answer) {
    if (answer.unknown) return std::nullopt;
    if (answer.response == nullptr) {
      const bool right = exchange.response == nullptr &&
                         std::any_of(answer.refusals.begin(), answer.refusals.end(),
                                     [&](v1::ErrorReason reason) { return NameOf(reason) == exchange.reason; });
      if (right) return std::nullopt;
      return absl::StrCat("it should have been ", InWords(answer));
    }
    if (exchange.response == nullptr) {
      return absl::StrCat("it should have been answered ", InWords(answer));
    }
    if (Bytes(*answer.response) == Bytes(*exchange.response)) return std::nullopt;
    const auto difference = Difference(*answer.response, *exchange.response);
    if (!difference.has_value()) return std::nullopt;
    return absl::StrCat("the answer differs (expected -> answered)\n", *difference);
  }

  // Each record is asked for and answered by itself.
  std::optional<std::string> JudgeUsage(const Exchange& exchange) {
    const auto& request = static_cast<const v1::RecordUsageRequest&>(*exchange.request);
    const Asked asked = AskedBy(exchange);
    if (asked.role != Role::kService) return Compare(exchange, Refuse(v1::ERROR_REASON_PERMISSION_DENIED));
    if (!IsWellFormed(request)) return Compare(exchange, Refuse(v1::ERROR_REASON_INVALID_FIELD));
    if (exchange.response == nullptr) return "records are answered one by one";
    const auto& response = static_cast<const v1::RecordUsageResponse&>(*exchange.response);
    if (response.results_size() != request.records_size()) return "there are not as many results as records";
    if (request.validate_only()) {
      const World copy = world_;
      for (int i = 0; i < request.records_size(); ++i) {
        // Each is rehearsed by itself.
        auto wrong = JudgeRecord(exchange, asked, request.records(i), response.results(i), true);
        world_ = copy;
        if (wrong.has_value()) return wrong;
      }
      return std::nullopt;
    }
    Pass(exchange);
    for (int i = 0; i < request.records_size(); ++i) {
      auto wrong = JudgeRecord(exchange, asked, request.records(i), response.results(i), false);
      if (wrong.has_value()) return absl::StrCat("record ", i, ": ", *wrong);
    }
    ++judged_;
    return std::nullopt;
  }

  std::optional<std::string> JudgeRecord(const Exchange& exchange, Asked asked, const v1::UsageRecord& record,
                                         const v1::UsageResult& result, bool rehearsal) {
    const std::string key = absl::StrCat(asked.principal, " ", record.record_id());
    const std::string body = absl::StrCat("record ", Bytes(record));
    if (const auto known = replies_.find(key); known != replies_.end()) {
      if (rehearsal) return std::nullopt;
      if (known->second.asked != body) return CompareRecord(Refuse(v1::ERROR_REASON_REQUEST_ID_REUSED), result);
      if (Bytes(result) == known->second.answered) return std::nullopt;
      return "a repeated record has another answer than before";
    }
    asked.position = std::max(NumberOf(result.charge().charge_id()), NumberOf(result.quarantine().quarantine_id()));
    if (result.has_charge()) asked.now = TimeOf(result.charge().charge_time());
    if (result.has_quarantine()) asked.now = TimeOf(result.quarantine().record_time());
    if (!rehearsal && asked.position > exchange.position) return "a record's number is beyond the answer's position";
    const Answer answer = RecordOne(world_, asked, record, result);
    if (!result.has_error() && !rehearsal) replies_[key] = {.asked = body, .answered = Bytes(result)};
    return CompareRecord(answer, result);
  }

  static std::optional<std::string> CompareRecord(const Answer& answer, const v1::UsageResult& result) {
    if (answer.response == nullptr) {
      if (result.has_error() && ReasonOf(result.error()) == NameOf(answer.refusals.front())) return std::nullopt;
      return absl::StrCat("it should have been ", InWords(answer));
    }
    const auto difference = Difference(*answer.response, result);
    if (!difference.has_value()) return std::nullopt;
    return absl::StrCat("the answer differs (expected -> answered)\n", *difference);
  }

  World world_;
  Handlers handlers_;
  // Of all entries that were shown.
  uint64_t position_ = 0;
  // By principal and request id.
  std::map<std::string, Reply> replies_;
  int64_t judged_ = 0;
  std::map<std::string, int64_t> unjudged_;
};

Oracle::Oracle() : court_(std::make_unique<Court>()) {}
Oracle::~Oracle() = default;

std::optional<std::string> Oracle::Judge(const Exchange& exchange) { return court_->Judge(exchange); }
int64_t Oracle::Judged() const { return court_->judged(); }
const std::map<std::string, int64_t>& Oracle::Unjudged() const { return court_->unjudged(); }

}  // namespace bursar::oracle
