#include "objectd/store.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "objectd/test_store.h"

namespace wardbook::objectd {
namespace {

TEST_F(StoreTest, WhatIsPutComesBackAlsoAfterARestart) {
  for (const std::size_t size : {0, 1, 1000, 65535, 65536, 65537, 131072, 1000000}) {
    put("size/" + std::to_string(size), pattern(size));
  }
  for (int round = 0; round < 2; ++round) {
    for (const std::size_t size : {0, 1, 1000, 65535, 65536, 65537, 131072, 1000000}) {
      EXPECT_EQ(get("size/" + std::to_string(size)), pattern(size)) << size;
    }
    EXPECT_EQ(store().open("bucket", "size/1").meta().header("content-type"), "text/plain");
    restart();
  }
  EXPECT_EQ(keys().size(), 8u);
}

TEST_F(StoreTest, RangesCrossBlocks) {
  const auto content = pattern(300'000);
  put("k", content);
  auto reader = store().open("bucket", "k");
  const std::pair<std::size_t, std::size_t> ranges[] = {
      {0, 1},       {65535, 2},   {65536, 65536},    {1, 299'999}, {131071, 65538},
      {299'999, 1}, {196'608, 3}, {262'144, 37'856}, {0, 300'000}, {65'530, 131'090}};
  for (const auto& [first, length] : ranges) {
    std::string out(length, '\0');
    reader.read(first, out);
    EXPECT_EQ(out, content.substr(first, length)) << first << "+" << length;
  }
}

TEST_F(StoreTest, KeysOfAnyKindStayInsideAndInOrder) {
  const std::vector<std::string> odd{" ",
                                     "../../etc/passwd",
                                     "..",
                                     ".",
                                     "/",
                                     "//a",
                                     "a",
                                     "a//b",
                                     "a/b/",
                                     "a\nb",
                                     std::string(1024, 'x'),
                                     "\xC3\xBC",
                                     "\xF0\x9F\x92\x89"};
  auto sorted = odd;
  std::ranges::sort(sorted);
  for (const auto& key : odd) put(key, "<" + key + ">");
  for (const auto& key : odd) EXPECT_EQ(get(key), "<" + key + ">");
  EXPECT_EQ(keys(), sorted);
  restart();
  EXPECT_EQ(keys(), sorted);
  EXPECT_EQ(files_under(root() / "buckets").size(), odd.size());
  // Nothing of a key or of the content can be read on the disk.
  for (const auto& file : files_under(root())) {
    EXPECT_EQ(slurp(file).find("passwd"), std::string::npos) << file;
  }
}

TEST_F(StoreTest, CorruptionOfAnyByteIsDetected) {
  put("k", pattern(700));
  const auto file = files_under(root() / "buckets").at(0);
  const auto good = slurp(file);
  for (std::size_t i = 0; i < good.size(); ++i) {
    patch(file, i, static_cast<char>(good[i] ^ (1 << (i % 8))));
    EXPECT_EQ(code_of([&] { (void)get("k"); }), "corrupt") << "byte " << i;
    patch(file, i, good[i]);
  }
  for (std::size_t length = 0; length < good.size(); length += 101) {
    spill(file, good.substr(0, length));
    EXPECT_EQ(code_of([&] { (void)get("k"); }), "corrupt") << "cut to " << length;
  }
  spill(file, good + "x");
  EXPECT_EQ(code_of([&] { (void)get("k"); }), "corrupt");
  spill(file, good);
  EXPECT_EQ(get("k"), pattern(700));
}

TEST_F(StoreTest, BlocksCannotBeSwappedNorFilesMoved) {
  put("k", std::string(200'000, 'a'));
  const auto file = files_under(root() / "buckets").at(0);
  const auto good = slurp(file);
  auto bad = good;
  const std::size_t block = 65536 + 16;
  std::swap_ranges(bad.begin() + 96, bad.begin() + 96 + block, bad.begin() + 96 + block);
  spill(file, bad);
  EXPECT_EQ(code_of([&] { (void)get("k"); }), "corrupt");
  spill(file, good);
  put("other", "x");
  for (const auto& target : files_under(root() / "buckets")) {
    if (target != file) stdfs::copy_file(file, target, stdfs::copy_options::overwrite_existing);
  }
  EXPECT_EQ(code_of([&] { (void)get("other"); }), "corrupt");
  EXPECT_EQ(get("k").size(), 200'000u);
}

TEST_F(StoreTest, DamageFoundAtStartIsNotTakenForAbsence) {
  put("k", "content");
  put("sound", "content");
  const auto path = [&] {
    for (const auto& file : files_under(root() / "buckets")) {
      auto bytes = slurp(file);
      stop();
      bytes[bytes.size() - 30] ^= 1;
      const auto before = slurp(file);
      spill(file, bytes);
      restart();
      if (code_of([&] { (void)get("k"); }) == "corrupt") return file;
      stop();
      spill(file, before);
      restart();
    }
    return stdfs::path();
  }();
  ASSERT_FALSE(path.empty());
  EXPECT_EQ(get("sound"), "content");
  EXPECT_EQ(keys(), std::vector<std::string>{"sound"});
  EXPECT_EQ(code_of([&] { put("k", "new", {.must_be_new = true, .must_match = {}}); }),
            "PreconditionFailed");
  put("k", "new");
  EXPECT_EQ(get("k"), "new");
}

TEST_F(StoreTest, LeftoversOfACrashAreCleared) {
  put("k", "old");
  {
    const auto writer = store().begin("bucket", "k", 0);
    writer->write(pattern(200'000));
    // The process dies here: the temporary file stays.
    stdfs::copy_file(files_under(root() / "tmp").at(0), root() / "tmp" / "left");
  }
  const auto id = start_upload("big");
  part(id, 1, "part");
  spill(root() / "uploads" / id / "00002", "half a part");
  const auto orphan = root() / "uploads" / std::string(32, 'a');
  stdfs::create_directory(orphan);
  spill(orphan / "00001", "x");
  restart();
  EXPECT_EQ(get("k"), "old");
  EXPECT_TRUE(stdfs::is_empty(root() / "tmp"));
  EXPECT_FALSE(stdfs::exists(orphan));
  ASSERT_EQ(store().parts(id).size(), 1u);
  EXPECT_EQ(store().parts(id).at(0).number, 1);
}

TEST_F(StoreTest, AStoreThatCanWriteNothingSaysSo) {
  store().check_writable();
  EXPECT_TRUE(stdfs::is_empty(root() / "tmp"));
  // A limit on the size of files does to a write what a full disk does.
  struct rlimit before {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit low {
    0, before.rlim_max
  };
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &low), 0);
  EXPECT_THROW(store().check_writable(), std::system_error);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, ignored);
  EXPECT_TRUE(stdfs::is_empty(root() / "tmp"));
  store().check_writable();
  stdfs::remove(root() / "tmp");
  EXPECT_THROW(store().check_writable(), std::system_error);
  stdfs::create_directory(root() / "tmp");
  store().check_writable();
}

TEST_F(StoreTest, AnUnfinishedWriterLeavesNothing) {
  { store().begin("bucket", "k", 0)->write(pattern(500'000)); }
  EXPECT_TRUE(stdfs::is_empty(root() / "tmp"));
  EXPECT_EQ(code_of([&] { (void)get("k"); }), "NoSuchKey");
}

TEST_F(StoreTest, TheKeyIsGuarded) {
  put("k", "content");
  const auto key = root() / "master.key";
  EXPECT_EQ(stdfs::status(key).permissions() & stdfs::perms::all,
            stdfs::perms::owner_read | stdfs::perms::owner_write);
  EXPECT_THROW(Store(root(), SystemClock{}), std::runtime_error) << "in use";
  stop();
  const auto kept = slurp(key);
  stdfs::remove(key);
  EXPECT_THROW(restart(), std::runtime_error);
  EXPECT_FALSE(stdfs::exists(key)) << "a fresh key would make the loss final";
  spill(key, "wardbook-master-key-1 " + std::string(64, '0') + "\n");
  EXPECT_THROW(restart(), std::runtime_error);
  spill(key, "nonsense");
  EXPECT_THROW(restart(), std::runtime_error);
  spill(key, kept);
  restart();
  EXPECT_EQ(get("k"), "content");
}

TEST_F(StoreTest, OfManyConditionalPutsOneWins) {
  for (int round = 0; round < 8; ++round) {
    const auto key = "race/" + std::to_string(round);
    std::atomic<int> won{0}, lost{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&, i] {
        const auto code =
            code_of([&] { put(key, std::to_string(i), {.must_be_new = true, .must_match = {}}); });
        if (code.empty()) ++won;
        if (code == "PreconditionFailed") ++lost;
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(won, 1);
    EXPECT_EQ(lost, 5);
  }
  EXPECT_TRUE(stdfs::is_empty(root() / "tmp"));
}

TEST_F(StoreTest, ReadersSeeOneVersionWhole) {
  put("k", std::string(150'000, 'a'));
  auto reader = store().open("bucket", "k");
  put("k", std::string(10, 'b'));
  store().remove("bucket", "k");
  std::string out(150'000, '\0');
  reader.read(0, out);
  EXPECT_EQ(out, std::string(150'000, 'a'));
  std::atomic<bool> stop_now{false};
  std::thread writer([&] {
    for (int i = 0; !stop_now; ++i) put("k", std::string(100'000, static_cast<char>('a' + i % 26)));
  });
  put("k", std::string(100'000, 'z'));
  for (int i = 0; i < 40; ++i) {
    const auto seen = get("k");
    EXPECT_EQ(seen, std::string(100'000, seen.front()));
  }
  stop_now = true;
  writer.join();
}

TEST_F(StoreTest, ListingPagesWithPrefixAndDelimiter) {
  for (const auto* key : {"a", "b/1", "b/2", "b/3/x", "c", "d/1", "e"}) put(key, "");
  ListQuery query;
  query.delimiter = "/";
  query.max_keys = 1;
  std::vector<std::string> seen;
  while (true) {
    const auto page = store().list("bucket", query);
    ASSERT_EQ(page.objects.size() + page.common_prefixes.size(), 1u);
    seen.push_back(page.objects.empty() ? page.common_prefixes[0] : page.objects[0].key);
    if (!page.truncated) break;
    query.after = page.next;
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"a", "b/", "c", "d/", "e"}));
  EXPECT_EQ(keys({.prefix = "b/", .delimiter = "/", .after = {}, .max_keys = 1000}),
            (std::vector<std::string>{"b/1", "b/2"}));
  EXPECT_EQ(keys({.prefix = "b", .delimiter = {}, .after = "b/1", .max_keys = 1000}),
            (std::vector<std::string>{"b/2", "b/3/x"}));
  EXPECT_EQ(keys({.prefix = "x", .delimiter = {}, .after = {}, .max_keys = 1000}),
            std::vector<std::string>{});
  EXPECT_FALSE(store().list("bucket", {"", "", "", 0}).truncated);
}

TEST_F(StoreTest, Multipart) {
  const auto first = pattern(5 * 1024 * 1024 + 17);
  const std::string second = "the end";
  const auto id = start_upload("big");
  part(id, 1, "replaced below");
  const auto etag1 = part(id, 1, first);
  const auto etag3 = part(id, 3, second);
  part(id, 9, "not used");
  restart();
  const std::vector<PartChoice> choice{{1, etag1, {}}, {3, etag3, {}}};
  const auto complete = [&] {
    return store().complete_upload("bucket", "big", id, choice, {}, {});
  };
  EXPECT_EQ(code_of([&] {
              store().complete_upload("bucket", "big", id, {{1, etag3, {}}}, {}, {});
            }),
            "InvalidPart");
  const auto meta = complete();
  EXPECT_EQ(meta.size, first.size() + second.size());
  EXPECT_TRUE(meta.etag.ends_with("-2"));
  EXPECT_EQ(complete().etag, meta.etag) << "asked again, the same answer";
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(get("big"), first + second);
    auto reader = store().open("bucket", "big");
    std::string out(9, '\0');
    reader.read(first.size() - 4, out);
    EXPECT_EQ(out, first.substr(first.size() - 4) + second.substr(0, 5));
    EXPECT_TRUE(store().uploads("bucket").empty());
    restart();
  }
  auto reader = store().open("bucket", "big");
  put("big", "small");
  std::string out(second.size(), '\0');
  reader.read(first.size(), out);
  EXPECT_EQ(out, second) << "still there for who reads it";
  { const auto gone = std::move(reader); }
  EXPECT_TRUE(stdfs::is_empty(root() / "uploads"));
}

TEST_F(StoreTest, MultipartObjectsReplaceEachOtherUnderTheirReaders) {
  std::atomic<bool> stop_now{false};
  const auto publish = [&](char fill) {
    const auto id = start_upload("k");
    const auto etag = part(id, 1, std::string(70'000, fill));
    store().complete_upload("bucket", "k", id, {{1, etag, {}}}, {}, {});
  };
  publish('a');
  std::thread writer([&] {
    for (int i = 0; !stop_now; ++i) {
      if (i % 3 == 2) {
        put("k", std::string(70'000, 'z'));
      } else {
        publish(static_cast<char>('a' + i % 26));
      }
    }
  });
  for (int i = 0; i < 60; ++i) {
    const auto seen = get("k");
    EXPECT_EQ(seen, std::string(70'000, seen.front()));
  }
  stop_now = true;
  writer.join();
}

TEST_F(StoreTest, SmallPartsAndConditionsAreRefused) {
  const auto id = start_upload("k");
  const std::vector<PartChoice> choice{{1, part(id, 1, "a"), {}}, {2, part(id, 2, "b"), {}}};
  EXPECT_EQ(code_of([&] { store().complete_upload("bucket", "k", id, choice, {}, {}); }),
            "EntityTooSmall");
  put("k", "there");
  EXPECT_EQ(code_of([&] {
              store().complete_upload("bucket", "k", id, {choice[1]}, {},
                                      {.must_be_new = true, .must_match = {}});
            }),
            "PreconditionFailed");
  EXPECT_EQ(store().uploads("bucket").size(), 1u);
  store().abort_upload("bucket", "k", id);
  EXPECT_TRUE(stdfs::is_empty(root() / "uploads"));
  EXPECT_EQ(code_of([&] { store().complete_upload("bucket", "k", id, choice, {}, {}); }),
            "NoSuchUpload");
  EXPECT_EQ(get("k"), "there");
}

TEST_F(StoreTest, DamagedPartsAreDetected) {
  const auto id = start_upload("k");
  const auto etag = part(id, 1, pattern(100'000));
  store().complete_upload("bucket", "k", id, {{1, etag, {}}}, {}, {});
  const auto file = root() / "uploads" / id / "00001";
  auto bad = slurp(file);
  bad[70'000] ^= 4;
  spill(file, bad);
  EXPECT_EQ(code_of([&] { (void)get("k"); }), "corrupt");
  stdfs::remove(file);
  EXPECT_EQ(code_of([&] { (void)get("k"); }), "corrupt");
}

TEST_F(StoreTest, Buckets) {
  EXPECT_FALSE(store().create_bucket("bucket"));
  for (const auto* name : {"ab", "A-bucket", "../x", "a..b", "-ab", "a_b", "a.-b", "a-.b",
                           "192.168.5.123", "1.2.3.4", ""}) {
    EXPECT_EQ(code_of([&] { store().create_bucket(name); }), "InvalidBucketName") << name;
  }
  for (const auto* name : {"a.b", "1.2.3", "1.2.3.4.5", "1.2.3.x"}) {
    EXPECT_TRUE(store().create_bucket(name)) << name;
    store().delete_bucket(name);
  }
  put("k", "x");
  EXPECT_EQ(code_of([&] { store().delete_bucket("bucket"); }), "BucketNotEmpty");
  EXPECT_TRUE(store().remove("bucket", "k"));
  EXPECT_FALSE(store().remove("bucket", "k"));
  const auto created = store().buckets().at(0).created;
  restart();
  EXPECT_EQ(store().buckets().at(0).created, created);
  store().delete_bucket("bucket");
  EXPECT_TRUE(store().buckets().empty());
  EXPECT_EQ(code_of([&] { put("k", "x"); }), "NoSuchBucket");
  restart();
  EXPECT_TRUE(store().buckets().empty());
}

}  // namespace
}  // namespace wardbook::objectd
