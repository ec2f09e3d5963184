#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "s3/endpoint.h"
#include "s3/sigv4.h"

namespace wardbook::s3 {

using NameValue = std::pair<std::string, std::string>;

/// What a presigned URL allows. Views: they must outlive the call only.
struct PresignRequest {
  std::string_view method = "GET";
  std::string_view key;  ///< not encoded
  /// Query parameters, not encoded: `response-content-disposition`, `partNumber`, `uploadId`, …;
  /// none may start with `X-Amz-`.
  std::span<const NameValue> params;
  /// Headers that the request must carry just so. All stay headers; none moves into the query. Not
  /// Host, which is always bound, and not Content-Length.
  std::span<const NameValue> headers;
  /// Binds Content-Length: a body of any other size is refused. HTTP clients set it by themselves.
  std::optional<std::uint64_t> content_length;
  std::chrono::seconds expires{3600};  ///< 1 s to 7 days
};

/// Makes presigned URLs for one bucket: SigV4 by query with UNSIGNED-PAYLOAD. The same as
/// `sign_by_query` over the same request, but without its intermediate strings: about a microsecond
/// each. Keeps the day's key; one per thread.
class Presigner {
 public:
  Presigner(const Endpoint& public_endpoint, std::string_view bucket, bool path_style,
            std::string region, Credentials credentials);

  /// Throws std::invalid_argument for `expires` out of range, a parameter or a header that may not
  /// be there, or a header name or value that HTTP does not know.
  [[nodiscard]] std::string url(const PresignRequest& request, Time now);

 private:
  void renew(std::chrono::sys_days day);
  void append_query(const PresignRequest& request, std::string& out);
  void append_headers(std::string& out) const;
  void sort_headers(const PresignRequest& request);

  struct HeaderRef {
    std::string_view name;  ///< lower case, in names_ or static
    std::string_view value;
  };

  BucketAddress address_;
  std::string region_;
  Credentials credentials_;
  // Of the day:
  std::chrono::sys_days day_{};
  std::string scope_;
  std::string credential_param_;  ///< encoded
  std::optional<SigningKey> key_;
  // Scratch, kept for its capacity:
  std::string names_;
  std::string digits_;
  std::string canonical_;
  std::string to_sign_;
  std::vector<HeaderRef> headers_;
};

}  // namespace wardbook::s3
