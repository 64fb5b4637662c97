#include "services/cli/request_flags.h"

#include <cstdint>
#include <limits>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "bursar/v1/rules.pb.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/time_util.h"
#include "ledger/domain/money.h"
#include "services/cli/values.h"

namespace bursar::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool IsNested(const FieldDescriptor& field) {
  return field.message_type() != nullptr && !IsTime(field) && !IsDuration(field);
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  for (const std::string& known : names) {
    if (known == name) return true;
  }
  return false;
}

std::string Dashed(absl::string_view name) { return absl::StrReplaceAll(name, {{"_", "-"}}); }

void AddFlags(const Descriptor& type, const std::string& prefix, const std::vector<std::string>& inlined,
              std::vector<const FieldDescriptor*> path, std::vector<RequestFlag>& flags) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    path.push_back(field);
    if (IsNested(*field) && !field->is_repeated()) {
      const std::string below =
          Contains(inlined, field->name()) ? prefix : absl::StrCat(prefix, Dashed(field->name()), ".");
      AddFlags(*field->message_type(), below, inlined, path, flags);
    } else {
      std::string name = Dashed(IsAmount(*field) ? absl::StripSuffix(field->name(), "_micros") : field->name());
      if (IsNested(*field)) name += "-file";
      flags.push_back({.name = absl::StrCat("--", prefix, name), .path = path});
    }
    path.pop_back();
  }
}

// The field that says in which currency an amount beside it is; nullptr where the account decides.
const FieldDescriptor* CurrencyBeside(const FieldDescriptor& amount) {
  return amount.containing_type()->FindFieldByName("currency");
}

// Both an amount and a flag of its own may name it.
absl::Status SetCurrency(Message& message, const FieldDescriptor& field, const std::string& currency) {
  const std::string before = message.GetReflection()->GetString(message, &field);
  if (!before.empty() && before != currency) {
    return absl::InvalidArgumentError(absl::StrCat(currency, " and ", before, " are both named; use one currency."));
  }
  message.GetReflection()->SetString(&message, &field, currency);
  return absl::OkStatus();
}

absl::Status SetAmount(Message& message, const FieldDescriptor& field, const std::string& text) {
  const absl::StatusOr<WrittenAmount> written = ReadAmount(text);
  if (!written.ok()) return written.status();
  message.GetReflection()->SetInt64(&message, &field, written->amount.micros());
  if (written->currency.empty()) return absl::OkStatus();

  const FieldDescriptor* currency = CurrencyBeside(field);
  if (currency == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text,
                     "\" names a currency, but this amount is in the billing account's own; write only the "
                     "number."));
  }
  return SetCurrency(message, *currency, written->currency);
}

// Adds to a repeated field, sets another.
template <class Value>
using Setter = void (Reflection::*)(Message*, const FieldDescriptor*, Value) const;

template <class Value>
void Put(Message& message, const FieldDescriptor& field, Setter<Value> set, Setter<Value> add, Value value) {
  (message.GetReflection()->*(field.is_repeated() ? add : set))(&message, &field, std::move(value));
}

absl::Status SetValue(Message& message, const FieldDescriptor& field, const std::string& text, absl::Time now) {
  const auto read_number = [&](int64_t min, int64_t max) { return ReadWhole(text, min, max); };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      if (field.name() == "currency" && !field.is_repeated()) return SetCurrency(message, field, text);
      Put<std::string>(message, field, &Reflection::SetString, &Reflection::AddString, text);
      return absl::OkStatus();
    case FieldDescriptor::CPPTYPE_BOOL: {
      const absl::StatusOr<bool> value = ReadBool(text);
      if (!value.ok()) return value.status();
      Put<bool>(message, field, &Reflection::SetBool, &Reflection::AddBool, *value);
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto value = ReadEnum(text, *field.enum_type());
      if (!value.ok()) return value.status();
      Put<int>(message, field, &Reflection::SetEnumValue, &Reflection::AddEnumValue, (*value)->number());
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_INT64: {
      if (IsAmount(field) && !field.is_repeated()) return SetAmount(message, field, text);
      const auto value = read_number(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max());
      if (!value.ok()) return value.status();
      Put<int64_t>(message, field, &Reflection::SetInt64, &Reflection::AddInt64, *value);
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_UINT64: {
      const auto value = read_number(0, std::numeric_limits<int64_t>::max());
      if (!value.ok()) return value.status();
      Put<uint64_t>(message, field, &Reflection::SetUInt64, &Reflection::AddUInt64, static_cast<uint64_t>(*value));
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_INT32: {
      const auto value = read_number(std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max());
      if (!value.ok()) return value.status();
      Put<int32_t>(message, field, &Reflection::SetInt32, &Reflection::AddInt32, static_cast<int32_t>(*value));
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_UINT32: {
      const auto value = read_number(0, std::numeric_limits<uint32_t>::max());
      if (!value.ok()) return value.status();
      Put<uint32_t>(message, field, &Reflection::SetUInt32, &Reflection::AddUInt32, static_cast<uint32_t>(*value));
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      Message* value = field.is_repeated() ? message.GetReflection()->AddMessage(&message, &field)
                                           : message.GetReflection()->MutableMessage(&message, &field);
      if (IsTime(field)) {
        const absl::StatusOr<absl::Time> time = ReadTime(text, now);
        if (!time.ok()) return time.status();
        value->CopyFrom(google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(*time)));
        return absl::OkStatus();
      }
      const absl::StatusOr<absl::Duration> span = ReadDuration(text);
      if (!span.ok()) return span.status();
      value->CopyFrom(google::protobuf::util::TimeUtil::MicrosecondsToDuration(absl::ToInt64Microseconds(*span)));
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      break;
  }
  return absl::InvalidArgumentError("has no way to be written as a flag; use --json-request.");
}

// Reads a JSON list into the repeated field at the end of `path`.
absl::Status SetFromFile(const RequestFlag& flag, const std::string& file, const Reading& reading, Message& parent) {
  const absl::StatusOr<std::string> text = reading.read_file(file);
  if (!text.ok()) return text.status();
  const std::unique_ptr<Message> list(parent.New());
  absl::Status read = ReadJson(absl::StrCat("{\"", flag.field().name(), "\":", *text, "}"), *list);
  if (!read.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(file, " does not hold a JSON list of ",
                                                   flag.field().message_type()->name(), ": ", read.message()));
  }
  parent.MergeFrom(*list);
  return absl::OkStatus();
}

const v1::Rule& RuleOf(const FieldDescriptor& field) { return field.options().GetExtension(v1::rule); }

std::string LimitText(const FieldDescriptor& field, int64_t limit) {
  if (IsAmount(field)) return ToString(Money::Micros(limit), "");
  return absl::StrCat(limit);
}

}  // namespace

bool RequestFlag::is_switch() const {
  return field().cpp_type() == FieldDescriptor::CPPTYPE_BOOL && !field().is_repeated();
}

bool RequestFlag::from_file() const { return IsNested(field()); }

std::string RequestFlag::placeholder() const {
  if (from_file()) return "FILE";
  if (IsAmount(field())) return "AMOUNT";
  if (IsTime(field())) return "TIME";
  if (IsDuration(field())) return "DURATION";
  switch (field().cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return "";
    case FieldDescriptor::CPPTYPE_STRING:
      return "TEXT";
    case FieldDescriptor::CPPTYPE_ENUM: {
      std::vector<std::string> names;
      for (int i = 1; i < field().enum_type()->value_count(); ++i)
        names.push_back(ShortName(*field().enum_type()->value(i)));
      return absl::StrJoin(names, "|");
    }
    default:
      return "NUMBER";
  }
}

std::string RequestFlag::range() const {
  const v1::Rule& rule = RuleOf(field());
  std::vector<std::string> parts;
  if (rule.has_min() && rule.has_max()) {
    parts.push_back(absl::StrCat(LimitText(field(), rule.min()), " to ", LimitText(field(), rule.max())));
  } else if (rule.has_min()) {
    parts.push_back(absl::StrCat("at least ", LimitText(field(), rule.min())));
  } else if (rule.has_max()) {
    parts.push_back(absl::StrCat("at most ", LimitText(field(), rule.max())));
  }
  if (rule.max_items() > 0) parts.push_back(absl::StrCat("at most ", rule.max_items(), " times"));
  return absl::StrJoin(parts, ", ");
}

bool RequestFlag::required() const {
  for (const FieldDescriptor* step : path) {
    if (!RuleOf(*step).required()) return false;
  }
  return true;
}

std::vector<RequestFlag> FlagsOf(const Descriptor& request, const std::vector<std::string>& inlined) {
  std::vector<RequestFlag> flags;
  AddFlags(request, "", inlined, {}, flags);
  return flags;
}

std::string FlagOfPath(absl::string_view path, const std::vector<RequestFlag>& flags) {
  for (const RequestFlag& flag : flags) {
    std::vector<std::string> names;
    for (const FieldDescriptor* step : flag.path) names.push_back(step->name());
    const std::string written = absl::StrJoin(names, ".");
    if (path == written) return flag.name;
    if (absl::StartsWith(path, written + "[")) return absl::StrCat(flag.name, " ", path.substr(written.size()));
  }
  return std::string(path);
}

absl::Status SetFlag(const RequestFlag& flag, const std::vector<std::string>& values, const Reading& reading,
                     Message& request) {
  Message* message = &request;
  for (size_t i = 0; i + 1 < flag.path.size(); ++i) {
    message = message->GetReflection()->MutableMessage(message, flag.path[i]);
  }
  for (const std::string& value : values) {
    const absl::Status set = flag.from_file() ? SetFromFile(flag, value, reading, *message)
                                              : SetValue(*message, flag.field(), value, reading.now);
    if (!set.ok()) return absl::InvalidArgumentError(absl::StrCat(flag.name, ": ", set.message()));
  }
  return absl::OkStatus();
}

absl::Status ReadJson(absl::string_view json, Message& request) {
  const auto status = google::protobuf::util::JsonStringToMessage(std::string(json), &request);
  if (status.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(std::string(status.message()));
}

}  // namespace bursar::cli
