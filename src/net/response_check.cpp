#include "net/response_check.h"

#include <boost/asio/buffer.hpp>

#include "base/text.h"
#include "net/beast_head.h"
#include "net/request_check.h"

namespace wardbook::net {
namespace {

class BeastResponse final : public BeastHead<false, ResponseHead> {
 public:
  using BeastHead::BeastHead;

 private:
  void on_response_impl(int status, string_view, int, error_code& ec) override {
    head().status = status;
    ec = {};
  }
};

}  // namespace

std::optional<ResponseHead> check_response_head(std::string_view bytes, bool to_head) {
  ResponseHead head;
  BeastResponse parser(head);
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
