// Entries that were sealed in an earlier format are verified by its writer, for ever.
#include <array>

#include "features/audit/audit_pgtest.h"
#include "support/provision.h"

namespace wardbook::audit {
namespace {

using testing::Clinic;
using ::testing::HasSubstr;
using testing::PgCluster;
using testing::run;

/// Sealed in format 1, hashed by another program from the description in docs/audit.md.
constexpr const char* kSealedInFormatOne = R"sql(
INSERT INTO format_one.audit_log (id, at, actor_id, actor_role, action, resource, resource_id,
  patient_id, patient_ids, outcome, request_id, ip, reason, filters, before, after, salt)
OVERRIDING SYSTEM VALUE VALUES
  (1, '2026-03-04 05:06:07.123456+00', 5, 'doctor', 'record.read', 'record', 7, 9, NULL,
   'ok', 'req-1', '192.0.2.1', NULL, NULL, NULL, NULL,
   '00010203-0405-0607-0809-0a0b0c0d0e01'),
  (2, '2026-03-04 05:06:08+00', 5, 'doctor', 'patient.search', 'patient', NULL, NULL, '{1,2}',
   'ok', 'req-2', NULL, NULL, '{"q": "O''Neill"}', NULL, NULL,
   '00010203-0405-0607-0809-0a0b0c0d0e02'),
  (3, '2026-03-04 05:06:08.500000+00', 5, NULL, 'record.amend', 'record', 7, 9, NULL,
   'ok', NULL, NULL, 'naïve, 3:abc,', NULL, '{"notes": "first"}',
   '{"notes": "zweite ä", "version": 2}', '00010203-0405-0607-0809-0a0b0c0d0e03'),
  (4, '2026-03-04 05:06:09.000001+00', NULL, NULL, 'access.refused', 'audit', NULL, NULL, NULL,
   'refused', NULL, '::1', 'GET needs audit:read', NULL, NULL, NULL,
   '00010203-0405-0607-0809-0a0b0c0d0e04');
INSERT INTO format_one.audit_seals (seq, epoch, entry_format, sealed_at, entry_ids, content_digests,
  entry_hashes, hash) VALUES
  (1, 1, 1, '2026-03-04 05:06:10+00', '{1,3}',
   decode('9393bd9ed641b724b34b2916535a070e027c6bb3c8b841bf0f062be655648e9b
   23eb739dcbff8db4e35d5f539ba3c02a29b075e32fdf17ae4765ee6ad52c35cf', 'hex'),
   decode('6396d21b69007193d37486f1c0a85ffcd96e083024c37d3ffd97ac096291d706
   d5eb4366fe2e7ded8c143f4925522d59c595af84ee2b0a2b54e093d244342349', 'hex'),
   decode('625d9d7c6cb7750b06d4a51cf53ce31e06ac31a01525b86bd29d6fbd65eb1627', 'hex')),
  (2, 1, 1, '2026-03-04 05:06:11.500000+00', '{2,4}',
   decode('beddefd0962d3c8f919a176f53c5828460aa992d175d8585fa99dd44e6b53611
   192f387f059c7cd757d97720ee0430f2a85502dbd2fb6605af2412f0dc3684a9', 'hex'),
   decode('064fe75c6265a39ec114559ced293dde9fb685f697f2f87144dd0443f61ee8f9
   06dadb5b69b2df9d6240963b20f93b8a03d6d063cbf460bb3624beeb926d0fc7', 'hex'),
   decode('952a95decd5358913678793036d8a67f3ab14a9436a5f35d9fce8a4a8f93d9b8', 'hex'));
DELETE FROM format_one.audit_unsealed;
INSERT INTO format_one.audit_unsealed VALUES (-9223372036854775808, 0), (5, 9223372036854775807);
ALTER SEQUENCE format_one.audit_log_id_seq RESTART WITH 5;)sql";

/// With a column that a later format might add.
const db::Query<EntryRow, std::int64_t> kUnsealedWithPlace{"test.unsealed_with_place", R"sql(
  SELECT a.id, a.salt, extract(epoch FROM a.at)::text, a.actor_id, a.actor_role, a.action,
         a.resource, a.resource_id, a.patient_id, a.patient_ids, a.outcome, a.request_id, a.ip,
         a.reason, a.filters, a.before, a.after, a.look_ids, a.place
  FROM {tenant}.audit_unsealed u
  JOIN {tenant}.audit_log a ON a.id BETWEEN u.first AND u.last
  ORDER BY a.id LIMIT $1)sql"};
const db::Query<EntryRow, std::int64_t> kSealedWithPlace{"test.sealed_with_place", R"sql(
  SELECT n.entry_id, a.salt, extract(epoch FROM a.at)::text, a.actor_id, a.actor_role, a.action,
         a.resource, a.resource_id, a.patient_id, a.patient_ids, a.outcome, a.request_id, a.ip,
         a.reason, a.filters, a.before, a.after, a.look_ids, a.place
  FROM {tenant}.audit_seals s
  CROSS JOIN LATERAL unnest(s.entry_ids) WITH ORDINALITY AS n(entry_id, position)
  LEFT JOIN {tenant}.audit_log a ON a.id = n.entry_id
  WHERE s.seq = $1 ORDER BY n.position)sql"};

std::string content_with_place(const EntryRow& entry) {
  std::string bytes = shipped_formats().find(1)->content(entry);
  append_field(bytes, entry.at(Column::count));
  return bytes;
}

std::string entry_with_place(const EntryRow& entry, std::string_view digest) {
  std::string bytes = "place:";
  append_field(bytes, std::to_string(entry.id));
  append_field(bytes, entry.at(Column::action));
  return bytes + std::string(digest);
}

class AuditFormatsTest : public ::testing::Test {
 protected:
  AuditFormatsTest() { intruder_.script(kSealedInFormatOne); }
  ~AuditFormatsTest() override {
    db_.close();
    reactor_.restart();
    reactor_.poll();
    intruder_.script(
        "DROP SCHEMA format_one CASCADE; DELETE FROM wardbook.tenants WHERE id = 'format_one'");
  }

  /// The name is part of the chain.
  static TenantId provisioned() {
    const TenantId tenant = *TenantId::parse("format_one");
    PgCluster::get().migrate();
    testing::provision(PgCluster::get().owner_conninfo(), tenant);
    return tenant;
  }
  Verdict verify(const Formats& formats) {
    return run(reactor_, verify_chain(db_, tenant_, formats));
  }
  std::string fault(const Formats& formats = shipped_formats()) {
    return verify(formats).first_fault.value_or("none");
  }
  void write(const std::string& place) {
    intruder_.query(
        "INSERT INTO format_one.audit_log (action, resource, place) VALUES ('x', 'test', $1)",
        {place});
  }
  /// Undone when it was looked at.
  std::string fault_after(const std::string& change, const Formats& formats = shipped_formats()) {
    intruder_.script("CREATE TEMP TABLE kept AS SELECT * FROM format_one.audit_log; " + change);
    std::string found = fault(formats);
    intruder_.script(
        "DELETE FROM format_one.audit_log; INSERT INTO format_one.audit_log"
        " OVERRIDING SYSTEM VALUE SELECT * FROM kept; DROP TABLE kept");
    return found;
  }

  TenantId tenant_ = provisioned();
  db::SyncConnection intruder_ = Clinic::as_intruder();
  boost::asio::io_context reactor_{1};
  db::Pool db_{reactor_, PgCluster::get().pool_options()};
  const std::array<Format, 3> known_{*shipped_formats().find(1), *shipped_formats().find(2),
                                     Format{3, &content_with_place, &entry_with_place}};
  const Formats with_place_{known_, &kUnsealedWithPlace, &kSealedWithPlace};
};

TEST_F(AuditFormatsTest, WhatWasSealedInFormatOneHolds) {
  const auto verdict = verify(shipped_formats());
  EXPECT_EQ(verdict.first_fault, std::nullopt);
  EXPECT_EQ(verdict.entries, 4);
  EXPECT_EQ(verdict.seals, 2);
  EXPECT_EQ(verdict.head, "952a95decd5358913678793036d8a67f3ab14a9436a5f35d9fce8a4a8f93d9b8");
  for (const std::string change :
       {"at = at + interval '1 microsecond'", "actor_id = 7", "actor_role = ''", "action = 'x'",
        "resource = 'x'", "resource_id = NULL", "patient_id = 7", "patient_ids = '{}'",
        "outcome = 'failed'", "request_id = '3'", "ip = ''", "reason = NULL", "filters = '{}'",
        "before = '{}'", "after = NULL", "before = after, after = before",
        "salt = gen_random_uuid()"}) {
    EXPECT_EQ(fault_after("UPDATE format_one.audit_log SET " + change + " WHERE id = 3"),
              "audit entry 3 was altered")
        << change;
  }
  ASSERT_EQ(fault(), "none");
}

TEST_F(AuditFormatsTest, TheLooksThatALookShowedAreSealed) {
  intruder_.script(
      "INSERT INTO format_one.audit_log (action, resource, look_ids) VALUES ('audit.list', 'audit',"
      " '{2}')");
  EXPECT_EQ(run(reactor_, seal(db_, tenant_)), 1);
  EXPECT_EQ(fault(), "none");
  for (const std::string change : {"NULL", "'{}'", "'{3}'", "'{2,3}'"}) {
    EXPECT_EQ(fault_after("UPDATE format_one.audit_log SET look_ids = " + change + " WHERE id = 5"),
              "audit entry 5 was altered")
        << change;
  }
}

TEST_F(AuditFormatsTest, AFieldThatALaterFormatAddsLeavesEarlierSealsAsTheyAre) {
  intruder_.script("ALTER TABLE format_one.audit_log ADD COLUMN place text");
  write("ward 1");
  EXPECT_EQ(run(reactor_, seal(db_, tenant_)), 1) << "still in format 2";
  write("ward 2");
  write("ward 3");
  EXPECT_EQ(run(reactor_, seal(db_, tenant_, 100, with_place_)), 2);
  EXPECT_EQ(intruder_.value("SELECT string_agg(entry_format::text, '' ORDER BY seq) FROM "
                            "format_one.audit_seals"),
            "1123");
  const auto verdict = verify(with_place_);
  EXPECT_EQ(verdict.first_fault, std::nullopt);
  EXPECT_EQ(verdict.entries, 7);
  const std::string update = "UPDATE format_one.audit_log SET ";
  EXPECT_EQ(fault_after(update + "ip = NULL WHERE id = 1", with_place_),
            "audit entry 1 was altered");
  EXPECT_EQ(fault_after(update + "place = 'ward 9' WHERE id = 7", with_place_),
            "audit entry 7 was altered");
  EXPECT_EQ(fault_after(update + "action = 'y' WHERE id = 6", with_place_),
            "audit entry 6 was altered");
  EXPECT_EQ(fault_after(update + "place = 'ward 9' WHERE id = 5", with_place_), "none")
      << "its seal is of a format that has no place";
  EXPECT_EQ(fault(with_place_), "none");
  EXPECT_THAT(fault(), HasSubstr("seal 4 has entry format 3, which this program does not know"));
}

}  // namespace
}  // namespace wardbook::audit
