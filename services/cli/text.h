// Text on a terminal, as far as counting characters tells.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace bursar::cli {

// A terminal must not take orders from a name: control characters become spaces.
std::string Printable(absl::string_view text);

// Columns that a text takes.
size_t Width(absl::string_view text);

std::string Padded(const std::string& text, size_t width, bool right = false);

// Cut with an ellipsis where it is wider.
std::string Shortened(const std::string& text, size_t width);

}  // namespace bursar::cli
