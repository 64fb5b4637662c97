#include "bench/day/days_work.h"

#include <algorithm>

namespace bursar::day {
namespace {

// A medium day.
constexpr int64_t kJobs = 30'000;
constexpr int64_t kInstituteJobs = 9'000;
constexpr int64_t kBurstJobs = 5'000;
constexpr int64_t kUploads = 12'000;
constexpr int64_t kCreations = 6'000;
constexpr int64_t kDownloads = 9'000;
constexpr int64_t kBalanceReads = 150'000;

constexpr int32_t kNightRun = 2 * kHour;
constexpr int32_t kBurstTime = 10 * kHour;
constexpr int32_t kMeterEvery = kHour;
constexpr int32_t kScratchEvery = 2 * kHour;

// From 8 to 20 h four times as much happens as in the other half.
int32_t AnyTime(Random& random) {
  const auto within = static_cast<int32_t>(random.Below(kDay / 2));
  if (random.Chance(4, 5)) return 8 * kHour + within;
  return within < 8 * kHour ? within : 12 * kHour + within;
}

template <class Item>
const Item& OneOf(const std::vector<Item>& items, Random& random) {
  return items[static_cast<size_t>(random.Below(static_cast<int64_t>(items.size())))];
}

// Who works, drawn in proportion to what the payers do in a day.
class Workers {
 public:
  explicit Workers(const Population& population) : population_(population), projects_of_(population.payers()) {
    for (uint32_t project = 0; project < population.projects.size(); ++project) {
      projects_of_[population.projects[project].payer].push_back(project);
    }
    for (Payer payer = 0; payer < population.payers(); ++payer) {
      if (projects_of_[payer].empty() || payer == kInstitute || payer == kSponsor) continue;
      if (!population.IsOrganization(payer)) {
        // Who is to be merged must not have a job running then.
        if (population.PersonOf(payer).twin_of.has_value()) continue;
        people_.push_back(payer);
        continue;
      }
      organizations_.push_back(payer);
      activity_ += population.organizations[payer].activity;
      activity_until_.push_back(activity_);
    }
  }

  uint32_t ProjectOfInstitute(Random& random) const { return OneOf(projects_of_[kInstitute], random); }

  // Four of five jobs outside the institute are an organization's.
  uint32_t ProjectForJob(Random& random) const {
    if (organizations_.empty() || (!people_.empty() && random.Chance(1, 5))) return Of(OneOf(people_, random), random);
    const int64_t draw = random.Below(activity_);
    const auto found = std::upper_bound(activity_until_.begin(), activity_until_.end(), draw);
    return Of(organizations_[static_cast<size_t>(found - activity_until_.begin())], random);
  }

  uint32_t AnyProject(Random& random) const {
    return static_cast<uint32_t>(random.Below(static_cast<int64_t>(population_.projects.size())));
  }

 private:
  uint32_t Of(Payer payer, Random& random) const { return OneOf(projects_of_[payer], random); }

  const Population& population_;
  std::vector<std::vector<uint32_t>> projects_of_;
  std::vector<Payer> organizations_;
  std::vector<int64_t> activity_until_;
  int64_t activity_ = 0;
  std::vector<Payer> people_;
};

int32_t Duration(Random& random, int32_t shortest, int32_t longest) {
  return static_cast<int32_t>(random.Between(shortest, longest));
}

// 4 or 8 cores, and 16 or 32, and so on: `cores` or twice as many.
int64_t Width(Random& random, int64_t cores) { return random.Chance(1, 2) ? cores : 2 * cores; }

void DrawSmall(Random& random, Job& job) {
  job.sku = random.Chance(1, 10) ? Sku::kMem1LargeDisk : Sku::kMem1;
  job.width = Width(random, 4);
  job.seconds = Duration(random, 20 * kMinute, 90 * kMinute);
}

void DrawAlignment(Random& random, Job& job) {
  job.sku = Sku::kMem3;
  job.width = Width(random, 16);
  job.seconds = Duration(random, 3 * kHour, 10 * kHour);
}

void DrawWorkstation(Random& random, Job& job) {
  job.sku = Sku::kMem2;
  job.width = Width(random, 4);
  job.seconds = Duration(random, kHour, 9 * kHour);
}

void DrawLong(Random& random, Job& job) {
  const bool gpu = random.Chance(1, 2);
  job.sku = gpu ? Sku::kGpuNode : Sku::kMem4;
  job.width = gpu ? 1 : 8;
  job.seconds = Duration(random, 10 * kHour, 30 * kHour);
}

// People on funds of their own run smaller things.
void DrawMachine(Random& random, bool organization, Job& job) {
  const int64_t draw = random.Below(100);
  if (draw < (organization ? 60 : 80)) return DrawSmall(random, job);
  if (draw < 85) return DrawAlignment(random, job);
  if (draw < 95 || !organization) return DrawWorkstation(random, job);
  DrawLong(random, job);
}

// Estimates are generous; one long job in eight was estimated too low and is extended half way. 4 % fail earlier than
// planned and are charged, 0.5 % are lost by the platform.
void DrawFate(Random& random, Job& job) {
  job.held_seconds = static_cast<int32_t>(int64_t{job.seconds} * random.Between(115, 160) / 100);
  if (job.seconds > 3 * kHour && random.Chance(1, 8)) {
    job.extended_seconds = job.held_seconds;
    job.held_seconds = static_cast<int32_t>(int64_t{job.seconds} * 60 / 100);
  }
  if (random.Chance(4, 100)) job.seconds = std::max(kMinute, static_cast<int32_t>(random.Below(job.seconds)));
  job.lost_by_platform = random.Chance(5, 1000);
  // One run in ten has a bound of its own, which some extensions and some estimates go beyond.
  if (random.Chance(1, 10)) job.cost_limit_percent = static_cast<int32_t>(random.Between(95, 150));
}

// The steps of a job, as far as they fall into the day. What is still running at its end stays held.
void AddSteps(uint32_t index, const Job& job, std::vector<Step>& steps) {
  const auto add = [&](int32_t after, StepKind kind, int32_t detail = 0) {
    if (job.start + after < kDay) steps.push_back({job.start + after, kind, index, detail});
  };
  add(0, StepKind::kStartJob);
  const int32_t ends = job.lost_by_platform ? job.seconds * 3 / 4 : job.seconds;
  const int32_t extended = job.extended_seconds > 0 ? job.held_seconds * 3 / 4 : 0;
  if (extended > 0 && extended < ends) add(extended, StepKind::kExtendJob);
  for (int32_t run = kMeterEvery; run < ends; run += kMeterEvery) add(run, StepKind::kMeterJob, run);
  add(ends, job.lost_by_platform ? StepKind::kLoseJob : StepKind::kEndJob);
}

Job DrawJob(Random& random, const Population& population, uint32_t project) {
  const Payer payer = population.projects[project].payer;
  Job job{.payer = payer, .person = population.projects[project].owner, .project = project};
  DrawMachine(random, population.IsOrganization(payer), job);
  job.start = AnyTime(random);
  DrawFate(random, job);
  return job;
}

// One in 150 is asked for by a member who may not bill to the organization, outside any project of it.
void PerhapsWithoutPermission(Random& random, const Population& population, Job& job) {
  if (!population.IsOrganization(job.payer) || !random.Chance(1, 150)) return;
  for (const Seat& seat : population.organizations[job.payer].seats) {
    if (seat.may_bill) continue;
    job.person = seat.person;
    job.project.reset();
    return;
  }
}

void PlanJobs(Random random, const Population& population, const Workers& workers, Plan& plan) {
  const Scale scale = population.scale;
  const int64_t others = scale.Of(kJobs - kInstituteJobs);
  const int64_t institute = scale.Of(kInstituteJobs - kBurstJobs);
  for (int64_t i = 0; i < others + institute; ++i) {
    const bool own = i < others;
    Job job = DrawJob(random, population, own ? workers.ProjectForJob(random) : workers.ProjectOfInstitute(random));
    if (own) PerhapsWithoutPermission(random, population, job);
    plan.jobs.push_back(job);
  }
}

// A script of the institute: a whole cohort at once, each job held for the two days that it may take on a large node.
void PlanBurst(Random random, const Population& population, const Workers& workers, Plan& plan) {
  plan.first_of_burst = plan.jobs.size();
  const int64_t count = population.scale.Of(kBurstJobs);
  const uint32_t project = workers.ProjectOfInstitute(random);
  for (int64_t i = 0; i < count; ++i) {
    Job job{.payer = kInstitute,
            .person = population.projects[project].owner,
            .project = project,
            .sku = Sku::kMem3,
            .width = 32,
            .start = kBurstTime + static_cast<int32_t>(i * kMinute / count)};
    job.seconds = Duration(random, 6 * kHour, 12 * kHour);
    job.held_seconds = 48 * kHour;
    job.lost_by_platform = random.Chance(5, 1000);
    plan.jobs.push_back(job);
  }
}

void PlanRequests(Random random, const Population& population, const Workers& workers, Plan& plan,
                  std::vector<Step>& steps) {
  const Scale scale = population.scale;
  const auto any_project = [&](StepKind kind, int64_t count) {
    for (int64_t i = 0; i < count; ++i) steps.push_back({AnyTime(random), kind, workers.AnyProject(random)});
  };
  any_project(StepKind::kUpload, scale.Of(kUploads));
  any_project(StepKind::kCreateProject, scale.Of(kCreations / 3));
  any_project(StepKind::kCreateFolder, scale.Of(kCreations / 3));
  any_project(StepKind::kCreateWorkflow, scale.Of(kCreations / 3));
  for (int64_t i = 0; i < scale.Of(kDownloads); ++i) {
    const uint32_t project = workers.AnyProject(random);
    const int64_t mib = random.LogNormal(17'920, 57 * 1024);
    plan.downloads.push_back({.payer = population.projects[project].payer,
                              .person = population.projects[project].owner,
                              .project = project,
                              .mib = mib,
                              .sponsored = random.Chance(70, 100)});
    steps.push_back({AnyTime(random), StepKind::kDownload, static_cast<uint32_t>(plan.downloads.size() - 1)});
  }
  const auto people = static_cast<int64_t>(population.people.size());
  for (int64_t i = 0; i < scale.Of(kBalanceReads); ++i) {
    steps.push_back({AnyTime(random), StepKind::kReadBalance, static_cast<uint32_t>(random.Below(people))});
  }
}

// One in ten of those whose contact never confirmed tries to work all the same; 2 % of the payers pay what they owe.
void PlanPayersDay(Random random, const Population& population, std::vector<Step>& steps) {
  for (Payer payer = 0; payer < population.payers(); ++payer) {
    if (population.IsSetUp(payer)) {
      if (random.Chance(2, 100)) steps.push_back({AnyTime(random), StepKind::kPay, payer});
    } else if (population.RouteOf(payer) == Route::kForm && !population.IsOrganization(payer) && random.Chance(1, 10)) {
      steps.push_back({AnyTime(random), StepKind::kTryUnconfirmed, population.OwnerOf(payer)});
    }
  }
}

}  // namespace

void PlanDaysWork(uint64_t seed, const Population& population, Plan& plan) {
  const Workers workers(population);
  Phase day{.name = "the day"};
  PlanJobs(Random(seed, 11), population, workers, plan);
  PlanBurst(Random(seed, 12), population, workers, plan);
  for (uint32_t job = 0; job < plan.jobs.size(); ++job) AddSteps(job, plan.jobs[job], day.steps);
  // The script's jobs are started by one step, all at once.
  std::erase_if(day.steps, [&](const Step& step) {
    return step.kind == StepKind::kStartJob && step.subject >= plan.first_of_burst;
  });
  day.steps.push_back({kBurstTime, StepKind::kBurst});
  PlanRequests(Random(seed, 13), population, workers, plan, day.steps);
  PlanPayersDay(Random(seed, 14), population, day.steps);
  day.steps.push_back({kNightRun, StepKind::kMeterStorage});
  for (int32_t at = kScratchEvery; at <= kDay; at += kScratchEvery) day.steps.push_back({at, StepKind::kMeterScratch});
  for (int32_t hour = 1; hour <= 24; ++hour) day.steps.push_back({hour * kHour, StepKind::kSettleEgress});
  day.steps.push_back({kDay, StepKind::kDecideQuarantined});
  plan.phases.push_back(std::move(day));
}

}  // namespace bursar::day
