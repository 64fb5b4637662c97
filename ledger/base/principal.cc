#include "ledger/base/principal.h"

#include "absl/strings/str_cat.h"

namespace bursar {
namespace {

struct RoleName {
  Role role;
  const char* name;
};
constexpr RoleName kRoleNames[] = {{Role::kUser, "user"},
                                   {Role::kService, "service"},
                                   {Role::kOperator, "operator"},
                                   {Role::kFinance, "finance"},
                                   {Role::kSupport, "support"}};

}  // namespace

std::optional<Principal> Principal::Parse(absl::string_view text) {
  if (text == "anonymous") return Principal{};
  const size_t dash = text.find('-');
  if (dash == absl::string_view::npos || !IsHandle(text.substr(dash + 1))) return std::nullopt;
  for (const RoleName& known : kRoleNames) {
    if (text.substr(0, dash) == known.name) return Principal{known.role, std::string(text.substr(dash + 1))};
  }
  return std::nullopt;
}

std::string Principal::text() const {
  for (const RoleName& known : kRoleNames) {
    if (role == known.role) return absl::StrCat(known.name, "-", name);
  }
  return role == Role::kSystem ? "system" : "anonymous";
}

std::optional<UserId> Principal::user() const {
  if (role != Role::kUser) return std::nullopt;
  return UserId::OfHandle(name);
}

}  // namespace bursar
