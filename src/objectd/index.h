#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "objectd/checksums.h"
#include "objectd/fs.h"
#include "objectd/object_meta.h"

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
  std::uint64_t generation = 0;       ///< see ObjectMeta
  std::string version;                ///< its id; empty: the null version
  bool marker = false;                ///< a delete marker
  bool tagged_apart = false;          ///< its tags are in a file of their own
  std::shared_ptr<const Tags> tags;   ///< null: none
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

struct VersionQuery {
  std::string prefix;
  std::string delimiter;                     ///< empty: none
  std::string after_key;                     ///< empty: all
  std::optional<std::string> after_version;  ///< of that key; "": the null version
  std::size_t max_keys = 1000;
};

struct VersionList {
  struct Item {
    std::string key;
    IndexEntry entry;
    bool latest = false;
    bool only = false;               ///< the key has no other version
    std::optional<Time> superseded;  ///< when a newer version came
    std::size_t newer = 0;           ///< so many newer ones that are not the latest
  };
  std::vector<Item> items;
  std::vector<std::string> common_prefixes;
  bool truncated = false;
  std::string next_key;  ///< when truncated: the last key or common prefix given
  std::optional<std::string> next_version;
};

/// A version's id begins with its generation, so that versions have an order.
[[nodiscard]] std::string make_version_id(std::uint64_t generation);
/// nullopt for what was not made by it.
[[nodiscard]] std::optional<std::uint64_t> generation_of(std::string_view version_id);

/// A bucket's keys in the order of their bytes. Not locked: its owner does that.
///
/// A key has one entry, its latest version, unless that is a delete marker. A key with several
/// versions, or whose only one is a marker, has all of them in a chain besides, the newest first.
class Index {
 public:
  using Map = std::map<std::string, IndexEntry, std::less<>>;

  /// The work is bounded by `max_keys` and does not depend on what common prefixes hide.
  [[nodiscard]] ListResult list(const ListQuery& query) const;
  [[nodiscard]] VersionList list_versions(const VersionQuery& query) const;
  /// The latest version; null if there is none or it is a delete marker.
  [[nodiscard]] const IndexEntry* find(std::string_view key) const;
  /// All versions, the newest first.
  [[nodiscard]] std::span<const IndexEntry> versions(std::string_view key) const;
  /// A certain one, "" being the null version; null if there is none.
  [[nodiscard]] const IndexEntry* find(std::string_view key, std::string_view version) const;
  /// Puts it in and gives back the same version as it was.
  std::optional<IndexEntry> put(std::string_view key, IndexEntry entry);
  std::optional<IndexEntry> erase(std::string_view key, std::string_view version = {});
  /// Sets the tags of a version that is there.
  void set_tags(std::string_view key, std::string_view version, std::shared_ptr<const Tags> tags);
  [[nodiscard]] bool empty() const noexcept { return entries_.empty() && chains_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  [[nodiscard]] Map::const_iterator past_prefix(std::string prefix) const;

  using Chain = std::vector<IndexEntry>;
  void settle(std::string_view key, std::map<std::string, Chain, std::less<>>::iterator chain);

  Map entries_;
  std::map<std::string, Chain, std::less<>> chains_;
};

}  // namespace wardbook::objectd
