#include <sodium.h>

#include <array>
#include <cctype>
#include <new>

#include "base/hash.h"
#include "features/accounts/accounts.h"

namespace wardbook::accounts {
namespace {

std::string unpadded_base64(std::string_view bytes) {
  std::string out = to_base64(bytes);
  while (!out.empty() && out.back() == '=') out.pop_back();
  return out;
}

/// Addresses are compared without case, as the accounts' are, and not kept.
std::string address_key(std::string_view email) {
  std::string lower(email);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::string(as_chars(sha256(lower)));
}

}  // namespace

std::optional<Time> UnknownAddresses::locked_until(std::string_view email, Time now) const {
  const auto found = by_key_.find(address_key(email));
  if (found == by_key_.end() || !found->second->locked_until) return std::nullopt;
  return *found->second->locked_until > now ? found->second->locked_until : std::nullopt;
}

void UnknownAddresses::count(std::string_view email, Time now, int most,
                             std::chrono::seconds lock_duration) {
  const std::string key = address_key(email);
  if (const auto found = by_key_.find(key); found != by_key_.end()) {
    tallies_.splice(tallies_.begin(), tallies_, found->second);
  } else {
    if (tallies_.size() >= bound_) {
      by_key_.erase(tallies_.back().key);
      tallies_.pop_back();
    }
    tallies_.push_front({key, 0, std::nullopt});
    by_key_.emplace(key, tallies_.begin());
  }
  Tally& tally = tallies_.front();
  if (tally.locked_until) {
    if (*tally.locked_until > now) return;
    tally = {key, 0, std::nullopt};
  }
  if (++tally.failures >= most) tally.locked_until = now + lock_duration;
}

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

HashQueue::Place::Place(HashQueue& queue) : taken_(queue.taken_) {
  if (*taken_ >= queue.bound_) {
    Failure failure(Code::overloaded, "Too many sign-ins at once.");
    failure.retry_after(2);
    throw failure;
  }
  ++*taken_;
}

}  // namespace wardbook::accounts
