// bursar_day: plays a day of a genomics cloud against a running server.
#include "CLI/CLI.hpp"
#include "bench/day/day.h"

int main(int argc, char** argv) {
  bursar::day::Settings settings;
  CLI::App app{
      "Plays a day of a genomics cloud against a running Bursar that has no accounts yet and whose clock is manual, "
      "and compares the books with "
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
