#include "bench/day/samples.h"

namespace bursar::day {
namespace {

constexpr size_t kOrganizations = 8;
constexpr size_t kPeople = 8;

// The first ones that have spent something: the institute and the sponsor are among them.
void Pick(const Stage& stage, size_t from, size_t to, size_t most, Sample& sample) {
  size_t picked = 0;
  for (size_t payer = from; payer < to && picked < most; ++payer) {
    const AccountTally& account = stage.tally.accounts[payer];
    if (account.charged == 0 || account.merged) continue;
    sample.accounts.emplace_back(static_cast<Payer>(payer), account);
    ++picked;
  }
}

}  // namespace

Sample TakeSample(const Stage& stage) {
  const Tally& tally = stage.tally;
  Sample sample{.position = stage.last_position, .second = stage.clock, .charged = tally.Charged(), .paid = tally.paid};
  const size_t organizations = stage.population.organizations.size();
  Pick(stage, 0, organizations, kOrganizations, sample);
  Pick(stage, organizations, stage.population.payers(), kPeople, sample);
  return sample;
}

}  // namespace bursar::day
