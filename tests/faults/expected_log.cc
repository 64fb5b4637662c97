#include "tests/faults/expected_log.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ledger/log/block.h"

namespace bursar::faults {
namespace {

constexpr int64_t kUsualBytes = 200;
constexpr int64_t kManyBytes = 40'000;

}  // namespace

StoredBlock ExpectedLog::Next(laws::Dice& dice) const {
  storage::v1::Block block;
  const int64_t entries = 1 + dice.Below(4);
  for (int64_t i = 0; i < entries; ++i) {
    storage::v1::Entry* entry = block.add_entries();
    entry->set_position(end_.position + 1 + static_cast<Position>(i));
    entry->set_commit_time(static_cast<int64_t>(hashes_.size()));
    entry->set_principal("user-ada");
    entry->set_request_id(std::string(static_cast<size_t>(dice.Below(dice.OneIn(12) ? kManyBytes : kUsualBytes)),
                                      static_cast<char>('a' + dice.Below(26))));
  }
  return Seal(block, end_);
}

void ExpectedLog::Answered(const StoredBlock& block) {
  hashes_.push_back({.last = block.last, .hash = block.hash});
  end_ = {.position = block.last, .hash = block.hash};
  unknown_.reset();
}

std::string ExpectedLog::Compare(const EventLog& log) const {
  size_t seen = 0;
  std::string difference;
  const absl::Status read = log.Read(1, [&](const StoredBlock& block) {
    const bool known = seen < hashes_.size() && hashes_[seen].hash == block.hash && hashes_[seen].last == block.last;
    const bool unknown = seen == hashes_.size() && unknown_ && unknown_->hash == block.hash;
    if (!known && !unknown) difference = absl::StrCat("another block stands at position ", block.first);
    ++seen;
    return known || unknown ? absl::OkStatus() : absl::CancelledError();
  });
  if (!difference.empty()) return difference;
  if (!read.ok()) return absl::StrCat("the log cannot be read: ", read.ToString());
  if (seen < hashes_.size()) {
    return absl::StrCat(hashes_.size() - seen, " answered blocks are lost of ", hashes_.size(), ", up to position ",
                        end_.position);
  }
  const absl::StatusOr<LogEnd> verified = VerifiedRead(log, [](const auto&) { return absl::OkStatus(); });
  return verified.ok() ? "" : absl::StrCat("the chain does not hold: ", verified.status().ToString());
}

void ExpectedLog::Served(const EventLog& log) {
  if (unknown_ && log.Last().hash == unknown_->hash) Answered(StoredBlock(*unknown_));
  unknown_.reset();
}

}  // namespace bursar::faults
