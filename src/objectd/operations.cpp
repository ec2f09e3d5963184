#include "objectd/operations.h"

#include <algorithm>

#include "base/text.h"
#include "objectd/checksums.h"
#include "objectd/error.h"

namespace wardbook::objectd {
namespace {

using List = std::string_view;

// Headers ---------------------------------------------------------------------------------------

/// What every HTTP client, browser, proxy or SDK may send with any request, and what it means:
/// where the request comes from and goes to, its framing and signature, what the client would like
/// to get. None of it asks for anything that the store would have to do.
constexpr List kEverywhere[] = {
    // The connection and the body's framing (src/net), and conditions of caches, of which there
    // are none here.
    "host", "connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade",
    "expect", "http2-settings", "alt-used", "content-length", "content-type", "cache-control",
    "pragma", "max-forwards", "via", "forwarded", "x-forwarded-", "x-real-ip", "cdn-loop",
    // What load balancers, content networks and the proxies of hospitals' own networks add.
    "client-ip", "true-client-ip", "x-client-ip", "x-cluster-client-ip", "x-original-forwarded-for",
    "x-scheme", "cf-", "x-envoy-", "x-azure-", "x-arr-", "x-appgw-trace-id", "fastly-",
    "x-cloud-trace-context", "x-bluecoat-via", "z-forwarded-for", "x-original-url",
    "x-original-uri", "x-original-host", "x-rewrite-url",
    // Who asks, and what for.
    "user-agent", "from", "origin", "referer", "cookie", "dnt", "sec-", "priority", "save-data",
    "upgrade-insecure-requests", "purpose", "x-requested-with", "service-worker",
    "service-worker-navigation-preload", "accept", "accept-charset", "accept-encoding",
    "accept-language",
    // Client hints from before they were called Sec-CH-.
    "dpr", "width", "viewport-width", "device-memory", "rtt", "downlink", "ect",
    // Tracing.
    "x-request-id", "x-correlation-id", "traceparent", "tracestate", "baggage", "x-b3-", "b3",
    "x-amzn-trace-id", "x-datadog-", "newrelic", "x-newrelic-", "sentry-trace", "amz-sdk-",
    "x-amz-user-agent",
    // The signature (auth.h).
    "authorization", "date", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token"};

constexpr List kOwner[] = {"x-amz-expected-bucket-owner"};
/// Kept with an object and sent back with it.
constexpr List kStored[] = {"cache-control",    "content-disposition", "content-encoding",
                            "content-language", "content-type",        "expires",
                            "x-amz-meta-",      "x-amz-storage-class"};
constexpr List kTagged[] = {"x-amz-tagging"};
constexpr List kMade[] = {"x-amz-acl", "x-amz-server-side-encryption"};
constexpr List kBody[] = {"content-encoding",
                          "content-md5",
                          "x-amz-decoded-content-length",
                          "x-amz-sdk-checksum-algorithm",
                          "x-amz-trailer",
                          "x-amz-checksum-crc32",
                          "x-amz-checksum-crc32c",
                          "x-amz-checksum-crc64nvme",
                          "x-amz-checksum-sha1",
                          "x-amz-checksum-sha256"};
constexpr List kWriteConditions[] = {"if-match", "if-none-match"};
constexpr List kRead[] = {"range",
                          "if-match",
                          "if-none-match",
                          "if-range",
                          "if-modified-since",
                          "if-unmodified-since",
                          "x-amz-checksum-mode",
                          "x-amz-te"};
constexpr List kCopySource[] = {"x-amz-copy-source",
                                "x-amz-copy-source-if-match",
                                "x-amz-copy-source-if-none-match",
                                "x-amz-copy-source-if-modified-since",
                                "x-amz-copy-source-if-unmodified-since",
                                "x-amz-source-expected-bucket-owner"};
constexpr List kCopy[] = {"x-amz-metadata-directive", "x-amz-tagging-directive",
                          "x-amz-checksum-algorithm"};
constexpr List kCopyRange[] = {"x-amz-copy-source-range"};
constexpr List kUpload[] = {"x-amz-checksum-algorithm", "x-amz-checksum-type"};
constexpr List kCompletion[] = {"x-amz-checksum-type", "x-amz-mp-object-size"};
constexpr List kDeleteConditions[] = {"if-match", "x-amz-if-match-size",
                                      "x-amz-if-match-last-modified-time"};
constexpr List kAttributes[] = {"x-amz-object-attributes", "x-amz-max-parts",
                                "x-amz-part-number-marker"};
/// No object is ever locked, so that there is nothing to bypass.
constexpr List kRetention[] = {"x-amz-bypass-governance-retention"};
constexpr List kBucketAcl[] = {"x-amz-acl"};

// Query parameters --------------------------------------------------------------------------------

/// Of a presigned URL; checked with the signature.
constexpr List kSignature[] = {"X-Amz-Algorithm",     "X-Amz-Credential",    "X-Amz-Date",
                               "X-Amz-Expires",       "X-Amz-Signature",     "X-Amz-Security-Token",
                               "X-Amz-SignedHeaders", "X-Amz-Content-Sha256"};
constexpr List kLocation[] = {"location"};
constexpr List kVersioning[] = {"versioning"};
constexpr List kAcl[] = {"acl"};
constexpr List kAttributesOf[] = {"attributes"};
constexpr List kEncryption[] = {"encryption"};
constexpr List kPublicAccess[] = {"publicAccessBlock"};
constexpr List kCors[] = {"cors"};
constexpr List kLifecycle[] = {"lifecycle"};
constexpr List kTiering[] = {"intelligent-tiering"};
constexpr List kId[] = {"id"};
constexpr List kTagging[] = {"tagging"};
constexpr List kUploads[] = {"uploads"};
constexpr List kDelete[] = {"delete"};
constexpr List kListType[] = {"list-type"};
constexpr List kUploadId[] = {"uploadId"};
constexpr List kBuckets[] = {"prefix", "max-buckets", "continuation-token", "bucket-region"};
constexpr List kList[] = {"prefix", "delimiter", "marker", "max-keys", "encoding-type"};
constexpr List kListV2[] = {"prefix",      "delimiter",          "max-keys",   "encoding-type",
                            "start-after", "continuation-token", "fetch-owner"};
constexpr List kVersions[] = {"versions"};
constexpr List kListVersions[] = {"prefix",   "delimiter",         "key-marker",
                                  "max-keys", "version-id-marker", "encoding-type"};
constexpr List kListUploads[] = {"prefix",      "delimiter",        "key-marker",
                                 "max-uploads", "upload-id-marker", "encoding-type"};
constexpr List kGet[] = {"partNumber",
                         "versionId",
                         "response-cache-control",
                         "response-content-disposition",
                         "response-content-encoding",
                         "response-content-language",
                         "response-content-type",
                         "response-expires"};
constexpr List kVersion[] = {"versionId"};
constexpr List kPart[] = {"partNumber"};
constexpr List kListParts[] = {"max-parts", "part-number-marker"};

using Op = Operation;
using On = Target;

constexpr OperationRow kOperations[] = {
    {Op::list_buckets, "ListBuckets", "GET", On::service, {}, kBuckets, {}},
    {Op::create_bucket,
     "CreateBucket",
     "PUT",
     On::bucket,
     {},
     {},
     {kBody, kBucketAcl},
     false,
     true},
    {Op::head_bucket, "HeadBucket", "HEAD", On::bucket, {}, {}, {kOwner}},
    {Op::delete_bucket, "DeleteBucket", "DELETE", On::bucket, {}, {}, {kOwner}},
    {Op::bucket_location, "GetBucketLocation", "GET", On::bucket, kLocation, {}, {kOwner}},
    {Op::get_versioning, "GetBucketVersioning", "GET", On::bucket, kVersioning, {}, {kOwner}},
    {Op::put_versioning,
     "PutBucketVersioning",
     "PUT",
     On::bucket,
     kVersioning,
     {},
     {kOwner, kBody},
     false,
     true},
    {Op::get_bucket_tagging, "GetBucketTagging", "GET", On::bucket, kTagging, {}, {kOwner}},
    {Op::put_bucket_tagging,
     "PutBucketTagging",
     "PUT",
     On::bucket,
     kTagging,
     {},
     {kOwner, kBody},
     false,
     true},
    {Op::delete_bucket_tagging,
     "DeleteBucketTagging",
     "DELETE",
     On::bucket,
     kTagging,
     {},
     {kOwner}},
    {Op::bucket_acl, "GetBucketAcl", "GET", On::bucket, kAcl, {}, {kOwner}},
    {Op::get_encryption, "GetBucketEncryption", "GET", On::bucket, kEncryption, {}, {kOwner}},
    {Op::put_encryption,
     "PutBucketEncryption",
     "PUT",
     On::bucket,
     kEncryption,
     {},
     {kOwner, kBody},
     false,
     true},
    {Op::delete_encryption,
     "DeleteBucketEncryption",
     "DELETE",
     On::bucket,
     kEncryption,
     {},
     {kOwner}},
    {Op::get_public_access, "GetPublicAccessBlock", "GET", On::bucket, kPublicAccess, {}, {kOwner}},
    {Op::put_public_access,
     "PutPublicAccessBlock",
     "PUT",
     On::bucket,
     kPublicAccess,
     {},
     {kOwner, kBody},
     false,
     true},
    {Op::delete_public_access,
     "DeletePublicAccessBlock",
     "DELETE",
     On::bucket,
     kPublicAccess,
     {},
     {kOwner}},
    {Op::get_cors, "GetBucketCors", "GET", On::bucket, kCors, {}, {kOwner}},
    {Op::put_cors, "PutBucketCors", "PUT", On::bucket, kCors, {}, {kOwner, kBody}, false, true},
    {Op::delete_cors, "DeleteBucketCors", "DELETE", On::bucket, kCors, {}, {kOwner}},
    {Op::get_lifecycle,
     "GetBucketLifecycleConfiguration",
     "GET",
     On::bucket,
     kLifecycle,
     {},
     {kOwner}},
    {Op::put_lifecycle,
     "PutBucketLifecycleConfiguration",
     "PUT",
     On::bucket,
     kLifecycle,
     {},
     {kOwner, kBody},
     false,
     true},
    {Op::delete_lifecycle, "DeleteBucketLifecycle", "DELETE", On::bucket, kLifecycle, {}, {kOwner}},
    {Op::get_tiering,
     "GetBucketIntelligentTieringConfiguration",
     "GET",
     On::bucket,
     kTiering,
     kId,
     {kOwner}},
    {Op::put_tiering,
     "PutBucketIntelligentTieringConfiguration",
     "PUT",
     On::bucket,
     kTiering,
     kId,
     {kOwner, kBody},
     false,
     true},
    {Op::delete_tiering,
     "DeleteBucketIntelligentTieringConfiguration",
     "DELETE",
     On::bucket,
     kTiering,
     kId,
     {kOwner}},
    {Op::list_objects, "ListObjects", "GET", On::bucket, {}, kList, {kOwner}},
    {Op::list_objects_v2, "ListObjectsV2", "GET", On::bucket, kListType, kListV2, {kOwner}},
    {Op::list_versions,
     "ListObjectVersions",
     "GET",
     On::bucket,
     kVersions,
     kListVersions,
     {kOwner}},
    {Op::list_uploads, "ListMultipartUploads", "GET", On::bucket, kUploads, kListUploads, {kOwner}},
    {Op::delete_objects,
     "DeleteObjects",
     "POST",
     On::bucket,
     kDelete,
     {},
     {kOwner, kBody, kRetention},
     false,
     true},
    {Op::put_object,
     "PutObject",
     "PUT",
     On::object,
     {},
     {},
     {kOwner, kStored, kMade, kTagged, kBody, kWriteConditions},
     true,
     true},
    {Op::copy_object,
     "CopyObject",
     "PUT",
     On::object,
     {},
     {},
     {kOwner, kStored, kMade, kTagged, kWriteConditions, kCopySource, kCopy},
     true},
    {Op::get_object, "GetObject", "GET", On::object, {}, kGet, {kOwner, kRead}},
    {Op::head_object, "HeadObject", "HEAD", On::object, {}, kGet, {kOwner, kRead}},
    {Op::delete_object,
     "DeleteObject",
     "DELETE",
     On::object,
     {},
     kVersion,
     {kOwner, kDeleteConditions, kRetention}},
    {Op::object_acl, "GetObjectAcl", "GET", On::object, kAcl, kVersion, {kOwner}},
    {Op::object_attributes,
     "GetObjectAttributes",
     "GET",
     On::object,
     kAttributesOf,
     kVersion,
     {kOwner, kAttributes}},
    {Op::get_tagging, "GetObjectTagging", "GET", On::object, kTagging, kVersion, {kOwner}},
    {Op::put_tagging,
     "PutObjectTagging",
     "PUT",
     On::object,
     kTagging,
     kVersion,
     {kOwner, kBody},
     false,
     true},
    {Op::delete_tagging, "DeleteObjectTagging", "DELETE", On::object, kTagging, kVersion, {kOwner}},
    {Op::create_upload,
     "CreateMultipartUpload",
     "POST",
     On::object,
     kUploads,
     {},
     {kOwner, kStored, kMade, kTagged, kUpload},
     true},
    {Op::upload_part,
     "UploadPart",
     "PUT",
     On::object,
     kUploadId,
     kPart,
     {kOwner, kBody},
     false,
     true},
    {Op::upload_part_copy,
     "UploadPartCopy",
     "PUT",
     On::object,
     kUploadId,
     kPart,
     {kOwner, kCopySource, kCopyRange}},
    {Op::list_parts, "ListParts", "GET", On::object, kUploadId, kListParts, {kOwner}},
    {Op::complete_upload,
     "CompleteMultipartUpload",
     "POST",
     On::object,
     kUploadId,
     {},
     {kOwner, kBody, kWriteConditions, kCompletion},
     false,
     true},
    {Op::abort_upload, "AbortMultipartUpload", "DELETE", On::object, kUploadId, {}, {kOwner}},
};

bool has(Names names, std::string_view name) {
  return std::ranges::any_of(names, [name](std::string_view own) {
    return own == name || (own.ends_with('-') && name.starts_with(own));
  });
}

bool declares(const OperationRow& row, std::string_view header) {
  return has(kEverywhere, header) ||
         std::ranges::any_of(row.headers, [header](Names names) { return has(names, header); });
}

[[noreturn]] void not_implemented(std::string_view kind, std::string_view name,
                                  const OperationRow& row) {
  throw S3Error(errors::kNotImplemented, std::string("The ") + std::string(kind) + " " +
                                             std::string(name) + " is not supported with " +
                                             std::string(row.name));
}

[[noreturn]] void invalid(std::string_view name) {
  throw S3Error(errors::kInvalidArgument, std::string("The value of ") + std::string(name) +
                                              " is not one that this store knows");
}

void check_query(const OperationRow& row, const net::QueryParams& query, bool presigned) {
  for (auto param = query.begin(); param != query.end(); ++param) {
    const auto& [name, value] = *param;
    const auto lower = lower_case(name);
    const bool of_headers = presigned && lower.starts_with("x-amz-");
    const auto same = [&](const auto& other) {
      return other.first == name || (of_headers && lower_case(other.first) == lower);
    };
    if (std::find_if(query.begin(), param, same) != param) {
      throw S3Error(errors::kInvalidArgument, "The parameter is repeated: " + name);
    }
    if (presigned && has(kSignature, name)) continue;
    const bool of_signature = std::ranges::any_of(
        kSignature, [&](std::string_view own) { return equal_ignoring_case(own, lower); });
    if (of_headers && !of_signature) continue;  // it stands for a header
    if (name == "x-id") {
      if (value != row.name) invalid(name);
    } else if (has(row.selectors, name)) {
      const bool has_value = name == "uploadId" || name == "list-type";
      if (!has_value && !value.empty()) invalid(name);
      if (name == "list-type" && value != "2") invalid(name);
    } else if (!has(row.query, name)) {
      not_implemented("parameter", name, row);
    }
  }
}

void expect_one_of(const net::Headers& headers, std::string_view name,
                   std::initializer_list<std::string_view> values) {
  const auto value = headers.get(name);
  if (value && std::ranges::find(values, *value) == values.end()) invalid(name);
}

/// All that is asked for with checksums must be one thing, and one that we can compute.
void check_checksums(const net::Headers& headers, bool trailing) {
  std::optional<ChecksumKind> kind;
  const auto take = [&kind](ChecksumKind named) {
    if (kind && *kind != named) {
      throw S3Error(errors::kInvalidRequest, "More than one checksum is asked for");
    }
    kind = named;
  };
  for (const auto known : kChecksumKinds) {
    if (headers.get(header_of(known))) take(known);
  }
  if (const auto trailer = headers.get("x-amz-trailer")) {
    const auto known = std::ranges::find_if(kChecksumKinds, [&](ChecksumKind one) {
      return equal_ignoring_case(header_of(one), *trailer);
    });
    if (!trailing || known == kChecksumKinds.end()) invalid("x-amz-trailer");
    if (kind) throw S3Error(errors::kInvalidRequest, "A checksum is sent both ways");
    take(*known);
  }
  for (const auto* name : {"x-amz-sdk-checksum-algorithm", "x-amz-checksum-algorithm"}) {
    const auto algorithm = headers.get(name);
    if (!algorithm) continue;
    const auto known = checksum_by_name(*algorithm);
    if (!known) throw S3Error(errors::kInvalidRequest, "Checksum algorithm not supported");
    take(*known);
  }
}

void check_values(const OperationRow& row, const net::RequestHead& head,
                  const net::QueryParams& query, std::string_view payload_hash) {
  const auto& headers = head.headers;
  for (const auto* name : {"x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"}) {
    const auto owner = headers.get(name);
    if (owner && *owner != kOwnerId) throw S3Error(errors::kAccessDenied);
  }
  // The owner has everything and nobody else has anything, whatever the two are called.
  if (const auto acl = headers.get("x-amz-acl");
      acl && *acl != "private" && *acl != "bucket-owner-full-control") {
    throw S3Error(errors::kNotImplemented, "Access is the owner's alone");
  }
  expect_one_of(headers, "x-amz-metadata-directive", {"COPY", "REPLACE"});
  expect_one_of(headers, "x-amz-tagging-directive", {"COPY", "REPLACE"});
  expect_one_of(headers, "x-amz-checksum-type", {"COMPOSITE", "FULL_OBJECT"});
  expect_one_of(headers, "x-amz-checksum-mode", {"ENABLED"});
  expect_one_of(headers, "x-amz-te", {"append-md5"});  // an offer to take it, not a demand
  const bool chunked = payload_hash.starts_with("STREAMING-");
  if (!chunked && headers.get("x-amz-decoded-content-length")) {
    throw S3Error(errors::kInvalidRequest, "The body is not in chunks");
  }
  if (!row.stores && headers.get("content-encoding")) {
    expect_one_of(headers, "content-encoding", {"aws-chunked", "identity"});
  }
  check_checksums(headers, chunked && payload_hash.ends_with("-TRAILER"));
  const bool part =
      std::ranges::any_of(query, [](const auto& p) { return p.first == "partNumber"; });
  if (part && headers.get("range")) {
    throw S3Error(errors::kInvalidRequest,
                  "Cannot specify both Range header and partNumber query parameter");
  }
}

/// What a browser adds by itself to any request that its page does not want answered from a cache,
/// an upload too (Fetch, 4.6), for the caches on the way.
bool is_for_caches_on_the_way(std::string_view name, std::string_view value) {
  return name == "cache-control" && (value == "no-cache" || value == "max-age=0");
}

/// Whoever holds a presigned URL may not add to what its maker meant.
void check_signed(const OperationRow& row, const net::RequestHead& head, const s3::Claim& claim) {
  const bool reads = row.method == "GET" || row.method == "HEAD";
  for (const auto& [name, value] : head.headers.all()) {
    const auto lower = lower_case(name);
    const bool kept = row.stores && has(kStored, lower) &&
                      !(lower == "content-encoding" && value == "aws-chunked");
    const bool decides = !reads && lower.starts_with("if-");
    if ((!kept && !decides) || claim.signs(lower)) continue;
    if (is_for_caches_on_the_way(lower, value) && claim.kind == s3::Claim::Kind::query) continue;
    // The AWS SDK for JavaScript never signs this one.
    if (lower == "cache-control" && claim.kind == s3::Claim::Kind::header) continue;
    throw S3Error(errors::kAccessDenied,
                  "There were headers present in the request which were not signed",
                  {{"HeadersNotSigned", lower}});
  }
}

}  // namespace

void drop_unkept(net::Headers& headers, const s3::Claim& claim) {
  const auto value = headers.get("cache-control");
  if (!value || claim.kind != s3::Claim::Kind::query || claim.signs("cache-control")) return;
  if (is_for_caches_on_the_way("cache-control", *value)) headers.erase("cache-control");
}

std::span<const OperationRow> operations() {
  return kOperations;
}

const OperationRow& row_of(Operation operation) {
  return *std::ranges::find(kOperations, operation, &OperationRow::operation);
}

const OperationRow& find_operation(std::string_view method, Target target,
                                   const net::QueryParams& query, const net::Headers& headers) {
  const bool copies = headers.get("x-amz-copy-source").has_value();
  const auto asked = [&query](std::string_view name) {
    return std::ranges::any_of(query, [name](const auto& param) { return param.first == name; });
  };
  const OperationRow* found = nullptr;
  bool method_known = false;
  for (const auto& row : kOperations) {
    if (row.target != target || row.method != method) continue;
    method_known = true;
    if (!std::ranges::all_of(row.selectors, asked)) continue;
    const bool is_copy =
        row.operation == Operation::copy_object || row.operation == Operation::upload_part_copy;
    if (method == "PUT" && target == Target::object && is_copy != copies) continue;
    if (found == nullptr || row.selectors.size() > found->selectors.size()) found = &row;
  }
  if (found != nullptr) return *found;
  throw S3Error(method_known || method == "POST" ? errors::kNotImplemented
                                                 : errors::kMethodNotAllowed);
}

void check_declared(const OperationRow& row, const net::RequestHead& head,
                    const net::RequestHead& effective, const net::QueryParams& query,
                    const s3::Claim& claim) {
  check_query(row, query, claim.kind == s3::Claim::Kind::query);
  for (const auto& [name, value] : effective.headers.all()) {
    if (!declares(row, lower_case(name))) not_implemented("header", lower_case(name), row);
  }
  check_signed(row, head, claim);
  check_values(row, effective, query, claim.payload_hash);
}

}  // namespace wardbook::objectd
