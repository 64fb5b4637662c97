// Messages of streams as text.
#pragma once

#include <cstddef>
#include <string>

#include "google/protobuf/message.h"

namespace bursar::cli {

// A line for each thing that the message tells, of an entry, of funds, of a check or of a usage record; nothing where
// it only says how far a watch is.
std::string RenderStreamedForPeople(const google::protobuf::Message& message);

// The whole message as JSON on one line, as RenderJson.
std::string RenderStreamedJson(const google::protobuf::Message& message);

// How many things it tells: facts of entries and of funds; one for a message that answers another.
size_t ToldBy(const google::protobuf::Message& message);

}  // namespace bursar::cli
