#include "s3/retry.h"

#include <algorithm>
#include <stdexcept>

namespace wardbook::s3 {

std::string_view to_string(S3Error error) {
  switch (error) {
    case S3Error::not_found:
      return "not_found";
    case S3Error::no_bucket:
      return "no_bucket";
    case S3Error::already_exists:
      return "already_exists";
    case S3Error::access_denied:
      return "access_denied";
    case S3Error::mismatch:
      return "mismatch";
    case S3Error::changed:
      return "changed";
    case S3Error::invalid_range:
      return "invalid_range";
    case S3Error::archived:
      return "archived";
    case S3Error::rejected:
      return "rejected";
    case S3Error::unavailable:
      return "unavailable";
  }
  return "unknown";
}

void throw_exception_from_error(const S3Failure& failure, const boost::source_location&) {
  throw std::runtime_error("object store: " + std::string(to_string(failure.error)) +
                           (failure.code.empty() ? "" : " (" + failure.code + ")"));
}

Verdict classify(int status, std::string_view code) {
  struct Row {
    std::string_view code;
    Verdict verdict;
  };
  static constexpr Row kByCode[] = {
      {"NoSuchBucket", {S3Error::no_bucket, Retry::no}},
      {"BucketAlreadyOwnedByYou", {S3Error::already_exists, Retry::no}},
      {"BucketAlreadyExists", {S3Error::already_exists, Retry::no}},
      {"BadDigest", {S3Error::mismatch, Retry::no}},
      {"InvalidDigest", {S3Error::mismatch, Retry::no}},
      {"XAmzContentSHA256Mismatch", {S3Error::mismatch, Retry::no}},
      {"XAmzContentChecksumMismatch", {S3Error::mismatch, Retry::no}},
      {"IncompleteBody", {S3Error::mismatch, Retry::if_idempotent}},
      {"InvalidObjectState", {S3Error::archived, Retry::no}},
      {"InvalidRange", {S3Error::invalid_range, Retry::no}},
      // Full: somebody has to make room first.
      {"InsufficientStorage", {S3Error::unavailable, Retry::no}},
      {"QuotaExceeded", {S3Error::unavailable, Retry::no}},
      {"SlowDown", {S3Error::unavailable, Retry::yes}},
      {"ServiceUnavailable", {S3Error::unavailable, Retry::yes}},
      {"RequestTimeout", {S3Error::unavailable, Retry::if_idempotent}},
      {"InternalError", {S3Error::unavailable, Retry::if_idempotent}},
      // Another write to the key was under way; which one has won is not known yet.
      {"ConditionalRequestConflict", {S3Error::unavailable, Retry::yes}},
      {"OperationAborted", {S3Error::unavailable, Retry::yes}},
  };
  const auto* row = std::ranges::find(kByCode, code, &Row::code);
  if (row != std::end(kByCode)) return row->verdict;
  switch (status) {
    case 401:
    case 403:
      return {S3Error::access_denied, Retry::no};
    case 404:
      return {S3Error::not_found, Retry::no};
    case 412:
      return {S3Error::already_exists, Retry::no};
    case 416:
      return {S3Error::invalid_range, Retry::no};
    case 408:
      return {S3Error::unavailable, Retry::if_idempotent};
    case 507:
      return {S3Error::unavailable, Retry::no};
    case 429:
    case 503:
      return {S3Error::unavailable, Retry::yes};
    case 500:
    case 502:
    case 504:
      return {S3Error::unavailable, Retry::if_idempotent};
    default:
      return {S3Error::rejected, Retry::no};
  }
}

std::optional<std::chrono::milliseconds> Backoff::wait_after(
    int attempt, std::optional<std::chrono::seconds> retry_after) {
  if (attempt >= policy_.max_attempts) return std::nullopt;
  auto most = std::min(policy_.base, policy_.cap);
  for (int i = 1; i < attempt && most < policy_.cap; ++i) most = std::min(most * 2, policy_.cap);
  std::uniform_int_distribution<std::chrono::milliseconds::rep> spread(0, most.count());
  std::chrono::milliseconds wait{spread(random_)};
  if (retry_after) {
    wait = std::max(wait, std::min<std::chrono::milliseconds>(*retry_after, policy_.cap));
  }
  return wait;
}

}  // namespace wardbook::s3
