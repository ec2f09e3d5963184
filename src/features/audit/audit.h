#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/request.h"
#include "api/router.h"
#include "api/write.h"
#include "base/clock.h"
#include "db/pool.h"
#include "features/audit/actions.h"
#include "features/audit/entry_format.h"
#include "features/audit/row_versions.h"
#include "features/audit/version_hash.h"
#include "jobs/jobs.h"

namespace wardbook::audit {

/// What is written down of one event. `before` and `after` are JSON texts of what changed (a
/// chart's content stays in the tenant's schema: this log is there too).
struct Entry {
  Action action;
  std::string resource;  ///< `record`, `patient`, `attachment`, `account`, …
  std::optional<std::int64_t> resource_id{};
  std::optional<PatientId> patient{};
  std::vector<std::int64_t> patients{};  ///< of a list: everybody whose data was shown
  std::vector<std::int64_t> looks{};     ///< earlier looks into the log that were shown
  bool refused = false;                  ///< for want of a permission
  bool failed = false;                   ///< in any other way
  std::optional<std::string> reason{};
  std::optional<std::string> filters{};  ///< of a list or a search: api::filters_json
  std::optional<std::string> before{};
  std::optional<std::string> after{};
};

using api::Actor;
/// As Request::actor.
[[nodiscard]] inline Actor actor_of(const api::Request& request) {
  return request.actor();
}

/// For api::write_as and write_over: nobody is told of the entries, the sealer finds them.
[[nodiscard]] api::Journal& journal();

/// A refusal (403) is written down where its caller belongs, with what it would have opened and
/// whose that is. Fails as Log::write and Pool::begin do.
class Log;
[[nodiscard]] Task<> write_refusal(Log& log, db::Pool& db, api::Request request,
                                   const api::Subject& subject, std::string permission);

/// An answer that tells something of a patient without an entry of its own is written down with
/// whose it is: a failure (`access.failed`), or the answer to an earlier request once more
/// (`access.replayed`). Fails with record_voided or attachment_not_found when what that answer
/// shows may no longer be seen, and as Log::write and Pool::begin do.
[[nodiscard]] Task<> write_look(Log& log, db::Pool& db, api::Request request, api::Unlogged what);

/// Reads are written down durably before their answer leaves, many in one commit: while a batch
/// commits, the next one gathers. The entries of many tenants go together, on connections that are
/// kept for that. Where one tenant's table is locked the batch is sent again without it, after a
/// quarter of a second; that tenant's entries then wait in its own share of the connections, until
/// one of their commits succeeds. One Log for each reactor.
class Log final : public api::Journal {
 public:
  /// `pending` bounds the entries that may wait.
  Log(boost::asio::io_context& reactor, db::Pool& db, std::size_t pending = 20'000);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Returns when the entry is durable. Fails with overloaded when too many wait, of all or of this
  /// tenant, and as Pool::begin and Tx::commit: then the caller must not answer with the data.
  [[nodiscard]] Task<> write(TenantId tenant, Actor actor, Entry entry);

  /// The same of a request that reads.
  [[nodiscard]] Task<> read(const api::Request& request, Entry entry) {
    return write(request.tenant(), request.actor(), std::move(entry));
  }

  // What api::Write asks for.
  void enter(db::Tx& tx, const std::optional<TenantId>& tenant, const Actor& actor,
             Entry&& entry) override;
  void committed(const TenantId& tenant) override { touch(tenant); }

  /// Entries whose commit somebody waits for.
  [[nodiscard]] std::size_t waiting() const;
  /// Tenants whose entries wait for a lock by themselves.
  [[nodiscard]] std::size_t apart() const;

  /// Tenants with new entries since the last call, for run_hints.
  [[nodiscard]] std::vector<TenantId> take_touched();
  void touch(const TenantId& tenant);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// Seals what is committed and not sealed yet in one tenant, at most `most` entries; returns how
/// many. Safe from several processes at once (one works, the others return 0).
[[nodiscard]] Task<std::int64_t> seal(db::Pool& db, TenantId tenant, std::int64_t most = 5'000,
                                      const Formats& formats = shipped_formats());

/// Seals twice a second the tenants of which some node has told that they have new entries, and
/// within `all_every` all of them.
[[nodiscard]] jobs::Job sealing_job(db::Pool& db, std::chrono::seconds all_every);
/// Twice a second tells the sealer, on whichever node it is, which tenants were touched on this
/// reactor; until that stops.
[[nodiscard]] Task<> run_hints(boost::asio::io_context& reactor, db::Pool& db, Log& log);

/// The outcome of recomputing a tenant's chain.
struct Verdict {
  std::int64_t entries = 0;          ///< sealed entries that were recomputed
  std::int64_t erased = 0;           ///< of these, what they said was erased
  std::int64_t unsealed = 0;         ///< entries that no seal names yet
  std::int64_t versions = 0;         ///< of records, patients, files and templates, recomputed
  std::int64_t erased_versions = 0;  ///< of these, what they said was erased
  std::optional<std::string> first_fault;  ///< names the first entry, seal or version that is wrong
  /// The last seal's number and hash (hex). Kept elsewhere, they show later that nothing was cut
  /// off.
  std::int64_t seals = 0;
  std::string head;
  std::int64_t epoch = 1;  ///< of the last seal; each restore begins another one
};
/// Recomputes entries, seals and chain of a tenant, each seal by the format whose number it has.
/// Reads a seal at a time; memory grows only with the numbers of entries that were rolled back.
[[nodiscard]] Task<Verdict> verify_chain(db::Pool& db, TenantId tenant,
                                         const Formats& formats = shipped_formats());

[[nodiscard]] std::vector<api::Route> routes();

}  // namespace wardbook::audit
