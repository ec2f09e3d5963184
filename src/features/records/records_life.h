#pragma once

// Inside of the slice: handlers by file, gathered by routes() in records_api.cpp.

#include "api/router.h"
#include "features/app.h"
#include "features/objects/objects.h"
#include "features/records/records.h"

namespace wardbook::records {

// records_list.cpp
Task<api::Response> list_records(App& app, api::Request req);
// records_life.cpp
Task<api::Response> void_record(App& app, api::Request req);
Task<api::Response> finalize_record(App& app, api::Request req);
Task<api::Response> reopen_record(App& app, api::Request req);
// records_versions.cpp
Task<api::Response> list_versions(App& app, api::Request req);
Task<api::Response> get_version(App& app, api::Request req);

/// What a step (finalized, amended, reopened) means for what outlives the visit. records_follow.cpp
/// lists who is told; they work in the step's own transaction.
[[nodiscard]] Task<> follow(api::Write& w, objects::VisitStep step);

/// Writes an entry that the record was read, durably.
[[nodiscard]] Task<> record_was_read(App& app, const api::Request& req, audit::Action action,
                                     RecordId record, PatientId patient);

}  // namespace wardbook::records
