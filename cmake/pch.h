// Precompiled for every layer. Only what is slow and stable belongs here; files still include what
// they use, so that they compile without it.
#pragma once

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>
