#pragma once

#include <optional>
#include <string>

#include "net/message.h"

/// Headers of requests that change files. What asks for something is done or refused, never
/// ignored.
namespace wardbook::attachments {

/// Hex digests of a body, as its sender says.
struct Digests {
  std::optional<std::string> md5;
  std::optional<std::string> sha256;
};
/// Of Content-MD5 and, with sha-256, of Content-Digest and Repr-Digest (RFC 9530), which are the
/// same for a body without an encoding. Fails with bad_request for any other digest, for one that
/// is malformed or given twice, and as refuse_foreign_headers for everything else.
[[nodiscard]] Digests digests_of(const net::Headers& headers);

/// Conditions, ranges, digests and the store's own headers mean nothing to the request. Fails with
/// bad_request.
void refuse_foreign_headers(const net::Headers& headers);

}  // namespace wardbook::attachments
