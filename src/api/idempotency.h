#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "api/request.h"
#include "db/pool.h"

namespace wardbook::api {

/// Request::retry_secret, from the service's secret. A request is kept as its HMAC under this key:
/// some carry a password, which a plain hash would give away to who can guess it.
[[nodiscard]] std::string retry_secret(std::string_view token_secret);

/// The request's Idempotency-Key, which is its caller's own, and the request itself as a hash.
struct IdempotencyKey {
  AccountId account;
  std::string key;
  std::string hash;
};
/// nullopt: it has none, or its method takes none (POST and PATCH do). Fails with invalid_parameter
/// when it is not 1 to 255 printable ASCII characters.
[[nodiscard]] std::optional<IdempotencyKey> idempotency_key(const Request& request);

/// Claims the key in the tenant's transaction: a duplicate waits until the first one has committed,
/// then gets its answer, and `looks` what that showed; a first one that fails leaves no claim.
/// Fails with idempotency_key_reused when the key came with another path or body.
[[nodiscard]] Task<std::optional<Response>> claim(db::Tx& tx, IdempotencyKey key, Looks* looks);
/// Keeps the answer beside the claim, with what the request came across.
void keep_answer(db::Tx& tx, const IdempotencyKey& key, const Response& response,
                 const Looks* looks);

/// What became of the request's Idempotency-Key before, claiming nothing: for handlers that have
/// something to wait for which no transaction should last through. `api::write` comes afterwards.
enum class Seen { never, same, another };
struct Earlier {
  Seen seen = Seen::never;
  std::optional<Response> answer = std::nullopt;  ///< of the same request
  /// That answer, if there is one. Fails with idempotency_key_reused for another request.
  [[nodiscard]] std::optional<Response> replay() &&;
};
/// Fails with invalid_parameter as `idempotency_key` does.
[[nodiscard]] Task<Earlier> earlier_request(db::Pool& pool, Request request);

/// Removes keys older than 24 hours in a tenant. Returns how many.
[[nodiscard]] Task<std::int64_t> sweep_idempotency_keys(db::Pool& pool, TenantId tenant);

}  // namespace wardbook::api
