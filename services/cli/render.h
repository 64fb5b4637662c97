// Answers as text: for people by the shape of the message, for programs as JSON.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "bursar/v1/types.pb.h"
#include "google/protobuf/message.h"

namespace bursar::cli {

// Single values as aligned lines, messages as indented sections, lists of messages as tables, a Decision as a sentence
// with its remedy. Amounts carry the currency of the message that they stand in. What is empty is left out, except
// amounts, numbers and yes or no. Ends with a newline.
//
// `columns` picks and orders the columns of tables, by field path ("access.admin"); a table to which none of them
// belongs shows every column that is not empty.
std::string RenderForPeople(const google::protobuf::Message& message, const std::vector<std::string>& columns = {});

// Without control characters: a terminal must not take orders from a name.
std::string Printable(absl::string_view text);

// "ALLOWED", or "DENIED" with the rule and what is missing.
std::string VerdictOf(const v1::Decision& decision);

// Protobuf JSON on several lines, with the names of the .proto files and with what is empty.
std::string RenderJson(const google::protobuf::Message& message);

}  // namespace bursar::cli
