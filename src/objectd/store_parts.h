#pragma once

#include <array>
#include <boost/json.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>

#include "objectd/store.h"

/// What the files that make up Store share; of no use outside of them.
namespace wardbook::objectd {

inline constexpr std::size_t kFolders = 256;

/// What is known of a file that did not open at start, or is missing.
struct Damage {
  std::string key_tag;  ///< see Journal::Entry, in hex; empty: not known
  std::uint64_t generation = 0;
};

struct Store::Bucket {
  std::string name;
  Time created;
  fs::Path folder;

  /// Held shared by whoever changes the bucket, alone by whoever removes it.
  std::shared_mutex life;
  bool gone = false;
  /// One for each folder: whoever publishes or removes an object holds its folder's, so that
  /// condition, rename and index are one step.
  std::array<std::mutex, kFolders> folders;

  std::mutex settings_writing;       ///< held by whoever changes them
  mutable std::mutex settings_lock;  ///< of the two below; held only for moments
  BucketDocuments documents;
  std::shared_ptr<const BucketRules> rules = std::make_shared<BucketRules>();

  mutable std::shared_mutex index_lock;  ///< of the two below; held only for moments
  Index index;
  /// By file name: what did not open at start, or is missing.
  std::map<std::string, Damage> damaged;
  bool has_versions = false;  ///< at start: with ids

  /// Whether something damaged may be newer than what is known of the key with this file name.
  [[nodiscard]] bool hides(std::string_view key_name, const IndexEntry* latest) const;
};

inline constexpr std::size_t kKeyTagDigits = 2 * Journal::kKeyTagBytes;

struct Store::Upload {
  std::string id;
  ObjectMeta meta;  ///< modified: when it was initiated
  std::shared_ptr<PartFolder> folder;

  std::mutex lock;
  std::map<int, PartMeta> parts;
  bool over = false;  ///< completed or aborted
};

[[nodiscard]] inline std::size_t folder_number(std::string_view file_name) {
  return static_cast<std::size_t>(std::stoi(std::string(file_name.substr(0, 2)), nullptr, 16));
}

[[nodiscard]] inline fs::Path file_path(const fs::Path& bucket, std::string_view name) {
  return bucket / name.substr(0, 2) / name.substr(2);
}

/// The file bucket.json, and what it says of settings. A setting that is not sound is not obeyed.
[[nodiscard]] std::string bucket_json(Time created, const BucketDocuments& documents);
[[nodiscard]] BucketDocuments documents_in(const boost::json::object& bucket);
void obey(BucketRules& rules, const BucketDocuments& documents);

/// Fails with PreconditionFailed, and with NoSuchKey for a condition on an object that is not
/// there.
void check_put(const PutCondition& condition, const IndexEntry* current, bool damaged);
/// Of something that the journal says is removed: it may go at the next start, if need be.
void remove_file(const fs::Path& path);

[[nodiscard]] IndexEntry index_entry(const ObjectMeta& meta, std::string_view file_id,
                                     std::shared_ptr<PartFolder> parts);

}  // namespace wardbook::objectd
