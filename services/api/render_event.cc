#include "services/api/render_event.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace bursar {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// The message of the kind that is set; nullptr where none is.
const Message* KindOf(const storage::v1::Event& event) {
  const auto& reflection = *event.GetReflection();
  const auto* field = reflection.GetOneofFieldDescriptor(event, event.GetDescriptor()->FindOneofByName("kind"));
  return field == nullptr ? nullptr : &reflection.GetMessage(event, field);
}

// Numbers whose texts lead somewhere.
std::string ReferenceTo(const std::string& field, uint64_t number) {
  for (const char* prefix : {"hold", "credit", "project", "increase", "change", "setup"}) {
    if (field == prefix) return absl::StrCat(prefix, "-", number);
  }
  if (field == "purchase_order") return absl::StrCat("order-", number);
  if (field == "pending_increase" || field == "superseded_by") return absl::StrCat("increase-", number);
  return absl::StrCat(number);
}

std::string NumberText(const std::string& field, int64_t number) {
  if (!absl::EndsWith(field, "_time")) return absl::StrCat(number);
  return absl::FormatTime(absl::RFC3339_full, absl::FromUnixMicros(number), absl::UTCTimeZone());
}

class Flattening {
 public:
  explicit Flattening(v1::Event& event) : event_(event) {}

  void Add(const Message& message, const std::string& path) {
    const auto& reflection = *message.GetReflection();
    std::vector<const FieldDescriptor*> fields;
    reflection.ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      const std::string name = absl::StrCat(path, path.empty() ? "" : ".", field->name());
      if (!field->is_repeated()) {
        AddValue(message, *field, -1, name);
        continue;
      }
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        AddValue(message, *field, i, absl::StrCat(name, "[", i, "]"));
      }
    }
  }

 private:
  // `index` is -1 for what is not a list.
  void AddValue(const Message& message, const FieldDescriptor& field, int index, const std::string& name) {
    const auto& reflection = *message.GetReflection();
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (field.message_type() == storage::v1::PersonalData::descriptor()) return;
      return Add(
          index < 0 ? reflection.GetMessage(message, &field) : reflection.GetRepeatedMessage(message, &field, index),
          name);
    }
    // The halves of mailed links are the only bytes there are.
    if (field.type() == FieldDescriptor::TYPE_BYTES) return;
    auto& attribute = *event_.add_attributes();
    attribute.set_name(name);
    attribute.set_value(Text(message, field, index));
  }

  static std::string Text(const Message& message, const FieldDescriptor& field, int index) {
    const auto& reflection = *message.GetReflection();
    if (index >= 0) return reflection.GetRepeatedString(message, &field, index);
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection.GetString(message, &field);
      case FieldDescriptor::CPPTYPE_INT32:
        return absl::StrCat(reflection.GetInt32(message, &field));
      case FieldDescriptor::CPPTYPE_INT64:
        return NumberText(field.name(), reflection.GetInt64(message, &field));
      case FieldDescriptor::CPPTYPE_UINT64:
        return ReferenceTo(field.name(), reflection.GetUInt64(message, &field));
      case FieldDescriptor::CPPTYPE_BOOL:
        return reflection.GetBool(message, &field) ? "true" : "false";
      case FieldDescriptor::CPPTYPE_ENUM:
        return reflection.GetEnum(message, &field)->name();
      case FieldDescriptor::CPPTYPE_UINT32:
      case FieldDescriptor::CPPTYPE_FLOAT:
      case FieldDescriptor::CPPTYPE_DOUBLE:
      case FieldDescriptor::CPPTYPE_MESSAGE:
        break;
    }
    return "";
  }

  v1::Event& event_;
};

}  // namespace

v1::Event ToEvent(const storage::v1::Event& event) {
  v1::Event shown;
  const Message* kind = KindOf(event);
  if (kind == nullptr) return shown;
  shown.set_type(kind->GetDescriptor()->name());
  Flattening(shown).Add(*kind, "");
  return shown;
}

bool IsAbout(const storage::v1::Event& event, const std::string& account) {
  const Message* kind = KindOf(event);
  if (kind == nullptr) return false;
  const auto& type = *kind->GetDescriptor();
  const auto& reflection = *kind->GetReflection();
  // Another payer's costs are none of the user's business, even where the user caused them.
  if (const auto* payer = type.FindFieldByName("billing_account")) return reflection.GetString(*kind, payer) == account;
  for (const char* owner : {"user_id", "organization_id"}) {
    const auto* field = type.FindFieldByName(owner);
    if (field != nullptr && reflection.GetString(*kind, field) == account) return true;
  }
  return false;
}

}  // namespace bursar
