// The key of the links that are mailed: a link's secret half is a keyed function of its public half, so that the log
// needs to hold neither and a mail can be rendered again.
//
// A link's token reads base64url(selector) "." base64url(secret), without padding.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace bursar {

// Thread-safe.
class LinkKey {
 public:
  // Reads `file`, or makes it (readable by its owner only) with a fresh key where it is missing.
  static absl::StatusOr<LinkKey> LoadOrMake(const std::string& file);
  // A key for tests and for ledgers that live in memory only.
  static LinkKey Fresh();

  // A key that follows from `seed`, as do the selectors that it makes, so that a simulation can be run again. Never for
  // links that are mailed.
  static LinkKey Repeatable(absl::string_view seed);

  // A new random selector, 16 bytes.
  static std::string MakeSelector();
  // The same, or the next one of a repeatable key and of its copies.
  std::string NextSelector() const;

  // HMAC-SHA256 of the selector, 32 bytes.
  std::string Secret(absl::string_view selector) const;
  // SHA-256 of the secret, 32 bytes: what the log keeps.
  std::string SecretHash(absl::string_view selector) const;
  // What the mailed link carries.
  std::string Token(absl::string_view selector) const;

 private:
  std::array<unsigned char, 32> key_ = {};
  // How many selectors a repeatable key has made; null for all others.
  std::shared_ptr<std::atomic<uint64_t>> made_;
};

// The two halves of a token, as raw bytes.
struct LinkHalves {
  std::string selector;     // 16 bytes
  std::string secret_hash;  // SHA-256 of the secret that was shown, 32 bytes
};

// nullopt unless `token` has the form that LinkKey::Token gives.
std::optional<LinkHalves> ParseLinkToken(absl::string_view token);

// SHA-256, 32 raw bytes.
std::string Sha256(absl::string_view data);

}  // namespace bursar
