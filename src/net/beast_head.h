#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <limits>

// Only for the two checks of heads; Beast stays inside of net.

namespace wardbook::net {

/// Beast's parser over the bytes of a whole head that were checked already: it splits them, and
/// decides what Connection means. Its own lenience (obs-fold, lists in Content-Length) never gets
/// anything to act on. `Head` takes the fields; the start line is for the derived class.
template <bool is_request, class Head>
class BeastHead : public boost::beast::http::basic_parser<is_request> {
 public:
  explicit BeastHead(Head& head) : head_(head) {
    this->header_limit(std::numeric_limits<std::uint32_t>::max());
    this->body_limit(boost::none);
  }

 protected:
  using string_view = boost::beast::string_view;
  using error_code = boost::beast::error_code;

  [[nodiscard]] Head& head() { return head_; }

  void on_request_impl(boost::beast::http::verb, string_view, string_view, int,
                       error_code& ec) override {
    ec = {};
  }
  void on_response_impl(int, string_view, int, error_code& ec) override { ec = {}; }

 private:
  void on_field_impl(boost::beast::http::field, string_view name, string_view value,
                     error_code& ec) override {
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

  Head& head_;
};

}  // namespace wardbook::net
