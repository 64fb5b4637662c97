#include "ledger/archive/proof.h"

#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "ledger/archive/text_lines.h"
#include "ledger/archive/tree.h"
#include "ledger/base/planted.h"
#include "ledger/log/block.h"

namespace bursar {
namespace {

constexpr absl::string_view kTitle = "bursar proof";
constexpr uint64_t kFormat = 1;

absl::Status ProvesNothing(absl::string_view why) {
  return absl::DataLossError(absl::StrCat("The proof proves nothing: ", why, "."));
}

absl::StatusOr<Proof> ReadLines(TextLines& lines) {
  if (lines.Number(kTitle) != kFormat) return ProvesNothing("it is no proof that this version reads");
  Proof proof;
  proof.entry = lines.Number("entry");
  proof.block.first = lines.Number("first");
  proof.block.last = lines.Number("last");
  proof.previous = lines.Hash("previous");
  if (!absl::Base64Unescape(lines.Text("block"), &proof.block.bytes)) lines.Fail();
  proof.block.hash = HashOfBlock(proof.previous, proof.block.bytes);
  proof.index = lines.Number("index");
  while (lines.ok() && lines.HasNext("path")) proof.path.push_back(lines.Hash("path"));
  if (!lines.ok()) return ProvesNothing("it is damaged");
  return proof;
}

absl::StatusOr<storage::v1::Entry> EntryIn(const Proof& proof) {
  if (proof.block.first == 0 || proof.entry < proof.block.first || proof.entry > proof.block.last) {
    return ProvesNothing("the block does not hold the entry");
  }
  Chain chain({.position = proof.block.first - 1, .hash = proof.previous}, absl::UnixEpoch());
  const absl::StatusOr<storage::v1::Block> block = chain.Check(proof.block);
  if (absl::IsDataLoss(block.status())) return ProvesNothing("the block is not what it says");
  if (!block.ok()) return block.status();
  return block->entries(static_cast<int>(proof.entry - proof.block.first));
}

}  // namespace

absl::StatusOr<Proof> FindProof(LogSource& source, Position entry, const SignedCheckpoint& checkpoint,
                                const AuditOptions& options) {
  if (entry == 0 || entry > checkpoint.end.position) {
    return absl::OutOfRangeError(absl::StrCat("The checkpoint was signed at position ", checkpoint.end.position,
                                              "; sign one after entry ", entry, "."));
  }
  Proof proof{.entry = entry};
  CheckedAgainst against(checkpoint, source.identity());
  BlockHash previous = {};
  AuditOptions collecting = options;
  collecting.on_block = [&](const StoredBlock& block, const storage::v1::Block& /*decoded*/) {
    if (block.first <= entry && entry <= block.last) {
      proof.block = block;
      proof.previous = previous;
      proof.index = against.blocks().size();
    }
    previous = block.hash;
    against.Add(block);
    return absl::OkStatus();
  };
  if (const auto audited = AuditAll(source, collecting); !audited.ok()) return audited.status();
  if (absl::Status held = against.Check(); !held.ok()) return held;
  proof.path = TreePath(against.blocks(), proof.index);
  return proof;
}

std::string WriteProof(const Proof& proof, absl::string_view checkpoint) {
  std::string text = absl::StrCat(kTitle, " ", kFormat, "\nentry ", proof.entry, "\nfirst ", proof.block.first,
                                  "\nlast ", proof.block.last, "\nprevious ", HashText(proof.previous), "\nblock ",
                                  absl::Base64Escape(proof.block.bytes), "\nindex ", proof.index, "\n");
  for (const BlockHash& hash : proof.path) absl::StrAppend(&text, "path ", HashText(hash), "\n");
  absl::StrAppend(&text, checkpoint);
  return text;
}

absl::StatusOr<Proven> CheckProof(absl::string_view text, const VerifyingKey& key) {
  TextLines lines(text);
  const absl::StatusOr<Proof> proof = ReadLines(lines);
  if (!proof.ok()) return proof.status();
  const absl::StatusOr<SignedCheckpoint> checkpoint = ReadSignedCheckpoint(lines.left(), key);
  if (!checkpoint.ok()) return ProvesNothing(absl::StrCat("of its checkpoint, ", checkpoint.status().message()));
  absl::StatusOr<storage::v1::Entry> entry = EntryIn(*proof);
  if (!entry.ok()) return entry.status();
  const std::optional<BlockHash> root = RootByPath(proof->block.hash, proof->index, checkpoint->blocks, proof->path);
  const bool leads_there = root.has_value() && (*root == checkpoint->tree || BURSAR_PLANTED(proof_of_other_tree));
  if (!leads_there) return ProvesNothing("the block is none of those that the checkpoint was signed for");
  return Proven{.entry = *std::move(entry), .checkpoint = *checkpoint};
}

}  // namespace bursar
