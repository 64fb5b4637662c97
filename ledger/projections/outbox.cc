#include "ledger/projections/outbox.h"

#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "ledger/base/big_endian.h"
#include "ledger/base/check.h"
#include "ledger/projections/mailing.h"
#include "ledger/projections/rows.h"

namespace bursar {
namespace {

constexpr char kMessagePrefix[] = "message-";

MessageId IdOfKey(absl::string_view key) {
  key.remove_prefix(key.size() - 2 * kBigEndianSize);
  return {.position = FromBigEndian(key), .index = FromBigEndian(key.substr(kBigEndianSize))};
}

MessageId Before(MessageId id) {
  if (id.index > 0) return {.position = id.position, .index = id.index - 1};
  return {.position = id.position - 1, .index = std::numeric_limits<uint64_t>::max()};
}

LinkState StateOf(const storage::v1::LinkRow& link, absl::Time now) {
  if (link.used_at() != 0) return LinkState::kUsed;
  if (link.closed_at() != 0) return LinkState::kClosed;
  if (link.superseded_at() != 0) return LinkState::kSuperseded;
  return now < absl::FromUnixMicros(link.expire_time()) ? LinkState::kOpen : LinkState::kExpired;
}

// What stands in a message in the place of a link that no longer works.
const char* WhyDead(LinkState link) {
  switch (link) {
    case LinkState::kUsed:
      return "(the link was used)";
    case LinkState::kSuperseded:
      return "(the link is dead: a newer one was mailed)";
    case LinkState::kExpired:
      return "(the link has expired)";
    case LinkState::kClosed:
      return "(the link is dead: nobody asks for it any more)";
    case LinkState::kNone:
    case LinkState::kOpen:
      break;
  }
  BURSAR_CHECK(!"a dead link");
}

}  // namespace

std::optional<MessageId> MessageId::Parse(absl::string_view text) {
  const absl::string_view prefix = kMessagePrefix;
  if (text.substr(0, prefix.size()) != prefix) return std::nullopt;
  const std::vector<absl::string_view> numbers = absl::StrSplit(text.substr(prefix.size()), '-');
  MessageId id;
  if (numbers.size() != 2 || !absl::SimpleAtoi(numbers[0], &id.position) || !absl::SimpleAtoi(numbers[1], &id.index)) {
    return std::nullopt;
  }
  return id.position > 0 && id.text() == text ? std::optional<MessageId>(id) : std::nullopt;
}

std::string MessageId::text() const { return absl::StrCat(kMessagePrefix, position, "-", index); }

void Outbox::Apply(const storage::v1::Entry& entry, Batch& batch) { Mailing(entry, batch).All(); }

absl::StatusOr<MessagePage> Outbox::List(const MessageQuery& query, const LinkKey& key, absl::Time now) const {
  Table table = Table::kMessages;
  std::string prefix;
  if (!query.account.empty()) {
    table = Table::kMessagesByAccount;
    prefix = KeysOf(query.account.text());
  } else if (query.kind.has_value()) {
    table = Table::kMessagesByKind;
    prefix = KindPrefix(*query.kind);
  }

  MessagePage page;
  absl::Status status;
  // False ends the walk.
  const auto add = [&](MessageId id) {
    absl::StatusOr<Message> message = Read(id, key, now);
    status.Update(message.status());
    if (!status.ok()) return false;
    if (query.kind.has_value() && message->kind != *query.kind) return true;
    page.more = page.messages.size() == query.limit;
    if (!page.more) page.messages.push_back(*std::move(message));
    return !page.more;
  };

  if (!query.newest_first) {
    std::string from;
    if (query.after.has_value()) from = KeyOf({.position = query.after->position, .index = query.after->index + 1});
    status.Update(store_.Scan(table, prefix, from, [&](const Row& row) { return add(IdOfKey(row.key)); }));
  } else {
    constexpr uint64_t kEnd = std::numeric_limits<uint64_t>::max();
    MessageId upto = query.after.has_value() ? Before(*query.after) : MessageId{.position = kEnd, .index = kEnd};
    while (true) {
      const auto row = store_.LastAtOrBelow(table, prefix, KeyOf(upto));
      status.Update(row.status());
      if (!row.ok() || !row->has_value() || !add(IdOfKey((*row)->key))) break;
      upto = Before(IdOfKey((*row)->key));
    }
  }
  if (!status.ok()) return status;
  return page;
}

absl::StatusOr<Message> Outbox::Read(MessageId id, const LinkKey& key, absl::Time now) const {
  const auto stored = store_.Get(Table::kMessages, KeyOf(id));
  if (!stored.ok()) return stored.status();
  MessageRow row;
  if (!stored->has_value() || !row.ParseFromString(**stored)) return Unreadable(id.text());
  Message message{.id = id,
                  .kind = row.kind(),
                  .subject = row.subject(),
                  .body = row.body(),
                  .create_time = absl::FromUnixMicros(row.commit_time()),
                  .account = BillingAccountId::Trusted(row.billing_account())};
  for (const storage::v1::PersonalData& person : row.to()) message.to.push_back({person.name(), person.email()});
  if (row.selector().empty()) return message;

  const auto stored_link = store_.Get(Table::kLinks, row.selector());
  if (!stored_link.ok()) return stored_link.status();
  storage::v1::LinkRow link;
  if (!stored_link->has_value() || !link.ParseFromString(**stored_link)) return Unreadable("a link");
  message.link = StateOf(link, now);
  if (message.link == LinkState::kOpen) message.token = key.Token(row.selector());
  absl::StrAppend(
      &message.body,
      message.link == LinkState::kOpen ? absl::StrCat("bursar billing confirm ", message.token) : WhyDead(message.link),
      "\n");
  return message;
}

}  // namespace bursar
