#include "tests/nemesis/replay.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "bursar/v1/finance.pb.h"
#include "bursar/v1/gate.pb.h"
#include "services/client/client.h"
#include "tests/oracle/oracle.h"

namespace bursar::nemesis {
namespace {

absl::Time FromTimestamp(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

// A balance says as of when it is; everything else is judged by the time of its entry.
absl::Time TimeOf(const Message& answer, const v1::Entry& entry) {
  const auto* read = dynamic_cast<const v1::GetBalanceResponse*>(&answer);
  return FromTimestamp(read == nullptr ? entry.commit_time() : read->balance().as_of_time());
}

oracle::Exchange ExchangeOf(const Call& call, const FinalLog& log) {
  const Position position = PositionOf(*call.answer);
  return {.principal = call.principal,
          .method = MethodOf(*call.request->GetDescriptor()),
          .request = call.request.get(),
          .status = absl::OkStatus(),
          .reason = "",
          .response = call.answer.get(),
          .time = TimeOf(*call.answer, *log.At(position)),
          .position = position};
}

// Reads that say as of which position they are. Rehearsed checks are left to the books: the oracle takes their position
// for that of the entry that would have been written.
bool IsJudgedRead(const Call& call) {
  if (call.outcome != Outcome::kAnswered) return false;
  const auto* checked = dynamic_cast<const v1::CheckResponse*>(call.answer.get());
  if (checked != nullptr) {
    const bool rehearsed = static_cast<const v1::CheckRequest&>(*call.request).validate_only();
    return !rehearsed && checked->decision().allowed() && checked->decision().has_funds_micros();
  }
  return dynamic_cast<const v1::GetBalanceResponse*>(call.answer.get()) != nullptr;
}

// In the order of their positions; what wrote an entry before what read it.
std::vector<const Call*> InOrder(const std::vector<Call>& calls, const FinalLog& log, std::set<std::string>& written) {
  std::vector<std::tuple<Position, bool, const Call*>> places;
  for (const Asked& asked : AskedIn(calls)) {
    const Call* answered = asked.Written(log);
    if (answered == nullptr || log.At(PositionOf(*answered->answer)) == nullptr) continue;
    places.emplace_back(PositionOf(*answered->answer), false, answered);
    written.insert(asked.id);
  }
  for (const Call& call : calls) {
    if (!IsJudgedRead(call) || log.At(PositionOf(*call.answer)) == nullptr) continue;
    places.emplace_back(PositionOf(*call.answer), true, &call);
  }
  std::sort(places.begin(), places.end(), [](const auto& a, const auto& b) {
    return std::tie(std::get<0>(a), std::get<1>(a)) < std::tie(std::get<0>(b), std::get<1>(b));
  });
  std::vector<const Call*> ordered;
  for (const auto& [position, reads, call] : places) ordered.push_back(call);
  return ordered;
}

}  // namespace

Findings CheckReplay(const std::vector<Call>& calls, const FinalLog& log, int64_t& judged) {
  std::set<std::string> written;
  const std::vector<const Call*> ordered = InOrder(calls, log, written);
  for (const v1::Entry& entry : log.entries) {
    if (!entry.request_id().empty() && written.count(entry.request_id()) == 0) return {};
  }
  oracle::Oracle oracle;
  Findings findings;
  for (const Call* call : ordered) {
    if (const auto wrong = oracle.Judge(ExchangeOf(*call, log)); wrong.has_value()) {
      findings.push_back(absl::StrCat("At position ", PositionOf(*call->answer), ": ", *wrong));
      break;  // it knows nothing any more
    }
  }
  judged += oracle.Judged();
  return findings;
}

}  // namespace bursar::nemesis
