#pragma once

// Inside of the slice: a file's bytes on their way out.

#include <optional>
#include <string>

#include "base/gzip.h"
#include "base/hash.h"
#include "features/app.h"
#include "features/attachments/attachments.h"
#include "features/attachments/blocks.h"
#include "features/attachments/verify.h"
#include "s3/client.h"

namespace wardbook::attachments {

constexpr const char* kAltered = "the store's object is not the one that was verified";
constexpr const char* kLost = "the store has no object of this file any more";

/// 409 attachment_altered or attachment_lost, for what a store answers to a request that names the
/// verified object.
[[nodiscard]] Failure altered_or(const s3::S3Failure& failure);

/// Some bytes of a file, unpacked, block by block. None is given out before its block was held
/// against the digest that is kept of it, and the last one of a whole file not before the file was
/// held against its own. Of a packed file no more is read than the blocks that are wanted, where it
/// is known where they begin.
class Outgoing {
 public:
  /// The bytes from `first` to `last`. Fails with attachment_altered, store_unavailable, archived.
  [[nodiscard]] static Task<Outgoing> open(db::Pool& db, s3::Store& store, TenantId tenant,
                                           Attachment attachment, std::uint64_t first,
                                           std::uint64_t last);
  /// The next bytes, at least one; none at the end. Fails with attachment_altered,
  /// store_unavailable.
  [[nodiscard]] Task<std::string> next();
  /// Gives the connection up while whoever the bytes are for does not take them.
  void release() { object_.release(); }

 private:
  explicit Outgoing(s3::ObjectStream object) : object_(std::move(object)) {}
  Task<bool> read_more();
  Task<std::string> next_block();

  s3::ObjectStream object_;
  Blocks blocks_;  ///< from the one that holds first_
  std::string sha256_;
  std::optional<GzipDecoder> decoder_;
  std::optional<Hasher> whole_;  ///< of a file that is read from end to end
  std::uint64_t size_ = 0, first_ = 0, last_ = 0;
  std::uint64_t at_ = 0;  ///< where the next block begins
  std::size_t block_ = 0;
  std::string buffer_ = std::string(kReadBytes, '\0');
  std::string_view read_;  ///< of buffer_: not unpacked yet
  std::string unpacked_;
};

}  // namespace wardbook::attachments
