#include "api/write.h"

#include <stdexcept>

namespace wardbook::api {

Write::Work Write::work_of(const Request& request) {
  Work work;
  work.tenant = request.caller.tenant_id;
  work.actor = request.actor();
  if (work.tenant) work.key = idempotency_key(request);
  work.looks = request.looks;
  return work;
}

Task<Write> write_for(db::Pool& pool, Journal& journal, const Request& request) {
  return Write::begin(pool, journal, Write::work_of(request));
}

Task<Write> write_as(db::Pool& pool, Journal& journal, std::optional<TenantId> tenant,
                     Actor actor) {
  Write::Work work;
  work.tenant = std::move(tenant);
  work.actor = std::move(actor);
  return Write::begin(pool, journal, std::move(work));
}

Write write_over(Journal& journal, db::Tx tx, Actor actor) {
  Write::Work work;
  work.actor = std::move(actor);
  return {journal, std::move(work), std::move(tx)};
}

Task<Write> Write::begin(db::Pool& pool, Journal& journal, Work work) {
  if (!work.tenant) {
    db::Tx control = co_await pool.begin_control();
    co_return Write(journal, std::move(work), std::move(control));
  }
  db::Tx tx = co_await pool.begin(*work.tenant);
  std::optional<Response> earlier;
  if (work.key) earlier = co_await claim(tx, *work.key, work.looks);
  Write write(journal, std::move(work), std::move(tx));
  if (earlier) {
    write.tx_.reset();  // its connection is for others
    write.replay_ = std::move(earlier);
  }
  co_return write;
}

void Write::log(audit::Entry&& entry) {
  log_in(work_.tenant, std::move(entry));
}

void Write::log_in(const std::optional<TenantId>& home, audit::Entry&& entry) {
  if (home) {
    tx_->switch_tenant(*home);
    homes_.insert(*home);
  } else {
    tx_->switch_control();
  }
  journal_->enter(*tx_, home, work_.actor, std::move(entry));
  logged_ = true;
}

Task<> Write::commit() {
  if (!logged_) throw std::logic_error("a change without an entry in the audit log");
  co_await commit_logged_or_not();
}

Task<> Write::commit_logged_or_not() {
  co_await tx_->commit();
  for (const auto& home : homes_) journal_->committed(home);
}

Task<Response> Write::commit(Response response) {
  if (work_.key) {
    tx_->switch_tenant(*work_.tenant);
    keep_answer(*tx_, *work_.key, response, work_.looks);
  }
  co_await commit();
  co_return response;
}

}  // namespace wardbook::api
