#include "base/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <sodium.h>
#include <zlib.h>

#include <array>
#include <stdexcept>

namespace wardbook {
namespace {

struct MdDeleter {
  void operator()(EVP_MD_CTX* ctx) const { EVP_MD_CTX_free(ctx); }
};

std::string encode(std::string_view bytes, int variant) {
  std::string out(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(out.data(), out.size(), as_bytes(bytes).data(), bytes.size(), variant);
  out.pop_back();  // the terminating zero that libsodium counts
  return out;
}

std::optional<std::string> decode(std::string_view text, int variant) {
  std::string out(text.size(), '\0');
  std::size_t length = 0;
  const char* end = nullptr;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(),
                        text.size(), nullptr, &length, &end, variant) != 0 ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  out.resize(length);
  return out;
}

}  // namespace

Sha256 sha256(std::string_view data) {
  Sha256 out;
  SHA256(as_bytes(data).data(), data.size(), out.data());
  return out;
}

Sha256 hmac_sha256(std::string_view key, std::string_view data) {
  Sha256 out;
  unsigned int length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), as_bytes(data).data(), data.size(),
       out.data(), &length);
  return out;
}

struct Hasher::Impl {
  Kind kind;
  std::unique_ptr<EVP_MD_CTX, MdDeleter> md;
  std::uint32_t crc = 0;
};

Hasher::Hasher(Kind kind) : impl_(std::make_unique<Impl>()) {
  impl_->kind = kind;
  if (kind == Kind::crc32) return;
  const EVP_MD* digest = kind == Kind::sha256 ? EVP_sha256()
                         : kind == Kind::md5  ? EVP_md5()
                                              : EVP_sha1();
  impl_->md.reset(EVP_MD_CTX_new());
  if (!impl_->md || EVP_DigestInit_ex(impl_->md.get(), digest, nullptr) != 1) {
    throw std::runtime_error("OpenSSL cannot start a digest");
  }
}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::update(std::string_view data) {
  if (impl_->kind == Kind::crc32) {
    impl_->crc =
        static_cast<std::uint32_t>(crc32_z(impl_->crc, as_bytes(data).data(), data.size()));
  } else {
    EVP_DigestUpdate(impl_->md.get(), data.data(), data.size());
  }
}

std::string Hasher::finish() {
  if (impl_->kind == Kind::crc32) {
    std::string out(4, '\0');
    for (int i = 0; i < 4; ++i) {
      out[static_cast<std::size_t>(i)] = static_cast<char>(impl_->crc >> (24 - 8 * i) & 0xff);
    }
    return out;
  }
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned int length = 0;
  EVP_DigestFinal_ex(impl_->md.get(), reinterpret_cast<unsigned char*>(out.data()), &length);
  out.resize(length);
  return out;
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const auto b : bytes) {
    out += kDigits[b >> 4];
    out += kDigits[b & 15];
  }
  return out;
}

std::optional<std::string> from_hex(std::string_view text) {
  static constexpr auto kValues = [] {
    std::array<std::int8_t, 256> out{};
    out.fill(-1);
    for (int i = 0; i < 10; ++i)
      out[static_cast<std::size_t>('0' + i)] = static_cast<std::int8_t>(i);
    for (int i = 10; i < 16; ++i) {
      out[static_cast<std::size_t>('a' + i - 10)] = static_cast<std::int8_t>(i);
      out[static_cast<std::size_t>('A' + i - 10)] = static_cast<std::int8_t>(i);
    }
    return out;
  }();
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out(text.size() / 2, '\0');
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = kValues[static_cast<unsigned char>(text[2 * i])];
    const int low = kValues[static_cast<unsigned char>(text[2 * i + 1])];
    if (high < 0 || low < 0) return std::nullopt;
    out[i] = static_cast<char>(high * 16 + low);
  }
  return out;
}

std::string to_base64(std::string_view bytes) {
  return encode(bytes, sodium_base64_VARIANT_ORIGINAL);
}
std::optional<std::string> from_base64(std::string_view text) {
  return decode(text, sodium_base64_VARIANT_ORIGINAL);
}
std::string to_base64url(std::string_view bytes) {
  return encode(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
std::optional<std::string> from_base64url(std::string_view text) {
  return decode(text, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool constant_time_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  randombytes_buf(out.data(), out.size());
  return out;
}

}  // namespace wardbook
