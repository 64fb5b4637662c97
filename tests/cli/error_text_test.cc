#include "services/cli/error_text.h"

#include "absl/strings/cord.h"
#include "bursar/v1/gate.pb.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace bursar::cli {
namespace {

using testing::HasSubstr;

template <class Detail>
void Add(absl::Status& status, const Detail& detail) {
  status.SetPayload("type.googleapis.com/" + detail.GetDescriptor()->full_name(),
                    absl::Cord(detail.SerializeAsString()));
}

absl::Status HandleTaken() {
  absl::Status status = absl::AlreadyExistsError("The handle ada is taken. Choose another.");
  google::rpc::ErrorInfo info;
  info.set_reason("HANDLE_TAKEN");
  (*info.mutable_metadata())["handle"] = "ada";
  Add(status, info);
  return status;
}

TEST(ErrorForPeople, GivesSentenceReasonAndTheWayToRepeat) {
  EXPECT_EQ(ErrorForPeople(HandleTaken(), {.server = "127.0.0.1:1", .request_id = "r-1"}),
            "Error: The handle ada is taken. Choose another.\n"
            "Reason: HANDLE_TAKEN (handle=ada)\n"
            "Nothing happened. To repeat it as the same request: --request-id r-1\n");
}

TEST(ErrorForPeople, NamesWrongFieldsByTheirFlagsAndInTheirUnits) {
  absl::Status status =
      absl::InvalidArgumentError("Field 'gated_action.cost_micros' has to be between 0 and 1000000000000000.");
  google::rpc::BadRequest wrong;
  wrong.add_field_violations()->set_field("gated_action.cost_micros");
  wrong.mutable_field_violations(0)->set_description("has to be between 0 and 1000000000000000");
  Add(status, wrong);
  const Asked asked{.flags = FlagsOf(*v1::CheckRequest::descriptor(), {"gated_action"})};
  EXPECT_EQ(ErrorForPeople(status, asked), "Error: --cost has to be 0.00 to 1000000000.00.\n");

  wrong.add_field_violations()->set_field("gated_action.action");
  wrong.mutable_field_violations(1)->set_description("has to be there");
  Add(status, wrong);
  EXPECT_EQ(ErrorForPeople(status, asked),
            "Error: Something is missing or malformed:\n"
            "  --cost has to be 0.00 to 1000000000.00\n"
            "  --action has to be there\n");
}

TEST(ErrorForPeople, SaysHowToReachAServer) {
  const std::string text =
      ErrorForPeople(absl::UnavailableError("connection refused"), {.server = "127.0.0.1:1", .request_id = "r-1"});
  EXPECT_THAT(text, HasSubstr("No server answers at 127.0.0.1:1. Start one with `bursar serve"));
  EXPECT_THAT(text, HasSubstr("Whether it happened is not known. Ask again with the same flags and --request-id r-1"));
}

TEST(ErrorAsJson, IsOneLine) {
  const std::string text = ErrorAsJson(HandleTaken(), {.request_id = "r-1"});
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["code"], "ALREADY_EXISTS");
  EXPECT_EQ(json["reason"], "HANDLE_TAKEN");
  EXPECT_EQ(json["metadata"]["handle"], "ada");
  EXPECT_EQ(json["request_id"], "r-1");
}

TEST(ExitCodeOf, TellsARefusalFromNoAnswer) {
  EXPECT_EQ(ExitCodeOf(HandleTaken()), kRefused);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("")), kNoAnswer);
  EXPECT_EQ(ExitCodeOf(absl::DeadlineExceededError("")), kNoAnswer);
}

}  // namespace
}  // namespace bursar::cli
