#include "services/cli/lines.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"

namespace bursar::cli {

absl::StatusOr<std::unique_ptr<Lines>> Lines::Open(const std::string& file) {
  const int opened = file == "-" ? dup(STDIN_FILENO) : open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) return absl::NotFoundError(absl::StrCat(file, " cannot be read."));
  const int stop = eventfd(0, EFD_CLOEXEC);
  BURSAR_CHECK(stop >= 0);
  return std::unique_ptr<Lines>(new Lines(opened, stop));
}

Lines::~Lines() {
  close(file_);
  close(stop_);
}

std::optional<std::string> Lines::Next() {
  size_t searched = 0;
  size_t end = text_.find('\n');
  while (end == std::string::npos && !ended_) {
    searched = text_.size();
    ended_ = !ReadMore();
    end = text_.find('\n', searched);
  }
  if (end == std::string::npos && text_.empty()) return std::nullopt;
  std::string line = text_.substr(0, end);
  text_.erase(0, end == std::string::npos ? end : end + 1);
  return line;
}

void Lines::Stop() {
  const uint64_t once = 1;
  static_cast<void>(!write(stop_, &once, sizeof(once)));
}

bool Lines::ReadMore() {
  pollfd files[] = {{file_, POLLIN, 0}, {stop_, POLLIN, 0}};
  if (poll(files, 2, -1) < 0 || files[1].revents != 0) {
    text_.clear();
    return false;
  }
  char buffer[64 * 1024];
  const ssize_t count = read(file_, buffer, sizeof(buffer));
  if (count <= 0) return false;
  text_.append(buffer, static_cast<size_t>(count));
  return true;
}

}  // namespace bursar::cli
