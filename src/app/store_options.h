#pragma once

#include "base/settings.h"
#include "s3/client.h"

namespace wardbook::app {

/// How the client reaches the configured store.
[[nodiscard]] s3::StoreOptions store_options(const Settings::Storage& storage);

}  // namespace wardbook::app
