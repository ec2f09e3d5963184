#include <algorithm>
#include <exception>
#include <system_error>

#include "base/hash.h"
#include "base/log.h"
#include "objectd/error.h"
#include "objectd/store_parts.h"

// What is there of a key: opening it, removing it or hiding it, its versions and its tags.
//
// A version is a file like any object's, under a name that is made of its id and the key. The
// latest one is the one with the highest generation: nothing else says so, and a crash cannot tear
// the two apart. A delete marker is a version without content.
namespace wardbook::objectd {

Versioning Store::versioning(const std::string& name) const {
  const auto found = rules(name);
  return found ? found->versioning : Versioning::off;
}

VersionList Store::list_versions(const std::string& name, const VersionQuery& query) const {
  const auto found = bucket(name);
  const std::shared_lock guard(found->index_lock);
  return found->index.list_versions(query);
}

namespace {

std::string shown_version(const std::string& version) {
  return version.empty() ? "null" : version;
}

S3Error::Details marker_details(const std::string& key, const IndexEntry& marker) {
  return {{"Key", key},
          {"x-amz-delete-marker", "true"},
          {"x-amz-version-id", shown_version(marker.version)}};
}

}  // namespace

/// Under the lock of the index.
const IndexEntry& Store::entry_of(const Bucket& bucket, const std::string& key,
                                  const std::optional<std::string>& version) const {
  if (version) {
    const auto* entry = bucket.index.find(key, *version);
    if (entry == nullptr) {
      if (bucket.damaged.contains(object_name(key, *version))) {
        throw CorruptFile("did not open at start");
      }
      throw S3Error(errors::kNoSuchVersion, {},
                    {{"Key", key}, {"VersionId", shown_version(*version)}});
    }
    if (entry->marker) throw S3Error(errors::kMethodNotAllowed, {}, marker_details(key, *entry));
    return *entry;
  }
  const auto all = bucket.index.versions(key);
  const auto* latest = all.empty() ? nullptr : &all[0];
  if (!bucket.damaged.empty() && bucket.hides(object_name(key, {}), latest)) {
    throw CorruptFile("did not open at start");
  }
  if (latest == nullptr) throw S3Error(errors::kNoSuchKey, {}, {{"Key", key}});
  if (latest->marker) throw S3Error(errors::kNoSuchKey, {}, marker_details(key, *latest));
  return *latest;
}

ObjectReader Store::open(const std::string& bucket_name, const std::string& key,
                         const std::optional<std::string>& version) {
  const auto found = bucket(bucket_name);
  for (int attempt = 0; attempt < 8; ++attempt) {
    // The file and its entry in the index change one after the other: wait for who is at it.
    std::unique_lock<std::mutex> settled;
    if (attempt > 0) {
      settled = std::unique_lock(found->folders[folder_number(object_name(key, {}))]);
    }
    IndexEntry entry;
    {
      const std::shared_lock index(found->index_lock);
      entry = entry_of(*found, key, version);
    }
    const auto name = object_name(key, entry.version);
    auto file = ObjectFile::open(file_path(found->folder, name), *master_,
                                 object_binding(bucket_name, name));
    if (!file || file->id() != std::string_view(entry.file_id.data(), entry.file_id.size())) {
      continue;
    }
    auto meta = meta_from_json(file->metadata());
    if (!meta || meta->key != key || meta->version != entry.version) {
      throw CorruptFile("the metadata is of another object");
    }
    if (meta->upload_id != (entry.parts ? entry.parts->upload_id() : std::string())) continue;
    meta->tags = entry.tags ? *entry.tags : Tags();
    return ObjectReader(std::move(*meta), std::move(*file), std::move(entry.parts), *master_);
  }
  throw CorruptFile("the object's file has vanished or is not the one that was written last");
}

// Removing ----------------------------------------------------------------------------------------

namespace {

Removed judge(const DeleteCondition& condition, const IndexEntry* current, bool damaged) {
  if (!condition.any()) return Removed::gone;
  // Of a damaged object nothing is known that a condition could hold of.
  if (current == nullptr) return damaged ? Removed::changed : Removed::missing;
  const auto modified = std::chrono::floor<std::chrono::seconds>(current->modified);
  const bool holds =
      (!condition.etag || *condition.etag == "*" || *condition.etag == current->etag) &&
      (!condition.size || *condition.size == current->size) &&
      (!condition.modified || *condition.modified == modified);
  return holds ? Removed::gone : Removed::changed;
}

}  // namespace

/// A removal on its way. It is done as soon as the journal says so: the file may go later, at the
/// next start if need be.
struct Store::Leaving {
  const Removal* removal = nullptr;
  std::string version;  // that is removed
  std::string name;     // of its file
  std::string tags;     // of the file with its tags; empty: none
  std::size_t folder = 0;
  RemovalResult result;
};

/// `leaving` in the order of the folders.
void Store::remove_some(Bucket& bucket, std::span<Leaving> leaving) {
  std::vector<std::unique_lock<std::mutex>> locks;
  std::optional<std::size_t> locked;
  std::vector<Journal::Entry> records;
  for (auto& one : leaving) {
    if (locked != one.folder) locks.emplace_back(bucket.folders[one.folder]);
    locked = one.folder;
    const std::shared_lock index(bucket.index_lock);
    const auto* current = bucket.index.find(one.removal->key, one.version);
    const bool damaged = bucket.damaged.contains(one.name);
    auto& result = one.result;
    result.outcome = judge(one.removal->condition, current, damaged);
    result.there = result.outcome == Removed::gone && (current != nullptr || damaged);
    result.marker = result.there && current != nullptr && current->marker;
    if (!result.there) continue;
    records.push_back({journal_object(bucket.name, one.name), ++generation_, {}});
    if (current == nullptr || !current->tagged_apart) continue;
    one.tags = tags_name(one.removal->key, one.version);
    records.push_back({journal_object(bucket.name, one.tags), ++generation_, {}});
  }
  if (records.empty()) return;
  journal_->append(records);
  std::vector<std::shared_ptr<PartFolder>> parts;  // let go of after the locks
  for (const auto& one : leaving) {
    if (!one.result.there) continue;
    remove_file(file_path(bucket.folder, one.name));
    if (!one.tags.empty()) remove_file(file_path(bucket.folder, one.tags));
    const std::unique_lock index(bucket.index_lock);
    if (auto before = bucket.index.erase(one.removal->key, one.version); before && before->parts) {
      before->parts->die();
      parts.push_back(std::move(before->parts));
    }
    bucket.damaged.erase(one.name);
  }
  locks.clear();
}

/// Puts a delete marker before the object.
void Store::hide(Bucket& bucket, Leaving& leaving) {
  ObjectMeta meta;
  meta.bucket = bucket.name;
  meta.key = leaving.removal->key;
  meta.marker = true;
  auto& result = leaving.result;
  ObjectWriter writer(temporary(), *master_, {});
  struct NotRemoved {};
  const auto check = [&](const IndexEntry* current, bool damaged) {
    result.outcome = judge(leaving.removal->condition, current, damaged);
    if (result.outcome != Removed::gone) throw NotRemoved();
  };
  try {
    const auto failed = publish(bucket, writer, meta, check, nullptr);
    if (failed) std::rethrow_exception(failed);
  } catch (const NotRemoved&) {
    return;
  }
  result.there = result.marker = true;
  result.version = meta.version;
}

RemovalResult Store::remove(const std::string& bucket_name, const std::string& key,
                            const DeleteCondition& condition,
                            const std::optional<std::string>& version) {
  const auto outcome = [&] {
    std::vector<RemovalResult> all;
    std::exception_ptr failed;
    all = remove_all(bucket_name, {{key, condition, version}}, &failed);
    if (failed) std::rethrow_exception(failed);
    return all.front();
  }();
  if (outcome.outcome == Removed::missing) {
    throw S3Error(errors::kNoSuchKey, {}, {{"Key", key}});
  }
  if (outcome.outcome == Removed::changed) throw S3Error(errors::kPreconditionFailed);
  return outcome;
}

std::vector<RemovalResult> Store::remove_all(const std::string& bucket_name,
                                             const std::vector<Removal>& removals,
                                             std::exception_ptr* failed) {
  constexpr std::size_t kFoldersAtOnce = 32;
  const auto found = bucket(bucket_name);
  const bool keeps = versioning(bucket_name) != Versioning::off;
  std::vector<Leaving> leaving, hidden;
  for (const auto& removal : removals) {
    Leaving one;
    one.removal = &removal;
    one.version = removal.version.value_or("");
    one.name = object_name(removal.key, one.version);
    one.folder = folder_number(object_name(removal.key, {}));
    if (removal.version) one.result.version = removal.version;
    (keeps && !removal.version ? hidden : leaving).push_back(std::move(one));
  }
  const auto attempt = [&](const auto& work, std::span<Leaving> some) {
    try {
      work();
    } catch (const std::system_error& error) {
      if (failed != nullptr) *failed = std::current_exception();
      log::error("object store: objects could not be removed", {{"reason", error.what()}});
      for (auto& one : some) one.result.outcome = Removed::failed;
    }
  };
  for (auto& one : hidden) attempt([&] { hide(*found, one); }, std::span(&one, 1));
  std::ranges::stable_sort(leaving, {}, &Leaving::folder);
  const std::shared_lock life(found->life);
  if (found->gone) throw S3Error(errors::kNoSuchBucket);
  for (std::size_t begin = 0; begin < leaving.size();) {
    std::size_t end = begin;
    for (std::size_t folders = 0; end < leaving.size(); ++end) {
      if (end > begin && leaving[end].folder == leaving[end - 1].folder) continue;
      if (++folders > kFoldersAtOnce) break;
    }
    const auto some = std::span(leaving).subspan(begin, end - begin);
    attempt([&] { remove_some(*found, some); }, some);
    begin = end;
  }
  std::vector<RemovalResult> out(removals.size());
  for (const auto* list : {&leaving, &hidden}) {
    for (const auto& one : *list) {
      out[static_cast<std::size_t>(one.removal - removals.data())] = one.result;
    }
  }
  return out;
}

// Tags --------------------------------------------------------------------------------------------

Store::Tagged Store::tags(const std::string& bucket_name, const std::string& key,
                          const std::optional<std::string>& version) const {
  const auto found = bucket(bucket_name);
  Tagged out;
  {
    const std::shared_lock index(found->index_lock);
    const auto& entry = entry_of(*found, key, version);
    if (!found->damaged.empty() && found->damaged.contains(tags_name(key, entry.version))) {
      throw CorruptFile("the tags did not open at start");
    }
    if (entry.tags) out.tags = *entry.tags;
    out.version = entry.version;
  }
  if (versioning(bucket_name) == Versioning::off) out.version.reset();
  return out;
}

/// In a file of their own, beside the object's, which stays as it is.
Store::Tagged Store::set_tags(const std::string& bucket_name, const std::string& key,
                              const std::optional<std::string>& version, Tags tags) {
  const auto found = bucket(bucket_name);
  const std::shared_lock life(found->life);
  if (found->gone) throw S3Error(errors::kNoSuchBucket);
  const std::lock_guard folder(found->folders[folder_number(object_name(key, {}))]);
  ObjectMeta meta;
  meta.bucket = bucket_name;
  meta.key = key;
  {
    const std::shared_lock index(found->index_lock);
    const auto& entry = entry_of(*found, key, version);
    meta.version = entry.version;
    meta.tags_of.assign(entry.file_id.data(), entry.file_id.size());
  }
  meta.tags = std::move(tags);
  journal_->reserve();
  meta.generation = ++generation_;
  meta.modified = clock_.now();
  const auto name = tags_name(key, meta.version);
  const auto path = file_path(found->folder, name);
  ObjectWriter writer(temporary(), *master_, object_binding(bucket_name, name));
  writer.finish(to_json(meta));
  if (fs::make_folder_once(path.parent_path())) fs::sync_folder(found->folder);
  writer.move_to(path);
  const Journal::Entry record{journal_object(bucket_name, name), meta.generation, writer.id()};
  std::exception_ptr failed;
  try {
    journal_->append(std::span(&record, 1));
  } catch (...) {
    failed = std::current_exception();  // they are there all the same
  }
  {
    const std::unique_lock index(found->index_lock);
    auto kept = meta.tags.empty() ? nullptr : std::make_shared<const Tags>(meta.tags);
    found->index.set_tags(key, meta.version, std::move(kept));
    found->damaged.erase(name);
  }
  if (failed) std::rethrow_exception(failed);
  Tagged out{std::move(meta.tags), meta.version};
  if (versioning(bucket_name) == Versioning::off) out.version.reset();
  return out;
}

}  // namespace wardbook::objectd
