// bursar_day: plays a day of a genomics cloud against a running server.
#include <cmath>
#include <cstdio>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/time/clock.h"
#include "bench/day/books.h"
#include "bench/day/player.h"
#include "bench/day/progress.h"
#include "bench/day/reconcile.h"
#include "bench/day/report.h"
#include "bench/day/text.h"
#include "bursar/v1/gate.pb.h"

namespace bursar::day {
namespace {

enum ExitCode { kReconciles = 0, kDoesNotReconcile = 1, kNotPlayed = 2 };

struct Settings {
  std::string server = "127.0.0.1:7421";
  double scale = 1.0;
  uint64_t seed = 42;
  int connections = 4;
  int outstanding = 256;
};

int NotPlayed(const std::string& sentence) {
  std::fprintf(stderr, "%s\n", sentence.c_str());
  return kNotPlayed;
}

int PlayDay(const Settings& settings) {
  const auto empty = IsEmpty(settings.server);
  if (!empty.ok()) {
    return NotPlayed("No Bursar answers at " + settings.server + ": " + std::string(empty.status().message()));
  }
  if (!*empty) {
    return NotPlayed("The server at " + settings.server +
                     " has accounts already. The day begins with nobody: start a server on an empty data folder.");
  }

  const Population population =
      MakePopulation(settings.seed, Scale{.thousandths = std::llround(settings.scale * 1000)});
  const Plan plan = MakePlan(settings.seed, population);
  std::printf("Seed %llu: %s people, %s organizations, %s projects; a day of %s jobs\n",
              static_cast<unsigned long long>(settings.seed),
              Count(static_cast<int64_t>(population.people.size())).c_str(),
              Count(static_cast<int64_t>(population.organizations.size())).c_str(),
              Count(static_cast<int64_t>(population.projects.size())).c_str(),
              Count(static_cast<int64_t>(plan.jobs.size())).c_str());
  std::fflush(stdout);

  const absl::Time begin = absl::Now();
  Traffic traffic(
      {.server = settings.server, .connections = settings.connections, .most_outstanding = settings.outstanding});
  Stage stage{.seed = settings.seed, .population = population, .plan = plan, .traffic = traffic};
  stage.tally.accounts.resize(population.payers());
  stage.project_ids.resize(population.projects.size());
  Player player(stage);
  Progress progress(stage, player);
  traffic.set_on_tick([&progress] { progress.Tick(); });
  player.Play();
  progress.Finish();

  const absl::Duration in_all = absl::Now() - begin;
  const auto books = ReadBooks(settings.server, stage.last_position);
  if (!books.ok()) return NotPlayed("The books cannot be read: " + books.status().ToString());
  const std::vector<uint32_t>& latencies = traffic.Latencies(v1::PlaceHoldResponse::descriptor());
  const std::vector<Finding> findings = Reconcile(stage, *books);
  PrintReport(stage, player, *books, findings,
              {.in_all = in_all, .hold_p50 = Percentile(latencies, 50), .hold_p99 = Percentile(latencies, 99)});
  for (const Finding& finding : findings) {
    if (!finding.reconciles) return kDoesNotReconcile;
  }
  return kReconciles;
}

}  // namespace
}  // namespace bursar::day

int main(int argc, char** argv) {
  bursar::day::Settings settings;
  CLI::App app{
      "Plays a day of a genomics cloud against a running Bursar that has no accounts yet, and compares the books with "
      "what it was answered. Exit status: 0 when all reconciles, 1 when something does not, 2 when it was not played."};
  app.add_option("--server", settings.server, "host:port of the server")->capture_default_str();
  app.add_option("--scale", settings.scale, "size of the day: 1 is 8,000 people and 30,000 jobs")
      ->capture_default_str()
      ->check(CLI::Range(0.001, 5.0));
  app.add_option("--seed", settings.seed, "the same seed gives the same day again")->capture_default_str();
  app.add_option("--connections", settings.connections, "connections to the server")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  app.add_option("--outstanding", settings.outstanding, "requests that are under way at the same time, at most")
      ->capture_default_str()
      ->check(CLI::Range(1, 4096));
  CLI11_PARSE(app, argc, argv);
  return bursar::day::PlayDay(settings);
}
