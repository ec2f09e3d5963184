#pragma once

#include "api/subject.h"
#include "base/clock.h"
#include "db/query.h"

// Tables: owns {tenant}.legal_holds {tenant}.erasures {tenant}.erasure_objects
// Tables: reads {tenant}.patients {tenant}.medical_records {tenant}.record_versions
// Tables: reads {tenant}.row_versions {tenant}.audit_log {tenant}.audit_seals

namespace wardbook::erasures {

using MaybeText = std::optional<std::string>;

// ---- holds

struct Hold {
  static constexpr db::Columns kColumns{"id",        "patient_id", "record_id",   "reason",
                                        "placed_by", "placed_at",  "released_by", "released_at"};
  std::int64_t id = 0;
  PatientId patient;
  std::optional<std::int64_t> record;
  std::string reason;
  std::int64_t placed_by = 0;
  std::string placed_at;
  std::optional<std::int64_t> released_by;
  MaybeText released_at;
  static Hold from_row(const db::RowView& r) {
    Hold h;
    h.id = r.int64(kColumns["id"]);
    h.patient = r.id<PatientId>(kColumns["patient_id"]);
    h.record = r.maybe_int64(kColumns["record_id"]);
    h.reason = r.str(kColumns["reason"]);
    h.placed_by = r.int64(kColumns["placed_by"]);
    h.placed_at = pg_time_to_rfc3339(r.text(kColumns["placed_at"]));
    h.released_by = r.maybe_int64(kColumns["released_by"]);
    if (!r.is_null(kColumns["released_at"])) {
      h.released_at = pg_time_to_rfc3339(r.text(kColumns["released_at"]));
    }
    return h;
  }
};

/// The patient, locked so that no purge and no erasure overlooks the hold that is about to be
/// placed.
inline const db::Query<db::Int64Row, PatientId> kLockPatient{"holds.lock_patient", R"sql(
  SELECT id FROM {tenant}.patients WHERE id = $1 AND erased_at IS NULL FOR NO KEY UPDATE)sql"};
inline const db::Query<db::Int64Row, RecordId> kPatientOfRecord{"holds.patient_of_record", R"sql(
  SELECT patient_id FROM {tenant}.medical_records WHERE id = $1)sql"};
inline const db::Query<Hold, PatientId, std::optional<std::int64_t>, std::string, AccountId>
    kInsertHold{"holds.insert", R"sql(
  INSERT INTO {tenant}.legal_holds (patient_id, record_id, reason, placed_by)
  VALUES ($1, $2, $3, $4)
  RETURNING id, patient_id, record_id, reason, placed_by, placed_at, released_by,
    released_at)sql"};
inline const db::Query<Hold, std::int64_t> kGetHold{"holds.get", R"sql(
  SELECT id, patient_id, record_id, reason, placed_by, placed_at, released_by, released_at
  FROM {tenant}.legal_holds WHERE id = $1)sql"};
/// None: there is no such hold, or it was released before.
inline const db::Query<db::Int64Row, std::int64_t, AccountId> kReleaseHold{"holds.release", R"sql(
  UPDATE {tenant}.legal_holds SET released_by = $2, released_at = now()
  WHERE id = $1 AND released_at IS NULL RETURNING id)sql"};
inline const db::Query<Hold, std::int64_t, std::optional<std::int64_t>, std::optional<bool>, int>
    kListHolds{"holds.list", R"sql(
  SELECT h.id, h.patient_id, h.record_id, h.reason, h.placed_by, h.placed_at, h.released_by,
    h.released_at
  FROM {tenant}.legal_holds h
  WHERE h.id > $1 AND ($2::bigint IS NULL OR h.patient_id = $2)
    AND ($3::boolean IS NULL OR (h.released_at IS NULL) = $3)
  ORDER BY h.id LIMIT $4)sql"};
inline const db::Query<db::Int64Row, std::optional<std::int64_t>, std::optional<bool>> kCountHolds{
    "holds.count", R"sql(
  SELECT count(*) FROM {tenant}.legal_holds h
  WHERE ($1::bigint IS NULL OR h.patient_id = $1)
    AND ($2::boolean IS NULL OR (h.released_at IS NULL) = $2))sql"};
inline const db::Query<api::Whose, std::int64_t> kWhoseHold{"holds.whose", R"sql(
  SELECT patient_id, false AS voided, false AS purged
  FROM {tenant}.legal_holds WHERE id = $1)sql"};

// ---- erasures

struct Erasure {
  static constexpr db::Columns kColumns{
      "id",     "patient_id",   "reason",      "requested_by",     "requested_at",  "state",
      "counts", "completed_at", "certificate", "certificate_hash", "rows_erased_at"};
  std::int64_t id = 0;
  PatientId patient;
  std::string reason;
  std::int64_t requested_by = 0;
  std::string requested_at;
  std::string state;
  MaybeText counts;  ///< JSON
  MaybeText completed_at;
  MaybeText certificate;
  MaybeText certificate_hash;
  MaybeText rows_erased_at;
  static Erasure from_row(const db::RowView& r) {
    const auto time = [&r](int column) {
      return r.is_null(column) ? MaybeText() : MaybeText(pg_time_to_rfc3339(r.text(column)));
    };
    Erasure e;
    e.id = r.int64(kColumns["id"]);
    e.patient = r.id<PatientId>(kColumns["patient_id"]);
    e.reason = r.str(kColumns["reason"]);
    e.requested_by = r.int64(kColumns["requested_by"]);
    e.requested_at = pg_time_to_rfc3339(r.text(kColumns["requested_at"]));
    e.state = r.str(kColumns["state"]);
    e.counts = r.maybe_str(kColumns["counts"]);
    e.completed_at = time(kColumns["completed_at"]);
    e.certificate = r.maybe_str(kColumns["certificate"]);
    e.certificate_hash = r.maybe_str(kColumns["certificate_hash"]);
    e.rows_erased_at = time(kColumns["rows_erased_at"]);
    return e;
  }
};
inline const db::Query<Erasure, std::int64_t> kGetErasure{"erasures.get", R"sql(
  SELECT id, patient_id, reason, requested_by, requested_at, state, counts, completed_at,
    certificate, certificate_hash, rows_erased_at
  FROM {tenant}.erasures WHERE id = $1)sql"};
inline const db::Query<Erasure, std::int64_t> kLockErasure{"erasures.lock", R"sql(
  SELECT id, patient_id, reason, requested_by, requested_at, state, counts, completed_at,
    certificate, certificate_hash, rows_erased_at
  FROM {tenant}.erasures WHERE id = $1 FOR UPDATE)sql"};
inline const db::Query<Erasure, std::int64_t> kNextToDo{"erasures.next", R"sql(
  SELECT id, patient_id, reason, requested_by, requested_at, state, counts, completed_at,
    certificate, certificate_hash, rows_erased_at
  FROM {tenant}.erasures
  WHERE state IN ('requested', 'rows_erased') AND id > $1 ORDER BY id LIMIT 1)sql"};
inline const db::Query<db::Int64Row, PatientId> kOfPatient{"erasures.of_patient", R"sql(
  SELECT id FROM {tenant}.erasures WHERE patient_id = $1 AND state <> 'held')sql"};
inline const db::Query<db::Int64Row, PatientId> kHoldInForce{"erasures.hold_in_force", R"sql(
  SELECT id FROM {tenant}.legal_holds
  WHERE patient_id = $1 AND released_at IS NULL ORDER BY id LIMIT 1)sql"};
inline const db::Query<Erasure, PatientId, std::string, AccountId> kInsertErasure{"erasures.insert",
                                                                                  R"sql(
  INSERT INTO {tenant}.erasures (patient_id, reason, requested_by) VALUES ($1, $2, $3)
  RETURNING id, patient_id, reason, requested_by, requested_at, state, counts, completed_at,
    certificate, certificate_hash, rows_erased_at)sql"};
inline const db::Query<void, std::int64_t> kNoteHeld{"erasures.note_held", R"sql(
  UPDATE {tenant}.erasures SET state = 'held' WHERE id = $1)sql"};
inline const db::Query<api::Whose, std::int64_t> kWhoseErasure{"erasures.whose", R"sql(
  SELECT patient_id, false AS voided, false AS purged
  FROM {tenant}.erasures WHERE id = $1)sql"};

/// What is to be removed from the store, of this bucket ($2).
inline const db::Query<db::TextRow, std::int64_t, std::string, int> kObjectsToRemove{
    "erasures.objects_to_remove", R"sql(
  SELECT s3_key FROM {tenant}.erasure_objects
  WHERE erasure_id = $1 AND s3_bucket = $2
    AND (removed_at IS NULL OR (again_after < now() AND removed_at <= again_after))
  ORDER BY s3_key LIMIT $3)sql"};
inline const db::Query<void, std::int64_t, std::string, std::string> kObjectRemoved{
    "erasures.object_removed", R"sql(
  UPDATE {tenant}.erasure_objects SET removed_at = now()
  WHERE erasure_id = $1 AND s3_bucket = $2 AND s3_key = $3)sql"};
/// What was removed of an erasure, and what has to be removed still, here or in another bucket.
struct ObjectsSoFar {
  static constexpr db::Columns kColumns{"keys", "left_over", "seals", "head", "now"};
  std::int64_t keys = 0;
  std::int64_t left = 0;
  std::int64_t seals = 0;
  MaybeText head;  ///< hex, of the sealed log
  Time now{};
  static ObjectsSoFar from_row(const db::RowView& r) {
    return {r.int64(kColumns["keys"]), r.int64(kColumns["left_over"]), r.int64(kColumns["seals"]),
            r.maybe_str(kColumns["head"]), r.time(kColumns["now"])};
  }
};
inline const db::Query<ObjectsSoFar, std::int64_t> kObjectsSoFar{"erasures.objects_so_far", R"sql(
  SELECT (SELECT count(*) FROM {tenant}.erasure_objects o
          WHERE o.erasure_id = $1 AND o.s3_key NOT LIKE '%/') AS keys,
    (SELECT count(*) FROM {tenant}.erasure_objects o
     WHERE o.erasure_id = $1
       AND (o.removed_at IS NULL OR o.removed_at <= o.again_after)) AS left_over,
    coalesce((SELECT max(s.seq) FROM {tenant}.audit_seals s), 0) AS seals,
    (SELECT encode(s.hash, 'hex') FROM {tenant}.audit_seals s ORDER BY s.seq DESC LIMIT 1) AS head,
    now() AS now)sql"};
inline const db::Query<void, std::int64_t> kForgetObjects{
    "erasures.forget_objects", "DELETE FROM {tenant}.erasure_objects WHERE erasure_id = $1"};
inline const db::Query<void, std::int64_t, Time, std::string, std::string> kComplete{
    "erasures.complete", R"sql(
  UPDATE {tenant}.erasures
  SET state = 'completed', completed_at = $2, certificate = $3, certificate_hash = $4
  WHERE id = $1)sql"};

/// A certificate that is not what the sealed log says, or a patient of whom something is left.
inline const db::Query<db::Int64Row> kFirstBadCertificate{"erasures.first_bad", R"sql(
  SELECT e.id FROM {tenant}.erasures e
  JOIN {tenant}.patients p ON p.id = e.patient_id
  WHERE e.state = 'completed' AND (
    encode(sha256(convert_to(e.certificate, 'UTF8')), 'hex') <> e.certificate_hash
    OR NOT EXISTS (SELECT FROM {tenant}.audit_log a
                   WHERE a.patient_id = e.patient_id AND a.action = 'erasure.complete'
                     AND a.resource_id = e.id AND a.after->>'certificate_hash' = e.certificate_hash)
    OR p.erased_at IS NULL OR p.names <> ''
    OR (p.first_name, p.last_name, p.patient_number)
       IS DISTINCT FROM ('erased', 'erased', 'erased-' || p.id)
    OR num_nonnulls(p.phone, p.email, p.address, p.emergency_contact) > 0
    OR EXISTS (SELECT FROM {tenant}.medical_records r
               WHERE r.patient_id = e.patient_id AND r.content_salt IS NOT NULL)
    OR EXISTS (SELECT FROM {tenant}.record_versions v
               WHERE v.patient_id = e.patient_id AND v.content_salt IS NOT NULL)
    OR EXISTS (SELECT FROM {tenant}.row_versions v
               WHERE v.patient_id = e.patient_id AND v.content_salt IS NOT NULL))
  ORDER BY e.id LIMIT 1)sql"};
/// An erasure of which the log has the end and which is not there.
inline const db::Query<db::Int64Row> kFirstLostCertificate{"erasures.first_lost", R"sql(
  SELECT a.resource_id FROM {tenant}.audit_log a
  WHERE a.action = 'erasure.complete' AND a.outcome = 'ok'
    AND NOT EXISTS (SELECT FROM {tenant}.erasures e
                    WHERE e.id = a.resource_id AND e.state = 'completed')
  ORDER BY a.resource_id LIMIT 1)sql"};

}  // namespace wardbook::erasures
