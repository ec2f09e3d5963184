#include "api/idempotency.h"

#include <algorithm>
#include <stdexcept>

#include "api/input.h"
#include "api/router.h"
#include "base/hash.h"
#include "db/query.h"

// Tables: owns {tenant}.idempotency_keys

namespace wardbook::api {
namespace {

struct Claim {
  std::string request_hash;
  std::optional<std::int64_t> status;
  std::optional<std::string> headers;
  std::optional<std::string> body;
  std::optional<std::string> looks;
  static constexpr db::Columns kColumns{"request_hash", "status", "headers", "body", "looks"};
  static Claim from_row(const db::RowView& r) {
    return {r.bytes(kColumns["request_hash"]), r.maybe_int64(kColumns["status"]),
            r.maybe_str(kColumns["headers"]), r.maybe_str(kColumns["body"]),
            r.maybe_str(kColumns["looks"])};
  }
};

// A claim older than 24 hours is as good as none: it is taken over.
const db::Query<void, AccountId, std::string, db::Bytes> kClaim{"idempotency.claim", R"sql(
  INSERT INTO {tenant}.idempotency_keys AS k (account_id, key, request_hash) VALUES ($1, $2, $3)
  ON CONFLICT (account_id, key) DO UPDATE
    SET request_hash = excluded.request_hash, status = NULL, headers = NULL, body = NULL,
        looks = NULL, created_at = now()
    WHERE k.created_at < now() - interval '24 hours')sql"};

const db::Query<Claim, AccountId, std::string> kStored{"idempotency.stored", R"sql(
  SELECT request_hash, status, headers, body, looks FROM {tenant}.idempotency_keys
  WHERE account_id = $1 AND key = $2 AND created_at >= now() - interval '24 hours')sql"};

const db::Query<void, AccountId, std::string, int, db::Json, std::string, db::Json> kStore{
    "idempotency.store", R"sql(
  UPDATE {tenant}.idempotency_keys SET status = $3, headers = $4, body = $5, looks = $6
  WHERE account_id = $1 AND key = $2)sql"};

const db::Query<void> kSweep{"idempotency.sweep", R"sql(
  DELETE FROM {tenant}.idempotency_keys WHERE created_at < now() - interval '24 hours')sql"};

std::string hash_of(const Request& request) {
  std::string all = request.head.method + ' ' + request.head.target + '\n';
  all += canonical_json(request.body);
  if (request.retry_secret.empty()) throw std::logic_error("a request without the retry secret");
  const auto hash = hmac_sha256(request.retry_secret, all);
  return std::string(as_chars(hash));
}

Response replayed(const Claim& claim) {
  Response response;
  response.status = static_cast<int>(*claim.status);
  const auto headers = boost::json::parse(claim.headers.value_or("{}"));
  for (const auto& member : headers.as_object()) {
    const auto& value = member.value().as_string();
    response.headers.set({member.key().data(), member.key().size()}, {value.data(), value.size()});
  }
  response.headers.set(kReplayedHeader, "true");
  response.body = claim.body.value_or("");
  return response;
}

Earlier compared(const Claim& claim, const IdempotencyKey& key, Looks* looks) {
  if (!constant_time_equal(claim.request_hash, key.hash)) return {Seen::another, std::nullopt};
  if (!claim.status) throw Failure(Code::idempotency_in_progress);
  // What the earlier request came across, its answer shows again.
  if (looks != nullptr && claim.looks) looks->all = parse_looks(*claim.looks);
  return {Seen::same, replayed(claim)};
}

}  // namespace

std::string retry_secret(std::string_view token_secret) {
  const auto key = hmac_sha256(token_secret, "wardbook: requests with an Idempotency-Key, 1");
  return std::string(as_chars(key));
}

std::optional<IdempotencyKey> idempotency_key(const Request& request) {
  if (request.head.method != "POST" && request.head.method != "PATCH") return std::nullopt;
  const auto key = request.head.headers.get("Idempotency-Key");
  if (!key) return std::nullopt;
  if (request.head.headers.count("Idempotency-Key") > 1) {
    throw Failure(Code::invalid_parameter, "Idempotency-Key is given more than once.");
  }
  const bool printable = std::ranges::all_of(*key, [](char c) { return c > 0x20 && c < 0x7f; });
  if (key->empty() || key->size() > 255 || !printable) {
    throw Failure(Code::invalid_parameter,
                  "Idempotency-Key must be 1 to 255 printable ASCII characters.");
  }
  return IdempotencyKey{request.caller.account, std::string(*key), hash_of(request)};
}

Task<std::optional<Response>> claim(db::Tx& tx, IdempotencyKey key, Looks* looks) {
  const auto claimed = co_await tx.exec(kClaim, key.account, key.key, db::Bytes{key.hash});
  if (claimed == 1) co_return std::nullopt;
  const auto stored = co_await tx.one(kStored, key.account, key.key);
  co_return compared(stored, key, looks).replay();
}

void keep_answer(db::Tx& tx, const IdempotencyKey& key, const Response& response,
                 const Looks* looks) {
  boost::json::object headers;
  for (const auto& [name, value] : response.headers.all()) headers[name] = value;
  db::Json stored{boost::json::serialize(headers)};
  db::Json shown{to_json(looks != nullptr ? looks->all : std::vector<Look>{})};
  tx.queue(kStore, key.account, key.key, response.status, std::move(stored), response.body,
           std::move(shown));
}

std::optional<Response> Earlier::replay() && {
  if (seen == Seen::another) throw Failure(Code::idempotency_key_reused);
  return std::move(answer);
}

Task<Earlier> earlier_request(db::Pool& pool, Request request) {
  Earlier none;
  const auto key = idempotency_key(request);
  if (!key) co_return none;
  const auto stored =
      co_await pool.read_maybe_one(request.caller.tenant(), kStored, key->account, key->key);
  if (!stored) co_return none;
  co_return compared(*stored, *key, request.looks);
}

Task<std::int64_t> sweep_idempotency_keys(db::Pool& pool, TenantId tenant) {
  db::Tx tx = co_await pool.begin_job(std::move(tenant));
  const auto swept = co_await tx.exec(kSweep);
  co_await tx.commit();
  co_return swept;
}

}  // namespace wardbook::api
