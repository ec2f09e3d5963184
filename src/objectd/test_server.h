#pragma once

// For tests: a store on a port of its own, and requests to it signed by hand.

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <exception>
#include <optional>

#include "net/client.h"
#include "objectd/objectd.h"
#include "objectd/test_folder.h"
#include "s3/client.h"
#include "s3/sigv4.h"

namespace wardbook::objectd {

struct Answer {
  int status = 0;
  net::Headers headers;
  std::string body;

  [[nodiscard]] std::string code() const {
    const auto at = body.find("<Code>");
    return at == std::string::npos ? "" : body.substr(at + 6, body.find("</Code>") - at - 6);
  }
  [[nodiscard]] std::string header(std::string_view name) const {
    return std::string(headers.get(name).value_or("(none)"));
  }
};

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    Options options;
    options.root = folder_.path() / "data";
    options.port = 0;
    options.access_key = "OWNER";
    options.secret_key = "the-secret";
    options.allowed_origins = {"http://ui.test"};
    options.buckets = {"bucket"};
    store_.emplace(reactor_, options, clock_);
    store_->start();
    net::ClientOptions client;
    client.port = store_->port();
    client_.emplace(reactor_, client);
  }
  ~ServerTest() override {
    client_.reset();
    store_->abort();
    store_.reset();
  }

  /// Runs a coroutine to its end.
  template <class T>
  T run(Task<T> task) {
    std::optional<T> out;
    std::exception_ptr error;
    boost::asio::co_spawn(reactor_, std::move(task), [&](std::exception_ptr e, T value) {
      error = e;
      out.emplace(std::move(value));
      reactor_.stop();
    });
    reactor_.restart();
    reactor_.run();
    if (error) std::rethrow_exception(error);
    return std::move(*out);
  }

  [[nodiscard]] std::string host() const { return "127.0.0.1:" + std::to_string(store_->port()); }
  static Task<Answer> exchange(net::Client& client, net::ClientRequest request) {
    const auto response = co_await client.send(std::move(request));
    Answer out;
    out.status = response->status();
    out.headers = response->headers();
    out.body = co_await response->read_all(64 * 1024 * 1024);
    co_return out;
  }
  Answer send(std::string method, std::string target, net::Headers headers = {},
              std::string body = {}) {
    net::ClientRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.headers = std::move(headers);
    request.body = std::move(body);
    return run(exchange(*client_, std::move(request)));
  }
  /// Signed by header.
  Answer call(const std::string& method, const std::string& target, net::Headers headers = {},
              std::string body = {}, std::optional<std::string> hash = {}) {
    s3::SigningOptions options;
    options.time = clock_.now();
    options.region = "us-east-1";
    options.payload_hash = hash.value_or(s3::payload_hash(body));
    headers.set("Host", host());
    auto made = s3::sign_by_header(method, target, std::move(headers), owner_, options, keys_);
    return send(method, made.target, std::move(made.headers), std::move(body));
  }
  Answer presigned(const std::string& method, const std::string& target, net::Headers bound,
                   net::Headers sent, std::string body = {}) {
    s3::SigningOptions options;
    options.time = clock_.now();
    options.region = "us-east-1";
    bound.set("Host", host());
    const auto made = s3::sign_by_query(method, target, bound, owner_, options, keys_);
    sent.set("Host", host());
    return send(method, made.target, std::move(sent), std::move(body));
  }
  s3::Store client() {
    s3::StoreOptions options;
    options.endpoint = "http://" + host();
    options.bucket = "bucket";
    options.access_key = "OWNER";
    options.secret_key = "the-secret";
    return {reactor_, options, clock_};
  }
  [[nodiscard]] std::filesystem::path root() const { return folder_.path() / "data"; }

  SystemClock clock_;
  boost::asio::io_context reactor_{1};

 private:
  TestFolder folder_;
  s3::Credentials owner_{"OWNER", "the-secret", {}};
  s3::SigningKeys keys_;
  std::optional<ObjectStore> store_;
  std::optional<net::Client> client_;
};

}  // namespace wardbook::objectd
