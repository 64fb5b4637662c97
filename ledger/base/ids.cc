#include "ledger/base/ids.h"

#include "absl/strings/ascii.h"

namespace bursar {
namespace {

bool IsInner(char c) { return c == '.' || c == '_' || c == '-'; }
bool IsOuter(char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c); }

}  // namespace

bool IsHandle(absl::string_view text) {
  if (text.size() < 2 || text.size() > 40) return false;
  if (!IsOuter(text.front()) || !IsOuter(text.back())) return false;
  for (const char c : text) {
    if (!IsOuter(c) && !IsInner(c)) return false;
  }
  return true;
}

std::optional<BillingAccountId> BillingAccountId::Parse(absl::string_view text) {
  if (const auto user = UserId::Parse(text)) return BillingAccountId(*user);
  if (const auto organization = OrganizationId::Parse(text)) return BillingAccountId(*organization);
  return std::nullopt;
}

BillingAccountId BillingAccountId::Trusted(std::string text) {
  BillingAccountId id;
  id.text_ = std::move(text);
  return id;
}

}  // namespace bursar
