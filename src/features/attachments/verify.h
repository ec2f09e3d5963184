#pragma once

// Inside of the slice: what uploads and downloads share.

#include "features/app.h"
#include "features/attachments/attachments.h"
#include "s3/client.h"

namespace wardbook::attachments {

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
};

/// Compares size, metadata, encoding and content of the object with its row; reads the object once,
/// streaming, unless the store vouches for the declared checksum of a file that is not encoded.
/// Fails with upload_not_finished (there is no object), store_unavailable.
[[nodiscard]] Task<Verdict> verify_object(s3::Store& store, Attachment attachment);

/// The store's request headers that an upload is bound to.
[[nodiscard]] std::vector<s3::NameValue> bound_headers(const Attachment& attachment,
                                                       const TenantId& tenant,
                                                       bool conditional_put);

/// What becomes of a rejected upload's object: a store that does not answer would keep the client
/// waiting once more.
enum class Remains { removed_now, left_to_sweep };
/// Marks a pending upload as rejected, with its audit entry, then removes its object. A store that
/// is away leaves the object to the sweep.
[[nodiscard]] Task<> reject(App& app, const api::Request& req, Attachment attachment,
                            std::string why, Remains remains = Remains::removed_now);

// downloads.cpp, lifecycle.cpp: handlers gathered by routes() in uploads.cpp
Task<api::Response> list_attachments(App& app, api::Request req);
Task<api::Response> get_attachment(App& app, api::Request req);
Task<api::Response> list_attachment_versions(App& app, api::Request req);
Task<api::Response> download_url(App& app, api::Request req);
Task<api::Response> download_content(App& app, api::Request req);
Task<api::Response> delete_attachment(App& app, api::Request req);
Task<api::Response> restore_attachment(App& app, api::Request req);

/// One attachment that is not gone. Fails with attachment_not_found.
[[nodiscard]] Task<Attachment> find_attachment(App& app, const api::Request& req);

}  // namespace wardbook::attachments
