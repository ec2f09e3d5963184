#include "net/clamd.h"

#include <array>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "base/text.h"
#include "net/sockets.h"

namespace wardbook::net {
namespace {

using boost::asio::generic::stream_protocol;
using boost::asio::ip::tcp;

constexpr std::string_view kScheme = "clamd:";
constexpr std::size_t kMostAnswer = 4'096;
constexpr std::size_t kMostChunk = 256 * 1024;

/// A conversation. Its timer may call back when the coroutine has gone.
class Talk : public std::enable_shared_from_this<Talk> {
 public:
  Talk(boost::asio::io_context& reactor, std::chrono::milliseconds timeout)
      : socket_(reactor.get_executor()),
        resolver_(reactor.get_executor()),
        timer_(reactor.get_executor()),
        timeout_(timeout) {}

  Task<> connect(ScannerAddress address) {
    std::vector<stream_protocol::endpoint> endpoints;
    if (!address.path.empty()) {
      endpoints.emplace_back(boost::asio::local::stream_protocol::endpoint(address.path));
    } else {
      arm();
      const auto [failed, found] =
          co_await resolver_.async_resolve(address.host, std::to_string(address.port), kAwait);
      disarm();
      if (failed) throw ScannerAway("looking up the address: " + failed.message());
      for (const auto& entry : found) endpoints.emplace_back(entry.endpoint());
    }
    boost::system::error_code last = boost::asio::error::host_not_found;
    for (const auto& endpoint : endpoints) {
      boost::system::error_code ignored;
      socket_.close(ignored);
      arm();
      const auto [failed] = co_await socket_.async_connect(endpoint, kAwait);
      disarm();
      last = failed;
      if (!last) co_return;
    }
    throw ScannerAway("connecting: " + last.message());
  }

  /// False when the other side takes no more: it may have said why.
  Task<bool> send(std::string bytes) {
    arm();
    const auto buffer = bytes_of(bytes);
    const auto [failed, sent] = co_await boost::asio::async_write(socket_, buffer, kAwait);
    disarm();
    co_return !failed;
  }

  /// What it says, up to its end.
  Task<std::string> answer() {
    std::string out;
    std::array<char, 512> piece{};
    while (out.size() < kMostAnswer && out.find('\0') == std::string::npos) {
      arm();
      const auto buffer = boost::asio::buffer(piece);
      const auto [failed, got] = co_await socket_.async_read_some(buffer, kAwait);
      disarm();
      if (failed) break;
      out.append(piece.data(), got);
    }
    co_return out.substr(0, out.find('\0'));
  }

 private:
  void arm() {
    timer_.expires_after(timeout_);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code ec) {
      if (ec) return;
      boost::system::error_code ignored;
      self->resolver_.cancel();
      self->socket_.close(ignored);
    });
  }
  void disarm() { timer_.cancel(); }

  boost::asio::basic_stream_socket<stream_protocol, Executor> socket_;
  boost::asio::ip::basic_resolver<tcp, Executor> resolver_;
  Timer timer_;
  std::chrono::milliseconds timeout_;
};

/// Its length in front of it, the most significant byte first; none: the end.
std::string chunk_of(std::string_view bytes) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(bytes.size() >> shift & 0xff));
  }
  return out.append(bytes);
}

ScanResult result_of(std::string_view answer) {
  constexpr std::string_view kStream = "stream: ";
  constexpr std::string_view kFound = " FOUND";
  if (answer == "stream: OK") return {};
  if (answer.starts_with("INSTREAM size limit exceeded")) {
    return {.verdict = ScanResult::Verdict::too_large, .signature = {}};
  }
  if (!answer.starts_with(kStream) || !answer.ends_with(kFound)) {
    throw ScannerAway(answer.empty() ? "it gave no answer" : "it said: " + std::string(answer));
  }
  answer.remove_prefix(kStream.size());
  answer.remove_suffix(kFound.size());
  return {.verdict = ScanResult::Verdict::infected, .signature = std::string(answer)};
}

}  // namespace

ScannerAddress ScannerAddress::parse(std::string_view text) {
  constexpr const char* kForms = "must be clamd:HOST:PORT or clamd:/path/of/socket";
  if (!text.starts_with(kScheme)) throw std::invalid_argument(kForms);
  text.remove_prefix(kScheme.size());
  ScannerAddress out;
  constexpr std::size_t kMostPath = 100;  // of a socket's address
  if (text.starts_with('/')) {
    if (text.size() > kMostPath) throw std::invalid_argument("the socket's path is too long");
    out.path = std::string(text);
    return out;
  }
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) throw std::invalid_argument(kForms);
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
  if (!port || *port == 0) throw std::invalid_argument(kForms);
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  out.host = std::string(host);
  out.port = *port;
  return out;
}

Task<ScanResult> clamd_scan(boost::asio::io_context& reactor, ScannerAddress address,
                            ScanSource source, std::chrono::milliseconds timeout) {
  auto talk = std::make_shared<Talk>(reactor, timeout);
  co_await talk->connect(std::move(address));
  bool taken = co_await talk->send(std::string("zINSTREAM\0", 10));
  while (taken) {
    const std::string bytes = co_await source();
    if (bytes.empty()) {
      taken = co_await talk->send(chunk_of({}));
      break;
    }
    for (std::string_view rest = bytes; taken && !rest.empty();
         rest.remove_prefix(std::min(rest.size(), kMostChunk))) {
      taken = co_await talk->send(chunk_of(rest.substr(0, kMostChunk)));
    }
  }
  const std::string answer = co_await talk->answer();
  co_return result_of(answer);
}

}  // namespace wardbook::net
