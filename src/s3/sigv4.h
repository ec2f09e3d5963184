#pragma once

#include <array>
#include <boost/system/result.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "net/message.h"

/// AWS Signature Version 4, by header and by query, for signing and for verifying. Pure: the time,
/// the payload's hash and the treatment of the path are parameters. What is signed is built from
/// the request as it goes over the wire, so that signer and verifier share every line.
namespace wardbook::s3 {

inline constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
inline constexpr std::string_view kStreamingPayload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
inline constexpr std::string_view kStreamingPayloadTrailer =
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
inline constexpr std::string_view kStreamingUnsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
/// A presigned URL's longest life.
inline constexpr std::chrono::seconds kMaxExpires{7 * 24 * 3600};
inline constexpr std::string_view kEmptyPayloadHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// S3 signs a path as it is; every other service removes dot segments and doubled slashes first.
enum class PathMode { as_is, normalized };

/// `20130524T000000Z`, the fraction cut off.
[[nodiscard]] std::string amz_date(Time time);
/// The inverse; nullopt for anything else, days that do not exist included.
[[nodiscard]] std::optional<Time> parse_amz_date(std::string_view text);
/// Lower-case hex of SHA-256: what goes into x-amz-content-sha256.
[[nodiscard]] std::string payload_hash(std::string_view body);

/// What a signing key is valid for.
struct Scope {
  std::string day;  ///< YYYYMMDD
  std::string region;
  std::string service = "s3";

  [[nodiscard]] static Scope of(Time time, std::string_view region, std::string_view service);
  /// `20130524/us-east-1/s3/aws4_request`
  [[nodiscard]] std::string str() const;
  bool operator==(const Scope&) const = default;
};

// The stages ------------------------------------------------------------------------------------

/// The path (raw, as in the request line), decoded and encoded again in the one canonical way.
[[nodiscard]] std::string canonical_path(std::string_view raw_path, PathMode mode);
/// The query (raw), decoded ('+' is a space, as in net::parse_query), encoded again and sorted;
/// X-Amz-Signature is left out.
[[nodiscard]] std::string canonical_query(std::string_view raw_query);
/// Lower-case, sorted, without repetition, joined by ';'.
[[nodiscard]] std::string signed_header_names(const net::Headers& headers);
/// `signed_headers` is such a list; a header that is named but absent counts as empty.
[[nodiscard]] std::string canonical_request(std::string_view method, std::string_view target,
                                            const net::Headers& headers,
                                            std::string_view signed_headers,
                                            std::string_view hashed_payload, PathMode mode);
[[nodiscard]] std::string string_to_sign(std::string_view amz_date, std::string_view scope,
                                         std::string_view canonical_request);

/// The key of one day, region and service. Holds HMAC's two inner states, ready to be continued,
/// which saves half of the hashing of a short text.
class SigningKey {
 public:
  SigningKey(std::string_view secret_key, const Scope& scope);
  /// HMAC-SHA256 in lower-case hex.
  [[nodiscard]] std::string sign(std::string_view text) const;
  /// The same, written to 64 characters at `out`.
  void sign_to(std::string_view text, char* out) const;
  /// The raw derived key, for comparison with published values.
  [[nodiscard]] const std::array<std::uint8_t, 32>& raw() const noexcept { return raw_; }

 private:
  std::array<std::uint8_t, 32> raw_{};
  std::array<std::uint32_t, 8> inner_{};
  std::array<std::uint32_t, 8> outer_{};
};

/// Keeps the keys derived last, by (secret, day, region, service): deriving one costs four HMACs.
/// Bounded; not for use from several threads.
class SigningKeys {
 public:
  /// Valid until the next call.
  [[nodiscard]] const SigningKey& get(std::string_view secret_key, const Scope& scope);

 private:
  struct Entry {
    std::string secret_key;
    Scope scope;
    SigningKey key;
  };
  static constexpr std::size_t kMaxEntries = 8;
  std::vector<Entry> entries_;
  std::size_t next_ = 0;  ///< which entry gives way when all are taken
};

// Signing ---------------------------------------------------------------------------------------

struct Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  ///< empty: none
};

struct SigningOptions {
  Time time;
  std::string region;
  std::string service = "s3";
  PathMode path_mode = PathMode::as_is;
  std::string payload_hash{kUnsignedPayload};
  bool send_payload_hash = true;       ///< by header: adds x-amz-content-sha256, as S3 demands
  bool sign_token = true;              ///< false: the session token is sent but not signed
  std::chrono::seconds expires{3600};  ///< by query: 1 s to 7 days
};

/// A signed request and how its signature came about.
struct SignedRequest {
  std::string target;    ///< by query: with the X-Amz-* parameters
  net::Headers headers;  ///< by header: with X-Amz-Date, Authorization and so on
  std::string canonical_request;
  std::string string_to_sign;
  std::string signature;
};

/// Signs every header given (`Host` must be among them) and those that it adds.
[[nodiscard]] SignedRequest sign_by_header(std::string_view method, std::string_view target,
                                           net::Headers headers, const Credentials& credentials,
                                           const SigningOptions& options, SigningKeys& keys);
/// Binds every header given (`Host` must be among them); all of them stay headers.
[[nodiscard]] SignedRequest sign_by_query(std::string_view method, std::string_view target,
                                          net::Headers headers, const Credentials& credentials,
                                          const SigningOptions& options, SigningKeys& keys);

// Verifying -------------------------------------------------------------------------------------

/// What a request claims about its signature; nothing in it is proven yet.
struct Claim {
  enum class Kind { header, query };
  Kind kind = Kind::header;
  std::string access_key;
  Scope scope;
  std::string signed_headers;  ///< as sent: lower-case, sorted, joined by ';'
  std::string signature;       ///< 64 lower-case hex digits
  std::string amz_date;
  Time time;                       ///< `amz_date` parsed; its day is the scope's
  std::chrono::seconds expires{};  ///< by query only, 0 to 604800
  std::string payload_hash;        ///< x-amz-content-sha256, or UNSIGNED-PAYLOAD by query
  std::string session_token;

  /// `name` in lower case.
  [[nodiscard]] bool signs(std::string_view name) const;
};

enum class ClaimError {
  none,                   ///< the request carries no SigV4 signature at all
  two_mechanisms,         ///< both by header and by query
  unsupported_algorithm,  ///< another scheme than AWS4-HMAC-SHA256
  malformed,              ///< missing, repeated or ill-formed parts
  bad_date,               ///< no valid X-Amz-Date, or of another day than the scope
  bad_expires,            ///< not a number from 0 to 604800
  host_not_signed,
  no_payload_hash,  ///< by header, but without a well-formed x-amz-content-sha256
};

/// Reads `Authorization` or the X-Amz-* query parameters.
[[nodiscard]] boost::system::result<Claim, ClaimError> parse_claim(const net::RequestHead& head);

/// The first header in the request whose name starts with `x-amz-` and that the claim does not
/// sign; nullopt if there is none. Such a header must be refused: anyone may have added it.
[[nodiscard]] std::optional<std::string> unsigned_amz_header(const net::RequestHead& head,
                                                             const Claim& claim);

/// What the signature must be if the owner of `key` sent this request. `key` is that of the claim's
/// scope. For the answer to SignatureDoesNotMatch the two texts can be had as well.
struct Expected {
  std::string canonical_request;
  std::string string_to_sign;
  std::string signature;
};
[[nodiscard]] Expected expected_signature(const net::RequestHead& head, const Claim& claim,
                                          const SigningKey& key);
/// In constant time.
[[nodiscard]] bool signature_matches(const Expected& expected, const Claim& claim);

// aws-chunked bodies ------------------------------------------------------------------------------

/// The chain of signatures of an aws-chunked body: each chunk's is made from the one before, the
/// first from the request's own (the seed), the trailer's from the last (empty) chunk's.
class ChunkSigner {
 public:
  ChunkSigner(SigningKey key, std::string amz_date, std::string scope, std::string seed_signature);
  /// Signature of the next chunk, given the hex SHA-256 of its data.
  [[nodiscard]] std::string chunk(std::string_view data_hash);
  /// Signature of the trailer. `canonical_trailer` is a line `name:value\n` for each trailing
  /// header, name in lower case, sorted, x-amz-trailer-signature left out.
  [[nodiscard]] std::string trailer(std::string_view canonical_trailer);

 private:
  SigningKey key_;
  std::string amz_date_;
  std::string scope_;
  std::string previous_;
};

namespace detail {
/// Hex SHA-256 to 64 characters at `out`, without OpenSSL's lookup of an algorithm by name.
void sha256_hex_to(std::string_view data, char* out);
/// Appends `text` with all but the unreserved characters as %XX.
void append_encoded(std::string& out, std::string_view text, bool keep_slash);
}  // namespace detail

}  // namespace wardbook::s3
