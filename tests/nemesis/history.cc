#include "tests/nemesis/history.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "services/client/status.h"

namespace bursar::nemesis {
namespace {

using google::protobuf::FieldDescriptor;

// The value of a scalar field of this name; nullptr where the message has none.
const FieldDescriptor* FieldOf(const Message& message, const char* name) {
  return message.GetDescriptor()->FindFieldByName(name);
}

std::string TextOf(const Message& message, const char* name) {
  const FieldDescriptor* field = FieldOf(message, name);
  return field == nullptr ? "" : message.GetReflection()->GetString(message, field);
}

// Whether the server said that nothing happened, or nobody knows.
Outcome OutcomeOf(const absl::Status& status) {
  if (status.ok()) return Outcome::kAnswered;
  return ReasonOf(status).empty() || absl::IsUnavailable(status) ? Outcome::kUnknown : Outcome::kRefused;
}

}  // namespace

int64_t SteadyNow() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::string RequestIdOf(const Message& request) {
  if (const FieldDescriptor* records = FieldOf(request, "records")) {
    const auto& reflection = *request.GetReflection();
    BURSAR_CHECK(reflection.FieldSize(request, records) == 1);
    return TextOf(reflection.GetRepeatedMessage(request, records, 0), "record_id");
  }
  return TextOf(request, "request_id");
}

Position PositionOf(const Message& answer) {
  if (const FieldDescriptor* position = FieldOf(answer, "position"); position != nullptr) {
    return answer.GetReflection()->GetUInt64(answer, position);
  }
  for (const char* part : {"decision", "balance"}) {
    const FieldDescriptor* field = FieldOf(answer, part);
    if (field != nullptr) return PositionOf(answer.GetReflection()->GetMessage(answer, field));
  }
  return 0;
}

std::string ReasonOf(const absl::Status& error) {
  const auto info = ErrorInfoOf(error);
  return info.has_value() ? info->reason() : "";
}

History::History(const std::string& file) : file_(open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
  BURSAR_CHECK(file_ >= 0);
}

History::~History() { close(file_); }

size_t History::Invoke(int client, const std::string& principal, std::shared_ptr<const Message> request) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const size_t number = calls_.size();
  calls_.push_back({.client = client, .principal = principal, .request = std::move(request), .invoked = SteadyNow()});
  const Call& call = calls_.back();
  Write(absl::StrCat("call ", number, " at ", call.invoked, " client ", client, " as ", principal, ": ",
                     call.request->GetDescriptor()->name(), " { ", call.request->ShortDebugString(), " }\n"));
  return number;
}

void History::Return(size_t call, const absl::StatusOr<std::shared_ptr<const Message>>& answer) {
  const int64_t now = SteadyNow();
  const std::lock_guard<std::mutex> lock(mutex_);
  Call& made = calls_.at(call);
  made.outcome = OutcomeOf(answer.status());
  made.returned = now;
  made.error = answer.status();
  if (answer.ok()) made.answer = *answer;
  Write(absl::StrCat("return ", call, " at ", now, ": ",
                     made.answer ? made.answer->ShortDebugString() : made.error.ToString(), "\n"));
}

size_t History::size() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return calls_.size();
}

std::vector<Call> History::Calls() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return calls_;
}

void History::Write(const std::string& line) const {
  BURSAR_CHECK(write(file_, line.data(), line.size()) == static_cast<ssize_t>(line.size()));
}

}  // namespace bursar::nemesis
