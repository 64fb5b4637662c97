// What a process is surrounded by, handed in so that tests can choose it.
#pragma once

#include <functional>
#include <optional>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace bursar::cli {

struct World {
  std::ostream& out;
  std::ostream& err;
  // Whether `err` is a terminal, which may be written over.
  bool err_is_terminal = false;
  std::function<std::optional<std::string>(const std::string& variable)> variable;
  // "-" reads standard input. An error is a sentence.
  std::function<absl::StatusOr<std::string>(const std::string& file)> read_file;
  std::function<absl::Time()> now;
  // Whether people look at `out`, who would rather see a picture than a table.
  bool out_is_terminal = false;
  // Of that terminal, in characters.
  int columns = 80;
};

}  // namespace bursar::cli
