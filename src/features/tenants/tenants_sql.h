#pragma once

#include "db/query.h"
#include "features/tenants/tenants.h"

// Tables: owns wardbook.tenants wardbook.my_tenant

namespace wardbook::tenants {

inline const db::Query<Tenant, TenantId> kGet{"tenants.get", R"sql(
  SELECT id, name, status = 'active' AS active, time_zone, retention_days, created_at, updated_at,
    locale
  FROM wardbook.tenants WHERE id = $1)sql"};

inline const db::Query<Tenant, TenantId> kLock{"tenants.lock", R"sql(
  SELECT id, name, status = 'active' AS active, time_zone, retention_days, created_at, updated_at,
    locale
  FROM wardbook.tenants WHERE id = $1 FOR UPDATE)sql"};

inline const db::Query<Tenant, std::string, std::optional<int>> kPage{"tenants.page", R"sql(
  SELECT id, name, status = 'active' AS active, time_zone, retention_days, created_at, updated_at,
    locale
  FROM wardbook.tenants WHERE id COLLATE "C" > $1 ORDER BY id COLLATE "C" LIMIT $2)sql"};

inline const db::Query<db::Int64Row> kCount{"tenants.count", R"sql(
  SELECT count(*) FROM wardbook.tenants)sql"};

inline const db::Query<Tenant, TenantId, std::string, bool, std::string,
                       std::optional<std::int64_t>, std::string>
    kUpdate{"tenants.update",
            R"sql(
  UPDATE wardbook.tenants
  SET name = $2, status = CASE WHEN $3 THEN 'active' ELSE 'suspended' END, time_zone = $4,
      retention_days = $5::integer, locale = $6, updated_at = now()
  WHERE id = $1
  RETURNING id, name, status = 'active' AS active, time_zone, retention_days, created_at,
    updated_at,
    locale)sql"};

// The authority of every node listens (features/accounts) and reads then.
inline const db::Query<db::TextRow> kNotify{"tenants.notify",
                                            "SELECT pg_notify('wardbook_authority', '')"};

inline const db::Query<db::BoolRow, std::string> kKnownZone{"tenants.known_zone",
                                                            "SELECT wardbook.is_time_zone($1)"};

}  // namespace wardbook::tenants
