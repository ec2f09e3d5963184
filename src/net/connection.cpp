#include "net/connection.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <utility>

#include "base/log.h"

namespace wardbook::net {
namespace {

using boost::asio::buffer;
using boost::asio::ip::tcp;
using std::chrono::milliseconds;

/// A connection that has not asked anything yet when the server drains may have a request under
/// way: it gets this long.
constexpr milliseconds kFreshGrace{500};
constexpr std::size_t kDiscardPiece = 16 * 1024;

struct InFlight {
  explicit InFlight(ServerCore& core) : core_(core) { ++core_.in_flight; }
  ~InFlight() { --core_.in_flight; }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;
  ServerCore& core_;
};

Failure to_failure(const std::exception_ptr& error) {
  if (!error) return Failure(Code::internal, {}, "the handler ended without an answer");
  try {
    std::rethrow_exception(error);
  } catch (const Failure& failure) {
    return failure;
  } catch (const std::exception& other) {
    return Failure(Code::internal, {}, other.what());
  } catch (...) {
    return Failure(Code::internal, {}, "an exception of unknown type");
  }
}

/// What the kernel may hold that was not sent yet: neither may slow readers fill its memory, nor
/// may their progress stay unseen for long.
constexpr int kUnsentBytes = 128 * 1024;
/// Of an idle connection's read buffer.
constexpr std::size_t kIdleBuffer = 16 * 1024;

}  // namespace

Connection::Connection(std::shared_ptr<ServerCore> core, Socket socket, const Address& peer,
                       bool trusted, bool counted)
    : core_(std::move(core)),
      socket_(std::move(socket)),
      peer_(peer),
      source_(peer.source()),
      trusted_(trusted),
      counted_(counted),
      remote_ip_(peer.str()),
      pace_(limits().grace, limits().bytes_per_second) {
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(tcp::no_delay(true), ignored);
  (void)::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentBytes,
                     sizeof kUnsentBytes);
  core_->add(*this);
}

Connection::~Connection() {
  core_->remove(*this);
  if (counted_) core_->options.book->leave(source_);
}

void Connection::arm(Clock::time_point deadline) {
  deadline_ = deadline;
  timed_out_ = false;
}

void Connection::on_tick(Clock::time_point now) {
  notice_stall(now);
  if (now < deadline_ || (writing_ && has_read_some(now))) return;
  // Again on every tick until the coroutine has noticed: between two reads there is nothing to
  // cancel.
  timed_out_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Connection::notice_stall(Clock::time_point now) {
  if (!stall_call_ || stalled_ || waits_since_ == Clock::time_point::max()) return;
  if (now < waits_since_ + limits().stall) return;
  stalled_ = true;
  stall_call_();
}

bool Connection::is_quiet() const {
  boost::system::error_code ec;
  return !gone_ && (socket_.available(ec) == 0 || ec);
}

bool Connection::is_slow(Clock::time_point now) {
  if (gone_ || waits_since_ == Clock::time_point::max()) return false;
  if (writing_) (void)has_read_some(now);
  return pace_.is_slow_after(now - wait_from_);
}

void Connection::on_drain(Clock::time_point now) {
  if (phase_ != Phase::idle) return;
  boost::system::error_code ec;
  if (socket_.available(ec) > 0 && !ec) return;
  deadline_ = std::min(deadline_, served_ > 0 ? now : now + kFreshGrace);
  on_tick(now);
}

void Connection::close() {
  gone_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void Connection::cut() {
  // A reset: the kernel must not go on keeping what nobody reads.
  boost::system::error_code ignored;
  socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);
  close();
}

Task<> Connection::run(std::unique_ptr<Connection> self) {
  // What ends a connection here is its socket's failure: there is nobody left to tell.
  try {
    while (co_await self->serve_one()) {
    }
    if (self->linger_ && !self->gone_) co_await self->linger();
  } catch (const std::exception&) {
  }
  self->close();
}

Task<bool> Connection::serve_one() {
  const bool received = co_await receive_head();
  if (!received) co_return false;
  ++served_;
  std::exception_ptr error;
  if (refusal_) {
    linger_ = true;
    auto response = core_->render(*refusal_, id_);
    co_await respond(std::move(response));
    co_return false;
  }
  const InFlight guard(*core_);
  try {
    co_await core_->handler(*this);
  } catch (...) {
    error = std::current_exception();
  }
  const bool again = co_await complete(std::move(error));
  co_return again;
}

/// False: the connection ends without a word. Otherwise there is a request, or refusal_ is set.
Task<bool> Connection::receive_head() {
  scanner_.reset();
  phase_ = Phase::idle;
  in_.shrink(kIdleBuffer);
  arm(Clock::now() + (core_->draining ? kFreshGrace : limits().idle_timeout));
  if (in_.empty()) core_->wait_in(core_->idle, place_);
  while (true) {
    if (!in_.empty()) {
      if (phase_ == Phase::idle) {
        phase_ = Phase::head;
        // One empty line before a request is forgiven (RFC 9112, 2.2).
        if (in_.view().starts_with("\r\n")) in_.consume(2);
        arm(Clock::now() + limits().header_timeout);
      }
      if (examine_head()) break;
      core_->wait_in(core_->heads, place_);
    } else if (core_->draining && served_ > 0) {
      co_return false;
    }
    const auto space = in_.space(limits().header_bytes);
    const auto [ec, count] =
        co_await socket_.async_read_some(buffer(space.data(), space.size()), kAwait);
    if (ec) {
      if (!timed_out_ || phase_ == Phase::idle || gone_) co_return false;
      refuse(Failure(Code::request_timeout));
      break;
    }
    in_.commit(count);
  }
  place_.unlink();
  phase_ = Phase::exchange;
  disarm();
  co_return true;
}

/// True when the head is decided upon: begun, or refused.
bool Connection::examine_head() {
  if (in_.empty()) return false;
  const auto bytes = in_.view();
  if (!is_token_char(bytes.front())) {
    refuse(Failure(Code::bad_request, "This is not an HTTP request"));
    return true;
  }
  const auto result = scanner_.scan(bytes);
  if (result == HeadScanner::Result::malformed) {
    refuse(Failure(Code::bad_request, "A line does not end in CR LF"));
    return true;
  }
  const bool complete = result == HeadScanner::Result::complete;
  if ((complete ? scanner_.length() : bytes.size() + 1) > limits().header_bytes) {
    refuse(Failure(Code::headers_too_large));
    return true;
  }
  if (!complete) return false;
  auto checked = check_request_head(bytes.substr(0, scanner_.length()));
  in_.consume(scanner_.length());
  if (auto* failure = std::get_if<Failure>(&checked)) {
    refuse(std::move(*failure));
  } else {
    begin(std::move(std::get<CheckedRequest>(checked)));
  }
  return true;
}

void Connection::begin(CheckedRequest&& request) {
  head_ = std::move(request.head);
  head_.remote_ip =
      trusted_ ? forwarded_client(head_.headers, peer_, core_->options.trusted_proxies).str()
               : remote_ip_;
  framing_ = request.framing;
  id_ = core_->make_id();
  pace_.restart();
  stall_call_ = nullptr;
  body_left_ = framing_.content_length.value_or(0);
  chunks_.reset();
  if (!framing_.content_length) chunks_.emplace();
  body_done_ = framing_.content_length == 0U;
  body_broken_ = false;
  expecting_ = framing_.expect_continue;
  answered_ = false;
  close_ = !framing_.keep_alive;
  stream_ = Stream::none;
  head_waiting_ = false;
}

void Connection::refuse(Failure failure) {
  CheckedRequest nothing;
  nothing.framing.content_length = 0;
  nothing.framing.keep_alive = false;
  begin(std::move(nothing));
  refusal_ = std::move(failure);
}

/// After the handler: makes up for a missing answer, ends a streamed one, gets rid of the rest of
/// the body. True: the connection can take the next request.
Task<bool> Connection::complete(std::exception_ptr error) {
  if (gone_) co_return false;
  if (error && head_waiting_) {
    // The answer was started, but none of it was sent: there is time for a better one.
    head_waiting_ = answered_ = false;
    stream_ = Stream::none;
  }
  if (!answered_) {
    auto response = core_->render(to_failure(error), id_);
    co_await respond(std::move(response));
  } else if (error) {
    log::error("a request failed after its answer was started",
               {{"request_id", id_}, {"reason", to_failure(error).log_detail()}});
    // Ending early is the only way left to say so.
    if (stream_ != Stream::none) {
      cut();
      co_return false;
    }
  }
  if (stream_ != Stream::none) {
    co_await finish_stream();
    if (stream_ == Stream::length && stream_left_ > 0) co_return false;
  }
  if (!body_done_) {
    const bool settled = co_await settle_body();
    if (!settled) co_return false;
  }
  if (!close_) co_return true;
  boost::system::error_code ec;
  linger_ = !in_.empty() || socket_.available(ec) > 0;
  co_return false;
}

/// Reads what is left of a body that nobody wants, within bounds. False: the connection must go.
Task<bool> Connection::settle_body() {
  if (body_broken_ || (expecting_ && in_.empty())) {
    // Either nobody knows where the body ends, or the client may never send it.
    linger_ = true;
    co_return false;
  }
  expecting_ = false;
  const auto deadline = Clock::now() + limits().discard_timeout;
  std::string scratch(kDiscardPiece, '\0');
  std::size_t discarded = 0;
  try {
    while (discarded <= limits().discard_bytes) {
      const auto count = co_await read_body(scratch, deadline);
      if (count == 0) co_return true;
      discarded += count;
    }
  } catch (const Failure&) {
    // Too slow or malformed: the answer has been sent, so this is all.
  }
  co_return false;
}

/// Closes in an order that lets the peer read the answer: unread input would turn the close into a
/// reset, which throws away what the peer has not read yet.
Task<> Connection::linger() {
  boost::system::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  arm(Clock::now() + limits().discard_timeout);
  std::string scratch(kDiscardPiece, '\0');
  std::size_t discarded = 0;
  while (discarded <= limits().discard_bytes) {
    const auto [ec, count] = co_await socket_.async_read_some(buffer(scratch), kAwait);
    if (ec) break;
    discarded += count;
  }
}

}  // namespace wardbook::net
