#include "services/api/validate.h"

#include <cstdint>
#include <limits>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/rpc/error_details.pb.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// More would help nobody, and an answer has to stay small.
constexpr int kMostViolations = 50;
// The years 2000 to 2199.
constexpr int64_t kEarliestSecond = 946'684'800;
constexpr int64_t kEndSecond = 7'258'118'400;
constexpr int32_t kNanosPerSecond = 1'000'000'000;
constexpr int32_t kNanosPerMicro = 1'000;
// A hundred years.
constexpr int64_t kMostSeconds = 3'155'760'000;

class Validation {
 public:
  void CheckMessage(const Message& message, const std::string& path);
  const google::rpc::BadRequest& violations() const { return violations_; }

 private:
  void CheckField(const Message& message, const FieldDescriptor& field, const std::string& path);
  void CheckList(const Message& message, const FieldDescriptor& field, const v1::Rule& rule, const std::string& path);
  void CheckText(const std::string& text, const v1::Rule& rule, const std::string& path);
  void CheckNumber(int64_t number, const v1::Rule& rule, const std::string& path);
  void CheckEnum(const FieldDescriptor& field, int number, const v1::Rule& rule, const std::string& path);
  void CheckTime(const google::protobuf::Timestamp& time, const std::string& path);
  void CheckDuration(const google::protobuf::Duration& duration, const std::string& path);
  void Wrong(const std::string& path, absl::string_view problem);

  google::rpc::BadRequest violations_;
};

void Validation::Wrong(const std::string& path, absl::string_view problem) {
  if (violations_.field_violations_size() >= kMostViolations) return;
  auto& violation = *violations_.add_field_violations();
  violation.set_field(path);
  violation.set_description(std::string(problem));
}

void Validation::CheckText(const std::string& text, const v1::Rule& rule, const std::string& path) {
  if (rule.required() && text.empty()) return Wrong(path, "has to be there");
  const std::string problem = ProblemOf(rule.format(), text);
  if (!problem.empty()) Wrong(path, problem);
}

void Validation::CheckNumber(int64_t number, const v1::Rule& rule, const std::string& path) {
  const bool low = rule.has_min() && number < rule.min();
  const bool high = rule.has_max() && number > rule.max();
  if (!low && !high) return;
  if (!rule.has_max()) return Wrong(path, absl::StrCat("has to be at least ", rule.min()));
  Wrong(path, absl::StrCat("has to be between ", rule.has_min() ? rule.min() : 0, " and ", rule.max()));
}

void Validation::CheckEnum(const FieldDescriptor& field, int number, const v1::Rule& rule, const std::string& path) {
  if (field.enum_type()->FindValueByNumber(number) == nullptr) return Wrong(path, "has an unknown value");
  if (rule.required() && number == 0) Wrong(path, "has to be there");
}

void Validation::CheckTime(const google::protobuf::Timestamp& time, const std::string& path) {
  const bool right = time.seconds() >= kEarliestSecond && time.seconds() < kEndSecond && time.nanos() >= 0 &&
                     time.nanos() < kNanosPerSecond;
  if (!right) Wrong(path, "has to lie in the years 2000 to 2199");
}

void Validation::CheckDuration(const google::protobuf::Duration& duration, const std::string& path) {
  const bool in_range = duration.seconds() >= 0 && duration.seconds() < kMostSeconds && duration.nanos() >= 0 &&
                        duration.nanos() < kNanosPerSecond;
  const bool counts = duration.seconds() > 0 || duration.nanos() >= kNanosPerMicro;
  if (!in_range || !counts) Wrong(path, "has to be at least a microsecond and less than a hundred years");
}

void Validation::CheckList(const Message& message, const FieldDescriptor& field, const v1::Rule& rule,
                           const std::string& path) {
  const auto& reflection = *message.GetReflection();
  const int size = reflection.FieldSize(message, &field);
  if (rule.required() && size == 0) return Wrong(path, "has to have at least one item");
  if (rule.max_items() > 0 && size > rule.max_items()) {
    return Wrong(path, absl::StrCat("may have at most ", rule.max_items(), " items"));
  }
  v1::Rule item_rule = rule;
  item_rule.set_required(true);
  for (int i = 0; i < size; ++i) {
    const std::string item = absl::StrCat(path, "[", i, "]");
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      CheckMessage(reflection.GetRepeatedMessage(message, &field, i), item);
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      std::string scratch;
      CheckText(reflection.GetRepeatedStringReference(message, &field, i, &scratch), item_rule, item);
    }
  }
}

void Validation::CheckField(const Message& message, const FieldDescriptor& field, const std::string& path) {
  const auto& reflection = *message.GetReflection();
  const v1::Rule& rule = field.options().GetExtension(v1::rule);
  if (field.is_repeated()) return CheckList(message, field, rule, path);
  // What was not chosen has no form.
  if (field.real_containing_oneof() != nullptr && !reflection.HasField(message, &field)) return;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string scratch;
      return CheckText(reflection.GetStringReference(message, &field, &scratch), rule, path);
    }
    case FieldDescriptor::CPPTYPE_INT32:
      return CheckNumber(reflection.GetInt32(message, &field), rule, path);
    case FieldDescriptor::CPPTYPE_INT64:
      return CheckNumber(reflection.GetInt64(message, &field), rule, path);
    case FieldDescriptor::CPPTYPE_UINT64: {
      const uint64_t number = reflection.GetUInt64(message, &field);
      // Too large for any rule.
      if (number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return Wrong(path, "is too large");
      return CheckNumber(static_cast<int64_t>(number), rule, path);
    }
    case FieldDescriptor::CPPTYPE_ENUM:
      return CheckEnum(field, reflection.GetEnumValue(message, &field), rule, path);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (reflection.HasField(message, &field)) return CheckMessage(reflection.GetMessage(message, &field), path);
      if (rule.required()) Wrong(path, "has to be there");
      return;
    case FieldDescriptor::CPPTYPE_BOOL:
      return;
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      // No request has any: the test that walks all fields would say so.
      return Wrong(path, "has a type without rules");
  }
}

void Validation::CheckMessage(const Message& message, const std::string& path) {
  const Descriptor& type = *message.GetDescriptor();
  if (type.full_name() == google::protobuf::Timestamp::descriptor()->full_name()) {
    return CheckTime(static_cast<const google::protobuf::Timestamp&>(message), path);
  }
  if (type.full_name() == google::protobuf::Duration::descriptor()->full_name()) {
    return CheckDuration(static_cast<const google::protobuf::Duration&>(message), path);
  }
  const std::string prefix = path.empty() ? "" : path + ".";
  for (int i = 0; i < type.field_count(); ++i) CheckField(message, *type.field(i), prefix + type.field(i)->name());
  for (int i = 0; i < type.real_oneof_decl_count(); ++i) {
    const auto& choice = *type.oneof_decl(i);
    if (!choice.options().GetExtension(v1::choice_required)) continue;
    if (!message.GetReflection()->HasOneof(message, &choice)) Wrong(prefix + choice.name(), "has to be chosen");
  }
}

}  // namespace

absl::Status Validate(const Message& request) {
  Validation validation;
  validation.CheckMessage(request, "");
  if (validation.violations().field_violations().empty()) return absl::OkStatus();
  const auto& first = validation.violations().field_violations(0);
  absl::Status status = InvalidField(first.field(), first.description());
  status.SetPayload("type.googleapis.com/google.rpc.BadRequest",
                    absl::Cord(validation.violations().SerializeAsString()));
  return status;
}

}  // namespace bursar
