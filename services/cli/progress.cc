#include "services/cli/progress.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace bursar::cli {
namespace {

constexpr absl::Duration kQuiet = absl::Milliseconds(500);
constexpr size_t kBarWidth = 30;

}  // namespace

Progress::Progress(std::string what, std::ostream& out, bool terminal)
    : what_(std::move(what)), out_(out), terminal_(terminal) {}

void Progress::Show(uint64_t done, uint64_t all, absl::Time now) {
  if (start_ == absl::InfinitePast()) {
    start_ = now;
    next_ = now + kQuiet;
  }
  if (now < next_ || all == 0) return;
  shown_ = true;
  const uint64_t percent = std::min<uint64_t>(100, done * 100 / all);
  if (terminal_) {
    next_ = now + absl::Milliseconds(100);
    std::string bar(kBarWidth * percent / 100, '#');
    bar.resize(kBarWidth, '.');
    out_ << absl::StrCat("\r", what_, " [", bar, "] ", percent, " % (", done, " of ", all, ")") << std::flush;
  } else {
    next_ = now + absl::Seconds(10);
    out_ << absl::StrCat(what_, ": ", done, " of ", all, " (", percent, " %)\n") << std::flush;
  }
}

void Progress::Finish() {
  if (shown_ && terminal_) out_ << "\r\033[K" << std::flush;
}

}  // namespace bursar::cli
