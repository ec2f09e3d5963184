#include <algorithm>

#include "base/hash.h"
#include "base/log.h"
#include "objectd/error.h"
#include "objectd/store.h"
#include "objectd/store_parts.h"

namespace wardbook::objectd {
namespace {

constexpr std::uint64_t kMinPartBytes = 5ULL * 1024 * 1024;

UploadInfo info_of(const std::string& id, const ObjectMeta& meta) {
  UploadInfo out{id,
                 meta.bucket,
                 meta.key,
                 meta.modified,
                 std::string(meta.header("x-amz-storage-class")),
                 std::nullopt,
                 false};
  if (meta.checksum) {
    out.checksum = meta.checksum->kind;
    out.full_object_checksum = meta.checksum->full_object;
  }
  return out;
}

/// Over the parts' checksums, or, for a CRC of the whole object, out of them.
std::string checksum_of_parts(const StoredChecksum& wanted, const std::vector<PartMeta>& parts) {
  if (wanted.full_object) {
    std::string whole;
    for (const auto& part : parts) {
      const auto raw = from_base64(part.checksum);
      if (!raw || raw->size() != bytes_of(wanted.kind)) return {};
      whole = whole.empty() ? *raw : combine_crc(wanted.kind, whole, *raw, part.size);
    }
    return to_base64(whole);
  }
  Checksum sum(wanted.kind);
  for (const auto& part : parts) {
    const auto raw = from_base64(part.checksum);
    if (!raw || raw->empty()) return {};
    sum.update(*raw);
  }
  return to_base64(sum.finish()) + "-" + std::to_string(parts.size());
}

std::string etag_of_parts(const std::vector<PartMeta>& parts) {
  Hasher md5(Hasher::Kind::md5);
  for (const auto& part : parts) md5.update(from_hex(part.etag).value_or(std::string()));
  return to_hex(md5.finish()) + "-" + std::to_string(parts.size());
}

}  // namespace

std::shared_ptr<Store::Upload> Store::find_upload(const std::string& id) const {
  const std::shared_lock guard(uploads_lock_);
  const auto at = uploads_.find(id);
  if (at == uploads_.end()) throw S3Error(errors::kNoSuchUpload, {}, {{"UploadId", id}});
  return at->second;
}

std::string Store::create_upload(ObjectMeta meta) {
  check_bucket(meta.bucket);
  auto upload = std::make_shared<Upload>();
  upload->id = to_hex(random_bytes(16));
  meta.modified = clock_.now();
  const auto folder = root_ / "uploads" / upload->id;
  upload->folder = std::make_shared<PartFolder>(folder, upload->id, reaper_);
  ObjectWriter writer(temporary(), *master_, upload_binding(upload->id));
  writer.finish(to_json(meta));
  upload->meta = std::move(meta);
  fs::make_folder(folder);
  writer.move_to(folder / "upload");
  fs::sync_folder(folder.parent_path());
  const std::unique_lock guard(uploads_lock_);
  return uploads_.emplace(upload->id, upload).first->first;
}

UploadInfo Store::upload(const std::string& bucket, const std::string& key,
                         const std::string& id) const {
  const auto found = find_upload(id);
  if (found->meta.bucket != bucket || found->meta.key != key) {
    throw S3Error(errors::kNoSuchUpload, {}, {{"UploadId", id}});
  }
  return info_of(id, found->meta);
}

std::unique_ptr<ObjectWriter> Store::begin_part(const std::string& id, int number,
                                                std::uint64_t expected_bytes) {
  return std::make_unique<ObjectWriter>(temporary(), *master_, part_binding(id, number),
                                        expected_bytes);
}

void Store::commit_part(const std::string& id, ObjectWriter& writer, PartMeta& part) {
  const auto found = find_upload(id);
  part.size = writer.bytes();
  part.modified = clock_.now();
  part.file_id = writer.id();
  ObjectMeta meta;
  meta.upload_id = id;
  meta.parts.push_back(part);
  writer.finish(to_json(meta));
  const std::lock_guard guard(found->lock);
  if (found->over) throw S3Error(errors::kNoSuchUpload, {}, {{"UploadId", id}});
  writer.move_to(found->folder->path() / part_file(part.number));
  found->parts[part.number] = part;
}

std::vector<PartMeta> Store::parts(const std::string& id) const {
  const auto found = find_upload(id);
  const std::lock_guard guard(found->lock);
  std::vector<PartMeta> out;
  for (const auto& [number, part] : found->parts) out.push_back(part);
  return out;
}

ObjectMeta Store::assemble(const Upload& upload, const std::vector<PartChoice>& choice,
                           const Completion& expected) const {
  auto meta = upload.meta;
  meta.upload_id = upload.id;
  for (const auto& wanted : choice) {
    const auto at = upload.parts.find(wanted.number);
    const bool other_kind = wanted.checksum_kind && upload.meta.checksum &&
                            *wanted.checksum_kind != upload.meta.checksum->kind;
    if (at == upload.parts.end() || at->second.etag != wanted.etag || other_kind ||
        (!wanted.checksum.empty() && at->second.checksum != wanted.checksum)) {
      throw S3Error(errors::kInvalidPart, {},
                    {{"UploadId", upload.id}, {"PartNumber", std::to_string(wanted.number)}});
    }
    if (!meta.parts.empty() && meta.parts.back().size < kMinPartBytes) {
      throw S3Error(errors::kEntityTooSmall, {},
                    {{"PartNumber", std::to_string(meta.parts.back().number)},
                     {"ProposedSize", std::to_string(meta.parts.back().size)},
                     {"MinSizeAllowed", std::to_string(kMinPartBytes)}});
    }
    meta.parts.push_back(at->second);
    meta.size += at->second.size;
  }
  meta.etag = etag_of_parts(meta.parts);
  if (meta.checksum) {
    meta.checksum->value = checksum_of_parts(*meta.checksum, meta.parts);
    if (meta.checksum->value.empty()) meta.checksum.reset();
  }
  if (expected.size && *expected.size != meta.size) {
    throw S3Error(errors::kInvalidRequest, "The object's size is not x-amz-mp-object-size");
  }
  const auto& sum = meta.checksum;
  if ((expected.checksum_kind && (!sum || sum->kind != *expected.checksum_kind)) ||
      (expected.full_object_checksum &&
       (!sum || sum->full_object != *expected.full_object_checksum))) {
    throw S3Error(errors::kInvalidRequest, "The upload was not created with this kind of checksum");
  }
  // Of a checksum over checksums, clients may leave off the number of parts.
  const auto plain = sum ? sum->value.substr(0, sum->value.find('-')) : std::string();
  if (!expected.checksum.empty() && sum->value != expected.checksum && plain != expected.checksum) {
    throw S3Error(errors::kBadDigest);
  }
  return meta;
}

/// The first answer was lost, perhaps, and it is asked again.
ObjectMeta Store::completed_before(const std::string& bucket_name, const std::string& key,
                                   const std::string& id) {
  const auto found = bucket(bucket_name);
  std::optional<std::string> version;
  {
    const std::shared_lock index(found->index_lock);
    for (const auto& one : found->index.versions(key)) {
      if (one.parts && one.parts->upload_id() == id) version = one.version;
    }
  }
  try {
    if (version) {
      auto meta = open(bucket_name, key, version).meta();
      if (meta.upload_id == id) return meta;
    }
  } catch (const S3Error& error) {
    if (error.kind().status != 404) throw;
  }
  throw S3Error(errors::kNoSuchUpload, {}, {{"UploadId", id}});
}

ObjectMeta Store::complete_upload(const std::string& bucket_name, const std::string& key,
                                  const std::string& id, const std::vector<PartChoice>& choice,
                                  const Completion& expected, const PutCondition& condition) {
  std::shared_ptr<Upload> found;
  {
    const std::shared_lock all(uploads_lock_);
    if (const auto at = uploads_.find(id); at != uploads_.end()) found = at->second;
  }
  if (!found) return completed_before(bucket_name, key, id);
  if (found->meta.bucket != bucket_name || found->meta.key != key) {
    throw S3Error(errors::kNoSuchUpload, {}, {{"UploadId", id}});
  }
  const auto target = bucket(bucket_name);
  const std::lock_guard guard(found->lock);
  if (found->over) return completed_before(bucket_name, key, id);
  auto meta = assemble(*found, choice, expected);
  ObjectWriter writer(temporary(), *master_, object_binding(bucket_name, master_->file_name(key)));
  const auto check = [&condition](const IndexEntry* current, bool damaged) {
    check_put(condition, current, damaged);
  };
  const auto failed = publish(*target, writer, meta, check, found->folder);
  found->over = true;
  {
    const std::unique_lock all(uploads_lock_);
    uploads_.erase(id);
  }
  drop_unused_parts(found->folder->path(), meta);
  if (failed) std::rethrow_exception(failed);
  return meta;
}

void Store::drop_unused_parts(const fs::Path& folder, const ObjectMeta& meta) const {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const auto name = entry.path().filename().string();
    const bool used = std::ranges::any_of(
        meta.parts, [&](const PartMeta& part) { return part_file(part.number) == name; });
    if (!used) std::filesystem::remove(entry.path(), error);
  }
}

void Store::abort_upload(const std::string& bucket_name, const std::string& key,
                         const std::string& id) {
  (void)upload(bucket_name, key, id);
  const auto found = find_upload(id);
  const std::lock_guard guard(found->lock);
  if (found->over) throw S3Error(errors::kNoSuchUpload, {}, {{"UploadId", id}});
  // Without this file the parts belong to nobody, and are removed now or at the next start.
  fs::remove(found->folder->path() / "upload");
  fs::sync_folder(found->folder->path());
  found->over = true;
  found->folder->die();
  const std::unique_lock all(uploads_lock_);
  uploads_.erase(id);
}

std::vector<UploadInfo> Store::uploads(const std::string& bucket_name) const {
  std::vector<UploadInfo> out;
  {
    const std::shared_lock guard(uploads_lock_);
    for (const auto& [id, upload] : uploads_) {
      if (upload->meta.bucket == bucket_name) out.push_back(info_of(id, upload->meta));
    }
  }
  std::ranges::sort(out, [](const UploadInfo& a, const UploadInfo& b) {
    return std::tie(a.key, a.id) < std::tie(b.key, b.id);
  });
  return out;
}

}  // namespace wardbook::objectd
