#pragma once

// Inside of the slice: an object of a length that nobody knows yet.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "s3/client.h"

namespace wardbook::attachments {

/// Writes an object whose bytes are made piece by piece: with one PUT when they are few, else in
/// parts. Holds one part in memory, and no connection while it waits for more.
class PartSink {
 public:
  PartSink(s3::Store& store, std::string key, s3::PutOptions options)
      : store_(store), key_(std::move(key)), options_(std::move(options)) {}

  /// Fails as store_failure.
  [[nodiscard]] Task<> write(std::string bytes);
  /// The object is there afterwards. Fails as store_failure.
  [[nodiscard]] Task<> finish();
  /// Nothing is left at the store, if it answers.
  [[nodiscard]] Task<> abandon();

  // After finish().
  [[nodiscard]] std::int64_t size() const noexcept { return size_; }
  [[nodiscard]] const std::string& sha256() const noexcept { return sha256_; }  ///< hex
  [[nodiscard]] const std::string& etag() const noexcept { return etag_; }
  /// Whether the ETag says that the store has exactly these bytes. Otherwise nothing is known: it
  /// depends on the store's encryption.
  [[nodiscard]] bool is_certain() const noexcept { return etag_ == expected_etag_; }

 private:
  Task<> send_part(std::string part);
  Task<> find_etag();

  s3::Store& store_;
  std::string key_;
  s3::PutOptions options_;
  std::string pending_;
  std::optional<std::string> upload_id_;
  std::vector<s3::Part> parts_;
  std::string part_digests_;
  Hasher hash_;
  std::int64_t size_ = 0;
  std::string sha256_;
  std::string etag_;
  std::string expected_etag_;
};

}  // namespace wardbook::attachments
