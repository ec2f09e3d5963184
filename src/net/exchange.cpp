// Connection's Exchange half: request bodies and answers.
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "net/connection.h"

namespace wardbook::net {
namespace {

using boost::asio::buffer;

constexpr std::size_t kBodyBuffer = 64 * 1024;
constexpr std::size_t kFirstReserve = 64 * 1024;
constexpr std::string_view kLastChunk = "0\r\n\r\n";
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

/// An answer counts as unread while its writing waits.
struct Held {
  Held(ServerCore& core, Connection& connection, std::size_t bytes)
      : core_(core), connection_(connection) {
    core_.hold(connection_, bytes);
  }
  ~Held() { core_.release(connection_); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

 private:
  ServerCore& core_;
  Connection& connection_;
};

}  // namespace

void Connection::reading_failed(boost::system::error_code ec) {
  body_broken_ = true;
  close_ = true;
  if (timed_out_ && !gone_) throw Failure(Code::request_timeout, "The body arrived too slowly");
  gone_ = true;
  throw boost::system::system_error(ec);
}

void Connection::writing_failed(boost::system::error_code ec) {
  if (ec == boost::asio::error::timed_out) cut();
  gone_ = true;
  throw boost::system::system_error(ec);
}

void Connection::begin_wait(Clock::time_point latest) {
  wait_from_ = waits_since_ = Clock::now();
  stalled_ = false;
  arm(std::min(latest, wait_from_ + std::min<Pace::Duration>(limits().io_timeout, pace_.left())));
}

void Connection::end_wait(std::size_t bytes) {
  disarm();
  pace_.waited(Clock::now() - wait_from_, bytes);
  waits_since_ = Clock::time_point::max();
}

/// Written, but not yet acknowledged by the client's system.
std::size_t Connection::unacknowledged() {
  int bytes = 0;
  const bool known = ::ioctl(socket_.native_handle(), SIOCOUTQ, &bytes) == 0;
  return known && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

/// While a write waits: credits what the client has taken meanwhile, and extends the wait by it.
bool Connection::has_read_some(Clock::time_point now) {
  if (gone_) return false;
  const auto left = unacknowledged();
  if (left >= queued_) return false;
  pace_.waited(now - wait_from_, queued_ - left);
  queued_ = left;
  wait_from_ = now;
  deadline_ = now + std::min<Pace::Duration>(limits().io_timeout, pace_.left());
  return deadline_ > now;
}

std::size_t Connection::at_hand() const {
  if (body_done_) return 0;
  boost::system::error_code ec;
  const std::uint64_t arrived = in_.size() + socket_.available(ec);
  return static_cast<std::size_t>(chunks_ ? arrived : std::min(arrived, body_left_));
}

Task<> Connection::fill(Clock::time_point deadline) {
  const auto space = in_.space(kBodyBuffer);
  begin_wait(deadline);
  const auto [ec, count] =
      co_await socket_.async_read_some(buffer(space.data(), space.size()), kAwait);
  end_wait(count);
  if (ec) reading_failed(ec);
  in_.commit(count);
}

Task<std::size_t> Connection::read_body(std::span<char> into, Clock::time_point deadline) {
  while (!body_done_) {
    if (body_broken_) throw Failure(Code::bad_request, "The rest of the body cannot be read");
    if (chunks_) {
      const auto step = chunks_->decode(in_.view(), into);
      in_.consume(step.consumed);
      if (chunks_->malformed()) {
        body_broken_ = true;
        close_ = true;
        throw Failure(Code::bad_request, "The chunked body is malformed");
      }
      body_done_ = chunks_->done();
      if (step.produced > 0) co_return step.produced;
      if (!body_done_) co_await fill(deadline);
      continue;
    }
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, into.size()));
    std::size_t count = in_.take(into.first(want));
    if (count == 0 && want >= kDirectRead) {
      begin_wait(deadline);
      const auto [ec, read] = co_await socket_.async_read_some(buffer(into.data(), want), kAwait);
      end_wait(read);
      if (ec) reading_failed(ec);
      count = read;
    }
    if (count == 0) {
      co_await fill(deadline);
      continue;
    }
    body_left_ -= count;
    body_done_ = body_left_ == 0;
    co_return count;
  }
  co_return 0;
}

Task<> Connection::send_continue() {
  expecting_ = false;
  // Who sends the body unasked has stopped waiting; and after the answer it would be nonsense.
  if (!in_.empty() || answered_) co_return;
  Parts parts{bytes_of(kContinue)};
  if (!write_now(parts)) co_await write_rest(parts);
}

Task<std::size_t> Connection::read_some(std::span<char> into) {
  if (body_done_ || into.empty()) co_return 0;
  if (expecting_) co_await send_continue();
  const auto count = co_await read_body(into, Clock::time_point::max());
  co_return count;
}

Task<std::string> Connection::read_all(std::size_t limit) {
  std::string body;
  if (body_done_) co_return body;
  if (!chunks_ && body_left_ > limit) throw Failure(Code::payload_too_large);
  if (expecting_) co_await send_continue();
  const auto last = Clock::now() + limits().body_timeout;
  const auto most = limit + (limit < std::string::npos / 2 ? 1 : 0);
  std::size_t filled = 0;
  // A length that was only announced does not get memory: it grows with what has arrived.
  while (!body_done_) {
    if (filled == body.size()) {
      auto room = std::max<std::size_t>(body.size() * 2, chunks_ ? kDirectRead : 0);
      if (!chunks_) room = std::max(room, std::min<std::size_t>(body_left_, kFirstReserve));
      // One byte more than allowed tells a body that is too long from one that just fits.
      body.resize(std::min(room, most));
    }
    const auto space = std::span(body).subspan(filled);
    const auto count = co_await read_body(space, last);
    filled += count;
    if (filled > limit) throw Failure(Code::payload_too_large);
  }
  body.resize(filled);
  co_return body;
}

bool Connection::must_close(int status) const {
  if (core_->draining || body_broken_) return true;
  if (body_done_) return false;
  // What is left of the body will be thrown away, which is not worth it for a long one.
  return status == 413 || expecting_ || (!chunks_ && body_left_ > limits().discard_bytes);
}

void Connection::begin_answer(int status, const Headers& headers,
                              std::optional<std::uint64_t> length, bool chunked) {
  if (answered_) throw std::logic_error("a request was answered twice");
  answered_ = true;
  close_ = close_ || must_close(status);
  AnswerFraming framing;
  const bool bodiless = status < 200 || status == 204 || status == 304;
  if (!bodiless) {
    framing.content_length = length;
    framing.chunked = chunked && !head_.http_1_0;
    if (!length && head_.http_1_0) close_ = true;
  }
  framing.close = close_;
  framing.keep_alive_1_0 = head_.http_1_0 && !close_;
  out_.clear();
  append_response_head(out_, status, headers, framing, core_->date.now(), id_);
  if (bodiless || head_.method == "HEAD") {
    stream_ = Stream::swallowed;
  } else if (length) {
    stream_ = Stream::length;
    stream_left_ = *length;
  } else {
    stream_ = framing.chunked ? Stream::chunked : Stream::until_close;
  }
}

Task<> Connection::respond(Response response) {
  std::uint64_t length = response.content().size();
  if (length == 0 && head_.method == "HEAD") {
    // A handler may know the length without making the body.
    if (const auto given = response.headers.get("Content-Length")) {
      length = parse_content_length(*given).value_or(0);
    }
  }
  begin_answer(response.status, response.headers, length, false);
  Parts parts{bytes_of(out_)};
  if (stream_ != Stream::swallowed) parts[1] = bytes_of(response.content());
  stream_ = Stream::none;
  if (!write_now(parts)) co_await write_rest(parts, response.body.size());
}

Task<> Connection::start(int status, Headers headers, std::optional<std::uint64_t> length) {
  begin_answer(status, headers, length, !length.has_value());
  head_waiting_ = true;
  co_return;
}

Task<> Connection::write(std::string_view bytes) {
  if (stream_ == Stream::none) throw std::logic_error("write without start");
  if (stream_ == Stream::swallowed || bytes.empty()) co_return;
  if (stream_ == Stream::length) {
    if (bytes.size() > stream_left_) {
      throw std::logic_error("more was written than the announced length");
    }
    stream_left_ -= bytes.size();
  }
  if (!head_waiting_) out_.clear();
  head_waiting_ = false;
  Parts parts{};
  if (stream_ == Stream::chunked) {
    std::array<char, 20> digits{};
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), bytes.size(), 16).ptr;
    out_.append(digits.data(), end);
    out_ += "\r\n";
    parts[2] = bytes_of("\r\n");
  }
  parts[0] = bytes_of(out_);
  parts[1] = bytes_of(bytes);
  if (!write_now(parts)) co_await write_rest(parts, bytes.size());
}

Task<> Connection::finish_stream() {
  if (!head_waiting_) out_.clear();
  head_waiting_ = false;
  if (stream_ == Stream::chunked) out_ += kLastChunk;
  if (out_.empty()) co_return;
  Parts parts{bytes_of(out_)};
  if (!write_now(parts)) co_await write_rest(parts);
}

/// One system call, which nearly always is enough. False: some is left in `parts`.
bool Connection::write_now(Parts& parts) {
  boost::system::error_code ec;
  auto count = socket_.write_some(parts, ec);
  if (ec && ec != boost::asio::error::would_block) writing_failed(ec);
  bool done = true;
  for (auto& part : parts) {
    const auto taken = std::min(count, part.size());
    part += taken;
    count -= taken;
    done = done && part.size() == 0;
  }
  return done;
}

Task<> Connection::write_rest(Parts parts, std::size_t held) {
  const Held guard(*core_, *this, held);
  do {
    queued_ = unacknowledged();
    writing_ = true;
    begin_wait(Clock::time_point::max());
    const auto [ec] = co_await socket_.async_wait(Socket::wait_write, kAwait);
    writing_ = false;
    if (ec) {
      disarm();
      writing_failed(timed_out_ && !gone_ ? make_error_code(boost::asio::error::timed_out) : ec);
    }
    end_wait(queued_ - std::min(queued_, unacknowledged()));
  } while (!write_now(parts));
}

}  // namespace wardbook::net
