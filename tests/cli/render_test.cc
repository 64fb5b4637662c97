#include "services/cli/render.h"

#include "bursar/v1/account.pb.h"
#include "bursar/v1/billing.pb.h"
#include "bursar/v1/credit.pb.h"
#include "bursar/v1/gate.pb.h"
#include "bursar/v1/history.pb.h"
#include "bursar/v1/outbox.pb.h"
#include "bursar/v1/policy.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace bursar::cli {
namespace {

template <class Message>
Message Parsed(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

TEST(RenderForPeople, AlignsSingleValuesAndIndentsMessages) {
  const auto user = Parsed<v1::RegisterUserResponse>(R"(
    user_id: "user-ada" currency: "USD" position: 7
    entitlement { promotion_id: "welcome-50" amount_micros: 50000000 currency: "USD" status: STATUS_ENTITLED })");
  EXPECT_EQ(RenderForPeople(user),
            "User      user-ada\n"
            "Currency  USD\n"
            "Position  7\n"
            "Upgraded  no\n"
            "\n"
            "Entitlement\n"
            "  Promotion  welcome-50\n"
            "  Amount     50.00 USD\n"
            "  Currency   USD\n"
            "  Status     entitled\n");
}

TEST(RenderForPeople, AlignsTablesWithAmountsToTheRight) {
  const auto credits = Parsed<v1::ListCreditsResponse>(R"(
    credits { credit_id: "credit-4" currency: "USD" granted_micros: 50000000 available_micros: 1
              effective_time { seconds: 1769860800 } actions: "analysis.run" actions: "data.add" }
    credits { credit_id: "credit-12" currency: "USD" granted_micros: 1234000000 }
    next_page_token: "abc" position: 12)");
  EXPECT_EQ(RenderForPeople(credits, {"credit_id", "granted_micros", "available_micros", "effective_time",
                                      "expire_time", "actions"}),
            "Position  12\n"
            "\n"
            "Credits\n"
            "  CREDIT         GRANTED     AVAILABLE  EFFECTIVE TIME        ACTIONS\n"
            "  credit-4     50.00 USD  0.000001 USD  2026-01-31T12:00:00Z  analysis.run, data.add\n"
            "  credit-12  1234.00 USD      0.00 USD\n"
            "\n"
            "There is more: add --page-token abc\n");
}

TEST(RenderForPeople, SaysThatAListIsEmpty) {
  EXPECT_EQ(RenderForPeople(v1::ListCreditsResponse()), "Position  0\n\nCredits: none\n");
}

TEST(RenderForPeople, FlattensMessagesInRows) {
  const auto organization = Parsed<v1::GetOrganizationResponse>(R"(
    organization { organization_id: "org-lab" name: "Lab"
      members { organization_id: "org-lab" user_id: "user-ada" access { admin: true allow_billable_activities: true } }
      members { organization_id: "org-lab" user_id: "user-bob" } }
    position: 3)");
  EXPECT_EQ(RenderForPeople(organization, {"user_id", "access.admin", "access.allow_billable_activities"}),
            "Position  3\n"
            "\n"
            "Organization\n"
            "  Organization         org-lab\n"
            "  Name                 Lab\n"
            "  Hides admins         no\n"
            "  Restricts transfers  no\n"
            "\n"
            "  Members\n"
            "    USER      ADMIN  ALLOW BILLABLE ACTIVITIES\n"
            "    user-ada  yes    yes\n"
            "    user-bob\n");
}

TEST(RenderForPeople, WritesADenialAsASentenceWithItsRemedy) {
  const auto denied = Parsed<v1::CheckResponse>(R"(
    decision { allowed: false reason: ERROR_REASON_SPENDING_LIMIT_EXCEEDED remedy: "Ask user-ada to raise the limit."
      bindings { reason: ERROR_REASON_SPENDING_LIMIT_EXCEEDED rule: "spending limit of org-lab" shortfall_micros: 10000000
                 available_micros: 30000000 }
      lifters: "user-ada" lifters: "user-eve" pending_increase_id: "increase-9" billing_account: "org-lab" currency: "USD"
      funds_micros: 30000000 position: 12 })");
  EXPECT_EQ(RenderForPeople(denied),
            "DENIED SPENDING_LIMIT_EXCEEDED: spending limit of org-lab, short by 10.00 USD\n"
            "Remedy: Ask user-ada to raise the limit.\n"
            "May ask for a higher limit: user-ada, user-eve\n"
            "Asked for already: increase-9\n"
            "On record at position 12 for org-lab, which has 30.00 USD\n");
}

TEST(RenderForPeople, WritesEveryRuleThatStoodInTheWay) {
  const auto denied = Parsed<v1::CheckResponse>(R"(
    decision { reason: ERROR_REASON_BILLING_NOT_SET_UP currency: "USD" position: 4
      bindings { reason: ERROR_REASON_BILLING_NOT_SET_UP rule: "billing of user-ada" }
      bindings { reason: ERROR_REASON_SPENDING_LIMIT_EXCEEDED rule: "spending limit of user-ada" shortfall_micros: 1 } })");
  EXPECT_EQ(RenderForPeople(denied),
            "DENIED BILLING_NOT_SET_UP: billing of user-ada\n"
            "   and SPENDING_LIMIT_EXCEEDED: spending limit of user-ada, short by 0.000001 USD\n"
            "On record at position 4\n");
}

TEST(RenderForPeople, WritesAnAllowedHold) {
  const auto held = Parsed<v1::PlaceHoldResponse>(R"(
    decision { allowed: true billing_account: "org-lab" currency: "USD" funds_micros: 10000000 position: 8 }
    hold { hold_id: "hold-9" billing_account: "org-lab" currency: "USD" held_micros: 40000000
           parts { credit_id: "credit-4" amount_micros: 30000000 } parts { amount_micros: 10000000 } }
    position: 9)");
  EXPECT_EQ(RenderForPeople(held),
            "ALLOWED, paid by org-lab, which then has 10.00 USD (position 8)\n"
            "\n"
            "Position  9\n"
            "\n"
            "Hold\n"
            "  Hold             hold-9\n"
            "  Billing account  org-lab\n"
            "  Currency         USD\n"
            "  Held             40.00 USD\n"
            "  Parts            credit-4 30.00 USD, limit 10.00 USD\n");
}

TEST(RenderForPeople, WritesEntriesWithTheirEventsBelow) {
  const auto entries = Parsed<v1::ListEntriesResponse>(R"(
    entries { position: 1 commit_time { seconds: 1769860800 } principal: "service-portal" request_id: "r-1"
      events { type: "HoldPlaced" attributes { name: "account" value: "org-lab" } attributes { name: "amount_micros" value: "1" } } }
    position: 1)");
  EXPECT_EQ(RenderForPeople(entries),
            "Position  1\n"
            "\n"
            "Entries\n"
            "  1  2026-01-31T12:00:00Z  service-portal  request r-1\n"
            "      HoldPlaced account=org-lab amount_micros=1\n");
}

TEST(RenderForPeople, WritesMailsAsTheyAreRead) {
  const auto mails = Parsed<v1::ListMessagesResponse>(R"(
    messages { message_id: "message-17-2" recipient: "grace@example.org" subject: "Confirm billing" body: "Dear Grace,\n\nplease.\n"
               billing_account: "user-ada" link_token: "abc.def" create_time { seconds: 1769860800 } position: 17 }
    position: 17)");
  EXPECT_EQ(RenderForPeople(mails),
            "Position  17\n"
            "\n"
            "Messages\n"
            "  message-17-2  2026-01-31T12:00:00Z  about user-ada\n"
            "  To: grace@example.org\n"
            "  Subject: Confirm billing\n"
            "    Dear Grace,\n"
            "\n"
            "    please.\n"
            "  Link token: abc.def\n");
}

TEST(RenderForPeople, ShowsListsInsideRowsAsSections) {
  const auto policy = Parsed<v1::GetPolicyResponse>(R"(
    price_lists { currency: "EUR" position: 4 prices { sku: "egress" price_micros: 90000 per_quantity: 1 category: "egress" } })");
  EXPECT_NE(RenderForPeople(policy).find("    SKU        PRICE  PER QUANTITY  CATEGORY\n"
                                         "    egress  0.09 EUR             1  egress\n"),
            std::string::npos)
      << RenderForPeople(policy);
}

TEST(RenderForPeople, LetsNoNameCommandTheTerminal) {
  const auto project = Parsed<v1::GetProjectResponse>(R"(project { name: "a\033[2Jb" })");
  EXPECT_EQ(RenderForPeople(project).find('\033'), std::string::npos);
}

TEST(RenderJson, KeepsTheNamesOfTheApiAndWhatIsZero) {
  const auto json = nlohmann::json::parse(RenderJson(Parsed<v1::CheckResponse>("decision { position: 12 }")));
  EXPECT_EQ(json["decision"]["allowed"], false);
  EXPECT_EQ(json["decision"]["position"], "12");
  EXPECT_EQ(json["decision"]["pending_increase_id"], "");
}

}  // namespace
}  // namespace bursar::cli
