// Who asks: a role and a name, written "user-ada", "operator-olga" or "service-portal".
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "ledger/base/ids.h"

namespace bursar {

enum class Role { kAnonymous, kUser, kService, kOperator, kFinance, kSupport, kSystem };

struct Principal {
  Role role = Role::kAnonymous;
  // The handle; empty for the anonymous caller and for the system.
  std::string name;

  // nullopt unless `text` is "anonymous" or a role that a caller may have, a dash and a handle.
  static std::optional<Principal> Parse(absl::string_view text);
  static Principal System() { return {.role = Role::kSystem, .name = ""}; }

  std::string text() const;
  // nullopt unless the caller is a user.
  std::optional<UserId> user() const;
  // Whether both are the same human being, in whichever roles: an operator is also a person with an account.
  bool SamePersonAs(const UserId& user) const { return name == user.handle(); }

  friend bool operator==(const Principal& a, const Principal& b) { return a.role == b.role && a.name == b.name; }
};

}  // namespace bursar
