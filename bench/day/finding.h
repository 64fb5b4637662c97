#pragma once

#include <string>

namespace bursar::day {

// Something that was compared.
struct Finding {
  bool reconciles;
  // What it was, with its numbers.
  std::string sentence;
};

}  // namespace bursar::day
