#pragma once

// For tests: a store in a folder of its own, and its files as somebody else would handle them.

#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "objectd/error.h"
#include "objectd/store.h"
#include "objectd/test_folder.h"

namespace wardbook::objectd {

namespace stdfs = std::filesystem;

inline std::string pattern(std::size_t bytes) {
  std::string out(bytes, '\0');
  std::uint32_t state = 1;
  for (auto& c : out) {
    state = state * 1664525u + 1013904223u;
    c = static_cast<char>(state >> 24);
  }
  return out;
}

template <class Work>
inline std::string code_of(Work work) {
  try {
    work();
    return "";
  } catch (const S3Error& error) {
    return std::string(error.kind().code);
  } catch (const CorruptFile&) {
    return "corrupt";
  }
}

inline std::string slurp(const stdfs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void spill(const stdfs::path& path, std::string_view bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline void patch(const stdfs::path& path, std::size_t at, char byte) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(at));
  file.put(byte);
}

inline std::vector<stdfs::path> files_under(const stdfs::path& folder) {
  std::vector<stdfs::path> out;
  for (const auto& entry : stdfs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().filename() != "bucket.json") {
      out.push_back(entry.path());
    }
  }
  return out;
}

class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    restart();
    store().create_bucket("bucket");
  }
  void restart(bool adopt = false) {
    store_.reset();
    store_.emplace(root(), clock_, adopt);
  }
  Store& store() { return *store_; }
  [[nodiscard]] fs::Path root() const { return folder_.path() / "data"; }
  void stop() { store_.reset(); }

  ObjectMeta put(const std::string& key, std::string_view content,
                 const PutCondition& condition = {}) {
    ObjectMeta meta;
    meta.bucket = "bucket";
    meta.key = key;
    meta.etag = to_hex(Hasher(Hasher::Kind::md5).finish());
    meta.headers = {{"content-type", "text/plain"}};
    const auto writer = store().begin("bucket", key, content.size());
    writer->write(content);
    store().commit(*writer, meta, condition);
    return meta;
  }
  std::string get(const std::string& key) {
    auto reader = store().open("bucket", key);
    std::string out(reader.meta().size, '\0');
    reader.read(0, out);
    return out;
  }
  std::string part(const std::string& id, int number, std::string_view content) {
    const auto writer = store().begin_part(id, number, content.size());
    writer->write(content);
    PartMeta meta;
    meta.number = number;
    meta.etag = to_hex(sha256(content)).substr(0, 32);
    store().commit_part(id, *writer, meta);
    return meta.etag;
  }
  std::string start_upload(const std::string& key) {
    ObjectMeta meta;
    meta.bucket = "bucket";
    meta.key = key;
    return store().create_upload(meta);
  }
  std::vector<std::string> keys(ListQuery query = {}) {
    std::vector<std::string> out;
    for (const auto& object : store().list("bucket", query).objects) out.push_back(object.key);
    return out;
  }

 private:
  TestFolder folder_;
  SystemClock clock_;
  std::optional<Store> store_;
};

}  // namespace wardbook::objectd
