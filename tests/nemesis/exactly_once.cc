#include "tests/nemesis/exactly_once.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"

namespace bursar::nemesis {
namespace {

// Positions of the entries with each request id.
using Places = std::unordered_map<std::string, std::vector<Position>>;

void CheckAsked(const Asked& asked, const std::vector<Position>& places, const FinalLog& log, Findings& findings) {
  const Call* written = asked.Written(log);
  const size_t most = written != nullptr || asked.MayHaveHappened() ? 1 : 0;
  if (places.size() > most) {
    findings.push_back(absl::StrCat("Request ", asked.id, " is in the log ", places.size(), " times, last at position ",
                                    places.back(), ", and may be there ", most, " times."));
  }
  if (written == nullptr) return;
  const Position said = PositionOf(*written->answer);
  if (std::find(places.begin(), places.end(), said) == places.end()) {
    findings.push_back(
        absl::StrCat("Request ", asked.id, " was answered as entry ", said, ", where the log has something else."));
  } else if (log.At(said)->principal() != written->principal) {
    findings.push_back(absl::StrCat("Entry ", said, " is by ", log.At(said)->principal(), ", and ", asked.id,
                                    " was asked for by ", written->principal, "."));
  }
}

// Denials of checks carry no request id; what time alone brings is by the system.
bool NeedsNoCall(const v1::Entry& entry) {
  if (entry.principal() == "system") return true;
  return entry.request_id().empty() && std::all_of(entry.events().begin(), entry.events().end(),
                                                   [](const auto& event) { return event.type() == "ActionDenied"; });
}

void CheckNumbers(const FinalLog& log, Findings& findings) {
  std::pair<int64_t, int32_t> last;
  for (size_t i = 0; i < log.entries.size(); ++i) {
    const v1::Entry& entry = log.entries[i];
    if (entry.position() != i + 1) {
      findings.push_back(absl::StrCat("Entry ", i + 1, " of the log calls itself ", entry.position(), "."));
    }
    const std::pair<int64_t, int32_t> time = {entry.commit_time().seconds(), entry.commit_time().nanos()};
    if (time < last) findings.push_back(absl::StrCat("Entry ", entry.position(), " is older than the one before."));
    last = time;
  }
}

}  // namespace

Findings CheckExactlyOnce(const std::vector<Call>& calls, const FinalLog& log) {
  Findings findings;
  CheckNumbers(log, findings);
  Places places;
  for (const v1::Entry& entry : log.entries) places[entry.request_id()].push_back(entry.position());
  const std::vector<Asked> all = AskedIn(calls);
  for (const Asked& asked : all) {
    CheckAsked(asked, places[asked.id], log, findings);
    places.erase(asked.id);
  }
  for (const v1::Entry& entry : log.entries) {
    if (places.count(entry.request_id()) == 0 || NeedsNoCall(entry)) continue;
    findings.push_back(absl::StrCat("Entry ", entry.position(), " by ", entry.principal(), " with request id \"",
                                    entry.request_id(), "\" was asked for by nobody."));
  }
  return findings;
}

Findings CheckSameAnswers(const std::vector<Call>& calls, const FinalLog& log) {
  Findings findings;
  for (const Asked& asked : AskedIn(calls)) {
    const Call* written = asked.Written(log);
    if (written == nullptr) continue;
    for (const Call* attempt : asked.attempts) {
      if (attempt->outcome != Outcome::kAnswered || IsUnrecorded(*attempt, log)) continue;
      if (attempt->answer->SerializeAsString() == written->answer->SerializeAsString()) continue;
      findings.push_back(absl::StrCat("Request ", asked.id, " was answered in two ways: { ",
                                      written->answer->ShortDebugString(), " } and { ",
                                      attempt->answer->ShortDebugString(), " }."));
    }
  }
  return findings;
}

}  // namespace bursar::nemesis
