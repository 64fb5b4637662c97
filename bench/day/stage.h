// What the parts of the player share: who is who, the way to the server, and the tally.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "bench/day/plan.h"
#include "bench/day/population.h"
#include "bench/day/tally.h"
#include "bench/day/traffic.h"
#include "bursar/v1/types.pb.h"

namespace bursar::day {

inline constexpr char kOperator[] = "operator-olga";
inline constexpr char kFinance[] = "finance-fay";
inline constexpr char kSupport[] = "support-sam";
inline constexpr char kPlatform[] = "service-portal";

struct Stage {
  const uint64_t seed;
  const Population& population;
  const Plan& plan;
  Traffic& traffic;
  // What the server's clock says at second 0, and the second where it stands.
  const absl::Time begins;
  int32_t clock = std::numeric_limits<int32_t>::min();
  // The entry that moved it there.
  uint64_t clock_moved_at = 0;
  Tally tally;
  // As the server named them; empty where it did not make them.
  std::vector<std::string> project_ids;
  // The highest that any answer named.
  uint64_t last_position = 0;

  absl::Time At(int32_t second) const { return begins + absl::Seconds(second); }
  std::string OwnerOf(Payer payer) const { return population.UserId(population.OwnerOf(payer)); }
  const char* CurrencyOf(Payer payer) const { return NameOf(population.CurrencyOf(payer)); }

  // The answer, where there is one and it was expected; nullptr, and a line in the report, otherwise.
  template <class Response>
  const Response* Expect(absl::string_view what, const absl::StatusOr<Response>& answer) {
    if (!answer.ok()) {
      Surprise(what, answer.status().ToString());
      return nullptr;
    }
    return &*answer;
  }
  void Surprise(absl::string_view what, absl::string_view how);

  void Saw(uint64_t position) { last_position = position > last_position ? position : last_position; }
  // Something was charged to the account, by a capture or, where `metered`, by a usage record.
  void Charged(Payer payer, int64_t micros, bool metered);
  // A charge was taken back from the account.
  void Reversed(Payer payer, int64_t micros);
  void LimitSet(Payer payer, int64_t micros);
};

// The reason of a denial or of a refusal in its short form, "SPENDING_LIMIT_EXCEEDED"; empty for other errors.
std::string ReasonOf(const v1::Decision& decision);
std::string ReasonOf(const absl::Status& status);

// Whether people who may not do something get this refusal, as against something having gone wrong.
bool IsDenial(const absl::Status& status);

}  // namespace bursar::day
