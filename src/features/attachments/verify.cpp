#include "features/attachments/verify.h"

#include <algorithm>
#include <utility>

#include "base/gzip.h"
#include "base/hash.h"
#include "base/log.h"
#include "features/attachments/attachments_sql.h"
#include "features/attachments/types.h"
#include "features/audit/audit.h"

namespace wardbook::attachments {
namespace {

constexpr const char* kReplaced = "it was replaced while it was read";

/// The first bytes and the digests of an object that is read from end to end.
struct Reading {
  std::string head;
  std::int64_t size = 0;
  std::string sha256;
  std::string stored_sha256;
  Blocks blocks;
  std::optional<std::string> fault;
};

/// Holds the parts of an object that is read from its beginning against their declared digests: a
/// store may take others than its URLs' headers name.
class PartCheck {
 public:
  explicit PartCheck(const Attachment& a) : part_bytes_(a.part_bytes), digests_(a.part_sha256) {}
  void feed(std::string_view bytes) {
    while (!digests_.empty() && !bytes.empty()) {
      const auto room = static_cast<std::size_t>(part_bytes_ - in_part_);
      const auto piece = bytes.substr(0, room);
      hasher_.update(piece);
      in_part_ += static_cast<std::int64_t>(piece.size());
      bytes.remove_prefix(piece.size());
      if (in_part_ == part_bytes_) close();
    }
  }
  /// Whether all were as declared.
  bool finish() {
    if (in_part_ > 0) close();
    return digests_.empty() || (same_ && part_ == digests_.size());
  }

 private:
  void close() {
    const std::string found = to_hex(std::exchange(hasher_, Hasher()).finish());
    same_ = same_ && part_ < digests_.size() && digests_[part_] == found;
    ++part_;
    in_part_ = 0;
  }
  std::int64_t part_bytes_;
  std::vector<std::string> digests_;
  Hasher hasher_;
  std::int64_t in_part_ = 0;
  std::size_t part_ = 0;
  bool same_ = true;
};

/// What an object's bytes are, whichever pieces they come in.
class Reader {
 public:
  explicit Reader(const Attachment& a)
      : decoder_(static_cast<std::uint64_t>(a.file_size)),
        gzip_(a.content_encoding.has_value()),
        parts_(a),
        blocks_(block_bytes_for(a.file_size)) {}

  /// False when enough was seen to refuse it.
  bool feed(std::string_view bytes) {
    if (gzip_) stored_.update(bytes);
    parts_.feed(bytes);
    if (!gzip_) return take(bytes);
    for (; !bytes.empty() && !decoder_.refused();
         bytes.remove_prefix(std::min(bytes.size(), kUnpackStep))) {
      piece_.clear();
      decoder_.feed(bytes.substr(0, kUnpackStep), piece_);
      take(piece_);
    }
    if (decoder_.refused()) out_.fault = gzip_fault(decoder_.state());
    return !decoder_.refused();
  }
  Reading finish() {
    if (out_.fault) return std::move(out_);
    const bool cut = gzip_ && decoder_.state() != GzipDecoder::State::done;
    if (cut) out_.fault = gzip_fault(decoder_.state());
    if (!out_.fault && !parts_.finish()) out_.fault = "the checksum of a part is not as declared";
    out_.sha256 = to_hex(original_.finish());
    out_.stored_sha256 = gzip_ ? to_hex(stored_.finish()) : out_.sha256;
    out_.blocks = blocks_.finish();
    return std::move(out_);
  }

 private:
  bool take(std::string_view piece) {
    original_.update(piece);
    blocks_.feed(piece);
    out_.size += static_cast<std::int64_t>(piece.size());
    if (out_.head.size() < kSniffBytes) {
      out_.head.append(piece.substr(0, kSniffBytes - out_.head.size()));
    }
    return true;
  }
  Reading out_;
  Hasher stored_;
  Hasher original_;
  GzipDecoder decoder_;
  bool gzip_;
  PartCheck parts_;
  BlockHasher blocks_;
  std::string piece_;
};

Task<Reading> read_whole(s3::ObjectStream& object, Attachment a,
                         std::function<void()> before_step) {
  Reader reader(a);
  std::string buffer(kReadBytes, '\0');
  bool going = true;
  while (going) {
    if (before_step) before_step();
    const std::span<char> into(buffer);
    auto got = co_await object.read(into);
    if (!got && got.error().error == s3::S3Error::changed) {
      Reading out;
      out.fault = kReplaced;
      co_return out;
    }
    if (!got) throw store_failure(got.error());
    going = *got > 0 && reader.feed(std::string_view(buffer.data(), *got));
  }
  co_return reader.finish();
}

}  // namespace

std::string gzip_fault(GzipDecoder::State state) {
  switch (state) {
    case GzipDecoder::State::too_large:
      return "the file is larger than declared";
    case GzipDecoder::State::trailing:
      return "something follows the first member of the gzip encoding";
    case GzipDecoder::State::more:
      return "the gzip encoding is cut off";
    default:
      return "the gzip encoding is broken";
  }
}

Failure store_failure(const s3::S3Failure& failure) {
  const std::string detail = std::string(s3::to_string(failure.error)) + " " + failure.code + " " +
                             std::to_string(failure.status);
  if (failure.error == s3::S3Error::archived) return Failure(Code::archived, {}, detail);
  const bool ours = failure.error == s3::S3Error::rejected ||
                    failure.error == s3::S3Error::mismatch ||
                    failure.error == s3::S3Error::invalid_range;
  if (ours) return Failure(Code::internal, {}, "the store refused: " + detail);
  if (failure.code == s3::kBusy) {
    Failure busy(Code::overloaded, "Too many files are on their way at the moment.", detail);
    busy.retry_after(2);
    return busy;
  }
  Failure away(Code::store_unavailable, {}, detail);
  away.retry_after(2);
  return away;
}

/// Of an object in parts the store keeps a checksum of its parts' checksums, which is no digest of
/// the file.
bool has_whole_checksum(const s3::ObjectInfo& info) {
  return !info.checksum_sha256.empty() && info.checksum_sha256.find('-') == std::string::npos;
}

/// Browsers send this with whatever their page does not want from a cache, uploads too, and most
/// stores keep it. It harms nobody: downloads have their own Cache-Control.
bool is_added_by_browsers(std::string_view name, std::string_view value) {
  return name == "cache-control" && (value == "no-cache" || value == "max-age=0");
}

/// What HEAD alone tells. Ceph's radosgw says nothing of checksums; absent is not wrong. What the
/// upload's signature did not bind must not be there: the store would hand it out with the file.
std::optional<std::string> head_fault(const Attachment& a, const s3::ObjectInfo& info) {
  if (static_cast<std::int64_t>(info.size) != a.stored_size) return "the size is not as declared";
  if (info.content_type != a.file_type) return "the content type is not as declared";
  if (info.content_encoding != a.content_encoding.value_or("")) {
    return "the content encoding is not as declared";
  }
  const std::string tenant = a.s3_key.substr(0, a.s3_key.find('/'));
  if (info.meta("tenant-id") != tenant ||
      info.meta("record-id") != std::to_string(a.record_id.value) ||
      info.meta("uploaded-at") != a.created_at || info.metadata.size() != 3) {
    return "the metadata is not that of this upload";
  }
  for (const auto& [name, value] : info.others) {
    if (is_added_by_browsers(name, value)) continue;
    return "the upload's URL does not allow the header " + name;
  }
  if (a.stored_sha256 && has_whole_checksum(info) &&
      info.checksum_sha256 != to_base64(from_hex(*a.stored_sha256).value_or(""))) {
    return "the checksum is not as declared";
  }
  return std::nullopt;
}

s3::PutOptions stored_with(const Attachment& a, const TenantId& tenant) {
  s3::PutOptions out;
  out.content_type = a.file_type;
  out.content_encoding = a.content_encoding.value_or("");
  out.storage_class = a.storage_class;
  out.server_side_encryption = "AES256";
  out.metadata = {{"tenant-id", tenant.str()},
                  {"record-id", std::to_string(a.record_id.value)},
                  {"uploaded-at", a.created_at}};
  return out;
}

std::vector<s3::NameValue> bound_headers(const Attachment& a, const TenantId& tenant,
                                         s3::Habits habits) {
  std::vector<s3::NameValue> out;
  out.emplace_back("Content-Type", a.file_type);
  if (a.content_encoding) out.emplace_back("Content-Encoding", *a.content_encoding);
  if (a.stored_sha256) {
    out.emplace_back("x-amz-checksum-sha256", to_base64(from_hex(*a.stored_sha256).value_or("")));
  }
  out.emplace_back("x-amz-server-side-encryption", "AES256");
  out.emplace_back("x-amz-storage-class", a.storage_class);
  out.emplace_back("x-amz-meta-tenant-id", tenant.str());
  out.emplace_back("x-amz-meta-record-id", std::to_string(a.record_id.value));
  out.emplace_back("x-amz-meta-uploaded-at", a.created_at);
  if (habits.first_put_wins) out.emplace_back("If-None-Match", "*");
  if (!habits.signs_every_header) {
    // Whoever has the URL could add an access list, or have another hospital's file copied instead
    // of sending bytes. No object has such an ETag, and there is no such range, so every copy
    // fails; without a source they mean nothing. Ceph's radosgw 16 leaves `source-` out of the
    // condition.
    out.emplace_back("x-amz-acl", "private");
    out.emplace_back("x-amz-copy-source-if-match", "none");
    out.emplace_back("x-amz-copy-if-match", "none");
    out.emplace_back("x-amz-copy-source-range", "none");
  }
  return out;
}

Task<Verdict> verify_object(s3::Store& store, Attachment a) {
  auto info = co_await store.head(a.s3_key);
  if (!info) {
    if (info.error().error == s3::S3Error::not_found) throw Failure(Code::upload_not_finished);
    throw store_failure(info.error());
  }
  co_return co_await verify_object(store, std::move(a), std::move(*info));
}

Task<Verdict> verify_object(s3::Store& store, Attachment a, s3::ObjectInfo info,
                            std::function<void()> before_step) {
  Verdict out;
  out.etag = info.etag;
  out.fault = head_fault(a, info);
  if (out.fault) co_return out;

  auto object = co_await store.get(a.s3_key, std::nullopt, info.etag);
  if (!object && object.error().error == s3::S3Error::changed) {
    out.fault = kReplaced;
    co_return out;
  }
  if (!object && object.error().error == s3::S3Error::not_found) {
    throw Failure(Code::upload_not_finished);
  }
  if (!object) throw store_failure(object.error());
  Reading reading = co_await read_whole(*object, a, before_step);
  out.fault = std::move(reading.fault);
  if (out.fault) co_return out;
  out.file_size = reading.size;
  out.sha256 = reading.sha256;
  out.stored_sha256 = reading.stored_sha256;
  out.stored_size = a.stored_size;
  out.content_encoding = a.content_encoding;
  out.blocks = std::move(reading.blocks);
  if (out.file_size != a.file_size) {
    out.fault = "the size is not as declared";
  } else if ((a.stored_sha256 && out.stored_sha256 != *a.stored_sha256) ||
             (a.declared_sha256 && out.sha256 != *a.declared_sha256)) {
    out.fault = "the checksum is not as declared";
  } else {
    const bool whole = static_cast<std::int64_t>(reading.head.size()) == out.file_size;
    out.charset = text_charset(a.file_name, reading.head, whole, a.charset.value_or(""));
    out.fault = co_await judge_content(store, std::move(a), std::move(reading.head), out.etag);
  }
  co_return out;
}

Task<std::optional<std::string>> judge_content(s3::Store& store, Attachment a, std::string head,
                                               std::string etag) {
  const bool whole = static_cast<std::int64_t>(head.size()) == a.file_size;
  auto fault = content_fault(a.file_name, head, whole, a.charset.value_or(""));
  const Type* type = type_of(a.file_name);
  const bool rest = !fault && !whole && type != nullptr && type->kind == Kind::docx;
  if (!rest) co_return fault;
  const auto size = static_cast<std::uint64_t>(a.stored_size);
  co_return co_await docx_fault(store, std::move(a.s3_key), std::move(etag), size);
}

Task<bool> reject(const Door& door, Attachment a, std::string why, Remains remains) {
  {
    db::Tx begun = co_await door.begin();
    api::Write w = api::write_over(audit::journal(), std::move(begun), door.actor);
    db::Tx& tx = w.tx();
    const auto now = co_await tx.maybe_one(kLockAny, a.id);
    if (!now || now->state != "pending" || now->s3_key != a.s3_key) co_return false;
    tx.queue(kReject, a.id, why);
    audit::Entry entry{.action = "attachment.reject",
                       .resource = "attachment",
                       .resource_id = a.id.value,
                       .patient = a.patient_id,
                       .reason = why,
                       .before = R"({"state":"pending"})",
                       .after = R"({"state":"rejected"})"};
    w.log_in(door.tenant, std::move(entry));
    co_await w.commit();
    a.upload_id = now->upload_id;
  }
  if (remains == Remains::left_to_sweep) co_return true;
  co_await remove_rejected(door, std::move(a));
  co_return true;
}

Task<bool> reject(App& app, const api::Request& req, Attachment a, std::string why,
                  Remains remains) {
  const Door door = door_of(app, req);
  const bool rejected = co_await reject(door, std::move(a), std::move(why), remains);
  if (rejected) app.audit.touch(door.tenant);
  co_return rejected;
}

Task<> remove_rejected(const Door& door, Attachment a) {
  bool removed = true;
  if (a.upload_id) {
    const auto aborted =
        co_await door.store.abort_upload(a.upload_key.value_or(a.s3_key), *a.upload_id);
    removed = aborted.has_value();
  }
  // The object that the upload's URL names, if it is another one, is without a row from now on.
  if (a.upload_key && *a.upload_key != a.s3_key) {
    (void)co_await remove_leftover(door.store, a.id, *a.upload_key);
  }
  const bool gone = co_await remove_leftover(door.store, a.id, a.s3_key);
  if (!gone || !removed) co_return;
  db::Tx tx = co_await door.begin();
  tx.queue(kPurged, a.id);
  co_await tx.commit();
}

Door door_of(App& app, const api::Request& req) {
  return {app.db, app.objects, req.caller.tenant(), audit::actor_of(req), false};
}

Task<bool> remove_leftover(s3::Store& store, AttachmentId id, std::string key) {
  const auto removed = co_await store.remove(std::move(key));
  if (removed) co_return true;
  log::warning("an object that is not needed any more is left to the sweep",
               {{"attachment", id.value}, {"detail", s3::to_string(removed.error().error)}});
  co_return false;
}

}  // namespace wardbook::attachments
