#include "features/patients/patients_reindex.h"

#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/offload.h"
#include "features/patients/patients_keys.h"
#include "features/patients/patients_search_sql.h"
#include "text/names.h"

namespace wardbook::patients {
namespace {

/// So few that a writer who wants one of them does not wait for long.
constexpr int kPatientsPage = 50;

struct Keyed {
  PatientId id;
  std::int64_t version = 0;
  std::int64_t format = 0;
  PatientKeys keys;
};

std::vector<Keyed> keyed(const std::vector<KeylessPatient>& patients) {
  std::vector<Keyed> out;
  for (const auto& p : patients) {
    out.push_back({p.id, p.version, p.format, keys_of(p.number, p.first_name, p.last_name)});
  }
  return out;
}

Task<std::int64_t> store_keys(db::Pool& db, TenantId tenant, std::vector<Keyed> patients) {
  std::int64_t stored = 0;
  db::Tx tx = co_await db.begin(std::move(tenant));
  for (auto& one : patients) {
    auto& keys = one.keys;
    const auto done = co_await tx.maybe_one(kStoreKeys, one.id, one.version, one.format,
                                            std::move(keys.number), std::move(keys.number_letters),
                                            std::move(keys.number_forms), std::move(keys.names),
                                            std::move(keys.letter_keys), text::kNameFormat);
    if (done) ++stored;
  }
  co_await tx.commit();
  co_return stored;
}

/// Each by itself, where one of a page cannot be stored: its number is another's by now.
Task<> store_keys_singly(db::Pool& db, TenantId tenant, std::vector<Keyed> patients,
                         Rekeyed& result) {
  for (auto& one : patients) {
    const auto id = one.id;
    std::string detail;
    std::vector<Keyed> single;
    single.push_back(std::move(one));
    try {
      result.rewritten += co_await store_keys(db, tenant, std::move(single));
    } catch (const Failure& e) {
      detail = e.log_detail();
    }
    if (detail.empty()) continue;
    ++result.failed;
    log::warning("a patient's keys could not be rewritten",
                 {{"tenant", tenant.str()}, {"patient", id.value}, {"detail", detail}});
  }
}

}  // namespace

Task<std::int64_t> count_outdated(db::Pool& db, TenantId tenant) {
  db::Tx tx = co_await db.begin(std::move(tenant));
  co_return (co_await tx.one(kCountOutdated, text::kNameFormat)).value;
}

Task<Rekeyed> reindex(App& app, TenantId tenant, std::function<void(std::int64_t)> tell) {
  Rekeyed result;
  std::int64_t format = -1;
  PatientId id;
  while (true) {
    std::vector<KeylessPatient> patients;
    {
      db::Tx tx = co_await app.db.begin(tenant);
      patients = co_await tx.all(kOutdatedPatients, text::kNameFormat, format, id, kPatientsPage);
    }
    if (patients.empty()) co_return result;
    format = patients.back().format;
    id = patients.back().id;
    auto work = [patients = std::move(patients)] { return keyed(patients); };
    auto keys = co_await offload(app.workers, std::move(work));
    const auto before = result.rewritten;
    bool refused = false;
    auto again = keys;
    try {
      result.rewritten += co_await store_keys(app.db, tenant, std::move(keys));
    } catch (const Failure&) {
      refused = true;
    }
    if (refused) co_await store_keys_singly(app.db, tenant, std::move(again), result);
    tell(result.rewritten - before);
  }
}

}  // namespace wardbook::patients
