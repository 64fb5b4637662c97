// How far something long has come.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "absl/time/time.h"

namespace bursar::cli {

// Says nothing for the first half second, then keeps one line up to date on a terminal, or writes a line every ten
// seconds elsewhere. For one thread.
class Progress {
 public:
  // `what` as in "Reading the log".
  Progress(std::string what, std::ostream& out, bool terminal);

  void Show(uint64_t done, uint64_t all, absl::Time now);
  // Takes the line away again.
  void Finish();

 private:
  const std::string what_;
  std::ostream& out_;
  const bool terminal_;
  absl::Time start_ = absl::InfinitePast();
  absl::Time next_ = absl::InfinitePast();
  bool shown_ = false;
};

}  // namespace bursar::cli
