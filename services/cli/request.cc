#include "services/cli/request.h"

#include <map>
#include <random>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace bursar::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;

// That no two flags name different members of the same oneof, where the last would silently win.
absl::Status CheckChoices(const CommandLine& line) {
  std::map<const OneofDescriptor*, std::pair<const FieldDescriptor*, std::string>> chosen;
  for (const auto& [flag, values] : line.fields) {
    for (const FieldDescriptor* step : flag.path) {
      const OneofDescriptor* choice = step->real_containing_oneof();
      if (choice == nullptr) continue;
      const auto [first, fresh] = chosen.try_emplace(choice, step, flag.name);
      if (first->second.first != step) {
        return absl::InvalidArgumentError(
            absl::StrCat(first->second.second, " and ", flag.name, " exclude each other; write one of them."));
      }
    }
  }
  return absl::OkStatus();
}

// Of --at, --from or --to: a whole number goes to "at_position", anything else to "at_time".
absl::Status SetMoment(const std::string& which, const std::optional<std::string>& moment, const Reading& reading,
                       Message& request) {
  if (!moment.has_value()) return absl::OkStatus();
  const FieldDescriptor* field = request.GetDescriptor()->FindFieldByName(which + "_position");
  uint64_t position = 0;
  if (field == nullptr || !absl::SimpleAtoi(*moment, &position))
    field = request.GetDescriptor()->FindFieldByName(which + "_time");
  return SetFlag({.name = absl::StrCat("--", which), .path = {field}}, {*moment}, reading, request);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Message>> RequestOf(const CommandLine& line, const Reading& reading,
                                                   const std::string& fresh_request_id) {
  std::unique_ptr<Message> request(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(line.verb->request)->New());
  const google::protobuf::Reflection& fields = *request->GetReflection();
  if (line.json_request.has_value()) {
    const absl::StatusOr<std::string> json = reading.read_file(*line.json_request);
    if (!json.ok()) return absl::InvalidArgumentError(json.status().message());
    if (absl::Status read = ReadJson(*json, *request); !read.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(*line.json_request, " is not a ", line.verb->request->name(), " in JSON: ", read.message()));
    }
  }
  if (absl::Status choices = CheckChoices(line); !choices.ok()) return choices;

  // Their flags have no name of the message in them, so the message is always meant to be there.
  for (const std::string& name : line.verb->inlined) {
    const FieldDescriptor* field = line.verb->request->FindFieldByName(name);
    if (field->real_containing_oneof() == nullptr) fields.MutableMessage(request.get(), field);
  }
  for (const auto& [flag, values] : line.fields) {
    if (absl::Status set = SetFlag(flag, values, reading, *request); !set.ok()) return set;
  }
  for (const auto& [which, moment] :
       {std::pair("at", line.at), std::pair("from", line.from), std::pair("to", line.to)}) {
    if (absl::Status set = SetMoment(which, moment, reading, *request); !set.ok()) return set;
  }
  const FieldDescriptor* id = line.verb->request->FindFieldByName("request_id");
  if (id != nullptr && fields.GetString(*request, id).empty()) fields.SetString(request.get(), id, fresh_request_id);
  return request;
}

std::string RequestIdOf(const Message& request) {
  const FieldDescriptor* rehearsal = request.GetDescriptor()->FindFieldByName("validate_only");
  const FieldDescriptor* id = request.GetDescriptor()->FindFieldByName("request_id");
  if (id == nullptr) return "";
  if (rehearsal != nullptr && request.GetReflection()->GetBool(request, rehearsal)) return "";
  return request.GetReflection()->GetString(request, id);
}

std::string NewRequestId() {
  std::random_device device;
  std::string id = "cli-";
  for (int i = 0; i < 4; ++i) absl::StrAppendFormat(&id, "%08x", device());
  return id;
}

}  // namespace bursar::cli
