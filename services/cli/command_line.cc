#include "services/cli/command_line.h"

#include <algorithm>
#include <memory>

#include "CLI/CLI.hpp"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/cli/settings.h"

namespace bursar::cli {
namespace {

// The parser for all there is. CLI11 only finds out which word belongs to which flag; what a value may be, and the
// sentences about it, are ours.
class Parser {
 public:
  Parser() {
    Prepare(root_);
    root_.add_flag("--version");
    for (const Setting& setting : AllSettings()) {
      if (!setting.serve_only) AddSetting(root_, setting);
    }
    serve_ = root_.add_subcommand("serve");
    Prepare(*serve_);
    for (const Setting& setting : AllSettings()) {
      if (setting.serve_only) AddSetting(*serve_, setting);
    }
    init_ = root_.add_subcommand("init");
    Prepare(*init_);
    adopt_ = AddSwitch(*init_, "--adopt");
    for (const Command& command : Commands()) AddCommand(command);
    for (const Noun& noun : Nouns()) Prepare(*root_.add_subcommand(noun.name));
    for (const Verb& verb : Verbs()) AddVerb(verb);
  }

  absl::StatusOr<CommandLine> Read(std::vector<std::string> arguments) {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    CommandLine line;
    bool help = false;
    try {
      root_.parse(arguments);
    } catch (const CLI::CallForHelp&) {
      help = true;
    } catch (const CLI::ParseError& error) {
      return absl::InvalidArgumentError(absl::StrCat(error.what(), ". ", SeeHelp("")));
    }

    CLI::App* noun = OnlySubcommand(root_);
    CLI::App* verb = noun == nullptr ? nullptr : OnlySubcommand(*noun);
    line.noun = noun == nullptr ? "" : noun->get_name();
    line.verb = VerbOf(verb != nullptr ? verb : noun);
    line.command = CommandOf(verb != nullptr ? verb : noun);
    if (help) return line;
    if (root_.get_option("--version")->count() > 0) {
      line.kind = CommandLine::Kind::kVersion;
      return line;
    }
    if (absl::Status fits = CheckWords(noun, line); !fits.ok()) return fits;
    for (const auto& [setting, option] : settings_) {
      if (option->count() == 0) continue;
      if (option->count() > 1) return TwiceError(setting->flag());
      line.settings[setting->key] = option->results().front();
    }
    if (noun == serve_) {
      line.kind = CommandLine::Kind::kServe;
      return line;
    }
    if (noun == init_) {
      line.kind = CommandLine::Kind::kInit;
      line.adopt = adopt_->count() > 0;
      return line;
    }
    if (line.command != nullptr) {
      line.kind = CommandLine::Kind::kCommand;
      if (absl::Status read = ReadOwn(commands_.at(line.command).flags, line); !read.ok()) return read;
      return line;
    }
    line.kind = CommandLine::Kind::kAsk;
    for (const auto& [flag, option] : verbs_.at(line.verb).fields) {
      if (option->count() == 0) continue;
      if (option->count() > 1 && !flag.repeated()) return TwiceError(flag.name);
      line.fields.emplace_back(flag, option->results());
    }
    const VerbOptions& options = verbs_.at(line.verb);
    line.json_request = LastOf(options.json_request);
    line.at = LastOf(options.at);
    line.from = LastOf(options.from);
    line.to = LastOf(options.to);
    line.count = LastOf(options.count);
    line.messages = LastOf(options.messages);
    if (absl::Status read = ReadOwn(options.own, line); !read.ok()) return read;
    return line;
  }

 private:
  struct VerbOptions {
    CLI::App* app = nullptr;
    std::vector<std::pair<RequestFlag, CLI::Option*>> fields;
    std::vector<std::pair<std::string, CLI::Option*>> own;
    // nullptr where the verb has no such flag.
    CLI::Option* json_request = nullptr;
    CLI::Option* at = nullptr;
    CLI::Option* from = nullptr;
    CLI::Option* to = nullptr;
    CLI::Option* count = nullptr;
    CLI::Option* messages = nullptr;
  };

  struct CommandOptions {
    CLI::App* app = nullptr;
    std::vector<std::pair<std::string, CLI::Option*>> flags;
  };

  static absl::Status ReadOwn(const std::vector<std::pair<std::string, CLI::Option*>>& own, CommandLine& line) {
    for (const auto& [name, option] : own) {
      if (option->count() > 1) return TwiceError(name);
      if (option->count() > 0) line.own[name] = option->results().front();
    }
    return absl::OkStatus();
  }

  static std::optional<std::string> LastOf(const CLI::Option* option) {
    if (option == nullptr || option->count() == 0) return std::nullopt;
    return option->results().back();
  }

  static void Prepare(CLI::App& app) {
    app.set_help_flag("--help,-h");
    app.allow_extras();
    app.fallthrough();
    // One is enough; without this a value that happens to be a noun would be taken for one.
    app.require_subcommand(0, 1);
  }

  CLI::Option* AddOption(CLI::App& app, const std::string& names) {
    // The parser wants somewhere to put values; they are read from the option.
    unused_.push_back(std::make_unique<std::vector<std::string>>());
    return app.add_option(names, *unused_.back())
        ->expected(1)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }

  CLI::Option* AddSwitch(CLI::App& app, const std::string& names) {
    unused_.push_back(std::make_unique<std::vector<std::string>>());
    return app.add_flag(names, *unused_.back());
  }

  void AddSetting(CLI::App& app, const Setting& setting) {
    settings_.emplace_back(&setting, setting.kind == SettingKind::kSwitch ? AddSwitch(app, setting.flag())
                                                                          : AddOption(app, setting.flag()));
  }

  void AddVerb(const Verb& verb) {
    CLI::App* app = root_.get_subcommand(verb.noun);
    if (!verb.verb.empty()) {
      app = app->add_subcommand(verb.verb);
      Prepare(*app);
    }
    VerbOptions& options = verbs_[&verb];
    options.app = app;
    if (verb.streams()) options.count = AddOption(*app, "--count");
    if (verb.exchanges()) {
      options.messages = AddOption(*app, "--messages");
      return;
    }
    for (const RequestFlag& flag : FlagsOf(*verb.request, verb.inlined)) {
      const bool positional = !verb.positional.empty() && flag.field().name() == verb.positional;
      const std::string names = positional ? absl::StrCat(flag.name.substr(2), ",", flag.name) : flag.name;
      options.fields.emplace_back(flag, flag.is_switch() ? AddSwitch(*app, names) : AddOption(*app, names));
    }
    for (const OwnFlag& flag : verb.own) options.own.emplace_back(flag.name, AddOption(*app, flag.name));
    options.json_request = AddOption(*app, "--json-request");
    if (HasMoment(*verb.request)) options.at = AddOption(*app, "--at");
    if (HasPeriod(*verb.request)) {
      options.from = AddOption(*app, "--from");
      options.to = AddOption(*app, "--to");
    }
  }

  // "checkpoint sign" is a command in a group.
  void AddCommand(const Command& command) {
    CLI::App* app = &root_;
    for (const std::string& word : std::vector<std::string>(absl::StrSplit(command.name, ' '))) {
      const auto found = app->get_subcommands([&word](const CLI::App* known) { return known->get_name() == word; });
      if (found.empty()) Prepare(*app->add_subcommand(word));
      app = app->get_subcommand(word);
    }
    CommandOptions& options = commands_[&command];
    options.app = app;
    for (const OwnFlag& flag : command.flags) {
      options.flags.emplace_back(flag.name,
                                 flag.placeholder.empty() ? AddSwitch(*app, flag.name) : AddOption(*app, flag.name));
    }
  }

  static CLI::App* OnlySubcommand(CLI::App& app) {
    const std::vector<CLI::App*> parsed = app.get_subcommands();
    return parsed.empty() ? nullptr : parsed.front();
  }

  const Verb* VerbOf(const CLI::App* app) const {
    for (const auto& [verb, options] : verbs_) {
      if (options.app == app) return verb;
    }
    return nullptr;
  }

  const Command* CommandOf(const CLI::App* app) const {
    for (const auto& [command, options] : commands_) {
      if (options.app == app) return command;
    }
    return nullptr;
  }

  static std::string SeeHelp(absl::string_view name) {
    return absl::StrCat("See `bursar ", name, name.empty() ? "" : " ", "--help`.");
  }

  static absl::Status TwiceError(const std::string& flag) {
    return absl::InvalidArgumentError(absl::StrCat(flag, " is written more than once; write it once."));
  }

  // That every word has found its place, and that there is a verb to ask.
  absl::Status CheckWords(const CLI::App* noun, const CommandLine& line) const {
    const std::vector<std::string> strays = root_.remaining(true);
    const std::string stray = strays.empty() ? "" : strays.front();
    const bool stray_flag = absl::StartsWith(stray, "-") && stray.size() > 1;
    const std::string name = line.verb != nullptr      ? line.verb->name()
                             : line.command != nullptr ? line.command->name
                                                       : line.noun;
    if (stray_flag) {
      const std::string flag = stray.substr(0, stray.find('='));
      return absl::InvalidArgumentError(absl::StrCat(flag, " is not a flag of `bursar", name.empty() ? "" : " ", name,
                                                     "`.", Likely(flag, line), " ", SeeHelp(name)));
    }
    if (noun == nullptr) {
      std::vector<std::string> nouns = {"init", "serve"};
      for (const Command& command : Commands()) nouns.push_back(command.name.substr(0, command.name.find(' ')));
      nouns.erase(std::unique(nouns.begin(), nouns.end()), nouns.end());
      for (const Noun& known : Nouns()) nouns.push_back(known.name);
      return absl::InvalidArgumentError(
          absl::StrCat(stray.empty() ? "" : absl::StrCat("\"", stray, "\" is not known. "),
                       "Write one of: ", absl::StrJoin(nouns, ", "), ". ", SeeHelp("")));
    }
    if (noun != serve_ && noun != init_ && line.verb == nullptr && line.command == nullptr) {
      std::vector<std::string> verbs;
      for (const Command& command : Commands()) {
        if (absl::StartsWith(command.name, line.noun + " ")) verbs.push_back(command.name.substr(line.noun.size() + 1));
      }
      for (const Verb& verb : Verbs()) {
        if (verb.noun == line.noun) verbs.push_back(verb.verb);
      }
      return absl::InvalidArgumentError(
          absl::StrCat(stray.empty() ? "" : absl::StrCat("\"", stray, "\" is not known. "),
                       "Write one of: ", absl::StrJoin(verbs, ", "), ". ", SeeHelp(line.noun)));
    }
    if (!stray.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", stray, "\" has no place here; values follow a flag. ", SeeHelp(name)));
    }
    return absl::OkStatus();
  }

  // " Did you mean --cost?" where a flag is close to what was written; else empty.
  std::string Likely(const std::string& written, const CommandLine& line) const {
    std::vector<std::string> known;
    for (const auto& [setting, option] : settings_) known.push_back(setting->flag());
    if (line.command != nullptr) {
      for (const OwnFlag& flag : line.command->flags) known.push_back(flag.name);
    }
    if (line.verb != nullptr) {
      for (const auto& [flag, option] : verbs_.at(line.verb).fields) known.push_back(flag.name);
      for (const OwnFlag& flag : line.verb->own) known.push_back(flag.name);
    }
    for (const std::string& flag : known) {
      // The last part, or the beginning: "--name" for "--contact.name", "--user" for "--user-id".
      if (absl::EndsWith(flag, "." + written.substr(2)) || absl::StartsWith(flag, written + "-") ||
          Distance(flag, written) <= 2) {
        return absl::StrCat(" Did you mean ", flag, "?");
      }
    }
    return "";
  }

  // How many letters have to change, come or go.
  static size_t Distance(const std::string& a, const std::string& b) {
    std::vector<size_t> row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
      size_t diagonal = row[0];
      row[0] = i;
      for (size_t j = 1; j <= b.size(); ++j) {
        const size_t above = row[j];
        row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
        diagonal = above;
      }
    }
    return row[b.size()];
  }

  CLI::App root_;
  CLI::App* serve_ = nullptr;
  CLI::App* init_ = nullptr;
  CLI::Option* adopt_ = nullptr;
  std::vector<std::pair<const Setting*, CLI::Option*>> settings_;
  std::map<const Verb*, VerbOptions> verbs_;
  std::map<const Command*, CommandOptions> commands_;
  std::vector<std::unique_ptr<std::vector<std::string>>> unused_;
};

}  // namespace

absl::StatusOr<CommandLine> ReadCommandLine(const std::vector<std::string>& arguments) {
  return Parser().Read(arguments);
}

bool HasMoment(const google::protobuf::Descriptor& request) { return request.FindFieldByName("at_time") != nullptr; }

bool HasPeriod(const google::protobuf::Descriptor& request) {
  return request.FindFieldByName("from_time") != nullptr && request.FindFieldByName("to_time") != nullptr;
}

}  // namespace bursar::cli
