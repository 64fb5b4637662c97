// Runs numbered cases of a program in several processes, and sums up.
//
// In processes of their own because RocksDB, as Debian builds it, may end the process that it fails in. What a case
// finds is counted; the first sentence about what must not be is a violation, with a line that shows it again.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bursar::faults {

// How often what happened; by what a table calls it.
using Tally = std::map<std::string, int64_t>;

struct Outcome {
  Tally counts;
  // Empty: all as it must be.
  std::string violation;
};

class Arguments {
 public:
  struct Option {
    std::string name;  // without the dashes
    int64_t usual = 0;
    std::string help;
  };
  // Every program also has --seed, --case, --jobs and --seconds.
  Arguments(std::string program, std::string purpose, std::vector<Option> options);

  // nullopt: go on. Otherwise the exit code: 0 after --help, 64 after misuse, which is said.
  std::optional<int> Parse(int argc, const char* const* argv);
  int64_t operator[](const std::string& name) const { return values_.at(name); }
  const std::string& program() const { return program_; }

 private:
  std::string Help() const;

  const std::string program_;
  const std::string purpose_;
  std::vector<Option> options_;
  std::map<std::string, int64_t> values_;
};

// A seed of its own for each case of a seed.
uint64_t SeedOf(uint64_t seed, int64_t number);

// Runs cases 0 .. count - 1, or the one that --case names, and prints a table of what was counted, beginning with
// `measured`. Exit code 0, or 1 where there was a violation, or where nothing of `measured` was counted.
// `repeats` is what has to be given besides --seed and --case to see a case again.
int RunCases(const Arguments& arguments, int64_t count, const std::string& measured, const std::string& repeats,
             const std::function<Outcome(int64_t number)>& run);

}  // namespace bursar::faults
