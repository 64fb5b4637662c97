// Plays metered usage: what downloads sent, settled every hour, and what projects store, once in the night.
//
// Of the records, 0.5 % are sent a second time, and 0.01 % name an absurd quantity, which has to be refused.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "bench/day/random.h"
#include "bench/day/stage.h"
#include "bursar/v1/usage.pb.h"

namespace bursar::day {

class UsagePlayer {
 public:
  explicit UsagePlayer(Stage& stage) : stage_(stage), random_(stage.seed, 20) {}

  // What was sent is charged at the next settlement.
  void Sent(uint32_t download);
  // Hands over all that was sent since the last time. While nothing else is on its way, so that charges of an account
  // keep their order; so does MeterStorage.
  void SettleEgress();
  void MeterStorage();

 private:
  struct Metered {
    Payer payer;
    bool absurd;
    v1::UsageRecord record;
  };

  Metered Record(std::string id, Payer payer, uint32_t person, uint32_t project, Sku sku, int64_t quantity);
  // In batches, an account's records in one of them; what is to come twice comes again in a batch after that.
  void Send(std::vector<Metered> records);
  void SendBatch(std::vector<Metered> batch, bool repeated);
  void Take(const Metered& sent, const v1::UsageResult& result, bool repeated);

  Stage& stage_;
  Random random_;
  std::vector<uint32_t> unsettled_;
  // By record: the charge that the first sending made.
  std::unordered_map<std::string, std::string> charge_of_;
};

}  // namespace bursar::day
