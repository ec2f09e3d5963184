// Clients that send or read slowly hold nothing that others need.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <exception>

#include "net/test_support.h"
#include "objectd/objectd.h"
#include "objectd/test_folder.h"
#include "s3/client.h"
#include "s3/sigv4.h"

namespace wardbook::objectd {
namespace {

using net::testing::RawClient;
using std::chrono::milliseconds;

constexpr std::size_t kLarge = 1'000'000;

class SlowClients : public testing::Test {
 protected:
  /// Two transfers at a time get large pieces.
  void start(net::Limits limits = {}) {
    Options options;
    options.root = folder_.path() / "data";
    options.port = 0;
    options.access_key = "OWNER";
    options.secret_key = "the-secret";
    options.buckets = {"bucket"};
    options.transfers = 2;
    options.limits = limits;
    store_.emplace(reactor_, options, clock_);
    store_->start();
    s3::StoreOptions client;
    client.endpoint = "http://" + host();
    client.bucket = "bucket";
    client.access_key = "OWNER";
    client.secret_key = "the-secret";
    client_.emplace(reactor_, client, clock_);
  }
  ~SlowClients() override {
    client_.reset();
    if (store_) store_->abort();
    store_.reset();
  }

  [[nodiscard]] std::string host() const { return "127.0.0.1:" + std::to_string(store_->port()); }
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
  /// Lets the store work until something has come about.
  template <class Condition>
  bool work_until(Condition condition) {
    reactor_.restart();
    for (int i = 0; i < 2'000 && !condition(); ++i) reactor_.run_for(milliseconds(5));
    return condition();
  }

  std::string head_of(const std::string& method, const std::string& target,
                      const std::string& fields = "") {
    s3::SigningOptions options;
    options.time = clock_.now();
    options.region = "us-east-1";
    net::Headers bound;
    bound.set("Host", host());
    const auto made = s3::sign_by_query(method, target, bound, owner_, options, keys_);
    return method + " " + made.target + " HTTP/1.1\r\nHost: " + host() + "\r\n" + fields + "\r\n";
  }
  std::string put_head(const std::string& key, std::size_t length) {
    return head_of("PUT", "/bucket/" + key, "Content-Length: " + std::to_string(length) + "\r\n");
  }
  void expect_transfers_work(const std::string& key) {
    const std::string body(kLarge, 'b');
    const auto put = run(client_->put(key, body, {}));
    ASSERT_TRUE(put.has_value()) << put.error().code;
    EXPECT_EQ(run(client_->get_all(key, kLarge)).value(), body);
  }

  SystemClock clock_;
  boost::asio::io_context reactor_{1};
  std::optional<ObjectStore> store_;
  std::optional<s3::Store> client_;

 private:
  TestFolder folder_;
  s3::Credentials owner_{"OWNER", "the-secret", {}};
  s3::SigningKeys keys_;
};

TEST_F(SlowClients, UploadsThatHangHoldNoTransfersOfOthers) {
  start();
  std::vector<std::unique_ptr<RawClient>> slow;
  for (const std::size_t sent : {0U, 1U, 20'000U, 300'000U, 300'000U, 300'000U}) {
    slow.push_back(std::make_unique<RawClient>(store_->port()));
    slow.back()->send(put_head("slow", kLarge));
    ASSERT_TRUE(work_until([&] { return store_->requests_in_flight() == slow.size(); }));
    slow.back()->send(std::string(sent, 's'));
  }
  expect_transfers_work("quick");
  EXPECT_EQ(store_->requests_in_flight(), slow.size());
  slow.back()->send(std::string(kLarge - 300'000, 's'));
  ASSERT_TRUE(work_until([&] { return store_->requests_in_flight() < slow.size(); }));
  EXPECT_EQ(slow.back()->read_answer().status, 200) << "they are only slow";
  EXPECT_EQ(run(client_->get_all("slow", kLarge)).value(), std::string(kLarge, 's'));
}

TEST_F(SlowClients, DownloadsThatHangHoldNoTransfersOfOthers) {
  start();
  const std::string body(8 * kLarge, 'd');
  ASSERT_TRUE(run(client_->put("long", body, {})).has_value());
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 6; ++i) {
    slow.push_back(std::make_unique<RawClient>(store_->port()));
    slow.back()->send(head_of("GET", "/bucket/long"));
    ASSERT_TRUE(work_until([&] { return store_->requests_in_flight() == slow.size(); }));
  }
  expect_transfers_work("quick");
  EXPECT_EQ(store_->requests_in_flight(), slow.size());
  std::thread reader([&] { EXPECT_EQ(slow.front()->read_answer().body, body); });
  EXPECT_TRUE(work_until([&] { return store_->requests_in_flight() < slow.size(); }));
  reader.join();
}

TEST_F(SlowClients, DripsAreEndedAsS3EndsThem) {
  net::Limits limits;
  limits.grace = milliseconds(200);
  limits.bytes_per_second = 100'000;
  start(limits);
  RawClient client(store_->port());
  client.send(put_head("drip", kLarge));
  ASSERT_TRUE(work_until([&] { return store_->requests_in_flight() == 1; }));
  EXPECT_TRUE(work_until([&] {
    client.send("x");
    return store_->requests_in_flight() == 0;
  }));
  const auto answer = client.read_answer();
  EXPECT_EQ(answer.status, 400) << "as S3 does, whose clients know it by its code";
  EXPECT_NE(answer.body.find("<Code>RequestTimeout</Code>"), std::string::npos) << answer.body;
  expect_transfers_work("quick");
}

TEST_F(SlowClients, CopiesGoOnWhileDownloadsHang) {
  start();
  const std::string body(8 * kLarge, 'd');
  ASSERT_TRUE(run(client_->put("long", body, {})).has_value());
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 3; ++i) {
    slow.push_back(std::make_unique<RawClient>(store_->port()));
    slow.back()->send(head_of("GET", "/bucket/long"));
  }
  ASSERT_TRUE(work_until([&] { return store_->requests_in_flight() == slow.size(); }));
  s3::CopyOptions options;
  options.storage_class = "STANDARD_IA";
  EXPECT_TRUE(run(client_->copy("long", "copy", options)).has_value());
}

}  // namespace
}  // namespace wardbook::objectd
