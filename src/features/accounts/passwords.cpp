#include <sodium.h>

#include <array>
#include <charconv>
#include <new>

#include "base/hash.h"
#include "features/accounts/accounts.h"

namespace wardbook::accounts {
namespace {

constexpr std::int64_t kLeastMemory_bytes = 8 * 1024;  // less is no Argon2 hash

std::string unpadded_base64(std::string_view bytes) {
  std::string out = to_base64(bytes);
  while (!out.empty() && out.back() == '=') out.pop_back();
  return out;
}

/// `name=123` of a hash's parameters; 0 without it.
std::int64_t parameter(std::string_view hash, std::string_view name) {
  const auto at = hash.find(name);
  if (at == std::string_view::npos) return 0;
  const auto digits = hash.substr(at + name.size());
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::int64_t wanted_work(const Settings::Auth& auth) {
  return auth.argon2_memory_bytes / 1024 * auth.argon2_passes;
}

}  // namespace

std::string hash_password(const Settings::Auth& auth, std::string_view password) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialised");
  const std::string normalized = normalized_password(password);
  std::array<char, crypto_pwhash_STRBYTES> out{};
  if (crypto_pwhash_str_alg(out.data(), normalized.data(), normalized.size(),
                            static_cast<unsigned long long>(auth.argon2_passes),
                            static_cast<std::size_t>(auth.argon2_memory_bytes),
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    throw std::bad_alloc();
  }
  return out.data();
}

bool password_matches(const std::string& hash, std::string_view password) {
  if (sodium_init() < 0 || hash.size() >= crypto_pwhash_STRBYTES) return false;
  const std::string normalized = normalized_password(password);
  return crypto_pwhash_str_verify(hash.c_str(), normalized.data(), normalized.size()) == 0;
}

std::string impossible_hash(const Settings::Auth& auth) {
  return "$argon2id$v=19$m=" + std::to_string(auth.argon2_memory_bytes / 1024) +
         ",t=" + std::to_string(auth.argon2_passes) + ",p=1$" + unpadded_base64(random_bytes(16)) +
         "$" + unpadded_base64(random_bytes(32));
}

std::int64_t work_of(std::string_view hash) {
  return parameter(hash, "$m=") * parameter(hash, ",t=");
}

Compared compare_at_sign_in(const Settings::Auth& auth, const std::string& hash,
                            std::string_view password) {
  Compared out;
  out.matches = password_matches(hash, password);
  const auto missing = wanted_work(auth) - work_of(hash);
  if (missing <= 0) return out;
  if (out.matches) {
    out.stronger = hash_password(auth, password);
    return out;
  }
  Settings::Auth rest = auth;
  rest.argon2_memory_bytes = missing / auth.argon2_passes * 1024;
  if (rest.argon2_memory_bytes >= kLeastMemory_bytes) (void)hash_password(rest, password);
  return out;
}

}  // namespace wardbook::accounts
