// Setting up who pays and changing it through the door: what is answered, and what is shown to whom.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "bursar/v1/account.pb.h"
#include "bursar/v1/billing.pb.h"
#include "bursar/v1/limit.pb.h"
#include "bursar/v1/outbox.pb.h"
#include "bursar/v1/policy.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ledger/base/clock.h"
#include "services/api/call_log.h"
#include "services/client/client.h"
#include "services/client/status.h"
#include "services/server/server.h"

namespace bursar {
namespace {

constexpr int64_t kUnit = 1'000'000;
constexpr int64_t kStart = 1'790'000'000;

// A server in memory; ada and the lab, of which she is admin and bob a spending member, are registered.
class BillingDoor : public ::testing::Test {
 protected:
  BillingDoor() {
    SetCallLog(false);
    auto server = Server::Start({.clock = &clock_});
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    for (const auto document : {v1::DOCUMENT_TERMS, v1::DOCUMENT_PRICING}) {
      auto terms = Write<v1::PublishTermsRequest>();
      terms.mutable_terms()->set_document(document);
      terms.mutable_terms()->set_version("2026-01");
      As<v1::PublishTermsResponse>("operator-olga", terms);
    }
    for (const char* handle : {"ada", "bob"}) {
      auto user = Write<v1::RegisterUserRequest>();
      user.set_handle(handle);
      user.set_name(handle);
      user.set_email(absl::StrCat(handle, "@example.org"));
      user.set_currency("USD");
      As<v1::RegisterUserResponse>("", user);
    }
    auto lab = Write<v1::CreateOrganizationRequest>();
    lab.set_handle("lab");
    lab.set_name("Lab");
    lab.set_currency("USD");
    As<v1::CreateOrganizationResponse>("user-ada", lab);
    auto invite = Write<v1::InviteMemberRequest>();
    invite.set_organization_id("org-lab");
    invite.set_user_id("user-bob");
    invite.mutable_access()->set_allow_billable_activities(true);
    As<v1::InviteMemberResponse>("user-ada", invite);
    auto accept = Write<v1::AcceptInvitationRequest>();
    accept.set_organization_id("org-lab");
    As<v1::AcceptInvitationResponse>("user-bob", accept);
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
  template <class Response, class Request>
  std::string Refused(const std::string& principal, const Request& request) {
    const auto info = ErrorInfoOf(Try<Response>(principal, request).status());
    return info.has_value() ? info->reason() : "no reason";
  }
  template <class Request>
  Request Write() {
    Request request;
    request.set_request_id(absl::StrCat("request-", ++requests_));
    return request;
  }

  std::string MailedToken() {
    v1::ListMessagesRequest request;
    request.set_newest_first(true);
    const auto response = As<v1::ListMessagesResponse>("support-sam", request);
    for (const auto& message : response.messages()) {
      if (!message.link_token().empty()) return message.link_token();
    }
    return "";
  }
  static v1::BillingContact Contact(const std::string& name) {
    v1::BillingContact contact;
    contact.set_name(name);
    contact.set_email(absl::StrCat(name, "@example.org"));
    contact.set_postal_address("1 Main St");
    contact.set_phone("+1 555 0100");
    return contact;
  }
  void Submit() {
    auto submit = Write<v1::SubmitAccountUpgradeRequest>();
    submit.set_billing_account("org-lab");
    *submit.mutable_contact() = Contact("grace");
    submit.set_terms_version("2026-01");
    submit.set_pricing_version("2026-01");
    As<v1::SubmitAccountUpgradeResponse>("user-ada", submit);
  }
  v1::ConfirmBillingResponse Confirm(const std::string& token) {
    auto confirm = Write<v1::ConfirmBillingRequest>();
    confirm.set_token(token);
    return As<v1::ConfirmBillingResponse>("", confirm);
  }
  v1::BillingSetup Setup(const std::string& principal) {
    v1::GetBillingAccountRequest request;
    request.set_billing_account("org-lab");
    return As<v1::GetBillingAccountResponse>(principal, request).billing_account().setup();
  }

  ManualClock clock_{absl::FromUnixSeconds(kStart)};
  std::unique_ptr<Server> server_;
  int requests_ = 0;
};

TEST_F(BillingDoor, U9_DeclinesByTheMailedLink) {
  Submit();
  auto decline = Write<v1::DeclineBillingRequest>();
  decline.set_token(MailedToken());
  decline.set_reason("not ours");
  const auto declined = As<v1::DeclineBillingResponse>("", decline);
  EXPECT_EQ(declined.billing_account(), "org-lab");
  EXPECT_EQ(declined.decline_time().seconds(), kStart);
  decline.set_request_id("another");
  EXPECT_EQ(As<v1::DeclineBillingResponse>("", decline).position(), declined.position());
  EXPECT_EQ(Setup("user-ada").status(), v1::BillingSetup::STATUS_DECLINED);
  v1::GetVerificationRequest look;
  look.set_token(decline.token());
  EXPECT_EQ(Refused<v1::GetVerificationResponse>("", look), "LINK_INVALID");
}

TEST_F(BillingDoor, ShowsConfirmedAndPendingSideBySide) {
  Submit();
  Confirm(MailedToken());
  auto change = Write<v1::RequestBillingChangeRequest>();
  change.set_billing_account("org-lab");
  *change.mutable_contact() = Contact("nia");
  const auto requested = As<v1::RequestBillingChangeResponse>("user-ada", change);
  EXPECT_EQ(requested.change().contact().email(), "nia@example.org");
  EXPECT_GT(requested.link_expire_time().seconds(), kStart);

  const v1::BillingSetup shown = Setup("user-ada");
  EXPECT_EQ(shown.status(), v1::BillingSetup::STATUS_CONFIRMED);
  EXPECT_EQ(shown.confirmed_contact().email(), "grace@example.org");
  EXPECT_EQ(shown.pending_change().contact().email(), "nia@example.org");
  EXPECT_EQ(shown.sent_to(), "nia@example.org");
  const v1::BillingSetup to_member = Setup("user-bob");
  EXPECT_FALSE(to_member.has_confirmed_contact());
  EXPECT_FALSE(to_member.pending_change().has_contact());
  EXPECT_EQ(to_member.sent_to(), "");

  const std::string token = MailedToken();
  v1::GetVerificationRequest look;
  look.set_token(token);
  const auto asked = As<v1::GetVerificationResponse>("", look);
  EXPECT_EQ(asked.contact().email(), "nia@example.org");
  EXPECT_EQ(asked.change_id(), requested.change().change_id());
  const auto confirmed = Confirm(token);
  EXPECT_EQ(confirmed.change_id(), requested.change().change_id());
  EXPECT_EQ(confirmed.upgraded_user_ids_size(), 0);
  EXPECT_EQ(Setup("user-ada").confirmed_contact().email(), "nia@example.org");
  EXPECT_EQ(As<v1::GetVerificationResponse>("", look).contact().email(), "nia@example.org");
}

TEST_F(BillingDoor, U16_AnOperatorAppliesAPurchaseOrder) {
  Submit();
  Confirm(MailedToken());
  auto change = Write<v1::RequestBillingChangeRequest>();
  change.set_billing_account("org-lab");
  EXPECT_EQ(Refused<v1::RequestBillingChangeResponse>("user-ada", change), "INVALID_FIELD") << "nothing to change";
  change.set_purchase_order("PO-7");
  EXPECT_EQ(Refused<v1::RequestBillingChangeResponse>("user-bob", change), "PERMISSION_DENIED");
  const auto requested = As<v1::RequestBillingChangeResponse>("user-ada", change);
  EXPECT_FALSE(requested.has_link_expire_time());
  const auto open = As<v1::ListBillingChangesResponse>("operator-olga", v1::ListBillingChangesRequest());
  ASSERT_EQ(open.changes_size(), 1);
  EXPECT_EQ(open.changes(0).purchase_order(), "PO-7");
  auto apply = Write<v1::ApplyBillingChangeRequest>();
  apply.set_change_id(requested.change().change_id());
  EXPECT_EQ(As<v1::ApplyBillingChangeResponse>("operator-olga", apply).purchase_order(), "PO-7");
  EXPECT_EQ(Setup("user-ada").purchase_order(), "PO-7");
  EXPECT_EQ(As<v1::ListBillingChangesResponse>("operator-olga", v1::ListBillingChangesRequest()).changes_size(), 0);
}

TEST_F(BillingDoor, U14_SetsUpInATimeSlot) {
  auto offer = Write<v1::RequestAssistedSetupRequest>();
  offer.set_billing_account("org-lab");
  offer.set_contact_name("Grace");
  offer.set_contact_email("grace@example.org");
  for (const int64_t hours : {1, 2}) {
    auto& slot = *offer.add_slots();
    slot.mutable_start_time()->set_seconds(kStart + hours * 3'600);
    slot.mutable_end_time()->set_seconds(kStart + hours * 3'600 + 1'800);
  }
  const auto asked = As<v1::RequestAssistedSetupResponse>("user-ada", offer);
  auto schedule = Write<v1::ScheduleAssistedSetupRequest>();
  schedule.set_setup_id(asked.setup().setup_id());
  schedule.set_slot(2);
  const auto scheduled = As<v1::ScheduleAssistedSetupResponse>("operator-olga", schedule);
  EXPECT_EQ(scheduled.slot().start_time().seconds(), kStart + 7'200);
  EXPECT_EQ(scheduled.terms_version(), "2026-01");
  const auto listed = As<v1::ListAssistedSetupsResponse>("operator-olga", v1::ListAssistedSetupsRequest());
  ASSERT_EQ(listed.setups_size(), 1);
  EXPECT_EQ(listed.setups(0).status(), v1::AssistedSetup::STATUS_SCHEDULED);
  EXPECT_EQ(listed.setups(0).contact_email(), "grace@example.org");
  EXPECT_EQ(Setup("user-bob").assisted_setup().contact_email(), "");

  clock_.Advance(absl::Hours(2));
  auto nudge = Write<v1::SetSpendingLimitRequest>();
  nudge.set_billing_account("user-ada");
  As<v1::SetSpendingLimitResponse>("operator-olga", nudge);
  EXPECT_EQ(Confirm(MailedToken()).upgraded_user_ids(0), "user-ada");
  EXPECT_EQ(Setup("user-ada").status(), v1::BillingSetup::STATUS_CONFIRMED);
}

TEST_F(BillingDoor, L4_RecordsAndListsPurchaseOrders) {
  const auto record = [&](const std::string& number, const std::string& platform_id) {
    auto order = Write<v1::RecordPurchaseOrderRequest>();
    order.set_number(number);
    order.set_platform_id(platform_id);
    order.set_value_micros(5'000 * kUnit);
    order.set_currency("USD");
    return As<v1::RecordPurchaseOrderResponse>("service-portal", order).purchase_order();
  };
  EXPECT_EQ(record("PO-1", "org-lab").billing_account(), "org-lab");
  EXPECT_EQ(record("PO-2", "org-unknown").billing_account(), "");
  record("PO-3", "org-lab");

  v1::ListPurchaseOrdersRequest list;
  EXPECT_EQ(Refused<v1::ListPurchaseOrdersResponse>("user-ada", list), "PERMISSION_DENIED");
  list.set_page_size(2);
  auto page = As<v1::ListPurchaseOrdersResponse>("finance-fay", list);
  ASSERT_EQ(page.purchase_orders_size(), 2);
  EXPECT_EQ(page.purchase_orders(0).number(), "PO-3");
  list.set_page_token(page.next_page_token());
  page = As<v1::ListPurchaseOrdersResponse>("finance-fay", list);
  ASSERT_EQ(page.purchase_orders_size(), 1);
  EXPECT_EQ(page.next_page_token(), "");
  list = v1::ListPurchaseOrdersRequest();
  list.set_unmatched(true);
  EXPECT_EQ(As<v1::ListPurchaseOrdersResponse>("finance-fay", list).purchase_orders(0).number(), "PO-2");
  list = v1::ListPurchaseOrdersRequest();
  list.set_billing_account("org-lab");
  EXPECT_EQ(As<v1::ListPurchaseOrdersResponse>("user-ada", list).purchase_orders_size(), 2);
}

TEST_F(BillingDoor, IncreasesShowTheirTimesAndStates) {
  Submit();
  Confirm(MailedToken());
  const auto ask = [&](int64_t units) {
    auto request = Write<v1::RequestLimitIncreaseRequest>();
    request.set_billing_account("org-lab");
    request.set_requested_limit_micros(units * kUnit);
    return As<v1::RequestLimitIncreaseResponse>("user-ada", request).increase();
  };
  const auto first = ask(100);
  EXPECT_EQ(first.expire_time().seconds(), kStart + 30 * 24 * 3'600);
  auto withdraw = Write<v1::WithdrawLimitIncreaseRequest>();
  withdraw.set_increase_id(first.increase_id());
  EXPECT_EQ(As<v1::WithdrawLimitIncreaseResponse>("user-ada", withdraw).billing_account(), "org-lab");
  auto approve = Write<v1::ApproveLimitIncreaseRequest>();
  approve.set_increase_id(ask(200).increase_id());
  approve.mutable_end_time()->set_seconds(kStart + 3'600);
  const auto approved = As<v1::ApproveLimitIncreaseResponse>("operator-olga", approve);
  EXPECT_EQ(approved.end_time().seconds(), kStart + 3'600);
  EXPECT_EQ(approved.limit_afterwards_micros(), 0);
  ask(300);
  clock_.Advance(absl::Hours(24 * 31));
  auto nudge = Write<v1::PublishTermsRequest>();
  nudge.mutable_terms()->set_document(v1::DOCUMENT_TERMS);
  nudge.mutable_terms()->set_version("2026-02");
  As<v1::PublishTermsResponse>("operator-olga", nudge);

  v1::ListLimitIncreasesRequest list;
  list.set_billing_account("org-lab");
  const auto shown = As<v1::ListLimitIncreasesResponse>("user-ada", list);
  ASSERT_EQ(shown.increases_size(), 3);
  EXPECT_EQ(shown.increases(0).status(), v1::LimitIncrease::STATUS_EXPIRED);
  EXPECT_EQ(shown.increases(1).status(), v1::LimitIncrease::STATUS_APPROVED);
  EXPECT_EQ(shown.increases(1).end_time().seconds(), kStart + 3'600);
  EXPECT_EQ(shown.increases(2).status(), v1::LimitIncrease::STATUS_WITHDRAWN);
  EXPECT_TRUE(shown.increases(2).has_decision_time());
}

}  // namespace
}  // namespace bursar
