#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace wardbook::net {

// Bound to the concrete executor: the type-erased one costs a call through a table for each step.
using Executor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

/// Between two looks at the deadlines of all connections, by how short the shortest deadline is.
inline constexpr std::chrono::milliseconds kSlowestTick{250};
inline constexpr std::chrono::milliseconds kFastestTick{5};

/// From this size on a read goes straight into the caller's memory.
inline constexpr std::size_t kDirectRead = 4 * 1024;

[[nodiscard]] inline boost::asio::const_buffer bytes_of(std::string_view text) {
  return boost::asio::buffer(text.data(), text.size());
}

/// Completions as (error, value): most errors of sockets are no exceptions here.
inline constexpr auto kAwait = boost::asio::as_tuple(boost::asio::use_awaitable);

}  // namespace wardbook::net
