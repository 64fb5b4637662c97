#include "ledger/domain/denials.h"

namespace bursar {

// The message has neither maps nor unknown fields, so that its bytes are the same wherever it says the same.
std::string KeyOf(const storage::v1::ActionDenied& denial) { return denial.SerializeAsString(); }

}  // namespace bursar
