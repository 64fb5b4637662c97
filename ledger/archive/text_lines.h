// Small files for people and programs: lines of a word and a value, in an order that is given.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "ledger/log/event_log.h"

namespace bursar {

// Takes such a text apart from its beginning. After the first line that is not as it was asked for, everything that is
// read is empty and `ok` stays false.
class TextLines {
 public:
  explicit TextLines(absl::string_view text) : left_(text), whole_(text) {}

  // The value of the next line, which begins with this word and a space.
  std::string Text(absl::string_view word);
  uint64_t Number(absl::string_view word);
  BlockHash Hash(absl::string_view word);
  absl::Time Time(absl::string_view word);
  // Whether the next line begins with this word.
  bool HasNext(absl::string_view word) const;
  // Something is wrong with what was read.
  void Fail() { ok_ = false; }

  // What has not been read.
  absl::string_view left() const { return left_; }
  // What has.
  absl::string_view read() const { return whole_.substr(0, whole_.size() - left_.size()); }
  bool ok() const { return ok_; }

 private:
  absl::string_view left_;
  const absl::string_view whole_;
  bool ok_ = true;
};

// "2026-01-31T12:00:00.123456Z"
std::string TimeText(absl::Time time);

}  // namespace bursar
