// Lines of a file or of standard input, as they come.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace bursar::cli {

// One thread reads; any may stop it.
class Lines {
 public:
  // "-" is standard input. An error is a sentence.
  static absl::StatusOr<std::unique_ptr<Lines>> Open(const std::string& file);
  ~Lines();
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  // The next line without its newline; nullopt at the end, or where it was stopped.
  std::optional<std::string> Next();
  // Next waits no longer.
  void Stop();

 private:
  Lines(int file, int stop) : file_(file), stop_(stop) {}
  // False where there is nothing more.
  bool ReadMore();

  const int file_;
  // An eventfd.
  const int stop_;
  std::string text_;
  bool ended_ = false;
};

}  // namespace bursar::cli
