// How the cost of a ledger grows with the number of its accounts.
//
//   bursar_growth [--accounts 10000,100000,1000000] [--full] [--folder DIR]
//
// --full adds 5 million accounts, which takes some 15 GB of memory, 5 GB of disk and some minutes.
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_format.h"
#include "bench/growth/measure.h"

namespace bursar::growth {
namespace {

constexpr int64_t kFull = 5'000'000;
// Up to so many accounts there is memory for two states.
constexpr int64_t kMostCopied = 2'000'000;

struct Row {
  std::string name;
  // In the row's own unit.
  double (*value)(const Figures& figures);
  // Whether it should stay as it is when accounts become more.
  bool flat;
};

const std::vector<Row>& Rows() {
  static const auto* const rows = new std::vector<Row>{
      {"state, bytes per account",
       [](const Figures& f) { return static_cast<double>(f.state_bytes) / static_cast<double>(f.accounts); }, true},
      {"Check, us", [](const Figures& f) { return absl::ToDoubleMicroseconds(f.check); }, true},
      {"PlaceHold, us", [](const Figures& f) { return absl::ToDoubleMicroseconds(f.place_hold); }, true},
      {"replay, us per entry",
       [](const Figures& f) { return absl::ToDoubleMicroseconds(f.replay) / static_cast<double>(f.entries); }, true},
      {"checkpoint, bytes per account",
       [](const Figures& f) { return static_cast<double>(f.checkpoint_bytes) / static_cast<double>(f.accounts); },
       true},
      {"start without checkpoint, s", [](const Figures& f) { return absl::ToDoubleSeconds(f.replay); }, false},
      {"start with checkpoint, s", [](const Figures& f) { return absl::ToDoubleSeconds(f.load); }, false},
      {"second state, s (0: not made)", [](const Figures& f) { return absl::ToDoubleSeconds(f.copy); }, false},
      {"checkpoint write, s", [](const Figures& f) { return absl::ToDoubleSeconds(f.checkpoint_write); }, false},
      {"checkpoint size, MB", [](const Figures& f) { return static_cast<double>(f.checkpoint_bytes) / 1e6; }, false},
  };
  return *rows;
}

// How the row changed from the first size to the last, beside the growth of the accounts.
std::string Verdict(const Row& row, const Figures& first, const Figures& last) {
  const double grown = row.value(first) > 0 ? row.value(last) / row.value(first) : 0;
  return absl::StrFormat("x%.1f, %s", grown, row.flat ? "meant to be flat" : "meant to be linear");
}

void Print(const std::vector<Figures>& all) {
  std::string head = absl::StrFormat("%-32s", "accounts");
  std::string entries = absl::StrFormat("%-32s", "entries");
  for (const Figures& figures : all) {
    absl::StrAppendFormat(&head, "%12d", figures.accounts);
    absl::StrAppendFormat(&entries, "%12d", figures.entries);
  }
  std::printf("%s  x%.0f\n%s\n", head.c_str(),
              static_cast<double>(all.back().accounts) / static_cast<double>(all.front().accounts), entries.c_str());
  for (const Row& row : Rows()) {
    std::string line = absl::StrFormat("%-32s", row.name);
    for (const Figures& figures : all) absl::StrAppendFormat(&line, "%12.2f", row.value(figures));
    std::printf("%s  %s\n", line.c_str(), Verdict(row, all.front(), all.back()).c_str());
  }
}

}  // namespace
}  // namespace bursar::growth

int main(int count, char** arguments) {
  std::vector<int64_t> sizes = {10'000, 100'000, 1'000'000};
  bool full = false;
  std::string folder = (std::filesystem::temp_directory_path() / "bursar-growth").string();
  CLI::App app("How the cost of a ledger grows with the number of its accounts.");
  app.add_option("--accounts", sizes, "Numbers of accounts.")->delimiter(',');
  app.add_flag("--full", full, "5 million accounts too.");
  app.add_option("--folder", folder, "Where the logs go; emptied.");
  CLI11_PARSE(app, count, arguments);
  if (full) sizes.push_back(bursar::growth::kFull);

  std::vector<bursar::growth::Figures> all;
  for (const int64_t accounts : sizes) {
    all.push_back(bursar::growth::Measure(accounts, folder, accounts <= bursar::growth::kMostCopied));
    // So that the sizes before a run that is broken off are not lost.
    if (accounts != sizes.back()) bursar::growth::Print(all);
  }
  std::filesystem::remove_all(folder);
  bursar::growth::Print(all);
  return 0;
}
