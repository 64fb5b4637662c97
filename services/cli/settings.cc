#include "services/cli/settings.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "services/cli/values.h"
#include "toml++/toml.h"

namespace bursar::cli {
namespace {

const Setting* FindSetting(absl::string_view key) {
  for (const Setting& setting : AllSettings()) {
    if (setting.key == key) return &setting;
  }
  return nullptr;
}

// OK where the text is a value of the setting.
absl::Status Check(const Setting& setting, const std::string& text) {
  switch (setting.kind) {
    case SettingKind::kText:
      return absl::OkStatus();
    case SettingKind::kWhole:
      return ReadWhole(text, setting.min, setting.max).status();
    case SettingKind::kDuration:
      return ReadDuration(text).status();
    case SettingKind::kSwitch:
      return ReadBool(text).status();
    case SettingKind::kChoice:
      if (std::find(setting.choices.begin(), setting.choices.end(), text) != setting.choices.end()) {
        return absl::OkStatus();
      }
      return absl::InvalidArgumentError(
          absl::StrCat("\"", text, "\" is not allowed; write one of: ", absl::StrJoin(setting.choices, ", "), "."));
  }
  return absl::OkStatus();
}

std::optional<std::string> TextOf(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return absl::StrCat(number->get());
  if (const auto* yes = node.as_boolean()) return yes->get() ? "true" : "false";
  return std::nullopt;
}

// Where something stands in the file, as compilers write it.
std::string PlaceOf(const std::string& file, const toml::source_region& region) {
  return absl::StrCat(file, ":", region.begin.line);
}

}  // namespace

std::string Setting::flag() const { return "--" + absl::StrReplaceAll(key, {{"_", "-"}}); }

std::string Setting::variable() const { return "BURSAR_" + absl::AsciiStrToUpper(key); }

const std::vector<Setting>& AllSettings() {
  static const auto* const settings = new std::vector<Setting>{
      {.key = "config", .about = "File with settings in TOML, one `key = value` per line."},
      {.key = "server", .fallback = "127.0.0.1:7421", .about = "Address of the server to ask."},
      {.key = "data_dir",
       .about = "Folder of the ledger. `serve` keeps it there; other commands open it themselves instead of asking a "
                "server, which must not be running on it."},
      {.key = "create",
       .kind = SettingKind::kSwitch,
       .fallback = "false",
       .about = "Make the ledger of data_dir, empty, where there is none; `init` does, and `serve` never does."},
      {.key = "journal_dir",
       .about = "Folder of the second copy of the log, ideally on another disk; journal in data_dir if empty. `serve`, "
                "`init` and whatever else opens the folder have to be told the same."},
      {.key = "as",
       .about = "Who asks, for example user-ada, operator-olga or service-portal; nobody in particular if empty."},
      {.key = "format",
       .kind = SettingKind::kChoice,
       .fallback = "table",
       .about = "How answers are written: table for people, json for programs.",
       .choices = {"table", "json"}},
      {.key = "timeout",
       .kind = SettingKind::kDuration,
       .fallback = "10s",
       .about = "How long to wait for an answer; a server that is away is tried for about a second of it."},
      {.key = "clock",
       .kind = SettingKind::kChoice,
       .fallback = "system",
       .about = "Where a ledger that is opened has its time from: system, or manual for trying things out, where time "
                "stands still until `clock advance` moves it.",
       .choices = {"system", "manual"}},
      {.key = "clock_start",
       .about = "Where a manual clock begins on an empty ledger, for example 2026-01-31T12:00:00Z; now if empty. "
                "Otherwise it goes on where the last entry left it."},
      {.key = "listen",
       .fallback = "127.0.0.1:7421",
       .about = "Address to serve at; port 0 takes a free one.",
       .serve_only = true},
      {.key = "insecure",
       .kind = SettingKind::kSwitch,
       .fallback = "false",
       .about = "Serve without encryption or authentication at an address that others can reach.",
       .serve_only = true},
      {.key = "drain_timeout",
       .kind = SettingKind::kDuration,
       .fallback = "30s",
       .about = "How long calls that are under way may take to end when it is told to stop.",
       .serve_only = true},
      {.key = "checkpoint_every",
       .kind = SettingKind::kWhole,
       .fallback = "1000000",
       .about = "A checkpoint, from which the next start is quick, is written after so many entries, and when it is "
                "told to stop; 0: never.",
       .min = 0,
       .max = 1'000'000'000'000,
       .serve_only = true},
      {.key = "disk_low_bytes",
       .kind = SettingKind::kWhole,
       .fallback = "536870912",
       .about = "With fewer bytes free on its disks the ledger refuses as DISK_LOW what begins something; with half of "
                "them it takes only captures and releases. 0: never.",
       .min = 0,
       .max = 1'000'000'000'000'000,
       .serve_only = true},
      {.key = "ballast_bytes",
       .kind = SettingKind::kWhole,
       .fallback = "134217728",
       .about = "Size of a file that only takes room, and is given up where the disk is full at a start; made where "
                "there is room for four times as much. 0: none.",
       .min = 0,
       .max = 1'000'000'000'000,
       .serve_only = true},
      {.key = "queue_capacity",
       .kind = SettingKind::kWhole,
       .fallback = "65536",
       .about = "Commands that may wait; one more is refused as OVERLOADED.",
       .min = 1,
       .max = 10'000'000,
       .serve_only = true},
      {.key = "group_capacity",
       .kind = SettingKind::kWhole,
       .fallback = "4096",
       .about = "Commands that are made durable together at most.",
       .min = 1,
       .max = 65'536,
       .serve_only = true},
  };
  return *settings;
}

absl::StatusOr<Settings> Settings::Load(const std::map<std::string, std::string>& flags, const World& world) {
  Settings settings;
  for (const Setting& setting : AllSettings()) settings.values_[setting.key] = {.text = setting.fallback};

  std::map<std::string, std::string> variables;
  for (const Setting& setting : AllSettings()) {
    const std::optional<std::string> value = world.variable(setting.variable());
    if (value.has_value() && !value->empty()) variables[setting.key] = *value;
  }

  const auto flag = flags.find("config");
  const std::string file = flag != flags.end() ? flag->second : variables["config"];
  variables.erase("config");
  if (!file.empty()) {
    const absl::StatusOr<std::string> text = world.read_file(file);
    if (!text.ok()) return absl::InvalidArgumentError(text.status().message());
    toml::table table;
    try {
      table = toml::parse(*text);
    } catch (const toml::parse_error& error) {
      return absl::InvalidArgumentError(
          absl::StrCat(PlaceOf(file, error.source()), " is not TOML: ", std::string(error.description()), "."));
    }
    // In the order of the file, so that the first mistake is reported first.
    std::vector<std::pair<std::string, const toml::node*>> lines;
    for (const auto& [key, node] : table) lines.emplace_back(std::string(key.str()), &node);
    std::sort(lines.begin(), lines.end(),
              [](const auto& a, const auto& b) { return a.second->source().begin < b.second->source().begin; });
    for (const auto& [key, node] : lines) {
      const std::string place = PlaceOf(file, node->source());
      if (FindSetting(key) == nullptr || key == "config") {
        return absl::InvalidArgumentError(
            absl::StrCat(place, ": \"", key, "\" is not a setting; `bursar --help` lists them."));
      }
      const std::optional<std::string> value = TextOf(*node);
      if (!value.has_value()) {
        return absl::InvalidArgumentError(
            absl::StrCat(place, ": ", key, " has to be a text, a whole number, true or false."));
      }
      if (absl::Status set = settings.Set(key, *value, Source::kFile, absl::StrCat(place, ": ", key)); !set.ok())
        return set;
    }
  }

  for (const auto& [key, text] : variables) {
    absl::Status set = settings.Set(key, text, Source::kEnvironment, FindSetting(key)->variable());
    if (!set.ok()) return set;
  }
  for (const auto& [key, text] : flags) {
    if (absl::Status set = settings.Set(key, text, Source::kFlag, FindSetting(key)->flag()); !set.ok()) return set;
  }
  return settings;
}

absl::Status Settings::Set(const std::string& key, const std::string& text, Source source, const std::string& where) {
  const absl::Status wrong = Check(*FindSetting(key), text);
  if (!wrong.ok()) return absl::InvalidArgumentError(absl::StrCat(where, ": ", wrong.message()));
  values_[key] = {.text = text, .source = source};
  return absl::OkStatus();
}

std::string Settings::Text(const std::string& key) const { return values_.at(key).text; }

int64_t Settings::Whole(const std::string& key) const {
  const Setting& setting = *FindSetting(key);
  return *ReadWhole(Text(key), setting.min, setting.max);
}

absl::Duration Settings::Duration(const std::string& key) const { return *ReadDuration(Text(key)); }

bool Settings::Switch(const std::string& key) const { return *ReadBool(Text(key)); }

Source Settings::SourceOf(const std::string& key) const { return values_.at(key).source; }

}  // namespace bursar::cli
