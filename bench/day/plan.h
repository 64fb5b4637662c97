// Everything that is going to be asked of the server, in the order of a simulated clock. What depends on the server's
// answers (ids, denials, what follows from them) is the player's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/day/population.h"
#include "bench/day/prices.h"

namespace bursar::day {

// A run of a program on somebody's funds.
struct Job {
  Payer payer;
  uint32_t person;
  // Without one the job names its payer itself.
  std::optional<uint32_t> project;
  Sku sku;
  // Cores, or one for a node.
  int64_t width;
  // On the simulated clock.
  int32_t start;
  // How long it runs, until it ends or fails by its own fault.
  int32_t seconds;
  // How long the first hold is good for.
  int32_t held_seconds;
  // How long it is good for after its extension, half way; 0 where it is not extended.
  int32_t extended_seconds = 0;
  // The platform breaks down: the hold is given back, and what was charged.
  bool lost_by_platform = false;
  // What the run may cost at most, in hundredths of its first hold; 0 for no bound.
  int32_t cost_limit_percent = 0;

  int64_t Quantity(int64_t for_seconds) const { return width * for_seconds; }
};

struct Download {
  Payer payer;
  uint32_t person;
  uint32_t project;
  int64_t mib;
  bool sponsored;
};

// A ceiling that an organization sets inside its account, of each calendar month.
struct Ceiling {
  Payer payer;
  // What it counts: one of them, or the whole account's compute.
  std::optional<uint32_t> person;
  std::optional<uint32_t> project;
  int64_t limit_micros;
};

enum class StepKind : uint8_t {
  // Before the day.
  kRegister,      // subject: person
  kFound,         // subject: organization
  kInvite,        // subject: organization, detail: seat
  kAccept,        // subject: organization, detail: seat
  kSubmitForm,    // subject: payer
  kAskForHelp,    // subject: payer, detail: when the slot begins that will suit
  kPickSlot,      // subject: payer
  kDecline,       // subject: payer
  kResendMail,    // subject: payer
  kConfirm,       // subject: payer
  kConfirmAgain,  // subject: payer
  kSetLimit,      // subject: payer
  kDefaultPayer,  // subject: person
  kSponsor,
  kOpenProject,  // subject: project
  kSetCeiling,   // subject: ceiling
  // The day.
  kStartJob,        // subject: job
  kExtendJob,       // subject: job
  kMeterJob,        // subject: job, detail: seconds that it has run
  kEndJob,          // subject: job
  kLoseJob,         // subject: job
  kReadBalance,     // subject: person
  kUpload,          // subject: project
  kCreateFolder,    // subject: project
  kCreateWorkflow,  // subject: project
  kCreateProject,   // subject: project, as whose copy it is made
  kTryUnconfirmed,  // subject: person whose billing is not set up
  kDownload,        // subject: download
  kPay,             // subject: payer
  // The day, and everybody waits for them.
  kMeterStorage,
  kMeterScratch,
  kSettleEgress,
  kDecideQuarantined,
  kBurst,
  // When the day is over.
  kMerge,     // subject: person who registered twice
  kLeave,     // subject: person
  kMoveOut,   // subject: project, which its owner pays for from now on
  kHandOver,  // subject: project, detail: the organization that it is offered to
};

struct Step {
  // Simulated: 0 is the beginning of the day.
  int32_t second;
  StepKind kind;
  uint32_t subject = 0;
  int32_t detail = 0;
};

struct Phase {
  std::string name;
  // By time; the steps of one subject come in the order in which they have to happen. A phase begins when the one
  // before is over.
  std::vector<Step> steps;
};

struct Plan {
  std::vector<Job> jobs;
  // The jobs of the burst are the last ones.
  size_t first_of_burst = 0;
  std::vector<Download> downloads;
  std::vector<Ceiling> ceilings;
  std::vector<Phase> phases;

  // What a job's hold holds, in the payer's currency.
  static int64_t HoldMicros(const Job& job, Currency currency, int64_t seconds) {
    return CostAtMost(job.sku, currency, job.Quantity(seconds));
  }
};

inline constexpr int32_t kMinute = 60;
inline constexpr int32_t kHour = 60 * kMinute;
inline constexpr int32_t kDay = 24 * kHour;

// How long an operator's time slot lasts.
inline constexpr int32_t kSlot = 12 * kHour;

// The same seed and population give the same plan on every machine.
Plan MakePlan(uint64_t seed, const Population& population);

// Changes with any change of the plan.
uint64_t Fingerprint(const Plan& plan);

// "day -12 08:15", "14:05" on the day itself.
std::string ClockText(int32_t second);

}  // namespace bursar::day
