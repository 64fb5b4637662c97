#include "services/cli/book_names.h"

#include <random>
#include <regex>
#include <set>

#include "gtest/gtest.h"
#include "ledger/base/ids.h"

namespace bursar::cli {
namespace {

TEST(BookNames, AreWordsThatPeopleRecognise) {
  EXPECT_EQ(WordOfBillingAccount("user-ada"), "UserAda");
  EXPECT_EQ(WordOfBillingAccount("org-lab"), "OrgLab");
  EXPECT_EQ(WordOfBillingAccount("user-ada.l_x-1"), "UserAdaDotlUnderx-1");
  EXPECT_EQ(WordOfBillingAccount("user-7up"), "User7up");
  EXPECT_EQ(NameOfBook(v1::BOOK_CLASS_LIABILITY, "customer_credits", "user-ada"),
            "Liabilities:Customer-Credits:UserAda");
  EXPECT_EQ(NameOfBook(v1::BOOK_CLASS_EQUITY, "transfers"), "Equity:Transfers");
}

TEST(BookNames, LeadBackToTheAccountAndNoTwoAccountsShareOne) {
  const std::regex word("[A-Z0-9][A-Za-z0-9-]*");
  std::mt19937 random(7);
  std::set<std::string> ids;
  std::set<std::string> words;
  const std::string letters = "abdntou09._-";
  for (int i = 0; i < 20'000; ++i) {
    std::string handle;
    const size_t size = 2 + random() % 6;
    while (handle.size() < size) handle += letters[random() % letters.size()];
    if (!IsHandle(handle)) continue;
    const std::string id = (random() % 2 == 0 ? "user-" : "org-") + handle;
    const std::string written = WordOfBillingAccount(id);
    EXPECT_TRUE(std::regex_match(written, word)) << written;
    EXPECT_EQ(BillingAccountOfWord(written), id);
    ids.insert(id);
    words.insert(written);
  }
  EXPECT_EQ(ids.size(), words.size());
  EXPECT_GT(ids.size(), 5'000u);
}

TEST(BookNames, LeadNowhereWhereNoAccountHasThem) {
  for (const char* word : {"", "User", "Ada", "UserADA", "Userada", "UserA.b", "OrgL"}) {
    EXPECT_EQ(BillingAccountOfWord(word), std::nullopt) << word;
  }
}

}  // namespace
}  // namespace bursar::cli
