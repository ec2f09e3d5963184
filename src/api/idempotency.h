#pragma once

#include <boost/json.hpp>

#include "api/request.h"
#include "db/pool.h"

namespace wardbook::api {

/// A transaction for a change, under the caller's tenant. If the request carries an Idempotency-Key
/// (POST only), the key is claimed in this very transaction: a duplicate waits until the first one
/// has committed, then gets its answer (throws Replay); a first one that fails leaves no claim.
/// Fails with idempotency_key_reused when the key came with another path or body, invalid_parameter
/// when it is not 1 to 255 printable ASCII characters, and as Pool::begin.
[[nodiscard]] Task<db::Tx> begin_write(db::Pool& pool, Request request);

/// Stores the answer beside the claim, if there is one, and commits. Returns the answer.
[[nodiscard]] Task<Response> commit_write(db::Tx& tx, Request request, Response response);

/// Removes keys older than 24 hours in a tenant. Returns how many.
[[nodiscard]] Task<std::int64_t> sweep_idempotency_keys(db::Pool& pool, TenantId tenant);

}  // namespace wardbook::api
