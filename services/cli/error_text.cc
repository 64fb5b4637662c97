#include "services/cli/error_text.h"

#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "services/cli/values.h"
#include "services/client/status.h"

namespace bursar::cli {
namespace {

// Whether it is unknown what became of the request.
bool IsUnanswered(const absl::Status& error) { return absl::IsUnavailable(error) || absl::IsDeadlineExceeded(error); }

std::string Sentence(const absl::Status& error, const Asked& asked) {
  // What Bursar itself says is a sentence already; what gRPC says about connections is not.
  if (ErrorInfoOf(error).has_value() || asked.server.empty()) return std::string(error.message());
  if (absl::IsUnavailable(error)) {
    return absl::StrCat("No server answers at ", asked.server,
                        ". Start one with `bursar serve --data-dir DIR`, name another with --server, or open a ledger "
                        "yourself with --data-dir. (",
                        std::string(error.message()), ")");
  }
  if (absl::IsDeadlineExceeded(error)) {
    return absl::StrCat("The server at ", asked.server, " did not answer in time; --timeout lets it have longer.");
  }
  return std::string(error.message());
}

// Sorted, so that the same error reads the same.
std::map<std::string, std::string> Numbers(const google::rpc::ErrorInfo& info) {
  return {info.metadata().begin(), info.metadata().end()};
}

// "--cost has to be 0.00 to 1000000000.00": by the flag that the field was written with, and in its units.
std::string WriteViolation(const google::rpc::BadRequest::FieldViolation& violation, const Asked& asked) {
  const std::string name = FlagOfPath(violation.field(), asked.flags);
  for (const RequestFlag& flag : asked.flags) {
    if (flag.name == name && IsAmount(flag.field()) && !flag.range().empty()) {
      return absl::StrCat(name, " has to be ", flag.range());
    }
  }
  return absl::StrCat(name, " ", violation.description());
}

std::string SentencesForPeople(const absl::Status& error, const Asked& asked) {
  const auto wrong = DetailOf<google::rpc::BadRequest>(error);
  if (!wrong.has_value() || wrong->field_violations().empty())
    return absl::StrCat("Error: ", Sentence(error, asked), "\n");
  if (wrong->field_violations_size() == 1) {
    return absl::StrCat("Error: ", WriteViolation(wrong->field_violations(0), asked), ".\n");
  }
  std::string text = "Error: Something is missing or malformed:\n";
  for (const auto& violation : wrong->field_violations()) {
    absl::StrAppend(&text, "  ", WriteViolation(violation, asked), "\n");
  }
  return text;
}

}  // namespace

std::string ErrorForPeople(const absl::Status& error, const Asked& asked) {
  std::string text = SentencesForPeople(error, asked);
  if (const auto info = ErrorInfoOf(error)) {
    absl::StrAppend(&text, "Reason: ", info->reason());
    if (!info->metadata().empty()) {
      absl::StrAppend(&text, " (", absl::StrJoin(Numbers(*info), ", ", absl::PairFormatter("=")), ")");
    }
    text += "\n";
  }
  if (asked.request_id.empty()) return text;
  if (IsUnanswered(error) || !ErrorInfoOf(error).has_value()) {
    absl::StrAppend(&text, "Whether it happened is not known. Ask again with the same flags and --request-id ",
                    asked.request_id, ": it happens once.\n");
  } else {
    absl::StrAppend(&text, "Nothing happened. To repeat it as the same request: --request-id ", asked.request_id, "\n");
  }
  return text;
}

std::string ErrorAsJson(const absl::Status& error, const Asked& asked) {
  nlohmann::ordered_json json;
  json["code"] = absl::StatusCodeToString(error.code());
  json["message"] = Sentence(error, asked);
  if (const auto info = ErrorInfoOf(error)) {
    json["reason"] = info->reason();
    json["metadata"] = Numbers(*info);
  }
  if (const auto wrong = DetailOf<google::rpc::BadRequest>(error)) {
    for (const auto& violation : wrong->field_violations()) {
      json["violations"].push_back({{"field", violation.field()}, {"description", violation.description()}});
    }
  }
  if (!asked.request_id.empty()) json["request_id"] = asked.request_id;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

ExitCode ExitCodeOf(const absl::Status& error) { return IsUnanswered(error) ? kNoAnswer : kRefused; }

}  // namespace bursar::cli
