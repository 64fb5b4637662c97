// What goes into the ledger and what comes back.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "bursar/storage/v1/entry.pb.h"
#include "ledger/base/principal.h"
#include "ledger/domain/commands.h"

namespace bursar {

// A command on its way to the writer.
struct Submission {
  Principal principal;
  // The caller's own id for it: the same id and fingerprint gets the first answer again. Empty only where the command
  // is not to be remembered (Check).
  std::string request_id;
  // 16 bytes over the method's name and the request.
  std::string fingerprint;
  Command command;
};

// What a command brought about: the entry that was written for it, now or when it was first asked. An entry without
// events (position is then that of the last entry decided before) means that there was nothing to write.
using Answer = std::shared_ptr<const storage::v1::Entry>;

using Done = std::function<void(absl::StatusOr<Answer>)>;

}  // namespace bursar
