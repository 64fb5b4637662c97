// A first look at a request's bytes, before anything is made of them: finds what a parser would accept and pay for
// dearly, or refuse without saying where.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace bursar {

// INVALID_ARGUMENT naming the field where `bytes` are no message of this type, where a text is not UTF-8, or where a
// list is longer than its rule allows. Uses no memory beyond the stack, whatever the bytes are.
absl::Status CheckWire(const google::protobuf::Descriptor& type, absl::string_view bytes);

}  // namespace bursar
