#include "bench/day/day.h"

#include <cmath>
#include <cstdio>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "bench/day/books.h"
#include "bench/day/day_clock.h"
#include "bench/day/payers_books.h"
#include "bench/day/player.h"
#include "bench/day/progress.h"
#include "bench/day/reconcile.h"
#include "bench/day/report.h"
#include "bench/day/text.h"
#include "bursar/v1/gate.pb.h"

namespace bursar::day {
namespace {

int NotPlayed(const std::string& sentence) {
  std::fprintf(stderr, "%s\n", sentence.c_str());
  return kNotPlayed;
}

}  // namespace

int PlayDay(const Settings& settings) {
  const auto empty = IsEmpty(settings.server);
  if (!empty.ok()) {
    return NotPlayed("No Bursar answers at " + settings.server + ": " + std::string(empty.status().message()));
  }
  if (!*empty) {
    return NotPlayed("The server at " + settings.server +
                     " has accounts already. The day begins with nobody: start a server on an empty data folder.");
  }

  const auto begins = BeginningOfDay(settings.server);
  if (!begins.ok()) {
    return NotPlayed("The server at " + settings.server +
                     " cannot be played with: " + std::string(begins.status().message()));
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
  Stage stage{.seed = settings.seed, .population = population, .plan = plan, .traffic = traffic, .begins = *begins};
  stage.tally.accounts.resize(population.payers());
  stage.project_ids.resize(population.projects.size());
  Player player(stage);
  Progress progress(stage, player);
  traffic.set_on_tick([&progress] { progress.Tick(); });
  player.Play();
  progress.Finish();

  const absl::Duration in_all = absl::Now() - begin;
  const auto answered = traffic.answered();
  const auto books = ReadBooks(settings.server, stage.last_position);
  if (!books.ok()) return NotPlayed("The books cannot be read: " + books.status().ToString());
  const std::vector<uint32_t>& latencies = traffic.Latencies(v1::PlaceHoldResponse::descriptor());
  std::vector<Finding> findings = CompareSamples(stage, player.samples());
  for (Finding& finding : ComparePayers(stage)) findings.push_back(std::move(finding));
  // Last, since it tells of unexpected answers to those before.
  for (Finding& finding : Reconcile(stage, *books)) findings.push_back(std::move(finding));
  PrintReport(stage, player, *books, findings,
              {.in_all = in_all,
               .answered = answered,
               .hold_p50 = Percentile(latencies, 50),
               .hold_p99 = Percentile(latencies, 99)});
  for (const Finding& finding : findings) {
    if (!finding.reconciles) return kDoesNotReconcile;
  }
  return kReconciles;
}

}  // namespace bursar::day
