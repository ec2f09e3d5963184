#include <algorithm>

#include "base/hash.h"
#include "base/log.h"
#include "objectd/error.h"
#include "objectd/service.h"
#include "objectd/xml.h"
#include "s3/client.h"

namespace wardbook::objectd {
namespace {

constexpr int kMaxBucketsListed = 10'000;

/// What the continuation token stands for; nullopt without one.
std::optional<std::string> continued_after(const S3Request& request) {
  const auto token = request.param("continuation-token");
  if (!token || token->empty()) return std::nullopt;
  auto decoded = from_base64url(*token);
  if (!decoded || decoded->empty()) {
    throw S3Error(errors::kInvalidArgument, "The continuation token provided is incorrect");
  }
  return decoded;
}

struct Listing {
  bool v2 = false;
  bool encoded = false;
  bool owner = false;
  ListQuery query;
};

Listing read_listing(const S3Request& request) {
  Listing out;
  out.v2 = request.operation == Operation::list_objects_v2;
  const auto fetch_owner = request.text("fetch-owner");
  if (!fetch_owner.empty() && fetch_owner != "true" && fetch_owner != "false") {
    throw S3Error(errors::kInvalidArgument, "fetch-owner is true or false");
  }
  out.owner = !out.v2 || fetch_owner == "true";
  if (const auto type = request.param("encoding-type"); type && !type->empty()) {
    if (*type != "url")
      throw S3Error(errors::kInvalidArgument, "Invalid Encoding Method specified");
    out.encoded = true;
  }
  out.query.prefix = request.text("prefix");
  out.query.delimiter = request.text("delimiter");
  out.query.max_keys =
      static_cast<std::size_t>(int_param(request, "max-keys", kMaxListed, kMaxListed));
  out.query.after = request.text(out.v2 ? "start-after" : "marker");
  if (auto after = continued_after(request)) out.query.after = std::move(*after);
  return out;
}

void append_object(XmlWriter& xml, const ListResult::Object& object, const Listing& listing) {
  const auto& entry = object.entry;
  xml.open("Contents").text("Key", shown(object.key, listing.encoded));
  xml.text("LastModified", xml_time(entry.modified)).text("ETag", quoted_etag(entry.etag));
  if (entry.checksum) xml.text("ChecksumAlgorithm", name_of(*entry.checksum));
  xml.number("Size", static_cast<std::int64_t>(entry.size));
  if (listing.owner) append_owner(xml);
  xml.text("StorageClass", entry.storage_class.empty() ? "STANDARD" : entry.storage_class);
  xml.close();
}

}  // namespace

void append_owner(XmlWriter& xml) {
  xml.open("Owner").text("ID", kOwnerId).text("DisplayName", kOwnerId).close();
}

std::string shown(std::string_view text, bool encoded) {
  return encoded ? net::percent_encode(text, true) : std::string(text);
}

net::Response list_buckets(Service& service, const S3Request& request) {
  const auto prefix = request.text("prefix");
  const auto most = static_cast<std::size_t>(
      int_param(request, "max-buckets", kMaxBucketsListed, kMaxBucketsListed + 1));
  if (most < 1 || most > kMaxBucketsListed) {
    throw S3Error(errors::kInvalidArgument, "max-buckets must be between 1 and 10000");
  }
  const auto after = continued_after(request);
  const auto& region = service.options.region;
  const auto asked_region = request.param("bucket-region");
  auto buckets = service.store.buckets();
  std::erase_if(buckets, [&](const BucketInfo& bucket) {
    return !bucket.name.starts_with(prefix) || (after && bucket.name <= *after) ||
           (asked_region && *asked_region != region);
  });
  const bool truncated = buckets.size() > most;
  if (truncated) buckets.resize(most);

  XmlWriter xml;
  xml.open("ListAllMyBucketsResult", XmlWriter::kNamespace);
  append_owner(xml);
  xml.open("Buckets");
  for (const auto& bucket : buckets) {
    xml.open("Bucket").text("Name", bucket.name);
    xml.text("CreationDate", xml_time(bucket.created)).text("BucketRegion", region).close();
  }
  xml.close();
  if (truncated) xml.text("ContinuationToken", to_base64url(buckets.back().name));
  if (request.param("prefix")) xml.text("Prefix", prefix);
  return xml_response(std::move(xml).str());
}

net::Response list_objects(Service& service, const S3Request& request) {
  const auto listing = read_listing(request);
  const auto& query = listing.query;
  const auto found = service.store.list(request.bucket, query);
  XmlWriter xml;
  xml.open("ListBucketResult", XmlWriter::kNamespace).text("Name", request.bucket);
  xml.text("Prefix", shown(query.prefix, listing.encoded));
  if (listing.v2) {
    xml.number("KeyCount",
               static_cast<std::int64_t>(found.objects.size() + found.common_prefixes.size()));
    if (const auto token = request.param("continuation-token")) {
      xml.text("ContinuationToken", *token);
    }
    if (const auto after = request.param("start-after")) {
      xml.text("StartAfter", shown(*after, listing.encoded));
    }
    if (found.truncated) xml.text("NextContinuationToken", to_base64url(found.next));
  } else {
    xml.text("Marker", shown(query.after, listing.encoded));
    if (found.truncated) xml.text("NextMarker", shown(found.next, listing.encoded));
  }
  xml.number("MaxKeys", static_cast<std::int64_t>(query.max_keys));
  if (!query.delimiter.empty()) xml.text("Delimiter", shown(query.delimiter, listing.encoded));
  if (listing.encoded) xml.text("EncodingType", "url");
  xml.text("IsTruncated", found.truncated ? "true" : "false");
  for (const auto& object : found.objects) append_object(xml, object, listing);
  for (const auto& prefix : found.common_prefixes) {
    xml.open("CommonPrefixes").text("Prefix", shown(prefix, listing.encoded)).close();
  }
  return xml_response(std::move(xml).str());
}

net::Response list_versions(Service& service, const S3Request& request) {
  const auto encoding = request.text("encoding-type");
  const bool encoded = encoding == "url";
  if (!encoded && !encoding.empty()) {
    throw S3Error(errors::kInvalidArgument, "Invalid Encoding Method specified");
  }
  VersionQuery query;
  query.prefix = request.text("prefix");
  query.delimiter = request.text("delimiter");
  query.after_key = request.text("key-marker");
  const auto version_marker = request.text("version-id-marker");
  if (!version_marker.empty()) {
    if (query.after_key.empty()) {
      throw S3Error(errors::kInvalidArgument,
                    "A version-id marker cannot be specified without a key marker.");
    }
    query.after_version = version_marker == "null" ? std::string() : version_marker;
  }
  query.max_keys = static_cast<std::size_t>(int_param(request, "max-keys", kMaxListed, kMaxListed));
  const auto found = service.store.list_versions(request.bucket, query);

  XmlWriter xml;
  xml.open("ListVersionsResult", XmlWriter::kNamespace).text("Name", request.bucket);
  xml.text("Prefix", shown(query.prefix, encoded))
      .text("KeyMarker", shown(query.after_key, encoded));
  xml.text("VersionIdMarker", version_marker);
  if (found.truncated) {
    xml.text("NextKeyMarker", shown(found.next_key, encoded));
    if (found.next_version) xml.text("NextVersionIdMarker", version_text(*found.next_version));
  }
  xml.number("MaxKeys", static_cast<std::int64_t>(query.max_keys));
  if (!query.delimiter.empty()) xml.text("Delimiter", shown(query.delimiter, encoded));
  if (encoded) xml.text("EncodingType", "url");
  xml.text("IsTruncated", found.truncated ? "true" : "false");
  for (const auto& item : found.items) {
    const auto& entry = item.entry;
    xml.open(entry.marker ? "DeleteMarker" : "Version").text("Key", shown(item.key, encoded));
    xml.text("VersionId", version_text(entry.version))
        .text("IsLatest", item.latest ? "true" : "false");
    xml.text("LastModified", xml_time(entry.modified));
    if (!entry.marker) {
      xml.text("ETag", quoted_etag(entry.etag));
      if (entry.checksum) xml.text("ChecksumAlgorithm", name_of(*entry.checksum));
      xml.number("Size", static_cast<std::int64_t>(entry.size));
      xml.text("StorageClass", entry.storage_class.empty() ? "STANDARD" : entry.storage_class);
    }
    append_owner(xml);
    xml.close();
  }
  for (const auto& prefix : found.common_prefixes) {
    xml.open("CommonPrefixes").text("Prefix", shown(prefix, encoded)).close();
  }
  return xml_response(std::move(xml).str());
}

net::Response bucket_location(Service& service, const S3Request& request) {
  service.store.check_bucket(request.bucket);
  // The first region is written as nothing.
  const auto& region = service.options.region;
  XmlWriter xml;
  xml.text("LocationConstraint", region == "us-east-1" ? std::string_view() : region);
  return xml_response(std::move(xml).str());
}

net::Response acl() {
  XmlWriter xml;
  xml.open("AccessControlPolicy", XmlWriter::kNamespace);
  append_owner(xml);
  xml.open("AccessControlList").open("Grant").open("Grantee").text("ID", kOwnerId);
  xml.text("DisplayName", kOwnerId).close().text("Permission", "FULL_CONTROL");
  auto text = std::move(xml).str();
  // The one attribute in all our documents.
  constexpr std::string_view kPlain = "<Grantee>";
  text.replace(text.find(kPlain), kPlain.size(),
               "<Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
               "xsi:type=\"CanonicalUser\">");
  return xml_response(std::move(text));
}

namespace {

constexpr std::chrono::seconds kLookStands{1};
/// A look that takes longer: the disk hangs.
constexpr std::chrono::seconds kLongestLook{5};

/// What is known; nullopt if the caller is to look.
std::optional<bool> known_writable(Writability& known) {
  const auto now = Writability::Clock::now();
  const std::lock_guard guard(known.lock);
  if (known.looking) return known.good && now - known.looked_at < kLongestLook;
  if (now - known.looked_at < kLookStands) return known.good;
  known.looking = true;
  known.looked_at = now;
  return std::nullopt;
}

bool look_whether_writable(Store& store, Writability& known) {
  std::string why;
  try {
    store.check_writable();
  } catch (const std::exception& e) {
    why = e.what();
  }
  const std::lock_guard guard(known.lock);
  known.looking = false;
  if (std::exchange(known.good, why.empty()) != why.empty()) {
    if (why.empty()) {
      log::info("object store: can be written to again");
    } else {
      log::error("object store: nothing can be stored", {{"reason", why}});
    }
  }
  return why.empty();
}

}  // namespace

Task<net::Response> head_bucket(Service& service, Call call) {
  service.store.check_bucket(call.request.bucket);
  std::optional<bool> writable = known_writable(service.writability);
  if (!writable) {
    auto look = [&service] { return look_whether_writable(service.store, service.writability); };
    writable = co_await run_on(service.pool, std::move(look));
  }
  net::Response out;
  out.headers.set("x-amz-bucket-region", service.options.region);
  if (!*writable) out.headers.set(s3::kWritableHeader, "false");
  co_return out;
}

Task<net::Response> create_bucket(Service& service, net::Exchange& exchange, Call call) {
  constexpr std::size_t kLimit = 64 * 1024;
  const auto name = call.request.bucket;
  const auto xml = co_await read_document(exchange, call, kLimit);
  const auto region = parse_create_bucket(xml);
  if (region && *region != service.options.region) {
    throw S3Error(errors::kInvalidArgument, "The bucket's region must be the store's own");
  }
  auto job = [&service, name] { return service.store.create_bucket(name); };
  const bool made = co_await run_on(service.pool, std::move(job));
  // In the first region, and only there, a bucket may be made again, as at AWS.
  if (!made && service.options.region != "us-east-1") {
    throw S3Error(errors::kBucketAlreadyOwnedByYou, {}, {{"BucketName", name}});
  }
  net::Response out;
  out.headers.set("Location", "/" + name);
  co_return out;
}

Task<net::Response> delete_bucket(Service& service, Call call) {
  auto job = [&service, name = call.request.bucket] {
    service.store.delete_bucket(name);
    return true;
  };
  (void)co_await run_on(service.pool, std::move(job));
  net::Response out;
  out.status = 204;
  co_return out;
}

namespace {

const ErrorKind& error_of(Removed outcome) {
  if (outcome == Removed::missing) return errors::kNoSuchKey;
  return outcome == Removed::changed ? errors::kPreconditionFailed : errors::kInternalError;
}

std::string delete_all(Store& store, const std::string& bucket, const DeleteRequest& wanted) {
  const auto outcomes = store.remove_all(bucket, wanted.removals);
  XmlWriter xml;
  xml.open("DeleteResult", XmlWriter::kNamespace);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const auto& [key, condition, version] = wanted.removals[i];
    const auto& result = outcomes[i];
    if (result.outcome == Removed::gone) {
      if (wanted.quiet) continue;
      xml.open("Deleted").text("Key", key);
      if (version) xml.text("VersionId", version_text(*version));
      if (result.marker) {
        xml.text("DeleteMarker", "true");
        xml.text("DeleteMarkerVersionId", version_text(result.version.value_or("")));
      }
      xml.close();
      continue;
    }
    const auto& error = error_of(result.outcome);
    xml.open("Error").text("Key", key).text("Code", error.code);
    if (version) xml.text("VersionId", version_text(*version));
    xml.text("Message", error.message).close();
  }
  return std::move(xml).str();
}

}  // namespace

Task<net::Response> delete_objects(Service& service, net::Exchange& exchange, Call call) {
  const auto xml = co_await read_document(exchange, call, kMaxXmlBytes);
  auto job = [&service, bucket = call.request.bucket, wanted = parse_delete(xml)] {
    return delete_all(service.store, bucket, wanted);
  };
  auto answer = co_await run_on(service.pool, std::move(job));
  co_return xml_response(std::move(answer));
}

}  // namespace wardbook::objectd
