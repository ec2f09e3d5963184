#pragma once

#include <cstddef>

namespace wardbook {

/// From now on neither this process nor those it starts leave a core dump, which would hold charts,
/// keys and passwords; and no other process of the same user may look into this one's memory.
void forbid_core_dumps();

/// Allows this process as many open files as the system lets it have, and says how many that is.
/// Every connection is one.
std::size_t raise_open_files();

}  // namespace wardbook
