#include "ledger/projections/request_index.h"

#include <openssl/evp.h>

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/big_endian.h"
#include "ledger/base/check.h"
#include "ledger/base/planted.h"

namespace bursar {

RequestKey RequestKey::Of(absl::string_view principal, absl::string_view request_id) {
  // No principal holds a zero byte, so no two pairs give the same text.
  if (BURSAR_PLANTED(request_key_without_caller)) principal = "";
  const std::string text = absl::StrCat(principal, absl::string_view("\0", 1), request_id);
  std::array<unsigned char, 32> digest;
  unsigned int size = 0;
  BURSAR_CHECK(EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1 &&
               size == digest.size());
  const absl::string_view bytes(reinterpret_cast<const char*>(digest.data()), digest.size());
  return {.high = FromBigEndian(bytes), .low = FromBigEndian(bytes.substr(kBigEndianSize))};
}

std::string RequestKey::bytes() const { return BigEndian(high) + BigEndian(low); }

void RequestIndex::Apply(const storage::v1::Entry& entry, Batch& batch) {
  if (entry.request_id().empty()) return;
  const RequestKey key = RequestKey::Of(entry.principal(), entry.request_id());
  batch.Put(Table::kRequests, key.bytes(), absl::StrCat(BigEndian(entry.position()), entry.fingerprint()));
}

absl::StatusOr<std::optional<AnsweredRequest>> RequestIndex::Find(const RequestKey& key) const {
  const absl::StatusOr<std::optional<std::string>> row = store_.Get(Table::kRequests, key.bytes());
  if (!row.ok()) return row.status();
  if (!*row) return std::optional<AnsweredRequest>();
  const std::string& value = **row;
  if (value.size() < kBigEndianSize) return absl::DataLossError("A row of the request index is too short.");
  return std::optional<AnsweredRequest>(
      {.position = FromBigEndian(value), .fingerprint = value.substr(kBigEndianSize)});
}

}  // namespace bursar
