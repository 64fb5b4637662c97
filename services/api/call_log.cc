#include "services/api/call_log.h"

#include <atomic>
#include <string>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <nlohmann/json.hpp>

#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

std::atomic<bool> on = true;

// Each line is JSON by itself, so the pattern adds nothing.
spdlog::logger& Logger() {
  static const auto logger = [] {
    auto made = spdlog::stderr_logger_mt("bursar.calls");
    made->set_pattern("%v");
    return made;
  }();
  return *logger;
}

}  // namespace

void SetCallLog(bool is_on) { on = is_on; }

void LogFailure(const Call& call, const absl::Status& status, absl::Duration took) {
  if (!on) return;
  // The sentence may quote what the caller typed; the reason says enough. What we did not foresee has only its
  // sentence.
  const auto reason = ReasonOf(status);
  nlohmann::json line = {{"time", absl::FormatTime(absl::RFC3339_full, absl::Now(), absl::UTCTimeZone())},
                         {"event", "call_failed"},
                         {"method", call.method->full_name()},
                         {"principal", call.principal.text()},
                         {"code", absl::StatusCodeToString(status.code())},
                         {"reason", reason.value_or("")},
                         {"micros", absl::ToInt64Microseconds(took)}};
  if (!reason.has_value()) line["message"] = std::string(status.message());
  Logger().log(reason.has_value() ? spdlog::level::info : spdlog::level::err,
               line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace bursar
