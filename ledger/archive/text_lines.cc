#include "ledger/archive/text_lines.h"

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "ledger/log/block.h"

namespace bursar {

std::string TextLines::Text(absl::string_view word) {
  const size_t end = left_.find('\n');
  absl::string_view line = left_.substr(0, end);
  if (!ok_ || end == absl::string_view::npos || !absl::ConsumePrefix(&line, word) || !absl::ConsumePrefix(&line, " ")) {
    ok_ = false;
    return "";
  }
  left_.remove_prefix(end + 1);
  return std::string(line);
}

uint64_t TextLines::Number(absl::string_view word) {
  const std::string text = Text(word);
  uint64_t number = 0;
  // One spelling only.
  if (!absl::SimpleAtoi(text, &number) || absl::StrCat(number) != text) ok_ = false;
  return ok_ ? number : 0;
}

BlockHash TextLines::Hash(absl::string_view word) {
  const std::optional<BlockHash> hash = HashOfText(Text(word));
  if (!hash) ok_ = false;
  return hash.value_or(BlockHash());
}

absl::Time TextLines::Time(absl::string_view word) {
  const std::string text = Text(word);
  absl::Time time = absl::UnixEpoch();
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error) || TimeText(time) != text) ok_ = false;
  return time;
}

bool TextLines::HasNext(absl::string_view word) const { return absl::StartsWith(left_, absl::StrCat(word, " ")); }

std::string TimeText(absl::Time time) { return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E*SZ", time, absl::UTCTimeZone()); }

}  // namespace bursar
