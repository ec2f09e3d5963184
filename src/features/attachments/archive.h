#pragma once

// Inside of the slice: files in the store's archive.

#include "features/attachments/attachments_sql.h"
#include "features/attachments/outgoing.h"
#include "features/attachments/verify.h"
#include "s3/client.h"

namespace wardbook::attachments {

/// For Retry-After, of a file that is on its way back. That takes the store minutes to hours.
inline constexpr int kLookAgainSeconds = 300;

/// Ends a request for the bytes of an archived file, and notes where the file is: 409 archived.
Task<> fail_archived(App& app, const api::Request& req, const Attachment& attachment);
/// POST /attachments/{id}/restore-archive
Task<api::Response> restore_archived(App& app, api::Request req);

}  // namespace wardbook::attachments
