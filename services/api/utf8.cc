#include "services/api/utf8.h"

#include <cstddef>

namespace bursar {
namespace {

struct Lead {
  unsigned char first, last;  // the lead bytes of this row
  size_t followers;           // how many bytes follow
  unsigned char low, high;    // range of the first follower; the others are 0x80 to 0xBF
};

// Table 3-7 of the Unicode standard.
constexpr Lead kLeads[] = {
    {0xC2, 0xDF, 1, 0x80, 0xBF}, {0xE0, 0xE0, 2, 0xA0, 0xBF}, {0xE1, 0xEC, 2, 0x80, 0xBF}, {0xED, 0xED, 2, 0x80, 0x9F},
    {0xEE, 0xEF, 2, 0x80, 0xBF}, {0xF0, 0xF0, 3, 0x90, 0xBF}, {0xF1, 0xF3, 3, 0x80, 0xBF}, {0xF4, 0xF4, 3, 0x80, 0x8F},
};

// Bytes of the character at `bytes`' begin; 0 where it is none.
size_t CharacterSize(absl::string_view bytes) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (at(0) < 0x80) return 1;
  for (const Lead& lead : kLeads) {
    if (at(0) < lead.first || at(0) > lead.last) continue;
    if (bytes.size() <= lead.followers || at(1) < lead.low || at(1) > lead.high) return 0;
    for (size_t i = 2; i <= lead.followers; ++i) {
      if (at(i) < 0x80 || at(i) > 0xBF) return 0;
    }
    return lead.followers + 1;
  }
  return 0;
}

}  // namespace

bool IsUtf8(absl::string_view bytes) {
  while (!bytes.empty()) {
    const size_t size = CharacterSize(bytes);
    if (size == 0) return false;
    bytes.remove_prefix(size);
  }
  return true;
}

}  // namespace bursar
