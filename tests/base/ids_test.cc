#include "ledger/base/ids.h"

#include "gtest/gtest.h"
#include "ledger/base/principal.h"

namespace bursar {
namespace {

TEST(Ids, AHandleIsShortLowerCaseAndBeginsAndEndsWithALetterOrDigit) {
  for (const char* handle : {"ada", "a1", "ada.l", "a-b_c.d", "4x4"}) EXPECT_TRUE(IsHandle(handle)) << handle;
  for (const char* handle : {"", "a", "Ada", ".ada", "ada-", "a b", "a/b", "\xc3\xa4\xc3\xa4"}) {
    EXPECT_FALSE(IsHandle(handle)) << handle;
  }
  EXPECT_TRUE(IsHandle(std::string(40, 'a')));
  EXPECT_FALSE(IsHandle(std::string(41, 'a')));
}

TEST(Ids, ANamedIdIsItsPrefixAndAHandle) {
  EXPECT_EQ(UserId::Parse("user-ada")->handle(), "ada");
  EXPECT_EQ(UserId::Parse("user-ada"), UserId::OfHandle("ada"));
  for (const char* text : {"", "ada", "user-", "user-A", "org-lab", "User-ada"}) {
    EXPECT_FALSE(UserId::Parse(text).has_value()) << text;
  }
}

TEST(Ids, ANumberedIdIsReadOnlyAsItIsWritten) {
  EXPECT_EQ(HoldId::Parse("hold-17"), HoldId(17));
  EXPECT_EQ(HoldId(17).text(), "hold-17");
  EXPECT_EQ(HoldId().text(), "");
  EXPECT_EQ(HoldId::Parse("hold-18446744073709551615")->number(), 18446744073709551615u);
  for (const char* text : {"", "hold-", "hold-0", "hold-017", "hold- 17", "hold-+17", "hold--1", "hold-1x", "credit-17",
                           "hold-18446744073709551616"}) {
    EXPECT_FALSE(HoldId::Parse(text).has_value()) << text;
  }
}

TEST(Ids, ABillingAccountIsNamedAfterItsOwner) {
  const BillingAccountId personal(UserId::OfHandle("ada"));
  EXPECT_EQ(BillingAccountId::Parse("user-ada"), personal);
  EXPECT_EQ(personal.user(), UserId::OfHandle("ada"));
  EXPECT_FALSE(personal.organization().has_value());
  EXPECT_EQ(BillingAccountId::Parse("org-lab")->organization(), OrganizationId::OfHandle("lab"));
  EXPECT_FALSE(BillingAccountId::Parse("project-1").has_value());
}

TEST(Principals, AreReadAsTheyAreWritten) {
  for (const char* text : {"anonymous", "user-ada", "service-portal", "operator-olga", "finance-fay", "support-sam"}) {
    ASSERT_TRUE(Principal::Parse(text).has_value()) << text;
    EXPECT_EQ(Principal::Parse(text)->text(), text);
  }
}

TEST(Principals, NobodyMayCallThemselvesTheSystem) {
  for (const char* text : {"", "system", "system-x", "admin-ada", "user", "user-", "user-Ada", "anonymous-x"}) {
    EXPECT_FALSE(Principal::Parse(text).has_value()) << text;
  }
  EXPECT_EQ(Principal::System().text(), "system");
}

TEST(Principals, AnOperatorIsTheSamePersonAsTheUserOfThatName) {
  EXPECT_TRUE(Principal::Parse("operator-ada")->SamePersonAs(UserId::OfHandle("ada")));
  EXPECT_FALSE(Principal::Parse("operator-olga")->SamePersonAs(UserId::OfHandle("ada")));
  EXPECT_FALSE(Principal().SamePersonAs(UserId::OfHandle("ada")));
}

}  // namespace
}  // namespace bursar
