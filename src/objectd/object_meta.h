#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "objectd/checksums.h"

namespace wardbook::objectd {

/// A checksum that is kept with an object: base64, with `-N` for one over the parts' checksums.
struct StoredChecksum {
  ChecksumKind kind = ChecksumKind::crc32;
  std::string value;
  bool full_object = true;
};

/// One part of an object that came by multipart upload.
struct PartMeta {
  int number = 0;
  std::uint64_t size = 0;
  std::string etag;      ///< hex MD5
  std::string checksum;  ///< base64, of the upload's kind; empty: none
  std::string file_id;   ///< of the file that holds it, see ObjectFile::id
  Time modified;
};

/// Key and value, in the order in which they were given.
using Tags = std::vector<std::pair<std::string, std::string>>;

/// All that is known about an object but its bytes.
struct ObjectMeta {
  std::string bucket;
  std::string key;
  std::uint64_t size = 0;
  std::string etag;  ///< without quotes
  Time modified;
  /// Sent back with the object: content-type and its like, x-amz-meta-*, x-amz-storage-class; names
  /// in lower case.
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<StoredChecksum> checksum;
  std::uint64_t generation = 0;  ///< rises with every object published; 0: before there were any
  std::string version;           ///< its id; empty: the null version
  bool marker = false;           ///< says that the object was deleted, and is nothing else
  Tags tags;                     ///< as given when it was published
  std::string tags_of;           ///< not an object: the tags of the one in the file with this id
  std::string upload_id;         ///< multipart: where the parts lie
  std::vector<PartMeta> parts;   ///< ascending

  [[nodiscard]] std::string_view header(std::string_view name) const;
};

[[nodiscard]] std::string to_json(const ObjectMeta& meta);
/// nullopt for what `to_json` does not make.
[[nodiscard]] std::optional<ObjectMeta> meta_from_json(std::string_view text);

}  // namespace wardbook::objectd
