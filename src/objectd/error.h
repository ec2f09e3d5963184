#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/message.h"

namespace wardbook::objectd {

/// One of S3's error codes, with the status it is answered with and its usual message.
struct ErrorKind {
  std::string_view code;
  int status;
  std::string_view message;
};

namespace errors {
inline constexpr ErrorKind kAccessDenied{"AccessDenied", 403, "Access Denied"};
inline constexpr ErrorKind kAuthorizationHeaderMalformed{
    "AuthorizationHeaderMalformed", 400,
    "The authorization header that you provided is not valid."};
inline constexpr ErrorKind kAuthorizationQueryParametersError{
    "AuthorizationQueryParametersError", 400,
    "The authorization query parameters that you provided are not valid."};
inline constexpr ErrorKind kBadDigest{
    "BadDigest", 400, "The digest or checksum that you sent does not match what was received."};
inline constexpr ErrorKind kBucketAlreadyOwnedByYou{
    "BucketAlreadyOwnedByYou", 409, "The bucket exists already and belongs to you."};
inline constexpr ErrorKind kBucketNotEmpty{"BucketNotEmpty", 409,
                                           "The bucket that you tried to delete is not empty."};
inline constexpr ErrorKind kEntityTooLarge{"EntityTooLarge", 400,
                                           "Your upload exceeds the largest size allowed."};
inline constexpr ErrorKind kEntityTooSmall{
    "EntityTooSmall", 400, "A part other than the last is smaller than the least size allowed."};
inline constexpr ErrorKind kIncompleteBody{
    "IncompleteBody", 400, "You did not provide the number of bytes that the request declares."};
inline constexpr ErrorKind kInsufficientStorage{"InsufficientStorage", 507,
                                                "There is no room left to store this."};
inline constexpr ErrorKind kInternalError{"InternalError", 500,
                                          "We encountered an internal error."};
inline constexpr ErrorKind kInvalidAccessKeyId{
    "InvalidAccessKeyId", 403, "The access key that you provided does not exist in our records."};
inline constexpr ErrorKind kInvalidArgument{"InvalidArgument", 400, "Invalid argument."};
inline constexpr ErrorKind kInvalidBucketName{"InvalidBucketName", 400,
                                              "The specified bucket is not valid."};
inline constexpr ErrorKind kInvalidDigest{"InvalidDigest", 400,
                                          "The digest that you sent is not well-formed."};
inline constexpr ErrorKind kInvalidPart{
    "InvalidPart", 400, "A part was not found, or its ETag or checksum is another one."};
inline constexpr ErrorKind kInvalidPartOrder{"InvalidPartOrder", 400,
                                             "The list of parts was not in ascending order."};
inline constexpr ErrorKind kInvalidRange{"InvalidRange", 416,
                                         "The requested range is not satisfiable."};
inline constexpr ErrorKind kInvalidRequest{"InvalidRequest", 400, "Invalid request."};
inline constexpr ErrorKind kInvalidTag{"InvalidTag", 400, "A tag is not valid."};
inline constexpr ErrorKind kInvalidToken{"InvalidToken", 400, "The provided token is not valid."};
inline constexpr ErrorKind kInvalidUri{"InvalidURI", 400, "The URI could not be parsed."};
inline constexpr ErrorKind kKeyTooLong{"KeyTooLongError", 400, "Your key is too long."};
inline constexpr ErrorKind kMalformedTrailer{
    "MalformedTrailerError", 400, "The request's trailer is missing, incomplete or ill-formed."};
inline constexpr ErrorKind kMalformedXml{
    "MalformedXML", 400, "The XML you provided was not well-formed or not what was expected."};
inline constexpr ErrorKind kMetadataTooLarge{
    "MetadataTooLarge", 400, "Your metadata headers exceed the largest size allowed."};
inline constexpr ErrorKind kMethodNotAllowed{
    "MethodNotAllowed", 405, "The specified method is not allowed against this resource."};
inline constexpr ErrorKind kMissingContentLength{
    "MissingContentLength", 411, "You must provide the Content-Length HTTP header."};
inline constexpr ErrorKind kNoSuchBucket{"NoSuchBucket", 404,
                                         "The specified bucket does not exist."};
inline constexpr ErrorKind kNoSuchKey{"NoSuchKey", 404, "The specified key does not exist."};
inline constexpr ErrorKind kNoSuchUpload{"NoSuchUpload", 404,
                                         "The specified multipart upload does not exist."};
inline constexpr ErrorKind kNoSuchVersion{"NoSuchVersion", 404,
                                          "The specified version does not exist."};
inline constexpr ErrorKind kNotImplemented{"NotImplemented", 501,
                                           "This store does not implement what you asked for."};
inline constexpr ErrorKind kNotModified{"NotModified", 304, "Not modified"};
inline constexpr ErrorKind kPreconditionFailed{
    "PreconditionFailed", 412, "At least one of the preconditions you specified did not hold."};
inline constexpr ErrorKind kRequestTimeTooSkewed{
    "RequestTimeTooSkewed", 403,
    "The difference between the request time and the server's time is too large."};
inline constexpr ErrorKind kRequestTimeout{
    "RequestTimeout", 400, "Your connection was idle for too long; it will be closed."};
inline constexpr ErrorKind kServiceUnavailable{"ServiceUnavailable", 503,
                                               "The store cannot answer now; try again later."};
inline constexpr ErrorKind kSignatureDoesNotMatch{
    "SignatureDoesNotMatch", 403,
    "The request signature we calculated does not match the signature you provided."};
inline constexpr ErrorKind kXAmzContentSha256Mismatch{
    "XAmzContentSHA256Mismatch", 400,
    "The provided x-amz-content-sha256 header does not match what was received."};
}  // namespace errors

/// Ends the request that throws it; becomes S3's error document. Messages hold no secrets.
class S3Error : public std::exception {
 public:
  using Details = std::vector<std::pair<std::string, std::string>>;

  explicit S3Error(const ErrorKind& kind, std::string message = {}, Details details = {})
      : kind_(&kind),
        message_(message.empty() ? std::string(kind.message) : std::move(message)),
        details_(std::move(details)) {}

  [[nodiscard]] const ErrorKind& kind() const noexcept { return *kind_; }
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
  /// Further elements of the document, name and text; a name in lower case that begins with x-amz-
  /// is a header of the answer.
  [[nodiscard]] const Details& details() const noexcept { return details_; }

 private:
  const ErrorKind* kind_;
  std::string message_;
  Details details_;
};

/// The document as S3 sends it; `resource` is the request's path.
[[nodiscard]] net::Response render_error(const S3Error& error, std::string_view resource,
                                         std::string_view request_id);

}  // namespace wardbook::objectd
