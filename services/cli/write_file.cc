#include "services/cli/write_file.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace bursar::cli {

NewFile::NewFile(std::string path) : path_(std::move(path)), part_(path_ + ".part") {}

NewFile::~NewFile() {
  std::error_code ignored;
  if (!finished_) std::filesystem::remove(part_, ignored);
}

void NewFile::Write(absl::string_view text) {
  if (!out_.is_open()) out_.open(part_, std::ios::binary | std::ios::trunc);
  out_.write(text.data(), static_cast<std::streamsize>(text.size()));
}

absl::Status NewFile::Finish() {
  const absl::Status failed = absl::InvalidArgumentError(absl::StrCat(path_, " cannot be written."));
  if (out_.is_open()) {
    out_.close();
    if (out_.fail()) return failed;
  }
  std::error_code error;
  std::filesystem::rename(part_, path_, error);
  finished_ = !error;
  return finished_ ? absl::OkStatus() : failed;
}

}  // namespace bursar::cli
