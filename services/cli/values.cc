#include "services/cli/values.h"

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace bursar::cli {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;

absl::Status Wrong(absl::string_view text, absl::string_view kind, absl::string_view write) {
  return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is not ", kind, "; write ", write, "."));
}

// "LimitIncreaseStatus" -> "LIMIT_INCREASE_STATUS_".
std::string PrefixOf(const EnumDescriptor& type) {
  std::string prefix;
  for (const char c : type.name()) {
    if (absl::ascii_isupper(c) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(c);
  }
  return prefix + "_";
}

std::string Comparable(absl::string_view name) {
  return absl::AsciiStrToLower(absl::StrReplaceAll(name, {{"_", "-"}}));
}

}  // namespace

absl::StatusOr<WrittenAmount> ReadAmount(absl::string_view text) {
  const absl::Status wrong = Wrong(text, "an amount", "it like 5.00 or \"5.00 USD\", with at most six decimals");
  absl::string_view number = absl::StripAsciiWhitespace(text);
  std::string currency;
  if (const size_t space = number.find(' '); space != absl::string_view::npos) {
    currency = std::string(absl::StripAsciiWhitespace(number.substr(space)));
    number = number.substr(0, space);
    if (!IsCurrency(currency)) return wrong;
  }
  const std::optional<Money> amount = ParseAmount(number);
  if (!amount.has_value()) return wrong;
  return WrittenAmount{.amount = *amount, .currency = currency};
}

absl::StatusOr<absl::Time> ReadTime(absl::string_view text, absl::Time now) {
  if (text == "now") return now;
  if (absl::StartsWith(text, "+") || absl::StartsWith(text, "-")) {
    const absl::StatusOr<absl::Duration> span = ReadDuration(text.substr(1));
    if (span.ok()) return text[0] == '+' ? now + *span : now - *span;
  }
  absl::Time time;
  const bool read = absl::ParseTime("%Y-%m-%d", text, absl::UTCTimeZone(), &time, nullptr) ||
                    absl::ParseTime(absl::RFC3339_full, text, &time, nullptr);
  // Abseil also takes "infinite-future".
  if (read && time < absl::InfiniteFuture() && time > absl::InfinitePast()) return time;
  return Wrong(text, "a time", "it like 2026-01-31T12:00:00Z, 2026-01-31, now, +24h or -7d");
}

absl::StatusOr<absl::Duration> ReadDuration(absl::string_view text) {
  absl::Duration span;
  int64_t days = 0;
  if (absl::EndsWith(text, "d") && absl::SimpleAtoi(absl::StripSuffix(text, "d"), &days) && days >= 0 &&
      days <= 1'000'000) {
    return absl::Hours(24 * days);
  }
  if (absl::ParseDuration(text, &span) && span >= absl::ZeroDuration() && span != absl::InfiniteDuration()) return span;
  return Wrong(text, "a length of time", "it like 90s, 15m, 1h30m or 7d");
}

absl::StatusOr<bool> ReadBool(absl::string_view text) {
  if (text == "true" || text == "yes" || text == "1") return true;
  if (text == "false" || text == "no" || text == "0") return false;
  return Wrong(text, "yes or no", "true or false");
}

absl::StatusOr<int64_t> ReadWhole(absl::string_view text, int64_t min, int64_t max) {
  int64_t number = 0;
  if (absl::SimpleAtoi(text, &number) && number >= min && number <= max) return number;
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text, "\" is not allowed; write a whole number from ", min, " to ", max, "."));
}

absl::StatusOr<const EnumValueDescriptor*> ReadEnum(absl::string_view text, const EnumDescriptor& type) {
  std::vector<std::string> allowed;
  // The first value stands for none and is written by leaving the flag out.
  for (int i = 1; i < type.value_count(); ++i) {
    const EnumValueDescriptor* value = type.value(i);
    allowed.push_back(ShortName(*value));
    if (Comparable(text) == allowed.back() || text == value->name()) return value;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text, "\" is not allowed; write one of: ", absl::StrJoin(allowed, ", "), "."));
}

std::string ShortName(const EnumValueDescriptor& value) {
  return Comparable(absl::StripPrefix(value.name(), PrefixOf(*value.type())));
}

std::string WriteTime(absl::Time time) { return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone()); }

std::string WriteName(const FieldDescriptor& field) {
  absl::string_view name = field.name();
  if (IsAmount(field)) name = absl::StripSuffix(name, "_micros");
  name = absl::StripSuffix(absl::StripSuffix(name, "_ids"), "_id");
  std::string words = absl::StrReplaceAll(name, {{"_", " "}});
  words[0] = absl::ascii_toupper(words[0]);
  return words;
}

bool IsAmount(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_INT64 && absl::EndsWith(field.name(), "_micros");
}

bool IsTime(const FieldDescriptor& field) {
  return field.message_type() != nullptr && field.message_type()->full_name() == "google.protobuf.Timestamp";
}

bool IsDuration(const FieldDescriptor& field) {
  return field.message_type() != nullptr && field.message_type()->full_name() == "google.protobuf.Duration";
}

}  // namespace bursar::cli
