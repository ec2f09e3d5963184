#include "objectd/auth.h"

#include "base/hash.h"
#include "base/text.h"
#include "objectd/error.h"

namespace wardbook::objectd {
namespace {

const ErrorKind& malformed_kind(s3::Claim::Kind kind) {
  return kind == s3::Claim::Kind::query ? errors::kAuthorizationQueryParametersError
                                        : errors::kAuthorizationHeaderMalformed;
}

[[noreturn]] void refuse(s3::ClaimError error, s3::Claim::Kind kind) {
  using enum s3::ClaimError;
  switch (error) {
    case none:
      throw S3Error(errors::kAccessDenied);
    case two_mechanisms:
      throw S3Error(errors::kInvalidArgument, "Only one auth mechanism allowed");
    case unsupported_algorithm:
      throw S3Error(errors::kInvalidRequest,
                    "The authorization mechanism you have provided is not supported. Please use "
                    "AWS4-HMAC-SHA256.");
    case malformed:
      break;
    case bad_date:
      throw S3Error(errors::kAccessDenied,
                    "AWS authentication requires a valid X-Amz-Date of the credential's day");
    case bad_expires:
      throw S3Error(errors::kAuthorizationQueryParametersError,
                    "X-Amz-Expires must be a number of seconds, at most a week (604800)");
    case host_not_signed:
      throw S3Error(malformed_kind(kind), "The host header must be signed");
    case no_payload_hash:
      throw S3Error(errors::kInvalidRequest,
                    "Missing or invalid required header for this request: x-amz-content-sha256");
  }
  throw S3Error(malformed_kind(kind));
}

/// Headers that this store reads once: a second one could say something else than the first.
void check_single(const net::RequestHead& head) {
  const auto& fields = head.headers.all();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto starts = [&](std::string_view prefix) {
      return starts_with_ignoring_case(fields[i].first, prefix);
    };
    if (!starts("x-amz-") && !starts("content-") && !starts("if-") && !starts("range")) continue;
    for (std::size_t j = 0; j < i; ++j) {
      if (equal_ignoring_case(fields[i].first, fields[j].first)) {
        throw S3Error(errors::kInvalidRequest, "A header is repeated: " + fields[i].first);
      }
    }
  }
}

}  // namespace

Authenticator::Authenticator(std::string access_key, std::string secret_key, std::string region,
                             const Clock& clock)
    : access_key_(std::move(access_key)),
      secret_key_(std::move(secret_key)),
      region_(std::move(region)),
      clock_(clock) {}

void Authenticator::check_time(const s3::Claim& claim) const {
  const auto now = clock_.now();
  if (claim.kind == s3::Claim::Kind::header) {
    if (claim.time > now + kMaxSkew || claim.time < now - kMaxSkew) {
      throw S3Error(errors::kRequestTimeTooSkewed, {},
                    {{"RequestTime", claim.amz_date},
                     {"ServerTime", format_rfc3339(std::chrono::floor<std::chrono::seconds>(now))},
                     {"MaxAllowedSkewMilliseconds",
                      std::to_string(std::chrono::milliseconds(kMaxSkew).count())}});
    }
    return;
  }
  if (claim.time > now + kMaxSkew) {
    throw S3Error(errors::kAccessDenied, "Request is not valid yet",
                  {{"X-Amz-Date", claim.amz_date}});
  }
  if (claim.time + claim.expires < now) {
    throw S3Error(errors::kAccessDenied, "Request has expired",
                  {{"X-Amz-Expires", std::to_string(claim.expires.count())},
                   {"Expires", format_rfc3339(claim.time + claim.expires)}});
  }
}

void Authenticator::check_scope(const s3::Claim& claim) const {
  if (claim.scope.service != "s3") {
    throw S3Error(malformed_kind(claim.kind), "The credential's service must be \"s3\"");
  }
  if (claim.scope.region != region_) {
    throw S3Error(malformed_kind(claim.kind),
                  "The region '" + claim.scope.region + "' is wrong; expecting '" + region_ + "'",
                  {{"Region", region_}});
  }
  if (!claim.session_token.empty()) throw S3Error(errors::kInvalidToken);
}

Authorized Authenticator::verify(const net::RequestHead& head) {
  auto claim = s3::parse_claim(head);
  if (!claim) {
    const bool by_header = head.headers.get("authorization").has_value();
    const bool version_2 = head.raw_query().find("AWSAccessKeyId=") != std::string_view::npos;
    if (claim.error() == s3::ClaimError::none && version_2) {
      refuse(s3::ClaimError::unsupported_algorithm, s3::Claim::Kind::query);
    }
    refuse(claim.error(), by_header ? s3::Claim::Kind::header : s3::Claim::Kind::query);
  }
  if (!constant_time_equal(claim->access_key, access_key_)) {
    throw S3Error(errors::kInvalidAccessKeyId, {}, {{"AWSAccessKeyId", claim->access_key}});
  }
  check_scope(*claim);
  check_time(*claim);
  check_single(head);
  if (const auto name = s3::unsigned_amz_header(head, *claim)) {
    throw S3Error(errors::kAccessDenied,
                  "There were headers present in the request which were not signed",
                  {{"HeadersNotSigned", *name}});
  }
  const auto& key = keys_.get(secret_key_, claim->scope);
  const auto expected = s3::expected_signature(head, *claim, key);
  if (!s3::signature_matches(expected, *claim)) {
    throw S3Error(errors::kSignatureDoesNotMatch, {},
                  {{"AWSAccessKeyId", claim->access_key},
                   {"StringToSign", expected.string_to_sign},
                   {"SignatureProvided", claim->signature},
                   {"CanonicalRequest", expected.canonical_request}});
  }
  return {std::move(*claim), key};
}

}  // namespace wardbook::objectd
