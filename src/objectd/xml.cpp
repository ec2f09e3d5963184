#include "objectd/xml.h"

#include <charconv>
#include <pugixml.hpp>

#include "objectd/error.h"

namespace wardbook::objectd {
namespace {

[[noreturn]] void malformed() {
  throw S3Error(errors::kMalformedXml);
}

pugi::xml_node parse(pugi::xml_document& document, std::string_view xml, std::string_view root) {
  if (xml.size() > kMaxXmlBytes) malformed();
  // pugixml expands no entities but the five of XML; a DTD is only skipped over, so refuse it.
  constexpr unsigned kFlags =
      (pugi::parse_default | pugi::parse_doctype | pugi::parse_ws_pcdata_single);
  if (!document.load_buffer(xml.data(), xml.size(), kFlags, pugi::encoding_utf8)) malformed();
  for (const auto node : document.children()) {
    if (node.type() == pugi::node_doctype) malformed();
  }
  const auto element = document.document_element();
  if (!element || root != element.name()) malformed();
  return element;
}

std::string unquoted(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag = etag.substr(1, etag.size() - 2);
  }
  return std::string(etag);
}

CompletedPart parse_part(const pugi::xml_node& node) {
  CompletedPart part;
  const std::string_view number = node.child_value("PartNumber");
  const auto parsed = std::from_chars(number.data(), number.data() + number.size(), part.number);
  if (parsed.ec != std::errc{} || parsed.ptr != number.data() + number.size()) malformed();
  if (part.number < 1 || part.number > kMaxParts) malformed();
  part.etag = unquoted(node.child_value("ETag"));
  if (part.etag.empty()) malformed();
  for (const auto child : node.children()) {
    const std::string_view name = child.name();
    if (name.starts_with("Checksum")) {
      part.checksums.emplace_back(name.substr(8), child.child_value());
    }
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
  append_escaped(value);
  out_.append("</").append(element).append(">");
  return *this;
}

XmlWriter& XmlWriter::number(std::string_view element, std::int64_t value) {
  return text(element, std::to_string(value));
}

std::string XmlWriter::str() && {
  while (!open_.empty()) close();
  return std::move(out_);
}

void XmlWriter::append_escaped(std::string_view value) {
  for (const char c : value) {
    switch (c) {
      case '&':
        out_ += "&amp;";
        break;
      case '<':
        out_ += "&lt;";
        break;
      case '>':
        out_ += "&gt;";
        break;
      case '"':
        out_ += "&quot;";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out_.append("&#").append(std::to_string(static_cast<int>(c))).append(";");
        } else {
          out_ += c;
        }
    }
  }
}

DeleteRequest parse_delete(std::string_view xml) {
  pugi::xml_document document;
  const auto root = parse(document, xml, "Delete");
  DeleteRequest out;
  out.quiet = std::string_view(root.child_value("Quiet")) == "true";
  for (const auto object : root.children("Object")) {
    out.keys.emplace_back(object.child_value("Key"));
    if (out.keys.back().empty() || out.keys.size() > kMaxDeletes) malformed();
  }
  if (out.keys.empty()) malformed();
  return out;
}

std::vector<CompletedPart> parse_complete(std::string_view xml) {
  pugi::xml_document document;
  const auto root = parse(document, xml, "CompleteMultipartUpload");
  std::vector<CompletedPart> parts;
  for (const auto node : root.children("Part")) {
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
  pugi::xml_document document;
  const auto root = parse(document, xml, "CreateBucketConfiguration");
  std::string region = root.child_value("LocationConstraint");
  if (region.empty()) return std::nullopt;
  return region;
}

}  // namespace wardbook::objectd
