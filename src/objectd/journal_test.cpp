// Files that somebody puts back, takes away or damages behind the store's back.
#include "objectd/journal.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "objectd/test_store.h"

namespace wardbook::objectd {
namespace {

using JournalTest = StoreTest;

TEST_F(JournalTest, AnOlderFilePutBackIsNotServed) {
  put("k", "old");
  const auto file = files_under(root() / "buckets").at(0);
  const auto old = slurp(file);
  put("k", "new");
  const auto last = slurp(file);
  spill(file, old);
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(code_of([&] { (void)get("k"); }), "corrupt") << round;
    restart();
    EXPECT_TRUE(keys().empty()) << "no listing vouches for it";
    EXPECT_EQ(code_of([&] { put("k", "x", {.must_be_new = true, .must_match = {}}); }),
              "PreconditionFailed");
  }
  spill(file, last);
  restart();
  EXPECT_EQ(get("k"), "new") << "the last one is as good as before";
  stop();
  spill(file, old);
  restart();
  put("k", "newer");
  restart();
  EXPECT_EQ(get("k"), "newer");
}

TEST_F(JournalTest, AFileOfARemovedObjectPutBackIsNotServed) {
  put("k", "removed");
  put("other", "kept");
  const auto before = files_under(root() / "buckets");
  std::map<stdfs::path, std::string> content;
  for (const auto& path : before) content[path] = slurp(path);
  store().remove("bucket", "k");
  const auto file = files_under(root() / "buckets").at(0) == before[0] ? before[1] : before[0];
  for (int round = 0; round < 3; ++round) {
    spill(file, content[file]);
    EXPECT_EQ(code_of([&] { (void)get("k"); }), "NoSuchKey") << round;
    restart();
    EXPECT_EQ(code_of([&] { (void)get("k"); }), "NoSuchKey") << round;
    EXPECT_EQ(keys(), std::vector<std::string>{"other"});
  }
  EXPECT_EQ(get("other"), "kept");
  put("k", "again");
  restart();
  EXPECT_EQ(get("k"), "again");
}

TEST_F(JournalTest, AnOlderMultipartObjectPutBackIsNotServed) {
  const auto publish = [&](char fill) {
    const auto id = start_upload("k");
    const auto etag = part(id, 1, std::string(1000, fill));
    store().complete_upload("bucket", "k", id, {{1, etag, {}}}, {}, {});
  };
  publish('a');
  const auto file = files_under(root() / "buckets").at(0);
  const auto old = slurp(file);
  stdfs::copy(root() / "uploads", root() / "kept", stdfs::copy_options::recursive);
  publish('b');
  spill(file, old);
  stdfs::copy(root() / "kept", root() / "uploads",
              stdfs::copy_options::recursive | stdfs::copy_options::overwrite_existing);
  EXPECT_EQ(code_of([&] { (void)get("k"); }), "corrupt");
  restart();
  EXPECT_EQ(code_of([&] { (void)get("k"); }), "corrupt");
}

TEST_F(JournalTest, AFileThatWasTakenAwayIsMissed) {
  put("k", "content");
  const auto file = files_under(root() / "buckets").at(0);
  const auto content = slurp(file);
  stdfs::remove(file);
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(code_of([&] { (void)get("k"); }), "corrupt") << round;
    restart();
  }
  EXPECT_EQ(code_of([&] { store().delete_bucket("bucket"); }), "BucketNotEmpty");
  spill(file, content);
  restart();
  EXPECT_EQ(get("k"), "content");
  stdfs::remove(file);
  restart();
  EXPECT_TRUE(store().remove("bucket", "k")) << "given up";
  EXPECT_EQ(code_of([&] { (void)get("k"); }), "NoSuchKey");
  restart();
  EXPECT_EQ(code_of([&] { (void)get("k"); }), "NoSuchKey");
}

TEST_F(JournalTest, WhatWasUnderWayInACrashIsKeptOrFinished) {
  put("k", "old");
  put("gone", "x");
  const auto journal = slurp(root() / "journal");
  std::map<stdfs::path, std::string> content;
  for (const auto& path : files_under(root() / "buckets")) content[path] = slurp(path);
  put("k", "new");
  put("fresh", "new");
  stop();
  // The machine failed between the files and the journal.
  spill(root() / "journal", journal);
  restart();
  EXPECT_EQ(get("k"), "new");
  EXPECT_EQ(get("fresh"), "new");
  // And between the journal and the file of what was removed.
  store().remove("bucket", "gone");
  for (const auto& [path, bytes] : content) {
    if (!stdfs::exists(path)) spill(path, bytes);
  }
  EXPECT_EQ(files_under(root() / "buckets").size(), 3u);
  restart();
  EXPECT_EQ(code_of([&] { (void)get("gone"); }), "NoSuchKey");
  EXPECT_EQ(files_under(root() / "buckets").size(), 2u);
}

TEST_F(JournalTest, TheJournalIsGuarded) {
  for (const auto* key : {"a", "b", "c"}) put(key, key);
  restart();
  for (const auto* key : {"d", "e", "f"}) put(key, key);
  stop();
  const auto path = root() / "journal";
  const auto good = slurp(path);
  ASSERT_EQ(good.size(), 24u + 7 * 100) << "its beginning, three objects there were, three since";
  const auto starts = [&](const std::string& bytes) {
    spill(path, bytes);
    try {
      restart();
      stop();
      return true;
    } catch (const std::runtime_error&) {
      return false;
    }
  };
  for (std::size_t i = 0; i < good.size() - 100; i += 13) {
    auto bad = good;
    bad[i] ^= 1;
    EXPECT_FALSE(starts(bad)) << "byte " << i;
  }
  auto swapped = good;
  std::swap_ranges(swapped.begin() + 124, swapped.begin() + 224, swapped.begin() + 224);
  EXPECT_FALSE(starts(swapped));
  EXPECT_FALSE(starts(good.substr(0, 324))) << "cut into the objects there were";
  EXPECT_FALSE(starts(""));
  stdfs::remove(path);
  EXPECT_THROW(restart(), std::runtime_error) << "missing";
  EXPECT_FALSE(stdfs::exists(path)) << "a fresh one would take any file for the last";
  // A record that the machine did not get to the end of.
  EXPECT_TRUE(starts(good.substr(0, good.size() - 50)));
  restart();
  for (const auto* key : {"a", "b", "c", "d", "e", "f"}) EXPECT_EQ(get(key), key);
}

TEST_F(JournalTest, ALostJournalIsDoneWithoutOnRequestOnly) {
  put("k", "old");
  const auto file = files_under(root() / "buckets").at(0);
  const auto old = slurp(file);
  put("k", "new");
  stop();
  spill(root() / "journal", "nonsense");
  EXPECT_THROW(restart(), std::runtime_error);
  restart(true);
  EXPECT_EQ(get("k"), "new");
  restart();
  spill(file, old);
  EXPECT_EQ(code_of([&] { (void)get("k"); }), "corrupt") << "watched again";
  restart();
  EXPECT_EQ(code_of([&] { (void)get("k"); }), "corrupt");
}

TEST_F(JournalTest, AFolderFromBeforeTheJournalIsTakenAsItIs) {
  stop();
  const auto master = MasterKey::load(root() / "master.key", false);
  const auto name = master.file_name("k");
  const auto folder = root() / "buckets" / "bucket" / name.substr(0, 2);
  stdfs::create_directory(folder);
  ObjectMeta meta;
  meta.bucket = "bucket";
  meta.key = "k";
  meta.size = 3;
  meta.etag = "e";
  ObjectWriter writer(root() / "tmp" / "made", master, object_binding("bucket", name));
  writer.write("old");
  writer.finish(to_json(meta));
  writer.move_to(folder / name.substr(2));
  stdfs::remove(root() / "journal");
  restart();
  EXPECT_EQ(get("k"), "old");
  const auto old = slurp(folder / name.substr(2));
  put("k", "new");
  spill(folder / name.substr(2), old);
  restart();
  EXPECT_EQ(code_of([&] { (void)get("k"); }), "corrupt");
}

TEST_F(JournalTest, ManyAtOnceAreAllInTheJournal) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < 40; ++j) {
        const auto key = std::to_string(j % 20);
        put(key, std::to_string(i) + "/" + std::to_string(j));
        if (j % 7 == 0) store().remove("bucket", key);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::map<std::string, std::string> before;
  for (const auto& key : keys()) before[key] = get(key);
  restart();
  EXPECT_EQ(keys().size(), before.size());
  for (const auto& [key, content] : before) EXPECT_EQ(get(key), content) << key;
  std::vector<Removal> all;
  for (const auto& [key, content] : before) all.push_back({key, {}});
  for (int i = 0; i < 200; ++i) all.push_back({"none/" + std::to_string(i), {}});
  for (const auto& outcome : store().remove_all("bucket", all))
    EXPECT_EQ(outcome.outcome, Removed::gone);
  restart();
  EXPECT_TRUE(keys().empty());
  EXPECT_TRUE(files_under(root() / "buckets").empty());
}

}  // namespace
}  // namespace wardbook::objectd
