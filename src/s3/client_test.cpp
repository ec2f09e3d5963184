#include "s3/client.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "s3/scripted_peer.h"

namespace wardbook::s3 {
namespace {

using std::chrono::milliseconds;

class ClientTest : public testing::Test {
 protected:
  StoreOptions options() {
    StoreOptions out;
    out.endpoint = peer_.url();
    out.bucket = "files";
    out.region = "eu-central-1";
    out.access_key = "OWNER";
    out.secret_key = "a-secret";
    out.response_timeout = milliseconds{150};
    out.io_timeout = milliseconds{150};
    out.retry = {3, milliseconds{1}, milliseconds{2}};
    return out;
  }
  Store& store() {
    if (!store_) store_ = std::make_unique<Store>(reactor_, options(), clock_);
    return *store_;
  }
  void use(StoreOptions changed) {
    store_ = std::make_unique<Store>(reactor_, std::move(changed), clock_);
  }
  void expect_signed(const Received& request) {
    const auto claim = parse_claim(request.head);
    ASSERT_TRUE(claim.has_value());
    EXPECT_EQ(claim->access_key, "OWNER");
    EXPECT_EQ(claim->time, clock_.now());
    EXPECT_EQ(unsigned_amz_header(request.head, *claim), std::nullopt);
    const SigningKey key("a-secret", claim->scope);
    EXPECT_TRUE(signature_matches(expected_signature(request.head, *claim, key), *claim));
    if (claim->payload_hash != kUnsignedPayload) {
      EXPECT_EQ(claim->payload_hash, payload_hash(request.body));
    }
  }
  std::string header(std::size_t request, std::string_view name) {
    return std::string(peer_.received.at(request).head.headers.get(name).value_or("(absent)"));
  }
  template <class T>
  T wait_for(Task<T> task) {
    return run(reactor_, std::move(task));
  }

  boost::asio::io_context reactor_;
  ScriptedPeer peer_{reactor_};
  ManualClock clock_{parse_amz_date("20260301T101112Z").value()};
  std::unique_ptr<Store> store_;
};

TEST_F(ClientTest, PutSendsWhatItWasAskedToSigned) {
  peer_.script = {answer(200, "ETag: \"abc\"\r\n")};
  PutOptions put;
  put.content_type = "application/pdf";
  put.content_encoding = "gzip";
  put.storage_class = "INTELLIGENT_TIERING";
  put.server_side_encryption = "AES256";
  put.checksum_sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
  put.metadata = {{"tenant-id", "t1"}};
  put.if_none_match = true;
  const auto etag = wait_for(store().put("a b/\xc3\xa4.pdf", "the bytes", put));
  ASSERT_TRUE(etag.has_value());
  EXPECT_EQ(*etag, "abc");
  ASSERT_EQ(peer_.received.size(), 1u);
  const auto& request = peer_.received[0];
  expect_signed(request);
  EXPECT_EQ(request.head.method, "PUT");
  EXPECT_EQ(request.head.target, "/files/a%20b/%C3%A4.pdf");
  EXPECT_EQ(request.body, "the bytes");
  EXPECT_EQ("http://" + header(0, "host"), peer_.url());
  EXPECT_EQ(header(0, "content-type"), "application/pdf");
  EXPECT_EQ(header(0, "content-encoding"), "gzip");
  EXPECT_EQ(header(0, "x-amz-storage-class"), "INTELLIGENT_TIERING");
  EXPECT_EQ(header(0, "x-amz-server-side-encryption"), "AES256");
  EXPECT_EQ(header(0, "x-amz-checksum-sha256"), put.checksum_sha256);
  EXPECT_EQ(header(0, "x-amz-meta-tenant-id"), "t1");
  EXPECT_EQ(header(0, "if-none-match"), "*");
}

TEST_F(ClientTest, VirtualHostStyleNamesTheBucketInTheHost) {
  auto changed = options();
  changed.path_style = false;
  use(changed);
  peer_.script = {answer(200), answer(200)};
  ASSERT_TRUE(wait_for(store().put("k", "", {})).has_value());
  ASSERT_TRUE(wait_for(store().check_bucket()).has_value());
  EXPECT_EQ("http://" + header(0, "host"), "http://files." + peer_.url().substr(7));
  EXPECT_EQ(peer_.received[0].head.target, "/k");
  EXPECT_EQ(peer_.received[1].head.target, "/");
  expect_signed(peer_.received[0]);
}

TEST_F(ClientTest, HeadTellsWhatTheStoreSays) {
  peer_.script = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nETag: \"e\"\r\n"
       "Content-Type: text/plain\r\nContent-Encoding: gzip\r\n"
       "X-Amz-Storage-Class: GLACIER\r\nx-amz-server-side-encryption: AES256\r\n"
       "x-amz-checksum-sha256: c=\r\nX-Amz-Meta-Record-Id: 7\r\n"
       "Last-Modified: Sun, 01 Mar 2026 10:11:12 GMT\r\n\r\n"}};
  const auto info = wait_for(store().head("k"));
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->size, 1234u);
  EXPECT_EQ(info->etag, "e");
  EXPECT_EQ(info->content_type, "text/plain");
  EXPECT_EQ(info->content_encoding, "gzip");
  EXPECT_EQ(info->storage_class, "GLACIER");
  EXPECT_EQ(info->server_side_encryption, "AES256");
  EXPECT_EQ(info->checksum_sha256, "c=");
  EXPECT_EQ(info->meta("record-id"), "7");
  EXPECT_EQ(info->meta("tenant-id"), std::nullopt);
  EXPECT_EQ(info->last_modified, "Sun, 01 Mar 2026 10:11:12 GMT");
}

TEST_F(ClientTest, FinalAnswersAreNotAskedForTwice) {
  struct Row {
    int status;
    const char* code;
    S3Error error;
  };
  for (const auto& row :
       {Row{404, "NoSuchKey", S3Error::not_found}, Row{404, "NoSuchBucket", S3Error::no_bucket},
        Row{403, "AccessDenied", S3Error::access_denied},
        Row{403, "InvalidObjectState", S3Error::archived},
        Row{416, "InvalidRange", S3Error::invalid_range},
        Row{400, "InvalidArgument", S3Error::rejected}}) {
    peer_.received.clear();
    peer_.script = {error_answer(row.status, row.code), answer(200, "", "x")};
    const auto result = wait_for(store().get("k"));
    ASSERT_FALSE(result.has_value()) << row.code;
    EXPECT_EQ(result.error().error, row.error) << row.code;
    EXPECT_EQ(result.error().status, row.status);
    EXPECT_EQ(result.error().code, row.code);
    EXPECT_FALSE(result.error().maybe_done);
    EXPECT_EQ(peer_.received.size(), 1u) << row.code;
  }
  peer_.script = {error_answer(400, "BadDigest")};
  EXPECT_EQ(wait_for(store().put("k", "x", {})).error().error, S3Error::mismatch);
  peer_.script = {error_answer(412, "PreconditionFailed")};
  PutOptions once;
  once.if_none_match = true;
  EXPECT_EQ(wait_for(store().put("k", "x", once)).error().error, S3Error::already_exists);
  peer_.script = {answer(404)};
  EXPECT_EQ(wait_for(store().head("k")).error().error, S3Error::not_found);
}

/// Every way in which a store can fail for a moment, and that a repetition helps.
TEST_F(ClientTest, PassingFailuresAreRepeated) {
  const std::vector<std::pair<const char*, Reply>> rows = {
      {"500", error_answer(500, "InternalError")},
      {"500 without a document", answer(500)},
      {"502 of a proxy", answer(502, "Content-Type: text/html\r\n", "<html>bad gateway</html>")},
      {"503 SlowDown", error_answer(503, "SlowDown", "Retry-After: 0\r\n")},
      {"400 RequestTimeout", error_answer(400, "RequestTimeout")},
      {"closed at once", {"", true}},
      {"cut in the status line", {"HTTP/1.1 20", true}},
      {"cut in the headers", {"HTTP/1.1 200 OK\r\nETag: \"a", true}},
      {"cut in an error's body", cut_answer(404, 100, "<Error><Code>NoSuchKey")},
      {"hanging before the answer", {"", false, true}},
      {"hanging in the headers", {"HTTP/1.1 200 OK\r\nETag:", false, true}},
      {"not HTTP", {"220 smtp.example.org ESMTP\r\n\r\n", true}},
  };
  for (const auto& [name, reply] : rows) {
    peer_.received.clear();
    peer_.script = {reply, answer(200, "ETag: \"e\"\r\n")};
    const auto result = wait_for(store().put("k", "body", {}));
    ASSERT_TRUE(result.has_value()) << name << ": " << result.error().message;
    EXPECT_EQ(*result, "e") << name;
    ASSERT_EQ(peer_.received.size(), 2u) << name;
    EXPECT_EQ(peer_.received[1].body, "body") << name;
    expect_signed(peer_.received[1]);
  }
}

TEST_F(ClientTest, RepetitionsAreBounded) {
  peer_.script = {error_answer(500, "InternalError"), error_answer(503, "SlowDown"),
                  error_answer(500, "InternalError"), answer(200)};
  const auto result = wait_for(store().put("k", "body", {}));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().error, S3Error::unavailable);
  EXPECT_EQ(result.error().code, "InternalError");
  EXPECT_TRUE(result.error().maybe_done);
  EXPECT_EQ(peer_.received.size(), 3u);
}

TEST_F(ClientTest, TheDeadlineEndsTheRepetitions) {
  auto changed = options();
  changed.deadline = milliseconds{0};
  use(changed);
  peer_.script = {error_answer(500, "InternalError"), answer(200)};
  EXPECT_EQ(wait_for(store().put("k", "body", {})).error().error, S3Error::unavailable);
  EXPECT_EQ(peer_.received.size(), 1u);
}

TEST_F(ClientTest, AConditionalPutIsRepeatedOnlyIfItWasNotDone) {
  PutOptions once;
  once.if_none_match = true;
  peer_.script = {error_answer(503, "SlowDown"), answer(200)};
  EXPECT_TRUE(wait_for(store().put("k", "x", once)).has_value());
  EXPECT_EQ(peer_.received.size(), 2u);

  for (const auto& lost : {error_answer(500, "InternalError"), Reply{"", true}}) {
    peer_.received.clear();
    peer_.script = {lost, error_answer(412, "PreconditionFailed")};
    const auto result = wait_for(store().put("k", "x", once));
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().error, S3Error::unavailable);
    EXPECT_TRUE(result.error().maybe_done);
    EXPECT_EQ(peer_.received.size(), 1u);
  }
}

TEST_F(ClientTest, AStoreThatIsAwayIsUnavailableAndNothingWasDone) {
  auto changed = options();
  {
    boost::asio::io_context other;
    const ScriptedPeer gone(other);
    changed.endpoint = gone.url();
  }
  use(changed);
  const auto result = wait_for(store().put("k", "body", {}));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().error, S3Error::unavailable);
  EXPECT_EQ(result.error().code, "CannotConnect");
  EXPECT_FALSE(result.error().maybe_done);
}

TEST_F(ClientTest, WhatCannotBeAHeaderIsNotSent) {
  PutOptions put;
  put.metadata = {{"a", "x\r\nx-amz-acl: public-read"}};
  EXPECT_EQ(wait_for(store().put("k", "", put)).error().error, S3Error::rejected);
  put.metadata = {{"a: b", "x"}};
  EXPECT_EQ(wait_for(store().put("k", "", put)).error().error, S3Error::rejected);
  EXPECT_TRUE(peer_.received.empty());
}

TEST_F(ClientTest, RemoveSucceedsWhereThereIsNothing) {
  peer_.script = {answer(204), error_answer(404, "NoSuchKey"), error_answer(404, "NoSuchBucket")};
  EXPECT_TRUE(wait_for(store().remove("k")).has_value());
  EXPECT_TRUE(wait_for(store().remove("k")).has_value());
  EXPECT_EQ(wait_for(store().remove("k")).error().error, S3Error::no_bucket);
}

TEST_F(ClientTest, CopyFindsTheErrorBehindA200) {
  peer_.script = {answer(200, "", "<Error><Code>InternalError</Code></Error>"),
                  answer(200, "", "<CopyObjectResult><ETag>\"c\"</ETag></CopyObjectResult>")};
  const auto etag = wait_for(store().copy("from this", "to"));
  ASSERT_TRUE(etag.has_value());
  EXPECT_EQ(*etag, "c");
  EXPECT_EQ(peer_.received.size(), 2u);
  EXPECT_EQ(header(1, "x-amz-copy-source"), "/files/from%20this");
  peer_.script = {answer(200, "", "neither")};
  EXPECT_EQ(wait_for(store().copy("a", "b")).error().code, "UnintelligibleAnswer");
}

TEST_F(ClientTest, EnsureBucketCreatesItWithoutAConstraintWhereThatIsRefused) {
  peer_.script = {answer(404), error_answer(400, "InvalidLocationConstraint"), answer(200),
                  answer(200)};
  EXPECT_TRUE(wait_for(store().ensure_bucket()).has_value());
  ASSERT_EQ(peer_.received.size(), 4u);
  EXPECT_NE(peer_.received[1].body.find("eu-central-1"), std::string::npos);
  EXPECT_EQ(peer_.received[2].body, "");
  EXPECT_EQ(peer_.received[2].head.target, "/files");
  peer_.received.clear();
  peer_.script = {answer(403)};
  EXPECT_EQ(wait_for(store().ensure_bucket()).error().error, S3Error::access_denied);
  EXPECT_EQ(peer_.received.size(), 1u);
}

TEST_F(ClientTest, FindsOutTheStoresHabitsOnce) {
  const auto done = answer(200, "ETag: \"e\"\r\n");
  const auto kept = error_answer(412, "PreconditionFailed");
  const auto denied = error_answer(403, "AccessDenied");
  peer_.script = {done, kept, denied, answer(204)};
  const auto strict = wait_for(store().habits("probe"));
  ASSERT_TRUE(strict.has_value());
  EXPECT_TRUE(strict->first_put_wins);
  EXPECT_TRUE(strict->signs_every_header);
  ASSERT_EQ(peer_.received.size(), 4u);
  EXPECT_EQ(header(0, "if-none-match"), "*");
  EXPECT_EQ(header(1, "if-none-match"), "*");
  const auto claim = parse_claim(peer_.received[2].head);
  EXPECT_EQ(unsigned_amz_header(peer_.received[2].head, *claim), "x-amz-meta-unsigned");
  EXPECT_EQ(peer_.received[3].head.method, "DELETE");
  ASSERT_TRUE(wait_for(store().habits("another")).has_value());
  EXPECT_EQ(peer_.received.size(), 4u) << "not asked again";

  use(options());
  peer_.script = {done, done, done, answer(204)};
  const auto lax = wait_for(store().habits("probe"));
  EXPECT_FALSE(lax->first_put_wins || lax->signs_every_header);

  use(options());
  peer_.script = {done, denied, done, kept, denied, answer(204)};
  EXPECT_EQ(wait_for(store().habits("probe")).error().error, S3Error::access_denied);
  EXPECT_TRUE(wait_for(store().habits("probe"))->first_put_wins) << "not known before";
}

TEST_F(ClientTest, ListsAllPages) {
  const auto page = [](const std::string& key, const std::string& next) {
    return answer(200, "",
                  "<ListBucketResult><IsTruncated>" + std::string(next.empty() ? "false" : "true") +
                      "</IsTruncated><NextContinuationToken>" + next +
                      "</NextContinuationToken><Contents><Key>" + key +
                      "</Key><Size>1</Size></Contents></ListBucketResult>");
  };
  peer_.script = {page("a", "t+1/="), error_answer(500, ""), page("b", "t2"), page("c", "")};
  std::vector<std::string> keys;
  const auto done = wait_for(
      store().list("p/", [&keys](const ListedObject& object) { keys.push_back(object.key); }));
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(keys, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(peer_.received[1].head.target,
            "/files?list-type=2&encoding-type=url&max-keys=1000&prefix=p%2F"
            "&continuation-token=t%2B1%2F%3D");
  for (const auto& request : peer_.received) expect_signed(request);

  peer_.script = {page("a", "same"), page("b", "same"), page("c", "same")};
  EXPECT_EQ(wait_for(store().list("", [](const ListedObject&) {})).error().code,
            "UnintelligibleAnswer");
}

TEST_F(ClientTest, MultipartFromBeginningToEnd) {
  peer_.script = {
      answer(200, "",
             "<InitiateMultipartUploadResult><UploadId>u/1</UploadId>"
             "</InitiateMultipartUploadResult>"),
      answer(200, "ETag: \"p1\"\r\n"),
      answer(200, "",
             "<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>1"
             "</NextPartNumberMarker><Part><PartNumber>1</PartNumber><ETag>p1</ETag><Size>4</Size>"
             "</Part></ListPartsResult>"),
      answer(200, "",
             "<ListPartsResult><Part><PartNumber>2</PartNumber><ETag>p2</ETag><Size>4</Size>"
             "</Part></ListPartsResult>"),
      answer(200, "",
             "<CompleteMultipartUploadResult><ETag>\"e-2\"</ETag></CompleteMultipartUploadResult>"),
      error_answer(404, "NoSuchUpload")};
  PutOptions put;
  put.if_none_match = true;
  const auto id = wait_for(store().create_upload("k", put));
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(header(0, "if-none-match"), "(absent)");
  EXPECT_EQ(wait_for(store().upload_part("k", *id, 1, "part")).value(), "p1");
  EXPECT_EQ(peer_.received[1].head.target, "/files/k?partNumber=1&uploadId=u%2F1");
  auto parts = wait_for(store().list_parts("k", *id)).value();
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(wait_for(store().complete_upload("k", *id, parts, true)).value(), "e-2");
  EXPECT_EQ(header(4, "if-none-match"), "*");
  EXPECT_EQ(peer_.received[4].body, complete_upload_xml(parts));
  EXPECT_TRUE(wait_for(store().abort_upload("k", *id)).has_value());
  for (const auto& request : peer_.received) expect_signed(request);

  peer_.received.clear();
  peer_.script = {answer(200, "", "<Error><Code>InternalError</Code></Error>"), answer(200)};
  const auto lost = wait_for(store().complete_upload("k", *id, parts));
  EXPECT_EQ(lost.error().error, S3Error::unavailable);
  EXPECT_TRUE(lost.error().maybe_done);
  EXPECT_EQ(peer_.received.size(), 1u);
}

TEST_F(ClientTest, PresignsForThePublicEndpoint) {
  auto changed = options();
  changed.public_endpoint = "https://files.example.org";
  use(changed);
  PresignRequest request;
  request.key = "k";
  EXPECT_TRUE(store().presign(request).starts_with("https://files.example.org/files/k?X-Amz-"));
  EXPECT_TRUE(peer_.received.empty());
}

}  // namespace
}  // namespace wardbook::s3
