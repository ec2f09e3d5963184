#pragma once

#include <array>
#include <atomic>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "objectd/bucket_settings.h"
#include "objectd/crypt.h"
#include "objectd/fs.h"
#include "objectd/index.h"
#include "objectd/journal.h"
#include "objectd/object_file.h"
#include "objectd/object_meta.h"

namespace wardbook::objectd {

/// Buckets and objects in a folder. What a call reports as done is on the disk and survives a crash
/// at any instant; what was under way leaves nothing that is not cleared away at the next start.
/// Every call blocks and may be made from any thread.
///
///   master.key  store.json  lock
///   journal                                which file is the last one of each object (journal.h)
///   tmp/                                   unfinished files; emptied at start
///   buckets/NAME/bucket.json
///   buckets/NAME/ab/cdef…                  an object, named by a keyed hash of its key
///   uploads/ID/{upload,00001,…}            a multipart upload; after its completion the parts stay
///                                          here and belong to the object that names ID
///
/// The index of keys is kept in memory (about 300 bytes and the key for each object) and made
/// anew at start from the objects' own metadata.
///
/// Fails, unless said otherwise, with S3Error for what the client may know (NoSuchBucket,
/// NoSuchKey, InternalError for damaged data, InsufficientStorage for a full disk) and
/// std::system_error for what it may not.

struct BucketInfo {
  std::string name;
  Time created;
};

/// What must hold of the object that a write replaces.
struct PutCondition {
  bool must_be_new = false;               ///< If-None-Match: *
  std::optional<std::string> must_match;  ///< If-Match, an ETag without quotes
};

/// What must hold of an object that is to be removed.
struct DeleteCondition {
  std::optional<std::string> etag;  ///< without quotes; "*": any, if there is one
  std::optional<std::uint64_t> size;
  std::optional<Time> modified;  ///< to the second
  [[nodiscard]] bool any() const noexcept { return etag || size || modified; }
};

struct Removal {
  std::string key;
  DeleteCondition condition;
  /// That version and no other ("": the null version). Without one, a bucket with versions keeps
  /// the object behind a delete marker.
  std::optional<std::string> version = {};
};

enum class Removed {
  gone,     ///< there is no such object now, whether there was one or not
  missing,  ///< there was none that the condition could hold of
  changed,  ///< the condition does not hold
  failed,
};

struct RemovalResult {
  Removed outcome = Removed::failed;
  bool there = false;   ///< something was removed, or is hidden now
  bool marker = false;  ///< a delete marker was made, or is what was removed
  /// The marker's that was made, or the one that was asked for; nullopt: a bucket without versions.
  std::optional<std::string> version;
  explicit operator bool() const noexcept { return there; }
};

/// What of a bucket's settings is obeyed.
struct BucketRules {
  Versioning versioning = Versioning::off;
  std::vector<CorsRule> cors;
  std::vector<LifecycleRule> lifecycle;
};

/// A multipart upload that has not been completed.
struct UploadInfo {
  std::string id;
  std::string bucket;
  std::string key;
  Time initiated;
  std::string storage_class;
  std::optional<ChecksumKind> checksum;
  bool full_object_checksum = false;
};

/// An object open for reading; unaffected by what happens to its key meanwhile. For use by one
/// thread at a time.
class ObjectReader {
 public:
  ObjectReader(ObjectMeta meta, ObjectFile file, std::shared_ptr<PartFolder> folder,
               const MasterKey& master);
  [[nodiscard]] const ObjectMeta& meta() const noexcept { return meta_; }
  /// Fills `out` from `offset`; the range must lie inside. Fails with CorruptFile.
  void read(std::uint64_t offset, std::span<char> out);

 private:
  void open_part(std::size_t index);

  ObjectMeta meta_;
  ObjectFile file_;
  std::shared_ptr<PartFolder> folder_;
  const MasterKey& master_;
  std::vector<std::uint64_t> starts_;  // of each part
  std::optional<ObjectFile> part_;
  std::size_t part_index_ = 0;
};

/// What CompleteMultipartUpload names.
struct PartChoice {
  int number = 0;
  std::string etag;
  std::string checksum;  ///< base64; empty: not given
  std::optional<ChecksumKind> checksum_kind{};
};

/// What the whole object must turn out to be.
struct Completion {
  std::optional<ChecksumKind> checksum_kind;
  std::string checksum;  ///< base64; empty: not given
  std::optional<bool> full_object_checksum;
  std::optional<std::uint64_t> size;
};

class Store {
 public:
  /// Makes the folder where there is none. Throws std::runtime_error with one clear line if the
  /// folder is in use by another process, if its master key is missing while there are objects, or
  /// is not the one they were written with, if their journal is missing or damaged and `adopt` does
  /// not say to do without: then the files that there are, are taken for the last ones.
  Store(fs::Path root, const Clock& clock, bool adopt = false);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Has folders of removed multipart objects cleared away elsewhere than in the calling thread.
  void set_reaper(PartFolder::Reaper reaper) { reaper_ = std::move(reaper); }

  [[nodiscard]] std::vector<BucketInfo> buckets() const;
  /// False if it was there.
  bool create_bucket(const std::string& name);
  /// Fails with BucketNotEmpty too. Unfinished uploads go with it.
  void delete_bucket(const std::string& name);
  void check_bucket(const std::string& name) const;
  /// Fails if nothing can be stored: the disk is full or read-only, the folder is gone, the journal
  /// failed. Cheap; leaves nothing behind.
  void check_writable();
  void check_object(const std::string& bucket, const std::string& key) const;
  /// Fails with PreconditionFailed if there is an object.
  void check_absent(const std::string& bucket, const std::string& key) const;
  [[nodiscard]] ListResult list(const std::string& bucket, const ListQuery& query) const;

  /// A setting's document; of tiering, that of one configuration. nullopt if the bucket has none.
  [[nodiscard]] std::optional<std::string> setting(const std::string& bucket, BucketSetting setting,
                                                   const std::string& id) const;
  [[nodiscard]] BucketDocuments settings(const std::string& bucket) const;
  /// Keeps a document that was checked; nullopt removes it.
  void set_setting(const std::string& bucket, BucketSetting setting, const std::string& id,
                   std::optional<std::string> document);
  /// Null for a bucket that is not there.
  [[nodiscard]] std::shared_ptr<const BucketRules> rules(const std::string& bucket) const;
  /// Removes objects and uploads that are due by their bucket's rules.
  void apply_lifecycle();

  /// A place to write an object's content to.
  [[nodiscard]] std::unique_ptr<ObjectWriter> begin(const std::string& bucket, std::string_view key,
                                                    std::uint64_t expected_bytes);
  /// Publishes it under meta.bucket and meta.key, replacing what was there, and sets meta.size and
  /// meta.modified. Of several with `must_be_new` at the same time one succeeds. Fails with
  /// PreconditionFailed.
  void commit(ObjectWriter& writer, ObjectMeta& meta, const PutCondition& condition);
  /// The latest version, or the one that is named ("": the null version). Fails with NoSuchVersion,
  /// and for a delete marker NoSuchKey or, if it is named, MethodNotAllowed.
  [[nodiscard]] ObjectReader open(const std::string& bucket, const std::string& key,
                                  const std::optional<std::string>& version = {});
  /// Fails with PreconditionFailed, and with NoSuchKey if there was none that the condition could
  /// hold of.
  RemovalResult remove(const std::string& bucket, const std::string& key,
                       const DeleteCondition& condition = {},
                       const std::optional<std::string>& version = {});
  /// The same for many, with few waits for the disk where nothing is kept; one outcome for each.
  std::vector<RemovalResult> remove_all(const std::string& bucket,
                                        const std::vector<Removal>& removals,
                                        std::exception_ptr* failed = nullptr);
  [[nodiscard]] VersionList list_versions(const std::string& bucket,
                                          const VersionQuery& query) const;
  [[nodiscard]] Versioning versioning(const std::string& bucket) const;

  struct Tagged {
    Tags tags;
    std::optional<std::string> version;  ///< nullopt in a bucket without versions
  };
  /// Both fail as `open`.
  [[nodiscard]] Tagged tags(const std::string& bucket, const std::string& key,
                            const std::optional<std::string>& version) const;
  Tagged set_tags(const std::string& bucket, const std::string& key,
                  const std::optional<std::string>& version, Tags tags);

  /// `meta`: bucket, key, headers; of checksum, kind and full_object. Gives the upload's id.
  [[nodiscard]] std::string create_upload(ObjectMeta meta);
  [[nodiscard]] UploadInfo upload(const std::string& bucket, const std::string& key,
                                  const std::string& id) const;
  [[nodiscard]] std::unique_ptr<ObjectWriter> begin_part(const std::string& id, int number,
                                                         std::uint64_t expected_bytes);
  /// `part`: number, etag and checksum are given; the rest is set.
  void commit_part(const std::string& id, ObjectWriter& writer, PartMeta& part);
  [[nodiscard]] std::vector<PartMeta> parts(const std::string& id) const;
  /// Publishes the object; `etag` and the checksum come of the parts. Asking again after a success
  /// gives the same answer. Fails with NoSuchUpload, InvalidPart, EntityTooSmall,
  /// PreconditionFailed, BadDigest for another checksum than expected, InvalidRequest for another
  /// size or kind of checksum.
  ObjectMeta complete_upload(const std::string& bucket, const std::string& key,
                             const std::string& id, const std::vector<PartChoice>& choice,
                             const Completion& expected, const PutCondition& condition);
  void abort_upload(const std::string& bucket, const std::string& key, const std::string& id);
  /// In the order of key, then id.
  [[nodiscard]] std::vector<UploadInfo> uploads(const std::string& bucket) const;

 private:
  struct Bucket;
  struct Upload;
  /// Throws if the object may not be published over the latest version (null: there is none).
  using PublishCheck = std::function<void(const IndexEntry*, bool damaged)>;

  // store_load.cpp
  void lock_folder();
  void load_key();
  void load_buckets();
  void load_bucket(Bucket& bucket);
  void load_object(Bucket& bucket, const fs::Path& file);
  void load_tags(Bucket& bucket);
  [[nodiscard]] bool is_last(Bucket& bucket, const fs::Path& path, const std::string& name,
                             const ObjectFile& file, std::uint64_t generation);
  void load_journal(bool adopt);
  void begin_journal();
  void find_missing();
  void load_uploads();
  void load_upload(const fs::Path& folder);
  void load_parts(Upload& upload, const fs::Path& folder);

  [[nodiscard]] std::shared_ptr<Bucket> bucket(const std::string& name) const;
  [[nodiscard]] std::shared_ptr<Upload> find_upload(const std::string& id) const;
  [[nodiscard]] fs::Path temporary() const;
  [[nodiscard]] std::string object_name(std::string_view key, std::string_view version) const;
  [[nodiscard]] std::string tags_name(std::string_view key, std::string_view version) const;
  [[nodiscard]] const IndexEntry& entry_of(const Bucket& bucket, const std::string& key,
                                           const std::optional<std::string>& version) const;
  void expire_uploads(const std::string& bucket, const LifecycleRule& rule);
  void expire_objects(const std::string& bucket, const LifecycleRule& rule);
  void expire_versions(const std::string& bucket, const LifecycleRule& rule);
  struct Leaving;
  void hide(Bucket& bucket, Leaving& leaving);
  void remove_some(Bucket& bucket, std::span<Leaving> leaving);
  /// What kept it from being recorded, after it was done all the same; nobody is told that it was.
  [[nodiscard]] std::exception_ptr publish(Bucket& bucket, ObjectWriter& writer, ObjectMeta& meta,
                                           const PublishCheck& check,
                                           std::shared_ptr<PartFolder> parts);
  ObjectMeta completed_before(const std::string& bucket, const std::string& key,
                              const std::string& id);
  ObjectMeta assemble(const Upload& upload, const std::vector<PartChoice>& choice,
                      const Completion& expected) const;
  void drop_unused_parts(const fs::Path& folder, const ObjectMeta& meta) const;

  fs::Path root_;
  const Clock& clock_;
  Fd lock_;
  std::optional<MasterKey> master_;
  PartFolder::Reaper reaper_;
  mutable std::shared_mutex buckets_lock_;
  std::map<std::string, std::shared_ptr<Bucket>> buckets_;
  mutable std::shared_mutex uploads_lock_;
  std::map<std::string, std::shared_ptr<Upload>> uploads_;
  std::atomic<std::uint64_t> generation_{0};  ///< of the object published last
  std::optional<Journal> journal_;
  std::optional<Journal::Contents> known_;  // at start: what the journal says
  bool adopt_ = false;                      // at start
  std::vector<Journal::Entry> live_;        // at start: what the new one is to say
  bool any_damaged_ = false;
  std::set<std::string> owned_;  // at start: uploads whose parts belong to an object
  struct LoadedTags {
    ObjectMeta meta;
    fs::Path file;
    Journal::Entry entry;
  };
  std::vector<LoadedTags> loaded_tags_;  // at start, of the bucket that is being read
};

/// What an object file is bound to: a file under another bucket, key or upload does not open.
[[nodiscard]] std::string object_binding(std::string_view bucket, std::string_view file_name);
[[nodiscard]] std::string part_binding(std::string_view upload_id, int number);
[[nodiscard]] std::string upload_binding(std::string_view upload_id);
[[nodiscard]] std::string part_file(int number);

[[nodiscard]] bool valid_bucket_name(std::string_view name);
/// Whether a folder of that name may hold a bucket: those made under laxer rules stay.
[[nodiscard]] bool names_bucket_folder(std::string_view name);

}  // namespace wardbook::objectd
