#include "ledger/log/block.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "ledger/base/check.h"
#include "ledger/base/hasher.h"
#include "ledger/base/planted.h"

namespace bursar {
namespace {

absl::Status Damaged(Position position, absl::string_view what) {
  return absl::DataLossError(absl::StrCat("The log is damaged at position ", position, ": ", what, "."));
}

bool HasUnknownFields(const google::protobuf::Message& message) {
  return !message.GetReflection()->GetUnknownFields(message).empty();
}

// Whether the message or one inside it holds a field that this version has no name for.
bool HoldsUnknown(const google::protobuf::Message& message) {
  if (HasUnknownFields(message)) return true;
  const auto& reflection = *message.GetReflection();
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const google::protobuf::FieldDescriptor* field = type.field(i);
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      if (reflection.HasField(message, field) && HoldsUnknown(reflection.GetMessage(message, field))) return true;
      continue;
    }
    for (int k = 0; k < reflection.FieldSize(message, field); ++k) {
      if (HoldsUnknown(reflection.GetRepeatedMessage(message, field, k))) return true;
    }
  }
  return false;
}

bool IsKnown(const storage::v1::Event& event) {
  if (event.kind_case() == storage::v1::Event::KIND_NOT_SET) return false;
  if (HasUnknownFields(event)) return false;
  const auto* kind = storage::v1::Event::descriptor()->FindFieldByNumber(event.kind_case());
  return !HoldsUnknown(event.GetReflection()->GetMessage(event, kind));
}

bool IsKnown(const storage::v1::Entry& entry) {
  if (HasUnknownFields(entry)) return false;
  return std::all_of(entry.events().begin(), entry.events().end(),
                     [](const storage::v1::Event& event) { return IsKnown(event); });
}

absl::Status OfNewerVersion(Position position) {
  return absl::FailedPreconditionError(
      absl::StrCat("Entry ", position,
                   " says something that this version of Bursar does not know: a newer one has written it. Open the "
                   "ledger with that version; nothing was skipped or changed."));
}

}  // namespace

BlockHash HashOfBlock(const BlockHash& previous, absl::string_view bytes) {
  Hasher digest;
  digest.Add(BytesOf(previous));
  digest.Add(bytes);
  return digest.Take();
}

std::string HashText(const BlockHash& hash) { return absl::BytesToHexString(BytesOf(hash)); }

std::optional<BlockHash> HashOfText(absl::string_view text) {
  BlockHash hash;
  const auto is_digit = [](unsigned char c) { return absl::ascii_isxdigit(c) && !absl::ascii_isupper(c); };
  if (text.size() != 2 * hash.size() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  const std::string bytes = absl::HexStringToBytes(text);
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

StoredBlock Seal(storage::v1::Block& block, const LogEnd& end) {
  BURSAR_CHECK(block.entries_size() > 0 && block.entries(0).position() == end.position + 1);
  block.set_first_position(end.position + 1);
  block.set_previous_hash(end.hash.data(), end.hash.size());
  StoredBlock stored;
  stored.first = end.position + 1;
  stored.last = end.position + block.entries_size();
  stored.bytes = block.SerializeAsString();
  stored.hash = HashOfBlock(end.hash, stored.bytes);
  return stored;
}

bool Follows(const StoredBlock& stored, const LogEnd& end) {
  return stored.first == end.position + 1 && stored.last >= stored.first &&
         HashOfBlock(end.hash, stored.bytes) == stored.hash;
}

absl::StatusOr<storage::v1::Block> Decode(const StoredBlock& stored) {
  storage::v1::Block block;
  if (!block.ParseFromString(stored.bytes)) return Damaged(stored.first, "its bytes are no block");
  return block;
}

absl::StatusOr<storage::v1::Block> Chain::Check(const StoredBlock& stored) {
  const Position next = end_.position + 1;
  if (stored.first != next)
    return Damaged(next, absl::StrCat("a block that begins at ", stored.first, " stands there"));
  const bool covered = HashOfBlock(end_.hash, stored.bytes) == stored.hash;
  if (!covered && !BURSAR_PLANTED(chain_hash_unchecked)) return Damaged(next, "the hash does not cover the bytes");
  absl::StatusOr<storage::v1::Block> block = Decode(stored);
  if (!block.ok()) return block.status();
  if (block->previous_hash() != BytesOf(end_.hash)) return Damaged(next, "it does not follow the block before");
  if (block->first_position() != next || block->entries_size() == 0 ||
      stored.last != end_.position + block->entries_size()) {
    return Damaged(next, "the block's positions are not its entries'");
  }
  if (HasUnknownFields(*block)) return OfNewerVersion(next);
  int64_t time = commit_time_;
  for (int i = 0; i < block->entries_size(); ++i) {
    const storage::v1::Entry& entry = block->entries(i);
    if (entry.position() != next + i)
      return Damaged(next + i, absl::StrCat("entry ", entry.position(), " stands there"));
    if (entry.commit_time() < time) return Damaged(next + i, "its time is before that of the entry before");
    time = entry.commit_time();
    if (!IsKnown(entry)) return OfNewerVersion(next + i);
  }
  commit_time_ = time;
  end_ = {.position = stored.last, .hash = stored.hash};
  return block;
}

absl::StatusOr<LogEnd> VerifiedRead(const EventLog& log,
                                    const std::function<absl::Status(const storage::v1::Block& block)>& visit) {
  return VerifiedRead(log, Chain(), visit);
}

absl::StatusOr<LogEnd> VerifiedRead(const EventLog& log, Chain checked,
                                    const std::function<absl::Status(const storage::v1::Block& block)>& visit) {
  const LogEnd end = log.Last();
  Chain chain = checked;
  const absl::Status read = log.Read(chain.end().position + 1, [&](const StoredBlock& stored) -> absl::Status {
    if (stored.first > end.position) return absl::OkStatus();  // appended since
    const absl::StatusOr<storage::v1::Block> block = chain.Check(stored);
    return block.ok() ? visit(*block) : block.status();
  });
  if (!read.ok()) return read;
  if (chain.end().position != end.position) return Damaged(chain.end().position + 1, "the block is missing");
  if (chain.end().hash != end.hash) return Damaged(end.position, "the last block is another one");
  return end;
}

absl::StatusOr<bool> HasEnd(const EventLog& log, const LogEnd& end) {
  if (end.position == 0) return end.hash == BlockHash();
  bool found = false;
  const absl::Status read = log.Read(end.position, [&](const StoredBlock& stored) {
    found = stored.last == end.position && stored.hash == end.hash;
    return absl::CancelledError();
  });
  if (!read.ok() && !absl::IsCancelled(read)) return read;
  return found;
}

}  // namespace bursar
