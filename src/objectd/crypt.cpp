#include "objectd/crypt.h"

#include <openssl/evp.h>

#include <stdexcept>

#include "base/hash.h"

namespace wardbook::objectd {
namespace {

constexpr std::string_view kKeyFileStart = "wardbook-master-key-1 ";

const EVP_CIPHER* aes_256_gcm() {
  // Fetched once: a lookup by name at every object would cost as much as sealing a small one.
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  if (cipher == nullptr) throw std::runtime_error("OpenSSL has no AES-256-GCM");
  return cipher;
}

void demand(int result) {
  if (result != 1) throw std::runtime_error("AES-256-GCM failed");
}

std::string derived(std::string_view secret, std::string_view purpose) {
  return std::string(as_chars(hmac_sha256(secret, purpose)));
}

}  // namespace

void Aead::Free::operator()(evp_cipher_ctx_st* ctx) const {
  EVP_CIPHER_CTX_free(ctx);
}

Aead::Aead(std::string_view key) : key_(key) {
  if (key.size() != kKeyBytes) throw std::logic_error("an AES-256 key has 32 bytes");
}
Aead::~Aead() = default;
Aead::Aead(Aead&&) noexcept = default;
Aead& Aead::operator=(Aead&&) noexcept = default;

void Aead::seal(std::string_view nonce, std::string_view aad, std::string_view plain,
                std::string& out) {
  if (!seal_) {
    seal_.reset(EVP_CIPHER_CTX_new());
    demand(
        EVP_EncryptInit_ex2(seal_.get(), aes_256_gcm(), as_bytes(key_).data(), nullptr, nullptr));
  }
  auto* ctx = seal_.get();
  int length = 0;
  demand(EVP_EncryptInit_ex2(ctx, nullptr, nullptr, as_bytes(nonce).data(), nullptr));
  demand(
      EVP_EncryptUpdate(ctx, nullptr, &length, as_bytes(aad).data(), static_cast<int>(aad.size())));
  const auto at = out.size();
  out.resize(at + plain.size() + kTagBytes);
  auto* to = reinterpret_cast<unsigned char*>(out.data() + at);
  if (!plain.empty()) {
    demand(EVP_EncryptUpdate(ctx, to, &length, as_bytes(plain).data(),
                             static_cast<int>(plain.size())));
  }
  demand(EVP_EncryptFinal_ex(ctx, to + plain.size(), &length));
  demand(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, kTagBytes, to + plain.size()));
}

bool Aead::open(std::string_view nonce, std::string_view aad, std::string_view sealed, char* out) {
  if (sealed.size() < kTagBytes) return false;
  if (!open_) {
    open_.reset(EVP_CIPHER_CTX_new());
    demand(
        EVP_DecryptInit_ex2(open_.get(), aes_256_gcm(), as_bytes(key_).data(), nullptr, nullptr));
  }
  auto* ctx = open_.get();
  const auto text = sealed.substr(0, sealed.size() - kTagBytes);
  std::string tag(sealed.substr(text.size()));
  int length = 0;
  demand(EVP_DecryptInit_ex2(ctx, nullptr, nullptr, as_bytes(nonce).data(), nullptr));
  demand(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()));
  demand(
      EVP_DecryptUpdate(ctx, nullptr, &length, as_bytes(aad).data(), static_cast<int>(aad.size())));
  auto* to = reinterpret_cast<unsigned char*>(out);
  if (!text.empty()) {
    demand(
        EVP_DecryptUpdate(ctx, to, &length, as_bytes(text).data(), static_cast<int>(text.size())));
  }
  unsigned char none[kTagBytes];
  return EVP_DecryptFinal_ex(ctx, none, &length) == 1;
}

MasterKey::MasterKey(std::string_view secret)
    : wrapping_(derived(secret, "wardbook object store: wrap")),
      naming_(derived(secret, "wardbook object store: name")),
      journal_(derived(secret, "wardbook object store: journal")),
      identity_(derived(secret, "wardbook object store: identity")) {
  if (secret.size() != kKeyBytes) throw std::logic_error("a master key has 32 bytes");
}

MasterKey MasterKey::load(const fs::Path& path, bool may_create) {
  auto text = fs::read_file(path, 1024);
  if (!text) {
    if (!may_create) {
      throw std::runtime_error(path.string() +
                               ": missing, but there are objects that only it can decrypt; restore "
                               "it from the backup");
    }
    text = std::string(kKeyFileStart) + to_hex(random_bytes(kKeyBytes)) + "\n";
    fs::write_file_durably(path, *text);
  }
  std::string_view line = *text;
  if (line.ends_with('\n')) line.remove_suffix(1);
  std::optional<std::string> secret;
  if (line.starts_with(kKeyFileStart)) secret = from_hex(line.substr(kKeyFileStart.size()));
  if (!secret || secret->size() != kKeyBytes) {
    throw std::runtime_error(path.string() + ": not a master key");
  }
  return MasterKey(*secret);
}

std::string MasterKey::wrap(std::string_view key, std::string_view bound_to) const {
  auto out = random_bytes(kNonceBytes);
  const std::string nonce = out;
  Aead(wrapping_).seal(nonce, bound_to, key, out);
  return out;
}

std::optional<std::string> MasterKey::unwrap(std::string_view wrapped,
                                             std::string_view bound_to) const {
  if (wrapped.size() != kWrappedBytes) return std::nullopt;
  std::string key(kKeyBytes, '\0');
  const auto nonce = wrapped.substr(0, kNonceBytes);
  if (!Aead(wrapping_).open(nonce, bound_to, wrapped.substr(kNonceBytes), key.data())) {
    return std::nullopt;
  }
  return key;
}

std::string MasterKey::file_name(std::string_view key) const {
  return to_hex(hmac_sha256(naming_, key));
}

std::string MasterKey::journal_key(std::string_view id) const {
  return derived(journal_, id);
}

std::string MasterKey::fingerprint() const {
  return to_hex(as_bytes(identity_)).substr(0, 32);
}

}  // namespace wardbook::objectd
