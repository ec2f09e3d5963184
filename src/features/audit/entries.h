#pragma once

#include "features/audit/audit.h"

// Inside of the slice: what everybody else reaches by api::Write and Log alone.

namespace wardbook::audit {

/// Puts the entry of a change into the change's own transaction (sent with its next flush).
void record(db::Tx& tx, const Actor& actor, Entry entry);

/// What operators do, and sign-ins that end in no tenant: the control schema's log. `tx` is a
/// control transaction.
void record_platform(db::Tx& tx, const Actor& actor, Entry entry);

}  // namespace wardbook::audit
