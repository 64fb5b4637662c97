// Tells the repetition of a request from another request under the same request id.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace bursar {

// First 16 bytes of SHA-256 over the method's full name and the request without `id_field` ("request_id") and
// `validate_only`: the same in every process. The request is changed during the call only.
std::string Fingerprint(absl::string_view method, google::protobuf::Message& request, const std::string& id_field);

}  // namespace bursar
