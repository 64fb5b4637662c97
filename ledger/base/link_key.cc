#include "ledger/base/link_key.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"

namespace bursar {
namespace {

constexpr size_t kSelectorSize = 16;
constexpr size_t kSecretSize = 32;
// base64url without padding.
constexpr size_t kSelectorText = 22;
constexpr size_t kSecretText = 43;

const unsigned char* Bytes(absl::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// nullopt unless the file holds exactly one key.
std::optional<std::array<unsigned char, 32>> ReadKey(int fd) {
  std::array<unsigned char, 33> buffer;
  size_t size = 0;
  while (size < buffer.size()) {
    const ssize_t got = read(fd, buffer.data() + size, buffer.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<size_t>(got);
  }
  std::array<unsigned char, 32> key;
  if (size != key.size()) return std::nullopt;
  std::copy_n(buffer.begin(), key.size(), key.begin());
  return key;
}

// Durable before it returns true.
bool WriteKey(int fd, const std::array<unsigned char, 32>& key) {
  return write(fd, key.data(), key.size()) == static_cast<ssize_t>(key.size()) && fsync(fd) == 0;
}

absl::Status FileError(const std::string& file) {
  return absl::ErrnoToStatus(errno, absl::StrCat("The key of mailed links, ", file));
}

// base64url has several spellings of the same bytes; only ours is taken.
std::optional<std::string> Unescape(absl::string_view text, size_t size) {
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(text, &bytes) || bytes.size() != size) return std::nullopt;
  std::string again;
  absl::WebSafeBase64Escape(bytes, &again);
  while (!again.empty() && again.back() == '=') again.pop_back();
  if (again != text) return std::nullopt;
  return bytes;
}

std::string Escape(absl::string_view bytes) {
  std::string text;
  absl::WebSafeBase64Escape(bytes, &text);
  while (!text.empty() && text.back() == '=') text.pop_back();
  return text;
}

}  // namespace

absl::StatusOr<LinkKey> LinkKey::LoadOrMake(const std::string& file) {
  int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd >= 0) {
    const auto key = ReadKey(fd);
    close(fd);
    if (!key.has_value()) return absl::DataLossError(absl::StrCat("The key of mailed links, ", file, ", is damaged."));
    LinkKey loaded;
    loaded.key_ = *key;
    return loaded;
  }
  if (errno != ENOENT) return FileError(file);

  // Written aside and renamed, so that a crash leaves no half a key behind.
  const LinkKey fresh = Fresh();
  const std::string aside = absl::StrCat(file, ".new");
  fd = open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return FileError(aside);
  const bool written = WriteKey(fd, fresh.key_);
  close(fd);
  if (!written || rename(aside.c_str(), file.c_str()) != 0) return FileError(file);
  return fresh;
}

LinkKey LinkKey::Fresh() {
  LinkKey key;
  BURSAR_CHECK(RAND_bytes(key.key_.data(), static_cast<int>(key.key_.size())) == 1);
  return key;
}

std::string LinkKey::MakeSelector() {
  std::string selector(kSelectorSize, '\0');
  BURSAR_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(selector.data()), kSelectorSize) == 1);
  return selector;
}

LinkKey LinkKey::Repeatable(absl::string_view seed) {
  LinkKey key;
  const std::string digest = Sha256(seed);
  std::copy(digest.begin(), digest.end(), key.key_.begin());
  key.made_ = std::make_shared<std::atomic<uint64_t>>(0);
  return key;
}

std::string LinkKey::NextSelector() const {
  if (made_ == nullptr) return MakeSelector();
  return Secret(absl::StrCat("selector ", ++*made_)).substr(0, kSelectorSize);
}

std::string LinkKey::Secret(absl::string_view selector) const {
  std::string secret(kSecretSize, '\0');
  unsigned int size = 0;
  BURSAR_CHECK(HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), Bytes(selector), selector.size(),
                    reinterpret_cast<unsigned char*>(secret.data()), &size) != nullptr);
  return secret;
}

std::string LinkKey::SecretHash(absl::string_view selector) const { return Sha256(Secret(selector)); }

std::string LinkKey::Token(absl::string_view selector) const {
  return absl::StrCat(Escape(selector), ".", Escape(Secret(selector)));
}

std::optional<LinkHalves> ParseLinkToken(absl::string_view token) {
  if (token.size() != kSelectorText + 1 + kSecretText || token[kSelectorText] != '.') return std::nullopt;
  auto selector = Unescape(token.substr(0, kSelectorText), kSelectorSize);
  const auto secret = Unescape(token.substr(kSelectorText + 1), kSecretSize);
  if (!selector.has_value() || !secret.has_value()) return std::nullopt;
  return LinkHalves{.selector = *std::move(selector), .secret_hash = Sha256(*secret)};
}

std::string Sha256(absl::string_view data) {
  std::string digest(kSecretSize, '\0');
  BURSAR_CHECK(EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
                          EVP_sha256(), nullptr) == 1);
  return digest;
}

}  // namespace bursar
