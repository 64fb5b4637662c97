// Whatever a client can send wrong is refused as INVALID_ARGUMENT with the field's name, and changes nothing.
//
// The table of wrong values is per type and format, and is applied to every field of every method by reflection: a new
// field cannot be forgotten, and one without a rule fails here.
#include <condition_variable>
#include <cstdlib>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bursar/v1/account.pb.h"
#include "bursar/v1/gate.pb.h"
#include "bursar/v1/rules.pb.h"
#include "bursar/v1/usage.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/stubs/logging.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "ledger/base/clock.h"
#include "ledger/domain/refusals.h"
#include "ledger/log/memory_log.h"
#include "services/api/access.h"
#include "services/api/call_log.h"
#include "services/api/calls.h"
#include "services/api/validate.h"
#include "tests/services/allocated.h"

namespace bursar {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What each format takes and does not take. Too long and not UTF-8 are added for all of them.
struct Texts {
  std::string right;
  std::vector<std::string> wrong;
};

const std::map<v1::Format, Texts>& TextsOf() {
  static const std::map<v1::Format, Texts> texts = {
      {v1::FORMAT_HANDLE, {"Ada.L", {"a", ".ada", "ada-", "a da", "ädä", "a\nb"}}},
      {v1::FORMAT_USER, {"user-ada", {"ada", "user-", "user-Ada", "org-lab", "user-a b", "user-ada\n"}}},
      {v1::FORMAT_ORGANIZATION, {"org-lab", {"lab", "org-", "org-Lab", "user-ada"}}},
      {v1::FORMAT_BILLING_ACCOUNT, {"org-lab", {"lab", "org-", "project-7", "user-Ada"}}},
      {v1::FORMAT_PROJECT,
       {"project-7",
        {"7", "project-", "project-0", "project-07", "project--1", "hold-7", "project-18446744073709551616"}}},
      {v1::FORMAT_HOLD, {"hold-7", {"7", "hold-0", "hold-x", "project-7"}}},
      {v1::FORMAT_INCREASE, {"increase-7", {"7", "increase-0", "increase-07", "hold-7"}}},
      {v1::FORMAT_BUDGET, {"budget-7", {"7", "budget-0", "hold-7"}}},
      {v1::FORMAT_BILLING_CHANGE, {"change-7", {"7", "change-0", "hold-7"}}},
      {v1::FORMAT_ASSISTED_SETUP, {"setup-7", {"7", "setup-0", "hold-7"}}},
      {v1::FORMAT_CHARGE, {"charge-7", {"7", "charge-0", "hold-7"}}},
      {v1::FORMAT_CREDIT, {"credit-7", {"7", "credit-0", "hold-7"}}},
      {v1::FORMAT_QUARANTINE, {"quarantine-7", {"7", "quarantine-0", "hold-7"}}},
      {v1::FORMAT_TIME_ZONE, {"Europe/Berlin", {"Europe Berlin", "a.b", "../etc"}}},
      {v1::FORMAT_MONTH, {"2026-03", {"2026-13", "2026-3", "26-03", "2026-00", "2026/03", "+026-03"}}},
      {v1::FORMAT_ISSUER, {"https://login.example.org", {"http://login.example.org", "login", "https://a b"}}},
      {v1::FORMAT_SUBJECT, {"4711-0815", {"a b", "a\n"}}},
      {v1::FORMAT_EVENT_TYPE, {"HoldPlaced", {"hold_placed", "Hold Placed", "Hold1"}}},
      {v1::FORMAT_ACTION, {"analysis.run", {"Analysis", "a b", "a:b", "a\tb"}}},
      {v1::FORMAT_CURRENCY, {"USD", {"usd", "US", "USDD", "U D", "$"}}},
      {v1::FORMAT_REGION, {"azure:westus", {"Azure", "a b", "a/b"}}},
      {v1::FORMAT_EMAIL, {"ada@example.org", {"ada", "@example.org", "ada@", "a@b@c", "a da@example.org", "a@b\n"}}},
      {v1::FORMAT_PHONE, {"+1 555 0100", {"1234", "phone", "+++++", "12345\n"}}},
      {v1::FORMAT_TEXT, {"Ada Quillfeather", {"a\nb", "\x01", "   ", "a\x7F", "a\xC2\x85", "a\xE2\x80\xA8"}}},
      {v1::FORMAT_NOTE, {"1 Main St\nSpringfield", {"a\x01", "\n \n", "a\x7F"}}},
      {v1::FORMAT_TOKEN, {"abc.def", {"a b", "a\n"}}},
      {v1::FORMAT_REQUEST_ID, {"request-1", {"a b", "ä", "a\n"}}},
      {v1::FORMAT_SKU, {"compute.mem1", {"a b", "a/b", "ä"}}},
      {v1::FORMAT_PARTNER, {"sjcloudplatform", {"a", "SJ", "s j"}}},
      {v1::FORMAT_LABEL, {"2026-01", {"a b", "a/b", "ä"}}},
      {v1::FORMAT_URL, {"https://example.org/terms", {"example.org", "ftp://a", "javascript:x", "https://a b"}}},
      // "none.such" in base64url; the right form of a token that was never given.
      {v1::FORMAT_PAGE_TOKEN, {"dXNlci1hZGE=", {"a b", "\x7F"}}},
  };
  return texts;
}

// Fills every field with something that has its form; of a choice the last one.
void FillRight(Message& message);

void SetRight(Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  const v1::Rule& rule = field.options().GetExtension(v1::rule);
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string& text = TextsOf().at(rule.format()).right;
      if (field.is_repeated()) return reflection.AddString(&message, &field, text);
      return reflection.SetString(&message, &field, text);
    }
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.SetInt32(&message, &field, static_cast<int32_t>(rule.min()));
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.SetInt64(&message, &field, rule.min());
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection.SetUInt64(&message, &field, static_cast<uint64_t>(rule.min()));
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection.SetEnumValue(&message, &field, 1);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return FillRight(field.is_repeated() ? *reflection.AddMessage(&message, &field)
                                           : *reflection.MutableMessage(&message, &field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return;
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      FAIL() << field.full_name() << " has a type without rules";
  }
}

void FillRight(Message& message) {
  if (message.GetDescriptor() == google::protobuf::Timestamp::descriptor()) {
    static_cast<google::protobuf::Timestamp&>(message).set_seconds(1'780'000'000);
    return;
  }
  if (message.GetDescriptor() == google::protobuf::Duration::descriptor()) {
    static_cast<google::protobuf::Duration&>(message).set_seconds(90);
    return;
  }
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i)
    SetRight(message, *message.GetDescriptor()->field(i));
}

std::vector<const MethodDescriptor*> AllMethods() {
  std::vector<const MethodDescriptor*> methods;
  for (const auto* service : Calls::Services()) {
    for (int i = 0; i < service->method_count(); ++i) methods.push_back(service->method(i));
  }
  return methods;
}

std::unique_ptr<Message> NewRequest(const MethodDescriptor& method) {
  return std::unique_ptr<Message>(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(method.input_type())->New());
}

// Somebody who may call the method.
Principal CallerOf(const MethodDescriptor& method) {
  for (const char* text : {"user-ada", "service-portal", "operator-olga", "finance-fay", "support-sam"}) {
    const Principal principal = *Principal::Parse(text);
    if (MayCall(method, principal).ok()) return principal;
  }
  return {};
}

std::vector<std::string> FieldsOf(const absl::Status& status) {
  google::rpc::BadRequest request;
  const auto payload = status.GetPayload("type.googleapis.com/google.rpc.BadRequest");
  if (payload.has_value()) request.ParseFromString(std::string(*payload));
  std::vector<std::string> fields;
  for (const auto& violation : request.field_violations()) fields.push_back(violation.field());
  return fields;
}

class BadInput : public ::testing::Test {
 protected:
  BadInput() : silence_(), links_(LinkKey::Fresh()) {
    SetCallLog(false);
    auto ledger =
        Ledger::Open({.log = &log_, .clock = &clock_, .on_failure = [](const absl::Status&) { std::abort(); }});
    EXPECT_TRUE(ledger.ok()) << ledger.status();
    ledger_ = *std::move(ledger);
    calls_ = std::make_unique<Calls>(*ledger_, links_);
  }

  absl::Status Serve(const MethodDescriptor& method, const Principal& caller, absl::string_view bytes) {
    struct Outcome {
      std::mutex mutex;
      std::condition_variable changed;
      std::optional<absl::Status> status;
    };
    const auto outcome = std::make_shared<Outcome>();
    if (method.server_streaming()) return ServeStream(method, caller, bytes);
    calls_->Serve({.principal = caller, .method = &method}, bytes,
                  [outcome](const absl::Status& status, const Message*) {
                    const std::lock_guard<std::mutex> lock(outcome->mutex);
                    outcome->status = status;
                    outcome->changed.notify_one();
                  });
    std::unique_lock<std::mutex> lock(outcome->mutex);
    outcome->changed.wait(lock, [&] { return outcome->status.has_value(); });
    return *outcome->status;
  }

  // How a stream ends that begins with this message; OK where it does not.
  absl::Status ServeStream(const MethodDescriptor& method, const Principal& caller, absl::string_view bytes) {
    // Refusals of a message's form come before Receive returns.
    class Out : public StreamOut {
     public:
      void Want() override {}
      void Send(std::string) override {}
      void End(const absl::Status& status) override { ends.push_back(status); }
      void Cut() override {}
      std::vector<absl::Status> ends;
    };
    const auto out = std::make_shared<Out>();
    const auto stream = calls_->Open({.principal = caller, .method = &method}, out);
    if (stream != nullptr) {
      stream->Receive(bytes);
      stream->Closed();
    }
    return out->ends.empty() ? absl::OkStatus() : out->ends.front();
  }

  // That the request is refused because of `field`, and that nothing was written.
  void ExpectRefused(const MethodDescriptor& method, const Message& request, const std::string& field,
                     const std::string& wrong) {
    ++refused_;
    std::string bytes;
    request.AppendPartialToString(&bytes);
    const absl::Status status = Serve(method, CallerOf(method), bytes);
    const std::string what = absl::StrCat(method.full_name(), " with ", field, " ", wrong);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << what << ": " << status;
    EXPECT_THAT(FieldsOf(status), Contains(field)) << what << ": " << status;
    EXPECT_EQ(ReasonOf(status), "INVALID_FIELD") << what;
    EXPECT_EQ(log_.Last().position, 0U) << what;
  }

  // Breaks each field of `here`, which stands at `path` in `request`, in each way there is.
  void BreakFields(const MethodDescriptor& method, const Message& request, Message& here, const std::string& path);
  void BreakField(const MethodDescriptor& method, const Message& request, Message& here, const FieldDescriptor& field,
                  const std::string& path);
  void BreakText(const MethodDescriptor& method, const Message& request, Message& here, const FieldDescriptor& field,
                 const std::string& path);
  void BreakNumber(const MethodDescriptor& method, const Message& request, Message& here, const FieldDescriptor& field,
                   const std::string& path);
  void BreakTime(const MethodDescriptor& method, const Message& request, Message& here, const std::string& path);
  void BreakDuration(const MethodDescriptor& method, const Message& request, Message& here, const std::string& path);

  google::protobuf::LogSilencer silence_;
  MemoryLog log_;
  ManualClock clock_{absl::FromUnixSeconds(1'770'000'000)};
  const LinkKey links_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Calls> calls_;
  int refused_ = 0;
};

void BadInput::BreakText(const MethodDescriptor& method, const Message& request, Message& here,
                         const FieldDescriptor& field, const std::string& path) {
  const auto& reflection = *here.GetReflection();
  const v1::Rule& rule = field.options().GetExtension(v1::rule);
  std::vector<std::string> wrong = TextsOf().at(rule.format()).wrong;
  wrong.push_back(std::string(5'000, 'a'));
  wrong.push_back("\xFF\xFE");
  wrong.push_back("a\xC0\x80");
  if (rule.required() || field.is_repeated()) wrong.push_back("");
  for (const std::string& text : wrong) {
    if (field.is_repeated()) {
      reflection.SetRepeatedString(&here, &field, 0, text);
    } else {
      reflection.SetString(&here, &field, text);
    }
    ExpectRefused(method, request, path, absl::StrCat("'", text.substr(0, 40), "'"));
  }
}

void BadInput::BreakNumber(const MethodDescriptor& method, const Message& request, Message& here,
                           const FieldDescriptor& field, const std::string& path) {
  const auto& reflection = *here.GetReflection();
  const v1::Rule& rule = field.options().GetExtension(v1::rule);
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64) {
    std::vector<uint64_t> wrong = {static_cast<uint64_t>(rule.max()) + 1, std::numeric_limits<uint64_t>::max()};
    if (rule.min() > 0) wrong.push_back(static_cast<uint64_t>(rule.min()) - 1);
    for (const uint64_t number : wrong) {
      reflection.SetUInt64(&here, &field, number);
      ExpectRefused(method, request, path, absl::StrCat(number));
    }
    return;
  }
  const bool wide = field.cpp_type() == FieldDescriptor::CPPTYPE_INT64;
  const int64_t least = wide ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int32_t>::min();
  const int64_t most = wide ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int32_t>::max();
  for (const int64_t number : {rule.min() - 1, rule.max() + 1, least, most}) {
    if (wide) {
      reflection.SetInt64(&here, &field, number);
    } else {
      reflection.SetInt32(&here, &field, static_cast<int32_t>(number));
    }
    ExpectRefused(method, request, path, absl::StrCat(number));
  }
}

void BadInput::BreakTime(const MethodDescriptor& method, const Message& request, Message& here,
                         const std::string& path) {
  auto& time = static_cast<google::protobuf::Timestamp&>(here);
  const auto right = time;
  for (const int64_t seconds : {int64_t{0}, int64_t{-1}, int64_t{946'684'799}, int64_t{7'258'118'400},
                                std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()}) {
    time.set_seconds(seconds);
    ExpectRefused(method, request, path, absl::StrCat(seconds, " s"));
  }
  time = right;
  for (const int32_t nanos : {-1, 1'000'000'000, std::numeric_limits<int32_t>::min()}) {
    time.set_nanos(nanos);
    ExpectRefused(method, request, path, absl::StrCat(nanos, " ns"));
  }
  time = right;
}

void BadInput::BreakDuration(const MethodDescriptor& method, const Message& request, Message& here,
                             const std::string& path) {
  auto& duration = static_cast<google::protobuf::Duration&>(here);
  const auto right = duration;
  for (const int64_t seconds : {int64_t{0}, int64_t{-1}, int64_t{3'155'760'000}, std::numeric_limits<int64_t>::max(),
                                std::numeric_limits<int64_t>::min()}) {
    duration.set_seconds(seconds);
    ExpectRefused(method, request, path, absl::StrCat(seconds, " s"));
  }
  duration = right;
  for (const int32_t nanos : {-1, 1'000'000'000, std::numeric_limits<int32_t>::min()}) {
    duration.set_nanos(nanos);
    ExpectRefused(method, request, path, absl::StrCat(nanos, " ns"));
  }
  duration.set_seconds(0);
  duration.set_nanos(999);
  ExpectRefused(method, request, path, "less than a microsecond");
  duration = right;
}

void BadInput::BreakField(const MethodDescriptor& method, const Message& request, Message& here,
                          const FieldDescriptor& field, const std::string& path) {
  const auto& reflection = *here.GetReflection();
  const v1::Rule& rule = field.options().GetExtension(v1::rule);
  const std::string item = field.is_repeated() ? absl::StrCat(path, "[0]") : path;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      BreakText(method, request, here, field, item);
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      reflection.SetEnumValue(&here, &field, 99);
      ExpectRefused(method, request, path, "99");
      reflection.SetEnumValue(&here, &field, 0);
      if (rule.required()) ExpectRefused(method, request, path, "unspecified");
      break;
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      Message& inner = field.is_repeated() ? *reflection.MutableRepeatedMessage(&here, &field, 0)
                                           : *reflection.MutableMessage(&here, &field);
      BreakFields(method, request, inner, item);
      break;
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      return;
    default:
      BreakNumber(method, request, here, field, path);
  }
  if (field.is_repeated()) {
    ASSERT_GT(rule.max_items(), 0) << field.full_name() << " may be of any length";
    while (reflection.FieldSize(here, &field) <= rule.max_items()) SetRight(here, field);
    ExpectRefused(method, request, path, "with too many items");
  }
  if (field.is_repeated() || field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    reflection.ClearField(&here, &field);
    if (rule.required()) ExpectRefused(method, request, path, "missing");
  }
}

void BadInput::BreakFields(const MethodDescriptor& method, const Message& request, Message& here,
                           const std::string& path) {
  if (here.GetDescriptor() == google::protobuf::Timestamp::descriptor()) return BreakTime(method, request, here, path);
  if (here.GetDescriptor() == google::protobuf::Duration::descriptor()) {
    return BreakDuration(method, request, here, path);
  }
  const std::unique_ptr<Message> right(here.New());
  right->CopyFrom(here);
  const std::string prefix = path.empty() ? "" : path + ".";
  for (int i = 0; i < here.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *here.GetDescriptor()->field(i);
    if (!field.is_repeated() && field.real_containing_oneof() != nullptr) SetRight(here, field);
    BreakField(method, request, here, field, prefix + field.name());
    here.CopyFrom(*right);
  }
  for (int i = 0; i < here.GetDescriptor()->real_oneof_decl_count(); ++i) {
    const auto& choice = *here.GetDescriptor()->oneof_decl(i);
    if (!choice.options().GetExtension(v1::choice_required)) continue;
    here.GetReflection()->ClearOneof(&here, &choice);
    ExpectRefused(method, request, prefix + choice.name(), "not chosen");
    here.CopyFrom(*right);
  }
}

TEST_F(BadInput, IsRefusedInEveryFieldOfEveryMethod) {
  for (const MethodDescriptor* method : AllMethods()) {
    const auto request = NewRequest(*method);
    FillRight(*request);
    ASSERT_TRUE(Validate(*request).ok()) << method->full_name() << ": " << Validate(*request);
    BreakFields(*method, *request, *request, "");
  }
  RecordProperty("refused", refused_);
  // As many as there were when this was written; fewer mean that the walk has lost its way.
  EXPECT_GT(refused_, 1'200);
}

void ExpectRules(const google::protobuf::Descriptor& type) {
  if (&type == google::protobuf::Timestamp::descriptor() || &type == google::protobuf::Duration::descriptor()) return;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const v1::Rule& rule = field.options().GetExtension(v1::rule);
    if (field.is_repeated()) {
      EXPECT_GT(rule.max_items(), 0) << field.full_name();
    }
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        EXPECT_TRUE(TextsOf().contains(rule.format())) << field.full_name() << " has no format";
        break;
      case FieldDescriptor::CPPTYPE_INT32:
      case FieldDescriptor::CPPTYPE_INT64:
        EXPECT_TRUE(rule.has_min() && rule.has_max()) << field.full_name() << " has no range";
        break;
      case FieldDescriptor::CPPTYPE_UINT64:
        EXPECT_TRUE(rule.has_max()) << field.full_name() << " has no range";
        break;
      case FieldDescriptor::CPPTYPE_MESSAGE:
        ExpectRules(*field.message_type());
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
      case FieldDescriptor::CPPTYPE_BOOL:
        break;
      default:
        ADD_FAILURE() << field.full_name() << " has a type without rules";
    }
  }
}

TEST(Rules, AreWrittenForEveryFieldOfEveryRequest) {
  for (const MethodDescriptor* method : AllMethods()) ExpectRules(*method->input_type());
}

TEST(Rules, HaveATestForEveryFormat) {
  for (int i = 1; i < v1::Format_descriptor()->value_count(); ++i) {
    const auto* value = v1::Format_descriptor()->value(i);
    const auto format = static_cast<v1::Format>(value->number());
    ASSERT_TRUE(TextsOf().contains(format)) << value->name();
    EXPECT_EQ(ProblemOf(format, TextsOf().at(format).right), "") << value->name();
  }
}

TEST_F(BadInput, NamesAllWrongFieldsAndSaysTheFirst) {
  v1::RegisterUserRequest request;
  request.set_request_id("r");
  request.set_handle("ada");
  const absl::Status status =
      Serve(*v1::RegisterUserRequest::descriptor()->file()->service(0)->FindMethodByName("RegisterUser"), {},
            request.SerializeAsString());
  EXPECT_THAT(FieldsOf(status), ElementsAre("name", "email", "currency"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("name"));
}

const MethodDescriptor& MethodNamed(const std::string& name) {
  for (const MethodDescriptor* method : AllMethods()) {
    if (method->name() == name) return *method;
  }
  std::abort();
}

// What the service asks for comes before what the request says.
TEST_F(BadInput, IsNotLookedAtWithoutPermission) {
  const absl::Status status = Serve(MethodNamed("GrantCredit"), *Principal::Parse("user-ada"), "\xFF");
  EXPECT_EQ(ReasonOf(status), "PERMISSION_DENIED") << status;
}

TEST_F(BadInput, NamesTheTextThatIsNotUtf8) {
  v1::RecordUsageRequest request;
  request.add_records();
  request.add_records()->mutable_usage()->set_sku("\xC3(");
  std::string bytes;
  request.AppendPartialToString(&bytes);
  const absl::Status status = Serve(MethodNamed("RecordUsage"), *Principal::Parse("service-portal"), bytes);
  EXPECT_THAT(FieldsOf(status), ElementsAre("records[1].usage.sku")) << status;
}

TEST_F(BadInput, IsRefusedWhereTheBytesAreNoMessage) {
  const Principal portal = *Principal::Parse("service-portal");
  for (const std::string& bytes :
       {std::string("\xFF"), std::string("\x0A\x7F"), std::string("\x0A\xFF\xFF\xFF\xFF\xFF\x7F"),
        std::string("\x00\x01", 2), std::string("\x0C"), std::string(20, '\xFF')}) {
    const absl::Status status = Serve(MethodNamed("Check"), portal, bytes);
    EXPECT_EQ(ReasonOf(status), "INVALID_FIELD") << status;
    EXPECT_THAT(FieldsOf(status), ElementsAre("request")) << status;
  }
}

// Bytes allocated by refusing this.
class Cost {
 public:
  size_t bytes() const { return Allocated() - before_; }

 private:
  const size_t before_ = Allocated();
};
constexpr size_t kLittle = 64 * 1024;

TEST_F(BadInput, RefusesAMillionItemsInConstantMemory) {
  const Principal portal = *Principal::Parse("service-portal");
  std::string bytes;
  for (int i = 0; i < 1'000'000; ++i) bytes.append("\x0A\x00", 2);
  for (const char* name : {"CheckBatch", "RecordUsage", "WatchFunds"}) {
    // What is made at the first refusal of its kind does not count.
    Serve(MethodNamed(name), portal, bytes).IgnoreError();
    const Cost cost;
    const absl::Status status = Serve(MethodNamed(name), portal, bytes);
    EXPECT_LT(cost.bytes(), kLittle);
    EXPECT_EQ(ReasonOf(status), "INVALID_FIELD") << status;
  }
}

TEST_F(BadInput, RefusesNestedBombsInConstantMemory) {
  const Principal portal = *Principal::Parse("service-portal");
  // A million groups, one inside the other.
  const std::string groups(1'000'000, '\x7B');
  // Messages within messages of a field that is not known: never looked into.
  const std::string unknown = absl::StrCat("\x7A\x80\x80\x40", std::string(1 << 20, '\x7A'));
  // A million fields that are not known.
  std::string many;
  for (int i = 0; i < 1'000'000; ++i) many.append("\x78\x01", 2);
  for (const std::string& bytes : {groups, many}) {
    const Cost cost;
    const absl::Status status = Serve(MethodNamed("Check"), portal, bytes);
    EXPECT_LT(cost.bytes(), kLittle);
    EXPECT_EQ(ReasonOf(status), "INVALID_FIELD") << status;
  }
  const Cost cost;
  EXPECT_EQ(ReasonOf(Serve(MethodNamed("Check"), portal, unknown)), "INVALID_FIELD");
  EXPECT_LT(cost.bytes(), 2 * unknown.size() + kLittle);
}

// What is in no field's rule, because it depends on the caller.
TEST_F(BadInput, NamesTheUserThatOnlyAUserMayLeaveOut) {
  v1::CheckRequest request;
  request.mutable_gated_action()->set_action("analysis.run");
  const absl::Status status =
      Serve(MethodNamed("Check"), *Principal::Parse("service-portal"), request.SerializeAsString());
  EXPECT_THAT(FieldsOf(status), ElementsAre("gated_action.user_id")) << status;
}

TEST(Reasons, AreTheSameInTheRulesAndInTheApi) {
  ASSERT_EQ(v1::ErrorReason_descriptor()->value_count(), kReasonCount + 1);
  for (int i = 0; i < kReasonCount; ++i) {
    const auto* value = v1::ErrorReason_descriptor()->value(i + 1);
    EXPECT_EQ(value->name(), absl::StrCat("ERROR_REASON_", NameOf(static_cast<Reason>(i))));
    EXPECT_EQ(value->number(), i + 1);
  }
}

}  // namespace
}  // namespace bursar
