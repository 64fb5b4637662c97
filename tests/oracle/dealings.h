// Random dealings with a whole service in memory: small worlds in which everybody contends for a few accounts.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "ledger/base/clock.h"
#include "ledger/base/link_key.h"
#include "ledger/engine/ledger.h"
#include "ledger/log/memory_log.h"
#include "services/api/calls.h"
#include "tests/laws/dice.h"
#include "tests/oracle/oracle.h"

namespace bursar {

class Dealings {
 public:
  explicit Dealings(uint64_t seed);
  ~Dealings();

  // One request more, judged. False where an answer was found wrong.
  bool Step();
  // What was wrong.
  const std::string& wrong() const { return wrong_; }
  const oracle::Oracle& judge() const { return oracle_; }
  // By method and outcome: how often.
  const std::map<std::string, int>& seen() const { return seen_; }

 private:
  struct Answered {
    absl::Status status;
    std::unique_ptr<google::protobuf::Message> response;
  };

  void Publish();
  // Asks, shows the oracle what came of it, and keeps what later requests may name.
  Answered Ask(const std::string& principal, const google::protobuf::Message& request);
  Answered Serve(const std::string& principal, const google::protobuf::Message& request);
  template <class Request>
  Request New();

  void People();
  void Members();
  void Setup();
  void Money();
  void Sponsor();
  void Limits();
  void Budgets();
  void Gate();
  void Holds();
  void Usage();
  void Projects();
  void Reads();
  void PassTime();
  void Repeat();

  std::string User();
  std::string Account();
  std::string Organization();
  std::string Project();
  std::string Somebody();
  std::string Hold();
  std::string Charge();
  int64_t Amount();
  absl::Time Moment();

  laws::Dice dice_;
  ManualClock clock_;
  MemoryLog log_;
  LinkKey links_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Calls> calls_;
  std::map<const google::protobuf::Descriptor*, const google::protobuf::MethodDescriptor*> methods_;
  oracle::Oracle oracle_;
  std::string wrong_;
  std::map<std::string, int> seen_;

  int requests_ = 0;
  std::vector<std::string> users_;
  std::vector<std::string> holds_;
  std::vector<std::string> charges_;
  std::vector<std::string> credits_;
  std::vector<std::string> projects_;
  std::vector<std::string> budgets_;
  std::vector<std::string> increases_;
  std::vector<std::string> quarantine_;
  std::vector<std::string> tokens_;
  std::vector<std::pair<std::string, std::unique_ptr<google::protobuf::Message>>> asked_;
};

}  // namespace bursar
