#include "s3/xml.h"

#include <charconv>
#include <pugixml.hpp>

#include "net/message.h"

namespace wardbook::s3 {
namespace {

/// The document's root if it has that name. pugixml neither fetches nor expands entities of the
/// document's own, and parses without recursion.
std::optional<pugi::xml_node> root_of(pugi::xml_document& document, std::string_view xml,
                                      std::string_view name) {
  // Keys may consist of spaces, or begin with them.
  constexpr unsigned kOptions = pugi::parse_default | pugi::parse_ws_pcdata_single;
  if (!document.load_buffer(xml.data(), xml.size(), kOptions, pugi::encoding_utf8)) {
    return std::nullopt;
  }
  const auto root = document.document_element();
  if (name != root.name()) return std::nullopt;
  return root;
}

template <class Number>
std::optional<Number> number_of(const pugi::xml_node& node) {
  const std::string_view text = node.text().get();
  Number value{};
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return value;
}

/// Text as it is, or URL-encoded in the way of forms: AWS writes a space as '+'.
std::optional<std::string> key_of(const pugi::xml_node& node, bool encoded) {
  std::string text = node.text().get();
  if (!encoded) return text;
  for (auto& c : text) {
    if (c == '+') c = ' ';
  }
  return net::percent_decode(text);
}

bool is_true(const pugi::xml_node& node) {
  return std::string_view(node.text().get()) == "true";
}

struct StringWriter : pugi::xml_writer {
  std::string out;
  void write(const void* data, std::size_t size) override {
    out.append(static_cast<const char*>(data), size);
  }
};

std::string rendered(const pugi::xml_document& document) {
  StringWriter writer;
  document.save(writer, "", pugi::format_raw | pugi::format_no_declaration, pugi::encoding_utf8);
  return std::move(writer.out);
}

pugi::xml_node new_root(pugi::xml_document& document, const char* name) {
  auto root = document.append_child(name);
  root.append_attribute("xmlns").set_value("http://s3.amazonaws.com/doc/2006-03-01/");
  return root;
}

void append_text(pugi::xml_node parent, const char* name, const std::string& text) {
  parent.append_child(name).text().set(text.c_str());
}

}  // namespace

std::string unquoted(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag = etag.substr(1, etag.size() - 2);
  }
  return std::string(etag);
}

std::optional<ErrorDocument> parse_error_xml(std::string_view xml) {
  pugi::xml_document document;
  const auto root = root_of(document, xml, "Error");
  if (!root) return std::nullopt;
  return ErrorDocument{root->child_value("Code"), root->child_value("Message")};
}

std::optional<ListPage> parse_list_xml(std::string_view xml) {
  pugi::xml_document document;
  const auto root = root_of(document, xml, "ListBucketResult");
  if (!root) return std::nullopt;
  const bool encoded = std::string_view(root->child_value("EncodingType")) == "url";
  ListPage page;
  for (const auto& node : root->children("Contents")) {
    auto key = key_of(node.child("Key"), encoded);
    const auto size = number_of<std::uint64_t>(node.child("Size"));
    if (!key || key->empty() || !size) return std::nullopt;
    page.objects.push_back({std::move(*key), *size, unquoted(node.child_value("ETag")),
                            node.child_value("LastModified"), node.child_value("StorageClass")});
  }
  for (const auto& node : root->children("CommonPrefixes")) {
    auto prefix = key_of(node.child("Prefix"), encoded);
    if (!prefix) return std::nullopt;
    page.common_prefixes.push_back(std::move(*prefix));
  }
  if (is_true(root->child("IsTruncated"))) {
    page.next_token = root->child_value("NextContinuationToken");
    if (page.next_token.empty()) return std::nullopt;
  }
  return page;
}

std::optional<PartPage> parse_parts_xml(std::string_view xml) {
  pugi::xml_document document;
  const auto root = root_of(document, xml, "ListPartsResult");
  if (!root) return std::nullopt;
  PartPage page;
  for (const auto& node : root->children("Part")) {
    const auto number = number_of<int>(node.child("PartNumber"));
    const auto size = number_of<std::uint64_t>(node.child("Size"));
    if (!number || !size) return std::nullopt;
    page.parts.push_back({*number, unquoted(node.child_value("ETag")), *size});
  }
  if (is_true(root->child("IsTruncated"))) {
    page.next_marker = number_of<int>(root->child("NextPartNumberMarker"));
    if (!page.next_marker) return std::nullopt;
  }
  return page;
}

std::optional<std::string> parse_upload_id_xml(std::string_view xml) {
  pugi::xml_document document;
  const auto root = root_of(document, xml, "InitiateMultipartUploadResult");
  if (!root) return std::nullopt;
  std::string id = root->child_value("UploadId");
  if (id.empty()) return std::nullopt;
  return id;
}

std::optional<std::string> parse_etag_xml(std::string_view xml) {
  pugi::xml_document document;
  auto root = root_of(document, xml, "CopyObjectResult");
  if (!root) root = root_of(document, xml, "CompleteMultipartUploadResult");
  if (!root) return std::nullopt;
  return unquoted(root->child_value("ETag"));
}

std::optional<UploadPage> parse_uploads_xml(std::string_view xml) {
  pugi::xml_document document;
  const auto root = root_of(document, xml, "ListMultipartUploadsResult");
  if (!root) return std::nullopt;
  const bool encoded = std::string_view(root->child_value("EncodingType")) == "url";
  UploadPage page;
  for (const auto& node : root->children("Upload")) {
    auto key = key_of(node.child("Key"), encoded);
    std::string id = node.child_value("UploadId");
    if (!key || key->empty() || id.empty()) return std::nullopt;
    page.uploads.push_back({std::move(*key), std::move(id), node.child_value("Initiated")});
  }
  if (is_true(root->child("IsTruncated"))) {
    auto marker = key_of(root->child("NextKeyMarker"), encoded);
    if (!marker || marker->empty()) return std::nullopt;
    page.next_key_marker = std::move(*marker);
    page.next_upload_id_marker = root->child_value("NextUploadIdMarker");
  }
  return page;
}

std::string complete_upload_xml(std::span<const Part> parts) {
  pugi::xml_document document;
  auto root = new_root(document, "CompleteMultipartUpload");
  for (const auto& part : parts) {
    auto node = root.append_child("Part");
    append_text(node, "PartNumber", std::to_string(part.number));
    append_text(node, "ETag", "\"" + part.etag + "\"");
  }
  return rendered(document);
}

std::string create_bucket_xml(std::string_view region) {
  pugi::xml_document document;
  auto root = new_root(document, "CreateBucketConfiguration");
  append_text(root, "LocationConstraint", std::string(region));
  return rendered(document);
}

}  // namespace wardbook::s3
