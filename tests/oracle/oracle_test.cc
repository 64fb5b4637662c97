// The oracle against a whole service: every answer is judged.
#include "tests/oracle/oracle.h"

#include <cstdlib>

#include "absl/strings/numbers.h"
#include "gtest/gtest.h"
#include "tests/oracle/dealings.h"

namespace bursar {
namespace {

// BURSAR_ORACLE_SEED, BURSAR_ORACLE_WORLDS and BURSAR_ORACLE_STEPS ask for more than every build looks at.
int64_t Setting(const char* name, int64_t otherwise) {
  int64_t value = 0;
  const char* text = std::getenv(name);
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : otherwise;
}

TEST(Oracle, AgreesWithEveryAnswerInSmallRandomWorlds) {
  const auto first = static_cast<uint64_t>(Setting("BURSAR_ORACLE_SEED", 1));
  const auto worlds = static_cast<uint64_t>(Setting("BURSAR_ORACLE_WORLDS", 12));
  const int64_t steps = Setting("BURSAR_ORACLE_STEPS", 200);
  int64_t judged = 0;
  for (uint64_t seed = first; seed < first + worlds; ++seed) {
    Dealings dealings(seed);
    for (int64_t step = 0; step < steps; ++step) {
      ASSERT_TRUE(dealings.Step()) << "seed " << seed << ", step " << step << "\n" << dealings.wrong();
    }
    judged += dealings.judge().Judged();
    if (Setting("BURSAR_ORACLE_VERBOSE", 0) != 0) {
      for (const auto& [what, times] : dealings.seen()) std::printf("%6d %s\n", times, what.c_str());
      for (const auto& [what, times] : dealings.judge().Unjudged()) {
        std::printf("%6d unjudged %s\n", static_cast<int>(times), what.c_str());
      }
    }
  }
  EXPECT_GT(judged, static_cast<int64_t>(worlds) * steps / 2);
}

}  // namespace
}  // namespace bursar
