#include "objectd/xml.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/text.h"
#include "objectd/error.h"
#include "objectd/request.h"

namespace wardbook::objectd {
namespace {

using s3::XmlElement;

[[noreturn]] void malformed(std::string message = {}) {
  throw S3Error(errors::kMalformedXml, std::move(message));
}

/// What S3 itself knows in these documents and we do not: the client means it.
constexpr std::array<std::string_view, 4> kNotImplemented{"Location", "Bucket", "Tags",
                                                          "MfaDelete"};

XmlElement parse(std::string_view xml, std::string_view root, std::size_t elements) {
  auto read =
      s3::read_xml(xml, {.bytes = kMaxXmlBytes, .elements = elements, .depth = 3, .request = true});
  if (!read || read->name != root) malformed();
  return std::move(*read);
}

/// Refuses every child that is not named here, and any of `once` that is there twice.
void allow(const XmlElement& parent, std::initializer_list<std::string_view> once,
           std::string_view many = {}) {
  for (const auto& child : parent.children) {
    if (!many.empty() && child.name == many) continue;
    if (std::ranges::find(kNotImplemented, child.name) != kNotImplemented.end()) {
      throw S3Error(errors::kNotImplemented, "The element " + child.name + " is not supported");
    }
    if (std::ranges::find(once, child.name) == once.end()) {
      malformed("The element is unknown: " + child.name);
    }
    if (parent.only(child.name) == nullptr) malformed("The element is repeated: " + child.name);
    if (!child.children.empty()) malformed("The element holds text only: " + child.name);
  }
  if (!only_blanks(parent.text, kWhiteSpace)) {
    malformed("The element holds elements only: " + parent.name);
  }
}

template <class Number>
Number number(const XmlElement& element) {
  const auto value = parse_number<Number>(element.text);
  if (!value) malformed(element.name + " is not a number");
  return *value;
}

std::string etag_of(const XmlElement& element) {
  std::string etag(unquoted(element.text));
  if (etag.empty()) malformed("The ETag is empty");
  return etag;
}

Removal parse_removal(const XmlElement& object) {
  allow(object, {"Key", "ETag", "Size", "LastModifiedTime", "VersionId"});
  Removal out;
  const auto* key = object.only("Key");
  if (key == nullptr || key->text.empty()) malformed("An Object has no Key");
  out.key = key->text;
  if (const auto* version = object.only("VersionId")) {
    if (version->text.empty()) malformed("The VersionId is empty");
    out.version = version->text == "null" ? std::string() : version->text;
  }
  if (const auto* etag = object.only("ETag")) out.condition.etag = etag_of(*etag);
  if (const auto* size = object.only("Size")) out.condition.size = number<std::uint64_t>(*size);
  if (const auto* time = object.only("LastModifiedTime")) {
    out.condition.modified = parse_http_date(time->text);
    if (!out.condition.modified) malformed("LastModifiedTime is not a date as HTTP writes it");
  }
  return out;
}

CompletedPart parse_part(const XmlElement& node) {
  allow(node, {"PartNumber", "ETag", "ChecksumCRC32", "ChecksumCRC32C", "ChecksumCRC64NVME",
               "ChecksumSHA1", "ChecksumSHA256"});
  CompletedPart part;
  const auto* written = node.only("PartNumber");
  const auto* etag = node.only("ETag");
  if (written == nullptr || etag == nullptr) malformed("A Part needs PartNumber and ETag");
  part.number = number<int>(*written);
  if (part.number < 1 || part.number > kMaxParts) malformed();
  part.etag = etag_of(*etag);
  for (const auto kind : kChecksumKinds) {
    const auto* checksum = node.only("Checksum" + std::string(name_of(kind)));
    if (checksum == nullptr) continue;
    if (part.checksum_kind || checksum->text.empty()) malformed("A Part has one checksum at most");
    part.checksum_kind = kind;
    part.checksum = checksum->text;
  }
  return part;
}

}  // namespace

XmlWriter::XmlWriter() : out_("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") {}

XmlWriter& XmlWriter::open(std::string_view element, std::string_view xmlns) {
  out_.append("<").append(element);
  if (!xmlns.empty()) out_.append(" xmlns=\"").append(xmlns).append("\"");
  out_ += '>';
  open_.emplace_back(element);
  return *this;
}

XmlWriter& XmlWriter::close() {
  out_.append("</").append(open_.back()).append(">");
  open_.pop_back();
  return *this;
}

XmlWriter& XmlWriter::text(std::string_view element, std::string_view value) {
  out_.append("<").append(element).append(">");
  out_.append(s3::xml_escaped(value)).append("</").append(element).append(">");
  return *this;
}

XmlWriter& XmlWriter::number(std::string_view element, std::int64_t value) {
  return text(element, std::to_string(value));
}

std::string XmlWriter::str() && {
  while (!open_.empty()) close();
  return std::move(out_);
}

DeleteRequest parse_delete(std::string_view xml) {
  const auto root = parse(xml, "Delete", 2 + kMaxDeletes * 6);
  allow(root, {"Quiet"}, "Object");
  DeleteRequest out;
  if (const auto* quiet = root.only("Quiet")) {
    if (quiet->text != "true" && quiet->text != "false") malformed("Quiet is true or false");
    out.quiet = quiet->text == "true";
  }
  for (const auto& child : root.children) {
    if (child.name != "Object") continue;
    if (out.removals.size() == kMaxDeletes) malformed("More than 1000 objects");
    out.removals.push_back(parse_removal(child));
  }
  if (out.removals.empty()) malformed();
  return out;
}

std::vector<CompletedPart> parse_complete(std::string_view xml) {
  const auto root = parse(xml, "CompleteMultipartUpload", 1 + std::size_t{kMaxParts} * 4);
  allow(root, {}, "Part");
  std::vector<CompletedPart> parts;
  for (const auto& node : root.children) {
    parts.push_back(parse_part(node));
    const auto count = parts.size();
    if (count > 1 && parts[count - 2].number >= parts[count - 1].number) {
      throw S3Error(errors::kInvalidPartOrder);
    }
  }
  if (parts.empty()) malformed();
  return parts;
}

std::optional<std::string> parse_create_bucket(std::string_view xml) {
  if (xml.empty()) return std::nullopt;
  const auto root = parse(xml, "CreateBucketConfiguration", 16);
  allow(root, {"LocationConstraint"});
  const auto* region = root.only("LocationConstraint");
  if (region == nullptr || region->text.empty()) return std::nullopt;
  return region->text;
}

}  // namespace wardbook::objectd
