#pragma once

// Inside of the slice: a diagnosis checked against the release, and the handler of amendments.

#include "features/app.h"
#include "features/diagnoses/diagnoses.h"
#include "features/records/records.h"

namespace wardbook::diagnoses {

/// A record has at most so many: as many as an amendment can list.
inline constexpr std::size_t kMostDiagnoses = 100;

/// A diagnosis with the release that knows its code, and the release's title where the client gave
/// no name.
struct Coded {
  DiagnosisInput input;
  std::optional<std::string> release;
  bool header = false;  ///< the code only heads others, which insurers ask for
};

/// Reads and checks a diagnosis of a visit at `visit_date` (RFC 3339). Adds to `faults`; a code
/// that the release in force at the visit does not have is one, with the nearest ones.
[[nodiscard]] Task<Coded> coded(db::Tx& tx, std::string visit_date, boost::json::object body,
                                std::string pointer, std::vector<Fault>& faults);

/// The same for a diagnosis that is there, with a merge patch applied. A code that stays is not
/// checked again (a later release does not unsay it); another code brings its own title, unless the
/// patch names one.
[[nodiscard]] Task<Coded> recoded(db::Tx& tx, std::string visit_date, records::Diagnosis before,
                                  boost::json::object patch, std::string pointer,
                                  std::vector<Fault>& faults);

/// The warning that a code at `pointer` is a header.
[[nodiscard]] boost::json::object header_warning(std::string pointer);
/// The diagnosis as an answer to its writing: with `warnings`, one where the code is a header.
[[nodiscard]] std::string answer_json(const records::Diagnosis& diagnosis, bool header);

/// POST /records/{id}/amendments: fields of the record, its diagnoses, or both. It is here rather
/// than among the records because it needs both.
Task<api::Response> amend_record(App& app, api::Request req);

}  // namespace wardbook::diagnoses
