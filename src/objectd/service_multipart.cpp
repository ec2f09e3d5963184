#include <algorithm>

#include "base/hash.h"
#include "net/request_check.h"
#include "objectd/error.h"
#include "objectd/service.h"
#include "objectd/xml.h"

namespace wardbook::objectd {
namespace {

int part_number(const S3Request& request) {
  const int number = int_param(request, "partNumber", 0, kMaxParts + 1);
  if (number < 1 || number > kMaxParts) {
    throw S3Error(errors::kInvalidArgument,
                  "Part number must be an integer between 1 and 10000, inclusive");
  }
  return number;
}

/// x-amz-checksum-algorithm and -type of a new upload; the value comes with its completion.
std::optional<StoredChecksum> upload_checksum(const net::Headers& headers) {
  const auto name = headers.get("x-amz-checksum-algorithm");
  if (!name && headers.get("x-amz-checksum-type")) {
    throw S3Error(errors::kInvalidRequest, "A type of checksum needs an algorithm");
  }
  if (!name) return std::nullopt;
  const auto kind = checksum_by_name(*name);
  if (!kind) throw S3Error(errors::kInvalidRequest, "Checksum algorithm not supported");
  const bool crc = *kind != ChecksumKind::sha1 && *kind != ChecksumKind::sha256;
  StoredChecksum out{*kind, {}, *kind == ChecksumKind::crc64nvme};
  if (const auto type = headers.get("x-amz-checksum-type")) {
    out.full_object = *type == "FULL_OBJECT";
    if (!out.full_object && *kind == ChecksumKind::crc64nvme) {
      throw S3Error(errors::kInvalidRequest, "CRC64NVME is for whole objects only");
    }
    if (out.full_object && !crc) {
      throw S3Error(errors::kInvalidRequest, "FULL_OBJECT is for CRC checksums only");
    }
  }
  return out;
}

void add_checksum(net::Headers& headers, const UploadInfo& info, const PartMeta& part) {
  if (info.checksum && !part.checksum.empty()) {
    headers.set(header_of(*info.checksum), part.checksum);
  }
}

net::Response part_response(const UploadInfo& info, const PartMeta& part) {
  net::Response out;
  out.headers.set("ETag", quoted_etag(part.etag));
  out.headers.set("x-amz-server-side-encryption", "AES256");
  add_checksum(out.headers, info, part);
  return out;
}

}  // namespace

Task<net::Response> create_upload(Service& service, Call call) {
  const auto& headers = call.head.headers;
  ObjectMeta meta;
  meta.bucket = call.request.bucket;
  meta.key = call.request.key;
  meta.headers = stored_headers(headers);
  if (const auto tags = headers.get("x-amz-tagging")) meta.tags = parse_tag_header(*tags);
  meta.checksum = upload_checksum(headers);
  const auto checksum = meta.checksum;
  auto job = [&service, made = std::move(meta)] { return service.store.create_upload(made); };
  const auto id = co_await run_on(service.pool, std::move(job));
  XmlWriter xml;
  xml.open("InitiateMultipartUploadResult", XmlWriter::kNamespace);
  xml.text("Bucket", call.request.bucket).text("Key", call.request.key).text("UploadId", id);
  auto out = xml_response(std::move(xml).str());
  out.headers.set("x-amz-server-side-encryption", "AES256");
  if (checksum) {
    out.headers.set("x-amz-checksum-algorithm", name_of(checksum->kind));
    out.headers.set("x-amz-checksum-type", checksum->full_object ? "FULL_OBJECT" : "COMPOSITE");
  }
  co_return out;
}

Task<net::Response> upload_part(Service& service, net::Exchange& exchange, Call call) {
  const int number = part_number(call.request);
  const auto info =
      service.store.upload(call.request.bucket, call.request.key, call.request.text("uploadId"));
  auto plan = plan_body(call.head, call.who.claim, call.who.key, exchange.content_length());
  if (info.checksum && plan.checksum && *plan.checksum != *info.checksum) {
    throw S3Error(errors::kInvalidRequest,
                  "Checksum Type mismatch occurred, expected checksum "
                  "type is the one that the upload was created with");
  }
  if (info.checksum) plan.checksum = info.checksum;
  auto begin = [&service, id = info.id, number, length = plan.length] {
    return service.store.begin_part(id, number, length);
  };
  std::function<net::Response(Incoming&)> finish = [&service, info, number](Incoming& incoming) {
    incoming.receiver.finish();
    PartMeta part;
    part.number = number;
    part.etag = incoming.receiver.md5_hex();
    if (info.checksum) part.checksum = to_base64(incoming.receiver.checksum());
    service.store.commit_part(info.id, *incoming.writer, part);
    return part_response(info, part);
  };
  auto incoming = make_incoming(service, std::move(plan), std::move(begin));
  auto out = co_await receive(service, exchange, std::move(incoming), std::move(finish));
  co_return out;
}

Task<net::Response> upload_part_copy(Service& service, Call call) {
  const int number = part_number(call.request);
  const auto& headers = call.head.headers;
  const auto info =
      service.store.upload(call.request.bucket, call.request.key, call.request.text("uploadId"));
  const auto source = parse_copy_source(headers.get("x-amz-copy-source").value_or(""));
  auto open = [&service, source, &headers] {
    auto reader = service.store.open(source.bucket, source.key, source.version);
    check_preconditions(headers, "x-amz-copy-source-", reader.meta().etag, reader.meta().modified);
    return std::make_shared<ObjectReader>(std::move(reader));
  };
  auto reader = co_await run_on(service.pool, std::move(open));
  const auto source_version = version_text(reader->meta().version);
  ByteRange range{0, reader->meta().size};
  if (const auto asked = headers.get("x-amz-copy-source-range")) {
    range = parse_copy_range(*asked, reader->meta().size);
  }
  if (range.length > kMaxPutBytes) throw S3Error(errors::kEntityTooLarge);
  auto begin = [&service, &info, number, range] {
    return std::shared_ptr<ObjectWriter>(service.store.begin_part(info.id, number, range.length));
  };
  auto writer = co_await run_on(service.pool, std::move(begin));
  const auto copied = co_await copy_range(service, std::move(reader), range, writer, info.checksum);
  PartMeta part;
  part.number = number;
  part.etag = copied.md5_hex;
  if (info.checksum) part.checksum = to_base64(copied.checksum);
  auto finish = [&service, &info, &part, writer] {
    service.store.commit_part(info.id, *writer, part);
    return true;
  };
  (void)co_await run_on(service.pool, std::move(finish));
  XmlWriter xml;
  xml.open("CopyPartResult", XmlWriter::kNamespace);
  xml.text("LastModified", xml_time(part.modified)).text("ETag", quoted_etag(part.etag));
  auto out = xml_response(std::move(xml).str());
  if (service.store.versioning(source.bucket) != Versioning::off) {
    out.headers.set("x-amz-copy-source-version-id", source_version);
  }
  co_return out;
}

Task<net::Response> list_parts(Service& service, Call call) {
  const auto& request = call.request;
  const auto info = service.store.upload(request.bucket, request.key, request.text("uploadId"));
  const int marker = int_param(request, "part-number-marker", 0, kMaxParts);
  const int limit = int_param(request, "max-parts", kMaxListed, kMaxListed);
  auto job = [&service, id = info.id] { return service.store.parts(id); };
  auto parts = co_await run_on(service.pool, std::move(job));
  std::erase_if(parts, [marker](const PartMeta& part) { return part.number <= marker; });
  const auto most = static_cast<std::size_t>(limit);
  const bool truncated = parts.size() > most;
  if (truncated) parts.resize(most);

  XmlWriter xml;
  xml.open("ListPartsResult", XmlWriter::kNamespace);
  xml.text("Bucket", request.bucket).text("Key", request.key).text("UploadId", info.id);
  xml.text("StorageClass", info.storage_class.empty() ? "STANDARD" : info.storage_class);
  if (info.checksum) {
    xml.text("ChecksumAlgorithm", name_of(*info.checksum));
    xml.text("ChecksumType", info.full_object_checksum ? "FULL_OBJECT" : "COMPOSITE");
  }
  xml.number("PartNumberMarker", marker).number("MaxParts", limit);
  if (!parts.empty()) xml.number("NextPartNumberMarker", parts.back().number);
  xml.text("IsTruncated", truncated ? "true" : "false");
  for (const auto& part : parts) {
    xml.open("Part").number("PartNumber", part.number);
    xml.text("LastModified", xml_time(part.modified)).text("ETag", quoted_etag(part.etag));
    if (info.checksum && !part.checksum.empty()) {
      xml.text("Checksum" + std::string(name_of(*info.checksum)), part.checksum);
    }
    xml.number("Size", static_cast<std::int64_t>(part.size)).close();
  }
  co_return xml_response(std::move(xml).str());
}

namespace {

/// What the client says that the whole object must be.
Completion completion(const net::Headers& headers) {
  Completion out;
  for (const auto kind : kChecksumKinds) {
    const auto value = headers.get(header_of(kind));
    if (!value) continue;
    out.checksum_kind = kind;
    out.checksum = *value;
    if (value->empty()) throw S3Error(errors::kInvalidRequest, "An empty checksum");
  }
  if (const auto type = headers.get("x-amz-checksum-type")) {
    out.full_object_checksum = *type == "FULL_OBJECT";
  }
  if (const auto size = headers.get("x-amz-mp-object-size")) {
    out.size = net::parse_content_length(*size);
    if (!out.size) throw S3Error(errors::kInvalidArgument, "x-amz-mp-object-size is not a number");
  }
  return out;
}

}  // namespace

Task<net::Response> complete_upload(Service& service, net::Exchange& exchange, Call call) {
  const auto& headers = call.head.headers;
  const auto condition = put_condition(headers);
  const auto expected = completion(headers);
  // These are of the object, not of the document that is read here.
  for (const auto kind : kChecksumKinds) call.head.headers.erase(header_of(kind));
  const auto xml_body = co_await read_document(exchange, call, kMaxXmlBytes);
  const auto named = parse_complete(xml_body);
  const auto& request = call.request;
  const auto id = request.text("uploadId");

  std::vector<PartChoice> choice;
  for (const auto& part : named) {
    choice.push_back({part.number, part.etag, part.checksum, part.checksum_kind});
  }
  auto job = [&service, &request, &id, &choice, &expected, &condition] {
    return service.store.complete_upload(request.bucket, request.key, id, choice, expected,
                                         condition);
  };
  const auto meta = co_await run_on(service.pool, std::move(job));

  XmlWriter xml;
  xml.open("CompleteMultipartUploadResult", XmlWriter::kNamespace);
  xml.text("Location", "http://" + std::string(headers.get("host").value_or("")) + "/" +
                           request.bucket + "/" + net::percent_encode(request.key, true));
  xml.text("Bucket", request.bucket).text("Key", request.key).text("ETag", quoted_etag(meta.etag));
  if (meta.checksum) {
    xml.text("Checksum" + std::string(name_of(meta.checksum->kind)), meta.checksum->value);
    xml.text("ChecksumType", meta.checksum->full_object ? "FULL_OBJECT" : "COMPOSITE");
  }
  auto out = xml_response(std::move(xml).str());
  out.headers.set("x-amz-server-side-encryption", "AES256");
  if (!meta.version.empty()) out.headers.set("x-amz-version-id", meta.version);
  co_return out;
}

Task<net::Response> abort_upload(Service& service, Call call) {
  auto job = [&service, request = std::move(call.request)] {
    service.store.abort_upload(request.bucket, request.key, request.text("uploadId"));
    return true;
  };
  (void)co_await run_on(service.pool, std::move(job));
  net::Response out;
  out.status = 204;
  co_return out;
}

net::Response list_uploads(Service& service, const S3Request& request) {
  service.store.check_bucket(request.bucket);
  const auto prefix = request.text("prefix");
  const auto key_marker = request.text("key-marker");
  const auto id_marker = request.text("upload-id-marker");
  const int limit = int_param(request, "max-uploads", kMaxListed, kMaxListed);
  const auto encoding = request.text("encoding-type");
  const bool encoded = encoding == "url";
  if (!encoded && !encoding.empty()) {
    throw S3Error(errors::kInvalidArgument, "Invalid Encoding Method specified");
  }
  if (!request.text("delimiter").empty()) {
    throw S3Error(errors::kNotImplemented, "Uploads are not listed with a delimiter");
  }
  const auto shown = [encoded](const std::string& key) {
    return encoded ? net::percent_encode(key, true) : key;
  };
  auto found = service.store.uploads(request.bucket);
  std::erase_if(found, [&](const UploadInfo& info) {
    return !info.key.starts_with(prefix) || info.key < key_marker ||
           (info.key == key_marker && (id_marker.empty() || info.id <= id_marker));
  });
  const auto most = static_cast<std::size_t>(limit);
  const bool truncated = found.size() > most;
  if (truncated) found.resize(most);

  XmlWriter xml;
  xml.open("ListMultipartUploadsResult", XmlWriter::kNamespace).text("Bucket", request.bucket);
  xml.text("KeyMarker", shown(key_marker)).text("UploadIdMarker", id_marker);
  if (truncated && !found.empty()) {
    xml.text("NextKeyMarker", shown(found.back().key));
    xml.text("NextUploadIdMarker", found.back().id);
  }
  xml.text("Prefix", shown(prefix)).number("MaxUploads", limit);
  if (encoded) xml.text("EncodingType", "url");
  xml.text("IsTruncated", truncated ? "true" : "false");
  for (const auto& info : found) {
    xml.open("Upload").text("Key", shown(info.key)).text("UploadId", info.id);
    xml.text("StorageClass", info.storage_class.empty() ? "STANDARD" : info.storage_class);
    xml.text("Initiated", xml_time(info.initiated)).close();
  }
  return xml_response(std::move(xml).str());
}

}  // namespace wardbook::objectd
