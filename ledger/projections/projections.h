// Views that follow the log at their own pace, remember how far they are, and live in a folder that may be deleted:
// they are then built again from the log.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bursar/storage/v1/entry.pb.h"
#include "ledger/base/ids.h"
#include "ledger/log/event_log.h"

namespace bursar {

class Books;         // balances at any position, charges, spending, the books of each account and of all
class Origins;       // which entries set what decisions rest on
class Outbox;        // messages that the log says must be sent
class RequestIndex;  // which entry answered which request

class Projections {
 public:
  // Opens the folder (an empty name keeps everything in memory). A folder that is damaged, of another version or of
  // another log is emptied first.
  static absl::StatusOr<std::unique_ptr<Projections>> Open(const EventLog& log, const std::string& folder);
  ~Projections();

  // Follow and Take are called by the one thread that follows. After an error nothing more is taken in.
  //
  // Takes in what the log holds, up to the end of the block that holds `end`.
  absl::Status Follow(Position end);
  // Takes in one block without reading the log again: `block` is the one after position() there, `hash` its hash.
  absl::Status Take(const storage::v1::Block& block, const BlockHash& hash);

  // The last entry that all views have taken in. Thread-safe, as all that follows.
  Position position() const;
  // Waits until `position` is reached; DEADLINE_EXCEEDED where it is not by `deadline`.
  absl::Status WaitFor(Position position, absl::Time deadline) const;

  const Books& books() const;
  const Origins& origins() const;
  const Outbox& outbox() const;
  const RequestIndex& requests() const;

  // SHA-256 over all rows, in hexadecimal: equal views of one log have equal digests. Meant for a moment of rest.
  absl::StatusOr<std::string> Digest() const;

 private:
  class Views;
  explicit Projections(std::unique_ptr<Views> views);
  const std::unique_ptr<Views> views_;
};

}  // namespace bursar
