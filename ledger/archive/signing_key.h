// Ed25519 keys in the files that OpenSSL keeps them in (PEM).
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct evp_pkey_st;

namespace bursar {

class SigningKey {
 public:
  static SigningKey Fresh();
  // INVALID_ARGUMENT where the text is no such key.
  static absl::StatusOr<SigningKey> Read(absl::string_view private_pem);

  std::string PrivatePem() const;
  std::string PublicPem() const;
  // 64 raw bytes.
  std::string Sign(absl::string_view message) const;

 private:
  explicit SigningKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  std::shared_ptr<evp_pkey_st> key_;
};

class VerifyingKey {
 public:
  static absl::StatusOr<VerifyingKey> Read(absl::string_view public_pem);

  bool HasSigned(absl::string_view message, absl::string_view signature) const;

 private:
  explicit VerifyingKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace bursar
