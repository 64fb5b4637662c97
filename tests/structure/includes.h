// Reads the table of dependencies and finds the #includes that break it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace bursar {

// What the files of one folder may and may not include, by the beginning of the path.
struct Permissions {
  std::vector<std::string> may;
  std::vector<std::string> never;
};

// By folder.
using Dependencies = std::map<std::string, Permissions>;

// See dependencies.txt for the form.
absl::StatusOr<Dependencies> ParseDependencies(absl::string_view table);

// What `text` includes, in order, without the quotes or brackets.
std::vector<std::string> Includes(absl::string_view text);

// One sentence for each #include that the file at `path` (from the root) with the contents `text` should not have.
std::vector<std::string> Violations(const Dependencies& dependencies, absl::string_view path, absl::string_view text);

}  // namespace bursar
