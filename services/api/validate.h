// Whether a request has the form that the rules in its proto file ask for (bursar/v1/rules.proto).
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "bursar/v1/rules.pb.h"
#include "google/protobuf/message.h"

namespace bursar {

// INVALID_ARGUMENT with a BadRequest that names every wrong field, the first one also in the sentence.
absl::Status Validate(const google::protobuf::Message& request);

// What is wrong with a text of this format, as in "has to be ..."; empty where nothing is. The empty text is right.
std::string ProblemOf(v1::Format format, absl::string_view text);

}  // namespace bursar
