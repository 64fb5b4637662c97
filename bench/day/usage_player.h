// Plays metered usage: scratch disks of running jobs every two hours, what downloads sent every hour, and what projects
// store, once in the night.
//
// Of the records, 0.5 % are sent a second time, 1 % tell of earlier hours, 0.05 % of the month before, and 0.01 % name
// an absurd quantity, which is set aside; the operators release every other one of those with the right quantity.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/day/job_player.h"
#include "bench/day/random.h"
#include "bench/day/stage.h"
#include "bursar/v1/usage.pb.h"

namespace bursar::day {

class UsagePlayer {
 public:
  UsagePlayer(Stage& stage, const JobPlayer& jobs) : stage_(stage), jobs_(jobs), random_(stage.seed, 20) {}

  // What was sent is charged at the next settlement.
  void Sent(uint32_t download);
  // Hands over all that was sent since the last time. While nothing else is on its way, so that charges of an account
  // keep their order; so do the others.
  void SettleEgress();
  void MeterScratch();
  void MeterStorage();
  void DecideQuarantined();

 private:
  // What a record is about.
  struct Used {
    Payer payer;
    uint32_t person;
    std::optional<uint32_t> project;
    Sku sku;
    int64_t quantity;
  };
  struct Metered {
    Used used;
    bool absurd;
    v1::UsageRecord record;
  };
  struct Quarantined {
    Used used;
    std::string id;
  };

  Metered Record(std::string id, const Used& used);
  // When it was used, as far as that is not now.
  void PerhapsLate(v1::Usage& usage);
  // In batches, an account's records in one of them; what is to come twice comes again in a batch after that.
  void Send(std::vector<Metered> records);
  void SendBatch(std::vector<Metered> batch, bool repeated);
  void Take(const Metered& sent, const v1::UsageResult& result, bool repeated);
  void Charge(const Used& used, const v1::Charge& charge);
  void Release(const Quarantined& quarantined);
  void Discard(const Quarantined& quarantined);

  Stage& stage_;
  const JobPlayer& jobs_;
  Random random_;
  std::vector<uint32_t> unsettled_;
  // By record: the charge that the first sending made, or where it was set aside.
  std::unordered_map<std::string, std::string> came_of_;
  std::vector<Quarantined> quarantined_;
};

}  // namespace bursar::day
