#include "tests/nemesis/asked.h"

#include <algorithm>
#include <unordered_map>

#include "bursar/v1/gate.pb.h"
#include "bursar/v1/usage.pb.h"

namespace bursar::nemesis {
namespace {

// An answer that tells of an entry of its own, as those to usage without a price do not.
bool TellsOfAnEntry(const Call& call) { return call.outcome == Outcome::kAnswered && PositionOf(*call.answer) != 0; }

}  // namespace

const Call* Asked::Written(const FinalLog& log) const {
  const Call* first = nullptr;
  for (const Call* attempt : attempts) {
    if (!TellsOfAnEntry(*attempt) || IsUnrecorded(*attempt, log)) continue;
    if (first == nullptr || attempt->returned < first->returned) first = attempt;
  }
  return first;
}

bool Asked::MayHaveHappened() const {
  return std::any_of(attempts.begin(), attempts.end(),
                     [](const Call* attempt) { return attempt->outcome == Outcome::kUnknown; });
}

std::vector<Asked> AskedIn(const std::vector<Call>& calls) {
  std::vector<Asked> asked;
  std::unordered_map<std::string, size_t> places;
  for (const Call& call : calls) {
    const std::string id = RequestIdOf(*call.request);
    if (id.empty()) continue;
    const auto [place, is_new] = places.emplace(id, asked.size());
    if (is_new) asked.push_back({.id = id, .attempts = {}, .invoked = call.invoked});
    asked[place->second].attempts.push_back(&call);
  }
  return asked;
}

bool IsDenial(const Message& answer) {
  if (const auto* placed = dynamic_cast<const v1::PlaceHoldResponse*>(&answer)) return !placed->decision().allowed();
  if (const auto* extended = dynamic_cast<const v1::ExtendHoldResponse*>(&answer)) {
    return !extended->decision().allowed();
  }
  return false;
}

bool IsUnrecorded(const Call& call, const FinalLog& log) {
  if (call.outcome != Outcome::kAnswered || !IsDenial(*call.answer)) return false;
  const v1::Entry* entry = log.At(PositionOf(*call.answer));
  if (entry == nullptr || entry->request_id() == RequestIdOf(*call.request)) return false;
  return std::any_of(entry->events().begin(), entry->events().end(),
                     [](const v1::Event& event) { return event.type() == "ActionDenied"; });
}

}  // namespace bursar::nemesis
