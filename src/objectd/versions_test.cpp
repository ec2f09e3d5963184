// Versions of objects, delete markers and tags: in the store, over a restart, and over HTTP.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <thread>

#include "objectd/test_server.h"
#include "objectd/test_store.h"

namespace wardbook::objectd {
namespace {

constexpr std::string_view kEnabled =
    "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
constexpr std::string_view kSuspended =
    "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";

class VersionsTest : public StoreTest {
 protected:
  void set(std::string_view document) {
    store().set_setting("bucket", BucketSetting::versioning, "", std::string(document));
  }
  std::string read(const std::string& key, const std::optional<std::string>& version = {}) {
    auto reader = store().open("bucket", key, version);
    std::string out(reader.meta().size, '\0');
    reader.read(0, out);
    return out;
  }
  std::string code(const std::string& key, const std::optional<std::string>& version = {}) {
    return code_of([&] { (void)read(key, version); });
  }
  /// "key:content", a marker as "key:-"; the latest one with a star.
  std::vector<std::string> all(VersionQuery query = {}) {
    std::vector<std::string> out;
    for (const auto& item : store().list_versions("bucket", query).items) {
      const auto content = item.entry.marker ? "-" : read(item.key, item.entry.version);
      out.push_back(item.key + ":" + content + (item.latest ? "*" : ""));
    }
    return out;
  }
  using Strings = std::vector<std::string>;
};

TEST_F(VersionsTest, EachPutIsAVersionAlsoAfterARestart) {
  put("k", "null");
  set(kEnabled);
  const auto one = put("k", "one").version;
  const auto two = put("k", "two").version;
  put("other", "x");
  ASSERT_NE(one, two);
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(get("k"), "two");
    EXPECT_EQ(read("k", one), "one");
    EXPECT_EQ(read("k", ""), "null");
    EXPECT_EQ(code("k", std::string(32, '0')), "NoSuchVersion");
    EXPECT_EQ(all(), (Strings{"k:two*", "k:one", "k:null", "other:x*"}));
    EXPECT_EQ(keys(), (Strings{"k", "other"})) << "a plain listing knows the latest only";
    restart();
  }
  EXPECT_EQ(code_of([&] { store().delete_bucket("bucket"); }), "BucketNotEmpty");
}

TEST_F(VersionsTest, ADeletionHidesTheObjectUntilItsMarkerGoes) {
  set(kEnabled);
  const auto kept = put("k", "kept").version;
  const auto hidden = store().remove("bucket", "k");
  EXPECT_TRUE(hidden.marker);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(code("k"), "NoSuchKey");
    EXPECT_EQ(code("k", hidden.version), "MethodNotAllowed");
    EXPECT_EQ(read("k", kept), "kept");
    EXPECT_TRUE(keys().empty());
    EXPECT_EQ(all(), (Strings{"k:-*", "k:kept"}));
    restart();
  }
  put("new", "x", {.must_be_new = true, .must_match = {}});
  EXPECT_EQ(code_of([&] { put("new", "y", {.must_be_new = true, .must_match = {}}); }),
            "PreconditionFailed");
  EXPECT_TRUE(store().remove("bucket", "k", {}, hidden.version).marker);
  EXPECT_EQ(get("k"), "kept");
  EXPECT_TRUE(store().remove("bucket", "k", {}, kept));
  EXPECT_FALSE(store().remove("bucket", "k", {}, kept));
  restart();
  EXPECT_EQ(code("k"), "NoSuchKey");
  EXPECT_EQ(all(), Strings{"new:x*"});
  EXPECT_EQ(files_under(root() / "buckets").size(), 1U);
}

TEST_F(VersionsTest, WhereTheyAreSuspendedOnlyTheNullVersionChanges) {
  set(kEnabled);
  const auto kept = put("k", "kept").version;
  set(kSuspended);
  EXPECT_EQ(put("k", "null 1").version, "");
  put("k", "null 2");
  EXPECT_EQ(all(), (Strings{"k:null 2*", "k:kept"}));
  const auto hidden = store().remove("bucket", "k");
  EXPECT_EQ(hidden.version, "");
  EXPECT_EQ(all(), (Strings{"k:-*", "k:kept"}));
  restart();
  EXPECT_EQ(all(), (Strings{"k:-*", "k:kept"}));
  EXPECT_EQ(store().versioning("bucket"), Versioning::suspended);
  store().remove("bucket", "k", {}, "");
  EXPECT_EQ(get("k"), "kept");
  EXPECT_EQ(read("k", kept), "kept");
}

TEST_F(VersionsTest, PagesHoldEveryVersionOnce) {
  set(kEnabled);
  for (const auto* key : {"a/1", "b", "c/1", "c/2", "d"}) {
    for (const auto* content : {"1", "2", "3"}) put(key, content);
  }
  store().remove("bucket", "b");
  const auto whole = all();
  ASSERT_EQ(whole.size(), 16U);
  for (const std::size_t most : {1U, 2U, 3U, 5U, 16U}) {
    Strings pages;
    VersionQuery query;
    query.max_keys = most;
    VersionList page;
    do {
      for (auto& one : all(query)) pages.push_back(one);
      page = store().list_versions("bucket", query);
      query.after_key = page.next_key;
      query.after_version = page.next_version;
    } while (page.truncated);
    EXPECT_EQ(pages, whole) << most;
  }
  VersionQuery folded;
  folded.delimiter = "/";
  folded.max_keys = 2;
  auto page = store().list_versions("bucket", folded);
  EXPECT_EQ(page.common_prefixes, Strings{"a/"});
  EXPECT_EQ(page.items.size(), 1U);
  folded.after_key = page.next_key;
  folded.after_version = page.next_version;
  folded.max_keys = 100;
  page = store().list_versions("bucket", folded);
  EXPECT_EQ(page.common_prefixes, Strings{"c/"});
  EXPECT_EQ(page.items.size(), 6U);
  // A page that is asked for after its marker was removed goes on behind it.
  VersionQuery first;
  first.max_keys = 2;
  first.prefix = "d";
  page = store().list_versions("bucket", first);
  store().remove("bucket", "d", {}, *page.next_version);
  first.after_key = page.next_key;
  first.after_version = page.next_version;
  EXPECT_EQ(all(first), Strings{"d:1"});
}

TEST_F(VersionsTest, AnUploadInPartsIsAVersionToo) {
  set(kEnabled);
  put("k", "before");
  const auto id = start_upload("k");
  const auto etag = part(id, 1, std::string(1000, 'p'));
  const auto made = store().complete_upload("bucket", "k", id, {{1, etag, {}}}, {}, {});
  EXPECT_FALSE(made.version.empty());
  const auto after = put("k", "after").version;
  const auto again = store().complete_upload("bucket", "k", id, {{1, etag, {}}}, {}, {});
  EXPECT_EQ(again.version, made.version) << "asked again, though it is not the latest any more";
  restart();
  EXPECT_EQ(read("k", made.version), std::string(1000, 'p'));
  store().remove("bucket", "k", {}, made.version);
  EXPECT_TRUE(files_under(root() / "uploads").empty());
  EXPECT_EQ(read("k", after), "after");
}

TEST_F(VersionsTest, AnOlderVersionIsNotServedInThePlaceOfALostOne) {
  set(kEnabled);
  const auto old = put("k", "old").version;
  const auto before = files_under(root() / "buckets");
  const auto last = put("k", "last").version;
  fs::Path file;
  for (const auto& path : files_under(root() / "buckets")) {
    if (std::ranges::find(before, path) == before.end()) file = path;
  }
  const auto content = slurp(file);
  stdfs::remove(file);
  for (int round = 0; round < 3; ++round) {
    restart();
    EXPECT_EQ(code("k"), "corrupt") << round;
    EXPECT_EQ(code("k", last), "corrupt");
    EXPECT_EQ(read("k", old), "old") << "who names it gets it";
  }
  spill(file, content);
  restart();
  EXPECT_EQ(get("k"), "last");
  patch(file, 100, '!');
  restart();
  EXPECT_EQ(code("k"), "corrupt") << "damaged at start";
  EXPECT_TRUE(store().remove("bucket", "k", {}, last)) << "given up";
  EXPECT_EQ(get("k"), "old");
  put("k", "newer");
  restart();
  EXPECT_EQ(get("k"), "newer");
}

TEST_F(VersionsTest, ARemovedVersionPutBackIsNotServed) {
  set(kEnabled);
  const auto one = put("k", "one").version;
  const auto file = files_under(root() / "buckets").at(0);
  const auto content = slurp(file);
  put("k", "two");
  store().remove("bucket", "k", {}, one);
  spill(file, content);
  restart();
  EXPECT_EQ(all(), Strings{"k:two*"});
}

TEST_F(VersionsTest, WhatWasUnderWayInACrashIsKeptOrFinished) {
  set(kEnabled);
  const auto one = put("k", "one").version;
  const auto journal = slurp(root() / "journal");
  std::map<stdfs::path, std::string> content;
  for (const auto& path : files_under(root() / "buckets")) content[path] = slurp(path);
  put("k", "two");
  const auto hidden = store().remove("bucket", "k");
  stop();
  spill(root() / "journal", journal);  // as if nothing of it had reached the journal
  restart();
  EXPECT_EQ(all(), (Strings{"k:-*", "k:two", "k:one"}));
  const auto known = slurp(root() / "journal");
  store().remove("bucket", "k", {}, one);
  stop();
  spill(root() / "journal", known);  // the file is gone, the journal does not say so
  for (const auto& [path, bytes] : content) spill(path, bytes);
  restart();
  EXPECT_EQ(all(), (Strings{"k:-*", "k:two", "k:one"})) << "the removal was not acknowledged";
}

TEST_F(VersionsTest, TagsBelongToOneVersionAndGoWithIt) {
  const Tags red{{"colour", "red"}, {"shape", "\xc3\xbc"}};
  put("plain", "x");
  store().set_tags("bucket", "plain", {}, red);
  EXPECT_FALSE(store().tags("bucket", "plain", {}).version);
  set(kEnabled);
  const auto one = put("k", "one").version;
  const auto two = put("k", "two").version;
  EXPECT_EQ(store().set_tags("bucket", "k", {}, red).version, two);
  store().set_tags("bucket", "k", one, {{"colour", "blue"}});
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(store().tags("bucket", "plain", {}).tags, red);
    EXPECT_EQ(store().tags("bucket", "k", {}).tags, red);
    EXPECT_EQ(store().tags("bucket", "k", one).tags, (Tags{{"colour", "blue"}}));
    EXPECT_EQ(store().open("bucket", "k").meta().tags, red);
    EXPECT_EQ(get("k"), "two") << "the object itself stays as it is";
    restart();
  }
  store().set_tags("bucket", "k", {}, {});
  restart();
  EXPECT_TRUE(store().tags("bucket", "k", {}).tags.empty());
  EXPECT_EQ(code_of([&] { store().set_tags("bucket", "none", {}, red); }), "NoSuchKey");
  set(kSuspended);
  put("plain", "replaced");
  EXPECT_TRUE(store().tags("bucket", "plain", {}).tags.empty());
  for (const auto& item : store().list_versions("bucket", {}).items) {
    store().remove("bucket", item.key, {}, item.entry.version);
  }
  EXPECT_TRUE(files_under(root() / "buckets").empty());
  restart();
  store().delete_bucket("bucket");
}

TEST_F(VersionsTest, ADeletionWithTagsLeavesNothingWithoutVersions) {
  put("k", "x");
  store().set_tags("bucket", "k", {}, {{"a", "b"}});
  store().remove("bucket", "k");
  EXPECT_TRUE(files_under(root() / "buckets").empty());
  restart();
  store().delete_bucket("bucket");
}

TEST_F(VersionsTest, OlderTagsPutBackAreNotBelieved) {
  put("k", "x");
  store().set_tags("bucket", "k", {}, {{"a", "old"}});
  std::map<stdfs::path, std::string> content;
  for (const auto& path : files_under(root() / "buckets")) content[path] = slurp(path);
  store().set_tags("bucket", "k", {}, {{"a", "new"}});
  stop();
  for (const auto& [path, bytes] : content) spill(path, bytes);
  restart();
  EXPECT_EQ(code_of([&] { (void)store().tags("bucket", "k", {}); }), "corrupt");
  EXPECT_EQ(get("k"), "x");
  store().set_tags("bucket", "k", {}, {{"a", "again"}});
  EXPECT_EQ(store().tags("bucket", "k", {}).tags, (Tags{{"a", "again"}}));
}

TEST_F(VersionsTest, ManyWritersMakeManyVersions) {
  set(kEnabled);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 10; ++n) put("k", std::to_string(i));
      store().remove("bucket", "k");
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(store().list_versions("bucket", {}).items.size(), 44U);
  const auto before = all();
  restart();
  EXPECT_EQ(all(), before) << "in the same order";
}

// Over HTTP
// -----------------------------------------------------------------------------------------

class VersionsOverHttp : public ServerTest {
 protected:
  VersionsOverHttp() {
    EXPECT_EQ(call("PUT", "/bucket?versioning", {}, std::string(kEnabled)).status, 200);
  }
};

std::string text_of(const std::string& document, const std::string& name) {
  const auto at = document.find("<" + name + ">");
  if (at == std::string::npos) return "(none)";
  const auto begin = at + name.size() + 2;
  return document.substr(begin, document.find('<', begin) - begin);
}

TEST_F(VersionsOverHttp, VersionsAreNamedAndServed) {
  EXPECT_EQ(text_of(call("GET", "/bucket?versioning").body, "Status"), "Enabled");
  const auto one = call("PUT", "/bucket/k", {}, "one").header("x-amz-version-id");
  const auto two = call("PUT", "/bucket/k", {}, "two").header("x-amz-version-id");
  EXPECT_EQ(call("GET", "/bucket/k").header("x-amz-version-id"), two);
  const auto old = call("GET", "/bucket/k?versionId=" + one);
  EXPECT_EQ(old.body, "one");
  EXPECT_EQ(old.header("x-amz-version-id"), one);
  EXPECT_EQ(call("HEAD", "/bucket/k?versionId=" + one).header("Content-Length"), "3");
  EXPECT_EQ(call("GET", "/bucket/k?versionId=").code(), "InvalidArgument");
  EXPECT_EQ(call("GET", "/bucket/k?versionId=nonsense").code(), "NoSuchVersion");
  const auto copied =
      call("PUT", "/bucket/k", {{"x-amz-copy-source", "/bucket/k?versionId=" + one}});
  EXPECT_EQ(copied.header("x-amz-copy-source-version-id"), one);
  EXPECT_EQ(call("GET", "/bucket/k").body, "one") << "an older version made the latest one again";
  const auto listed = call("GET", "/bucket?versions&max-keys=1").body;
  EXPECT_EQ(text_of(listed, "VersionId"), copied.header("x-amz-version-id"));
  EXPECT_EQ(text_of(listed, "IsLatest"), "true");
  const auto next = call("GET", "/bucket?versions&max-keys=1&key-marker=k&version-id-marker=" +
                                    text_of(listed, "NextVersionIdMarker"));
  EXPECT_EQ(text_of(next.body, "VersionId"), two);
  EXPECT_EQ(call("GET", "/bucket?versions&version-id-marker=" + two).code(), "InvalidArgument");
}

TEST_F(VersionsOverHttp, DeleteMarkersAreShownForWhatTheyAre) {
  const auto kept = call("PUT", "/bucket/k", {}, "kept").header("x-amz-version-id");
  const auto gone = call("DELETE", "/bucket/k");
  EXPECT_EQ(gone.status, 204);
  EXPECT_EQ(gone.header("x-amz-delete-marker"), "true");
  const auto marker = gone.header("x-amz-version-id");
  const auto missing = call("GET", "/bucket/k");
  EXPECT_EQ(missing.code(), "NoSuchKey");
  EXPECT_EQ(missing.header("x-amz-delete-marker"), "true");
  const auto named = call("HEAD", "/bucket/k?versionId=" + marker);
  EXPECT_EQ(named.status, 405);
  EXPECT_EQ(named.header("x-amz-delete-marker"), "true");
  EXPECT_NE(call("GET", "/bucket?versions").body.find("<DeleteMarker><Key>k</Key>"),
            std::string::npos);
  const auto both = call("POST", "/bucket?delete", {},
                         "<Delete><Object><Key>k</Key><VersionId>" + marker +
                             "</VersionId></Object><Object><Key>new</Key></Object></Delete>");
  EXPECT_NE(both.body.find("<VersionId>" + marker +
                           "</VersionId><DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>" +
                           marker),
            std::string::npos)
      << both.body;
  EXPECT_EQ(call("GET", "/bucket/k?versionId=" + kept).body, "kept");
  EXPECT_EQ(call("GET", "/bucket/k").body, "kept");
}

TEST_F(VersionsOverHttp, VersioningIsEnabledOrSuspendedAndNothingElse) {
  const auto put = [&](const std::string& inside) {
    return call("PUT", "/bucket?versioning", {},
                "<VersioningConfiguration>" + inside + "</VersioningConfiguration>")
        .code();
  };
  EXPECT_EQ(put("<Status>Disabled</Status>"), "MalformedXML");
  EXPECT_EQ(put(""), "MalformedXML");
  EXPECT_EQ(put("<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>"), "NotImplemented");
  EXPECT_EQ(put("<Status>Suspended</Status>"), "");
  EXPECT_EQ(call("PUT", "/bucket/k", {}, "x").header("x-amz-version-id"), "(none)");
  EXPECT_EQ(call("GET", "/bucket/k").header("x-amz-version-id"), "null");
  ASSERT_EQ(call("PUT", "/other").status, 200);
  EXPECT_EQ(text_of(call("GET", "/other?versioning").body, "Status"), "(none)");
  EXPECT_EQ(call("PUT", "/other/k", {}, "x").header("x-amz-version-id"), "(none)");
}

TEST_F(VersionsOverHttp, TagsOfObjectsAndBuckets) {
  const auto tagging = [](const std::string& tags) {
    return "<Tagging><TagSet>" + tags + "</TagSet></Tagging>";
  };
  const std::string one = "<Tag><Key>a</Key><Value>1</Value></Tag>";
  ASSERT_EQ(call("PUT", "/bucket/k", {{"x-amz-tagging", "a=1&b=%C3%BC+x"}}, "x").status, 200);
  EXPECT_EQ(call("GET", "/bucket/k").header("x-amz-tagging-count"), "2");
  EXPECT_NE(call("GET", "/bucket/k?tagging").body.find("<Key>b</Key><Value>\xc3\xbc x</Value>"),
            std::string::npos);
  ASSERT_EQ(call("PUT", "/bucket/k?tagging", {}, tagging(one)).status, 200);
  EXPECT_EQ(call("HEAD", "/bucket/k").header("x-amz-tagging-count"), "1");
  const net::Headers copy{{"x-amz-copy-source", "/bucket/k"}};
  ASSERT_EQ(call("PUT", "/bucket/copy", copy).status, 200);
  EXPECT_NE(call("GET", "/bucket/copy?tagging").body.find(one), std::string::npos);
  auto replace = copy;
  replace.set("x-amz-tagging", "c=2");
  EXPECT_EQ(call("PUT", "/bucket/copy", replace).code(), "InvalidRequest");
  replace.set("x-amz-tagging-directive", "REPLACE");
  ASSERT_EQ(call("PUT", "/bucket/copy", replace).status, 200);
  EXPECT_EQ(text_of(call("GET", "/bucket/copy?tagging").body, "Key"), "c");
  ASSERT_EQ(call("DELETE", "/bucket/k?tagging").status, 204);
  EXPECT_EQ(call("HEAD", "/bucket/k").header("x-amz-tagging-count"), "(none)");
  EXPECT_EQ(call("GET", "/bucket/none?tagging").code(), "NoSuchKey");

  EXPECT_EQ(call("GET", "/bucket?tagging").code(), "NoSuchTagSet");
  EXPECT_EQ(call("PUT", "/bucket?tagging", {}, tagging(one)).status, 204);
  EXPECT_NE(call("GET", "/bucket?tagging").body.find(one), std::string::npos);
  EXPECT_EQ(call("DELETE", "/bucket?tagging").status, 204);

  std::string many;
  for (int i = 0; i < 11; ++i) {
    many += "<Tag><Key>" + std::to_string(i) + "</Key><Value/></Tag>";
  }
  for (const std::string& bad : std::vector<std::string>{
           many, one + one, "<Tag><Key>aws:a</Key><Value/></Tag>", "<Tag><Key/><Value/></Tag>",
           "<Tag><Key>a</Key><Value>" + std::string(257, 'v') + "</Value></Tag>",
           "<Tag><Key>" + std::string(129, 'k') + "</Key><Value/></Tag>"}) {
    EXPECT_EQ(call("PUT", "/bucket/k?tagging", {}, tagging(bad)).code(), "InvalidTag") << bad;
  }
  EXPECT_EQ(call("PUT", "/bucket/k?tagging", {}, tagging("<Tag><Key>a</Key></Tag>")).code(),
            "MalformedXML");
  EXPECT_EQ(call("PUT", "/bucket/k", {{"x-amz-tagging", "a=1&a=2"}}, "x").code(), "InvalidTag");
}

}  // namespace
}  // namespace wardbook::objectd
