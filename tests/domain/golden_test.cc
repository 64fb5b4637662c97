// Every log ever written stays readable. The files in golden/ are never edited, only added (see its README).
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "bursar/storage/v1/entry.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "ledger/domain/balance.h"
#include "ledger/domain/postings.h"

namespace bursar {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::TextFormat;
using storage::v1::Entry;
using storage::v1::Event;

struct Golden {
  std::string event;  // name of the kind, as in "hold_placed"
  Entry expected;
  std::string stored;
};

Golden Read(const std::filesystem::path& file) {
  std::ostringstream content;
  content << std::ifstream(file).rdbuf();
  const std::vector<std::string> halves = absl::StrSplit(content.str(), "--- the same, as stored:\n");
  EXPECT_EQ(halves.size(), 2u) << file;
  Golden golden;
  golden.event = std::string(*absl::StrSplit(file.filename().string(), '.').begin());
  EXPECT_TRUE(TextFormat::ParseFromString(halves[0], &golden.expected)) << file;
  golden.stored = absl::HexStringToBytes(absl::StrReplaceAll(halves[1], {{"\n", ""}}));
  return golden;
}

std::vector<Golden> AllGoldens() {
  std::vector<Golden> goldens;
  for (const auto& file : std::filesystem::directory_iterator(BURSAR_SOURCE_DIR "/tests/domain/golden")) {
    if (file.path().extension() == ".txt") goldens.push_back(Read(file.path()));
  }
  return goldens;
}

// Names of all fields that are set somewhere inside, as "bursar.storage.v1.Part.credit".
void Collect(const Message& message, std::set<std::string>& names) {
  std::vector<const FieldDescriptor*> fields;
  const Reflection& reflection = *message.GetReflection();
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    names.insert(field->full_name());
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) Collect(reflection.GetMessage(message, field), names);
    for (int i = 0; field->is_repeated() && i < reflection.FieldSize(message, field); ++i) {
      Collect(reflection.GetRepeatedMessage(message, field, i), names);
    }
  }
}

void CollectAll(const Descriptor& type, std::set<std::string>& names) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (names.insert(field->full_name()).second && field->message_type() != nullptr)
      CollectAll(*field->message_type(), names);
  }
}

TEST(Golden, StoredBytesAreReadAsWhatTheySaid) {
  for (const Golden& golden : AllGoldens()) {
    Entry entry;
    ASSERT_TRUE(entry.ParseFromString(golden.stored)) << golden.event;
    EXPECT_EQ(entry.DebugString(), golden.expected.DebugString());
    EXPECT_EQ(entry.SerializeAsString(), golden.stored) << golden.event << " would be written otherwise today";
  }
}

TEST(Golden, EveryKindOfEventAndEachOfItsFieldsHasOne) {
  std::set<std::string> kinds;
  std::set<std::string> fields;
  for (const Golden& golden : AllGoldens()) {
    kinds.insert(golden.event);
    EXPECT_EQ(
        golden.expected.events(0).GetDescriptor()->FindFieldByNumber(golden.expected.events(0).kind_case())->name(),
        golden.event);
    Collect(golden.expected, fields);
  }
  std::set<std::string> all_kinds;
  for (int i = 0; i < Event::descriptor()->field_count(); ++i) all_kinds.insert(Event::descriptor()->field(i)->name());
  EXPECT_EQ(kinds, all_kinds);
  std::set<std::string> all_fields;
  CollectAll(*Entry::descriptor(), all_fields);
  EXPECT_THAT(all_fields, testing::IsSubsetOf(fields));
}

TEST(Postings, OfEveryKindOfEventBalance) {
  for (const Golden& golden : AllGoldens()) {
    Money sum;
    for (const Posting& posting : PostingsOf(golden.expected.events(0))) {
      sum += posting.amount;
      EXPECT_EQ(posting.currency, "USD") << golden.event;
      EXPECT_EQ(posting.billing_account, AccountOf(golden.expected.events(0))) << golden.event;
    }
    EXPECT_EQ(sum, Money()) << golden.event;
  }
}

}  // namespace
}  // namespace bursar
