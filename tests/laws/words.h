// Small things that laws of several topics say.
#pragma once

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/laws/model.h"

namespace bursar::laws {

inline constexpr int64_t kMinute = 60'000'000;
inline constexpr int64_t kLongestHold = 90 * 24 * 60 * kMinute;

inline std::string Say(const ModelParts& parts) {
  std::string text;
  for (const auto& [credit, amount] : parts) absl::StrAppend(&text, "[", credit, ": ", amount, "]");
  return text;
}

template <class Texts>
std::string SayAll(const Texts& texts) {
  std::string text;
  for (const auto& one : texts) absl::StrAppend(&text, "[", one, "]");
  return text;
}

inline int SourcesAmong(const ModelParts& parts) {
  std::set<uint64_t> credits;
  for (const auto& [credit, amount] : parts) {
    if (credit != 0) credits.insert(credit);
  }
  return static_cast<int>(credits.size());
}

inline bool UsesLimit(const ModelParts& parts) {
  return std::any_of(parts.begin(), parts.end(), [](const auto& part) { return part.first == 0; });
}

inline int64_t OwedAndHeld(const ModelAccount& account) { return account.outstanding() + account.held_on_limit(); }

inline bool IsBadExpiry(int64_t expiry, int64_t now) { return expiry <= now || expiry > now + kLongestHold; }

}  // namespace bursar::laws
