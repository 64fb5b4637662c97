#include "ledger/base/link_key.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bursar {
namespace {

TEST(LinkKey, GivesTokensThatProveThemselves) {
  const LinkKey key = LinkKey::Fresh();
  const std::string selector = LinkKey::MakeSelector();
  const auto halves = ParseLinkToken(key.Token(selector));
  ASSERT_TRUE(halves.has_value());
  EXPECT_EQ(halves->selector, selector);
  EXPECT_EQ(halves->secret_hash, key.SecretHash(selector));
}

TEST(LinkKey, GivesEachSelectorAndEachKeyAnotherSecret) {
  const LinkKey key = LinkKey::Fresh();
  const std::string selector = LinkKey::MakeSelector();
  EXPECT_NE(LinkKey::MakeSelector(), selector);
  EXPECT_NE(key.Secret(LinkKey::MakeSelector()), key.Secret(selector));
  EXPECT_NE(LinkKey::Fresh().Secret(selector), key.Secret(selector));
}

TEST(LinkKey, TakesOneSpellingOfAToken) {
  const std::string token = LinkKey::Fresh().Token(std::string(16, '\0'));
  for (const std::string& wrong : {std::string(), std::string("."), token + "=", token.substr(1), " " + token,
                                   token.substr(0, 21) + "B" + token.substr(22)}) {
    EXPECT_FALSE(ParseLinkToken(wrong).has_value()) << wrong;
  }
}

class LinkKeyFile : public ::testing::Test {
 protected:
  LinkKeyFile() { std::filesystem::create_directory(folder_); }
  ~LinkKeyFile() override { std::filesystem::remove_all(folder_); }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() /
      (std::string("bursar-link-key-") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
  const std::string file_ = (folder_ / "link.key").string();
};

TEST_F(LinkKeyFile, IsMadeOnceForItsOwnerOnly) {
  const auto made = LinkKey::LoadOrMake(file_);
  ASSERT_TRUE(made.ok()) << made.status();
  struct stat status = {};
  ASSERT_EQ(stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const auto loaded = LinkKey::LoadOrMake(file_);
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->Token("0123456789abcdef"), made->Token("0123456789abcdef"));
}

TEST_F(LinkKeyFile, IsNotReplacedWhereItIsDamaged) {
  std::ofstream(file_) << "too short";
  EXPECT_EQ(LinkKey::LoadOrMake(file_).status().code(), absl::StatusCode::kDataLoss);
}

TEST(LinkKey, MakesTheSameLinksAgainWhereItIsRepeatable) {
  const LinkKey once = LinkKey::Repeatable("seed");
  const LinkKey again = LinkKey::Repeatable("seed");
  const std::string first = once.NextSelector();
  EXPECT_EQ(again.NextSelector(), first);
  EXPECT_EQ(again.Token(first), once.Token(first));
  EXPECT_NE(once.NextSelector(), first);
}

}  // namespace
}  // namespace bursar
