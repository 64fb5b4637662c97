#include "tests/oracle/world.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace bursar::oracle {
namespace {

// So many moves are summed each time; older ones are kept as their sums.
constexpr size_t kMostMoves = 512;

void AddTo(Sums& sums, const Move& move) {
  if (sums.size() <= move.lot) sums.resize(move.lot + 1);
  sums[move.lot][move.from] -= move.micros;
  sums[move.lot][move.to] += move.micros;
}

}  // namespace

bool Credit::PaysFor(const std::string& action) const {
  return actions.empty() || std::find(actions.begin(), actions.end(), action) != actions.end();
}

Wide Total(const std::vector<Piece>& pieces) {
  Wide total = 0;
  for (const Piece& piece : pieces) total += piece.micros;
  return total;
}

bool Budget::Counts(const std::string& user_id, const std::string& project_id, const std::string& in_category) const {
  return (user.empty() || user == user_id) && (project.empty() || project == project_id) &&
         (category.empty() || category == in_category);
}

void Account::Put(size_t lot, Pot from, Pot to, int64_t micros) {
  if (micros == 0) return;
  if (moves.size() == kMostMoves) {
    before = Add();
    moves.clear();
  }
  moves.push_back({.lot = lot, .from = from, .to = to, .micros = micros});
}

Sums Account::Add() const {
  Sums sums = before;
  sums.resize(std::max(sums.size(), credits.size() + 1));
  for (const Move& move : moves) AddTo(sums, move);
  return sums;
}

Credit* Account::FindCredit(uint64_t number) {
  // A credit that came back is listed last.
  for (size_t i = credits.size(); i > 0; --i) {
    if (credits[i - 1].number == number) return &credits[i - 1];
  }
  return nullptr;
}

size_t Account::LotOf(uint64_t number) const {
  for (size_t i = credits.size(); i > 0; --i) {
    if (credits[i - 1].number == number) return i;
  }
  return 0;
}

std::string Account::NameOfLot(size_t lot) const { return lot == 0 ? "" : Name("credit", credits[lot - 1].number); }

std::string World::Present(std::string id) const {
  for (auto found = users.find(id); found != users.end() && !found->second.merged_into.empty();
       found = users.find(id)) {
    id = found->second.merged_into;
  }
  return id;
}

User* World::FindUser(const std::string& id) {
  const auto found = users.find(id);
  return found == users.end() ? nullptr : &found->second;
}

Account* World::FindAccount(const std::string& id) {
  const auto found = accounts.find(id);
  return found == accounts.end() ? nullptr : &found->second;
}

Organization* World::OrganizationOf(const std::string& account) {
  const auto found = organizations.find(account);
  return found == organizations.end() ? nullptr : &found->second;
}

std::string Name(const char* kind, uint64_t number) { return number == 0 ? "" : absl::StrCat(kind, "-", number); }

uint64_t NumberOf(const std::string& id) {
  uint64_t number = 0;
  return absl::SimpleAtoi(id.substr(id.find('-') + 1), &number) ? number : 0;
}

bool IsUser(const std::string& account) { return absl::StartsWith(account, "user-"); }

absl::Time TimeOf(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Microseconds(timestamp.nanos() / 1'000);
}

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(absl::ToUnixSeconds(time));
  timestamp.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(timestamp.seconds()))));
  return timestamp;
}

}  // namespace bursar::oracle
