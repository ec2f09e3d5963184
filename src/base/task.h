#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>

namespace wardbook {

/// What every coroutine of ours returns. It runs on the reactor (one io_context on one thread) that
/// awaits it; nothing in it needs a lock. Request data goes in by value; see docs/architecture.md.
template <class T = void>
using Task = boost::asio::awaitable<T>;

using Deadline = std::chrono::steady_clock::time_point;

}  // namespace wardbook
