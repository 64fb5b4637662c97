#include "tests/nemesis/faults.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace bursar::nemesis {
namespace {

namespace fs = std::filesystem;

TEST(Faults, AreNamedAndRead) {
  std::string names;
  for (const Fault fault : AllFaults()) absl::StrAppend(&names, NameOf(fault), ",");
  EXPECT_EQ(ParseFaults(names), AllFaults());
  EXPECT_EQ(ParseFaults(""), Faults());
  EXPECT_EQ(ParseFaults("pause,earthquake"), std::nullopt);
}

class Damage : public testing::Test {
 protected:
  Damage() {
    std::string name = testing::TempDir() + "/bursar-damage-XXXXXX";
    folder_ = mkdtemp(name.data());
    fs::create_directories(folder_ / "log");
  }
  ~Damage() override { fs::remove_all(folder_); }

  void Write(const std::string& file) const { std::ofstream(folder_ / file) << "as it was"; }
  bool IsAsItWas(const std::string& file) const {
    std::ostringstream text;
    text << std::ifstream(folder_ / file).rdbuf();
    return text.str() == "as it was";
  }

  fs::path folder_;
};

TEST_F(Damage, IsDoneToOneFileThatMatters) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    for (const char* file : {"log/000004.log", "watermark", "link.key", "log/LOG", "log/LOCK"}) Write(file);
    laws::Dice dice(seed);
    EXPECT_NE(DamageOneFile(folder_.string(), dice), "");
    EXPECT_NE(IsAsItWas("log/000004.log"), IsAsItWas("watermark")) << "One of the two, with seed " << seed;
    EXPECT_TRUE(IsAsItWas("link.key") && IsAsItWas("log/LOG") && IsAsItWas("log/LOCK"));
  }
}

TEST_F(Damage, IsNotDoneWhereThereIsNothing) {
  Write("log/LOG");
  laws::Dice dice(1);
  EXPECT_EQ(DamageOneFile(folder_.string(), dice), "");
}

}  // namespace
}  // namespace bursar::nemesis
