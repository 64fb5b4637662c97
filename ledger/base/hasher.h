// SHA-256 of what comes in pieces.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <memory>

#include "absl/strings/string_view.h"
#include "ledger/base/check.h"

namespace bursar {

class Hasher {
 public:
  // As raw bytes.
  using Value = std::array<unsigned char, 32>;

  Hasher() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    BURSAR_CHECK(context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }

  void Add(absl::string_view bytes) { BURSAR_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1); }

  // Of everything that was added; nothing can be added afterwards.
  Value Take() {
    Value value;
    BURSAR_CHECK(EVP_DigestFinal_ex(context_.get(), value.data(), nullptr) == 1);
    return value;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

// For putting it beside other bytes; as long as it lives.
inline absl::string_view BytesOf(const Hasher::Value& value) {
  return absl::string_view(reinterpret_cast<const char*>(value.data()), value.size());
}

}  // namespace bursar
