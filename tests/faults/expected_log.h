// What a log must hold, block by block, after whatever has happened to its machine.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ledger/log/event_log.h"
#include "tests/laws/dice.h"

namespace bursar::faults {

class ExpectedLog {
 public:
  // A block that follows: usually small, now and then larger than the pieces that RocksDB writes.
  StoredBlock Next(laws::Dice& dice) const;

  // Append gave OK: it must be there from now on.
  void Answered(const StoredBlock& block);
  // Append gave an error, or no answer: it may be there.
  void Unknown(const StoredBlock& block) { unknown_ = block; }

  // Empty where the log holds every answered block, in order and whole, then perhaps the unknown one, and no other.
  std::string Compare(const EventLog& log) const;
  // What was read can not go away again: the unknown block is answered where it is there, and forgotten where not.
  void Served(const EventLog& log);

  LogEnd end() const { return end_; }
  size_t blocks() const { return hashes_.size(); }

 private:
  struct Known {
    Position last = 0;
    BlockHash hash = {};
  };
  std::vector<Known> hashes_;
  LogEnd end_;
  int64_t time_ = 0;
  std::optional<StoredBlock> unknown_;
};

}  // namespace bursar::faults
