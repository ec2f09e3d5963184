#pragma once

// Inside of client.h: what one request is made of, and what came of it.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "s3/client.h"

namespace wardbook::s3 {

/// No document that the client reads is larger; a full page of 1000 longest keys is below 5 MiB.
inline constexpr std::size_t kMaxDocument = 8 * 1024 * 1024;

/// How far a streamed body was read in the current attempt.
struct BodyProgress {
  bool touched = false;  ///< its first byte has been asked for
  bool ended = false;    ///< the source had no more
  std::uint64_t count = 0;
};

struct Store::Call {
  std::string method;
  std::string path;               ///< encoded
  std::string owner;              ///< see StoreOptions::owner_of
  std::vector<NameValue> params;  ///< not encoded
  net::Headers headers;
  net::Headers unsigned_headers;  ///< beside the signature
  std::string body;
  std::optional<BodyStream> stream;
  bool stream_answer = false;  ///< leave the answer's body to the caller
  bool error_in_200 = false;   ///< S3 may report an error after it began with 200
  bool idempotent = true;
  std::shared_ptr<BodyProgress> progress;  ///< with `stream`
};

struct Store::Answer {
  int status = 0;
  net::Headers headers;
  std::optional<std::uint64_t> content_length;
  std::string body;
  std::unique_ptr<net::ClientResponse> response;  ///< with stream_answer
};

struct Store::Attempt {
  std::optional<Answer> answer;  ///< 2xx
  S3Failure failure;
  Retry retry = Retry::no;
  std::optional<std::chrono::seconds> retry_after;
};

/// The answer's headers as far as they describe the object; nullopt without a usable size.
[[nodiscard]] std::optional<ObjectInfo> object_info(const net::Headers& headers,
                                                    std::optional<std::uint64_t> content_length);

/// `bytes 0-9/100`
struct ContentRange {
  std::uint64_t first = 0, last = 0, size = 0;
};
[[nodiscard]] std::optional<ContentRange> parse_content_range(std::string_view text);

/// Sets what PutOptions ask for. False if a name or value cannot be a header.
[[nodiscard]] bool add_put_headers(const PutOptions& options, net::Headers& headers);

[[nodiscard]] S3Failure unintelligible(int status, std::string_view what);

}  // namespace wardbook::s3
