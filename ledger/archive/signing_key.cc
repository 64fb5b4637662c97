#include "ledger/archive/signing_key.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "ledger/base/check.h"

namespace bursar {
namespace {

constexpr size_t kSignatureSize = 64;

using Key = std::shared_ptr<EVP_PKEY>;
using Memory = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

Key Own(EVP_PKEY* key) { return {key, EVP_PKEY_free}; }

Memory Holding(absl::string_view text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

std::string TextIn(BIO* memory) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory, &text);
  return std::string(text, static_cast<size_t>(size));
}

bool IsEd25519(const Key& key) { return key != nullptr && EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_ED25519; }

const unsigned char* Bytes(absl::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// Nobody is asked for a password.
int NoPassword(char* /*to*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

}  // namespace

SigningKey SigningKey::Fresh() {
  Key key = Own(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  BURSAR_CHECK(key != nullptr);
  return SigningKey(std::move(key));
}

absl::StatusOr<SigningKey> SigningKey::Read(absl::string_view private_pem) {
  Key key = Own(PEM_read_bio_PrivateKey(Holding(private_pem).get(), nullptr, NoPassword, nullptr));
  if (!IsEd25519(key)) return absl::InvalidArgumentError("it holds no private Ed25519 key in PEM");
  return SigningKey(std::move(key));
}

std::string SigningKey::PrivatePem() const {
  const Memory memory(BIO_new(BIO_s_mem()), BIO_free);
  BURSAR_CHECK(PEM_write_bio_PrivateKey(memory.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return TextIn(memory.get());
}

std::string SigningKey::PublicPem() const {
  const Memory memory(BIO_new(BIO_s_mem()), BIO_free);
  BURSAR_CHECK(PEM_write_bio_PUBKEY(memory.get(), key_.get()) == 1);
  return TextIn(memory.get());
}

std::string SigningKey::Sign(absl::string_view message) const {
  const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::string signature(kSignatureSize, '\0');
  size_t size = signature.size();
  BURSAR_CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
               EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, Bytes(message),
                              message.size()) == 1 &&
               size == signature.size());
  return signature;
}

absl::StatusOr<VerifyingKey> VerifyingKey::Read(absl::string_view public_pem) {
  Key key = Own(PEM_read_bio_PUBKEY(Holding(public_pem).get(), nullptr, NoPassword, nullptr));
  if (!IsEd25519(key)) return absl::InvalidArgumentError("it holds no public Ed25519 key in PEM");
  return VerifyingKey(std::move(key));
}

bool VerifyingKey::HasSigned(absl::string_view message, absl::string_view signature) const {
  const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  BURSAR_CHECK(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1);
  return EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(message), message.size()) == 1;
}

}  // namespace bursar
