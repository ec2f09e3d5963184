// What can be set of a bucket: what is kept, what is refused, what is obeyed.
#include "objectd/bucket_settings.h"

#include "objectd/test_operations.h"
#include "objectd/test_server.h"
#include "objectd/test_store.h"

namespace wardbook::objectd {
namespace {

constexpr const char* kCors =
    "<CORSConfiguration><CORSRule><ID>a</ID><AllowedOrigin>https://*.example.org</AllowedOrigin>"
    "<AllowedMethod>PUT</AllowedMethod><AllowedHeader>x-amz-*</AllowedHeader>"
    "<AllowedHeader>content-type</AllowedHeader><ExposeHeader>ETag</ExposeHeader>"
    "<MaxAgeSeconds>60</MaxAgeSeconds></CORSRule></CORSConfiguration>";

std::string lifecycle(const std::string& inside, const std::string& prefix = "") {
  return "<LifecycleConfiguration><Rule><ID>a</ID><Status>Enabled</Status><Filter><Prefix>" +
         prefix + "</Prefix></Filter>" + inside + "</Rule></LifecycleConfiguration>";
}

using BucketSettingsServerTest = ServerTest;

TEST_F(BucketSettingsServerTest, EverySettingIsSetReadAndRemoved) {
  const std::vector<std::pair<std::string, std::string>> missing{
      {"publicAccessBlock", "NoSuchPublicAccessBlockConfiguration"},
      {"cors", "NoSuchCORSConfiguration"},
      {"lifecycle", "NoSuchLifecycleConfiguration"},
      {"intelligent-tiering&id=a", "NoSuchConfiguration"}};
  for (const auto& [name, code] : missing) {
    const auto out = call("GET", "/bucket?" + name);
    EXPECT_EQ(out.status, 404) << name;
    EXPECT_EQ(out.code(), code);
  }
  EXPECT_NE(call("GET", "/bucket?encryption").body.find("AES256"), std::string::npos)
      << "every object is encrypted, whether that was asked for or not";
  for (const auto& one : cases("")) {
    if (one.method != "PUT" || one.target.find("/bucket?") != 0) continue;
    const int done = one.target == "/bucket?tagging" ? 204 : 200;
    EXPECT_EQ(call("PUT", one.target, {}, one.body).status, done) << one.target;
    EXPECT_EQ(call("GET", one.target).body, one.body) << one.target;
    if (one.target == "/bucket?versioning") continue;  // it stays once it was set
    EXPECT_EQ(call("DELETE", one.target).status, 204) << one.target;
    const bool always = one.target == "/bucket?encryption";
    EXPECT_EQ(call("GET", one.target).status, always ? 200 : 404) << one.target;
  }
  EXPECT_EQ(call("GET", "/none-such?cors").code(), "NoSuchBucket");
  EXPECT_EQ(call("PUT", "/none-such?cors", {}, kCors).code(), "NoSuchBucket");
}

TEST_F(BucketSettingsServerTest, WhatIsNotDoneIsRefused) {
  const auto refused = [this](const std::string& name, const std::string& document) {
    const auto out = call("PUT", "/bucket?" + name, {}, document);
    EXPECT_TRUE(out.status == 400 || out.status == 501) << document << ": " << out.status;
  };
  const std::string rule =
      "<ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms"
      "</SSEAlgorithm></ApplyServerSideEncryptionByDefault>";
  refused("encryption", "<ServerSideEncryptionConfiguration><Rule>" + rule +
                            "</Rule></ServerSideEncryptionConfiguration>");
  refused("encryption", "<ServerSideEncryptionConfiguration/>");
  refused("cors", "<CORSConfiguration/>");
  refused("cors",
          "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule>"
          "</CORSConfiguration>");
  refused("cors",
          "<CORSConfiguration><CORSRule><AllowedOrigin>a*b*</AllowedOrigin><AllowedMethod>"
          "GET</AllowedMethod></CORSRule></CORSConfiguration>");
  refused("cors", "<LifecycleConfiguration/>");
  refused("cors", "not XML");
  refused("lifecycle", lifecycle("<Transition><Days>30</Days><StorageClass>GLACIER</StorageClass>"
                                 "</Transition>"));
  refused("lifecycle", lifecycle("<Expiration><Days>0</Days></Expiration>"));
  refused("lifecycle", lifecycle("<Expiration><Date>2030-01-01</Date></Expiration>"));
  refused("intelligent-tiering&id=b",
          "<IntelligentTieringConfiguration><Id>a</Id><Status>Enabled</Status><Tiering><AccessTier>"
          "ARCHIVE_ACCESS</AccessTier><Days>90</Days></Tiering></IntelligentTieringConfiguration>");
  refused("intelligent-tiering&id=a",
          "<IntelligentTieringConfiguration><Id>a</Id><Status>Enabled</Status><Tiering><AccessTier>"
          "ARCHIVE_ACCESS</AccessTier><Days>30</Days></Tiering></IntelligentTieringConfiguration>");
  EXPECT_EQ(call("GET", "/bucket?cors").status, 404);
}

TEST_F(BucketSettingsServerTest, CorsRulesAreObeyedBesideTheConfiguredOrigins) {
  const auto preflight = [this](const char* method, const char* headers) {
    return send("OPTIONS", "/bucket/k",
                {{"Host", host()},
                 {"Origin", "https://files.example.org"},
                 {"Access-Control-Request-Method", method},
                 {"Access-Control-Request-Headers", headers}});
  };
  EXPECT_EQ(preflight("PUT", "content-type").status, 403);
  ASSERT_EQ(call("PUT", "/bucket?cors", {}, kCors).status, 200);
  const auto out = preflight("PUT", "Content-Type, x-amz-meta-a");
  EXPECT_EQ(out.status, 200);
  EXPECT_EQ(out.header("Access-Control-Allow-Origin"), "https://files.example.org");
  EXPECT_EQ(out.header("Access-Control-Allow-Methods"), "PUT");
  EXPECT_EQ(out.header("Access-Control-Max-Age"), "60");
  EXPECT_EQ(preflight("PUT", "x-other").status, 403);
  EXPECT_EQ(preflight("DELETE", "content-type").status, 403);
  const net::Headers from{{"Origin", "https://files.example.org"}};
  const auto put = call("PUT", "/bucket/k", from, "bytes");
  EXPECT_EQ(put.header("Access-Control-Allow-Origin"), "https://files.example.org");
  EXPECT_EQ(put.header("Access-Control-Expose-Headers"), "ETag");
  EXPECT_EQ(call("GET", "/bucket/k", from).header("Access-Control-Allow-Origin"), "(none)");
  ASSERT_EQ(call("DELETE", "/bucket?cors").status, 204);
  EXPECT_EQ(preflight("PUT", "content-type").status, 403);
}

/// A store whose time goes as the test says.
class LifecycleTest : public testing::Test {
 protected:
  struct TestClock : Clock {
    Time at = SystemClock().now();
    [[nodiscard]] Time now() const override { return at; }
  };
  void SetUp() override {
    store_.emplace(folder_.path() / "data", clock_);
    store_->create_bucket("bucket");
  }
  void put(const std::string& key) {
    ObjectMeta meta;
    meta.bucket = "bucket";
    meta.key = key;
    meta.etag = "0123";
    const auto writer = store_->begin("bucket", key, 1);
    writer->write("x");
    store_->commit(*writer, meta, {});
  }
  void begin(const std::string& key) {
    ObjectMeta meta;
    meta.bucket = "bucket";
    meta.key = key;
    (void)store_->create_upload(meta);
  }
  std::vector<std::string> keys() {
    std::vector<std::string> out;
    for (const auto& object : store_->list("bucket", {}).objects) out.push_back(object.key);
    return out;
  }

  TestFolder folder_;
  TestClock clock_;
  std::optional<Store> store_;
};

TEST_F(LifecycleTest, UploadsAndObjectsEndByTheirRule) {
  put("logs/old");
  put("kept");
  begin("upload");
  const std::string expire = "<Expiration><Days>3</Days></Expiration>";
  const std::string abort =
      "<AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation>"
      "</AbortIncompleteMultipartUpload>";
  const std::string both =
      "<LifecycleConfiguration><Rule><Status>Enabled</Status><Prefix>logs/</Prefix>" + expire +
      "</Rule><Rule><Status>Enabled</Status><Filter><Prefix></Prefix></Filter>" + abort +
      "</Rule><Rule><Status>Disabled</Status><Filter><Prefix></Prefix></Filter>" + expire +
      "</Rule></LifecycleConfiguration>";
  check_bucket_setting(BucketSetting::lifecycle, "", both);
  store_->set_setting("bucket", BucketSetting::lifecycle, "", both);
  store_->apply_lifecycle();
  EXPECT_EQ(keys().size(), 2U);
  clock_.at += std::chrono::days(3);
  put("logs/new");
  store_->apply_lifecycle();
  EXPECT_EQ(keys(), (std::vector<std::string>{"kept", "logs/new"}));
  EXPECT_EQ(store_->uploads("bucket").size(), 1U);
  clock_.at += std::chrono::days(4);
  store_->apply_lifecycle();
  EXPECT_EQ(keys(), std::vector<std::string>{"kept"});
  EXPECT_TRUE(store_->uploads("bucket").empty());
}

TEST_F(LifecycleTest, VersionsAndLoneMarkersEndByTheirRule) {
  const auto versions = [&] { return store_->list_versions("bucket", {}).items.size(); };
  store_->set_setting(
      "bucket", BucketSetting::versioning, "",
      "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>");
  for (int i = 0; i < 4; ++i) put("k");
  put("hidden");
  (void)store_->remove("bucket", "hidden");
  const std::string noncurrent =
      "<NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays><NewerNoncurrentVersions>1"
      "</NewerNoncurrentVersions></NoncurrentVersionExpiration>";
  const auto rule = lifecycle(noncurrent);
  check_bucket_setting(BucketSetting::lifecycle, "", rule);
  store_->set_setting("bucket", BucketSetting::lifecycle, "", rule);
  clock_.at += std::chrono::days(2);
  put("k");  // from now on the one before is not the latest any more
  clock_.at += std::chrono::days(1);
  store_->apply_lifecycle();
  EXPECT_EQ(versions(), 4U) << "k: the latest and one replaced a day ago; hidden: both";
  EXPECT_EQ(keys(), std::vector<std::string>{"k"});

  store_->set_setting(
      "bucket", BucketSetting::lifecycle, "",
      lifecycle("<NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays>"
                "</NoncurrentVersionExpiration><Expiration><ExpiredObjectDeleteMarker>true"
                "</ExpiredObjectDeleteMarker></Expiration>"));
  store_->apply_lifecycle();
  EXPECT_EQ(versions(), 3U) << "what the marker hid is gone";
  store_->apply_lifecycle();
  EXPECT_EQ(versions(), 2U) << "and so is the marker, which hides nothing";
  EXPECT_EQ(keys(), std::vector<std::string>{"k"});
}

TEST_F(LifecycleTest, WhatExpiresInABucketWithVersionsIsHidden) {
  store_->set_setting(
      "bucket", BucketSetting::versioning, "",
      "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>");
  put("k");
  store_->set_setting("bucket", BucketSetting::lifecycle, "",
                      lifecycle("<Expiration><Days>1</Days></Expiration>"));
  clock_.at += std::chrono::days(1);
  store_->apply_lifecycle();
  EXPECT_TRUE(keys().empty());
  const auto items = store_->list_versions("bucket", {}).items;
  ASSERT_EQ(items.size(), 2U);
  EXPECT_TRUE(items.at(0).entry.marker);
}

TEST_F(LifecycleTest, SettingsOutliveARestart) {
  put("old");
  const std::string rule = lifecycle("<Expiration><Days>1</Days></Expiration>");
  store_->set_setting("bucket", BucketSetting::lifecycle, "", rule);
  store_->set_setting("bucket", BucketSetting::cors, "", kCors);
  store_.reset();
  store_.emplace(folder_.path() / "data", clock_);
  EXPECT_EQ(store_->setting("bucket", BucketSetting::lifecycle, ""), rule);
  EXPECT_EQ(store_->rules("bucket")->cors.size(), 1U);
  clock_.at += std::chrono::days(1);
  store_->apply_lifecycle();
  EXPECT_TRUE(keys().empty());
}

}  // namespace
}  // namespace wardbook::objectd
