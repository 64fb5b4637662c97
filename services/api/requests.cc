#include "services/api/requests.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

constexpr size_t kDefaultPageSize = 100;

}  // namespace

absl::StatusOr<UserId> UserOrCaller(const Call& call, absl::string_view field, const std::string& text) {
  if (!text.empty()) return IdOf<UserId>(text);
  const auto user = call.principal.user();
  if (!user.has_value()) return InvalidField(field, "has to be there, since the caller is no user");
  return *user;
}

absl::StatusOr<BillingAccountId> AccountOrDefault(const State& state, const Call& call, const std::string& text) {
  if (!text.empty()) return IdOf<BillingAccountId>(text);
  const auto id = call.principal.user();
  if (!id.has_value()) return InvalidField("billing_account", "has to be there, since the caller is no user");
  const User* user = state.Find(state.Present(*id));
  if (user == nullptr) return UserNotFound(*id);
  return user->default_payer;
}

absl::StatusOr<GatedAction> ParseGatedAction(const Call& call, absl::string_view path, const v1::GatedAction& request) {
  const auto user = UserOrCaller(call, absl::StrCat(path, ".user_id"), request.user_id());
  if (!user.ok()) return user.status();
  return GatedAction{.action = request.action(),
                     .user = *user,
                     .project = IdOf<ProjectId>(request.project_id()),
                     .bill_to = IdOf<BillingAccountId>(request.bill_to()),
                     .cost = Money::Micros(request.cost_micros()),
                     .cost_limit = Money::Micros(request.cost_limit_micros())};
}

Metered ParseUsage(const v1::Usage& usage) {
  return {.sku = usage.sku(),
          .region = usage.region(),
          .quantity = usage.quantity(),
          .usage_time = TimeIf(usage.has_usage_time(), usage.usage_time())};
}

MemberAccess ParseAccess(const v1::MemberAccess& access) {
  return {.admin = access.admin(), .allow_billable_activities = access.allow_billable_activities()};
}

absl::Time ParseTime(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Microseconds(time.nanos() / 1'000);
}

absl::Duration ParseDuration(const google::protobuf::Duration& duration) {
  return absl::Trunc(absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos()), absl::Microseconds(1));
}

std::optional<absl::Time> TimeIf(bool is_set, const google::protobuf::Timestamp& time) {
  if (!is_set) return std::nullopt;
  return ParseTime(time);
}

size_t PageSize(int32_t asked) { return asked == 0 ? kDefaultPageSize : static_cast<size_t>(asked); }

std::string ToPageToken(absl::string_view last_key) { return absl::WebSafeBase64Escape(last_key); }

absl::StatusOr<std::string> FromPageToken(const std::string& token) {
  std::string key;
  if (!absl::WebSafeBase64Unescape(token, &key) || key.empty() != token.empty()) return BadPageToken();
  return key;
}

absl::Status BadPageToken() { return InvalidField("page_token", "has to be the next_page_token of an earlier page"); }

}  // namespace bursar
