// What the .proto files say about methods and fields: the help of the command line is the API's own documentation.
#pragma once

#include <string>

#include "google/protobuf/descriptor.h"

namespace bursar::cli {

// The comment above a method or field, one line per paragraph; empty where there is none.
std::string CommentOf(const google::protobuf::MethodDescriptor& method);
std::string CommentOf(const google::protobuf::FieldDescriptor& field);

}  // namespace bursar::cli
