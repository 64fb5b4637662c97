// Files that are whole or not there.
#pragma once

#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace bursar::cli {

// Written beside its place and put there when it is finished; gone where it is not. An error is a sentence.
class NewFile {
 public:
  explicit NewFile(std::string path);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  // Where it is until then, for those who write it themselves.
  const std::string& part() const { return part_; }

  void Write(absl::string_view text);
  absl::Status Finish();

 private:
  const std::string path_;
  const std::string part_;
  std::ofstream out_;
  bool finished_ = false;
};

}  // namespace bursar::cli
