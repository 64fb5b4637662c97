#include "ledger/base/crc32c.h"

#include <gtest/gtest.h>

#include <string>

namespace bursar {
namespace {

TEST(Crc32c, IsThatOfTheStandard) {
  EXPECT_EQ(Crc32c(""), 0u);
  EXPECT_EQ(Crc32c("123456789"), 0xE3069283u);
  // RFC 3720, B.4.
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62A8AB43u);
}

TEST(Crc32c, GoesOnFromWhatCameBefore) {
  const std::string text = "what was answered must be in the log";
  for (size_t at = 0; at <= text.size(); ++at) {
    EXPECT_EQ(Crc32c(text.substr(at), Crc32c(text.substr(0, at))), Crc32c(text)) << at;
  }
}

TEST(Crc32c, FindsEveryFlippedBit) {
  const std::string text = "what was answered must be in the log";
  for (size_t bit = 0; bit < 8 * text.size(); ++bit) {
    std::string flipped = text;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    EXPECT_NE(Crc32c(flipped), Crc32c(text)) << bit;
  }
}

}  // namespace
}  // namespace bursar
