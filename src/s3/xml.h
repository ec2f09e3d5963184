#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// S3's XML documents, as far as the client reads and writes them. Every parser returns nullopt for
/// what is not the document it expects.
namespace wardbook::s3 {

struct ErrorDocument {
  std::string code;
  std::string message;
};
[[nodiscard]] std::optional<ErrorDocument> parse_error_xml(std::string_view xml);

struct ListedObject {
  std::string key;
  std::uint64_t size = 0;
  std::string etag;  ///< without quotes
  std::string last_modified;
  std::string storage_class;
};

struct ListPage {
  std::vector<ListedObject> objects;
  std::vector<std::string> common_prefixes;
  std::string next_token;  ///< empty: this was the last page
};
/// ListObjectsV2's answer, keys decoded if the store encoded them. A page that claims to be
/// truncated but gives no token is refused.
[[nodiscard]] std::optional<ListPage> parse_list_xml(std::string_view xml);

struct Part {
  int number = 0;
  std::string etag;  ///< without quotes
  std::uint64_t size = 0;
  std::string checksum_sha256{};  ///< base64; empty where the upload has no such checksums
};
struct PartPage {
  std::vector<Part> parts;
  std::optional<int> next_marker;  ///< absent: this was the last page
};
[[nodiscard]] std::optional<PartPage> parse_parts_xml(std::string_view xml);
/// UploadId of InitiateMultipartUploadResult.
[[nodiscard]] std::optional<std::string> parse_upload_id_xml(std::string_view xml);
/// ETag, without quotes, of CopyObjectResult or CompleteMultipartUploadResult.
[[nodiscard]] std::optional<std::string> parse_etag_xml(std::string_view xml);

struct StaleUpload {
  std::string key;
  std::string upload_id;
  std::string initiated;  ///< as the store writes it
};
struct UploadPage {
  std::vector<StaleUpload> uploads;
  std::string next_key_marker;  ///< both empty: this was the last page
  std::string next_upload_id_marker;
};
[[nodiscard]] std::optional<UploadPage> parse_uploads_xml(std::string_view xml);

/// One of an object's versions, or the mark of its deletion.
struct ListedVersion {
  std::string key;
  std::string version_id;
};
struct VersionPage {
  std::vector<ListedVersion> versions;
  std::string next_key_marker;  ///< both empty: this was the last page
  std::string next_version_id_marker;
};
[[nodiscard]] std::optional<VersionPage> parse_versions_xml(std::string_view xml);

[[nodiscard]] std::string complete_upload_xml(std::span<const Part> parts);
[[nodiscard]] std::string create_bucket_xml(std::string_view region);

}  // namespace wardbook::s3
