#include "services/cli/render.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "bursar/v1/history.pb.h"
#include "bursar/v1/outbox.pb.h"
#include "bursar/v1/types.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/time_util.h"
#include "ledger/domain/money.h"
#include "services/cli/values.h"

namespace bursar::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Columns that a text takes on a terminal, as far as counting characters tells.
size_t Width(absl::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

std::string Padded(const std::string& text, size_t width, bool right = false) {
  const std::string space(width - std::min(width, Width(text)), ' ');
  return right ? space + text : text + space;
}

bool HasMessage(const Message& message, const FieldDescriptor& field) {
  return message.GetReflection()->HasField(message, &field);
}

// The currency that a message's amounts are in: its own, that of the message around it, or that of one inside it.
std::string CurrencyOf(const Message& message, const std::string& around) {
  const Descriptor& type = *message.GetDescriptor();
  if (const FieldDescriptor* currency = type.FindFieldByName("currency")) {
    std::string named = message.GetReflection()->GetString(message, currency);
    if (!named.empty()) return named;
  }
  if (!around.empty()) return around;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.message_type() == nullptr || field.is_repeated() || !HasMessage(message, field)) continue;
    std::string inside = CurrencyOf(message.GetReflection()->GetMessage(message, &field), "");
    if (!inside.empty()) return inside;
  }
  return "";
}

std::string WriteEnum(const EnumValueDescriptor& value) {
  // Reasons are published names, to be searched for as they are.
  if (value.type() == v1::ErrorReason_descriptor()) return value.name().substr(sizeof("ERROR_REASON_") - 1);
  std::string words = ShortName(value);
  std::replace(words.begin(), words.end(), '-', ' ');
  return words;
}

std::string WritePart(const v1::Part& part, const std::string& currency) {
  return absl::StrCat(part.credit_id().empty() ? "limit" : Printable(part.credit_id()), " ",
                      ToString(Money::Micros(part.amount_micros()), currency),
                      part.credit_expired() ? " (expired)" : "");
}

std::string WriteUsage(const v1::PricedUsage& usage, const std::string& currency) {
  return Printable(absl::StrCat(usage.quantity(), " ", usage.sku(), usage.region().empty() ? "" : " in ",
                                usage.region(), " at ", ToString(Money::Micros(usage.price_micros()), currency),
                                " per ", usage.per_quantity()));
}

std::string WriteReason(v1::ErrorReason reason) {
  const EnumValueDescriptor* value = v1::ErrorReason_descriptor()->FindValueByNumber(reason);
  return value == nullptr ? absl::StrCat(reason) : WriteEnum(*value);
}

// "SPENDING_LIMIT_EXCEEDED: spending limit of org-lab, short by 30.00 USD"
std::string WriteBinding(const v1::Binding& binding, const std::string& currency) {
  std::string text = absl::StrCat(WriteReason(binding.reason()), ": ", Printable(binding.rule()));
  if (binding.shortfall_micros() != 0) {
    absl::StrAppend(&text, ", short by ", ToString(Money::Micros(binding.shortfall_micros()), currency));
  }
  return text;
}

// Messages that are written as one value.
bool IsValue(const Descriptor& type) {
  return &type == v1::Part::descriptor() || &type == v1::PricedUsage::descriptor() ||
         &type == v1::Decision::descriptor() || &type == google::protobuf::Timestamp::descriptor() ||
         &type == google::protobuf::Duration::descriptor();
}

std::string WriteMessageValue(const Message& value, const std::string& currency) {
  const Descriptor* type = value.GetDescriptor();
  if (type == v1::Part::descriptor()) return WritePart(static_cast<const v1::Part&>(value), currency);
  if (type == v1::PricedUsage::descriptor()) return WriteUsage(static_cast<const v1::PricedUsage&>(value), currency);
  if (type == v1::Decision::descriptor()) return VerdictOf(static_cast<const v1::Decision&>(value));
  if (type == google::protobuf::Timestamp::descriptor()) {
    const auto& time = static_cast<const google::protobuf::Timestamp&>(value);
    return WriteTime(absl::FromUnixMicros(google::protobuf::util::TimeUtil::TimestampToMicroseconds(time)));
  }
  const auto& span = static_cast<const google::protobuf::Duration&>(value);
  return absl::FormatDuration(absl::Microseconds(google::protobuf::util::TimeUtil::DurationToMicroseconds(span)));
}

// One value of a field: of a single one where `index` is negative, else of a list.
std::string WriteOne(const Message& message, const FieldDescriptor& field, int index, const std::string& currency) {
  const Reflection& r = *message.GetReflection();
  const bool single = index < 0;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return Printable(single ? r.GetString(message, &field) : r.GetRepeatedString(message, &field, index));
    case FieldDescriptor::CPPTYPE_BOOL:
      return (single ? r.GetBool(message, &field) : r.GetRepeatedBool(message, &field, index)) ? "yes" : "no";
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int number = single ? r.GetEnumValue(message, &field) : r.GetRepeatedEnumValue(message, &field, index);
      const EnumValueDescriptor* value = field.enum_type()->FindValueByNumber(number);
      if (number == 0) return "";
      return value == nullptr ? absl::StrCat(number) : WriteEnum(*value);
    }
    case FieldDescriptor::CPPTYPE_INT64: {
      const int64_t number = single ? r.GetInt64(message, &field) : r.GetRepeatedInt64(message, &field, index);
      return IsAmount(field) ? ToString(Money::Micros(number), currency) : absl::StrCat(number);
    }
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(single ? r.GetUInt64(message, &field) : r.GetRepeatedUInt64(message, &field, index));
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(single ? r.GetInt32(message, &field) : r.GetRepeatedInt32(message, &field, index));
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(single ? r.GetUInt32(message, &field) : r.GetRepeatedUInt32(message, &field, index));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return absl::StrCat(single ? r.GetDouble(message, &field) : r.GetRepeatedDouble(message, &field, index));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return absl::StrCat(single ? r.GetFloat(message, &field) : r.GetRepeatedFloat(message, &field, index));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return WriteMessageValue(single ? r.GetMessage(message, &field) : r.GetRepeatedMessage(message, &field, index),
                               currency);
  }
  return "";
}

// Empty where there is nothing to say.
std::string WriteField(const Message& message, const FieldDescriptor& field, const std::string& currency) {
  if (!field.is_repeated()) {
    if (field.has_presence() && !HasMessage(message, field)) return "";
    return WriteOne(message, field, -1, currency);
  }
  const int size = message.GetReflection()->FieldSize(message, &field);
  std::vector<std::string> values;
  values.reserve(static_cast<size_t>(size));
  for (int i = 0; i < size; ++i) {
    values.push_back(WriteOne(message, field, i, currency));
  }
  return absl::StrJoin(values, ", ");
}

// Whether a field is written as one value, and not as a section or table.
bool IsValue(const FieldDescriptor& field) { return field.message_type() == nullptr || IsValue(*field.message_type()); }

using FieldPath = std::vector<const FieldDescriptor*>;

// One column of a table.
struct Column {
  FieldPath path;
  std::vector<std::string> cells;
};

void AddColumns(const Descriptor& row, FieldPath path, std::vector<Column>& columns) {
  for (int i = 0; i < row.field_count(); ++i) {
    const FieldDescriptor* field = row.field(i);
    path.push_back(field);
    if (IsValue(*field)) {
      // Its text stands beside every amount.
      if (field->name() != "currency") columns.push_back({.path = path, .cells = {}});
    } else if (!field->is_repeated()) {
      AddColumns(*field->message_type(), path, columns);
    }
    path.pop_back();
  }
}

std::vector<Column> ColumnsOf(const Descriptor& row, const std::vector<std::string>& picked) {
  std::vector<Column> all;
  AddColumns(row, {}, all);
  if (picked.empty()) return all;
  std::vector<Column> columns;
  for (const std::string& wanted : picked) {
    for (const Column& column : all) {
      const std::string path = absl::StrJoin(
          column.path, ".", [](std::string* out, const FieldDescriptor* field) { out->append(field->name()); });
      if (path == wanted) columns.push_back(column);
    }
  }
  return columns.empty() ? all : columns;
}

std::string CellOf(const Message& row, const FieldPath& path, const std::string& around) {
  const Message* message = &row;
  std::string currency = CurrencyOf(row, around);
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    if (!HasMessage(*message, *path[i])) return "";
    message = &message->GetReflection()->GetMessage(*message, path[i]);
    currency = CurrencyOf(*message, currency);
  }
  return WriteField(*message, *path.back(), currency);
}

bool IsNumber(const FieldDescriptor& field) {
  return !field.is_repeated() && field.cpp_type() != FieldDescriptor::CPPTYPE_STRING &&
         field.cpp_type() != FieldDescriptor::CPPTYPE_BOOL && field.cpp_type() != FieldDescriptor::CPPTYPE_ENUM &&
         field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE;
}

std::string WithoutTrailingSpace(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::string RenderTable(const Message& message, const FieldDescriptor& field, const std::string& currency,
                        const std::string& indent, const std::vector<std::string>& picked) {
  std::vector<Column> columns = ColumnsOf(*field.message_type(), picked);
  const int rows = message.GetReflection()->FieldSize(message, &field);
  for (Column& column : columns) {
    for (int i = 0; i < rows; ++i) {
      const Message& row = message.GetReflection()->GetRepeatedMessage(message, &field, i);
      column.cells.push_back(CellOf(row, column.path, currency));
    }
  }
  columns.erase(std::remove_if(columns.begin(), columns.end(),
                               [](const Column& column) {
                                 return std::all_of(column.cells.begin(), column.cells.end(),
                                                    [](const std::string& cell) { return cell.empty(); });
                               }),
                columns.end());

  std::vector<std::string> lines(rows + 1, indent);
  for (const Column& column : columns) {
    const std::string heading = absl::AsciiStrToUpper(WriteName(*column.path.back()));
    size_t width = Width(heading);
    for (const std::string& cell : column.cells) width = std::max(width, Width(cell));
    const bool right = IsNumber(*column.path.back());
    const bool first = &column == &columns.front();
    absl::StrAppend(&lines[0], first ? "" : "  ", Padded(heading, width, right));
    for (int i = 0; i < rows; ++i) {
      absl::StrAppend(&lines[i + 1], first ? "" : "  ", Padded(column.cells[i], width, right));
    }
  }
  std::string text;
  for (std::string& line : lines) absl::StrAppend(&text, WithoutTrailingSpace(std::move(line)), "\n");
  return text;
}

std::string RenderDecision(const v1::Decision& decision, const std::string& indent) {
  std::string text;
  if (decision.allowed()) {
    absl::StrAppend(&text, indent, "ALLOWED");
    if (!decision.billing_account().empty())
      absl::StrAppend(&text, ", paid by ", Printable(decision.billing_account()));
    if (decision.has_funds_micros()) {
      absl::StrAppend(&text, ", which then has ",
                      ToString(Money::Micros(decision.funds_micros()), decision.currency()));
    }
    return absl::StrCat(text, " (position ", decision.position(), ")\n");
  }
  if (decision.bindings().empty()) absl::StrAppend(&text, indent, VerdictOf(decision), "\n");
  for (const v1::Binding& binding : decision.bindings()) {
    absl::StrAppend(&text, indent, &binding == &decision.bindings(0) ? "DENIED " : "   and ",
                    WriteBinding(binding, decision.currency()), "\n");
  }
  if (!decision.remedy().empty()) absl::StrAppend(&text, indent, "Remedy: ", Printable(decision.remedy()), "\n");
  if (!decision.lifters().empty()) {
    absl::StrAppend(&text, indent, "May ask for a higher limit: ", Printable(absl::StrJoin(decision.lifters(), ", ")),
                    "\n");
  }
  if (!decision.pending_increase_id().empty()) {
    absl::StrAppend(&text, indent, "Asked for already: ", Printable(decision.pending_increase_id()), "\n");
  }
  absl::StrAppend(&text, indent, "On record at position ", decision.position());
  if (!decision.billing_account().empty()) absl::StrAppend(&text, " for ", Printable(decision.billing_account()));
  if (decision.has_funds_micros()) {
    absl::StrAppend(&text, ", which has ", ToString(Money::Micros(decision.funds_micros()), decision.currency()));
  }
  return text + "\n";
}

void AppendParagraph(std::string& text, const std::string& paragraph) {
  if (!text.empty() && !paragraph.empty()) text += "\n";
  text += paragraph;
}

std::string RenderEntry(const v1::Entry& entry, const std::string& indent) {
  std::string text = absl::StrCat(indent, entry.position(), "  ", WriteMessageValue(entry.commit_time(), ""), "  ",
                                  Printable(entry.principal()));
  if (!entry.request_id().empty()) absl::StrAppend(&text, "  request ", Printable(entry.request_id()));
  text += "\n";
  for (const v1::Event& event : entry.events()) {
    absl::StrAppend(&text, indent, "    ", Printable(event.type()));
    for (const v1::Attribute& attribute : event.attributes()) {
      absl::StrAppend(&text, " ", Printable(attribute.name()), "=", Printable(attribute.value()));
    }
    text += "\n";
  }
  return text;
}

// As a mail is read.
std::string RenderMail(const v1::OutboxMessage& mail, const std::string& indent) {
  std::string text =
      absl::StrCat(indent, Printable(mail.message_id()), "  ", WriteMessageValue(mail.create_time(), ""));
  if (!mail.billing_account().empty()) absl::StrAppend(&text, "  about ", Printable(mail.billing_account()));
  absl::StrAppend(&text, "\n", indent, "To: ", Printable(mail.recipient()), "\n", indent,
                  "Subject: ", Printable(mail.subject()), "\n");
  for (const absl::string_view line : absl::StrSplit(absl::StripTrailingAsciiWhitespace(mail.body()), '\n')) {
    absl::StrAppend(&text, WithoutTrailingSpace(absl::StrCat(indent, "  ", Printable(line))), "\n");
  }
  if (!mail.link_token().empty()) absl::StrAppend(&text, indent, "Link token: ", Printable(mail.link_token()), "\n");
  return text;
}

std::string RenderMessage(const Message& message, const std::string& around, const std::string& indent, bool outermost,
                          const std::vector<std::string>& columns);

// Whether rows hold lists themselves, which no table can show.
bool HoldsLists(const Descriptor& row) {
  for (int i = 0; i < row.field_count(); ++i) {
    if (row.field(i)->is_repeated() && !IsValue(*row.field(i))) return true;
  }
  return false;
}

std::string RenderList(const Message& message, const FieldDescriptor& field, const std::string& currency,
                       const std::string& indent, const std::vector<std::string>& columns) {
  const Descriptor* row_type = field.message_type();
  const bool entries = row_type == v1::Entry::descriptor();
  const bool mails = row_type == v1::OutboxMessage::descriptor();
  if (!entries && !mails && !HoldsLists(*row_type)) return RenderTable(message, field, currency, indent, columns);
  std::string text;
  for (int i = 0; i < message.GetReflection()->FieldSize(message, &field); ++i) {
    const Message& row = message.GetReflection()->GetRepeatedMessage(message, &field, i);
    if (entries) {
      text += RenderEntry(static_cast<const v1::Entry&>(row), indent);
    } else {
      AppendParagraph(text, mails ? RenderMail(static_cast<const v1::OutboxMessage&>(row), indent)
                                  : RenderMessage(row, currency, indent, false, columns));
    }
  }
  return text;
}

// `outermost` also says which lists are empty.
std::string RenderMessage(const Message& message, const std::string& around, const std::string& indent, bool outermost,
                          const std::vector<std::string>& columns) {
  if (message.GetDescriptor() == v1::Decision::descriptor()) {
    return RenderDecision(static_cast<const v1::Decision&>(message), indent);
  }
  const Descriptor& type = *message.GetDescriptor();
  const std::string currency = CurrencyOf(message, around);
  std::vector<std::pair<std::string, std::string>> values;
  std::string sections;
  std::string decision;
  std::string more;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.message_type() == v1::Decision::descriptor() && !field.is_repeated()) {
      if (HasMessage(message, field)) {
        decision = RenderMessage(message.GetReflection()->GetMessage(message, &field), currency, indent, false, {});
      }
    } else if (IsValue(field)) {
      const std::string value = WriteField(message, field, currency);
      if (value.empty()) continue;
      if (field.name() == "next_page_token") {
        more = absl::StrCat("There is more: add --page-token ", value, "\n");
      } else {
        values.emplace_back(WriteName(field), value);
      }
    } else if (!field.is_repeated()) {
      if (!HasMessage(message, field)) continue;
      AppendParagraph(sections, absl::StrCat(indent, WriteName(field), "\n",
                                             RenderMessage(message.GetReflection()->GetMessage(message, &field),
                                                           currency, indent + "  ", false, columns)));
    } else if (message.GetReflection()->FieldSize(message, &field) == 0) {
      if (outermost) AppendParagraph(sections, absl::StrCat(WriteName(field), ": none\n"));
    } else {
      AppendParagraph(sections, absl::StrCat(indent, WriteName(field), "\n",
                                             RenderList(message, field, currency, indent + "  ", columns)));
    }
  }

  size_t width = 0;
  for (const auto& [name, value] : values) width = std::max(width, Width(name));
  std::string lines;
  for (const auto& [name, value] : values) absl::StrAppend(&lines, indent, Padded(name, width), "  ", value, "\n");
  std::string text;
  for (const std::string& paragraph : {decision, lines, sections, more}) AppendParagraph(text, paragraph);
  return text;
}

}  // namespace

std::string Printable(absl::string_view text) {
  std::string printable(text);
  for (char& c : printable) {
    if (absl::ascii_iscntrl(c)) c = ' ';
  }
  return printable;
}

std::string VerdictOf(const v1::Decision& decision) {
  if (decision.allowed()) return "ALLOWED";
  return absl::StrCat("DENIED ", decision.bindings().empty() ? WriteReason(decision.reason())
                                                             : WriteBinding(decision.bindings(0), decision.currency()));
}

std::string RenderForPeople(const Message& message, const std::vector<std::string>& columns) {
  return RenderMessage(message, "", "", true, columns);
}

std::string RenderJson(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  return status.ok() ? json : "{}\n";
}

}  // namespace bursar::cli
