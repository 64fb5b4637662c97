#include "tests/nemesis/real_time.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "bursar/v1/finance.pb.h"
#include "bursar/v1/gate.pb.h"

namespace bursar::nemesis {
namespace {

// Something that stands at a position, from when it was asked for to when that was known.
struct Point {
  std::string name;
  int64_t invoked = 0;
  int64_t returned = 0;
  Position position = 0;
  bool writes = false;
};

// Reads of the durable state, which is never older than an answer. Others follow the log at their own pace, and a
// denied check names the entry that recorded it, or one like it.
bool ReadsTheState(const Call& call) {
  const auto* checked = dynamic_cast<const v1::CheckResponse*>(call.answer.get());
  if (checked != nullptr) return checked->decision().allowed();
  return dynamic_cast<const v1::GetBalanceResponse*>(call.answer.get()) != nullptr ||
         dynamic_cast<const v1::GetHeadResponse*>(call.answer.get()) != nullptr;
}

std::vector<Point> PointsIn(const std::vector<Call>& calls, const FinalLog& log) {
  std::vector<Point> points;
  for (const Asked& asked : AskedIn(calls)) {
    const Call* written = asked.Written(log);
    if (written == nullptr) continue;
    points.push_back({asked.id, asked.invoked, written->returned, PositionOf(*written->answer), true});
  }
  for (const Call& call : calls) {
    if (call.outcome != Outcome::kAnswered || !RequestIdOf(*call.request).empty() || !ReadsTheState(call)) continue;
    points.push_back(
        {absl::StrCat("client ", call.client, "'s ", call.request->GetDescriptor()->name(), " at ", call.invoked),
         call.invoked, call.returned, PositionOf(*call.answer), false});
  }
  return points;
}

}  // namespace

Findings CheckRealTime(const std::vector<Call>& calls, const FinalLog& log) {
  const std::vector<Point> points = PointsIn(calls, log);
  std::vector<const Point*> by_invoked;
  for (const Point& point : points) by_invoked.push_back(&point);
  std::vector<const Point*> by_returned = by_invoked;
  std::sort(by_invoked.begin(), by_invoked.end(),
            [](const Point* a, const Point* b) { return a->invoked < b->invoked; });
  std::sort(by_returned.begin(), by_returned.end(),
            [](const Point* a, const Point* b) { return a->returned < b->returned; });
  Findings findings;
  const Point* latest = nullptr;  // the highest position that was known when `point` was asked for
  size_t known = 0;
  for (const Point* point : by_invoked) {
    for (; known < by_returned.size() && by_returned[known]->returned < point->invoked; ++known) {
      if (latest == nullptr || by_returned[known]->position > latest->position) latest = by_returned[known];
    }
    if (latest == nullptr) continue;
    const bool too_old = point->writes ? point->position <= latest->position : point->position < latest->position;
    if (!too_old) continue;
    findings.push_back(absl::StrCat(point->name, " stands at position ", point->position, ", and was asked for after ",
                                    latest->name, " was answered at position ", latest->position, "."));
  }
  return findings;
}

}  // namespace bursar::nemesis
