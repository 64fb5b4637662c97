// Where a log, or a part of one, is read from: a ledger, a file, a backup, a server.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "ledger/log/event_log.h"

namespace bursar {

// Which ledger a log is of.
struct LogIdentity {
  // 32 hex digits; empty where it is not known.
  std::string store_id;
  // 1, and more each time the ledger was restored from a backup; 0 where it is not known.
  uint64_t epoch = 0;
};

// What comes before a part of a log: nothing, where it is the whole.
struct LogStart {
  LogEnd end;
  // Of the last entry before.
  absl::Time time = absl::UnixEpoch();
};

using VisitBlock = std::function<absl::Status(const StoredBlock& block)>;

// Of one thread. What is read is to be checked by who reads it: see audit.h.
class LogSource {
 public:
  virtual ~LogSource() = default;

  virtual LogIdentity identity() const = 0;
  virtual LogStart start() const { return {}; }
  // The last entry there is, as far as is known.
  virtual Position last() const = 0;

  // Hands every block that ends at `from` or later to `visit`, in order, until there are no more or `visit` returns an
  // error, which is returned. DATA_LOSS names what is damaged.
  virtual absl::Status Read(Position from, const VisitBlock& visit) = 0;
};

// A log that is open in this process, and outlives this.
class OpenLog : public LogSource {
 public:
  OpenLog(const EventLog& log, LogIdentity identity) : log_(log), identity_(std::move(identity)) {}

  LogIdentity identity() const override { return identity_; }
  Position last() const override { return log_.Last().position; }
  absl::Status Read(Position from, const VisitBlock& visit) override { return log_.Read(from, visit); }

 private:
  const EventLog& log_;
  const LogIdentity identity_;
};

}  // namespace bursar
