// People through the gRPC door: identities, mergers, closed users, and what strangers see of them.
#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bursar/v1/account.pb.h"
#include "bursar/v1/billing.pb.h"
#include "bursar/v1/policy.pb.h"
#include "bursar/v1/usage.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "ledger/base/clock.h"
#include "services/api/call_log.h"
#include "services/client/client.h"
#include "services/client/status.h"
#include "services/server/server.h"

namespace bursar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kIssuer[] = "https://login.example.org";

class People : public ::testing::Test {
 protected:
  People() {
    SetCallLog(false);
    Start();
    auto partner = Write<v1::PublishPartnerRequest>();
    partner.mutable_partner()->set_partner_id("brand");
    partner.mutable_partner()->set_display_name("Brand");
    partner.mutable_partner()->set_default_region("azure:westus");
    partner.mutable_partner()->add_identity_providers()->set_issuer(kIssuer);
    As<v1::PublishPartnerResponse>("operator-olga", partner);
    auto prices = Write<v1::PublishPriceListRequest>();
    prices.set_currency("USD");
    auto& price = *prices.add_prices();
    price.set_sku("compute.mem1");
    price.set_price_micros(1'000'000);
    price.set_per_quantity(1);
    price.set_category("compute");
    As<v1::PublishPriceListResponse>("operator-olga", prices);
  }
  ~People() override { std::filesystem::remove_all(folder_); }

  void Start() {
    server_.reset();
    auto server = Server::Start({.data_folder = folder_.string(), .create_if_missing = true, .clock = &clock_});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  template <class Response, class Request>
  absl::StatusOr<Response> Try(const std::string& principal, const Request& request) {
    const Client client(server_->InProcessChannel(),
                        {.principal = principal, .timeout = absl::Seconds(30), .attempts = 1});
    return client.Call<Response>(request);
  }
  template <class Response, class Request>
  Response As(const std::string& principal, const Request& request) {
    auto response = Try<Response>(principal, request);
    EXPECT_TRUE(response.ok()) << Request::descriptor()->name() << ": " << response.status();
    return response.ok() ? *std::move(response) : Response();
  }
  template <class Request>
  Request Write() {
    Request request;
    request.set_request_id(absl::StrCat("request-", ++requests_));
    return request;
  }

  v1::RegisterUserRequest Registration(const std::string& handle) {
    auto request = Write<v1::RegisterUserRequest>();
    request.set_handle(handle);
    request.set_name(absl::StrCat("Name of ", handle));
    request.set_email(absl::StrCat(handle, "@example.org"));
    request.set_partner_id("brand");
    request.set_currency("USD");
    return request;
  }
  v1::RegisterUserResponse Register(const std::string& handle) {
    return As<v1::RegisterUserResponse>("anonymous", Registration(handle));
  }
  void Merge(const std::string& from, const std::string& into) {
    auto merge = Write<v1::MergeUsersRequest>();
    merge.set_from_user_id(from);
    merge.set_into_user_id(into);
    merge.set_reason("the same person");
    As<v1::MergeUsersResponse>("support-sam", merge);
  }
  v1::User Seen(const std::string& principal, const std::string& user) {
    v1::GetUserRequest get;
    get.set_user_id(user);
    return As<v1::GetUserResponse>(principal, get).user();
  }
  int64_t Owed(const std::string& account) {
    v1::GetBillingAccountRequest get;
    get.set_billing_account(account);
    return As<v1::GetBillingAccountResponse>("support-sam", get).billing_account().balance().outstanding_micros();
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / absl::StrCat("bursar-people-",
                                                            ::testing::UnitTest::GetInstance()->random_seed(), "-",
                                                            absl::GetCurrentTimeNanos());
  ManualClock clock_{absl::FromUnixSeconds(1'790'000'000)};
  std::unique_ptr<Server> server_;
  int requests_ = 0;
};

TEST_F(People, A6_AnIdentityReachesTheAccountThatItIsLinkedTo) {
  Register("ada");
  auto link = Write<v1::LinkIdentityRequest>();
  link.set_user_id("user-ada");
  link.set_identity_issuer(kIssuer);
  link.set_identity_subject("ada-1");
  As<v1::LinkIdentityResponse>("support-sam", link);
  v1::GetUserRequest get;
  get.set_identity_issuer(kIssuer);
  get.set_identity_subject("ada-1");
  const v1::User user = As<v1::GetUserResponse>("service-portal", get).user();
  EXPECT_EQ(user.user_id(), "user-ada");
  ASSERT_EQ(user.identities_size(), 1);
  EXPECT_EQ(user.identities(0).subject(), "ada-1");
  EXPECT_FALSE(Try<v1::GetUserResponse>("user-ada", get).ok()) << "only who has heard the issuer asks by identity";
  get.set_identity_subject("ada-2");
  EXPECT_EQ(ErrorInfoOf(Try<v1::GetUserResponse>("service-portal", get).status())->reason(), "USER_NOT_FOUND");
}

TEST_F(People, A5_HalfAnIdentityIsNone) {
  v1::RegisterUserRequest request = Registration("ada");
  request.set_identity_issuer(kIssuer);
  const auto refused = Try<v1::RegisterUserResponse>("service-portal", request);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("identity_subject"));
}

TEST_F(People, AnotherRegionIsWarnedOf) {
  EXPECT_THAT(Register("ada").warnings(), IsEmpty());
  v1::RegisterUserRequest away = Registration("bob");
  away.set_region("aws:eu-central-1");
  EXPECT_THAT(As<v1::RegisterUserResponse>("anonymous", away).warnings(), ElementsAre(HasSubstr("egress")));
}

TEST_F(People, UsageOfAMergedUserIsTheSurvivorsOnceAlsoAfterReplay) {
  Register("ada");
  Register("bob");
  v1::RecordUsageRequest usage;
  auto& record = *usage.add_records();
  record.set_record_id("record-1");
  record.set_user_id("user-bob");
  record.mutable_usage()->set_sku("compute.mem1");
  record.mutable_usage()->set_quantity(3);
  As<v1::RecordUsageResponse>("service-portal", usage);
  Merge("user-bob", "user-ada");
  EXPECT_EQ(Owed("user-ada"), 3'000'000) << "debt moves";
  As<v1::RecordUsageResponse>("service-portal", usage);
  EXPECT_EQ(Owed("user-ada"), 3'000'000) << "a repeated record charges nobody";
  usage.mutable_records(0)->set_record_id("record-2");
  As<v1::RecordUsageResponse>("service-portal", usage);
  EXPECT_EQ(Owed("user-ada"), 6'000'000);
  Start();
  As<v1::RecordUsageResponse>("service-portal", usage);
  EXPECT_EQ(Owed("user-ada"), 6'000'000);
  EXPECT_EQ(Owed("user-bob"), 6'000'000) << "the name leads to the survivor";
}

TEST_F(People, A7_StrangersSeeTheProfileOnlyOfMergedAndClosedUsersToo) {
  Register("ada");
  Register("bob");
  Register("eve");
  Register("zoe");
  Merge("user-bob", "user-ada");
  auto close = Write<v1::CloseUserRequest>();
  close.set_user_id("user-eve");
  As<v1::CloseUserResponse>("user-eve", close);
  for (const auto& [asked, shown] : {std::pair("user-bob", "user-ada"), std::pair("user-eve", "user-eve")}) {
    const v1::User seen = Seen("user-zoe", asked);
    v1::User profile;
    profile.set_user_id(shown);
    profile.set_handle(std::string(shown).substr(5));
    profile.set_name(absl::StrCat("Name of ", profile.handle()));
    profile.set_profile_only(true);
    EXPECT_EQ(seen.DebugString(), profile.DebugString());
  }
  EXPECT_EQ(Seen("user-bob", "").user_id(), "user-ada") << "who logs in as before is the survivor";
  EXPECT_TRUE(Seen("user-eve", "").closed());
}

}  // namespace
}  // namespace bursar
