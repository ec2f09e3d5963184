#include "s3/retry.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

namespace wardbook::s3 {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Backoff, StaysWithinItsGrowingBounds) {
  const RetryPolicy policy{8, milliseconds{50}, milliseconds{400}};
  const milliseconds most[] = {milliseconds{50}, milliseconds{100}, milliseconds{200},
                               milliseconds{400}, milliseconds{400}};
  std::set<milliseconds::rep> seen;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Backoff backoff(policy, seed);
    for (int attempt = 1; attempt <= 5; ++attempt) {
      const auto wait = backoff.wait_after(attempt);
      ASSERT_TRUE(wait.has_value());
      EXPECT_GE(*wait, milliseconds{0});
      EXPECT_LE(*wait, most[attempt - 1]);
      if (attempt == 4) seen.insert(wait->count());
    }
  }
  EXPECT_GT(seen.size(), 100u) << "waits of many clients must be spread";
}

TEST(Backoff, IsRepeatableForASeed) {
  Backoff one({}, 7), two({}, 7);
  for (int attempt = 1; attempt < 4; ++attempt) {
    EXPECT_EQ(one.wait_after(attempt), two.wait_after(attempt));
  }
}

TEST(Backoff, EndsAfterTheLastAttempt) {
  Backoff backoff({3, milliseconds{1}, milliseconds{1}}, 1);
  EXPECT_TRUE(backoff.wait_after(2).has_value());
  EXPECT_FALSE(backoff.wait_after(3).has_value());
  EXPECT_FALSE(backoff.wait_after(4).has_value());
  Backoff none({1, milliseconds{1}, milliseconds{1}}, 1);
  EXPECT_FALSE(none.wait_after(1).has_value());
}

TEST(Backoff, WaitsAsLongAsTheServerAsksButNotLongerThanTheCap) {
  Backoff backoff({9, milliseconds{10}, milliseconds{1500}}, 1);
  EXPECT_EQ(backoff.wait_after(1, seconds{1}), milliseconds{1000});
  EXPECT_EQ(backoff.wait_after(1, seconds{3600}), milliseconds{1500});
  EXPECT_LE(backoff.wait_after(1, seconds{0}), milliseconds{10});
}

TEST(Classify, CodesBeforeStatuses) {
  struct Row {
    int status;
    const char* code;
    S3Error error;
    Retry retry;
  };
  for (const auto& row : {Row{404, "NoSuchKey", S3Error::not_found, Retry::no},
                          Row{404, "", S3Error::not_found, Retry::no},
                          Row{404, "NoSuchUpload", S3Error::not_found, Retry::no},
                          Row{404, "NoSuchBucket", S3Error::no_bucket, Retry::no},
                          Row{412, "PreconditionFailed", S3Error::already_exists, Retry::no},
                          Row{409, "BucketAlreadyOwnedByYou", S3Error::already_exists, Retry::no},
                          Row{409, "ConditionalRequestConflict", S3Error::unavailable, Retry::yes},
                          Row{409, "Other", S3Error::rejected, Retry::no},
                          Row{403, "SignatureDoesNotMatch", S3Error::access_denied, Retry::no},
                          Row{403, "InvalidObjectState", S3Error::archived, Retry::no},
                          Row{401, "", S3Error::access_denied, Retry::no},
                          Row{400, "BadDigest", S3Error::mismatch, Retry::no},
                          Row{400, "RequestTimeout", S3Error::unavailable, Retry::if_idempotent},
                          Row{400, "InvalidArgument", S3Error::rejected, Retry::no},
                          Row{416, "InvalidRange", S3Error::invalid_range, Retry::no},
                          Row{416, "", S3Error::invalid_range, Retry::no},
                          Row{301, "PermanentRedirect", S3Error::rejected, Retry::no},
                          Row{507, "InsufficientStorage", S3Error::unavailable, Retry::no},
                          Row{507, "", S3Error::unavailable, Retry::no},
                          Row{403, "QuotaExceeded", S3Error::unavailable, Retry::no},
                          Row{501, "NotImplemented", S3Error::rejected, Retry::no},
                          Row{500, "InternalError", S3Error::unavailable, Retry::if_idempotent},
                          Row{500, "", S3Error::unavailable, Retry::if_idempotent},
                          Row{502, "", S3Error::unavailable, Retry::if_idempotent},
                          Row{504, "", S3Error::unavailable, Retry::if_idempotent},
                          Row{503, "SlowDown", S3Error::unavailable, Retry::yes},
                          Row{503, "", S3Error::unavailable, Retry::yes},
                          Row{429, "", S3Error::unavailable, Retry::yes}}) {
    const auto verdict = classify(row.status, row.code);
    EXPECT_EQ(verdict.error, row.error) << row.status << " " << row.code;
    EXPECT_EQ(verdict.retry, row.retry) << row.status << " " << row.code;
  }
}

TEST(Result, ItsExceptionTellsTheKindButNotTheStoresText) {
  const Result<int> failed = S3Failure{S3Error::archived, 403, "InvalidObjectState", "a/key", {}};
  try {
    static_cast<void>(failed.value());
    FAIL() << "a failed result gave a value";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "object store: archived (InvalidObjectState)");
  }
}

}  // namespace
}  // namespace wardbook::s3
