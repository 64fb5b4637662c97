// How the program is set up: by a file, the environment and flags; the later of these wins.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/cli/world.h"

namespace bursar::cli {

enum class SettingKind { kText, kWhole, kDuration, kSwitch, kChoice };

// One thing that can be set. `key` is its name in the file; the flag and the variable are named after it.
struct Setting {
  std::string key;
  SettingKind kind = SettingKind::kText;
  // Text of the value where nothing is set; empty for none.
  std::string fallback;
  std::string about;
  // For kWhole.
  int64_t min = 0;
  int64_t max = 0;
  // For kChoice.
  std::vector<std::string> choices;
  // Only for `bursar serve`.
  bool serve_only = false;

  std::string flag() const;      // "--queue-capacity"
  std::string variable() const;  // "BURSAR_QUEUE_CAPACITY"
};

// In the order of the help. The setting "config" names the file and cannot stand in it.
const std::vector<Setting>& AllSettings();

// In order of precedence.
enum class Source { kFallback, kFile, kEnvironment, kFlag };

class Settings {
 public:
  // `flags` by key. Every value is checked here: an error is a sentence that says where the wrong value stands and what
  // is allowed. A key of the file that is unknown is an error too.
  static absl::StatusOr<Settings> Load(const std::map<std::string, std::string>& flags, const World& world);

  std::string Text(const std::string& key) const;
  int64_t Whole(const std::string& key) const;
  absl::Duration Duration(const std::string& key) const;
  bool Switch(const std::string& key) const;
  Source SourceOf(const std::string& key) const;

 private:
  struct Value {
    std::string text;
    Source source = Source::kFallback;
  };
  absl::Status Set(const std::string& key, const std::string& text, Source source, const std::string& where);

  std::map<std::string, Value> values_;
};

}  // namespace bursar::cli
