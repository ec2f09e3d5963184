#include <algorithm>
#include <array>

#include "base/text.h"
#include "objectd/error.h"
#include "objectd/service.h"
#include "objectd/xml.h"

// GetObjectAttributes: what HEAD tells, and the parts, as a document.
namespace wardbook::objectd {
namespace {

enum class Attribute { etag, checksum, parts, storage_class, size };
constexpr std::array<std::string_view, 5> kAttributeNames{"ETag", "Checksum", "ObjectParts",
                                                          "StorageClass", "ObjectSize"};

struct AttributesWanted {
  std::array<bool, kAttributeNames.size()> attributes{};
  int max_parts = kMaxListed;
  int after = 0;
  [[nodiscard]] bool has(Attribute one) const { return attributes[static_cast<std::size_t>(one)]; }
};

int header_number(const net::Headers& headers, std::string_view name, int otherwise, int most) {
  const auto text = headers.get(name);
  if (!text) return otherwise;
  const auto value = parse_number<std::uint64_t>(*text);
  if (!value) throw S3Error(errors::kInvalidArgument, std::string(name) + " is not a number");
  return static_cast<int>(std::min<std::uint64_t>(*value, static_cast<std::uint64_t>(most)));
}

AttributesWanted read_wanted(const net::Headers& headers) {
  AttributesWanted out;
  bool any = false;
  for (const auto part : split(headers.get("x-amz-object-attributes").value_or(""), ",")) {
    const auto name = trimmed(part);
    const auto* const at = std::ranges::find(kAttributeNames, name);
    if (at == kAttributeNames.end()) {
      throw S3Error(errors::kInvalidArgument,
                    "x-amz-object-attributes names ETag, Checksum, ObjectParts, StorageClass and "
                    "ObjectSize only");
    }
    out.attributes[static_cast<std::size_t>(at - kAttributeNames.begin())] = true;
    any = true;
  }
  if (!any) throw S3Error(errors::kInvalidArgument, "x-amz-object-attributes is missing");
  out.max_parts = header_number(headers, "x-amz-max-parts", kMaxListed, kMaxListed);
  out.after = header_number(headers, "x-amz-part-number-marker", 0, kMaxParts);
  return out;
}

void append_checksum(XmlWriter& xml, ChecksumKind kind, std::string_view value) {
  xml.text("Checksum" + std::string(name_of(kind)), value);
}

void append_parts(XmlWriter& xml, const ObjectMeta& meta, const AttributesWanted& wanted) {
  auto at = std::ranges::upper_bound(meta.parts, wanted.after, {}, &PartMeta::number);
  const auto left = static_cast<std::size_t>(meta.parts.end() - at);
  const auto count = std::min(left, static_cast<std::size_t>(wanted.max_parts));
  xml.open("ObjectParts").number("PartsCount", static_cast<std::int64_t>(meta.parts.size()));
  xml.number("PartNumberMarker", wanted.after).number("MaxParts", wanted.max_parts);
  xml.text("IsTruncated", left > count ? "true" : "false");
  for (const auto end = at + static_cast<std::ptrdiff_t>(count); at != end; ++at) {
    xml.open("Part").number("PartNumber", at->number);
    if (meta.checksum && !at->checksum.empty()) {
      append_checksum(xml, meta.checksum->kind, at->checksum);
    }
    xml.number("Size", static_cast<std::int64_t>(at->size)).close();
  }
  if (left > count && count > 0) xml.number("NextPartNumberMarker", std::prev(at)->number);
  xml.close();
}

}  // namespace

Task<net::Response> object_attributes(Service& service, Call call) {
  const auto wanted = read_wanted(call.head.headers);
  auto open = [&service, &call] {
    auto reader = service.store.open(call.request.bucket, call.request.key, call.request.version());
    return std::make_shared<ObjectReader>(std::move(reader));
  };
  const auto reader = co_await run_on(service.pool, std::move(open));
  const auto& meta = reader->meta();
  XmlWriter xml;
  xml.open("GetObjectAttributesResponse", XmlWriter::kNamespace);
  if (wanted.has(Attribute::etag)) xml.text("ETag", meta.etag);
  if (wanted.has(Attribute::checksum) && meta.checksum) {
    xml.open("Checksum");
    append_checksum(xml, meta.checksum->kind, meta.checksum->value);
    xml.text("ChecksumType", meta.checksum->full_object ? "FULL_OBJECT" : "COMPOSITE").close();
  }
  if (wanted.has(Attribute::parts) && !meta.parts.empty()) append_parts(xml, meta, wanted);
  if (wanted.has(Attribute::storage_class)) {
    const auto name = meta.header("x-amz-storage-class");
    xml.text("StorageClass", name.empty() ? "STANDARD" : name);
  }
  if (wanted.has(Attribute::size)) {
    xml.number("ObjectSize", static_cast<std::int64_t>(meta.size));
  }
  auto out = xml_response(std::move(xml).str());
  out.headers.set("Last-Modified", http_date(meta.modified));
  add_version(service, meta, out.headers);
  co_return out;
}

}  // namespace wardbook::objectd
