// Messages that follow from the log: what must be sent, to whom, and where each mailed link stands.
//
// A message's text is fixed when its entry is taken in. A link's secret is not stored: it is rendered on reading.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bursar/storage/v1/entry.pb.h"
#include "bursar/storage/v1/projections.pb.h"
#include "ledger/base/ids.h"
#include "ledger/base/link_key.h"
#include "ledger/projections/row_store.h"
#include "ledger/projections/view.h"

namespace bursar {

// The entry that a message follows from and the message's number within it, from 0; written "message-123-0".
struct MessageId {
  Position position = 0;
  uint64_t index = 0;

  // nullopt unless `text` is what text() gives.
  static std::optional<MessageId> Parse(absl::string_view text);
  std::string text() const;

  friend bool operator==(const MessageId& a, const MessageId& b) {
    return a.position == b.position && a.index == b.index;
  }
};

using MessageKind = storage::v1::MessageRow::Kind;

enum class LinkState {
  kNone,  // a message without a link
  kOpen,
  kUsed,
  kSuperseded,  // a newer link was mailed
  kExpired,
  kClosed,  // declined, or nobody asks for it any more
};

struct Address {
  std::string name;
  // Empty for the operators as a group.
  std::string email;
};

struct Message {
  MessageId id;
  MessageKind kind = storage::v1::MessageRow::KIND_UNSPECIFIED;
  std::vector<Address> to;
  std::string subject;
  // Plain text, with the link's token, or why it is dead.
  std::string body;
  absl::Time create_time;
  BillingAccountId account;
  LinkState link = LinkState::kNone;
  // What an open link carries; empty otherwise.
  std::string token;
};

struct MessageQuery {
  std::optional<MessageKind> kind;  // empty: all
  BillingAccountId account;         // empty: all
  bool newest_first = false;
  std::optional<MessageId> after;  // continues after this one; empty: from the first
  size_t limit = 100;
};

struct MessagePage {
  std::vector<Message> messages;
  // Whether there are more after the last.
  bool more = false;
};

// Apply is called by the one thread that follows; any thread may ask.
class Outbox : public View {
 public:
  explicit Outbox(const RowStore& store) : store_(store) {}

  void Apply(const storage::v1::Entry& entry, Batch& batch) override;

  // Links as they stand at `now`, rendered by the key that made them.
  absl::StatusOr<MessagePage> List(const MessageQuery& query, const LinkKey& key, absl::Time now) const;

 private:
  absl::StatusOr<Message> Read(MessageId id, const LinkKey& key, absl::Time now) const;

  const RowStore& store_;
};

}  // namespace bursar
