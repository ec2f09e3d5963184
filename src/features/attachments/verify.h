#pragma once

// Inside of the slice: what uploads and downloads share.

#include "base/gzip.h"
#include "features/app.h"
#include "features/attachments/attachments.h"
#include "features/attachments/blocks.h"
#include "features/audit/audit.h"
#include "s3/client.h"

namespace wardbook::attachments {

struct NamedPart;

/// The Failure that a store's failure becomes: store_unavailable (503) for what may pass, internal
/// for what is our configuration. The store's message goes to the log only.
[[nodiscard]] Failure store_failure(const s3::S3Failure& failure);

/// How much of a file is in memory at a time.
inline constexpr std::size_t kReadBytes = 256 * 1024;

/// What was found when an arrived object was compared with its declaration.
struct Verdict {
  std::optional<std::string> fault;  ///< set: what does not match
  std::int64_t file_size = 0;
  std::string sha256;         ///< hex, of the original bytes
  std::string stored_sha256;  ///< hex, of the bytes in the store
  std::string etag;
  std::int64_t stored_size = 0;
  std::optional<std::string> content_encoding;
  std::optional<std::string> charset;  ///< of a text
  Blocks blocks;
};

/// Takes a gzip body apart without making much of it at a time: bytes go in by steps so small that
/// none unpacks to more than two megabytes.
inline constexpr std::size_t kUnpackStep = 2 * 1024;
/// What the state of a decoder says is wrong with a body; `done` and `more` are that it is cut off.
[[nodiscard]] std::string gzip_fault(GzipDecoder::State state);

/// Compares size, headers, metadata and content of the object under the row's key with the row;
/// reads the object once, streaming. The verdict's ETag names the object that was read. Fails with
/// upload_not_finished (there is no object), store_unavailable.
[[nodiscard]] Task<Verdict> verify_object(s3::Store& store, Attachment attachment);
/// The same, of an object that `info` was just told of.
[[nodiscard]] Task<Verdict> verify_object(s3::Store& store, Attachment attachment,
                                          s3::ObjectInfo info,
                                          std::function<void()> before_step = {});

/// What arrived for a pending upload, verified under a key whose object no URL can replace: the
/// upload's own where the store lets the first upload win, else a new one, to which the bytes are
/// copied and which `attachment` has afterwards. Fails as verify_object, and with
/// attachment_not_available when the upload is not pending any more.
/// What was sent in parts is put together first; `named`, if there, must be all parts. nullopt: it
/// is there, but so large that it is to be read in the background.
[[nodiscard]] Task<std::optional<Verdict>> verify_upload(
    App& app, const api::Request& req, Attachment& attachment,
    std::optional<std::vector<NamedPart>> named);

/// A key under which nothing of the record ever was, and the version for a new file of that name.
/// The record must be locked.
[[nodiscard]] Task<std::pair<std::int64_t, std::string>> free_key(db::Tx& tx, TenantId tenant,
                                                                  Time now, RecordId record,
                                                                  std::string file_name);

/// Gives a pending upload a new key, in a transaction of its own: what is copied there belongs to
/// this completion alone, however many there are and however late a copy arrives.
[[nodiscard]] Task<std::string> take_own_key(App& app, const api::Request& req, AttachmentId id);

/// What is wrong with the content of an object at the store, of which these are the first bytes;
/// nullopt when it is what its name says. Fails with store_unavailable.
[[nodiscard]] Task<std::optional<std::string>> judge_content(s3::Store& store, Attachment a,
                                                             std::string head, std::string etag);

/// What the store keeps with an object beside its bytes, from the row.
[[nodiscard]] s3::PutOptions stored_with(const Attachment& attachment, const TenantId& tenant);
/// What a HEAD of the object shows that the row does not say, or says otherwise.
[[nodiscard]] std::optional<std::string> head_fault(const Attachment& attachment,
                                                    const s3::ObjectInfo& info);

/// What was verified, and under which key.
struct Verified {
  std::string key;
  Verdict verdict;
};
/// Publishes it, unless somebody else did in the meantime; without it the file must be there
/// already. The answer is kept under the request's key, if it has one. Fails with conflict when
/// another completion has taken the upload over, attachment_not_available.
[[nodiscard]] Task<api::Response> publish(App& app, const api::Request& req, AttachmentId id,
                                          std::optional<Verified> verified);

/// What may be expected of the store: what the configuration says, tried out. A store that cannot
/// be tried keeps nothing. Fails with store_unavailable, once it is known never again.
[[nodiscard]] Task<s3::Habits> store_habits(App& app, TenantId tenant);

/// The store's request headers that an upload is bound to.
[[nodiscard]] std::vector<s3::NameValue> bound_headers(const Attachment& attachment,
                                                       const TenantId& tenant, s3::Habits habits);

/// The job that reads what is too large to be read while its client waits.
inline constexpr std::string_view kVerificationJob = "attachments.verify";
inline constexpr std::string_view kScanningJob = "attachments.scan";

/// Who works on a tenant's files: a request, or a job.
struct Door {
  db::Pool& db;
  s3::Store& store;
  TenantId tenant;
  audit::Actor actor;
  bool job = false;
  [[nodiscard]] Task<db::Tx> begin() const { return job ? db.begin_job(tenant) : db.begin(tenant); }
};
[[nodiscard]] Door door_of(App& app, const api::Request& req);

/// What becomes of a rejected upload's object: a store that does not answer would keep the client
/// waiting once more.
enum class Remains { removed_now, left_to_sweep };
/// Marks a pending upload as rejected, with its audit entry, then removes its objects. A store that
/// is away leaves them to the sweep. False, and nothing is done, when the upload has been
/// published, ended or overtaken by another completion in the meantime.
Task<bool> reject(App& app, const api::Request& req, Attachment attachment, std::string why,
                  Remains remains = Remains::removed_now);
/// The same for whoever it is.
Task<bool> reject(const Door& door, Attachment attachment, std::string why,
                  Remains remains = Remains::removed_now);
/// Removes what there is of a rejected file at the store, parts too, and notes it; what the store
/// does not answer for is left to the sweep.
Task<> remove_rejected(const Door& door, Attachment attachment);
/// Removes an object that no row needs any more, if the store answers; else the sweep does.
[[nodiscard]] Task<bool> remove_leftover(s3::Store& store, AttachmentId attachment,
                                         std::string key);

/// Publishes a verified file in this transaction, with its entry and its first version; or, where
/// there is a scanner, puts it into quarantine.
[[nodiscard]] Task<audit::Entry> queue_publish(db::Tx& tx, std::optional<AccountId> by,
                                               const Attachment& attachment, const Verdict& verdict,
                                               Time now, bool scan);
/// Tells a job of a tenant. A hint that is lost is made up for: the job looks at all now and then.
[[nodiscard]] Task<> tell_job(db::Pool& db, std::string_view job, TenantId tenant);

// completion.cpp, downloads.cpp, lifecycle.cpp: handlers gathered by routes() in uploads.cpp
Task<api::Response> complete_upload(App& app, api::Request req);
Task<api::Response> list_attachments(App& app, api::Request req);
Task<api::Response> get_attachment(App& app, api::Request req);
Task<api::Response> list_attachment_versions(App& app, api::Request req);
Task<api::Response> download_url(App& app, api::Request req);
Task<api::Response> download_content(App& app, api::Request req);
Task<api::Response> delete_attachment(App& app, api::Request req);
Task<api::Response> restore_attachment(App& app, api::Request req);

/// One attachment that is not gone, or one that was rejected when it was read in the background.
/// Fails with attachment_not_found.
[[nodiscard]] Task<Attachment> find_shown(App& app, const api::Request& req);
/// One attachment that is not gone. Fails with attachment_not_found.
[[nodiscard]] Task<Attachment> find_attachment(App& app, const api::Request& req);

}  // namespace wardbook::attachments
