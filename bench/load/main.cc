// bursar_load: how fast the ledger is next to the ceilings it stands on, both measured in the same run.
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/time/time.h"
#include "bench/load/watch.h"
#include "bench/load/wire.h"
#include "bench/load/writer.h"

int main(int argc, char** argv) {
  CLI::App app("Measures Bursar beside its ceilings, interleaved, and prints medians.");
  std::string what = "all";
  std::string folder = (std::filesystem::temp_directory_path() / "bursar-load").string();
  double seconds = 2;
  int rounds = 5;
  app.add_option("what", what, "writer, wire, watch or all")->capture_default_str();
  app.add_option("--folder", folder, "Where to write; emptied first and removed at the end")->capture_default_str();
  app.add_option("--seconds", seconds, "Length of each measurement")->capture_default_str();
  app.add_option("--rounds", rounds, "Interleaved repetitions of each measurement")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if ((what != "writer" && what != "wire" && what != "watch" && what != "all") || seconds <= 0 || rounds <= 0) {
    std::fprintf(
        stderr, "bursar_load: measures writer, wire, watch or all, for some seconds and in some rounds. See --help.\n");
    return EXIT_FAILURE;
  }

  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const bool all = what == "all";
  if (all || what == "writer") bursar::bench::BenchWriter(folder, absl::Seconds(seconds), rounds);
  if (all || what == "wire") bursar::bench::BenchWire(folder, absl::Seconds(seconds), rounds);
  if (all || what == "watch") bursar::bench::BenchWatch(folder, absl::Seconds(seconds), rounds);
  std::filesystem::remove_all(folder);
  return EXIT_SUCCESS;
}
