#include "ledger/log/block.h"

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"

namespace bursar {
namespace {

absl::string_view Bytes(const BlockHash& hash) {
  return absl::string_view(reinterpret_cast<const char*>(hash.data()), hash.size());
}

BlockHash HashOf(const BlockHash& previous, absl::string_view bytes) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  BlockHash hash;
  unsigned int size = 0;
  BURSAR_CHECK(context != nullptr && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1 &&
               EVP_DigestUpdate(context.get(), previous.data(), previous.size()) == 1 &&
               EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1 &&
               EVP_DigestFinal_ex(context.get(), hash.data(), &size) == 1 && size == hash.size());
  return hash;
}

absl::Status Damaged(Position position, absl::string_view what) {
  return absl::DataLossError(absl::StrCat("The log is damaged at position ", position, ": ", what, "."));
}

}  // namespace

StoredBlock Seal(storage::v1::Block& block, const LogEnd& end) {
  BURSAR_CHECK(block.entries_size() > 0 && block.entries(0).position() == end.position + 1);
  block.set_first_position(end.position + 1);
  block.set_previous_hash(end.hash.data(), end.hash.size());
  StoredBlock stored;
  stored.first = end.position + 1;
  stored.last = end.position + block.entries_size();
  stored.bytes = block.SerializeAsString();
  stored.hash = HashOf(end.hash, stored.bytes);
  return stored;
}

bool Follows(const StoredBlock& stored, const LogEnd& end) {
  return stored.first == end.position + 1 && stored.last >= stored.first &&
         HashOf(end.hash, stored.bytes) == stored.hash;
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
  if (HashOf(end_.hash, stored.bytes) != stored.hash) return Damaged(next, "the hash does not cover the bytes");
  absl::StatusOr<storage::v1::Block> block = Decode(stored);
  if (!block.ok()) return block.status();
  if (block->previous_hash() != Bytes(end_.hash)) return Damaged(next, "it does not follow the block before");
  if (block->first_position() != next || block->entries_size() == 0 ||
      stored.last != end_.position + block->entries_size()) {
    return Damaged(next, "the block's positions are not its entries'");
  }
  int64_t time = commit_time_;
  for (int i = 0; i < block->entries_size(); ++i) {
    const storage::v1::Entry& entry = block->entries(i);
    if (entry.position() != next + i)
      return Damaged(next + i, absl::StrCat("entry ", entry.position(), " stands there"));
    if (entry.commit_time() < time) return Damaged(next + i, "its time is before that of the entry before");
    time = entry.commit_time();
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
