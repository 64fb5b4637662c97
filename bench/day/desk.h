// What happens when a payer runs dry: its people ask for a higher limit, the operator's desk decides, the denied jobs
// are handed in again; who is refused pays instead.
//
// WORKLOAD's one and a half business days until a decision are told here in hours, so that one day shows what follows.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/day/job_player.h"
#include "bench/day/random.h"
#include "bench/day/stage.h"

namespace bursar::day {

class Desk {
 public:
  Desk(Stage& stage, JobPlayer& jobs);

  // A job was denied for want of funds, at this simulated second. Perhaps asks for a higher limit.
  void TakeDenied(uint32_t job, int32_t second, const Turn& turn);
  // Decides the payer's open request where its time has come, with what follows from it; then `then`.
  void DecideIfDue(Payer payer, int32_t second, const Turn& turn, std::function<void()> then);
  // Asks, approves in full and then calls `then`: for the institute, whose people telephone.
  void RaiseNow(Payer payer, int64_t limit_micros, const Turn& turn, std::function<void()> then);
  // Pays what is outstanding; then `then`.
  void Pay(Payer payer, const std::string& request_id, const Turn& turn, std::function<void()> then);

  // Limits that were agreed to until now are again what they were. While nothing is on its way.
  void EndIncreases();

  int64_t open() const;

 private:
  enum class Verdict { kInFull, kForATime, kInPart, kNo, kWithdrawn };
  static Verdict Draw(Random& random);
  struct Request {
    std::string id;
    int64_t limit_micros;
    int32_t due;
    Verdict verdict;
  };
  struct Waiting {
    Random random;
    int asked = 0;
    std::optional<Request> open;
    // Denied since, to be handed in again.
    std::vector<uint32_t> jobs;
  };

  void Ask(Payer payer, int64_t limit_micros, const Turn& turn, std::function<void(std::string increase_id)> then);
  // Where it is for a time, until `end`.
  void Approve(Payer payer, const std::string& increase_id, int64_t limit_micros, std::optional<int32_t> end,
               const Turn& turn, std::function<void()> then);
  void Withdraw(Payer payer, const std::string& increase_id, const Turn& turn, std::function<void()> then);
  // The buyer's platform tells of the order that the request names.
  void RecordOrder(Payer payer, const std::string& number, int64_t value_micros, const Turn& turn,
                   std::function<void()> then);
  void Deny(const std::string& increase_id, const Turn& turn, std::function<void()> then);
  // Hands in again what was denied, one after the other.
  void HandInAgain(Payer payer, std::vector<uint32_t> jobs, int32_t second, const Turn& turn,
                   std::function<void()> then);

  Stage& stage_;
  JobPlayer& jobs_;
  std::vector<Waiting> waiting_;  // by Payer
  // What a limit falls back to, and when.
  struct Ending {
    int32_t second;
    int64_t limit_micros;
  };
  std::map<Payer, Ending> ending_;
};

}  // namespace bursar::day
