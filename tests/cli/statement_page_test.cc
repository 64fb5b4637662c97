#include "services/cli/statement_page.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bursar::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(StatementPage, TakesNoMarkupFromNames) {
  v1::Statement statement;
  statement.set_billing_account("org-<b>lab</b>");
  statement.set_currency("USD");
  statement.set_month("2026-03");
  statement.set_time_zone("\"UTC\" onload='x'");
  statement.set_charges_micros(1'234'567'890'000);
  auto& group = *statement.add_by_sku();
  group.set_key("<script>alert(1)</script>&");
  group.set_amount_micros(1'234'567'890'000);
  auto& adjustment = *statement.add_adjustments();
  adjustment.set_sku("<img src=x>");
  adjustment.set_amount_micros(-5'000'000);
  const std::string page = StatementPage(statement);
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, Not(HasSubstr("<b>lab")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;&amp;"));
  EXPECT_THAT(page, HasSubstr("1,234,567.89 USD"));
  EXPECT_THAT(page, HasSubstr("March 2026"));
}

TEST(StatementPage, SumsUpWhatIsTooMuchForAPage) {
  v1::Statement statement;
  statement.set_currency("USD");
  for (int i = 0; i < 40; ++i) {
    auto& group = *statement.add_by_member();
    group.set_key("user-" + std::to_string(i));
    group.set_amount_micros(1'000'000);
  }
  const std::string page = StatementPage(statement);
  EXPECT_THAT(page, HasSubstr("29 others"));
  EXPECT_THAT(page, HasSubstr("29.00 USD"));
  EXPECT_THAT(page, Not(HasSubstr("user-11<")));
}

}  // namespace
}  // namespace bursar::cli
