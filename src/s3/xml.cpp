#include "s3/xml.h"

#include <algorithm>
#include <initializer_list>

#include "base/text.h"
#include "net/message.h"
#include "s3/xml_reader.h"

namespace wardbook::s3 {
namespace {

/// An answer, as far as it is asked for. An element that we do not know is passed over, since an
/// answer asks nothing of us; one that we read must be there once and hold nothing but text. If
/// anything is otherwise, `sound` is false in the end and the whole answer counts for nothing.
class Answer {
 public:
  static constexpr std::size_t kMaxBytes = 64 * 1024 * 1024;

  Answer(std::string_view xml, std::initializer_list<std::string_view> roots) {
    root_ = read_xml(xml, {.bytes = kMaxBytes, .elements = 1'000'000});
    sound_ = root_ && std::ranges::find(roots, root_->name) != roots.end();
    if (!sound_) root_.emplace();
  }

  [[nodiscard]] bool sound() const noexcept { return sound_; }
  [[nodiscard]] const XmlElement& root() const { return *root_; }

  /// Empty if it is not there.
  std::string text(const XmlElement& parent, std::string_view name) {
    const XmlElement* found = nullptr;
    for (const auto& child : parent.children) {
      if (child.name != name) continue;
      if (found != nullptr || !child.children.empty()) sound_ = false;
      found = &child;
    }
    return found == nullptr ? std::string() : found->text;
  }

  template <class Number>
  Number number(const XmlElement& parent, std::string_view name) {
    const auto written = text(parent, name);
    const auto value = parse_number<Number>(written);
    if (!value) sound_ = false;
    return value.value_or(Number{});
  }

  /// Text as it is, or URL-encoded in the way of forms: AWS writes a space as '+'.
  std::string key(const XmlElement& parent, std::string_view name, bool encoded) {
    auto written = text(parent, name);
    if (encoded) {
      std::ranges::replace(written, '+', ' ');
      auto decoded = net::percent_decode(written);
      if (!decoded) sound_ = false;
      written = decoded ? std::move(*decoded) : std::string();
    }
    if (written.empty()) sound_ = false;
    return written;
  }

  bool is_true(std::string_view name) { return text(root(), name) == "true"; }
  bool encoded() { return text(root(), "EncodingType") == "url"; }

 private:
  std::optional<XmlElement> root_;
  bool sound_ = false;
};

std::string element(std::string_view name, std::string_view text) {
  std::string out;
  out.append("<").append(name).append(">").append(xml_escaped(text));
  return out.append("</").append(name).append(">");
}

std::string document(std::string_view root, std::string_view inside) {
  std::string out;
  out.append("<").append(root).append(" xmlns=\"").append(kXmlNamespace).append("\">");
  return out.append(inside).append("</").append(root).append(">");
}

}  // namespace

std::optional<ErrorDocument> parse_error_xml(std::string_view xml) {
  Answer answer(xml, {"Error"});
  ErrorDocument out{answer.text(answer.root(), "Code"), answer.text(answer.root(), "Message")};
  if (!answer.sound()) return std::nullopt;
  return out;
}

std::optional<ListPage> parse_list_xml(std::string_view xml) {
  Answer answer(xml, {"ListBucketResult"});
  const bool encoded = answer.encoded();
  ListPage page;
  for (const auto& node : answer.root().children) {
    if (node.name == "Contents") {
      ListedObject object;
      object.key = answer.key(node, "Key", encoded);
      object.size = answer.number<std::uint64_t>(node, "Size");
      object.etag = unquoted(answer.text(node, "ETag"));
      object.last_modified = answer.text(node, "LastModified");
      object.storage_class = answer.text(node, "StorageClass");
      page.objects.push_back(std::move(object));
    } else if (node.name == "CommonPrefixes") {
      page.common_prefixes.push_back(answer.key(node, "Prefix", encoded));
    }
  }
  if (answer.is_true("IsTruncated")) {
    page.next_token = answer.text(answer.root(), "NextContinuationToken");
    if (page.next_token.empty()) return std::nullopt;
  }
  if (!answer.sound()) return std::nullopt;
  return page;
}

std::optional<PartPage> parse_parts_xml(std::string_view xml) {
  Answer answer(xml, {"ListPartsResult"});
  PartPage page;
  for (const auto& node : answer.root().children) {
    if (node.name != "Part") continue;
    Part part;
    part.number = answer.number<int>(node, "PartNumber");
    part.etag = unquoted(answer.text(node, "ETag"));
    part.size = answer.number<std::uint64_t>(node, "Size");
    part.checksum_sha256 = answer.text(node, "ChecksumSHA256");
    page.parts.push_back(std::move(part));
  }
  if (answer.is_true("IsTruncated")) {
    page.next_marker = answer.number<int>(answer.root(), "NextPartNumberMarker");
  }
  if (!answer.sound()) return std::nullopt;
  return page;
}

std::optional<std::string> parse_upload_id_xml(std::string_view xml) {
  Answer answer(xml, {"InitiateMultipartUploadResult"});
  auto id = answer.text(answer.root(), "UploadId");
  if (!answer.sound() || id.empty()) return std::nullopt;
  return id;
}

std::optional<std::string> parse_etag_xml(std::string_view xml) {
  Answer answer(xml, {"CopyObjectResult", "CompleteMultipartUploadResult"});
  std::string etag(unquoted(answer.text(answer.root(), "ETag")));
  if (!answer.sound()) return std::nullopt;
  return etag;
}

std::optional<UploadPage> parse_uploads_xml(std::string_view xml) {
  Answer answer(xml, {"ListMultipartUploadsResult"});
  const bool encoded = answer.encoded();
  UploadPage page;
  for (const auto& node : answer.root().children) {
    if (node.name != "Upload") continue;
    StaleUpload upload;
    upload.key = answer.key(node, "Key", encoded);
    upload.upload_id = answer.text(node, "UploadId");
    upload.initiated = answer.text(node, "Initiated");
    if (upload.upload_id.empty()) return std::nullopt;
    page.uploads.push_back(std::move(upload));
  }
  if (answer.is_true("IsTruncated")) {
    page.next_key_marker = answer.key(answer.root(), "NextKeyMarker", encoded);
    page.next_upload_id_marker = answer.text(answer.root(), "NextUploadIdMarker");
  }
  if (!answer.sound()) return std::nullopt;
  return page;
}

std::optional<VersionPage> parse_versions_xml(std::string_view xml) {
  // Ceph names the document otherwise.
  Answer answer(xml, {"ListVersionsResult", "ListObjectVersionsResult"});
  const bool encoded = answer.encoded();
  VersionPage page;
  for (const auto& node : answer.root().children) {
    if (node.name != "Version" && node.name != "DeleteMarker") continue;
    ListedVersion version;
    version.key = answer.key(node, "Key", encoded);
    version.version_id = answer.text(node, "VersionId");
    if (version.version_id.empty()) version.version_id = "null";
    page.versions.push_back(std::move(version));
  }
  if (answer.is_true("IsTruncated")) {
    page.next_key_marker = answer.key(answer.root(), "NextKeyMarker", encoded);
    page.next_version_id_marker = answer.text(answer.root(), "NextVersionIdMarker");
    if (page.next_key_marker.empty()) return std::nullopt;
  }
  if (!answer.sound()) return std::nullopt;
  return page;
}

std::string complete_upload_xml(std::span<const Part> parts) {
  std::string inside;
  for (const auto& part : parts) {
    inside += "<Part>" + element("PartNumber", std::to_string(part.number)) +
              element("ETag", "\"" + part.etag + "\"");
    if (!part.checksum_sha256.empty()) inside += element("ChecksumSHA256", part.checksum_sha256);
    inside += "</Part>";
  }
  return document("CompleteMultipartUpload", inside);
}

std::string create_bucket_xml(std::string_view region) {
  return document("CreateBucketConfiguration", element("LocationConstraint", region));
}

}  // namespace wardbook::s3
