#include "tests/sim/sometimes.h"

namespace bursar::sim {

const char* NameOf(Case one) {
  switch (one) {
    case Case::kReplyLost:
      return "a reply was lost";
    case Case::kRequestLost:
      return "a request was lost";
    case Case::kRequestTwice:
      return "a request arrived twice";
    case Case::kRequestsReordered:
      return "a request arrived before an older one";
    case Case::kRetryAnsweredAgain:
      return "a repeated request got its first answer";
    case Case::kRetryAnsweredAfterRecovery:
      return "a repeated request got its first answer after a crash";
    case Case::kOtherBodyRefused:
      return "another request under the same id was refused";
    case Case::kSameIdOfOtherCaller:
      return "two callers chose the same request id";
    case Case::kAppendFailedKeepingNothing:
      return "an append failed and kept nothing";
    case Case::kAppendFailedKeepingAll:
      return "an append failed and kept its block";
    case Case::kUnansweredFoundWritten:
      return "an unanswered command was found to be written";
    case Case::kUnansweredFoundAbsent:
      return "an unanswered command was found not to be written";
    case Case::kCrash:
      return "a crash";
    case Case::kCrashWithCommandsQueued:
      return "a crash with commands in the queue";
    case Case::kCrashWithGroupDecided:
      return "a crash with a group decided and not appended";
    case Case::kCrashKeepsUnsynced:
      return "a crash that kept what was not synced";
    case Case::kCrashLosesUnsynced:
      return "a crash that lost what was not synced";
    case Case::kCrashWhileRecovering:
      return "a crash inside recovery";
    case Case::kCrashWithProjectionsBehind:
      return "a crash with the projections behind";
    case Case::kRecoveredFromCheckpoint:
      return "a recovery from a checkpoint";
    case Case::kRecoveredFromFirstEntry:
      return "a recovery from the first entry";
    case Case::kCheckpointWritten:
      return "a checkpoint was written";
    case Case::kProjectionsKept:
      return "projections kept over a crash";
    case Case::kProjectionsDeleted:
      return "projections deleted by a crash";
    case Case::kProjectionsOlder:
      return "older projections put back by a crash";
    case Case::kQueueFull:
      return "a command refused because the queue was full";
    case Case::kGroupFull:
      return "a full group";
    case Case::kGroupOfSeveral:
      return "a group of several entries";
    case Case::kGroupOfRefusals:
      return "a group with nothing to write";
    case Case::kDue:
      return "an entry brought about by time";
    case Case::kSeveralDueAtOnce:
      return "several entries brought about by time in one block";
    case Case::kClockBack:
      return "the clock went back";
    case Case::kClockFarAhead:
      return "the clock jumped a month or more";
    case Case::kSameTimeTwice:
      return "two blocks at the same time";
    case Case::kCurrenciesInOneBlock:
      return "two currencies in one block";
    case Case::kHoldExpired:
      return "a hold expired";
    case Case::kDenied:
      return "a denial";
    case Case::kDeniedByOneMicro:
      return "a denial for want of one micro";
    case Case::kLastMicroHeld:
      return "a hold of all that there was";
    case Case::kRehearsed:
      return "a rehearsal";
    case Case::kReadAtOwnWrite:
      return "a read at one's own write";
    case Case::kReadAheadRefused:
      return "a read ahead of the log was refused";
  }
  return "";
}

void Sometimes::Add(const Sometimes& others) {
  for (size_t i = 0; i < kCases; ++i) counts_[i] += others.counts_[i];
}

std::vector<std::string> Sometimes::Missing() const {
  std::vector<std::string> missing;
  for (size_t i = 0; i < kCases; ++i) {
    if (counts_[i] == 0) missing.emplace_back(NameOf(static_cast<Case>(i)));
  }
  return missing;
}

}  // namespace bursar::sim
