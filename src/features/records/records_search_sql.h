#pragma once

#include <utility>

#include "db/query.h"
#include "features/records/records.h"

namespace wardbook::records {

/// A record as it is searched.
struct SearchedRecord {
  static constexpr db::Columns kColumns{"id", "revision", "search_format", "record_number",
                                        "content"};
  RecordId id;
  std::int64_t revision = 0;
  std::int64_t format = 0;  ///< of the document that it has
  std::string number;
  clinical::Visit visit;
  std::size_t size = 0;  ///< of its content
  static SearchedRecord from_row(const db::RowView& r) {
    const std::string_view content = r.text(kColumns["content"]);
    return {r.id<RecordId>(kColumns["id"]),
            r.int64(kColumns["revision"]),
            r.int64(kColumns["search_format"]),
            r.str(kColumns["record_number"]),
            clinical::read(content),
            content.size()};
  }
};

inline const db::Query<SearchedRecord, std::vector<std::int64_t>> kFoundRecords{"records.found",
                                                                                R"sql(
  SELECT r.id, r.revision, r.search_format, r.record_number, r.content
  FROM {tenant}.medical_records r WHERE r.id = ANY ($1::bigint[]))sql"};

/// Those whose document is older than the format $1, behind ($2, $3) in the order of formats and
/// ids.
inline const db::Query<SearchedRecord, int, std::int64_t, RecordId, int> kOutdatedRecords{
    "records.outdated", R"sql(
  SELECT r.id, r.revision, r.search_format, r.record_number, r.content
  FROM {tenant}.medical_records r
  WHERE r.voided_at IS NULL AND r.search_format < $1::smallint
    AND (r.search_format, r.id) > ($2::smallint, $3::bigint)
  ORDER BY r.search_format, r.id LIMIT $4)sql"};

inline const db::Query<db::Int64Row, int> kCountOutdated{"records.count_outdated", R"sql(
  SELECT count(*) FROM {tenant}.medical_records r
  WHERE r.voided_at IS NULL AND r.search_format < $1::smallint)sql"};

/// The document $4 of the revision $2, in place of one of the format $3.
inline const db::Query<db::Int64Row, RecordId, std::int64_t, std::int64_t, std::string, int>
    kStoreDocument{"records.store_document", R"sql(
  UPDATE {tenant}.medical_records SET search = $4::tsvector, search_format = $5::smallint
  WHERE id = $1 AND revision = $2::bigint AND search_format = $3::smallint AND voided_at IS NULL
  RETURNING id)sql"};

}  // namespace wardbook::records
