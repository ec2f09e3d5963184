#include "net/request_check.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <cstring>
#include <string>

#include "base/text.h"
#include "net/beast_head.h"

namespace wardbook::net {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kLongestMethod = 32;

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (int c = 0; c < 256; ++c) {
    table[static_cast<std::size_t>(c)] = is_letter_or_digit(static_cast<char>(c));
  }
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}

constexpr auto kTokenChars = make_token_table();

Failure refused(const char* why) {
  return Failure(Code::bad_request, why);
}

class BeastRequest final : public BeastHead<true, RequestHead> {
 public:
  using BeastHead::BeastHead;

 private:
  void on_request_impl(http::verb, string_view method, string_view target, int version,
                       error_code& ec) override {
    head().method.assign(method.data(), method.size());
    head().target.assign(target.data(), target.size());
    head().http_1_0 = version == 10;
    ec = {};
  }
};

std::optional<Failure> check_request_line(std::string_view line) {
  const auto first = line.find(' ');
  if (first == std::string_view::npos) return refused("The request line is malformed");
  const auto method = line.substr(0, first);
  if (!is_token(method) || method.size() > kLongestMethod) {
    return refused("The method is not a token");
  }
  const auto second = line.find(' ', first + 1);
  if (second == std::string_view::npos) return refused("The request line is malformed");
  const auto target = line.substr(first + 1, second - first - 1);
  // Bytes from 0x80 are let through: command-line clients send UTF-8 as it was typed.
  const bool clean = std::ranges::all_of(target, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7f && c != '#';
  });
  if (target.empty() || !clean) return refused("The request target is malformed");
  const auto version = line.substr(second + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return refused("Only HTTP/1.1 and HTTP/1.0 are spoken here");
  }
  return std::nullopt;
}

std::optional<Failure> check_field_line(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') {
    return refused("A header field is folded over several lines");
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return refused("A header line has no colon");
  if (!is_token(line.substr(0, colon))) return refused("A header field's name is malformed");
  if (!is_field_value(line.substr(colon + 1))) {
    return refused("A header field holds a control character");
  }
  return std::nullopt;
}

std::optional<Failure> check_lines(std::string_view head) {
  bool first = true;
  std::size_t fields = 0;
  while (true) {
    const auto end = head.find("\r\n");
    if (end == std::string_view::npos) return refused("The header section does not end");
    const auto line = head.substr(0, end);
    head.remove_prefix(end + 2);
    if (line.empty()) break;
    auto failure = first ? check_request_line(line) : check_field_line(line);
    if (failure) return failure;
    if (!first && ++fields > kMostFields) {
      return Failure(Code::headers_too_large, "Too many header fields");
    }
    first = false;
  }
  if (first) return refused("The request line is missing");
  if (!head.empty()) return refused("Bytes follow the header section");
  return std::nullopt;
}

bool is_host(std::string_view host) {
  return !host.empty() && std::ranges::all_of(host, [](char c) {
    return is_letter_or_digit(c) ||
           std::string_view("-._~%!$&'()*+;=:[]").find(c) != std::string_view::npos;
  });
}

/// absolute-form becomes origin-form, and its authority replaces Host (RFC 9112, 3.2.2).
std::optional<Failure> reduce_target(RequestHead& head) {
  if (head.target.front() == '/') return std::nullopt;
  const std::string_view target = head.target;
  const auto scheme_end = target.find("://");
  const auto scheme = target.substr(0, scheme_end);
  if (scheme_end == std::string_view::npos ||
      !(equal_ignoring_case(scheme, "http") || equal_ignoring_case(scheme, "https"))) {
    return refused("The request target is not a path");
  }
  const auto rest = target.substr(scheme_end + 3);
  const auto path_at = std::min(rest.find_first_of("/?"), rest.size());
  const auto authority = rest.substr(0, path_at);
  if (!is_host(authority)) return refused("The request target's authority is malformed");
  std::string origin(rest.substr(path_at));
  if (origin.empty() || origin.front() != '/') origin.insert(origin.begin(), '/');
  head.headers.set("Host", authority);
  head.target = std::move(origin);
  return std::nullopt;
}

std::optional<Failure> check_host(const RequestHead& head) {
  const auto hosts = head.headers.count("Host");
  if (hosts > 1) return refused("Host came more than once");
  if (hosts == 0) {
    if (head.http_1_0) return std::nullopt;
    return refused("Host is missing");
  }
  if (!is_host(*head.headers.get("Host"))) return refused("Host is malformed");
  return std::nullopt;
}

std::optional<Failure> check_transfer_encoding(const RequestHead& head, std::string_view value) {
  if (head.headers.count("Transfer-Encoding") > 1) {
    return refused("Transfer-Encoding came more than once");
  }
  if (head.headers.count("Content-Length") > 0) {
    return refused("Content-Length and Transfer-Encoding exclude each other");
  }
  if (head.http_1_0) return refused("HTTP/1.0 has no Transfer-Encoding");
  if (equal_ignoring_case(value, "chunked")) return std::nullopt;
  // chunked must come once and last, otherwise nobody can tell where the body ends.
  const auto comma = value.find(',');
  const auto opening = value.substr(0, comma);
  const auto name = opening.substr(0, opening.find_first_of(" \t"));
  if (equal_ignoring_case(name, "chunked")) return refused("Transfer-Encoding is malformed");
  return Failure(Code::not_implemented, "The only supported transfer coding is chunked");
}

std::optional<Failure> read_framing(const RequestHead& head, RequestFraming& framing) {
  framing.content_length = 0;
  if (const auto coding = head.headers.get("Transfer-Encoding")) {
    if (auto failure = check_transfer_encoding(head, *coding)) return failure;
    framing.content_length.reset();
  } else if (const auto length = head.headers.get("Content-Length")) {
    if (head.headers.count("Content-Length") > 1) {
      return refused("Content-Length came more than once");
    }
    framing.content_length = parse_content_length(*length);
    if (!framing.content_length) return refused("Content-Length is malformed");
  }
  // An empty one expects nothing.
  if (const auto expect = head.headers.get("Expect");
      expect && !head.http_1_0 && !trimmed(*expect).empty()) {
    if (head.headers.count("Expect") > 1 || !equal_ignoring_case(*expect, "100-continue")) {
      return Failure(Code::expectation_failed, "The only supported expectation is 100-continue");
    }
    framing.expect_continue = framing.content_length != 0U;
  }
  return std::nullopt;
}

}  // namespace

bool is_token_char(char c) {
  return kTokenChars[static_cast<unsigned char>(c)];
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

bool is_field_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || c == '\t';
  });
}

std::optional<std::uint64_t> parse_content_length(std::string_view text) {
  if (text.empty() || text.size() > 18) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

HeadScanner::Result HeadScanner::scan(std::string_view bytes) {
  while (at_ < bytes.size()) {
    const char* from = bytes.data() + at_;
    const auto left = bytes.size() - at_;
    const void* cr = std::memchr(from, '\r', left);
    const auto length = cr ? static_cast<std::size_t>(static_cast<const char*>(cr) - from) : left;
    if (std::memchr(from, '\n', length) != nullptr) return Result::malformed;
    at_ += length;
    if (!cr || at_ + 1 == bytes.size()) return Result::incomplete;
    if (bytes[at_ + 1] != '\n') return Result::malformed;
    const bool empty_line = at_ == line_;
    at_ += 2;
    line_ = at_;
    if (empty_line) return Result::complete;
  }
  return Result::incomplete;
}

std::variant<CheckedRequest, Failure> check_request_head(std::string_view head) {
  if (auto failure = check_lines(head)) return std::move(*failure);
  CheckedRequest request;
  BeastRequest parser(request.head);
  boost::beast::error_code ec;
  parser.put(boost::asio::buffer(head.data(), head.size()), ec);
  // Framing first: its answers are more telling than the parser's.
  if (ec && ec != http::error::bad_content_length && ec != http::error::multiple_content_length &&
      ec != http::error::bad_transfer_encoding) {
    return refused("The header section is malformed");
  }
  if (ec) return refused("The message's length is ambiguous");
  if (!parser.is_header_done()) return refused("The header section does not end");
  if (auto failure = check_host(request.head)) return std::move(*failure);
  if (auto failure = reduce_target(request.head)) return std::move(*failure);
  if (auto failure = read_framing(request.head, request.framing)) return std::move(*failure);
  request.framing.keep_alive = parser.keep_alive();
  return request;
}

}  // namespace wardbook::net
