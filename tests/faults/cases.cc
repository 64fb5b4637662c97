#include "tests/faults/cases.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "ledger/base/check.h"
#include "tests/laws/dice.h"

namespace bursar::faults {
namespace {

constexpr int kMisuse = 64;
constexpr int kMostJobs = 64;

// What a process is about, where its parent sees it also after its death.
struct AtWork {
  std::atomic<int64_t> number;
};

AtWork* SharedAtWork() {
  void* const memory =
      mmap(nullptr, sizeof(AtWork) * kMostJobs, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  BURSAR_CHECK(memory != MAP_FAILED);
  return static_cast<AtWork*>(memory);
}

void Tell(int pipe, std::string line) {
  line += "\n";
  size_t told = 0;
  while (told < line.size()) {
    const ssize_t written = write(pipe, line.data() + told, line.size() - told);
    if (written <= 0) return;
    told += static_cast<size_t>(written);
  }
}

// One process's share: numbers from its own, by steps of `jobs`.
void Work(AtWork& at_work, int pipe, int64_t first, int64_t step, int64_t count,
          std::chrono::steady_clock::time_point end, const std::function<Outcome(int64_t)>& run) {
  for (int64_t number = first; number < count && std::chrono::steady_clock::now() < end; number += step) {
    at_work.number = number;
    const Outcome outcome = run(number);
    std::string line = absl::StrCat("counts\t1 cases");
    for (const auto& [name, times] : outcome.counts) absl::StrAppend(&line, "\t", times, " ", name);
    Tell(pipe, line);
    if (!outcome.violation.empty()) {
      Tell(pipe, absl::StrCat("violation\t", number, "\t", absl::StrReplaceAll(outcome.violation, {{"\n", " "}})));
    }
  }
}

class Overseer {
 public:
  Overseer(int64_t jobs, int64_t count, int64_t seconds, const std::function<Outcome(int64_t)>& run)
      : jobs_(std::clamp<int64_t>(jobs, 1, kMostJobs)),
        count_(count),
        end_(std::chrono::steady_clock::now() + std::chrono::seconds(seconds)),
        run_(run),
        at_work_(SharedAtWork()) {}

  void Run(const std::string& measured) {
    std::vector<pollfd> pipes;
    for (int64_t job = 0; job < jobs_; ++job) pipes.push_back({.fd = Start(job, job), .events = POLLIN});
    std::vector<std::string> unread(pipes.size());
    while (std::any_of(pipes.begin(), pipes.end(), [](const pollfd& pipe) { return pipe.fd >= 0; })) {
      poll(pipes.data(), pipes.size(), 1'000);
      for (size_t job = 0; job < pipes.size(); ++job) {
        if (pipes[job].fd >= 0 && pipes[job].revents != 0) pipes[job].fd = Hear(job, pipes[job].fd, unread[job]);
      }
      Progress(measured);
    }
    if (isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "\n");
  }

  const Tally& counts() const { return counts_; }
  const std::vector<std::pair<int64_t, std::string>>& violations() const { return violations_; }

 private:
  int Start(int64_t job, int64_t first) {
    int ends[2];
    BURSAR_CHECK(pipe(ends) == 0);
    std::fflush(nullptr);
    const pid_t child = fork();
    BURSAR_CHECK(child >= 0);
    if (child == 0) {
      close(ends[0]);
      Work(at_work_[job], ends[1], first, jobs_, count_, end_, run_);
      _exit(0);
    }
    close(ends[1]);
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    children_[job] = child;
    return ends[0];
  }

  // What to listen to next: the same, or a new process where this one died, or nothing (-1).
  int Hear(size_t job, int pipe, std::string& unread) {
    char piece[4'096];
    const ssize_t size = read(pipe, piece, sizeof piece);
    if (size > 0) {
      unread.append(piece, static_cast<size_t>(size));
      for (size_t end = unread.find('\n'); end != std::string::npos; end = unread.find('\n')) {
        Take(unread.substr(0, end));
        unread.erase(0, end + 1);
      }
      return pipe;
    }
    close(pipe);
    unread.clear();
    return Bury(static_cast<int64_t>(job));
  }

  int Bury(int64_t job) {
    int status = 0;
    waitpid(children_[job], &status, 0);
    if (!WIFSIGNALED(status)) return -1;
    const int64_t number = at_work_[job].number;
    violations_.emplace_back(number, absl::StrCat("the process was ended by signal ", WTERMSIG(status)));
    return Start(job, number + jobs_);
  }

  void Take(const std::string& line) {
    const std::vector<std::string> parts = absl::StrSplit(line, '\t');
    if (parts[0] == "violation") {
      violations_.emplace_back(std::atoll(parts[1].c_str()), parts[2]);
      return;
    }
    for (size_t i = 1; i < parts.size(); ++i) {
      const std::pair<std::string, std::string> count = absl::StrSplit(parts[i], absl::MaxSplits(' ', 1));
      counts_[count.second] += std::atoll(count.first.c_str());
    }
  }

  void Progress(const std::string& measured) {
    if (isatty(STDERR_FILENO) == 0) return;
    std::fprintf(stderr, "\r%lld %s, %zu violations ", static_cast<long long>(counts_[measured]), measured.c_str(),
                 violations_.size());
  }

  const int64_t jobs_;
  const int64_t count_;
  const std::chrono::steady_clock::time_point end_;
  const std::function<Outcome(int64_t)>& run_;
  AtWork* const at_work_;
  pid_t children_[kMostJobs] = {};
  Tally counts_;
  std::vector<std::pair<int64_t, std::string>> violations_;
};

}  // namespace

Arguments::Arguments(std::string program, std::string purpose, std::vector<Option> options)
    : program_(std::move(program)), purpose_(std::move(purpose)), options_(std::move(options)) {
  options_.push_back({"seed", 1, "of all chance"});
  options_.push_back({"case", -1, "only the case of this number"});
  options_.push_back({"jobs", 2, "processes"});
  options_.push_back({"seconds", 3'600, "begin no case after so many"});
  for (const Option& option : options_) values_[option.name] = option.usual;
}

std::string Arguments::Help() const {
  std::string help = absl::StrCat(purpose_, "\n\nUsage: ", program_, " [--name value]...\n\n");
  for (const Option& option : options_) {
    std::string left = absl::StrCat("  --", option.name, " ", option.usual);
    left.resize(std::max<size_t>(left.size() + 2, 24), ' ');
    absl::StrAppend(&help, left, option.help, "\n");
  }
  return help;
}

std::optional<int> Arguments::Parse(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--help") {
      std::printf("%s", Help().c_str());
      return 0;
    }
    const size_t equals = argument.find('=');
    const std::string name(absl::StripPrefix(argument.substr(0, equals), "--"));
    const bool known = argument.rfind("--", 0) == 0 && values_.count(name) > 0;
    const char* const value = equals != std::string::npos ? argv[i] + equals + 1 : i + 1 < argc ? argv[++i] : "";
    if (!known || !absl::SimpleAtoi(value, &values_[name])) {
      std::fprintf(stderr, "%s: %s is not an option with a number. See %s --help.\n", program_.c_str(),
                   argument.c_str(), program_.c_str());
      return kMisuse;
    }
  }
  return std::nullopt;
}

uint64_t SeedOf(uint64_t seed, int64_t number) {
  return laws::Dice(seed * 0x2545f4914f6cdd1d + static_cast<uint64_t>(number)).Next();
}

int RunCases(const Arguments& arguments, int64_t count, const std::string& measured, const std::string& repeats,
             const std::function<Outcome(int64_t number)>& run) {
  const int64_t only = arguments["case"];
  const std::function<Outcome(int64_t)> run_only = [&](int64_t) { return run(only); };
  Overseer overseer(only >= 0 ? 1 : arguments["jobs"], only >= 0 ? 1 : count, arguments["seconds"],
                    only >= 0 ? run_only : run);
  const auto begin = std::chrono::steady_clock::now();
  overseer.Run(measured);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;

  Tally counts = overseer.counts();
  std::printf("%12lld  %s\n", static_cast<long long>(counts[measured]), measured.c_str());
  for (const auto& [name, times] : counts) {
    if (name != measured) std::printf("%12lld  %s\n", static_cast<long long>(times), name.c_str());
  }
  std::printf("%12zu  violations\n%12.1f  seconds\n", overseer.violations().size(), took.count());
  for (const auto& [number, violation] : overseer.violations()) {
    std::printf("VIOLATION: %s\nREPRO: %s --seed=%lld --case=%lld%s\n", violation.c_str(), arguments.program().c_str(),
                static_cast<long long>(arguments["seed"]), static_cast<long long>(only >= 0 ? only : number),
                repeats.c_str());
  }
  return overseer.violations().empty() && counts[measured] > 0 ? 0 : 1;
}

}  // namespace bursar::faults
