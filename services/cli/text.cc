#include "services/cli/text.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace bursar::cli {
namespace {

bool BeginsCharacter(char c) { return (c & 0xC0) != 0x80; }

}  // namespace

std::string Printable(absl::string_view text) {
  std::string printable(text);
  for (char& c : printable) {
    if (absl::ascii_iscntrl(c)) c = ' ';
  }
  return printable;
}

size_t Width(absl::string_view text) { return std::count_if(text.begin(), text.end(), BeginsCharacter); }

std::string Padded(const std::string& text, size_t width, bool right) {
  const std::string space(width - std::min(width, Width(text)), ' ');
  return right ? space + text : text + space;
}

std::string Shortened(const std::string& text, size_t width) {
  if (Width(text) <= width || width == 0) return text;
  size_t end = 0;
  for (size_t characters = 0; end < text.size(); ++end) {
    if (BeginsCharacter(text[end]) && ++characters == width) break;
  }
  return text.substr(0, end) + "…";
}

}  // namespace bursar::cli
