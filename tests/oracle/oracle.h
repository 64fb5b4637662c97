// An independent opinion on what Bursar answers: a plain model of the API, made from its rules and comments alone. It
// shares nothing with the product but the API's messages.
//
// It is shown every request with its answer, in the order in which they were decided, works out what should have been
// answered, and compares field by field. Balances are summed from all moves of money each time; what time brings about
// it works out itself.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace bursar::oracle {

// One request and what came of it.
struct Exchange {
  // As in "user-ada"; empty or "anonymous" for nobody in particular.
  std::string principal;
  const google::protobuf::MethodDescriptor* method = nullptr;
  // Of the method's input type, as it was sent.
  const google::protobuf::Message* request = nullptr;
  absl::Status status;
  // ErrorInfo.reason, without prefix; empty where the status is OK.
  std::string reason;
  // Of the method's output type; null unless the status is OK.
  const google::protobuf::Message* response = nullptr;
  // By which it was decided: the commit time of the entry that answers it; for reads, refusals and rehearsals, what the
  // clock said.
  absl::Time time;
  // Of the entry that answers it; for reads, refusals, rehearsals and denials that are not recorded again, of the state
  // from which it was answered. A repeated request has the position of its first answer.
  uint64_t position = 0;
};

// Not thread-safe.
class Oracle {
 public:
  Oracle();
  ~Oracle();
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;

  // What is wrong with the answer, in a sentence with both answers; nullopt where nothing is. To be called in the order
  // of `position`; of several with the same one, the one that wrote it first. After something was wrong the oracle
  // knows nothing any more.
  //
  // An answer whose code is UNAVAILABLE, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED, CANCELLED or UNKNOWN says nothing and
  // is not judged: whether it happened has to be found out before (by repeating it), and what happened be shown as OK.
  std::optional<std::string> Judge(const Exchange& exchange);

  // How many exchanges were judged in full.
  int64_t Judged() const;
  // By method: how often it was asked for what the oracle has no opinion on.
  const std::map<std::string, int64_t>& Unjudged() const;

 private:
  class Court;
  const std::unique_ptr<Court> court_;
};

}  // namespace bursar::oracle
