#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "net/message.h"
#include "objectd/checksums.h"
#include "s3/sigv4.h"

namespace wardbook::objectd {

inline constexpr std::uint64_t kMaxPutBytes = 5ULL * 1024 * 1024 * 1024;

/// How the body of one upload is framed and what it must turn out to be: read from a request's
/// head. A plain struct, so that tests and fuzzers can make any.
struct BodyPlan {
  enum class Framing { plain, signed_chunks, unsigned_chunks };
  Framing framing = Framing::plain;
  bool trailer = false;                         ///< a trailer follows the last chunk
  std::optional<s3::ChunkSigner> chunk_signer;  ///< with signed_chunks
  std::optional<std::string> sha256_hex;        ///< plain: from x-amz-content-sha256
  std::uint64_t length = 0;                     ///< of the content, decoded
  std::optional<std::string> md5;               ///< raw, from Content-MD5
  std::optional<ChecksumKind> checksum;         ///< to be computed
  std::optional<std::string> checksum_value;    ///< raw; expected, from the head
  std::vector<std::string> trailer_names;       ///< lower case, from x-amz-trailer
};

/// Throws S3Error for what cannot be (MissingContentLength, EntityTooLarge, InvalidDigest,
/// InvalidRequest, NotImplemented for another STREAMING- scheme). `key` is the claim's signing key.
/// `framed_length` is the Content-Length; nullopt for a chunked transfer.
[[nodiscard]] BodyPlan plan_body(const net::RequestHead& head, const s3::Claim& claim,
                                 const s3::SigningKey& key,
                                 std::optional<std::uint64_t> framed_length);

/// Takes a body's bytes as they come over the wire, gives the content on, and in the end says
/// whether it was what the client declared. Memory is bounded by the pieces it is fed.
class BodyReceiver {
 public:
  using Sink = std::function<void(std::string_view)>;

  explicit BodyReceiver(BodyPlan plan);
  /// Fails with S3Error as soon as something does not hold (SignatureDoesNotMatch for a chunk,
  /// IncompleteBody for more bytes than declared, InvalidRequest for broken framing).
  void feed(std::string_view raw, const Sink& sink);
  /// The end of the body. Fails with IncompleteBody, BadDigest, XAmzContentSHA256Mismatch,
  /// MalformedTrailerError, SignatureDoesNotMatch.
  void finish();

  /// After `finish`: hex MD5 of the content, S3's ETag.
  [[nodiscard]] const std::string& md5_hex() const noexcept { return md5_hex_; }
  /// After `finish`: raw; empty if none was asked for.
  [[nodiscard]] const std::string& checksum() const noexcept { return checksum_; }
  [[nodiscard]] const BodyPlan& plan() const noexcept { return plan_; }
  [[nodiscard]] std::uint64_t received() const noexcept { return received_; }

 private:
  enum class State { head, data, data_end, trailer };

  void content(std::string_view data, const Sink& sink);
  void take_head(std::string_view& raw);
  void take_data(std::string_view& raw, const Sink& sink);
  void take_data_end(std::string_view& raw);
  void end_chunk();
  void check_trailer();
  void check_digests();

  BodyPlan plan_;
  State state_ = State::head;
  std::string line_;  // of a chunk's head, or the trailer
  std::uint64_t chunk_left_ = 0;
  bool last_chunk_ = false;
  std::string chunk_signature_;
  std::optional<Hasher> chunk_hash_;
  std::uint64_t received_ = 0;
  Hasher md5_{Hasher::Kind::md5};
  std::optional<Hasher> sha256_;
  std::optional<Checksum> sum_;
  std::string md5_hex_;
  std::string checksum_;
};

}  // namespace wardbook::objectd
