// What people write on a command line and read in a table, for the kinds of value that requests and responses hold.
//
// An error is a sentence that says what may be written; its code is INVALID_ARGUMENT.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "ledger/domain/money.h"

namespace bursar::cli {

struct WrittenAmount {
  Money amount;
  // Empty where none was written.
  std::string currency;
};

// "5", "5.00", "5.00 USD".
absl::StatusOr<WrittenAmount> ReadAmount(absl::string_view text);

// "2026-01-31T12:00:00Z", "2026-01-31" (midnight UTC), "now", or from `now` on: "+24h", "-7d".
absl::StatusOr<absl::Time> ReadTime(absl::string_view text, absl::Time now);

// "90s", "1h30m", "7d".
absl::StatusOr<absl::Duration> ReadDuration(absl::string_view text);

absl::StatusOr<bool> ReadBool(absl::string_view text);

absl::StatusOr<int64_t> ReadWhole(absl::string_view text, int64_t min, int64_t max);

// A value by its short name, see ShortName; dashes and underscores, upper and lower case count as the same.
absl::StatusOr<const google::protobuf::EnumValueDescriptor*> ReadEnum(absl::string_view text,
                                                                      const google::protobuf::EnumDescriptor& type);

// "pending" for Status.STATUS_PENDING: without the type's name, lower case, dashes between words.
std::string ShortName(const google::protobuf::EnumValueDescriptor& value);

// "2026-01-31T12:00:00Z", with a fraction where there is one.
std::string WriteTime(absl::Time time);

// "Spending limit" for spending_limit_micros, "Credit" for credit_id: a field's name for people, without what its value
// shows by itself.
std::string WriteName(const google::protobuf::FieldDescriptor& field);

// Whether the field is an amount in micros.
bool IsAmount(const google::protobuf::FieldDescriptor& field);
bool IsTime(const google::protobuf::FieldDescriptor& field);
bool IsDuration(const google::protobuf::FieldDescriptor& field);

}  // namespace bursar::cli
