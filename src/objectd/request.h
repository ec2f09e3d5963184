#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "net/message.h"
#include "objectd/object_meta.h"
#include "objectd/operations.h"
#include "objectd/store.h"

namespace wardbook::objectd {

/// What a request's head asks for.
struct S3Request {
  Operation operation = Operation::list_buckets;
  std::string bucket;
  std::string key;
  net::QueryParams query;

  /// The parameter's value; nullopt if it is absent.
  [[nodiscard]] std::optional<std::string_view> param(std::string_view name) const;
  [[nodiscard]] std::string text(std::string_view name) const {
    return std::string(param(name).value_or(std::string_view()));
  }
  /// versionId: "" for the null version; nullopt for the latest. Fails with InvalidArgument.
  [[nodiscard]] std::optional<std::string> version() const;
};

inline constexpr std::size_t kMaxKeyBytes = 1024;
inline constexpr std::size_t kMaxUserMetadataBytes = 8 * 1024;  // S3: 2 KiB

/// The head as S3 reads it: x-amz- parameters of a presigned URL other than the signature's own
/// stand for headers (several SDKs move them there). The checksum of nothing is left out: SDKs that
/// presign without knowing the body put it there, and S3 looks past it. Fails with InvalidRequest
/// if one is both a header and a parameter. The head must have been verified as it came.
[[nodiscard]] net::RequestHead with_query_headers(const net::RequestHead& head);

/// Path-style only. Fails with S3Error: InvalidURI, KeyTooLongError, MethodNotAllowed,
/// NotImplemented.
[[nodiscard]] S3Request parse_request(const net::RequestHead& head);

/// The headers that are kept with an object: content-type and its like, storage class, user
/// metadata, in lower case; "aws-chunked" is taken out of Content-Encoding. Fails with
/// MetadataTooLarge, InvalidArgument for a storage class or an encryption that we do not have.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> stored_headers(
    const net::Headers& headers);

/// If-Match, x-amz-if-match-size and x-amz-if-match-last-modified-time of a delete. Fails with
/// InvalidArgument.
[[nodiscard]] DeleteCondition delete_condition(const net::Headers& headers);

/// If-None-Match: * and If-Match of a write. Fails with NotImplemented for any other If-None-Match.
[[nodiscard]] PutCondition put_condition(const net::Headers& headers);

/// `bytes=` with one range, cut to the object's size; nullopt means the whole object (no range, one
/// that is ill-formed, or several). Fails with InvalidRange.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};
[[nodiscard]] std::optional<ByteRange> parse_range(std::string_view header, std::uint64_t size);

/// x-amz-copy-source-range: `bytes=first-last`, both inside the source, since what is copied must
/// be what is named. Fails with InvalidArgument for another form, InvalidRange beyond the source.
[[nodiscard]] ByteRange parse_copy_range(std::string_view header, std::uint64_t size);

/// RFC 9110, 13.2.2, for GET and HEAD, with headers named `prefix` + "if-match" and so on. Fails
/// with PreconditionFailed or NotModified; for a copy's source the latter is PreconditionFailed;
/// InvalidArgument for a date that is none.
void check_preconditions(const net::Headers& headers, std::string_view prefix,
                         std::string_view etag, Time modified);

/// Whether `If-Range` (an ETag or a date) says that the range is of this very object.
[[nodiscard]] bool range_holds(std::string_view if_range, std::string_view etag, Time modified);

/// `Tue, 03 Nov 2026 10:11:12 GMT`
[[nodiscard]] std::string http_date(Time time);
[[nodiscard]] std::optional<Time> parse_http_date(std::string_view text);
/// `2026-11-03T10:11:12.345Z`, as S3 writes times in XML.
[[nodiscard]] std::string xml_time(Time time);

/// A decimal parameter in [0, most]; `otherwise` if it is absent. Fails with InvalidArgument.
[[nodiscard]] int int_param(const S3Request& request, std::string_view name, int otherwise,
                            int most);

/// `/bucket/key` or `bucket/key` of x-amz-copy-source, decoded, with `?versionId=…` if a version is
/// meant. Fails with InvalidArgument, and with NotImplemented for another parameter.
struct CopySource {
  std::string bucket;
  std::string key;
  std::optional<std::string> version = {};
};
[[nodiscard]] CopySource parse_copy_source(std::string_view header);

}  // namespace wardbook::objectd
