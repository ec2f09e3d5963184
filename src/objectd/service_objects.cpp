#include <algorithm>

#include "base/hash.h"
#include "objectd/error.h"
#include "objectd/service.h"
#include "objectd/xml.h"

namespace wardbook::objectd {
namespace {

ObjectMeta meta_from(const Call& call, const net::Headers& headers) {
  ObjectMeta meta;
  meta.bucket = call.request.bucket;
  meta.key = call.request.key;
  meta.headers = stored_headers(headers);
  if (const auto tags = headers.get("x-amz-tagging")) meta.tags = parse_tag_header(*tags);
  return meta;
}

net::Response stored(const ObjectMeta& meta) {
  net::Response out;
  if (!meta.version.empty()) out.headers.set("x-amz-version-id", meta.version);
  out.headers.set("ETag", quoted_etag(meta.etag));
  out.headers.set("x-amz-server-side-encryption", "AES256");
  if (meta.checksum) {
    out.headers.set(header_of(meta.checksum->kind), meta.checksum->value);
    out.headers.set("x-amz-checksum-type",
                    meta.checksum->full_object ? "FULL_OBJECT" : "COMPOSITE");
  }
  return out;
}

}  // namespace

Task<net::Response> put_object(Service& service, net::Exchange& exchange, Call call) {
  const auto& headers = call.head.headers;
  auto plan = plan_body(call.head, call.who.claim, call.who.key, exchange.content_length());
  auto meta = meta_from(call, headers);
  const auto condition = put_condition(headers);
  auto begin = [&service, bucket = meta.bucket, key = meta.key, length = plan.length] {
    return service.store.begin(bucket, key, length);
  };
  auto finish = [&service, meta, condition](Incoming& incoming) {
    auto made = meta;
    incoming.receiver.finish();
    made.etag = incoming.receiver.md5_hex();
    if (const auto kind = incoming.receiver.plan().checksum) {
      made.checksum = StoredChecksum{*kind, to_base64(incoming.receiver.checksum()), true};
    }
    service.store.commit(*incoming.writer, made, condition);
    return stored(made);
  };
  if (condition.must_be_new) {
    // Saves a client that comes too late the sending; what counts is decided at the end.
    service.store.check_absent(meta.bucket, meta.key);
  }
  auto incoming = make_incoming(service, std::move(plan), std::move(begin));
  std::function<net::Response(Incoming&)> last = std::move(finish);
  auto response = co_await receive(service, exchange, std::move(incoming), std::move(last));
  co_return response;
}

Task<net::Response> delete_object(Service& service, Call call) {
  const auto condition = delete_condition(call.head.headers);
  auto job = [&service, condition, request = std::move(call.request)] {
    return service.store.remove(request.bucket, request.key, condition, request.version());
  };
  const auto removed = co_await run_on(service.pool, std::move(job));
  net::Response out;
  out.status = 204;
  if (removed.version) out.headers.set("x-amz-version-id", version_text(*removed.version));
  if (removed.marker) out.headers.set("x-amz-delete-marker", "true");
  co_return out;
}

namespace {

ObjectMeta copied_meta(const Call& call, const net::Headers& headers, const ObjectMeta& source,
                       bool same_object) {
  const bool replace = headers.get("x-amz-metadata-directive") == "REPLACE";
  const bool replace_tags = headers.get("x-amz-tagging-directive") == "REPLACE";
  if (!replace_tags && headers.get("x-amz-tagging")) {
    throw S3Error(errors::kInvalidRequest, "x-amz-tagging needs the tagging directive REPLACE");
  }
  auto meta = meta_from(call, headers);
  if (!replace_tags) meta.tags = source.tags;
  if (same_object && !replace && !replace_tags && !headers.get("x-amz-storage-class")) {
    throw S3Error(errors::kInvalidRequest,
                  "This copy request is illegal because it is trying to copy an object to itself "
                  "without changing the object's metadata or storage class.");
  }
  if (replace) return meta;
  // A content type comes by itself with many clients; whoever sends one of these means it.
  const auto lost = std::ranges::find_if(meta.headers, [](const auto& h) {
    return h.first != "content-type" && h.first != "x-amz-storage-class";
  });
  if (lost != meta.headers.end()) {
    throw S3Error(errors::kInvalidRequest, lost->first + " needs the metadata directive REPLACE");
  }
  const std::string storage_class(meta.header("x-amz-storage-class"));
  meta.headers = source.headers;
  // The storage class is the request's business, never copied.
  std::erase_if(meta.headers, [](const auto& h) { return h.first == "x-amz-storage-class"; });
  if (!storage_class.empty()) meta.headers.emplace_back("x-amz-storage-class", storage_class);
  return meta;
}

std::optional<ChecksumKind> wanted_checksum(const net::Headers& headers, const ObjectMeta& source) {
  if (const auto name = headers.get("x-amz-checksum-algorithm")) {
    const auto kind = checksum_by_name(*name);
    if (!kind) throw S3Error(errors::kInvalidRequest, "Checksum algorithm not supported");
    return kind;
  }
  if (source.checksum) return source.checksum->kind;
  return std::nullopt;
}

}  // namespace

Task<net::Response> copy_object(Service& service, Call call) {
  const auto& headers = call.head.headers;
  const auto condition = put_condition(headers);
  const auto source = parse_copy_source(headers.get("x-amz-copy-source").value_or(""));
  auto open = [&service, source, &headers] {
    auto reader = service.store.open(source.bucket, source.key, source.version);
    check_preconditions(headers, "x-amz-copy-source-", reader.meta().etag, reader.meta().modified);
    return std::make_shared<ObjectReader>(std::move(reader));
  };
  auto reader = co_await run_on(service.pool, std::move(open));
  // An older version that is copied to its own key becomes the latest one again.
  const bool same =
      source.bucket == call.request.bucket && source.key == call.request.key && !source.version;
  std::optional<std::string> reader_version;
  if (service.store.versioning(source.bucket) != Versioning::off) {
    reader_version = version_text(reader->meta().version);
  }
  auto meta = copied_meta(call, headers, reader->meta(), same);
  const auto kind = wanted_checksum(headers, reader->meta());
  const auto size = reader->meta().size;
  if (size > kMaxPutBytes) {
    throw S3Error(errors::kInvalidRequest, "The copy source is larger than the maximum allowable");
  }
  auto begin = [&service, &meta, size] {
    return std::shared_ptr<ObjectWriter>(service.store.begin(meta.bucket, meta.key, size));
  };
  auto writer = co_await run_on(service.pool, std::move(begin));
  const ByteRange whole{0, size};
  const auto copied = co_await copy_range(service, std::move(reader), whole, writer, kind);
  meta.etag = copied.md5_hex;
  if (kind) meta.checksum = StoredChecksum{*kind, to_base64(copied.checksum), true};
  auto finish = [&service, &meta, &condition, writer] {
    service.store.commit(*writer, meta, condition);
    return true;
  };
  (void)co_await run_on(service.pool, std::move(finish));

  auto out = stored(meta);
  if (reader_version) out.headers.set("x-amz-copy-source-version-id", *reader_version);
  XmlWriter xml;
  xml.open("CopyObjectResult", XmlWriter::kNamespace);
  xml.text("LastModified", xml_time(meta.modified)).text("ETag", quoted_etag(meta.etag));
  if (meta.checksum) {
    xml.text("Checksum" + std::string(name_of(meta.checksum->kind)), meta.checksum->value);
  }
  out.headers.set("Content-Type", "application/xml");
  out.body = std::move(xml).str();
  co_return out;
}

}  // namespace wardbook::objectd
