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

/// A transaction for a change, under the caller's tenant. If the request carries an Idempotency-Key
/// (POST and PATCH), the key is claimed in this very transaction: a duplicate waits until the first
/// one has committed, then gets its answer (throws Replay); a first one that fails leaves no claim.
/// Fails with idempotency_key_reused when the key came with another path or body, invalid_parameter
/// when it is not 1 to 255 printable ASCII characters, and as Pool::begin.
[[nodiscard]] Task<db::Tx> begin_write(db::Pool& pool, Request request);

/// Stores the answer beside the claim, if there is one, with what the request came across (a replay
/// shows it again), and commits. Returns the answer.
[[nodiscard]] Task<Response> commit_write(db::Tx& tx, Request request, Response response);

/// What became of the request's Idempotency-Key before, claiming nothing: for handlers that have
/// something to wait for which no transaction should last through. `begin_write` comes afterwards.
enum class Seen { never, same, another };
struct Earlier {
  Seen seen = Seen::never;
  std::optional<Response> answer;  ///< of the same request
};
/// Fails with invalid_parameter as `begin_write` does.
[[nodiscard]] Task<Earlier> earlier_request(db::Pool& pool, Request request);
/// Throws Replay for the same request; fails with idempotency_key_reused for another one.
void replay_if_seen(Earlier earlier);

/// Removes keys older than 24 hours in a tenant. Returns how many.
[[nodiscard]] Task<std::int64_t> sweep_idempotency_keys(db::Pool& pool, TenantId tenant);

}  // namespace wardbook::api
