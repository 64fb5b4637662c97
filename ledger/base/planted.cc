#include "ledger/base/planted.h"

#ifdef BURSAR_PLANTS

#include <cstdlib>
#include <string>

namespace bursar {

bool Planted(absl::string_view name) {
  static const std::string* const asked = [] {
    const char* const value = std::getenv("BURSAR_PLANT");
    return new std::string(value == nullptr ? "" : value);
  }();
  return name == *asked;
}

}  // namespace bursar

#endif
