#include "net/client_connection.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <utility>

#include "base/text.h"

namespace wardbook::net {
namespace {

using boost::asio::buffer;
using boost::asio::ip::tcp;
using std::chrono::milliseconds;
using Kind = TransportError::Kind;

constexpr std::size_t kHeadLimit = 64 * 1024;
constexpr std::size_t kPiece = 64 * 1024;
constexpr int kMostInterim = 8;

bool expects_body(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

bool valid_target(std::string_view target) {
  return target.starts_with('/') && std::ranges::none_of(target, [](char c) {
           return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
         });
}

}  // namespace

ClientConnection::ClientConnection(std::shared_ptr<ClientCore> core)
    : core_(std::move(core)), resolver_(core_->reactor), socket_(core_->reactor.get_executor()) {
  registry_index = core_->connections.size();
  core_->connections.push_back(this);
}

ClientConnection::~ClientConnection() {
  auto& all = core_->connections;
  all[registry_index] = all.back();
  all[registry_index]->registry_index = registry_index;
  all.pop_back();
}

void ClientConnection::arm(milliseconds timeout) {
  deadline_ = std::min(Clock::now() + timeout, latest_);
  timed_out_ = false;
}

void ClientConnection::on_tick(Clock::time_point now) {
  if (now < deadline_) return;
  timed_out_ = true;
  if (idle_) return;  // ClientCore throws it away
  boost::system::error_code ignored;
  resolver_.cancel();
  socket_.cancel(ignored);
}

void ClientConnection::set_idle(bool idle) {
  idle_ = idle;
  if (idle) {
    latest_ = Clock::time_point::max();
    arm(core_->options.idle_timeout);
  } else {
    disarm();
  }
}

void ClientConnection::close() {
  broken_ = true;
  boost::system::error_code ignored;
  resolver_.cancel();
  socket_.close(ignored);
}

bool ClientConnection::quiet() {
  if (timed_out_ || broken_) return false;
  char byte = 0;
  boost::system::error_code ec;
  socket_.receive(buffer(&byte, 1), tcp::socket::message_peek, ec);
  return ec == boost::asio::error::would_block;
}

bool ClientConnection::reusable() const {
  return body_done_ && !broken_ && response_.keep_alive && in_.empty() && !core_->stopped;
}

void ClientConnection::fail(boost::system::error_code ec, const char* during) {
  broken_ = true;
  const auto where = core_->authority + ": " + during;
  if (timed_out_) throw TransportError(Kind::timeout, sent_, where + " took too long");
  throw TransportError(sent_ ? Kind::closed : Kind::connect, sent_, where + ": " + ec.message());
}

Task<> ClientConnection::connect() {
  const auto& options = core_->options;
  arm(options.connect_timeout);
  boost::system::error_code ec;
  std::vector<tcp::endpoint> endpoints;
  if (const auto address = boost::asio::ip::make_address(options.host, ec); !ec) {
    endpoints.emplace_back(address, options.port);
  } else {
    const auto port = std::to_string(options.port);
    const auto [failed, found] = co_await resolver_.async_resolve(options.host, port, kAwait);
    if (failed) fail(failed, "looking up the address");
    for (const auto& entry : found) endpoints.push_back(entry.endpoint());
  }
  ec = boost::asio::error::host_not_found;
  for (const auto& endpoint : endpoints) {
    if (timed_out_ || core_->stopped) break;
    boost::system::error_code ignored;
    socket_.close(ignored);
    const auto [failed] = co_await socket_.async_connect(endpoint, kAwait);
    ec = failed;
    if (!ec) break;
  }
  if (ec || core_->stopped) fail(ec, "connecting");
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(tcp::no_delay(true), ignored);
  if (options.tls) co_await shake_hands();
  disarm();
}

Task<> ClientConnection::shake_hands() {
  const auto& host = core_->options.host;
  tls_.emplace(socket_, *core_->tls);
  boost::system::error_code ec;
  boost::asio::ip::make_address(host, ec);
  if (ec) {
    // Server Name Indication is for names only (RFC 6066, 3). The call behind OpenSSL's macro,
    // which is an old-style cast.
    std::string name = host;
    SSL_ctrl(tls_->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             name.data());
  }
  tls_->set_verify_callback(boost::asio::ssl::host_name_verification(host));
  const auto [failed] =
      co_await tls_->async_handshake(boost::asio::ssl::stream_base::client, kAwait);
  if (failed) fail(failed, "the TLS handshake");
}

std::string ClientConnection::make_head(const ClientRequest& request) const {
  if (!is_token(request.method) || !valid_target(request.target)) {
    throw TransportError(Kind::protocol, false, "a method or target that cannot be sent");
  }
  std::string head;
  head.reserve(512);
  head += request.method + " " + request.target + " HTTP/1.1\r\n";
  if (request.headers.count("Host") == 0) head += "Host: " + core_->authority + "\r\n";
  for (const auto& [name, value] : request.headers.all()) {
    if (equal_ignoring_case(name, "Content-Length") || equal_ignoring_case(name, "Connection") ||
        equal_ignoring_case(name, "Transfer-Encoding")) {
      continue;
    }
    if (!is_token(name) || !is_field_value(value)) {
      throw TransportError(Kind::protocol, false, "a header field that cannot be sent");
    }
    head += name;
    head += ": ";
    head += value;
    head += "\r\n";
  }
  if (request.source && !request.source_length) {
    head += "Transfer-Encoding: chunked\r\n";
  } else {
    const auto length = request.source ? *request.source_length : request.body.size();
    if (length > 0 || expects_body(request.method)) {
      head += "Content-Length: " + std::to_string(length) + "\r\n";
    }
  }
  head += "\r\n";
  return head;
}

Task<> ClientConnection::exchange(const ClientRequest& request) {
  sent_ = false;
  answer_began_ = false;
  latest_ = request.latest;
  std::optional<TransportError> unsent;
  try {
    co_await send(request);
  } catch (const TransportError& error) {
    // A peer that refuses a body answers and closes while it is still being sent.
    if (error.kind() != Kind::closed) throw;
    unsent = error;
  }
  if (!unsent) {
    co_await receive_head(request.method == "HEAD");
    co_return;
  }
  try {
    co_await receive_head(request.method == "HEAD");
    response_.keep_alive = false;
    co_return;
  } catch (const TransportError&) {
    // No answer either: what happened first is what is told.
  }
  throw *unsent;
}

Task<> ClientConnection::send(const ClientRequest& request) {
  auto head = make_head(request);
  if (request.source) {
    co_await send_source(request, std::move(head));
    co_return;
  }
  Parts parts{bytes_of(head), bytes_of(request.body)};
  co_await write_all(parts);
}

Task<> ClientConnection::send_source(const ClientRequest& request, std::string head) {
  const bool chunked = !request.source_length;
  auto left = request.source_length.value_or(0);
  std::string piece(kPiece, '\0');
  while (chunked || left > 0) {
    auto room = std::span(piece);
    if (!chunked && left < room.size()) room = room.first(left);
    const auto count = co_await request.source(room);
    if (count == 0) break;
    left -= chunked ? 0 : count;
    if (chunked) head += hex_number(count) + "\r\n";
    Parts parts{bytes_of(head), buffer(piece.data(), count), bytes_of(chunked ? "\r\n" : "")};
    co_await write_all(parts);
    head.clear();
  }
  if (left > 0) {
    broken_ = true;
    throw TransportError(Kind::protocol, sent_, "the body ended before its announced length");
  }
  if (chunked) head += "0\r\n\r\n";
  Parts parts{bytes_of(head)};
  if (!head.empty()) co_await write_all(parts);
}

Task<> ClientConnection::write_all(Parts parts) {
  std::size_t left = boost::asio::buffer_size(parts);
  // A peer that takes a few bytes now and then must not hold it for ever.
  const auto last = Clock::now() + 2 * core_->options.io_timeout;
  while (left > 0) {
    arm(std::min(core_->options.io_timeout, std::chrono::ceil<milliseconds>(last - Clock::now())));
    boost::system::error_code ec;
    std::size_t count = 0;
    // On the chance that it goes at once; only TLS always takes the long way.
    if (!tls_) count = socket_.write_some(parts, ec);
    if (tls_) {
      std::tie(ec, count) = co_await tls_->async_write_some(parts, kAwait);
    } else if (ec == boost::asio::error::would_block) {
      std::tie(ec) = co_await socket_.async_wait(Socket::wait_write, kAwait);
    }
    sent_ = sent_ || count > 0;
    if (ec) fail(ec, "sending");
    left -= count;
    for (auto& part : parts) {
      const auto taken = std::min(count, part.size());
      part += taken;
      count -= taken;
    }
  }
  disarm();
}

/// 0 at an orderly end, which peer_ended_ then says.
Task<std::size_t> ClientConnection::read_into(std::span<char> into, milliseconds timeout) {
  arm(timeout);
  boost::system::error_code ec;
  std::size_t count = 0;
  const auto space = buffer(into.data(), into.size());
  if (tls_) {
    std::tie(ec, count) = co_await tls_->async_read_some(space, kAwait);
  } else {
    std::tie(ec, count) = co_await socket_.async_read_some(space, kAwait);
  }
  disarm();
  if (ec == boost::asio::error::eof) {
    peer_ended_ = true;
    broken_ = true;
    co_return 0;
  }
  if (ec) fail(ec, "reading the answer");
  answer_began_ = true;
  co_return count;
}

Task<> ClientConnection::fill(milliseconds timeout) {
  const auto space = in_.space(kPiece);
  const auto count = co_await read_into(space, timeout);
  in_.commit(count);
  if (count == 0) {
    throw TransportError(Kind::closed, sent_,
                         core_->authority + ": the connection ended within the answer");
  }
}

Task<> ClientConnection::receive_head(bool to_head) {
  HeadScanner scanner;
  const auto last = Clock::now() + core_->options.response_timeout;
  for (int interim = 0; interim <= kMostInterim;) {
    const auto result = scanner.scan(in_.view());
    if (result == HeadScanner::Result::incomplete && in_.size() < kHeadLimit) {
      co_await fill(std::chrono::ceil<milliseconds>(last - Clock::now()));
      continue;
    }
    std::optional<ResponseHead> head;
    if (result == HeadScanner::Result::complete) {
      head = check_response_head(in_.view().substr(0, scanner.length()), to_head);
      in_.consume(scanner.length());
      scanner.reset();
    }
    if (!head) break;
    if (head->status < 200) {
      ++interim;
      continue;
    }
    response_ = std::move(*head);
    body_left_ = response_.content_length.value_or(0);
    chunks_.reset();
    if (response_.body == BodyKind::chunked) chunks_.emplace();
    body_done_ =
        response_.body == BodyKind::none || (response_.body == BodyKind::length && body_left_ == 0);
    co_return;
  }
  broken_ = true;
  throw TransportError(Kind::protocol, true, core_->authority + ": the answer is not HTTP/1.1");
}

Task<std::size_t> ClientConnection::read_body(std::span<char> into) {
  const auto timeout = core_->options.io_timeout;
  while (!body_done_ && !into.empty()) {
    if (chunks_) {
      const auto step = chunks_->decode(in_.view(), into);
      in_.consume(step.consumed);
      if (chunks_->malformed()) {
        broken_ = true;
        throw TransportError(Kind::protocol, true, core_->authority + ": a malformed chunk");
      }
      body_done_ = chunks_->done();
      if (step.produced > 0) co_return step.produced;
      if (!body_done_) co_await fill(timeout);
      continue;
    }
    const bool bounded = response_.body == BodyKind::length;
    const auto want =
        bounded ? static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, into.size()))
                : into.size();
    std::size_t count = in_.take(into.first(want));
    if (count == 0 && (want >= kDirectRead || !bounded)) {
      count = co_await read_into(into.first(want), timeout);
      if (count == 0 && !bounded) {
        body_done_ = true;
        co_return 0;
      }
      if (count == 0) {
        throw TransportError(Kind::closed, true,
                             core_->authority + ": the body ended before its length");
      }
    }
    if (count == 0) {
      co_await fill(timeout);
      continue;
    }
    if (bounded) {
      body_left_ -= count;
      body_done_ = body_left_ == 0;
    }
    co_return count;
  }
  co_return 0;
}

}  // namespace wardbook::net
