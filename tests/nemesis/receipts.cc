#include "tests/nemesis/receipts.h"

#include "absl/strings/str_cat.h"

namespace bursar::nemesis {
namespace {

// nullptr where the call is not about a receipt, or the ledger was empty.
const v1::GetHeadResponse* ReceiptOf(const Call& call) {
  if (call.outcome != Outcome::kAnswered) return nullptr;
  const auto* receipt = dynamic_cast<const v1::GetHeadResponse*>(call.answer.get());
  return receipt == nullptr || receipt->block_hash().empty() ? nullptr : receipt;
}

std::string Words(const v1::GetHeadResponse& receipt) {
  return absl::StrCat("the block of ", receipt.block_first(), " to ", receipt.block_last(), " with hash ",
                      receipt.block_hash());
}

}  // namespace

std::map<Position, v1::GetHeadResponse> ReceiptsShown(const std::vector<Call>& calls) {
  std::map<Position, v1::GetHeadResponse> shown;
  for (const Call& call : calls) {
    if (const auto* receipt = ReceiptOf(call)) shown.emplace(receipt->block_last(), *receipt);
  }
  return shown;
}

Findings CheckReceipts(const std::vector<Call>& calls, const FinalLog& log) {
  Findings findings;
  for (const Call& call : calls) {
    const auto* receipt = ReceiptOf(call);
    if (receipt == nullptr) continue;
    const auto found = log.receipts.find(receipt->block_last());
    const bool is_there = found != log.receipts.end() && found->second.block_first() == receipt->block_first() &&
                          found->second.block_last() == receipt->block_last() &&
                          found->second.block_hash() == receipt->block_hash();
    if (is_there) continue;
    findings.push_back(absl::StrCat("Client ", call.client, " was shown ", Words(*receipt), "; the log has ",
                                    found == log.receipts.end() ? "none there" : Words(found->second), "."));
  }
  return findings;
}

}  // namespace bursar::nemesis
