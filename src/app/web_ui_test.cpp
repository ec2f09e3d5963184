#include "app/web_ui.h"

#include <gtest/gtest.h>

namespace wardbook::app {
namespace {

constexpr EmbeddedFile kFiles[] = {
    {"assets/app-1a2b.js", "let a = 1;"},
    {"assets/app-1a2b.js.br", "brotli"},
    {"assets/app-1a2b.js.gz", "gzip"},
    {"assets/hash-worker-9f.js", "postMessage(1);"},
    {"favicon.svg", "<svg/>"},
    {"index.html", "<!doctype html><title>W</title>"},
    {"index.html.gz", "index after gzip"},
};

WebUi ui() {
  Settings settings;
  settings.storage.endpoint = "http://127.0.0.1:9000";
  settings.storage.public_endpoint = "https://files.example.org";
  return {kFiles, settings};
}

net::RequestHead get(std::string target, net::Headers headers = {}) {
  net::RequestHead head;
  head.method = "GET";
  head.target = std::move(target);
  head.headers = std::move(headers);
  return head;
}

const net::Headers kBrowser = {{"Accept", "text/html,application/xhtml+xml"}};

std::string header(const api::Response& response, std::string_view name) {
  return std::string(response.headers.get(name).value_or(""));
}

TEST(WebUi, ServesAFileForEver) {
  const auto answer = ui().answer(get("/assets/app-1a2b.js"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->fixed, "let a = 1;");
  EXPECT_EQ(header(*answer, "Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(header(*answer, "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(header(*answer, "Vary"), "Accept-Encoding");
  EXPECT_EQ(header(*answer, "Content-Encoding"), "");
}

TEST(WebUi, SendsTheSmallestCodingThatIsTaken) {
  const auto coded = [](std::string_view accept) {
    const auto answer =
        ui().answer(get("/assets/app-1a2b.js", {{"Accept-Encoding", std::string(accept)}}));
    return header(*answer, "Content-Encoding") + ":" + std::string(answer->fixed);
  };
  EXPECT_EQ(coded("gzip, deflate, br"), "br:brotli");
  EXPECT_EQ(coded("GZIP"), "gzip:gzip");
  EXPECT_EQ(coded("br;q=0, gzip;q=0.5"), "gzip:gzip");
  EXPECT_EQ(coded("br; q=0.0, gzip;q=0"), ":let a = 1;");
  EXPECT_EQ(coded("bro, zstd"), ":let a = 1;");
}

TEST(WebUi, AnswersAKnownFileWith304) {
  const auto first = ui().answer(get("/assets/app-1a2b.js", {{"Accept-Encoding", "br"}}));
  const auto etag = header(*first, "ETag");
  const auto again =
      ui().answer(get("/assets/app-1a2b.js", {{"Accept-Encoding", "br"}, {"If-None-Match", etag}}));
  EXPECT_EQ(again->status, 304);
  EXPECT_EQ(again->fixed, "");
  // Another coding is another representation.
  const auto other = ui().answer(
      get("/assets/app-1a2b.js", {{"Accept-Encoding", "gzip"}, {"If-None-Match", etag}}));
  EXPECT_EQ(other->status, 200);
}

TEST(WebUi, AnswersABrowserWithTheIndexPageWhereverItIs) {
  for (const auto* path : {"/", "/patients", "/patients/17/labs", "/visits/3?tab=files"}) {
    const auto answer = ui().answer(get(path, kBrowser));
    ASSERT_TRUE(answer) << path;
    EXPECT_EQ(answer->fixed, "<!doctype html><title>W</title>") << path;
    EXPECT_EQ(header(*answer, "Cache-Control"), "no-store") << path;
  }
}

TEST(WebUi, LeavesToOthersWhatIsTheirs) {
  for (const auto* path : {"/api", "/api/v1/nothing", "/docs/nothing", "/assets/app-old.js",
                           "/robots.bak", "/a/b.php", "/.well-known/security", "/index.html"}) {
    EXPECT_FALSE(ui().answer(get(path, kBrowser))) << path;
  }
  EXPECT_FALSE(ui().answer(get("/patients", {{"Accept", "application/json"}})));
  EXPECT_FALSE(ui().answer(get("/patients")));
}

TEST(WebUi, LetsPagesReachTheServiceAndItsStoreOnly) {
  const auto page = ui().answer(get("/", kBrowser));
  const auto policy = header(*page, "Content-Security-Policy");
  EXPECT_NE(policy.find("connect-src 'self' https://files.example.org;"), std::string::npos);
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos);
  const auto worker = ui().answer(get("/assets/hash-worker-9f.js"));
  EXPECT_NE(header(*worker, "Content-Security-Policy").find("'wasm-unsafe-eval'"),
            std::string::npos);
}

TEST(WebUi, AnswersNothingWhenItWasNotBuiltIn) {
  EXPECT_FALSE(WebUi({}, Settings{}).answer(get("/", kBrowser)));
}

}  // namespace
}  // namespace wardbook::app
