// Cases that a simulation should come across: a long run in which one of them never happened proves less than it says.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bursar::sim {

enum class Case {
  kReplyLost,
  kRequestLost,
  kRequestTwice,
  kRequestsReordered,
  kRetryAnsweredAgain,
  kRetryAnsweredAfterRecovery,
  kOtherBodyRefused,
  kSameIdOfOtherCaller,
  kAppendFailedKeepingNothing,
  kAppendFailedKeepingAll,
  kUnansweredFoundWritten,
  kUnansweredFoundAbsent,
  kCrash,
  kCrashWithCommandsQueued,
  kCrashWithGroupDecided,
  kCrashKeepsUnsynced,
  kCrashLosesUnsynced,
  kCrashWhileRecovering,
  kCrashWithProjectionsBehind,
  kRecoveredFromCheckpoint,
  kRecoveredFromFirstEntry,
  kCheckpointWritten,
  kProjectionsKept,
  kProjectionsDeleted,
  kProjectionsOlder,
  kQueueFull,
  kGroupFull,
  kGroupOfSeveral,
  kGroupOfRefusals,
  kDue,
  kSeveralDueAtOnce,
  kClockBack,
  kClockFarAhead,
  kSameTimeTwice,
  kCurrenciesInOneBlock,
  kHoldExpired,
  kDenied,
  kDeniedByOneMicro,
  kLastMicroHeld,
  kRehearsed,
  kReadAtOwnWrite,
  kReadAheadRefused,
};
inline constexpr size_t kCases = static_cast<size_t>(Case::kReadAheadRefused) + 1;

// A few words for people.
const char* NameOf(Case one);

class Sometimes {
 public:
  void Saw(Case one) { ++counts_[static_cast<size_t>(one)]; }
  void SawIf(bool happened, Case one) { counts_[static_cast<size_t>(one)] += happened ? 1 : 0; }
  int64_t count(Case one) const { return counts_[static_cast<size_t>(one)]; }
  void Add(const Sometimes& others);
  // Names of those that never happened.
  std::vector<std::string> Missing() const;

 private:
  std::array<int64_t, kCases> counts_ = {};
};

}  // namespace bursar::sim
