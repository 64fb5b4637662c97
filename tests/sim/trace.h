// All that a simulated world does follows from these bytes: one record that says what kind of world it is, then one for
// each step. A part of a trace is a trace, so that failures can be made small, and any bytes are one, so that a fuzzer
// can make them up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace bursar::sim {

inline constexpr size_t kWorldBytes = 16;
inline constexpr size_t kStepBytes = 8;

struct Trace {
  std::array<uint8_t, kWorldBytes> world = {};
  std::vector<std::array<uint8_t, kStepBytes>> steps;

  // What is missing at the end of the last record is zero.
  static Trace OfBytes(absl::string_view bytes);
  std::string bytes() const;

  // The text form: a record a line, in hexadecimal; what follows a '#' is for people.
  static absl::StatusOr<Trace> OfText(absl::string_view text);
  std::string text(absl::string_view comment) const;

  static absl::StatusOr<Trace> Read(const std::string& path);
  absl::Status Write(const std::string& path, absl::string_view comment) const;

  // The world that a seed stands for.
  static Trace OfSeed(uint64_t seed, size_t steps);
};

}  // namespace bursar::sim
