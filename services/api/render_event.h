// An event of the log as a type and a flat list of attributes, whatever its kind.
#pragma once

#include <string>

#include "bursar/storage/v1/events.pb.h"
#include "bursar/v1/history.pb.h"

namespace bursar {

// Leaves out who people are, and both halves of mailed links.
v1::Event ToEvent(const storage::v1::Event& event);

// Whether the event is about this billing account, or about the user or organization that owns it and no account.
bool IsAbout(const storage::v1::Event& event, const std::string& account);

}  // namespace bursar
