#include "net/response_check.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <limits>

#include "net/request_check.h"

namespace wardbook::net {
namespace {

namespace http = boost::beast::http;

class BeastHead final : public http::basic_parser<false> {
 public:
  explicit BeastHead(ResponseHead& head) : head_(head) {
    header_limit(std::numeric_limits<std::uint32_t>::max());
    body_limit(boost::none);
  }

 private:
  using string_view = boost::beast::string_view;
  using error_code = boost::beast::error_code;

  void on_request_impl(http::verb, string_view, string_view, int, error_code& ec) override {
    ec = {};
  }
  void on_response_impl(int status, string_view, int, error_code& ec) override {
    head_.status = status;
    ec = {};
  }
  void on_field_impl(http::field, string_view name, string_view value, error_code& ec) override {
    head_.headers.add({name.data(), name.size()}, {value.data(), value.size()});
    ec = {};
  }
  void on_header_impl(error_code& ec) override { ec = {}; }
  void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code& ec) override {
    ec = {};
  }
  std::size_t on_body_impl(string_view, error_code& ec) override {
    ec = {};
    return 0;
  }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code& ec) override { ec = {}; }
  std::size_t on_chunk_body_impl(std::uint64_t, string_view, error_code& ec) override {
    ec = {};
    return 0;
  }
  void on_finish_impl(error_code& ec) override { ec = {}; }

  ResponseHead& head_;
};

}  // namespace

std::optional<ResponseHead> check_response_head(std::string_view bytes, bool to_head) {
  ResponseHead head;
  BeastHead parser(head);
  boost::beast::error_code ec;
  parser.put(boost::asio::buffer(bytes.data(), bytes.size()), ec);
  if (ec || !parser.is_header_done() || head.status < 100 || head.status > 599) return std::nullopt;
  if (head.headers.count("Transfer-Encoding") > 1) return std::nullopt;
  const auto coding = head.headers.get("Transfer-Encoding");
  if (coding && !equal_ignoring_case(*coding, "chunked")) return std::nullopt;
  if (const auto length = head.headers.get("Content-Length")) {
    head.content_length = parse_content_length(*length);
    if (!head.content_length || coding) return std::nullopt;
  }
  const bool bodiless = to_head || head.status < 200 || head.status == 204 || head.status == 304;
  if (!bodiless) {
    head.body = coding                ? BodyKind::chunked
                : head.content_length ? BodyKind::length
                                      : BodyKind::until_close;
  }
  // Beast counts a message without any length as one that ends with the connection, even to HEAD.
  head.keep_alive = bodiless && !coding && !head.content_length
                        ? !equal_ignoring_case(head.headers.get("Connection").value_or(""), "close")
                        : parser.keep_alive();
  return head;
}

}  // namespace wardbook::net
