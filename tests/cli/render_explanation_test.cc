#include "services/cli/render_explanation.h"

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "services/cli/render.h"

namespace bursar::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

template <class Message>
Message Parsed(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

TEST(RenderExplanation, ShowsADecisionAsATreeOfWhatItRestsOn) {
  const auto explanation = Parsed<v1::ExplainDecisionResponse>(R"(
    summary: "It was denied."
    decision { currency: "USD" bindings { rule: "spending limit of user-ada" shortfall_micros: 7000000 } }
    on_record: true position: 15 time { seconds: 1769860800 }
    asked { action: "analysis.run" user_id: "user-ada" bill_to: "user-ada" }
    funds {
      currency: "USD" funds_micros: 5000000 credits_micros: 2000000 limit_micros: 30000000 limit_position: 9
      outstanding_micros: 12000000 held_micros: 15000000
      credits { credit_id: "credit-8" standing: STANDING_COUNTS available_micros: 2000000 grant_position: 8
                promotion_position: 2 }
      credits { credit_id: "credit-7" standing: STANDING_RESTRICTED available_micros: 9000000 actions: "data.egress"
                grant_position: 7 }
      holds { hold_id: "hold-11" user_id: "user-ada" action: "analysis.run" held_micros: 20000000
              held_on_limit_micros: 15000000 position: 11 extension_positions: 12 extension_positions: 13 }
      hold_count: 1
      unpaid { position: 10 unpaid_micros: 12000000 }
      unpaid_count: 3
    }
    budgets { budget_id: "budget-6" limit_micros: 40000000 used_micros: 10000000 available_micros: 30000000
              user_id: "user-ada" set_position: 6 }
    origins { what: "action catalogue" position: 5 })");
  EXPECT_EQ(
      RenderForPeople(explanation),
      "It was denied.\n"
      "\n"
      "DENIED  2026-01-31T12:00:00Z  on record as entry 15\n"
      "├─ denied by\n"
      "│  └─ spending limit of user-ada, short by 7.00 USD\n"
      "├─ funds of user-ada  5.00 USD\n"
      "│  ├─ + credits that count  2.00 USD\n"
      "│  │  ├─ credit-8  2.00 USD  (entry 8)  promotion  (entry 2)\n"
      "│  │  └─ credit-7  9.00 USD, does not count: pays for data.egress only  (entry 7)\n"
      "│  ├─ + limit  30.00 USD  (entry 9)\n"
      "│  ├─ - outstanding  12.00 USD\n"
      "│  │  ├─ unpaid  12.00 USD  (entry 10)\n"
      "│  │  └─ and 2 later ones\n"
      "│  └─ - held on the limit  15.00 USD\n"
      "│     └─ hold-11  15.00 USD of 20.00 USD  analysis.run of user-ada  (entry 11)  extended by entries 12, 13\n"
      "├─ budget-6 of user-ada  30.00 USD  (entry 6)\n"
      "│  ├─ + ceiling  40.00 USD\n"
      "│  ├─ - used  10.00 USD\n"
      "│  └─ - held  0.00 USD\n"
      "└─ what applied\n"
      "   └─ action catalogue  (entry 5)\n");
}

TEST(RenderExplanation, ShowsWhoSeesNoCostsTheRuleAlone) {
  const std::string text = RenderExplanation(Parsed<v1::ExplainDecisionResponse>(R"(
    summary: "Denied." on_record: true position: 4 time { seconds: 1769860800 }
    decision { bindings { rule: "who may bill to org-lab" } })"));
  EXPECT_THAT(text, HasSubstr("who may bill to org-lab"));
  EXPECT_THAT(text, Not(HasSubstr("funds of")));
}

TEST(RenderExplanation, ATerminalTakesNoOrdersFromAName) {
  const std::string text = RenderExplanation(
      Parsed<v1::ExplainDecisionResponse>("summary: \"a\\033[2Jb\" origins { what: \"c\\033[2J\" position: 1 }"));
  EXPECT_THAT(text, Not(HasSubstr("\033")));
}

TEST(RenderWhatIf, ShowsThenBesideNowAndWhatDiffers) {
  const std::string text = RenderForPeople(Parsed<v1::WhatIfResponse>(R"(
    from_position: 11 to_position: 15 entry_count: 5 difference_count: 1
    differences { position: 15 time { seconds: 1769860800 } billing_account: "user-ada" currency: "USD"
                  user_id: "user-ada" action: "analysis.run" cost_micros: 20000000 allowed_now: true
                  rule_then: "spending limit of user-ada" }
    accounts { billing_account: "user-ada" currency: "USD"
               then { admitted_count: 2 denied_count: 1 charged_micros: 45000000 }
               now { admitted_count: 3 charged_micros: 45000000 ran_out_time { seconds: 1769860800 }
                     ran_out_position: 14 }
               newly_allowed_count: 1 newly_allowed_cost_micros: 20000000 }
    notes: "A note.")"));
  EXPECT_THAT(text, HasSubstr("Entries 11 to 15, 5 in all\n"));
  EXPECT_THAT(text, ContainsRegex("\n  admitted +2 +3\n"));
  EXPECT_THAT(text, ContainsRegex("\n  charged +45.00 USD +45.00 USD\n"));
  EXPECT_THAT(text, ContainsRegex("\n  ran out +never +2026-01-31T12:00:00Z .entry 14.\n"));
  EXPECT_THAT(text, HasSubstr("  1 denied then and allowed now, asked for at 20.00 USD\n"));
  EXPECT_THAT(text, ContainsRegex("15 .*analysis.run .*20.00 USD +denied: spending limit of user-ada +allowed\n"));
  EXPECT_THAT(text, HasSubstr("A note.\n"));
}

TEST(RenderWhatIf, SaysThatNothingDiffers) {
  EXPECT_THAT(RenderWhatIf(Parsed<v1::WhatIfResponse>("from_position: 1 to_position: 2")),
              HasSubstr("No decision differs.\n"));
}

}  // namespace
}  // namespace bursar::cli
