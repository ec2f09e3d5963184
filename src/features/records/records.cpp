#include "features/records/records.h"

#include "features/audit/audit.h"
#include "features/records/content_format.h"

namespace wardbook::records {

std::string canonical_content(const RecordInput& data, const std::vector<Diagnosis>& diagnoses) {
  RecordInput whole = data;
  whole.diagnoses = coding::content_of(diagnoses);
  return clinical::canonical(whole, clinical::kContentFormat);
}

bool kept_at_once(std::string_view kind) {
  return kind != "created" && kind != "updated" && kind != "diagnosis";
}

bool says_its_version(const Record& record, const std::optional<std::string>& reason) {
  const auto& salt = record.version.salt;
  return salt && record.true_columns &&
         record.data.diagnoses == coding::content_of(record.diagnoses) &&
         audit::content_digest(*salt, reason, record.content) == record.version.digest;
}

std::string version_hash(RecordId record, std::int64_t revision, std::string_view status,
                         PatientId patient, const OpenVersion& version) {
  const audit::VersionHead head{.content_format = version.content_format,
                                .resource = "record",
                                .id = record.value,
                                .version = version.number,
                                .revision = revision,
                                .kind = version.kind,
                                .status = status,
                                .patient = patient.value,
                                .author = version.by.value,
                                .begun = version.begun_at,
                                .changed = version.changed_at};
  return audit::version_hash(head, version.digest);
}

bool Asked::changes(const Record& record) const {
  return (diagnoses && !diagnoses->empty()) || !(data == record.data);
}

std::vector<std::string> Asked::headers() const {
  return diagnoses ? diagnoses->headers : std::vector<std::string>{};
}

void require_complete(const RecordInput& data) {
  auto missing = clinical::incomplete(data);
  if (!missing.empty()) throw Failure::invalid(std::move(missing));
}

void require_draft(const Record& record) {
  if (record.status != "draft") {
    throw Failure(Code::record_finalized, "A finalized record can only be amended or reopened.");
  }
}

}  // namespace wardbook::records
