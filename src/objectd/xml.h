#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "objectd/checksums.h"
#include "objectd/store.h"
#include "s3/xml_reader.h"

namespace wardbook::objectd {

/// Writes a document of nested elements, escaping all text; what XML 1.0 cannot hold (control
/// characters) becomes a numeric reference, as S3 itself does.
class XmlWriter {
 public:
  static constexpr std::string_view kNamespace = s3::kXmlNamespace;

  XmlWriter();
  XmlWriter& open(std::string_view element, std::string_view xmlns = {});
  XmlWriter& close();
  XmlWriter& text(std::string_view element, std::string_view value);
  XmlWriter& number(std::string_view element, std::int64_t value);
  /// Closes what is open.
  [[nodiscard]] std::string str() &&;

 private:
  std::string out_;
  std::vector<std::string> open_;
};

/// The documents that clients send. Each parser knows the elements that it names; whatever else is
/// in the document, or twice in it, is refused: S3Error MalformedXML, or NotImplemented for what S3
/// itself knows. An element's text is all of its character data (s3/xml_reader.h).
inline constexpr std::size_t kMaxXmlBytes = 2 * 1024 * 1024;
inline constexpr std::size_t kMaxDeletes = 1000;
inline constexpr int kMaxParts = 10'000;

/// Delete: Quiet, Object (Key, ETag, Size, LastModifiedTime).
struct DeleteRequest {
  std::vector<Removal> removals;
  bool quiet = false;
};
[[nodiscard]] DeleteRequest parse_delete(std::string_view xml);

/// CompleteMultipartUpload: Part (PartNumber, ETag, at most one Checksum…).
struct CompletedPart {
  int number = 0;
  std::string etag;  ///< without quotes
  std::optional<ChecksumKind> checksum_kind;
  std::string checksum;  ///< base64
};
/// Part numbers are 1 to 10000 and ascend (else InvalidPartOrder).
[[nodiscard]] std::vector<CompletedPart> parse_complete(std::string_view xml);

/// The region that a CreateBucketConfiguration asks for (LocationConstraint); nullopt if it names
/// none.
[[nodiscard]] std::optional<std::string> parse_create_bucket(std::string_view xml);

}  // namespace wardbook::objectd
