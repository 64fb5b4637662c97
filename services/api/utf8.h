// Whether bytes are text.
#pragma once

#include "absl/strings/string_view.h"

namespace bursar {

// Whether `bytes` are well-formed UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool IsUtf8(absl::string_view bytes);

}  // namespace bursar
