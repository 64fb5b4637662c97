#include "services/cli/help.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/cli/command_line.h"
#include "services/cli/commands.h"
#include "services/cli/comments.h"
#include "services/cli/request_flags.h"
#include "services/cli/settings.h"

namespace bursar::cli {
namespace {

constexpr size_t kLineWidth = 100;
constexpr size_t kWidestName = 30;

// A name and what it means.
using Explained = std::pair<std::string, std::string>;

// Text in lines of kLineWidth, each after `indent` spaces but the first, which begins at `column`.
std::string Wrapped(const std::string& text, size_t indent, size_t column) {
  std::string wrapped;
  size_t at = column;
  for (const std::string& word : std::vector<std::string>(absl::StrSplit(text, ' ', absl::SkipEmpty()))) {
    const bool first_of_line = at == indent || wrapped.empty();
    if (!first_of_line && at + 1 + word.size() > kLineWidth) {
      absl::StrAppend(&wrapped, "\n", std::string(indent, ' '), word);
      at = indent + word.size();
    } else {
      absl::StrAppend(&wrapped, first_of_line ? "" : " ", word);
      at += word.size() + (first_of_line ? 0 : 1);
    }
  }
  return wrapped;
}

std::string Paragraphs(const std::string& text) {
  std::string lines;
  for (const std::string& paragraph : std::vector<std::string>(absl::StrSplit(text, '\n', absl::SkipEmpty()))) {
    absl::StrAppend(&lines, Wrapped(paragraph, 0, 0), "\n\n");
  }
  return lines;
}

std::string Listed(const std::string& heading, const std::vector<Explained>& items) {
  size_t width = 0;
  for (const auto& [name, about] : items) {
    if (name.size() <= kWidestName) width = std::max(width, name.size());
  }
  const size_t indent = 2 + width + 2;
  std::string text = heading + ":\n";
  for (const auto& [name, about] : items) {
    absl::StrAppend(&text, "  ", name);
    if (name.size() > width) {
      absl::StrAppend(&text, "\n", std::string(indent, ' '));
    } else {
      text.append(indent - 2 - name.size(), ' ');
    }
    absl::StrAppend(&text, Wrapped(about, indent, indent), "\n");
  }
  return text + "\n";
}

std::string FirstSentence(const std::string& text) {
  std::string line = text.substr(0, text.find('\n'));
  for (const absl::string_view end : {". ", "? "}) {
    if (const size_t at = line.find(end.data()); at != std::string::npos) return line.substr(0, at + 1);
  }
  return line;
}

Explained Explain(const Setting& setting) {
  std::string name = setting.flag();
  switch (setting.kind) {
    case SettingKind::kText:
      name += setting.key == "config" ? " FILE" : setting.key == "data_dir" ? " DIR" : " TEXT";
      break;
    case SettingKind::kWhole:
      name += " NUMBER";
      break;
    case SettingKind::kDuration:
      name += " DURATION";
      break;
    case SettingKind::kChoice:
      absl::StrAppend(&name, " ", absl::StrJoin(setting.choices, "|"));
      break;
    case SettingKind::kSwitch:
      break;
  }
  std::string about = setting.about;
  if (setting.kind == SettingKind::kWhole) absl::StrAppend(&about, " ", setting.min, " to ", setting.max, ".");
  absl::StrAppend(&about, " [", setting.variable());
  if (!setting.fallback.empty()) absl::StrAppend(&about, ", default ", setting.fallback);
  return {name, about + "]"};
}

std::vector<Explained> ExplainSettings(bool serve_only) {
  std::vector<Explained> items;
  for (const Setting& setting : AllSettings()) {
    if (setting.serve_only == serve_only) items.push_back(Explain(setting));
  }
  return items;
}

Explained Explain(const RequestFlag& flag) {
  std::string about = CommentOf(flag.field());
  std::replace(about.begin(), about.end(), '\n', ' ');
  if (flag.required() && flag.field().name() != "request_id") about = "Required. " + about;
  if (const std::string range = flag.range(); !range.empty()) absl::StrAppend(&about, " [", range, "]");
  if (flag.from_file()) {
    absl::StrAppend(&about, " A JSON list of ", flag.field().message_type()->name(), "; - reads standard input.");
  }
  if (flag.repeated() && !flag.from_file()) about += " May be repeated.";
  if (flag.field().name() == "request_id") about += " A fresh random one where it is left out.";
  const std::string placeholder = flag.is_switch() ? "" : flag.placeholder();
  return {absl::StrCat(flag.name, placeholder.empty() ? "" : " ", placeholder), about};
}

constexpr char kSettingsNote[] =
    "Each of these is also a variable of the environment, named in brackets, and a line of the --config file, named "
    "like "
    "the flag with _ for -, for example: data_dir = \"/var/lib/bursar\". A flag wins over a variable, and a variable "
    "over "
    "the file.\n";

constexpr char kExitCodes[] =
    "How it ends:\n"
    "  0   done\n"
    "  1   refused: the ledger answered with an error, nothing happened\n"
    "  2   denied: the gate was asked and said no (check, check-batch, place-hold)\n"
    "  64  a wrong flag, value or setting; nothing was sent\n"
    "  69  no answer: there is no server, or it did not answer in time\n"
    "  75  the data folder cannot be used or written; starting again may help\n"
    "  78  the data is damaged, or not what was signed or told of it; starting again will not help\n"
    "  130 interrupted; what was complete stays (export, import, backup, restore, verify, prove)\n";

}  // namespace

std::string HelpForAll() {
  std::vector<Explained> nouns = {{"serve", "Keep a ledger and answer for it until told to stop"}};
  for (const Command& command : Commands()) nouns.emplace_back(command.name, command.about);
  for (const Noun& noun : Nouns()) nouns.emplace_back(noun.name, noun.about);
  return absl::StrCat("Bursar: a ledger for credits and spending limits.\n\n",
                      "bursar [settings] serve | <noun> <verb> [flags]\n\n", Listed("Commands", nouns),
                      Listed("Settings", ExplainSettings(false)), Listed("Settings of serve", ExplainSettings(true)),
                      Paragraphs(kSettingsNote), kExitCodes,
                      "\nMore: bursar <noun> --help, bursar <noun> <verb> --help\n");
}

std::string HelpForServe() {
  std::vector<Explained> settings = ExplainSettings(true);
  for (const Setting& setting : AllSettings()) {
    if (setting.key == "config" || setting.key == "data_dir") settings.push_back(Explain(setting));
  }
  return absl::StrCat(
      "bursar serve --data-dir DIR [settings]\n\n",
      Paragraphs(
          "Keeps the ledger in a folder, which is made where it is missing, and answers for it over gRPC. Prints one "
          "line with the address when it is ready.\n"
          "SIGTERM or SIGINT stops it in order: no new calls, answers to all that wait, then the end. A second "
          "signal ends it at once; nothing that was answered is lost either way.\n"),
      Listed("Settings", settings), Paragraphs(kSettingsNote), kExitCodes,
      "\nExample:\n  bursar serve --data-dir ./ledger --listen 127.0.0.1:7421\n");
}

std::string HelpForCommand(const Command& command) {
  std::vector<Explained> flags;
  for (const OwnFlag& flag : command.flags) {
    flags.emplace_back(absl::StrCat(flag.name, flag.placeholder.empty() ? "" : " ", flag.placeholder), flag.about);
  }
  return absl::StrCat("bursar ", command.name, " [flags]\n\n", Paragraphs(command.text), Listed("Flags", flags),
                      Paragraphs("Shows how far it has come on a terminal; --format=json ends with one line of JSON. "
                                 "Settings such as --data-dir, --server, --as and --format: bursar --help.\n"),
                      kExitCodes, "\nExample:\n  bursar ", command.example, "\n");
}

std::string HelpForCommands(const std::string& group) {
  std::vector<Explained> commands;
  for (const Command& command : Commands()) {
    if (absl::StartsWith(command.name, group + " ")) {
      commands.emplace_back(command.name.substr(group.size() + 1), command.about);
    }
  }
  return absl::StrCat("bursar ", group, " <command> [flags]\n\n", Listed("Commands", commands), "More: bursar ", group,
                      " <command> --help\n");
}

std::string HelpForNoun(const std::string& noun) {
  std::string about;
  for (const Noun& known : Nouns()) {
    if (known.name == noun) about = known.about;
  }
  std::vector<Explained> verbs;
  std::string examples;
  for (const Verb& verb : Verbs()) {
    if (verb.noun != noun || verb.verb.empty()) continue;
    verbs.emplace_back(verb.verb, FirstSentence(CommentOf(verb.method())));
    absl::StrAppend(&examples, "  bursar ", verb.example, "\n");
  }
  return absl::StrCat("bursar ", noun, " <verb> [flags]: ", about, "\n\n", Listed("Verbs", verbs), "Examples:\n",
                      examples, "\nMore: bursar ", noun, " <verb> --help\n");
}

std::string HelpForVerb(const Verb& verb) {
  std::string positional;
  std::vector<Explained> flags;
  const bool written = !verb.exchanges();
  for (const RequestFlag& flag : FlagsOf(*verb.request, verb.inlined)) {
    if (!written) break;
    if (flag.field().name() == verb.positional) positional = absl::StrCat(" [", flag.name.substr(2), "]");
    flags.push_back(Explain(flag));
  }
  if (HasMoment(*verb.request)) {
    const bool position = verb.request->FindFieldByName("at_position") != nullptr;
    flags.emplace_back(position ? "--at POSITION|TIME" : "--at TIME",
                       position ? "As of this entry or time: a whole number is a position." : "As of this time.");
  }
  if (HasPeriod(*verb.request)) {
    flags.emplace_back("--from POSITION|TIME", "From this entry or time on: a whole number is a position.");
    flags.emplace_back("--to POSITION|TIME", "Up to this entry, or before this time: a whole number is a position.");
  }
  if (written) {
    flags.emplace_back("--json-request FILE", "The whole request as JSON; flags come on top. - reads standard input.");
  } else {
    flags.emplace_back("--messages FILE",
                       absl::StrCat("One ", verb.request->name(),
                                    " in JSON per line. - reads standard input, which is the "
                                    "default. Where `sequence` is missing it is the line's number."));
  }
  if (verb.streams()) {
    flags.emplace_back("--count NUMBER", written ? "End when so many facts have been told."
                                                 : "End when so many messages have been answered.");
  }
  for (const OwnFlag& flag : verb.own) flags.emplace_back(absl::StrCat(flag.name, " ", flag.placeholder), flag.about);
  return absl::StrCat(
      "bursar ", verb.name(), positional, " [flags]\n\n", Paragraphs(CommentOf(verb.method())), Listed("Flags", flags),
      Paragraphs(absl::StrCat("Amounts are written 5.00 or \"5.00 USD\", times 2026-01-31T12:00:00Z, "
                              "2026-01-31, now, +24h or -7d, lengths of time 90s, 15m, 1h30m or 7d. "
                              "Settings such as --as, --server, --data-dir and --format: bursar "
                              "--help.\n",
                              positional.empty() ? "" : "The value in brackets may stand without its flag.\n")),
      "Example:\n  bursar ", verb.example, "\n");
}

}  // namespace bursar::cli
