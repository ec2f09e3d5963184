#include "objectd/store.h"

#include <algorithm>
#include <map>
#include <system_error>

#include "base/hash.h"
#include "base/log.h"
#include "objectd/error.h"
#include "objectd/store_parts.h"

namespace wardbook::objectd {

std::string object_binding(std::string_view bucket, std::string_view file_name) {
  return std::string("object/").append(bucket).append("/").append(file_name);
}
std::string part_binding(std::string_view upload_id, int number) {
  return std::string("part/").append(upload_id).append("/").append(std::to_string(number));
}
std::string upload_binding(std::string_view upload_id) {
  return std::string("upload/").append(upload_id);
}
std::string part_file(int number) {
  const auto digits = std::to_string(number);
  return std::string(5 - std::min<std::size_t>(digits.size(), 5), '0') + digits;
}

bool valid_bucket_name(std::string_view name) {
  const auto alnum = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (name.size() < 3 || name.size() > 63 || !alnum(name.front()) || !alnum(name.back())) {
    return false;
  }
  return std::ranges::all_of(name, [&](char c) { return alnum(c) || c == '-' || c == '.'; }) &&
         name.find("..") == std::string_view::npos;
}

IndexEntry index_entry(const ObjectMeta& meta, std::shared_ptr<PartFolder> parts) {
  IndexEntry entry;
  entry.size = meta.size;
  entry.modified = meta.modified;
  entry.etag = meta.etag;
  entry.storage_class = meta.header("x-amz-storage-class");
  if (meta.checksum) entry.checksum = meta.checksum->kind;
  entry.parts = std::move(parts);
  return entry;
}

// Buckets ---------------------------------------------------------------------------------------

std::shared_ptr<Store::Bucket> Store::bucket(const std::string& name) const {
  const std::shared_lock guard(buckets_lock_);
  const auto at = buckets_.find(name);
  if (at == buckets_.end()) throw S3Error(errors::kNoSuchBucket, {}, {{"BucketName", name}});
  return at->second;
}

std::vector<BucketInfo> Store::buckets() const {
  const std::shared_lock guard(buckets_lock_);
  std::vector<BucketInfo> out;
  for (const auto& [name, bucket] : buckets_) out.push_back({name, bucket->created});
  return out;
}

void Store::check_bucket(const std::string& name) const {
  (void)bucket(name);
}

bool Store::create_bucket(const std::string& name) {
  if (!valid_bucket_name(name)) throw S3Error(errors::kInvalidBucketName);
  const std::unique_lock guard(buckets_lock_);
  if (buckets_.contains(name)) return false;
  auto fresh = std::make_shared<Bucket>();
  fresh->name = name;
  fresh->created = clock_.now();
  fresh->folder = root_ / "buckets" / name;
  // Made whole beside and moved in: a crash leaves all of it or nothing.
  const auto made = temporary();
  fs::make_folder(made);
  fs::write_file_durably(made / "bucket.json",
                         R"({"created":")" + format_rfc3339(fresh->created) + "\"}\n");
  fs::rename(made, fresh->folder);
  fs::sync_folder(fresh->folder.parent_path());
  buckets_.emplace(name, std::move(fresh));
  return true;
}

void Store::delete_bucket(const std::string& name) {
  const auto found = bucket(name);
  const std::unique_lock life(found->life);
  if (found->gone) throw S3Error(errors::kNoSuchBucket);
  {
    const std::shared_lock index(found->index_lock);
    if (!found->index.empty() || !found->damaged.empty()) throw S3Error(errors::kBucketNotEmpty);
  }
  const auto away = temporary();
  {
    const std::unique_lock guard(buckets_lock_);
    fs::rename(found->folder, away);
    fs::sync_folder(found->folder.parent_path());
    found->gone = true;
    buckets_.erase(name);
  }
  for (const auto& info : uploads(name)) {
    try {
      abort_upload(name, info.key, info.id);
    } catch (const S3Error&) {
      continue;  // it ended by itself meanwhile
    }
  }
  std::filesystem::remove_all(away);
}

ListResult Store::list(const std::string& name, const ListQuery& query) const {
  const auto found = bucket(name);
  const std::shared_lock guard(found->index_lock);
  return found->index.list(query);
}

// Objects ---------------------------------------------------------------------------------------

fs::Path Store::temporary() const {
  return root_ / "tmp" / to_hex(random_bytes(16));
}

fs::Path Store::object_path(const Bucket& bucket, std::string_view key) const {
  const auto name = master_->file_name(key);
  return bucket.folder / name.substr(0, 2) / name.substr(2);
}

std::unique_ptr<ObjectWriter> Store::begin(const std::string& name, std::string_view key,
                                           std::uint64_t expected_bytes) {
  check_bucket(name);
  return std::make_unique<ObjectWriter>(
      temporary(), *master_, object_binding(name, master_->file_name(key)), expected_bytes);
}

void Store::commit(ObjectWriter& writer, ObjectMeta& meta, const PutCondition& condition) {
  meta.size = writer.bytes();
  meta.modified = clock_.now();
  writer.finish(to_json(meta));
  publish(*bucket(meta.bucket), writer, meta, condition, nullptr);
}

namespace {

void check(const PutCondition& condition, const IndexEntry* current, bool damaged) {
  if (condition.must_be_new && (current != nullptr || damaged)) {
    throw S3Error(errors::kPreconditionFailed, {}, {{"Condition", "If-None-Match"}});
  }
  if (!condition.must_match) return;
  if (current == nullptr) throw S3Error(errors::kNoSuchKey);
  if (*condition.must_match != "*" && *condition.must_match != current->etag) {
    throw S3Error(errors::kPreconditionFailed, {}, {{"Condition", "If-Match"}});
  }
}

}  // namespace

void Store::publish(Bucket& bucket, ObjectWriter& writer, ObjectMeta& meta,
                    const PutCondition& condition, std::shared_ptr<PartFolder> parts) {
  const auto name = master_->file_name(meta.key);
  const std::shared_lock life(bucket.life);
  if (bucket.gone) throw S3Error(errors::kNoSuchBucket);
  const std::lock_guard folder(bucket.folders[folder_number(name)]);
  {
    const std::shared_lock index(bucket.index_lock);
    check(condition, bucket.index.find(meta.key), bucket.damaged.contains(name));
  }
  const auto path = object_path(bucket, meta.key);
  if (fs::make_folder_once(path.parent_path())) fs::sync_folder(bucket.folder);
  writer.move_to(path);
  std::optional<IndexEntry> before;  // let go of after the locks
  {
    const std::unique_lock index(bucket.index_lock);
    before = bucket.index.put(meta.key, index_entry(meta, std::move(parts)));
    bucket.damaged.erase(name);
  }
  if (before && before->parts) before->parts->die();
}

void Store::check_object(const std::string& name, const std::string& key) const {
  const auto found = bucket(name);
  const std::shared_lock index(found->index_lock);
  if (found->index.find(key) == nullptr) throw S3Error(errors::kNoSuchKey, {}, {{"Key", key}});
}

void Store::check_absent(const std::string& name, const std::string& key) const {
  const auto found = bucket(name);
  const std::shared_lock index(found->index_lock);
  check({.must_be_new = true, .must_match = {}}, found->index.find(key), false);
}

ObjectReader Store::open(const std::string& bucket_name, const std::string& key) {
  const auto found = bucket(bucket_name);
  const auto name = master_->file_name(key);
  for (int attempt = 0; attempt < 8; ++attempt) {
    // The file and its entry in the index change one after the other: wait for who is at it.
    std::unique_lock<std::mutex> settled;
    if (attempt > 0) settled = std::unique_lock(found->folders[folder_number(name)]);
    std::shared_ptr<PartFolder> folder;
    {
      const std::shared_lock index(found->index_lock);
      const auto* entry = found->index.find(key);
      if (entry == nullptr) {
        if (found->damaged.contains(name)) throw CorruptFile("did not open at start");
        throw S3Error(errors::kNoSuchKey, {}, {{"Key", key}});
      }
      folder = entry->parts;
    }
    auto file =
        ObjectFile::open(object_path(*found, key), *master_, object_binding(bucket_name, name));
    if (!file) continue;
    auto meta = meta_from_json(file->metadata());
    if (!meta || meta->key != key) throw CorruptFile("the metadata is of another object");
    if (meta->upload_id != (folder ? folder->upload_id() : std::string())) continue;
    return ObjectReader(std::move(*meta), std::move(*file), std::move(folder), *master_);
  }
  throw CorruptFile("the object's file has vanished");
}

/// Removes the object from folder and index; durable once the folder has been synced.
Store::Unlinked Store::unlink(Bucket& bucket, const std::string& key) {
  const auto name = master_->file_name(key);
  const std::lock_guard folder(bucket.folders[folder_number(name)]);
  Unlinked out;
  out.there = fs::remove(object_path(bucket, key));
  const std::unique_lock index(bucket.index_lock);
  if (auto before = bucket.index.erase(key)) out.parts = std::move(before->parts);
  bucket.damaged.erase(name);
  return out;
}

bool Store::remove(const std::string& bucket_name, const std::string& key) {
  const auto found = bucket(bucket_name);
  const std::shared_lock life(found->life);
  if (found->gone) throw S3Error(errors::kNoSuchBucket);
  const auto unlinked = unlink(*found, key);
  if (unlinked.there) fs::sync_folder(object_path(*found, key).parent_path());
  if (unlinked.parts) unlinked.parts->die();
  return unlinked.there;
}

std::vector<std::string> Store::remove_all(const std::string& bucket_name,
                                           const std::vector<std::string>& keys) {
  const auto found = bucket(bucket_name);
  const std::shared_lock life(found->life);
  if (found->gone) throw S3Error(errors::kNoSuchBucket);
  std::vector<std::string> failed;
  struct Changed {
    std::vector<std::string> keys;
    std::vector<std::shared_ptr<PartFolder>> parts;
  };
  std::map<fs::Path, Changed> changed;
  for (const auto& key : keys) {
    try {
      auto unlinked = unlink(*found, key);
      if (!unlinked.there) continue;
      auto& folder = changed[object_path(*found, key).parent_path()];
      folder.keys.push_back(key);
      if (unlinked.parts) folder.parts.push_back(std::move(unlinked.parts));
    } catch (const std::system_error& error) {
      log::error("object store: an object could not be removed", {{"reason", error.what()}});
      failed.push_back(key);
    }
  }
  // The first of these writes the file system's journal; the others find little left to do.
  for (const auto& [folder, in_it] : changed) {
    try {
      fs::sync_folder(folder);
      for (const auto& parts : in_it.parts) parts->die();
    } catch (const std::system_error& error) {
      log::error("object store: a folder could not be synced", {{"reason", error.what()}});
      failed.insert(failed.end(), in_it.keys.begin(), in_it.keys.end());
    }
  }
  return failed;
}

// Reading ---------------------------------------------------------------------------------------

ObjectReader::ObjectReader(ObjectMeta meta, ObjectFile file, std::shared_ptr<PartFolder> folder,
                           const MasterKey& master)
    : meta_(std::move(meta)), file_(std::move(file)), folder_(std::move(folder)), master_(master) {
  std::uint64_t at = 0;
  for (const auto& part : meta_.parts) {
    starts_.push_back(at);
    at += part.size;
  }
  if (!folder_) at += file_.bytes();
  if (at != meta_.size) throw CorruptFile("the sizes do not add up");
}

void ObjectReader::open_part(std::size_t index) {
  if (part_ && part_index_ == index) return;
  const auto& part = meta_.parts[index];
  part_ = ObjectFile::open(folder_->path() / part_file(part.number), master_,
                           part_binding(meta_.upload_id, part.number));
  if (!part_) throw CorruptFile("part " + std::to_string(part.number) + " is missing");
  if (part_->id() != part.file_id || part_->bytes() != part.size) {
    throw CorruptFile("part " + std::to_string(part.number) + " is another one");
  }
  part_index_ = index;
}

void ObjectReader::read(std::uint64_t offset, std::span<char> out) {
  if (!folder_) return file_.read(offset, out);
  while (!out.empty()) {
    const auto after = std::ranges::upper_bound(starts_, offset);
    const auto index = static_cast<std::size_t>(after - starts_.begin()) - 1;
    const auto skip = offset - starts_[index];
    const auto take = std::min<std::uint64_t>(meta_.parts[index].size - skip, out.size());
    open_part(index);
    part_->read(skip, out.first(take));
    out = out.subspan(take);
    offset += take;
  }
}

}  // namespace wardbook::objectd
