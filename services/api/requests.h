// What services do with the requests they are given, beyond what the rules in the proto files say.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "bursar/v1/types.pb.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "ledger/base/ids.h"
#include "ledger/domain/commands.h"
#include "ledger/domain/state.h"
#include "ledger/engine/ledger.h"
#include "services/api/call.h"

namespace bursar {

// The id that the text names; for texts that have the form, or are empty.
template <class Id>
Id IdOf(const std::string& text) {
  return Id::Parse(text).value_or(Id());
}

// The user named, or the caller where none is; INVALID_ARGUMENT where the caller is no user.
absl::StatusOr<UserId> UserOrCaller(const Call& call, absl::string_view field, const std::string& text);

// The account named, or the caller's default payer where none is; INVALID_ARGUMENT where the caller is no user.
absl::StatusOr<BillingAccountId> AccountOrDefault(const State& state, const Call& call, const std::string& text);

// The action asked about; INVALID_ARGUMENT where it names no user and the caller is none. `path` leads to it.
absl::StatusOr<GatedAction> ParseGatedAction(const Call& call, absl::string_view path, const v1::GatedAction& request);

Metered ParseUsage(const v1::Usage& usage);
MemberAccess ParseAccess(const v1::MemberAccess& access);

// Microseconds; what is finer is cut off.
absl::Time ParseTime(const google::protobuf::Timestamp& time);

// Microseconds; what is finer is cut off.
absl::Duration ParseDuration(const google::protobuf::Duration& duration);

// The time of an optional field, as in TimeIf(request.has_start_time(), request.start_time()).
std::optional<absl::Time> TimeIf(bool is_set, const google::protobuf::Timestamp& time);

// As asked for, or 100.
size_t PageSize(int32_t asked);

// Page tokens carry the key of the last item of the page before.
std::string ToPageToken(absl::string_view last_key);
// Empty for the first page; INVALID_ARGUMENT for what ToPageToken never gave.
absl::StatusOr<std::string> FromPageToken(const std::string& token);
absl::Status BadPageToken();

// What `read` makes of the durable state.
template <class Response>
absl::StatusOr<Response> FromState(
    const Ledger& ledger, const std::function<absl::StatusOr<Response>(const State& state, absl::Time now)>& read) {
  absl::StatusOr<Response> response = absl::UnknownError("The state was not read.");
  ledger.Read([&](const State& state, absl::Time now) { response = read(state, now); });
  return response;
}

}  // namespace bursar
