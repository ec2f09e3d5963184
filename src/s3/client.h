#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "net/client.h"
#include "s3/presign.h"
#include "s3/result.h"
#include "s3/retry.h"
#include "s3/xml.h"

namespace wardbook::s3 {

struct StoreOptions {
  std::string endpoint = "http://127.0.0.1:9000";  ///< what this process connects to
  std::string public_endpoint;                     ///< what presigned URLs name; empty: `endpoint`
  std::string region = "us-east-1";
  std::string bucket;
  std::string access_key;
  std::string secret_key;
  std::string session_token;  ///< empty: none
  /// true: `/bucket/key`. false: the bucket is part of the Host header and of presigned URLs; the
  /// connection still goes to `endpoint`, so that no wildcard name is needed inside.
  bool path_style = true;
  /// Each for three kinds of work, so that none keeps the others waiting: short operations, bodies
  /// that are streamed to the store, and objects that are streamed from it.
  std::size_t max_connections = 32;
  /// Whose share of the connections a key's bytes are counted for; absent: nobody's. While others
  /// wait, the next connection goes to the one who has the fewest; and who streams to the store has
  /// at most a quarter of them.
  std::function<std::string(std::string_view key)> owner_of;
  std::chrono::milliseconds connect_timeout{3'000};
  std::chrono::milliseconds response_timeout{15'000};
  std::chrono::milliseconds io_timeout{15'000};
  /// For an operation with all its attempts and waits; the last single wait may exceed it. A
  /// streamed body is not under it: each of its reads and writes has `io_timeout`.
  std::chrono::milliseconds deadline{30'000};
  RetryPolicy retry;
};

/// The built-in store's, in its answer to HeadBucket: `false` while nothing can be stored.
inline constexpr std::string_view kWritableHeader = "x-wardbook-writable";
inline constexpr std::string_view kNotWritable = "NotWritable";

/// Our own code for `unavailable`: no connection became free in time.
inline constexpr std::string_view kBusy = "Busy";

/// What the store says about an object. Ceph's radosgw gives neither checksum nor
/// server_side_encryption: absent means "not said", never "not so".
struct ObjectInfo {
  std::uint64_t size = 0;  ///< of the whole object, also in the answer to a range
  std::string etag;        ///< without quotes
  std::string content_type;
  std::string content_encoding;
  std::string storage_class;  ///< empty: the store's standard class
  std::string server_side_encryption;
  std::string checksum_sha256;  ///< base64, as the store keeps it
  std::string archive_status;
  std::string restore;              ///< `ongoing-request="true"` and so on
  std::string last_modified;        ///< as in HTTP
  std::vector<NameValue> metadata;  ///< names in lower case, without `x-amz-meta-`
  /// What else an upload can leave with an object and a later answer shows (`cache-control`,
  /// `content-disposition`, `x-amz-website-redirect-location`, …): names in lower case.
  std::vector<NameValue> others;

  [[nodiscard]] std::optional<std::string_view> meta(std::string_view name) const;
};

struct PutOptions {
  std::string content_type;
  std::string content_encoding;
  std::string storage_class;
  std::string server_side_encryption;  ///< "AES256"
  /// Base64. The store refuses other bytes (mismatch); Ceph's radosgw takes them all the same, so
  /// whoever needs to be sure reads the object back.
  std::string checksum_sha256;
  /// Of an upload in parts, each of which then has to have one: "SHA256".
  std::string checksum_algorithm;
  std::vector<NameValue> metadata;  ///< names without `x-amz-meta-`
  bool if_none_match = false;       ///< already_exists if there is an object under the key
};

/// First and last byte, as in `Range: bytes=first-last`; without `last`, to the end.
struct ByteRange {
  std::uint64_t first = 0;
  std::optional<std::uint64_t> last;
};

struct CopyOptions {
  std::string storage_class;
  std::string server_side_encryption;
  /// Replaces content type, encoding and metadata; absent: they are copied.
  std::optional<PutOptions> replace;
};

struct Habits {
  bool first_put_wins = false;      ///< If-None-Match: * keeps an upload from replacing another
  bool signs_every_header = false;  ///< an `x-amz-` header that was not signed is refused
};

/// A body that is produced while it is sent. `reopen`, if set, begins it anew, which is what makes
/// a failed upload repeatable once its first byte was read.
struct BodyStream {
  net::BodySource source;
  std::uint64_t length = 0;
  std::function<net::BodySource()> reopen;
};

class Store;

/// An object's bytes as they arrive. A connection that breaks is replaced, and reading goes on
/// where it stopped, as long as the object is still the same; bounded like any retry. While others
/// wait for a connection, one that is not read from is taken for them after half a second, and the
/// next read waits for its turn. The store must outlive it.
class ObjectStream {
 public:
  [[nodiscard]] const ObjectInfo& info() const noexcept { return info_; }
  /// How many bytes this stream delivers in all.
  [[nodiscard]] std::uint64_t length() const noexcept { return end_ - begin_; }
  /// The next bytes, at least one; 0 when all of `length` were delivered. Fails with unavailable,
  /// or with changed when the object was replaced or removed meanwhile.
  [[nodiscard]] Task<Result<std::size_t>> read(std::span<char> into);
  /// Gives the connection up while whoever the bytes are for does not take them; the next read
  /// opens another one and goes on where this one stopped.
  void release();

 private:
  friend class Store;
  ObjectStream(Store& store, std::string key) : store_(&store), key_(std::move(key)) {}
  void lend();

  Store* store_;
  std::string key_;
  ObjectInfo info_;
  std::unique_ptr<net::ClientResponse> response_;
  std::uint64_t begin_ = 0, at_ = 0, end_ = 0;
  int failures_ = 0;
  bool released_ = false;
};

/// One bucket of any S3: the built-in store, Ceph, MinIO or AWS. Pooled connections, one reactor.
/// Every operation is signed by header, has deadlines, and is repeated where that is safe: requests
/// that change nothing when repeated, with a body that can be sent again. What is not known to have
/// failed comes back with `maybe_done`.
///
/// All fail with access_denied, no_bucket, rejected and unavailable beside what they name.
class Store {
 public:
  /// Throws std::invalid_argument for an endpoint that is none.
  Store(boost::asio::io_context& reactor, StoreOptions options, const Clock& clock);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  [[nodiscard]] const StoreOptions& options() const noexcept { return options_; }

  /// Returns the ETag. Fails with already_exists (if_none_match), mismatch. A conditional put whose
  /// answer is lost is not repeated: it could meet its own object.
  [[nodiscard]] Task<Result<std::string>> put(std::string key, std::string body,
                                              PutOptions options);
  /// The same, streamed, with an unsigned payload. What the source throws is passed on; mismatch
  /// (`IncompleteBody`) if it ends before `length`.
  [[nodiscard]] Task<Result<std::string>> put(std::string key, BodyStream body, PutOptions options);

  /// With `if_match` (an ETag without quotes; empty: any) no other object is read. Fails with
  /// not_found, changed, invalid_range, archived.
  [[nodiscard]] Task<Result<ObjectStream>> get(std::string key,
                                               std::optional<ByteRange> range = std::nullopt,
                                               std::string if_match = {});
  /// The whole object in memory; rejected (`EntityTooLarge`) above `limit`.
  [[nodiscard]] Task<Result<std::string>> get_all(std::string key, std::size_t limit);
  /// Fails with not_found. A missing bucket looks like that as well: HEAD has no error document.
  [[nodiscard]] Task<Result<ObjectInfo>> head(std::string key);
  /// Succeeds also if there was no such object.
  [[nodiscard]] Task<Result<void>> remove(std::string key);
  /// Within the bucket; returns the new ETag. Fails with not_found, archived.
  [[nodiscard]] Task<Result<std::string>> copy(std::string from, std::string to,
                                               CopyOptions options = {});

  /// One page of the keys that start with `prefix`, after `token` (of the page before; empty: from
  /// the beginning); at most 1000.
  [[nodiscard]] Task<Result<ListPage>> list_page(std::string prefix, std::string token = {},
                                                 int max_keys = 1000, std::string delimiter = {});
  /// All keys that start with `prefix`, page by page into `visit`, in the store's order.
  [[nodiscard]] Task<Result<void>> list(std::string prefix,
                                        std::function<void(const ListedObject&)> visit);

  /// Succeeds if the bucket is there and may be used; no_bucket, access_denied, unavailable.
  /// Fails with no_bucket, and with unavailable (code kNotWritable) while the built-in store can
  /// store nothing; other stores do not tell.
  [[nodiscard]] Task<Result<void>> check_bucket();
  /// Creates it unless it is there.
  [[nodiscard]] Task<Result<void>> ensure_bucket();
  /// What the store does of what S3 promises, found out once, by uploads under `probe_key`, which
  /// must be nobody's: many stores ignore what they do not know.
  [[nodiscard]] Task<Result<Habits>> habits(std::string probe_key);

  /// The bucket's setting that these query parameters name (`cors`, `lifecycle`, …): the store's
  /// own document, or nullopt if the bucket has none. Fails with rejected where the store does not
  /// know it; a store that overlooks the parameter answers with another document.
  [[nodiscard]] Task<Result<std::optional<std::string>>> bucket_setting(
      std::vector<NameValue> params);
  [[nodiscard]] Task<Result<void>> set_bucket_setting(std::vector<NameValue> params,
                                                      std::string document);
  /// Succeeds also if there was none.
  [[nodiscard]] Task<Result<void>> remove_bucket_setting(std::vector<NameValue> params);

  // Multipart uploads -----------------------------------------------------------------------------
  /// Returns the upload's id.
  [[nodiscard]] Task<Result<std::string>> create_upload(std::string key, PutOptions options);
  /// Returns the part's ETag. Parts count from 1 to 10000.
  [[nodiscard]] Task<Result<std::string>> upload_part(std::string key, std::string upload_id,
                                                      int number, std::string body);
  /// All parts that have arrived, ascending. Fails with not_found.
  [[nodiscard]] Task<Result<std::vector<Part>>> list_parts(std::string key, std::string upload_id);
  /// Returns the object's ETag. Not repeated when its answer is lost (see `maybe_done`). Fails with
  /// not_found (no such upload: perhaps completed before), already_exists, rejected.
  [[nodiscard]] Task<Result<std::string>> complete_upload(std::string key, std::string upload_id,
                                                          std::vector<Part> parts,
                                                          bool if_none_match = false);
  /// Succeeds also if there is no such upload.
  [[nodiscard]] Task<Result<void>> abort_upload(std::string key, std::string upload_id);
  /// Uploads that were neither completed nor aborted: one page, after the markers of the page
  /// before (empty: from the beginning).
  [[nodiscard]] Task<Result<UploadPage>> list_uploads_page(std::string prefix,
                                                           std::string key_marker = {},
                                                           std::string upload_id_marker = {});
  /// All of them.
  [[nodiscard]] Task<Result<std::vector<StaleUpload>>> list_uploads(std::string prefix);

  /// A URL on the public endpoint. Throws as Presigner::url.
  [[nodiscard]] std::string presign(const PresignRequest& request);

  /// How many requests wait for one of the connections.
  [[nodiscard]] std::size_t waiting() const;

 private:
  friend class ObjectStream;
  struct Call;
  struct Answer;
  struct Attempt;

  [[nodiscard]] Call object_call(std::string_view method, std::string_view key);
  [[nodiscard]] Call bucket_call(std::string_view method);
  [[nodiscard]] Task<Result<Answer>> perform(Call call);
  [[nodiscard]] Task<Attempt> attempt(Call& call, Deadline deadline);
  [[nodiscard]] net::ClientRequest signed_request(Call& call);
  [[nodiscard]] Task<Result<std::string>> put_call(Call call);
  [[nodiscard]] Task<Result<Answer>> open(std::string key, std::optional<ByteRange> range,
                                          std::string if_match);
  [[nodiscard]] Task<> pause(std::chrono::milliseconds wait);

  boost::asio::io_context& reactor_;
  StoreOptions options_;
  const Clock& clock_;
  Credentials credentials_;
  BucketAddress address_;
  net::Client client_;
  net::Client uploads_;    // streamed bodies: as slow as those who send them
  net::Client downloads_;  // streamed answers: as slow as those who read them
  SigningKeys keys_;
  Presigner presigner_;
  Backoff backoff_;
  std::optional<Habits> habits_;
};

}  // namespace wardbook::s3
