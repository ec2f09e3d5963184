// Bodies that are streamed, in either direction, over connections that break.
#include <gtest/gtest.h>

#include <stdexcept>

#include "s3/client.h"
#include "s3/scripted_peer.h"

namespace wardbook::s3 {
namespace {

using std::chrono::milliseconds;

class StreamTest : public testing::Test {
 protected:
  StreamTest() {
    StoreOptions options;
    options.endpoint = peer_.url();
    options.bucket = "files";
    options.response_timeout = milliseconds{150};
    options.io_timeout = milliseconds{150};
    options.retry = {3, milliseconds{1}, milliseconds{2}};
    store_ = std::make_unique<Store>(reactor_, options, clock_);
  }
  template <class T>
  T wait_for(Task<T> task) {
    return run(reactor_, std::move(task));
  }
  std::string header(std::size_t request, std::string_view name) {
    return std::string(peer_.received.at(request).head.headers.get(name).value_or("(absent)"));
  }
  /// Reads to the end in small pieces; the failure if there is one.
  static Task<Result<std::string>> drain(ObjectStream& stream) {
    std::string out;
    std::string piece(3, '\0');
    for (;;) {
      auto count = co_await stream.read(piece);
      if (!count) co_return std::move(count).error();
      if (*count == 0) co_return std::move(out);
      out.append(piece, 0, *count);
    }
  }

  boost::asio::io_context reactor_;
  ScriptedPeer peer_{reactor_};
  ManualClock clock_{parse_amz_date("20260301T101112Z").value()};
  std::unique_ptr<Store> store_;
};

TEST_F(StreamTest, ReadsAnObject) {
  peer_.script = {answer(200, "ETag: \"e\"\r\n", "0123456789"), answer(204)};
  auto stream = wait_for(store_->get("k"));
  ASSERT_TRUE(stream.has_value());
  EXPECT_EQ(stream->length(), 10u);
  EXPECT_EQ(stream->info().size, 10u);
  EXPECT_EQ(wait_for(drain(*stream)).value(), "0123456789");
  EXPECT_EQ(header(0, "range"), "(absent)");
}

TEST_F(StreamTest, ReadsARange) {
  peer_.script = {answer(206, "Content-Range: bytes 2-4/10\r\nETag: \"e\"\r\n", "234")};
  auto stream = wait_for(store_->get("k", ByteRange{2, 4}));
  ASSERT_TRUE(stream.has_value());
  EXPECT_EQ(stream->length(), 3u);
  EXPECT_EQ(stream->info().size, 10u);
  EXPECT_EQ(wait_for(drain(*stream)).value(), "234");
  EXPECT_EQ(header(0, "range"), "bytes=2-4");
  peer_.script = {answer(206, "Content-Range: bytes 8-9/10\r\n", "89")};
  EXPECT_EQ(wait_for(store_->get("k", ByteRange{8, 100})).value().length(), 2u);
  peer_.script = {answer(206, "Content-Range: bytes 8-9/10\r\n", "89")};
  EXPECT_EQ(wait_for(store_->get("k", ByteRange{8, std::nullopt})).value().length(), 2u);
  EXPECT_EQ(header(2, "range"), "bytes=8-");
}

TEST_F(StreamTest, AnotherRangeThanAskedForIsRefused) {
  for (const auto& wrong : {answer(200, "", "0123456789"), answer(206, "", "234"),
                            answer(206, "Content-Range: bytes 1-3/10\r\n", "123"),
                            answer(206, "Content-Range: bytes 2-5/10\r\n", "2345"),
                            answer(206, "Content-Range: bytes 2-4/10\r\n", "23"),
                            answer(206, "Content-Range: bytes 4-2/10\r\n", "234"),
                            answer(206, "Content-Range: lines 2-4/10\r\n", "234")}) {
    peer_.script = {wrong};
    const auto result = wait_for(store_->get("k", ByteRange{2, 4}));
    ASSERT_FALSE(result.has_value()) << wrong.bytes;
    EXPECT_EQ(result.error().code, "UnintelligibleAnswer") << wrong.bytes;
  }
}

TEST_F(StreamTest, GoesOnWhereTheConnectionBroke) {
  const std::string etag = "ETag: \"e\"\r\n";
  auto hanging = cut_answer(206, 6, "45", "Content-Range: bytes 4-9/10\r\n" + etag);
  hanging.close = false;
  hanging.hang = true;
  peer_.script = {cut_answer(200, 10, "0123", etag), error_answer(503, "SlowDown"), hanging,
                  answer(206, "Content-Range: bytes 6-9/10\r\n" + etag, "6789")};
  auto stream = wait_for(store_->get("k"));
  ASSERT_TRUE(stream.has_value());
  EXPECT_EQ(wait_for(drain(*stream)).value(), "0123456789");
  ASSERT_EQ(peer_.received.size(), 4u);
  EXPECT_EQ(header(1, "range"), "bytes=4-9");
  EXPECT_EQ(header(1, "if-match"), "\"e\"");
  EXPECT_EQ(header(3, "range"), "bytes=6-9");
}

TEST_F(StreamTest, AReleasedConnectionIsReplacedAndCountsAsNoFailure) {
  peer_.script = {answer(200, "ETag: \"e\"\r\n", "0123456789")};
  for (int at = 3; at < 10; at += 3) {
    peer_.script.push_back(
        answer(206, "Content-Range: bytes " + std::to_string(at) + "-9/10\r\nETag: \"e\"\r\n",
               std::string("0123456789").substr(static_cast<std::size_t>(at))));
  }
  auto stream = wait_for(store_->get("k"));
  ASSERT_TRUE(stream.has_value());
  std::string all;
  std::string piece(3, '\0');
  while (all.size() < 10) {
    const auto count = wait_for(stream->read(piece));
    ASSERT_TRUE(count.has_value()) << all;
    all.append(piece, 0, *count);
    stream->release();
    stream->release();
  }
  EXPECT_EQ(all, "0123456789") << "more often than a failure would have been forgiven";
  EXPECT_EQ(header(3, "range"), "bytes=9-9");
  EXPECT_EQ(header(3, "if-match"), "\"e\"");
}

TEST_F(StreamTest, SlowReadersMakeRoomAndGoOnWhereTheyWere) {
  StoreOptions options = store_->options();
  options.max_connections = 1;
  store_ = std::make_unique<Store>(reactor_, options, clock_);
  const std::string etag = "ETag: \"e\"\r\n";
  peer_.script = {answer(200, etag, "0123456789"), answer(200, etag, "other"),
                  answer(206, etag + "Content-Range: bytes 3-9/10\r\n", "3456789")};
  auto slow = wait_for(store_->get("slow"));
  ASSERT_TRUE(slow.has_value());
  std::string piece(3, '\0');
  EXPECT_EQ(wait_for(slow->read(piece)).value(), 3u);
  auto other = wait_for(store_->get("other"));
  ASSERT_TRUE(other.has_value()) << "the only connection is held by who does not read";
  EXPECT_EQ(wait_for(drain(*other)).value(), "other");
  EXPECT_EQ(wait_for(drain(*slow)).value(), "3456789");
  EXPECT_EQ(header(2, "range"), "bytes=3-9");
  EXPECT_EQ(header(2, "if-match"), "\"e\"");
}

TEST_F(StreamTest, ReadsNoOtherObjectThanTheOneThatWasNamed) {
  const std::string etag = "ETag: \"e\"\r\n";
  peer_.script = {answer(200, etag, "0123456789")};
  auto same = wait_for(store_->get("k", std::nullopt, "e"));
  ASSERT_TRUE(same.has_value());
  EXPECT_EQ(header(0, "if-match"), "\"e\"");
  EXPECT_EQ(wait_for(drain(*same)).value(), "0123456789");
  peer_.script = {error_answer(412, "PreconditionFailed")};
  EXPECT_EQ(wait_for(store_->get("k", std::nullopt, "e")).error().error, S3Error::changed);
  peer_.script = {answer(200, "ETag: \"f\"\r\n", "0123456789")};
  EXPECT_EQ(wait_for(store_->get("k", std::nullopt, "e")).error().error, S3Error::changed)
      << "a store that ignores If-Match";
  peer_.script = {answer(200, "", "0123456789")};
  EXPECT_EQ(wait_for(store_->get("k", std::nullopt, "e")).error().error, S3Error::changed)
      << "a store that names no object";
}

TEST_F(StreamTest, NeverMixesTwoObjects) {
  const std::string etag = "ETag: \"e\"\r\n";
  peer_.script = {cut_answer(200, 10, "0123", etag), error_answer(412, "PreconditionFailed")};
  auto replaced = wait_for(store_->get("k"));
  EXPECT_EQ(wait_for(drain(*replaced)).error().error, S3Error::changed);
  peer_.script = {cut_answer(200, 10, "0123", etag), error_answer(404, "NoSuchKey")};
  auto removed = wait_for(store_->get("k"));
  EXPECT_EQ(wait_for(drain(*removed)).error().error, S3Error::changed);
  peer_.script = {cut_answer(200, 10, "0123", etag), answer(200, etag, "0123456789")};
  auto restarted = wait_for(store_->get("k"));
  EXPECT_EQ(wait_for(drain(*restarted)).error().error, S3Error::unavailable);
  peer_.script = {cut_answer(200, 10, "0123")};
  auto unnamed = wait_for(store_->get("k"));
  EXPECT_EQ(wait_for(drain(*unnamed)).error().error, S3Error::unavailable);
}

TEST_F(StreamTest, GivesUpOnAnObjectThatIsAlwaysCut) {
  const std::string headers = "ETag: \"e\"\r\nContent-Range: bytes ";
  peer_.script = {cut_answer(200, 10, "01", "ETag: \"e\"\r\n"),
                  cut_answer(206, 8, "2", headers + "2-9/10\r\n"),
                  cut_answer(206, 7, "3", headers + "3-9/10\r\n"),
                  cut_answer(206, 6, "4", headers + "4-9/10\r\n")};
  auto stream = wait_for(store_->get("k"));
  const auto result = wait_for(drain(*stream));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().error, S3Error::unavailable);
  EXPECT_EQ(peer_.received.size(), 3u);
}

TEST_F(StreamTest, GetAllIsBoundedAndComplete) {
  peer_.script = {answer(200, "", "0123456789"), answer(200, "", ""),
                  answer(200, "", "0123456789")};
  EXPECT_EQ(wait_for(store_->get_all("k", 10)).value(), "0123456789");
  EXPECT_EQ(wait_for(store_->get_all("k", 10)).value(), "");
  const auto large = wait_for(store_->get_all("k", 9));
  ASSERT_FALSE(large.has_value());
  EXPECT_EQ(large.error().error, S3Error::rejected);
  EXPECT_EQ(large.error().code, "EntityTooLarge");
}

// Upwards -----------------------------------------------------------------------------------------

Task<std::size_t> take_from(std::shared_ptr<std::string> rest, std::span<char> into) {
  const auto count = std::min<std::size_t>({rest->size(), into.size(), 4});
  std::copy_n(rest->begin(), count, into.begin());
  rest->erase(0, count);
  co_return count;
}

net::BodySource source_of(std::string text) {
  auto rest = std::make_shared<std::string>(std::move(text));
  return [rest](std::span<char> into) { return take_from(rest, into); };
}

Task<std::size_t> throwing(std::span<char>) {
  throw std::runtime_error("the client went away");
  co_return 0;
}

TEST_F(StreamTest, UploadsAStream) {
  peer_.script = {answer(200, "ETag: \"e\"\r\n")};
  BodyStream body{source_of("0123456789"), 10, {}};
  EXPECT_EQ(wait_for(store_->put("k", std::move(body), {})).value(), "e");
  EXPECT_EQ(peer_.received[0].body, "0123456789");
  EXPECT_EQ(header(0, "content-length"), "10");
  EXPECT_EQ(header(0, "x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
}

TEST_F(StreamTest, AStreamIsRepeatedOnlyIfItCanBeReopened) {
  peer_.script = {error_answer(503, "SlowDown"), answer(200)};
  BodyStream once{source_of("0123456789"), 10, {}};
  EXPECT_EQ(wait_for(store_->put("k", std::move(once), {})).error().error, S3Error::unavailable);
  EXPECT_EQ(peer_.received.size(), 1u);

  peer_.received.clear();
  peer_.script = {error_answer(500, "InternalError"), Reply{"", true}, answer(200)};
  BodyStream again{source_of("0123456789"), 10, [] { return source_of("0123456789"); }};
  EXPECT_TRUE(wait_for(store_->put("k", std::move(again), {})).has_value());
  ASSERT_EQ(peer_.received.size(), 3u);
  for (const auto& request : peer_.received) EXPECT_EQ(request.body, "0123456789");
}

TEST_F(StreamTest, ASourceThatEndsEarlyIsAMismatch) {
  peer_.script = {answer(200)};
  BodyStream body{source_of("01234"), 10, [] { return source_of("01234"); }};
  const auto result = wait_for(store_->put("k", std::move(body), {}));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().error, S3Error::mismatch);
  EXPECT_EQ(result.error().code, "IncompleteBody");
}

TEST_F(StreamTest, WhatTheSourceThrowsIsPassedOn) {
  peer_.script = {answer(200)};
  BodyStream body{throwing, 10, {}};
  EXPECT_THROW(static_cast<void>(wait_for(store_->put("k", std::move(body), {}))),
               std::runtime_error);
}

TEST_F(StreamTest, ARefusalBeforeTheBodyIsHeard) {
  auto refusal = error_answer(403, "AccessDenied");
  refusal.unread = true;
  refusal.close = true;
  peer_.script = {refusal};
  BodyStream body{source_of("0123456789"), 10, {}};
  EXPECT_EQ(wait_for(store_->put("k", std::move(body), {})).error().error, S3Error::access_denied);
}

}  // namespace
}  // namespace wardbook::s3
