#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/router.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/settings.h"
#include "db/pool.h"
#include "db/query.h"
#include "features/audit/audit.h"
#include "jobs/jobs.h"

namespace wardbook::s3 {
struct ListedObject;
class Store;
}  // namespace wardbook::s3

/// Files of visit records. Rows first, objects second, confirmation last: a pending row, a
/// presigned PUT straight to the store, a verified `complete`. Whatever breaks in between, the
/// sweep finishes.
namespace wardbook::attachments {

// ---- what may be uploaded (types.cpp)
// -------------------------------------------------------------

/// Every media type that may be declared, in the order of the policy.
[[nodiscard]] std::vector<std::string_view> allowed_types();
/// Those that gzip makes smaller.
[[nodiscard]] std::vector<std::string_view> compressible_types();
/// Why this name and this declared type do not go together; nullopt when they do. `text/plain` will
/// do for every extension that is text.
[[nodiscard]] std::optional<std::string> type_fault(std::string_view file_name,
                                                    std::string_view file_type);
/// Whether files of this name's type may be stored with gzip.
[[nodiscard]] bool gzip_pays(std::string_view file_name);
/// The size that a file of this name may have.
[[nodiscard]] std::int64_t most_bytes(std::string_view file_name,
                                      const Settings::Attachments& settings);
/// How many bytes of the beginning `content_fault` wants to see.
inline constexpr std::size_t kSniffBytes = 256 * 1024;
/// Why the content (its first bytes; `whole` when that is all) is not what the name's extension
/// says; nullopt when it is. By signature, and by libmagic for what has no simple one. `declared`
/// is the encoding of a text's characters, as its sender says. Never throws on any bytes.
[[nodiscard]] std::optional<std::string> content_fault(std::string_view file_name,
                                                       std::string_view head, bool whole,
                                                       std::string_view declared = {});

/// The encoding of a text that is what its name says (see text::charset_of); nullopt for what is no
/// text. `declared`: what its sender says, used where the text itself does not say.
[[nodiscard]] std::optional<std::string> text_charset(std::string_view file_name,
                                                      std::string_view head, bool whole,
                                                      std::string_view declared = {});

/// `Übersicht (1).pdf` -> `_bersicht__1_.pdf`: everything but [A-Za-z0-9.-] becomes `_`, byte by
/// code point; dots and length are tamed so that the result is a plain file name of 1 to 200 bytes.
[[nodiscard]] std::string safe_name(std::string_view file_name);
/// `{tenant-id}/medical-records/{year}/{month}/{record-id}/{name}`; from the second version on
/// `name.v2.ext`.
[[nodiscard]] std::string object_key(const TenantId& tenant, Time upload, RecordId record,
                                     std::string_view name, std::int64_t version);

// ---- rows
// ----------------------------------------------------------------------------------------

struct Attachment {
  AttachmentId id;
  RecordId record_id;
  PatientId patient_id;
  std::string record_status;
  std::string file_name;
  std::string file_type;
  std::int64_t file_size = 0;
  std::string s3_key;
  std::string s3_bucket;
  AccountId uploaded_by;
  std::optional<std::string> uploaded_by_name;
  std::optional<std::string> description;
  std::string created_at;
  std::string state;
  std::int64_t version = 1;
  std::int64_t stored_size = 0;
  std::optional<std::string> content_encoding;
  std::optional<std::string> sha256;
  std::optional<std::string> stored_sha256;
  std::optional<std::string> verified_at;
  std::string storage_class;
  std::optional<std::string> etag;
  std::int64_t download_count = 0;
  std::optional<std::string> last_accessed_at;
  bool added_after_finalization = false;
  std::optional<std::string> upload_expires_at;
  bool purged = false;
  /// The key that the upload's URL names; absent where the bytes came through the service. Not
  /// s3_key once a completion has given the file a key of its own.
  std::optional<std::string> upload_key;
  bool in_parts = false;
  std::optional<std::string> upload_id;  ///< the store's, of an upload in parts
  std::int64_t part_bytes = 0;           ///< of each part but the last one
  std::vector<std::string> part_sha256;  ///< hex, of each part, if the client declared them
  /// When all of it had arrived. A pending file that has it waits to be verified.
  std::optional<std::string> completed_at;
  std::optional<std::string> charset;  ///< of a text
  std::optional<std::string> scan;     ///< waiting, clean, infected, not_scanned
  std::optional<std::string> scanned_at;
  std::optional<std::string> declared_sha256;  ///< of the original bytes, from the completion
  std::optional<std::string> archive_status;   ///< archived or restoring, as it was found last
  static Attachment from_row(const db::RowView& row);
};
[[nodiscard]] std::string to_json(const Attachment& attachment);

/// What one pass of the sweep did in a tenant.
struct Swept {
  std::int64_t abandoned = 0;  ///< uploads that never completed
  std::int64_t aborted = 0;    ///< uploads in parts that were left at the store
  std::int64_t purged = 0;     ///< deleted or rejected files whose object is gone now
  std::int64_t orphans = 0;    ///< objects without a row
  bool more = false;           ///< of the first two, left by `most`
};
/// Ends uploads whose URL expired (`grace` ago: what is on its way then may still arrive), removes
/// the objects of rejected files and of those deleted longer ago than the retention time (never
/// under legal hold), uploads in parts that no pending file has, and objects without a row. Only of
/// the store's own bucket. Two may run at the same time: each claims its rows. `before_step` may
/// end it by an exception before each step, and `most` bounds the uploads ended and the objects of
/// files removed; orphans are looked for when nothing else is left. Fails with store_unavailable.
[[nodiscard]] Task<Swept> sweep(db::Pool& db, s3::Store& store, TenantId tenant,
                                const Settings::Attachments& settings, std::chrono::seconds grace,
                                std::function<void()> before_step = {},
                                std::int64_t most = std::numeric_limits<std::int64_t>::max());

/// Verifies the next file of the tenant with an id above `after` that has arrived and is too large
/// to be read while its client waits: reads it once, and publishes or rejects it. Returns the id,
/// nullopt when there is none. Two may run at the same time. `before_step` may end it by an
/// exception before each piece. With `scan` it goes into quarantine instead of being published.
/// Fails with store_unavailable.
[[nodiscard]] Task<std::optional<AttachmentId>> verify_next(db::Pool& db, s3::Store& store,
                                                            TenantId tenant, const Clock& clock,
                                                            AttachmentId after,
                                                            std::function<void()> before_step = {},
                                                            bool scan = false);
/// Does so in every tenant that a completion has told of, and within verify_all_every in all of
/// them.
[[nodiscard]] jobs::Job verification_job(db::Pool& db, s3::Store& store, const Clock& clock,
                                         const Settings::Attachments& settings);
/// Has the scanner look at what is in quarantine, and publishes or rejects it. Only where there is
/// one.
[[nodiscard]] jobs::Job scanning_job(boost::asio::io_context& reactor, db::Pool& db,
                                     s3::Store& store, const Settings::Attachments& settings);

/// Looks after files that were asked back from the archive, and writes down those that are there.
/// Returns how many. Two may run at the same time. Fails with store_unavailable.
[[nodiscard]] Task<std::int64_t> look_for_restored(db::Pool& db, s3::Store& store, TenantId tenant,
                                                   std::function<void()> before_step = {});

// ---- database against bucket ------------------------------------------------------------------

/// What a walk along the rows and the bucket's list of a tenant found.
struct Checked {
  std::int64_t rows = 0;
  std::int64_t objects = 0;
  std::int64_t missing = 0;  ///< files without an object
  std::int64_t orphans = 0;  ///< objects without a row
  std::int64_t altered =
      0;  ///< of another size, with another ETag or other bytes than its row says
};
using OnFinding = std::function<void(const std::string& key, const std::string& what)>;
/// Both ways, page by page, however many there are; repairs nothing. With `rehash` every object is
/// read and hashed. What changes meanwhile is looked at once more before it is called missing.
/// Fails with store_unavailable.
[[nodiscard]] Task<Checked> check_store(db::Pool& db, s3::Store& store, TenantId tenant,
                                        bool rehash, OnFinding on_finding);

/// A record's objects as the bucket has them, all pages, whatever the database says. Fails with
/// store_unavailable.
[[nodiscard]] Task<> list_objects(s3::Store& store, TenantId tenant, RecordId record,
                                  std::function<void(const s3::ListedObject&)> visit);

// ---- what files take at the store --------------------------------------------------------------

/// Files of one day of their last access, all below `small_bytes` of stored bytes or none.
struct Usage {
  std::int64_t idle_days = 0;
  bool small = false;
  std::int64_t objects = 0;
  std::int64_t stored_bytes = 0;
  std::int64_t file_bytes = 0;
  std::int64_t new_objects = 0;  ///< of the last 30 days
  std::int64_t new_bytes = 0;
  std::int64_t read_objects = 0;  ///< downloaded in the last 30 days
  static Usage from_row(const db::RowView& row);
};
/// Of everything that was published and not purged. What has been idle for longer counts as idle
/// for `most_days`, so there are at most twice as many rows as that.
[[nodiscard]] Task<std::vector<Usage>> usage(db::Tx& tx, int most_days, std::int64_t small_bytes);
/// How many requests that are billed as PUT an upload of so many bytes takes.
[[nodiscard]] std::int64_t upload_requests(std::int64_t stored_bytes,
                                           const Settings::Attachments& settings);
/// Recomputes what is kept of files and holds their rows against it. Adds to `verdict`.
[[nodiscard]] Task<> verify_files(db::Pool& db, TenantId tenant, audit::Verdict& verdict);

[[nodiscard]] std::vector<api::Route> routes();

}  // namespace wardbook::attachments
