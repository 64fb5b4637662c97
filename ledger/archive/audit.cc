#include "ledger/archive/audit.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/planted.h"
#include "ledger/domain/canonical.h"
#include "ledger/domain/evolve.h"
#include "ledger/domain/postings.h"

namespace bursar {
namespace {

__extension__ typedef __int128 int128;

bool IsBalanced(const std::vector<Posting>& postings) {
  // Nearly all are in one currency.
  std::vector<std::pair<absl::string_view, int128>> sums;
  for (const Posting& posting : postings) {
    auto sum = std::find_if(sums.begin(), sums.end(), [&](const auto& s) { return s.first == posting.currency; });
    if (sum == sums.end()) sum = sums.insert(sums.end(), {posting.currency, 0});
    sum->second += posting.amount.micros();
  }
  return std::all_of(sums.begin(), sums.end(), [](const auto& sum) { return sum.second == 0; });
}

}  // namespace

absl::StatusOr<storage::v1::Block> Audit::Take(const StoredBlock& block) {
  absl::StatusOr<storage::v1::Block> decoded = chain_.Check(block);
  if (!decoded.ok()) return decoded;
  for (const storage::v1::Entry& entry : decoded->entries()) {
    if (absl::Status balanced = CheckPostings(entry); !balanced.ok()) return balanced;
    for (const storage::v1::Event& event : entry.events()) {
      if (event.has_ledger_restored()) epoch_ = std::max(epoch_, event.ledger_restored().epoch());
    }
  }
  ++blocks_;
  entries_ += static_cast<uint64_t>(decoded->entries_size());
  return decoded;
}

absl::Status Audit::CheckPostings(const storage::v1::Entry& entry) const {
  for (const storage::v1::Event& event : entry.events()) {
    if (IsBalanced(PostingsOf(event))) continue;
    return absl::DataLossError(
        absl::StrCat("The log is damaged at position ", entry.position(), ": its postings do not add up to zero."));
  }
  return absl::OkStatus();
}

Hasher::Value DigestOf(const State& state) {
  Hasher digest;
  // The sink never fails.
  (void)WriteState(state, [&digest](absl::string_view piece) {
    digest.Add(piece);
    return absl::OkStatus();
  });
  return digest.Take();
}

absl::StatusOr<Audited> AuditAll(LogSource& source, const AuditOptions& options) {
  const LogStart start = source.start();
  if (options.deep && start.end.position != 0) {
    return absl::InvalidArgumentError("The state can only be replayed from a log that begins with its first entry.");
  }
  Audit audit(start);
  State state;
  const absl::Status read = source.Read(start.end.position + 1, [&](const StoredBlock& block) -> absl::Status {
    if (options.interrupted && options.interrupted()) return absl::CancelledError("It was interrupted.");
    const absl::StatusOr<storage::v1::Block> decoded = audit.Take(block);
    if (!decoded.ok()) return decoded.status();
    if (options.deep) {
      for (const storage::v1::Entry& entry : decoded->entries()) Evolve(state, entry);
      if (options.on_state) {
        if (absl::Status seen = options.on_state(state, audit.end()); !seen.ok()) return seen;
      }
    }
    if (options.on_block) {
      if (absl::Status seen = options.on_block(block, *decoded); !seen.ok()) return seen;
    }
    if (options.on_progress) options.on_progress(audit.end().position);
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  if (audit.end().position < source.last()) {
    return absl::DataLossError(absl::StrCat("The log is damaged at position ", audit.end().position + 1,
                                            ": it ends there, and should go on to ", source.last(), "."));
  }
  return Audited{.end = audit.end(),
                 .time = audit.time(),
                 .blocks = audit.blocks(),
                 .entries = audit.entries(),
                 .epoch = audit.epoch()};
}

absl::Status CheckReceipt(LogSource& source, const Receipt& receipt) {
  if (receipt.position > source.last()) {
    return absl::DataLossError(absl::StrCat("The log ends at position ", source.last(), ", before position ",
                                            receipt.position,
                                            " of the receipt: what came after has been lost, or an older copy was put "
                                            "in its place."));
  }
  bool found = receipt.position == 0;
  const absl::Status read = source.Read(receipt.position, [&](const StoredBlock& block) {
    found = block.last == receipt.position && (block.hash == receipt.hash || BURSAR_PLANTED(receipt_without_hash));
    return absl::CancelledError();
  });
  if (!read.ok() && !absl::IsCancelled(read)) return read;
  if (found) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("The log has another hash at position ", receipt.position,
                                          " than the receipt: it is another log, or it went on differently from an "
                                          "older copy."));
}

}  // namespace bursar
