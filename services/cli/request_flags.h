// The flags by which a request is written, worked out from its message type, so that a new field has its flag at once.
//
//   cost_micros                        --cost 5.00                    expire_time          --expire-time +24h
//   contact { name }                   --contact.name "Ada Quillfeather"  validate_only        --validate-only
//   repeated string actions            --actions a --actions b        an enum              --role admin
//   repeated Record records            --records-file records.json    "-" reads standard input
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace bursar::cli {

// One flag of a request.
struct RequestFlag {
  // With its dashes: "--contact.name".
  std::string name;
  // From the request down to the field.
  std::vector<const google::protobuf::FieldDescriptor*> path;

  const google::protobuf::FieldDescriptor& field() const { return *path.back(); }
  bool repeated() const { return field().is_repeated(); }
  // May be written without a value.
  bool is_switch() const;
  // Takes the name of a file with a JSON list of messages.
  bool from_file() const;
  // Kind of value for the help: "AMOUNT", "TIME", "user|operator".
  std::string placeholder() const;
  // What the value may be, from the field's rule; empty where there is nothing to add.
  std::string range() const;
  bool required() const;
};

// In the order of the fields. The fields of the messages named in `inlined` have flags without the message's name.
std::vector<RequestFlag> FlagsOf(const google::protobuf::Descriptor& request, const std::vector<std::string>& inlined);

// The flag's name of a field path as the server writes it ("contact.name", "records[3].sku"); the path itself where no
// flag has it.
std::string FlagOfPath(absl::string_view path, const std::vector<RequestFlag>& flags);

struct Reading {
  absl::Time now;
  std::function<absl::StatusOr<std::string>(const std::string& file)> read_file;
};

// Puts what was written after a flag into the request. An error is a sentence that begins with the flag.
absl::Status SetFlag(const RequestFlag& flag, const std::vector<std::string>& values, const Reading& reading,
                     google::protobuf::Message& request);

// Replaces the request by the one that the JSON text describes.
absl::Status ReadJson(absl::string_view json, google::protobuf::Message& request);

}  // namespace bursar::cli
