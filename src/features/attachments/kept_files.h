#pragma once

#include "features/attachments/attachments.h"
#include "features/audit/audit.h"

namespace wardbook::attachments {

/// Keeps what the file is after a change by this account (the service: none), of which `entry`
/// tells. Returns the entry, which has the hash from here on and is the caller's to log. A file has
/// versions from the moment when it is available.
[[nodiscard]] Task<audit::Entry> keep_file(db::Tx& tx, AttachmentId id, std::optional<AccountId> by,
                                           audit::Entry entry);

}  // namespace wardbook::attachments
