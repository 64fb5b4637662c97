#include "tests/structure/includes.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace bursar {
namespace {

// True where `path` is `place` or lies in it.
bool IsIn(absl::string_view path, absl::string_view place) {
  return absl::ConsumePrefix(&path, place) && (path.empty() || path.front() == '/');
}

bool IsInAny(absl::string_view path, const std::vector<std::string>& places) {
  return std::any_of(places.begin(), places.end(), [&](const std::string& place) { return IsIn(path, place); });
}

// The C and C++ library and the system's own headers: "vector", "unistd.h", "sys/stat.h".
bool IsFromTheSystem(absl::string_view include) { return !absl::StrContains(include, '/') || IsIn(include, "sys"); }

// The most exact folder of the table that `path` lies in; end() where there is none.
Dependencies::const_iterator FolderOf(const Dependencies& dependencies, absl::string_view path) {
  auto best = dependencies.end();
  for (auto row = dependencies.begin(); row != dependencies.end(); ++row) {
    if (IsIn(path, row->first) && (best == dependencies.end() || row->first.size() > best->first.size())) {
      best = row;
    }
  }
  return best;
}

bool IsAllowed(const Permissions& permissions, absl::string_view folder, absl::string_view include) {
  if (IsInAny(include, permissions.never)) {
    return false;
  }
  return IsFromTheSystem(include) || IsIn(include, "absl") || IsIn(include, folder) ||
         IsInAny(include, permissions.may);
}

}  // namespace

absl::StatusOr<Dependencies> ParseDependencies(absl::string_view table) {
  Dependencies dependencies;
  Permissions* row = nullptr;
  bool never = false;
  for (absl::string_view line : absl::StrSplit(table, '\n')) {
    line = line.substr(0, line.find('#'));
    for (absl::string_view word : absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty())) {
      if (absl::ConsumeSuffix(&word, ":")) {
        const auto [place, is_new] = dependencies.try_emplace(std::string(word));
        if (!is_new) {
          return absl::InvalidArgumentError(absl::StrCat(word, " stands in the table twice."));
        }
        row = &place->second;
        never = false;
      } else if (row == nullptr) {
        return absl::InvalidArgumentError(absl::StrCat("'", word, "' stands before the first folder."));
      } else if (word == "never") {
        never = true;
      } else {
        (never ? row->never : row->may).emplace_back(word);
      }
    }
  }
  return dependencies;
}

std::vector<std::string> Includes(absl::string_view text) {
  std::vector<std::string> includes;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripLeadingAsciiWhitespace(line);
    if (!absl::ConsumePrefix(&line, "#")) {
      continue;
    }
    line = absl::StripLeadingAsciiWhitespace(line);
    if (!absl::ConsumePrefix(&line, "include")) {
      continue;
    }
    line = absl::StripAsciiWhitespace(line);
    const char closing = absl::ConsumePrefix(&line, "<") ? '>' : '"';
    absl::ConsumePrefix(&line, "\"");
    includes.emplace_back(line.substr(0, line.find(closing)));
  }
  return includes;
}

std::vector<std::string> Violations(const Dependencies& dependencies, absl::string_view path, absl::string_view text) {
  const auto folder = FolderOf(dependencies, path);
  if (folder == dependencies.end()) {
    return {absl::StrCat(path, " lies in a folder that the table of dependencies does not name.")};
  }
  std::vector<std::string> violations;
  for (const std::string& include : Includes(text)) {
    if (!IsAllowed(folder->second, folder->first, include)) {
      violations.push_back(absl::StrCat(path, " includes ", include, ", which ", folder->first, " may not."));
    }
  }
  return violations;
}

}  // namespace bursar
