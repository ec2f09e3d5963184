#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>
#include <string>
#include <string_view>

namespace wardbook::s3 {

/// The few ways in which a request to a store ends badly, by what the caller can do about it.
enum class S3Error {
  not_found,       ///< no such object, upload or version
  no_bucket,       ///< the bucket itself is missing: configuration, not a lost object
  already_exists,  ///< If-None-Match: * met an object, or the bucket is there already
  access_denied,   ///< wrong key, secret, clock or rights
  mismatch,        ///< the bytes are not what was announced: checksum, MD5, size
  changed,         ///< not the object any more that the request named by its ETag
  invalid_range,   ///< beyond the object's end
  archived,        ///< must be restored before it can be read
  rejected,        ///< the store will not do this; repeating it will not help
  unavailable,     ///< away, overloaded or too slow; the retries are used up
};

[[nodiscard]] std::string_view to_string(S3Error error);

struct S3Failure {
  S3Error error = S3Error::unavailable;
  int status = 0;       ///< HTTP status; 0 when there was no answer
  std::string code;     ///< S3's own code, such as `NoSuchKey`, or ours for what is below HTTP
  std::string message;  ///< for the log; may name keys, hence patients' files: never for clients
  /// The request may have been carried out although no good answer came.
  bool maybe_done = false;
};

template <class T>
using Result = boost::system::result<T, S3Failure>;

/// Makes `Result::value()` throw std::runtime_error without a message of the store's.
[[noreturn]] void throw_exception_from_error(const S3Failure& failure,
                                             const boost::source_location& where);

}  // namespace wardbook::s3
