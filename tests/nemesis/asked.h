// The calls of a history by what was asked: all attempts with one request id belong together.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "bursar/v1/history.pb.h"
#include "tests/nemesis/history.h"

namespace bursar::nemesis {

// What the ledger says at the end, as it exports it.
struct FinalLog {
  // Entry p is at p - 1.
  std::vector<v1::Entry> entries;
  // The receipt of every block that a client was ever shown one of, by the last position of that one.
  std::map<Position, v1::GetHeadResponse> receipts;

  // nullptr where there is none.
  const v1::Entry* At(Position position) const {
    return position == 0 || position > entries.size() ? nullptr : &entries[position - 1];
  }
};

// What is wrong, in sentences; empty where nothing is.
using Findings = std::vector<std::string>;

// One write, asked for once or more.
struct Asked {
  std::string id;
  // In the order in which they began.
  std::vector<const Call*> attempts;
  // Of the first attempt.
  int64_t invoked = 0;

  // The first answer to come that says that this request was written; nullptr where none did.
  const Call* Written(const FinalLog& log) const;
  bool MayHaveHappened() const;
};

// All writes, by when they were first asked for. The calls outlive them.
std::vector<Asked> AskedIn(const std::vector<Call>& calls);

// Whether the answer is a denial; and one that was not recorded, since one like it was shortly before.
bool IsDenial(const Message& answer);
bool IsUnrecorded(const Call& call, const FinalLog& log);

}  // namespace bursar::nemesis
