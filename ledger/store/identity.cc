#include "ledger/store/identity.h"

#include <openssl/rand.h>

#include <array>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "ledger/base/check.h"
#include "ledger/base/crc32c.h"

namespace bursar {
namespace {

constexpr size_t kIdBytes = 16;

bool IsId(absl::string_view id) {
  return id.size() == 2 * kIdBytes && id.find_first_not_of("0123456789abcdef") == absl::string_view::npos;
}

// "format: 1" -> 1
template <class Number>
bool Take(absl::string_view line, absl::string_view name, Number* number) {
  return absl::ConsumePrefix(&line, absl::StrCat(name, ": ")) && absl::SimpleAtoi(line, number);
}

std::string WithoutChecksum(const StoreIdentity& identity) {
  return absl::StrCat("This folder is a store of Bursar. Change nothing in it.\nid: ", identity.id,
                      "\nformat: ", identity.format, "\nepoch: ", identity.epoch, "\n");
}

}  // namespace

StoreIdentity FreshIdentity() {
  std::array<unsigned char, kIdBytes> bytes;
  BURSAR_CHECK(RAND_bytes(bytes.data(), bytes.size()) == 1);
  return {.id = absl::BytesToHexString({reinterpret_cast<const char*>(bytes.data()), bytes.size()})};
}

std::string Written(const StoreIdentity& identity) {
  const std::string text = WithoutChecksum(identity);
  return absl::StrCat(text, "checksum: ", absl::Hex(Crc32c(text), absl::kZeroPad8), "\n");
}

absl::StatusOr<StoreIdentity> ReadIdentity(absl::string_view text) {
  const absl::Status damaged = absl::DataLossError("The file that says which store this is, `store`, is damaged.");
  const size_t at = text.find("checksum: ");
  if (at == absl::string_view::npos ||
      text.substr(at) != absl::StrCat("checksum: ", absl::Hex(Crc32c(text.substr(0, at)), absl::kZeroPad8), "\n")) {
    return damaged;
  }
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  StoreIdentity identity;
  if (lines.size() < 3 || !Take(lines[2], "format", &identity.format)) return damaged;
  if (identity.format > kStoreFormat) {
    return absl::FailedPreconditionError(
        absl::StrCat("The store was written by a newer version of Bursar: its format is ", identity.format,
                     ", this version knows formats up to ", kStoreFormat, "."));
  }
  absl::string_view id = lines[1];
  if (!absl::ConsumePrefix(&id, "id: ") || !IsId(id) || lines.size() < 4 || !Take(lines[3], "epoch", &identity.epoch)) {
    return damaged;
  }
  identity.id = std::string(id);
  return identity;
}

}  // namespace bursar
