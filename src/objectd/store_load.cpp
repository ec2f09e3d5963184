#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <boost/json.hpp>
#include <limits>
#include <stdexcept>
#include <system_error>

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "objectd/store.h"
#include "objectd/store_parts.h"

namespace wardbook::objectd {
namespace {

namespace stdfs = std::filesystem;

bool has_files(const fs::Path& folder) {
  for (const auto& entry : stdfs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().filename() != "bucket.json") return true;
  }
  return false;
}

bool is_hex(std::string_view text, std::size_t length) {
  return text.size() == length && all_lower_hex(text);
}

/// What bucket.json says; nothing if it is not there or not sound.
boost::json::object bucket_file(const fs::Path& file) {
  constexpr std::size_t kMost = 64 * 1024 * 1024;
  const auto text = fs::read_file(file, kMost);
  if (!text) return {};
  boost::system::error_code error;
  auto value = boost::json::parse(*text, error);
  if (error || !value.is_object()) return {};
  return std::move(value.as_object());
}

Time created_in(const boost::json::object& bucket, Time otherwise) {
  const auto* created = bucket.if_contains("created");
  const auto* time = created ? created->if_string() : nullptr;
  return time ? parse_rfc3339(*time).value_or(otherwise) : otherwise;
}

}  // namespace

Store::Store(fs::Path root, const Clock& clock, bool adopt)
    : root_(std::move(root)), clock_(clock), reaper_([](const fs::Path& path) {
        std::error_code ignored;
        stdfs::remove_all(path, ignored);
      }) {
  stdfs::create_directories(root_);
  for (const auto* folder : {"tmp", "buckets", "uploads"}) fs::make_folder(root_ / folder);
  lock_folder();
  fs::sync_folder(root_);
  for (const auto& left : stdfs::directory_iterator(root_ / "tmp")) stdfs::remove_all(left.path());
  load_key();
  load_journal(adopt);
  load_buckets();
  find_missing();
  load_uploads();
  begin_journal();
}

Store::~Store() = default;

void Store::lock_folder() {
  const auto path = root_ / "lock";
  lock_ = Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock_) throw std::system_error(errno, std::generic_category(), path.string());
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    throw std::runtime_error(root_.string() + ": in use by another process");
  }
}

void Store::load_key() {
  const bool objects = has_files(root_ / "buckets") || has_files(root_ / "uploads");
  const auto path = root_ / "master.key";
  master_ = MasterKey::load(path, !objects);
  const auto mine = R"({"format":1,"master_key":")" + master_->fingerprint() + "\"}\n";
  const auto kept = fs::read_file(root_ / "store.json", 4096);
  if (kept == mine) return;
  if (objects && kept) {
    throw std::runtime_error(path.string() + ": not the key that the objects were written with");
  }
  fs::write_file_durably(root_ / "store.json", mine);
}

void Store::load_buckets() {
  for (const auto& entry : stdfs::directory_iterator(root_ / "buckets")) {
    const auto name = entry.path().filename().string();
    if (!entry.is_directory() || !names_bucket_folder(name)) continue;
    auto found = std::make_shared<Bucket>();
    found->name = name;
    found->folder = entry.path();
    const auto file = bucket_file(entry.path() / "bucket.json");
    found->created = created_in(file, clock_.now());
    found->documents = documents_in(file);
    auto rules = std::make_shared<BucketRules>();
    obey(*rules, found->documents);
    found->rules = std::move(rules);
    load_bucket(*found);
    if (found->has_versions && found->rules->versioning == Versioning::off) {
      log::error("object store: a bucket's setting of versions is lost; versions are kept",
                 {{"bucket", name}});
      auto kept = std::make_shared<BucketRules>(*found->rules);
      kept->versioning = Versioning::enabled;
      found->rules = std::move(kept);
    }
    buckets_.emplace(name, std::move(found));
  }
}

void Store::load_bucket(Bucket& bucket) {
  for (const auto& folder : stdfs::directory_iterator(bucket.folder)) {
    if (!folder.is_directory() || !is_hex(folder.path().filename().string(), 2)) continue;
    for (const auto& file : stdfs::directory_iterator(folder.path())) {
      if (is_hex(file.path().filename().string(), 62)) load_object(bucket, file.path());
    }
  }
  load_tags(bucket);
}

namespace {

/// What is known of a file that cannot be read. Without a journal, it may be the newest of its key.
Damage damage_of(const std::string& name, const Journal::Entry* expected) {
  if (expected == nullptr) {
    return {name.substr(0, kKeyTagDigits), std::numeric_limits<std::uint64_t>::max()};
  }
  const auto& tag = expected->key_tag;
  return {tag.empty() ? name.substr(0, kKeyTagDigits) : to_hex(tag), expected->generation};
}

}  // namespace

/// After the objects of the bucket: tags belong to one file and to no other.
void Store::load_tags(Bucket& bucket) {
  for (auto& one : loaded_tags_) {
    const auto& meta = one.meta;
    const auto* entry = bucket.index.find(meta.key, meta.version);
    const bool fits = entry != nullptr && meta.tags_of == std::string_view(entry->file_id.data(),
                                                                           entry->file_id.size());
    if (fits) {
      auto tags = meta.tags.empty() ? nullptr : std::make_shared<const Tags>(meta.tags);
      bucket.index.set_tags(meta.key, meta.version, std::move(tags));
    } else if (bucket.damaged.empty()) {
      fs::remove(one.file);  // the object was replaced or removed
      continue;
    }
    live_.push_back(std::move(one.entry));
  }
  loaded_tags_.clear();
}

void Store::load_object(Bucket& bucket, const fs::Path& file) {
  const auto name = file.parent_path().filename().string() + file.filename().string();
  Journal::Entry* expected = nullptr;
  if (known_) {
    const auto at = known_->entries.find(journal_object(bucket.name, name));
    if (at != known_->entries.end() && !at->second.removed()) expected = &at->second;
  }
  if (expected != nullptr) expected->visited = true;
  try {
    const auto object = ObjectFile::open(file, *master_, object_binding(bucket.name, name));
    if (!object) return;
    const auto meta = meta_from_json(object->metadata());
    const bool of_tags = meta && !meta->tags_of.empty();
    if (!meta || name != (of_tags ? tags_name(meta->key, meta->version)
                                  : object_name(meta->key, meta->version))) {
      throw CorruptFile("unreadable metadata");
    }
    if (!is_last(bucket, file, name, *object, meta->generation)) return;
    Journal::Entry live{journal_object(bucket.name, name), meta->generation, object->id()};
    if (of_tags) {
      loaded_tags_.push_back({*meta, file, std::move(live)});
      return;
    }
    if (!meta->version.empty()) {
      const auto key_name = object_name(meta->key, {});
      live.key_tag = from_hex(std::string_view(key_name).substr(0, kKeyTagDigits)).value();
      bucket.has_versions = true;
    }
    std::shared_ptr<PartFolder> parts;
    if (!meta->upload_id.empty()) {
      owned_.insert(meta->upload_id);
      parts = std::make_shared<PartFolder>(root_ / "uploads" / meta->upload_id, meta->upload_id,
                                           reaper_);
    }
    bucket.index.put(meta->key, index_entry(*meta, object->id(), std::move(parts)));
    live_.push_back(std::move(live));
  } catch (const CorruptFile& error) {
    any_damaged_ = true;
    bucket.damaged[name] = damage_of(name, expected);
    if (expected != nullptr) live_.push_back(*expected);
    log::error("object store: a damaged object",
               {{"bucket", bucket.name}, {"file", file.string()}, {"reason", error.what()}});
  }
}

/// Whether the file is the object's last one; false if there is no such object any more. Fails with
/// CorruptFile if it is an older one.
bool Store::is_last(Bucket& bucket, const fs::Path& path, const std::string& name,
                    const ObjectFile& file, std::uint64_t generation) {
  generation_ = std::max(generation_.load(), generation);
  if (!known_) {
    // A folder from before there was a journal has no such object.
    if (generation != 0 && !adopt_) {
      throw std::runtime_error((root_ / "journal").string() +
                               ": missing, but there are objects that it must name; restore the "
                               "folder from a backup, or adopt the objects as they are");
    }
    return true;
  }
  const auto at = known_->entries.find(journal_object(bucket.name, name));
  if (at == known_->entries.end()) {
    // Published when the last run ended, with nobody told; or removed long ago and put back.
    if (generation > known_->base) return true;
    log::error("object store: a file of an object that was removed is passed over",
               {{"bucket", bucket.name}, {"file", path.string()}});
    return false;
  }
  const auto& entry = at->second;
  if (!entry.removed() && entry.file_id == file.id()) return true;
  if (generation > entry.generation) return true;
  if (!entry.removed()) throw CorruptFile("an older file than the one that was written last");
  log::warning("object store: a removed object's file is cleared away",
               {{"bucket", bucket.name}, {"file", path.string()}});
  fs::remove(path);
  fs::sync_folder(path.parent_path());
  return false;
}

void Store::load_journal(bool adopt) {
  adopt_ = adopt;
  if (adopt) {
    log::warning("object store: the journal is not read, the files are taken as they are",
                 {{"folder", root_.string()}});
    return;
  }
  known_ = Journal::read(root_ / "journal", *master_);
  if (known_) generation_ = known_->last;
}

/// Objects whose files somebody took away are not taken for removed.
void Store::find_missing() {
  if (!known_) return;
  std::map<std::string, Bucket*> by_hash;
  const std::string any_name(64, '0');
  for (const auto& [name, bucket] : buckets_) {
    by_hash[journal_object(name, any_name).substr(0, 8)] = bucket.get();
  }
  for (const auto& [object, entry] : known_->entries) {
    if (entry.removed() || entry.visited) continue;
    any_damaged_ = true;
    const auto file_name = to_hex(object.substr(8));
    const auto at = by_hash.find(object.substr(0, 8));
    if (at != by_hash.end()) at->second->damaged[file_name] = damage_of(file_name, &entry);
    live_.push_back(entry);
    log::error(
        "object store: the file of an object is missing",
        {{"bucket", at == by_hash.end() ? "(missing)" : at->second->name}, {"file", file_name}});
  }
}

void Store::begin_journal() {
  journal_.emplace(root_ / "journal", temporary(), *master_, generation_, live_);
  known_.reset();
  live_ = {};
}

void Store::load_uploads() {
  for (const auto& entry : stdfs::directory_iterator(root_ / "uploads")) {
    const auto id = entry.path().filename().string();
    if (!entry.is_directory() || !is_hex(id, 32)) continue;
    if (owned_.contains(id)) {
      fs::remove(entry.path() / "upload");  // completed just before the end of the last run
      continue;
    }
    load_upload(entry.path());
  }
  owned_.clear();
}

void Store::load_upload(const fs::Path& folder) {
  const auto id = folder.filename().string();
  try {
    const auto file = ObjectFile::open(folder / "upload", *master_, upload_binding(id));
    if (!file) {
      // Aborted, or its object was removed. With damaged objects around it may be one of theirs.
      if (!any_damaged_) stdfs::remove_all(folder);
      return;
    }
    auto meta = meta_from_json(file->metadata());
    if (!meta) throw CorruptFile("unreadable metadata");
    auto upload = std::make_shared<Upload>();
    upload->id = id;
    upload->meta = std::move(*meta);
    upload->folder = std::make_shared<PartFolder>(folder, id, reaper_);
    load_parts(*upload, folder);
    uploads_.emplace(id, std::move(upload));
  } catch (const CorruptFile& error) {
    log::error("object store: a damaged upload",
               {{"folder", folder.string()}, {"reason", error.what()}});
  }
}

void Store::load_parts(Upload& upload, const fs::Path& folder) {
  for (const auto& entry : stdfs::directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
    if (name.size() != 5 || !all_digits(name)) continue;
    const int number = std::stoi(name);
    try {
      const auto file = ObjectFile::open(entry.path(), *master_, part_binding(upload.id, number));
      const auto meta = file ? meta_from_json(file->metadata()) : std::nullopt;
      if (!meta || meta->parts.size() != 1) throw CorruptFile("unreadable metadata");
      auto part = meta->parts.front();
      part.size = file->bytes();
      part.file_id = file->id();
      upload.parts.emplace(number, std::move(part));
    } catch (const CorruptFile& error) {
      log::error("object store: a damaged part",
                 {{"file", entry.path().string()}, {"reason", error.what()}});
    }
  }
}

}  // namespace wardbook::objectd
