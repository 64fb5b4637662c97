// Who calls, as the transport tells it.
#pragma once

#include <map>

#include "absl/status/statusor.h"
#include "grpcpp/support/string_ref.h"
#include "ledger/base/principal.h"

namespace bursar {

// The metadata entry in which callers name themselves, as in "user-ada" or "service-portal".
inline constexpr char kPrincipalKey[] = "bursar-principal";

// The one place where a caller is believed: authentication will replace what is inside. The anonymous principal where
// none is named; UNAUTHENTICATED where the name is none.
absl::StatusOr<Principal> CallerOf(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata);

}  // namespace bursar
