#include "tests/oracle/form.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "bursar/v1/rules.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace bursar::oracle {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool ConsistsOf(absl::string_view text, absl::string_view others, bool capitals, size_t most) {
  if (text.size() > most) return false;
  for (const char c : text) {
    const bool fits =
        absl::ascii_islower(static_cast<unsigned char>(c)) || absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
        (capitals && absl::ascii_isupper(static_cast<unsigned char>(c))) || others.find(c) != absl::string_view::npos;
    if (!fits) return false;
  }
  return true;
}

bool IsHandle(absl::string_view text, bool capitals) {
  if (text.size() < 2 || !ConsistsOf(text, "._-", capitals, 40)) return false;
  const auto is_inner = [](char c) { return c == '.' || c == '_' || c == '-'; };
  return !is_inner(text.front()) && !is_inner(text.back());
}

bool IsNumbered(absl::string_view text, absl::string_view kind) {
  if (!absl::ConsumePrefix(&text, kind) || text.empty() || text.size() > 20 || text.front() == '0') return false;
  for (const char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return false;
  }
  return text.size() < 20 || text <= "18446744073709551615";
}

bool IsNamed(absl::string_view text, absl::string_view kind) {
  return absl::ConsumePrefix(&text, kind) && IsHandle(text, false);
}

bool IsVisible(absl::string_view text, size_t most) {
  if (text.size() > most) return false;
  for (const char c : text) {
    if (c < '!' || c > '~') return false;
  }
  return true;
}

// ASCII control characters only; the door's own tests look at the others.
bool IsText(absl::string_view text, bool lines, size_t most) {
  bool blank = true;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && !(lines && (c == '\n' || c == '\r' || c == '\t'))) || byte == 0x7f) return false;
    blank &= absl::ascii_isspace(byte) != 0;
  }
  return !blank && text.size() <= most;
}

bool IsEmail(absl::string_view text) {
  const size_t at = text.find('@');
  if (at == absl::string_view::npos || at == 0 || at + 1 == text.size() || text.size() > 254) return false;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) return false;
  }
  return text.find('@', at + 1) == absl::string_view::npos;
}

bool IsPhone(absl::string_view text) {
  if (text.size() < 5 || text.size() > 30) return false;
  bool digit = false;
  for (const char c : text) {
    const bool is_digit = absl::ascii_isdigit(static_cast<unsigned char>(c)) != 0;
    if (!is_digit && absl::string_view(" +-()./").find(c) == absl::string_view::npos) return false;
    digit |= is_digit;
  }
  return digit;
}

bool IsMonth(absl::string_view text) {
  return text.size() == 7 && text[4] == '-' && ConsistsOf(text.substr(0, 4), "", false, 4) && text.substr(5) >= "01" &&
         text.substr(5) <= "12";
}

bool Has(absl::string_view text, v1::Format format) {
  switch (format) {
    case v1::FORMAT_UNSPECIFIED:
      return true;
    case v1::FORMAT_HANDLE:
      return IsHandle(text, true);
    case v1::FORMAT_USER:
      return IsNamed(text, "user-");
    case v1::FORMAT_ORGANIZATION:
      return IsNamed(text, "org-");
    case v1::FORMAT_BILLING_ACCOUNT:
      return IsNamed(text, "user-") || IsNamed(text, "org-");
    case v1::FORMAT_PROJECT:
      return IsNumbered(text, "project-");
    case v1::FORMAT_HOLD:
      return IsNumbered(text, "hold-");
    case v1::FORMAT_INCREASE:
      return IsNumbered(text, "increase-");
    case v1::FORMAT_BUDGET:
      return IsNumbered(text, "budget-");
    case v1::FORMAT_BILLING_CHANGE:
      return IsNumbered(text, "change-");
    case v1::FORMAT_ASSISTED_SETUP:
      return IsNumbered(text, "setup-");
    case v1::FORMAT_CHARGE:
      return IsNumbered(text, "charge-");
    case v1::FORMAT_CREDIT:
      return IsNumbered(text, "credit-");
    case v1::FORMAT_QUARANTINE:
      return IsNumbered(text, "quarantine-");
    case v1::FORMAT_ACTION:
      return ConsistsOf(text, "._-", false, 64);
    case v1::FORMAT_CURRENCY:
      return text.size() == 3 && absl::AsciiStrToLower(text) != text && ConsistsOf(text, "", true, 3) &&
             absl::AsciiStrToUpper(text) == text && text.find_first_of("0123456789") == absl::string_view::npos;
    case v1::FORMAT_REGION:
      return ConsistsOf(text, ":._-", false, 64);
    case v1::FORMAT_EMAIL:
      return IsEmail(text);
    case v1::FORMAT_PHONE:
      return IsPhone(text);
    case v1::FORMAT_TEXT:
      return IsText(text, false, 200);
    case v1::FORMAT_NOTE:
      return IsText(text, true, 2'000);
    case v1::FORMAT_TOKEN:
      return IsVisible(text, 128);
    case v1::FORMAT_REQUEST_ID:
      return IsVisible(text, 64);
    case v1::FORMAT_SKU:
      return ConsistsOf(text, ":._-", true, 64);
    case v1::FORMAT_PARTNER:
      return IsHandle(text, false);
    case v1::FORMAT_LABEL:
      return ConsistsOf(text, "._-", true, 64);
    case v1::FORMAT_URL:
      return (absl::StartsWith(text, "http://") || absl::StartsWith(text, "https://")) && IsVisible(text, 500);
    case v1::FORMAT_PAGE_TOKEN:
      return IsVisible(text, 500);
    case v1::FORMAT_TIME_ZONE:
      return ConsistsOf(text, "/_+-", true, 64);
    case v1::FORMAT_MONTH:
      return IsMonth(text);
    case v1::FORMAT_ISSUER:
      return absl::StartsWith(text, "https://") && IsVisible(text, 500);
    case v1::FORMAT_SUBJECT:
      return IsVisible(text, 255);
    case v1::FORMAT_EVENT_TYPE:
      return ConsistsOf(text, "", true, 64) && text.find_first_of("0123456789") == absl::string_view::npos;
    default:
      return true;
  }
}

bool IsWithin(int64_t number, const v1::Rule& rule) {
  return (!rule.has_min() || number >= rule.min()) && (!rule.has_max() || number <= rule.max());
}

bool IsTimely(const google::protobuf::Timestamp& time) {
  constexpr int64_t kFirst = 946'684'800;    // 2000-01-01
  constexpr int64_t kAfter = 7'258'118'400;  // 2200-01-01
  return time.seconds() >= kFirst && time.seconds() < kAfter && time.nanos() >= 0 && time.nanos() < 1'000'000'000;
}

bool IsSensible(const google::protobuf::Duration& length) {
  constexpr int64_t kHundredYears = 100LL * 365 * 86'400;
  if (length.nanos() < 0 || length.nanos() >= 1'000'000'000 || length.seconds() < 0) return false;
  return (length.seconds() > 0 || length.nanos() >= 1'000) && length.seconds() < kHundredYears;
}

bool IsWellFormedMessage(const Message& message) {
  if (message.GetDescriptor() == google::protobuf::Timestamp::descriptor()) {
    return IsTimely(static_cast<const google::protobuf::Timestamp&>(message));
  }
  if (message.GetDescriptor() == google::protobuf::Duration::descriptor()) {
    return IsSensible(static_cast<const google::protobuf::Duration&>(message));
  }
  return IsWellFormed(message);
}

bool IsListWellFormed(const Message& message, const FieldDescriptor& field, const v1::Rule& rule) {
  const auto& reflection = *message.GetReflection();
  const int size = reflection.FieldSize(message, &field);
  if ((rule.required() && size == 0) || (rule.max_items() > 0 && size > rule.max_items())) return false;
  std::string scratch;
  for (int i = 0; i < size; ++i) {
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
        !IsWellFormedMessage(reflection.GetRepeatedMessage(message, &field, i))) {
      return false;
    }
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_STRING) continue;
    const std::string& text = reflection.GetRepeatedStringReference(message, &field, i, &scratch);
    if (text.empty() || !Has(text, rule.format())) return false;
  }
  return true;
}

bool IsFieldWellFormed(const Message& message, const FieldDescriptor& field) {
  const v1::Rule& rule = field.options().GetExtension(v1::rule);
  if (field.is_repeated()) return IsListWellFormed(message, field, rule);
  const auto& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string scratch;
      const std::string& text = reflection.GetStringReference(message, &field, &scratch);
      if (text.empty()) return !rule.required();
      return Has(text, rule.format());
    }
    case FieldDescriptor::CPPTYPE_INT32: {
      const int32_t number = reflection.GetInt32(message, &field);
      return (!rule.required() || number != 0) && IsWithin(number, rule);
    }
    case FieldDescriptor::CPPTYPE_INT64: {
      const int64_t number = reflection.GetInt64(message, &field);
      return (!rule.required() || number != 0) && IsWithin(number, rule);
    }
    case FieldDescriptor::CPPTYPE_UINT64: {
      const uint64_t number = reflection.GetUInt64(message, &field);
      return !rule.has_max() || number <= static_cast<uint64_t>(rule.max());
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int value = reflection.GetEnumValue(message, &field);
      return (!rule.required() || value != 0) && field.enum_type()->FindValueByNumber(value) != nullptr;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (!reflection.HasField(message, &field)) return !rule.required();
      return IsWellFormedMessage(reflection.GetMessage(message, &field));
    default:
      return true;
  }
}

}  // namespace

bool IsWellFormed(const Message& message) {
  const auto& type = *message.GetDescriptor();
  for (int i = 0; i < type.real_oneof_decl_count(); ++i) {
    const auto& choice = *type.oneof_decl(i);
    if (choice.options().GetExtension(v1::choice_required) &&
        message.GetReflection()->GetOneofFieldDescriptor(message, &choice) == nullptr) {
      return false;
    }
  }
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.real_containing_oneof() != nullptr && !message.GetReflection()->HasField(message, &field)) continue;
    if (field.has_optional_keyword() && !message.GetReflection()->HasField(message, &field)) continue;
    if (!IsFieldWellFormed(message, field)) return false;
  }
  return true;
}

}  // namespace bursar::oracle
