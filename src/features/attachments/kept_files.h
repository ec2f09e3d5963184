#pragma once

#include "features/attachments/attachments.h"
#include "features/audit/audit.h"

namespace wardbook::attachments {

/// Keeps what the file is after a change, of which `entry` tells (with the hash, from here on), and
/// puts both into the transaction. A file has versions from the moment when it is available.
[[nodiscard]] Task<> keep_file(db::Tx& tx, AttachmentId id, audit::Actor actor, audit::Entry entry);

}  // namespace wardbook::attachments
