#pragma once

#include <string>

#include "base/clock.h"
#include "net/message.h"
#include "s3/sigv4.h"

namespace wardbook::objectd {

/// A request that proved to come from the owner of the key.
struct Authorized {
  s3::Claim claim;
  s3::SigningKey key;  ///< of the claim's scope; signs the chunks of an aws-chunked body
};

/// Checks SigV4 signatures, by header and by query, against the one access key of the store. For
/// use on one reactor.
class Authenticator {
 public:
  static constexpr std::chrono::minutes kMaxSkew{15};

  Authenticator(std::string access_key, std::string secret_key, std::string region,
                const Clock& clock);

  /// Everything that the head alone can prove. Fails with S3Error: AccessDenied (no signature,
  /// expired, not yet valid, an x-amz- header that is not signed), InvalidAccessKeyId,
  /// SignatureDoesNotMatch, RequestTimeTooSkewed, InvalidToken, InvalidRequest, and
  /// AuthorizationHeaderMalformed or AuthorizationQueryParametersError.
  [[nodiscard]] Authorized verify(const net::RequestHead& head);

 private:
  void check_time(const s3::Claim& claim) const;
  void check_scope(const s3::Claim& claim) const;

  std::string access_key_;
  std::string secret_key_;
  std::string region_;
  const Clock& clock_;
  s3::SigningKeys keys_;
};

}  // namespace wardbook::objectd
