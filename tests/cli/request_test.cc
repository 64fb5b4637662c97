#include "services/cli/request.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "bursar/v1/account.pb.h"
#include "bursar/v1/billing.pb.h"
#include "bursar/v1/credit.pb.h"
#include "bursar/v1/finance.pb.h"
#include "bursar/v1/gate.pb.h"
#include "bursar/v1/policy.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "google/protobuf/util/time_util.h"
#include "gtest/gtest.h"

namespace bursar::cli {
namespace {

using google::protobuf::util::TimeUtil;
using testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'769'860'800);  // 2026-01-31T12:00:00Z

absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Written(
    const std::vector<std::string>& arguments, const std::map<std::string, std::string>& files = {}) {
  const absl::StatusOr<CommandLine> line = ReadCommandLine(arguments);
  if (!line.ok()) return line.status();
  const Reading reading{.now = kNow, .read_file = [&](const std::string& name) -> absl::StatusOr<std::string> {
                          const auto found = files.find(name);
                          if (found == files.end()) return absl::NotFoundError(absl::StrCat(name, " cannot be read."));
                          return found->second;
                        }};
  return RequestOf(*line, reading, "fresh");
}

template <class Request>
Request As(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& files = {}) {
  auto request = Written(arguments, files);
  EXPECT_TRUE(request.ok()) << request.status();
  return request.ok() ? dynamic_cast<Request&>(**request) : Request();
}

std::string WhyNot(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& files = {}) {
  return std::string(Written(arguments, files).status().message());
}

TEST(Request, HasFieldsOfNestedMessages) {
  const auto request =
      As<v1::SubmitAccountUpgradeRequest>({"billing", "submit-upgrade", "user-ada", "--contact.name",
                                           "Grace Tenderfoot", "--contact.postal-address", "1 Main St"});
  EXPECT_EQ(request.billing_account(), "user-ada");
  EXPECT_EQ(request.contact().name(), "Grace Tenderfoot");
  EXPECT_EQ(request.contact().postal_address(), "1 Main St");
}

TEST(Request, HasInlinedMessagesEvenWhenNothingIsWritten) {
  const auto request =
      As<v1::SetMemberAccessRequest>({"organization", "set-member-access", "org-lab", "--user-id", "user-bob"});
  EXPECT_TRUE(request.has_access());
  EXPECT_FALSE(request.access().admin());
  EXPECT_FALSE(As<v1::CaptureHoldRequest>({"gate", "capture-hold", "hold-1", "--amount", "0"}).has_usage());
}

TEST(Request, GetsAFreshIdUnlessOneIsWritten) {
  EXPECT_EQ(As<v1::ConfirmBillingRequest>({"billing", "confirm", "token"}).request_id(), "fresh");
  EXPECT_EQ(As<v1::ConfirmBillingRequest>({"billing", "confirm", "token", "--request-id", "mine"}).request_id(),
            "mine");
  EXPECT_EQ(As<v1::ConfirmBillingRequest>({"billing", "confirm", "--json-request", "r.json"},
                                          {{"r.json", R"({"request_id":"theirs"})"}})
                .request_id(),
            "theirs");
  EXPECT_NE(NewRequestId(), NewRequestId());
  EXPECT_LE(NewRequestId().size(), 64u);
}

TEST(Request, AnAmountMayNameItsCurrencyWhereThereIsAFieldForIt) {
  const auto request = As<v1::RecordPaymentRequest>({"billing", "record-payment", "org-lab", "--amount", "250.00 EUR"});
  EXPECT_EQ(request.amount_micros(), 250'000'000);
  EXPECT_EQ(request.currency(), "EUR");
  EXPECT_EQ(As<v1::RecordPaymentRequest>({"billing", "record-payment", "org-lab", "--amount", "250"}).currency(), "");
  EXPECT_THAT(WhyNot({"gate", "check", "analysis.run", "--cost", "5.00 USD"}),
              HasSubstr("--cost: \"5.00 USD\" names a currency, but this amount is in the billing account's own"));
  EXPECT_THAT(WhyNot({"credit", "grant", "org-lab", "--amount", "5.00 USD", "--currency", "EUR"}),
              HasSubstr("use one currency"));
}

TEST(Request, ATimeMayBeADistance) {
  const auto request =
      As<v1::PlaceHoldRequest>({"gate", "place-hold", "analysis.run", "--cost", "40", "--expire-time", "+24h"});
  EXPECT_EQ(TimeUtil::ToString(request.expire_time()), "2026-02-01T12:00:00Z");
  EXPECT_EQ(request.gated_action().cost_micros(), 40'000'000);
}

TEST(Request, AtTakesAPositionOrATime) {
  EXPECT_EQ(As<v1::GetBalanceRequest>({"finance", "balance", "org-lab", "--at", "120"}).at_position(), 120u);
  EXPECT_EQ(TimeUtil::ToString(As<v1::GetBalanceRequest>({"finance", "balance", "--at", "-1d"}).at_time()),
            "2026-01-30T12:00:00Z");
  EXPECT_EQ(TimeUtil::ToString(As<v1::GetPolicyRequest>({"policy", "show", "--at", "2026-01-01"}).at_time()),
            "2026-01-01T00:00:00Z");
  EXPECT_THAT(WhyNot({"finance", "balance", "--at", "yesterday"}), HasSubstr("--at: \"yesterday\" is not a time"));
}

TEST(Request, EnumsHaveShortNames) {
  EXPECT_EQ(
      As<v1::PublishTermsRequest>({"policy", "publish-terms", "2026-01", "--document", "pricing"}).terms().document(),
      v1::DOCUMENT_PRICING);
  EXPECT_EQ(WhyNot({"policy", "publish-terms", "2026-01", "--document", "prices"}),
            "--document: \"prices\" is not allowed; write one of: terms, pricing.");
}

TEST(Request, ListsOfMessagesComeFromAFile) {
  const std::map<std::string, std::string> files = {
      {"actions.json", R"([{"action": "analysis.run", "cost_micros": "5000000"}, {"action": "data.add"}])"},
      {"broken.json", "[{\"act\""},
      {"wrong.json", R"([{"acton": "analysis.run"}])"}};
  const auto request =
      As<v1::CheckBatchRequest>({"gate", "check-batch", "--gated-actions-file", "actions.json"}, files);
  ASSERT_EQ(request.gated_actions_size(), 2);
  EXPECT_EQ(request.gated_actions(0).cost_micros(), 5'000'000);
  EXPECT_EQ(WhyNot({"gate", "check-batch", "--gated-actions-file", "none.json"}, files),
            "--gated-actions-file: none.json cannot be read.");
  EXPECT_THAT(WhyNot({"gate", "check-batch", "--gated-actions-file", "broken.json"}, files),
              HasSubstr("broken.json does not hold a JSON list of GatedAction"));
  EXPECT_THAT(WhyNot({"gate", "check-batch", "--gated-actions-file", "wrong.json"}, files), HasSubstr("acton"));
}

TEST(Request, FlagsComeOnTopOfJson) {
  const auto request = As<v1::GrantCreditRequest>(
      {"credit", "grant", "--json-request", "grant.json", "--priority", "7"},
      {{"grant.json", R"({"billing_account": "org-lab", "amount_micros": "1000000", "priority": 3})"}});
  EXPECT_EQ(request.billing_account(), "org-lab");
  EXPECT_EQ(request.priority(), 7);
}

TEST(Request, APeriodIsWrittenAsPositionsOrTimes) {
  const auto request = As<v1::WhatIfRequest>(
      {"finance", "what-if", "org-lab", "--from", "120", "--to", "2026-01-01", "--limit", "50.00 USD"});
  EXPECT_EQ(request.from_position(), 120u);
  EXPECT_EQ(TimeUtil::ToString(request.to_time()), "2026-01-01T00:00:00Z");
  EXPECT_EQ(request.limit_micros(), 50'000'000);
  EXPECT_EQ(request.currency(), "USD");
  EXPECT_FALSE(As<v1::WhatIfRequest>({"finance", "what-if", "org-lab"}).has_limit_micros());
  EXPECT_THAT(WhyNot({"finance", "what-if", "--to", "later"}), HasSubstr("--to: \"later\" is not a time"));
}

TEST(Request, AnExplanationIsOfAPositionOrOfAnAction) {
  EXPECT_EQ(As<v1::ExplainDecisionRequest>({"finance", "explain", "15"}).position(), 15u);
  const auto request =
      As<v1::ExplainDecisionRequest>({"finance", "explain", "--action", "analysis.run", "--cost", "5", "--at", "12"});
  EXPECT_EQ(request.gated_action().cost_micros(), 5'000'000);
  EXPECT_EQ(request.at_position(), 12u);
  EXPECT_THAT(WhyNot({"finance", "explain", "15", "--action", "analysis.run"}), HasSubstr("exclude each other"));
}

TEST(Request, FlagsThatExcludeEachOtherAreRefused) {
  EXPECT_EQ(WhyNot({"gate", "capture-hold", "hold-1", "--amount", "5", "--sku", "compute.mem1"}),
            "--amount and --sku exclude each other; write one of them.");
  EXPECT_EQ(As<v1::CaptureHoldRequest>({"gate", "capture-hold", "hold-1", "--sku", "a", "--quantity", "9"})
                .usage()
                .quantity(),
            9);
}

TEST(Request, AWrongNumberGetsASentence) {
  EXPECT_EQ(WhyNot({"credit", "grant", "org-lab", "--priority", "high"}),
            "--priority: \"high\" is not allowed; write a whole number from -2147483648 to 2147483647.");
  EXPECT_EQ(WhyNot({"gate", "check", "a", "--min-position", "-1"}),
            "--min-position: \"-1\" is not allowed; write a whole number from 0 to 9223372036854775807.");
  EXPECT_EQ(WhyNot({"gate", "check", "a", "--validate-only=perhaps"}),
            "--validate-only: \"perhaps\" is not yes or no; write true or false.");
}

TEST(FlagOfPath, NamesFieldsAsTheyAreWritten) {
  const auto flags = FlagsOf(*v1::PlaceHoldRequest::descriptor(), {"gated_action"});
  EXPECT_EQ(FlagOfPath("gated_action.cost_micros", flags), "--cost");
  EXPECT_EQ(FlagOfPath("request_id", flags), "--request-id");
  EXPECT_EQ(FlagOfPath("unknown", flags), "unknown");
  const auto batch = FlagsOf(*v1::CheckBatchRequest::descriptor(), {});
  EXPECT_EQ(FlagOfPath("gated_actions[3].action", batch), "--gated-actions-file [3].action");
}

}  // namespace
}  // namespace bursar::cli
