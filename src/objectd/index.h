#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "objectd/checksums.h"
#include "objectd/fs.h"

namespace wardbook::objectd {

/// The folder with the parts of one multipart upload. Whoever reads from it holds a share; once it
/// is dead, the last one to let go has it removed.
class PartFolder {
 public:
  using Reaper = std::function<void(fs::Path)>;
  PartFolder(fs::Path path, std::string upload_id, const Reaper& reaper)
      : path_(std::move(path)), upload_id_(std::move(upload_id)), reaper_(reaper) {}
  ~PartFolder() {
    if (dead_) reaper_(path_);
  }
  PartFolder(const PartFolder&) = delete;
  PartFolder& operator=(const PartFolder&) = delete;

  void die() noexcept { dead_ = true; }
  [[nodiscard]] const fs::Path& path() const noexcept { return path_; }
  [[nodiscard]] const std::string& upload_id() const noexcept { return upload_id_; }

 private:
  fs::Path path_;
  std::string upload_id_;
  const Reaper& reaper_;
  std::atomic<bool> dead_{false};
};

/// What a listing tells of an object.
struct IndexEntry {
  std::uint64_t size = 0;
  Time modified;
  std::string etag;
  std::string storage_class;
  std::optional<ChecksumKind> checksum;
  std::array<char, 16> file_id{};     ///< of the file that holds it, see ObjectFile::id
  std::shared_ptr<PartFolder> parts;  ///< null unless it came by multipart upload
};

struct ListQuery {
  std::string prefix;
  std::string delimiter;  ///< empty: none
  std::string after;      ///< only what comes after this key or common prefix; empty: all
  std::size_t max_keys = 1000;
};

struct ListResult {
  struct Object {
    std::string key;
    IndexEntry entry;
  };
  std::vector<Object> objects;
  std::vector<std::string> common_prefixes;
  bool truncated = false;
  std::string next;  ///< when truncated: the last key or common prefix given
};

/// A bucket's keys in the order of their bytes. Not locked: its owner does that.
class Index {
 public:
  using Map = std::map<std::string, IndexEntry, std::less<>>;

  /// The work is bounded by `max_keys` and does not depend on what common prefixes hide.
  [[nodiscard]] ListResult list(const ListQuery& query) const;
  [[nodiscard]] const IndexEntry* find(std::string_view key) const;
  /// Puts it in and gives back what was there.
  std::optional<IndexEntry> put(std::string_view key, IndexEntry entry);
  std::optional<IndexEntry> erase(std::string_view key);
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  [[nodiscard]] Map::const_iterator past_prefix(std::string prefix) const;

  Map entries_;
};

}  // namespace wardbook::objectd
