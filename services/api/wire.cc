#include "services/api/wire.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "bursar/v1/rules.pb.h"
#include "ledger/domain/refusals.h"
#include "services/api/utf8.h"

namespace bursar {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// Fields that a newer client may send and that we do not know.
constexpr int kMostUnknownFields = 1'000;
// Our requests nest three deep and hold no groups, so that a deeper one cannot be known.
constexpr int kMostDepth = 16;
// No message has more repeated fields.
constexpr size_t kMostLists = 8;

enum WireType { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

// Where in the request we are. Made into text only where something is wrong.
struct Place {
  const Place* outer = nullptr;
  const FieldDescriptor* field = nullptr;
  int index = -1;  // -1 for what is not a list
  int depth = 0;

  std::string text() const {
    if (field == nullptr) return "";
    std::string text = outer->text();
    absl::StrAppend(&text, text.empty() ? "" : ".", field->name());
    if (index >= 0) absl::StrAppend(&text, "[", index, "]");
    return text;
  }
};

class Walk {
 public:
  absl::Status Message(const Descriptor& type, absl::string_view bytes, const Place& place);

 private:
  absl::Status Field(absl::string_view value, const Place& place);

  int unknown_ = 0;
};

std::optional<uint64_t> TakeVarint(absl::string_view& bytes) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

// What stands for a field of this wire type; nullopt where the bytes end before, or the type is none.
std::optional<absl::string_view> TakeValue(uint64_t wire_type, absl::string_view& bytes) {
  size_t size = 0;
  switch (wire_type) {
    case kVarint: {
      const absl::string_view from = bytes;
      if (!TakeVarint(bytes).has_value()) return std::nullopt;
      return from.substr(0, from.size() - bytes.size());
    }
    case kFixed64:
      size = 8;
      break;
    case kFixed32:
      size = 4;
      break;
    case kBytes: {
      const auto length = TakeVarint(bytes);
      if (!length.has_value() || *length > bytes.size()) return std::nullopt;
      size = static_cast<size_t>(*length);
      break;
    }
    default:
      return std::nullopt;
  }
  if (size > bytes.size()) return std::nullopt;
  const absl::string_view value = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return value;
}

absl::Status Malformed(const Place& place) {
  return InvalidField(place.field == nullptr ? "request" : place.text(), "is not a well-formed message");
}

// Items of each list of one message.
class ListCounts {
 public:
  // How many there are with this one.
  int Count(int number) {
    for (size_t i = 0; i < kMostLists; ++i) {
      if (counts_[i].number == 0) counts_[i].number = number;
      if (counts_[i].number == number) return ++counts_[i].items;
    }
    return 0;
  }

 private:
  struct List {
    int number = 0;
    int items = 0;
  };
  std::array<List, kMostLists> counts_;
};

absl::Status TooMany(Place list, int most) {
  list.index = -1;
  return InvalidField(list.text(), absl::StrCat("may have at most ", most, " items"));
}

absl::Status Walk::Message(const Descriptor& type, absl::string_view bytes, const Place& place) {
  if (place.depth > kMostDepth) return Malformed(place);
  ListCounts lists;
  while (!bytes.empty()) {
    const auto tag = TakeVarint(bytes);
    if (!tag.has_value() || *tag >> 32 != 0 || *tag >> 3 == 0) return Malformed(place);
    const auto value = TakeValue(*tag & 7, bytes);
    if (!value.has_value()) return Malformed(place);
    const FieldDescriptor* field = type.FindFieldByNumber(static_cast<int>(*tag >> 3));
    if (field == nullptr && ++unknown_ > kMostUnknownFields)
      return InvalidField("request", "has too many unknown fields");
    if (field == nullptr || (*tag & 7) != kBytes) continue;
    Place inner{.outer = &place, .field = field, .depth = place.depth + 1};
    if (field->is_repeated()) {
      inner.index = lists.Count(field->number()) - 1;
      const int most = field->options().GetExtension(v1::rule).max_items();
      if (most > 0 && inner.index >= most) return TooMany(inner, most);
    }
    if (auto status = Field(*value, inner); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Walk::Field(absl::string_view value, const Place& place) {
  const FieldDescriptor& field = *place.field;
  if (field.type() == FieldDescriptor::TYPE_MESSAGE) return Message(*field.message_type(), value, place);
  if (field.type() == FieldDescriptor::TYPE_STRING && !IsUtf8(value))
    return InvalidField(place.text(), "is not UTF-8 text");
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckWire(const Descriptor& type, absl::string_view bytes) { return Walk().Message(type, bytes, Place()); }

}  // namespace bursar
