#pragma once

#include "db/query.h"
#include "features/records/records_sql.h"

// Lists: which records are on a page. What is shown of them is kRecordsOf's, but for the usual
// lists.
namespace wardbook::records {

/// A record's place in a list.
struct FoundRecord {
  static constexpr db::Columns kColumns{"id", "sort_key"};
  RecordId id;
  std::string sort_key;
  static FoundRecord from_row(const db::RowView& r) {
    return {r.id<RecordId>(kColumns["id"]), r.str(kColumns["sort_key"])};
  }
};

/// Statements of a search or a filtered list are planned with their values: whether a word is rare
/// or a patient is named decides everything.
inline const db::Query<db::TextRow> kPlanAnew{"records.plan_anew", R"sql(
  SELECT set_config('plan_cache_mode', 'force_custom_plan', true)
    || set_config('work_mem', '32MB', true))sql"};

/// A filter in the database's terms: bare dates are days where the hospital is (`to` is that whole
/// day). `window` is where a ranked search begins, -infinity: at the beginning.
struct Scope {
  static constexpr db::Columns kColumns{"since", "before", "today", "search_from"};
  MaybeText from;
  MaybeText to;
  std::string today;
  std::string window;
  std::string query;  ///< a tsquery
  static Scope from_row(const db::RowView& r) {
    return {r.maybe_str(kColumns["since"]),
            r.maybe_str(kColumns["before"]),
            r.str(kColumns["today"]),
            r.str(kColumns["search_from"]),
            {}};
  }
};
/// $3 is the tsquery, $4 how many candidates a ranked search has.
inline const db::Query<Scope, MaybeText, MaybeText, std::string, int> kScope{"records.scope",
                                                                             R"sql(
  SELECT s.since, s.before, s.today,
    wardbook.search_window('{tenant}.medical_records', $3::tsquery,
      coalesce(s.before, 'infinity'), $4::integer) AS search_from
  FROM (SELECT (now() AT TIME ZONE t.time_zone)::date AS today,
          CASE WHEN length($1) = 10 THEN $1::timestamp AT TIME ZONE t.time_zone
               ELSE $1::timestamptz END AS since,
          CASE WHEN length($2) = 10
               THEN ($2::timestamp + interval '1 day') AT TIME ZONE t.time_zone
               ELSE $2::timestamptz END AS before
        FROM wardbook.my_tenant t) s)sql"};

/// A filtered list in one of its orders: $1 patient, $2 doctor, $3 status, $4 visit type, $5 from,
/// $6 to (exclusive), $7 code (LIKE pattern), $8 follow-up (due, overdue), $9 today, $10 words,
/// $11 the cursor's key, $12 its id, $13 the limit. The follow-ups that are outstanding are in the
/// table follow_ups.
///
/// Each order three times: along its index until there are enough (what matches is frequent), and
/// all that match, then sorted (it is rare): the planner cannot be trusted with that, since it
/// takes looking at a search document for as cheap as looking at a number. And those that have a
/// code: an EXISTS behind an OR is no join to the planner, which then either asks for each record
/// or gathers all that have the code, but never starts with the rarer.
using FilteredList =
    db::Query<FoundRecord, MaybeId, MaybeId, MaybeText, MaybeText, MaybeText, MaybeText, MaybeText,
              MaybeText, MaybeText, MaybeText, std::string, std::int64_t, int>;

inline const FilteredList kByVisitDown{"records.by_visit_down", R"sql(
  SELECT r.id, r.visit_date::text AS sort_key
  FROM {tenant}.medical_records r
  WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
    AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
    AND ($4::text IS NULL OR r.visit_type = $4)
    AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
    AND ($6::timestamptz IS NULL OR r.visit_date < $6)
    AND ($10::tsquery IS NULL OR r.search @@ $10)
    AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
           WHERE (f.due < $9::date) = ($8 = 'overdue')))
    AND ($7::text IS NULL OR EXISTS (SELECT FROM {tenant}.diagnoses d
           WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7))
    AND (r.visit_date, r.id) < ($11::timestamptz, $12::bigint)
  ORDER BY r.visit_date DESC, r.id DESC LIMIT $13)sql"};
inline const FilteredList kCodedByVisitDown{"records.coded_by_visit_down", R"sql(
  SELECT r.id, r.visit_date::text AS sort_key
  FROM {tenant}.medical_records r
  WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
    AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
    AND ($4::text IS NULL OR r.visit_type = $4)
    AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
    AND ($6::timestamptz IS NULL OR r.visit_date < $6)
    AND ($10::tsquery IS NULL OR r.search @@ $10)
    AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
           WHERE (f.due < $9::date) = ($8 = 'overdue')))
    AND EXISTS (SELECT FROM {tenant}.diagnoses d
           WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7)
    AND (r.visit_date, r.id) < ($11::timestamptz, $12::bigint)
  ORDER BY r.visit_date DESC, r.id DESC LIMIT $13)sql"};
inline const FilteredList kFewByVisitDown{"records.few_by_visit_down", R"sql(
  SELECT m.id, m.key::text AS sort_key FROM (
    SELECT r.id, r.visit_date AS key
    FROM {tenant}.medical_records r
    WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
      AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
      AND ($4::text IS NULL OR r.visit_type = $4)
      AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
      AND ($6::timestamptz IS NULL OR r.visit_date < $6)
      AND ($10::tsquery IS NULL OR r.search @@ $10)
      AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
             WHERE (f.due < $9::date) = ($8 = 'overdue')))
      AND ($7::text IS NULL OR EXISTS (SELECT FROM {tenant}.diagnoses d
             WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7))
      AND (r.visit_date, r.id) < ($11::timestamptz, $12::bigint)
    OFFSET 0) m
  ORDER BY m.key DESC, m.id DESC LIMIT $13)sql"};

inline const FilteredList kByVisitUp{"records.by_visit_up", R"sql(
  SELECT r.id, r.visit_date::text AS sort_key
  FROM {tenant}.medical_records r
  WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
    AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
    AND ($4::text IS NULL OR r.visit_type = $4)
    AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
    AND ($6::timestamptz IS NULL OR r.visit_date < $6)
    AND ($10::tsquery IS NULL OR r.search @@ $10)
    AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
           WHERE (f.due < $9::date) = ($8 = 'overdue')))
    AND ($7::text IS NULL OR EXISTS (SELECT FROM {tenant}.diagnoses d
           WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7))
    AND (r.visit_date, r.id) > ($11::timestamptz, $12::bigint)
  ORDER BY r.visit_date ASC, r.id ASC LIMIT $13)sql"};
inline const FilteredList kCodedByVisitUp{"records.coded_by_visit_up", R"sql(
  SELECT r.id, r.visit_date::text AS sort_key
  FROM {tenant}.medical_records r
  WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
    AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
    AND ($4::text IS NULL OR r.visit_type = $4)
    AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
    AND ($6::timestamptz IS NULL OR r.visit_date < $6)
    AND ($10::tsquery IS NULL OR r.search @@ $10)
    AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
           WHERE (f.due < $9::date) = ($8 = 'overdue')))
    AND EXISTS (SELECT FROM {tenant}.diagnoses d
           WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7)
    AND (r.visit_date, r.id) > ($11::timestamptz, $12::bigint)
  ORDER BY r.visit_date ASC, r.id ASC LIMIT $13)sql"};
inline const FilteredList kFewByVisitUp{"records.few_by_visit_up", R"sql(
  SELECT m.id, m.key::text AS sort_key FROM (
    SELECT r.id, r.visit_date AS key
    FROM {tenant}.medical_records r
    WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
      AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
      AND ($4::text IS NULL OR r.visit_type = $4)
      AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
      AND ($6::timestamptz IS NULL OR r.visit_date < $6)
      AND ($10::tsquery IS NULL OR r.search @@ $10)
      AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
             WHERE (f.due < $9::date) = ($8 = 'overdue')))
      AND ($7::text IS NULL OR EXISTS (SELECT FROM {tenant}.diagnoses d
             WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7))
      AND (r.visit_date, r.id) > ($11::timestamptz, $12::bigint)
    OFFSET 0) m
  ORDER BY m.key ASC, m.id ASC LIMIT $13)sql"};

inline const FilteredList kByCreatedDown{"records.by_created_down", R"sql(
  SELECT r.id, r.created_at::text AS sort_key
  FROM {tenant}.medical_records r
  WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
    AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
    AND ($4::text IS NULL OR r.visit_type = $4)
    AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
    AND ($6::timestamptz IS NULL OR r.visit_date < $6)
    AND ($10::tsquery IS NULL OR r.search @@ $10)
    AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
           WHERE (f.due < $9::date) = ($8 = 'overdue')))
    AND ($7::text IS NULL OR EXISTS (SELECT FROM {tenant}.diagnoses d
           WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7))
    AND (r.created_at, r.id) < ($11::timestamptz, $12::bigint)
  ORDER BY r.created_at DESC, r.id DESC LIMIT $13)sql"};
inline const FilteredList kCodedByCreatedDown{"records.coded_by_created_down", R"sql(
  SELECT r.id, r.created_at::text AS sort_key
  FROM {tenant}.medical_records r
  WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
    AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
    AND ($4::text IS NULL OR r.visit_type = $4)
    AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
    AND ($6::timestamptz IS NULL OR r.visit_date < $6)
    AND ($10::tsquery IS NULL OR r.search @@ $10)
    AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
           WHERE (f.due < $9::date) = ($8 = 'overdue')))
    AND EXISTS (SELECT FROM {tenant}.diagnoses d
           WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7)
    AND (r.created_at, r.id) < ($11::timestamptz, $12::bigint)
  ORDER BY r.created_at DESC, r.id DESC LIMIT $13)sql"};
inline const FilteredList kFewByCreatedDown{"records.few_by_created_down", R"sql(
  SELECT m.id, m.key::text AS sort_key FROM (
    SELECT r.id, r.created_at AS key
    FROM {tenant}.medical_records r
    WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
      AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
      AND ($4::text IS NULL OR r.visit_type = $4)
      AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
      AND ($6::timestamptz IS NULL OR r.visit_date < $6)
      AND ($10::tsquery IS NULL OR r.search @@ $10)
      AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
             WHERE (f.due < $9::date) = ($8 = 'overdue')))
      AND ($7::text IS NULL OR EXISTS (SELECT FROM {tenant}.diagnoses d
             WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7))
      AND (r.created_at, r.id) < ($11::timestamptz, $12::bigint)
    OFFSET 0) m
  ORDER BY m.key DESC, m.id DESC LIMIT $13)sql"};

inline const FilteredList kByCreatedUp{"records.by_created_up", R"sql(
  SELECT r.id, r.created_at::text AS sort_key
  FROM {tenant}.medical_records r
  WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
    AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
    AND ($4::text IS NULL OR r.visit_type = $4)
    AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
    AND ($6::timestamptz IS NULL OR r.visit_date < $6)
    AND ($10::tsquery IS NULL OR r.search @@ $10)
    AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
           WHERE (f.due < $9::date) = ($8 = 'overdue')))
    AND ($7::text IS NULL OR EXISTS (SELECT FROM {tenant}.diagnoses d
           WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7))
    AND (r.created_at, r.id) > ($11::timestamptz, $12::bigint)
  ORDER BY r.created_at ASC, r.id ASC LIMIT $13)sql"};
inline const FilteredList kCodedByCreatedUp{"records.coded_by_created_up", R"sql(
  SELECT r.id, r.created_at::text AS sort_key
  FROM {tenant}.medical_records r
  WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
    AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
    AND ($4::text IS NULL OR r.visit_type = $4)
    AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
    AND ($6::timestamptz IS NULL OR r.visit_date < $6)
    AND ($10::tsquery IS NULL OR r.search @@ $10)
    AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
           WHERE (f.due < $9::date) = ($8 = 'overdue')))
    AND EXISTS (SELECT FROM {tenant}.diagnoses d
           WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7)
    AND (r.created_at, r.id) > ($11::timestamptz, $12::bigint)
  ORDER BY r.created_at ASC, r.id ASC LIMIT $13)sql"};
inline const FilteredList kFewByCreatedUp{"records.few_by_created_up", R"sql(
  SELECT m.id, m.key::text AS sort_key FROM (
    SELECT r.id, r.created_at AS key
    FROM {tenant}.medical_records r
    WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
      AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
      AND ($4::text IS NULL OR r.visit_type = $4)
      AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
      AND ($6::timestamptz IS NULL OR r.visit_date < $6)
      AND ($10::tsquery IS NULL OR r.search @@ $10)
      AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
             WHERE (f.due < $9::date) = ($8 = 'overdue')))
      AND ($7::text IS NULL OR EXISTS (SELECT FROM {tenant}.diagnoses d
             WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7))
      AND (r.created_at, r.id) > ($11::timestamptz, $12::bigint)
    OFFSET 0) m
  ORDER BY m.key ASC, m.id ASC LIMIT $13)sql"};

inline const FilteredList kByUpdatedDown{"records.by_updated_down", R"sql(
  SELECT r.id, r.updated_at::text AS sort_key
  FROM {tenant}.medical_records r
  WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
    AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
    AND ($4::text IS NULL OR r.visit_type = $4)
    AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
    AND ($6::timestamptz IS NULL OR r.visit_date < $6)
    AND ($10::tsquery IS NULL OR r.search @@ $10)
    AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
           WHERE (f.due < $9::date) = ($8 = 'overdue')))
    AND ($7::text IS NULL OR EXISTS (SELECT FROM {tenant}.diagnoses d
           WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7))
    AND (r.updated_at, r.id) < ($11::timestamptz, $12::bigint)
  ORDER BY r.updated_at DESC, r.id DESC LIMIT $13)sql"};
inline const FilteredList kCodedByUpdatedDown{"records.coded_by_updated_down", R"sql(
  SELECT r.id, r.updated_at::text AS sort_key
  FROM {tenant}.medical_records r
  WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
    AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
    AND ($4::text IS NULL OR r.visit_type = $4)
    AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
    AND ($6::timestamptz IS NULL OR r.visit_date < $6)
    AND ($10::tsquery IS NULL OR r.search @@ $10)
    AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
           WHERE (f.due < $9::date) = ($8 = 'overdue')))
    AND EXISTS (SELECT FROM {tenant}.diagnoses d
           WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7)
    AND (r.updated_at, r.id) < ($11::timestamptz, $12::bigint)
  ORDER BY r.updated_at DESC, r.id DESC LIMIT $13)sql"};
inline const FilteredList kFewByUpdatedDown{"records.few_by_updated_down", R"sql(
  SELECT m.id, m.key::text AS sort_key FROM (
    SELECT r.id, r.updated_at AS key
    FROM {tenant}.medical_records r
    WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
      AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
      AND ($4::text IS NULL OR r.visit_type = $4)
      AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
      AND ($6::timestamptz IS NULL OR r.visit_date < $6)
      AND ($10::tsquery IS NULL OR r.search @@ $10)
      AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
             WHERE (f.due < $9::date) = ($8 = 'overdue')))
      AND ($7::text IS NULL OR EXISTS (SELECT FROM {tenant}.diagnoses d
             WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7))
      AND (r.updated_at, r.id) < ($11::timestamptz, $12::bigint)
    OFFSET 0) m
  ORDER BY m.key DESC, m.id DESC LIMIT $13)sql"};

inline const FilteredList kByUpdatedUp{"records.by_updated_up", R"sql(
  SELECT r.id, r.updated_at::text AS sort_key
  FROM {tenant}.medical_records r
  WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
    AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
    AND ($4::text IS NULL OR r.visit_type = $4)
    AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
    AND ($6::timestamptz IS NULL OR r.visit_date < $6)
    AND ($10::tsquery IS NULL OR r.search @@ $10)
    AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
           WHERE (f.due < $9::date) = ($8 = 'overdue')))
    AND ($7::text IS NULL OR EXISTS (SELECT FROM {tenant}.diagnoses d
           WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7))
    AND (r.updated_at, r.id) > ($11::timestamptz, $12::bigint)
  ORDER BY r.updated_at ASC, r.id ASC LIMIT $13)sql"};
inline const FilteredList kCodedByUpdatedUp{"records.coded_by_updated_up", R"sql(
  SELECT r.id, r.updated_at::text AS sort_key
  FROM {tenant}.medical_records r
  WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
    AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
    AND ($4::text IS NULL OR r.visit_type = $4)
    AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
    AND ($6::timestamptz IS NULL OR r.visit_date < $6)
    AND ($10::tsquery IS NULL OR r.search @@ $10)
    AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
           WHERE (f.due < $9::date) = ($8 = 'overdue')))
    AND EXISTS (SELECT FROM {tenant}.diagnoses d
           WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7)
    AND (r.updated_at, r.id) > ($11::timestamptz, $12::bigint)
  ORDER BY r.updated_at ASC, r.id ASC LIMIT $13)sql"};
inline const FilteredList kFewByUpdatedUp{"records.few_by_updated_up", R"sql(
  SELECT m.id, m.key::text AS sort_key FROM (
    SELECT r.id, r.updated_at AS key
    FROM {tenant}.medical_records r
    WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
      AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
      AND ($4::text IS NULL OR r.visit_type = $4)
      AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
      AND ($6::timestamptz IS NULL OR r.visit_date < $6)
      AND ($10::tsquery IS NULL OR r.search @@ $10)
      AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
             WHERE (f.due < $9::date) = ($8 = 'overdue')))
      AND ($7::text IS NULL OR EXISTS (SELECT FROM {tenant}.diagnoses d
             WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7))
      AND (r.updated_at, r.id) > ($11::timestamptz, $12::bigint)
    OFFSET 0) m
  ORDER BY m.key ASC, m.id ASC LIMIT $13)sql"};

inline const FilteredList kByFollowUp{"records.by_follow_up", R"sql(
  SELECT r.id, coalesce(r.follow_up_date, 'infinity'::date)::text AS sort_key
  FROM {tenant}.medical_records r
  WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
    AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
    AND ($4::text IS NULL OR r.visit_type = $4)
    AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
    AND ($6::timestamptz IS NULL OR r.visit_date < $6)
    AND ($10::tsquery IS NULL OR r.search @@ $10)
    AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
           WHERE (f.due < $9::date) = ($8 = 'overdue')))
    AND ($7::text IS NULL OR EXISTS (SELECT FROM {tenant}.diagnoses d
           WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7))
    AND (coalesce(r.follow_up_date, 'infinity'::date), r.id) > ($11::date, $12::bigint)
  ORDER BY coalesce(r.follow_up_date, 'infinity'::date) ASC, r.id ASC LIMIT $13)sql"};
inline const FilteredList kCodedByFollowUp{"records.coded_by_follow_up", R"sql(
  SELECT r.id, coalesce(r.follow_up_date, 'infinity'::date)::text AS sort_key
  FROM {tenant}.medical_records r
  WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
    AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
    AND ($4::text IS NULL OR r.visit_type = $4)
    AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
    AND ($6::timestamptz IS NULL OR r.visit_date < $6)
    AND ($10::tsquery IS NULL OR r.search @@ $10)
    AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
           WHERE (f.due < $9::date) = ($8 = 'overdue')))
    AND EXISTS (SELECT FROM {tenant}.diagnoses d
           WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7)
    AND (coalesce(r.follow_up_date, 'infinity'::date), r.id) > ($11::date, $12::bigint)
  ORDER BY coalesce(r.follow_up_date, 'infinity'::date) ASC, r.id ASC LIMIT $13)sql"};
inline const FilteredList kFewByFollowUp{"records.few_by_follow_up", R"sql(
  SELECT m.id, m.key::text AS sort_key FROM (
    SELECT r.id, coalesce(r.follow_up_date, 'infinity'::date) AS key
    FROM {tenant}.medical_records r
    WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
      AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
      AND ($4::text IS NULL OR r.visit_type = $4)
      AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
      AND ($6::timestamptz IS NULL OR r.visit_date < $6)
      AND ($10::tsquery IS NULL OR r.search @@ $10)
      AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
             WHERE (f.due < $9::date) = ($8 = 'overdue')))
      AND ($7::text IS NULL OR EXISTS (SELECT FROM {tenant}.diagnoses d
             WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7))
      AND (coalesce(r.follow_up_date, 'infinity'::date), r.id) > ($11::date, $12::bigint)
    OFFSET 0) m
  ORDER BY m.key ASC, m.id ASC LIMIT $13)sql"};

inline const FilteredList kByFollowUpDown{"records.by_follow_up_down", R"sql(
  SELECT r.id, coalesce(r.follow_up_date, '-infinity'::date)::text AS sort_key
  FROM {tenant}.medical_records r
  WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
    AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
    AND ($4::text IS NULL OR r.visit_type = $4)
    AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
    AND ($6::timestamptz IS NULL OR r.visit_date < $6)
    AND ($10::tsquery IS NULL OR r.search @@ $10)
    AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
           WHERE (f.due < $9::date) = ($8 = 'overdue')))
    AND ($7::text IS NULL OR EXISTS (SELECT FROM {tenant}.diagnoses d
           WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7))
    AND (coalesce(r.follow_up_date, '-infinity'::date), r.id) < ($11::date, $12::bigint)
  ORDER BY coalesce(r.follow_up_date, '-infinity'::date) DESC, r.id DESC LIMIT $13)sql"};
inline const FilteredList kCodedByFollowUpDown{"records.coded_by_follow_up_down", R"sql(
  SELECT r.id, coalesce(r.follow_up_date, '-infinity'::date)::text AS sort_key
  FROM {tenant}.medical_records r
  WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
    AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
    AND ($4::text IS NULL OR r.visit_type = $4)
    AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
    AND ($6::timestamptz IS NULL OR r.visit_date < $6)
    AND ($10::tsquery IS NULL OR r.search @@ $10)
    AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
           WHERE (f.due < $9::date) = ($8 = 'overdue')))
    AND EXISTS (SELECT FROM {tenant}.diagnoses d
           WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7)
    AND (coalesce(r.follow_up_date, '-infinity'::date), r.id) < ($11::date, $12::bigint)
  ORDER BY coalesce(r.follow_up_date, '-infinity'::date) DESC, r.id DESC LIMIT $13)sql"};
inline const FilteredList kFewByFollowUpDown{"records.few_by_follow_up_down", R"sql(
  SELECT m.id, m.key::text AS sort_key FROM (
    SELECT r.id, coalesce(r.follow_up_date, '-infinity'::date) AS key
    FROM {tenant}.medical_records r
    WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
      AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
      AND ($4::text IS NULL OR r.visit_type = $4)
      AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
      AND ($6::timestamptz IS NULL OR r.visit_date < $6)
      AND ($10::tsquery IS NULL OR r.search @@ $10)
      AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
             WHERE (f.due < $9::date) = ($8 = 'overdue')))
      AND ($7::text IS NULL OR EXISTS (SELECT FROM {tenant}.diagnoses d
             WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7))
      AND (coalesce(r.follow_up_date, '-infinity'::date), r.id) < ($11::date, $12::bigint)
    OFFSET 0) m
  ORDER BY m.key DESC, m.id DESC LIMIT $13)sql"};

/// The worklist in its own order, both ways, as the lists above.
inline const FilteredList kWorklist{"records.worklist", R"sql(
  SELECT r.id, f.due::text AS sort_key
  FROM {tenant}.medical_records r JOIN {tenant}.follow_ups f ON f.record_id = r.id
  WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
    AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
    AND ($4::text IS NULL OR r.visit_type = $4)
    AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
    AND ($6::timestamptz IS NULL OR r.visit_date < $6)
    AND ($10::tsquery IS NULL OR r.search @@ $10)
    AND ($7::text IS NULL OR EXISTS (SELECT FROM {tenant}.diagnoses d
           WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7))
    AND CASE WHEN $8 = 'overdue' THEN f.due < $9::date ELSE f.due >= $9::date END
    AND (f.due, f.record_id) > ($11::date, $12::bigint)
  ORDER BY f.due ASC, f.record_id ASC LIMIT $13)sql"};
inline const FilteredList kWorklistDown{"records.worklist_down", R"sql(
  SELECT r.id, f.due::text AS sort_key
  FROM {tenant}.medical_records r JOIN {tenant}.follow_ups f ON f.record_id = r.id
  WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
    AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
    AND ($4::text IS NULL OR r.visit_type = $4)
    AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
    AND ($6::timestamptz IS NULL OR r.visit_date < $6)
    AND ($10::tsquery IS NULL OR r.search @@ $10)
    AND ($7::text IS NULL OR EXISTS (SELECT FROM {tenant}.diagnoses d
           WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7))
    AND CASE WHEN $8 = 'overdue' THEN f.due < $9::date ELSE f.due >= $9::date END
    AND (f.due, f.record_id) < ($11::date, $12::bigint)
  ORDER BY f.due DESC, f.record_id DESC LIMIT $13)sql"};

/// Around a ranked search, which has two indexes that narrow it down: the planner would walk along
/// one and look at each document, since it counts nothing for unpacking those.
inline const db::Query<db::TextRow, bool> kIndexScans{
    "records.index_scans", "SELECT set_config('enable_indexscan', $1::boolean::text, true)"};

/// The best of the newest matches, not older than ($11, $12): $13, $14 the cursor's rank and id,
/// $15 the limit, $16 how many of the newest are looked at (NULL: all). The sort key is
/// `rank|id|visit_date`, the latter two of the oldest one that was looked at.
inline const db::Query<FoundRecord, MaybeId, MaybeId, MaybeText, MaybeText, MaybeText, MaybeText,
                       MaybeText, MaybeText, MaybeText, MaybeText, std::string, std::int64_t,
                       std::int64_t, std::int64_t, int, std::optional<std::int64_t>>
    kByRank{"records.by_rank", R"sql(
  WITH newest AS MATERIALIZED (
    SELECT m.id, m.visit_date FROM (
      SELECT r.id, r.visit_date FROM {tenant}.medical_records r
      WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
        AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
        AND ($4::text IS NULL OR r.visit_type = $4)
        AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
        AND ($6::timestamptz IS NULL OR r.visit_date < $6)
        AND ($10::tsquery IS NULL OR r.search @@ $10)
        AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
               WHERE (f.due < $9::date) = ($8 = 'overdue')))
        AND ($7::text IS NULL OR EXISTS (SELECT FROM {tenant}.diagnoses d
               WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7))
        AND r.visit_date >= $11::timestamptz
        AND (r.visit_date > $11 OR r.id >= $12::bigint)
      OFFSET 0) m
    ORDER BY m.visit_date DESC, m.id DESC LIMIT $16::bigint
  ), edge AS MATERIALIZED (
    SELECT coalesce(o.id, $12::bigint) || '|' || coalesce(o.visit_date, $11::timestamptz) AS place
    FROM (SELECT) one LEFT JOIN (
      SELECT n.id, n.visit_date FROM newest n WHERE (SELECT count(*) FROM newest) = $16
      ORDER BY n.visit_date, n.id LIMIT 1) o ON true
  )
  SELECT k.id, k.rank || '|' || e.place AS sort_key
  FROM (SELECT n.id, (1000000 * ts_rank(r.search, $10))::bigint AS rank
        FROM newest n JOIN {tenant}.medical_records r ON r.id = n.id) k CROSS JOIN edge e
  WHERE (k.rank, k.id) < ($13::bigint, $14::bigint)
  ORDER BY k.rank DESC, k.id DESC LIMIT $15)sql"};

inline const db::Query<db::Int64Row, MaybeId, MaybeId, MaybeText, MaybeText, MaybeText, MaybeText,
                       MaybeText, MaybeText, MaybeText, MaybeText>
    kCountFiltered{"records.count", R"sql(
  SELECT count(*) FROM {tenant}.medical_records r
  WHERE r.voided_at IS NULL AND ($1::bigint IS NULL OR r.patient_id = $1)
    AND ($2::bigint IS NULL OR r.doctor_id = $2) AND ($3::text IS NULL OR r.status = $3)
    AND ($4::text IS NULL OR r.visit_type = $4)
    AND ($5::timestamptz IS NULL OR r.visit_date >= $5)
    AND ($6::timestamptz IS NULL OR r.visit_date < $6)
    AND ($10::tsquery IS NULL OR r.search @@ $10)
    AND ($8::text IS NULL OR r.id IN (SELECT f.record_id FROM {tenant}.follow_ups f
           WHERE (f.due < $9::date) = ($8 = 'overdue')))
    AND ($7::text IS NULL OR EXISTS (SELECT FROM {tenant}.diagnoses d
           WHERE d.record_id = r.id AND d.removed_at IS NULL AND d.icd_code LIKE $7)))sql"};

/// Of words alone: the index knows, as long as no row is looked at (voided ones are not in it).
inline const db::Query<db::Int64Row, std::string> kCountWords{"records.count_words", R"sql(
  SELECT count(*) FROM {tenant}.medical_records r WHERE r.search @@ $1::tsquery)sql"};
inline const db::Query<db::TextRow, bool> kTableScans{
    "records.table_scans", "SELECT set_config('enable_seqscan', $1::boolean::text, true)"};

}  // namespace wardbook::records
