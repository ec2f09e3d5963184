#include "features/attachments/kept_files.h"

#include "api/input.h"
#include "features/attachments/attachments_sql.h"

namespace wardbook::attachments {
namespace {

namespace json = boost::json;
constexpr int kContentFormat = 1;
constexpr int kPage = 500;

json::value value_of(const MaybeText& text) {
  return text ? json::value(*text) : json::value(nullptr);
}

/// What is kept of a file, format 1: all that says which bytes it is and whether it is there, not
/// how often it was fetched.
std::string canonical_1(const Attachment& a) {
  const json::object content{{"added_after_finalization", a.added_after_finalization},
                             {"content_encoding", value_of(a.content_encoding)},
                             {"created_at", a.created_at},
                             {"description", value_of(a.description)},
                             {"file_name", a.file_name},
                             {"file_size", a.file_size},
                             {"file_type", a.file_type},
                             {"purged", a.purged},
                             {"record_id", a.record_id.value},
                             {"s3_bucket", a.s3_bucket},
                             {"s3_key", a.s3_key},
                             {"sha256", value_of(a.sha256)},
                             {"state", a.state},
                             {"stored_sha256", value_of(a.stored_sha256)},
                             {"stored_size", a.stored_size},
                             {"uploaded_by", a.uploaded_by.value},
                             {"verified_at", value_of(a.verified_at)},
                             {"version", a.version}};
  return api::canonical_json(content);
}

/// What is wrong with a file's row.
std::optional<std::string> fault_of(const KeptAttachment& row) {
  const std::string name = "attachment " + std::to_string(row.file.id.value);
  if (row.last.version == 0) {
    const bool begun = row.file.state == "pending" || row.file.state == "rejected" ||
                       row.file.state == "quarantined";
    return begun ? std::nullopt : std::optional(name + " has no version");
  }
  if (row.last.content_format != kContentFormat) {
    return name + " has content format " + std::to_string(row.last.content_format) +
           ", which this program does not know";
  }
  if (audit::says(row.last, row.last.version, canonical_1(row.file))) return std::nullopt;
  return name + " is not what its version says";
}

}  // namespace

Task<audit::Entry> keep_file(db::Tx& tx, AttachmentId id, std::optional<AccountId> by,
                             audit::Entry entry) {
  const auto now = co_await tx.one(kToKeep, id);
  audit::RowVersion version;
  version.resource = "attachment";
  version.id = id.value;
  version.version = now.last.version + 1;
  version.kind = entry.action.name();
  version.patient = now.file.patient_id;
  version.by = by;
  version.at = now.now;
  version.content_format = kContentFormat;
  version.content = canonical_1(now.file);
  json::value after = json::parse(entry.after.value_or("{}"));
  after.as_object()["content_hash"] = audit::keep(tx, std::move(version));
  entry.after = json::serialize(after);
  co_return entry;
}

Task<> verify_files(db::Pool& db, TenantId tenant, audit::Verdict& verdict) {
  co_await audit::verify_row_versions(db, tenant, "attachment", verdict);
  if (verdict.first_fault) co_return;
  AttachmentId after;
  while (true) {
    db::Tx tx = co_await db.begin(tenant);
    const auto rows = co_await tx.all(kToVerify, after, kPage);
    for (const auto& row : rows) {
      verdict.first_fault = fault_of(row);
      if (verdict.first_fault) co_return;
      after = row.file.id;
    }
    if (rows.size() < static_cast<std::size_t>(kPage)) break;
  }
  db::Tx tx = co_await db.begin(tenant);
  if (const auto gone = co_await tx.maybe_one(kFirstGone)) {
    verdict.first_fault = "attachment " + std::to_string(gone->value) + " is missing";
  }
}

}  // namespace wardbook::attachments
