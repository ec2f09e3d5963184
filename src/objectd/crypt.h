#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "objectd/fs.h"

struct evp_cipher_ctx_st;

namespace wardbook::objectd {

inline constexpr std::size_t kKeyBytes = 32;
inline constexpr std::size_t kTagBytes = 16;
inline constexpr std::size_t kNonceBytes = 12;

/// AES-256-GCM under one key. The caller sees to it that no nonce is used twice. For use by one
/// thread at a time.
class Aead {
 public:
  explicit Aead(std::string_view key);
  ~Aead();
  Aead(Aead&&) noexcept;
  Aead& operator=(Aead&&) noexcept;

  /// Appends ciphertext and tag to `out`.
  void seal(std::string_view nonce, std::string_view aad, std::string_view plain, std::string& out);
  /// Writes `sealed.size() - kTagBytes` bytes to `out`; false if anything is not as it was sealed,
  /// and then nothing in `out` may be used.
  [[nodiscard]] bool open(std::string_view nonce, std::string_view aad, std::string_view sealed,
                          char* out);

 private:
  struct Free {
    void operator()(evp_cipher_ctx_st* ctx) const;
  };
  std::unique_ptr<evp_cipher_ctx_st, Free> seal_;
  std::unique_ptr<evp_cipher_ctx_st, Free> open_;
  std::string key_;
};

/// The key that every object's own key is wrapped under, kept in `master.key` in the data folder.
/// Without it nothing can be read: backups must include it. Safe to use from several threads.
class MasterKey {
 public:
  static constexpr std::size_t kWrappedBytes = kNonceBytes + kKeyBytes + kTagBytes;

  /// Reads it, or makes it (0600, durable) where there is none and `may_create`. Throws
  /// std::runtime_error with one clear line if it is missing otherwise or ill-formed, and
  /// std::system_error.
  static MasterKey load(const fs::Path& path, bool may_create);
  explicit MasterKey(std::string_view secret);

  /// A random nonce each: good for 2^32 objects, by NIST SP 800-38D.
  [[nodiscard]] std::string wrap(std::string_view key, std::string_view bound_to) const;
  /// nullopt if it was not wrapped under this key, or for something else.
  [[nodiscard]] std::optional<std::string> unwrap(std::string_view wrapped,
                                                  std::string_view bound_to) const;
  /// 64 hex digits that say nothing about `key` to whoever lacks the master key.
  [[nodiscard]] std::string file_name(std::string_view key) const;
  /// The key of the journal with this id.
  [[nodiscard]] std::string journal_key(std::string_view id) const;
  /// Tells one master key from another without giving it away.
  [[nodiscard]] std::string fingerprint() const;

 private:
  std::string wrapping_;
  std::string naming_;
  std::string journal_;
  std::string identity_;
};

}  // namespace wardbook::objectd
