#include "objectd/store.h"

#include <algorithm>
#include <exception>
#include <system_error>

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
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

bool names_bucket_folder(std::string_view name) {
  const auto alnum = [](char c) { return is_lower(c) || is_digit(c); };
  if (name.size() < 3 || name.size() > 63 || !alnum(name.front()) || !alnum(name.back())) {
    return false;
  }
  return std::ranges::all_of(name, [&](char c) { return alnum(c) || c == '-' || c == '.'; }) &&
         name.find("..") == std::string_view::npos;
}

bool valid_bucket_name(std::string_view name) {
  if (!names_bucket_folder(name)) return false;
  for (const auto* joint : {".-", "-."}) {
    if (name.find(joint) != std::string_view::npos) return false;
  }
  // Not what looks like an IPv4 address: a client would put it in the place of a host.
  const auto labels = split(name, ".");
  return labels.size() != 4 || !std::ranges::all_of(labels, all_digits);
}

IndexEntry index_entry(const ObjectMeta& meta, std::string_view file_id,
                       std::shared_ptr<PartFolder> parts) {
  IndexEntry entry;
  std::ranges::copy(file_id.substr(0, entry.file_id.size()), entry.file_id.begin());
  entry.size = meta.size;
  entry.modified = meta.modified;
  entry.etag = meta.etag;
  entry.storage_class = meta.header("x-amz-storage-class");
  if (meta.checksum) entry.checksum = meta.checksum->kind;
  entry.parts = std::move(parts);
  entry.generation = meta.generation;
  entry.version = meta.version;
  entry.marker = meta.marker;
  if (!meta.tags.empty()) entry.tags = std::make_shared<const Tags>(meta.tags);
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
  fs::write_file_durably(made / "bucket.json", bucket_json(fresh->created, {}));
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

namespace {

/// With less room on the disk the store counts as full.
constexpr std::uint64_t kLeastRoom = 1024 * 1024;

}  // namespace

void Store::check_writable() {
  journal_->check();
  const auto path = temporary();
  const auto fd = fs::create(path);
  try {
    fs::reserve(fd, kLeastRoom);
    fs::write_all(fd, "?");
  } catch (...) {
    (void)fs::remove(path);
    throw;
  }
  (void)fs::remove(path);
}

fs::Path Store::temporary() const {
  return root_ / "tmp" / to_hex(random_bytes(16));
}

/// Keys are UTF-8, so that none begins with these bytes; ids of versions have no slash.
std::string Store::object_name(std::string_view key, std::string_view version) const {
  if (version.empty()) return master_->file_name(key);
  return master_->file_name(std::string("\xff").append(version).append("/").append(key));
}

std::string Store::tags_name(std::string_view key, std::string_view version) const {
  return master_->file_name(std::string("\xfe").append(version).append("/").append(key));
}

bool Store::Bucket::hides(std::string_view key_name, const IndexEntry* latest) const {
  const auto tag = key_name.substr(0, kKeyTagDigits);
  return std::ranges::any_of(damaged, [&](const auto& one) {
    return one.second.key_tag == tag &&
           (latest == nullptr || one.second.generation > latest->generation);
  });
}

void check_put(const PutCondition& condition, const IndexEntry* current, bool damaged) {
  if (condition.must_be_new && (current != nullptr || damaged)) {
    throw S3Error(errors::kPreconditionFailed, {}, {{"Condition", "If-None-Match"}});
  }
  if (!condition.must_match) return;
  if (current == nullptr) throw S3Error(errors::kNoSuchKey);
  if (*condition.must_match != "*" && *condition.must_match != current->etag) {
    throw S3Error(errors::kPreconditionFailed, {}, {{"Condition", "If-Match"}});
  }
}

std::unique_ptr<ObjectWriter> Store::begin(const std::string& name, std::string_view key,
                                           std::uint64_t expected_bytes) {
  check_bucket(name);
  return std::make_unique<ObjectWriter>(
      temporary(), *master_, object_binding(name, master_->file_name(key)), expected_bytes);
}

void remove_file(const fs::Path& path) {
  try {
    (void)fs::remove(path);
  } catch (const std::system_error& error) {
    log::error("object store: the file of a removed object is left", {{"reason", error.what()}});
  }
}

void Store::commit(ObjectWriter& writer, ObjectMeta& meta, const PutCondition& condition) {
  // Others wait while the object is published: what takes long is done before.
  constexpr std::uint64_t kSettleFrom = 1024 * 1024;
  if (writer.bytes() >= kSettleFrom) writer.settle();
  meta.size = writer.bytes();
  const auto check = [&condition](const IndexEntry* current, bool damaged) {
    check_put(condition, current, damaged);
  };
  const auto failed = publish(*bucket(meta.bucket), writer, meta, check, nullptr);
  if (failed) std::rethrow_exception(failed);
}

std::exception_ptr Store::publish(Bucket& bucket, ObjectWriter& writer, ObjectMeta& meta,
                                  const PublishCheck& check, std::shared_ptr<PartFolder> parts) {
  const auto key_name = object_name(meta.key, {});
  const std::shared_lock life(bucket.life);
  if (bucket.gone) throw S3Error(errors::kNoSuchBucket);
  const std::lock_guard folder(bucket.folders[folder_number(key_name)]);
  const bool versions = versioning(bucket.name) == Versioning::enabled;
  // In the order in which the objects of a key follow each other: a file that is put back later
  // has a lower one than the journal.
  std::string replaced_tags;
  {
    const std::shared_lock index(bucket.index_lock);
    const auto all = bucket.index.versions(meta.key);
    check(bucket.index.find(meta.key), bucket.hides(key_name, all.empty() ? nullptr : &all[0]));
    const auto* null_version = versions ? nullptr : bucket.index.find(meta.key, "");
    if (null_version != nullptr && null_version->tagged_apart) {
      replaced_tags = tags_name(meta.key, {});
    }
  }
  journal_->reserve();
  meta.generation = ++generation_;
  meta.modified = clock_.now();
  meta.version = versions ? make_version_id(meta.generation) : std::string();
  const auto name = object_name(meta.key, meta.version);
  const auto path = file_path(bucket.folder, name);
  writer.bind(object_binding(bucket.name, name));
  writer.finish(to_json(meta));
  if (fs::make_folder_once(path.parent_path())) fs::sync_folder(bucket.folder);
  writer.move_to(path);
  std::exception_ptr failed;
  try {
    std::vector<Journal::Entry> entries;
    entries.push_back({journal_object(bucket.name, name), meta.generation, writer.id()});
    if (versions) entries.back().key_tag = from_hex(key_name.substr(0, kKeyTagDigits)).value();
    if (!replaced_tags.empty()) {
      entries.push_back({journal_object(bucket.name, replaced_tags), ++generation_, {}});
    }
    journal_->append(entries);
  } catch (...) {
    // The file is there, and is taken for the newer one that it is after a restart too.
    failed = std::current_exception();
  }
  // What they were the tags of is gone: they would not be taken for this one's.
  if (!replaced_tags.empty()) remove_file(file_path(bucket.folder, replaced_tags));
  std::optional<IndexEntry> before;  // let go of after the locks
  {
    const std::unique_lock index(bucket.index_lock);
    before = bucket.index.put(meta.key, index_entry(meta, writer.id(), std::move(parts)));
    bucket.damaged.erase(name);
  }
  if (before && before->parts) before->parts->die();
  return failed;
}

void Store::check_object(const std::string& name, const std::string& key) const {
  const auto found = bucket(name);
  const std::shared_lock index(found->index_lock);
  if (found->index.find(key) == nullptr) throw S3Error(errors::kNoSuchKey, {}, {{"Key", key}});
}

void Store::check_absent(const std::string& name, const std::string& key) const {
  const auto found = bucket(name);
  const std::shared_lock index(found->index_lock);
  check_put({.must_be_new = true, .must_match = {}}, found->index.find(key), false);
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
