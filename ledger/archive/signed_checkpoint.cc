#include "ledger/archive/signed_checkpoint.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "ledger/archive/text_lines.h"
#include "ledger/archive/tree.h"
#include "ledger/base/planted.h"
#include "ledger/log/block.h"

namespace bursar {
namespace {

constexpr absl::string_view kTitle = "bursar checkpoint";
constexpr uint64_t kFormat = 1;

// What is signed.
std::string LinesOf(const SignedCheckpoint& checkpoint) {
  return absl::StrCat(kTitle, " ", kFormat, "\nstore ", checkpoint.identity.store_id, "\nepoch ",
                      checkpoint.identity.epoch, "\nposition ", checkpoint.end.position, "\nhash ",
                      HashText(checkpoint.end.hash), "\ntime ", TimeText(checkpoint.time), "\nblocks ",
                      checkpoint.blocks, "\ntree ", HashText(checkpoint.tree), "\nsigned ",
                      TimeText(checkpoint.sign_time), "\n");
}

}  // namespace

std::string Sign(const SignedCheckpoint& checkpoint, const SigningKey& key) {
  const std::string lines = LinesOf(checkpoint);
  return absl::StrCat(lines, "signature ", absl::BytesToHexString(key.Sign(lines)), "\n");
}

absl::StatusOr<SignedCheckpoint> ReadSignedCheckpoint(absl::string_view text, const VerifyingKey& key) {
  TextLines lines(text);
  if (lines.Number(kTitle) != kFormat) return absl::DataLossError("it is no signed checkpoint that this version reads");
  SignedCheckpoint checkpoint;
  checkpoint.identity.store_id = lines.Text("store");
  checkpoint.identity.epoch = lines.Number("epoch");
  checkpoint.end.position = lines.Number("position");
  checkpoint.end.hash = lines.Hash("hash");
  checkpoint.time = lines.Time("time");
  checkpoint.blocks = lines.Number("blocks");
  checkpoint.tree = lines.Hash("tree");
  checkpoint.sign_time = lines.Time("signed");
  const std::string what(lines.read());
  const std::string signature = absl::HexStringToBytes(lines.Text("signature"));
  if (!lines.ok() || !lines.left().empty()) return absl::DataLossError("it is damaged");
  if (key.HasSigned(what, signature) || BURSAR_PLANTED(signature_unchecked)) return checkpoint;
  return absl::DataLossError("it was not signed with this key, or was changed since");
}

absl::Status CheckedAgainst::Check() const {
  const auto differs = [this](absl::string_view how) {
    return absl::DataLossError(absl::StrCat("The log is not the one that the checkpoint at position ",
                                            checkpoint_.end.position, " was signed for: ", how, "."));
  };
  const bool both_known = !identity_.store_id.empty() && !checkpoint_.identity.store_id.empty();
  if (both_known && identity_.store_id != checkpoint_.identity.store_id) {
    return differs(absl::StrCat("it is of store ", identity_.store_id, ", not ", checkpoint_.identity.store_id));
  }
  const BlockHash last = blocks_.empty() ? BlockHash() : blocks_.back();
  if (blocks_.size() != checkpoint_.blocks) {
    return differs(absl::StrCat("it has ", blocks_.size(), " blocks up to there, not ", checkpoint_.blocks));
  }
  if (last != checkpoint_.end.hash) return differs(absl::StrCat("its hash there is ", HashText(last)));
  if (TreeRoot(blocks_) != checkpoint_.tree) return differs("the tree over its blocks has another root");
  return absl::OkStatus();
}

SignedCheckpoint CheckpointOf(const LogIdentity& identity, const LogEnd& end, absl::Time time,
                              const std::vector<BlockHash>& blocks, absl::Time sign_time) {
  return {.identity = identity,
          .end = end,
          .time = time,
          .blocks = blocks.size(),
          .tree = TreeRoot(blocks),
          .sign_time = sign_time};
}

}  // namespace bursar
