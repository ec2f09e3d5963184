#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "net/server.h"
#include "objectd/auth.h"
#include "objectd/background.h"
#include "objectd/body.h"
#include "objectd/objectd.h"
#include "objectd/request.h"
#include "objectd/store.h"
#include "objectd/xml.h"

/// The S3 operations over HTTP. One coroutine for each, in service_*.cpp; `serve` is the way in.
namespace wardbook::objectd {

/// What was found when the store last tried to write.
struct Writability {
  using Clock = std::chrono::steady_clock;
  std::mutex lock;
  bool good = true;
  bool looking = false;         ///< one look at a time
  Clock::time_point looked_at;  ///< when the last look began
};

struct Service {
  boost::asio::io_context& reactor;
  const Options& options;
  Store& store;
  Authenticator& auth;
  boost::asio::thread_pool& pool;
  Slots& transfers;  ///< for large pieces of bodies; who gets none goes on with small ones
  Slots& copies;     ///< each works without waiting for a client
  const Clock& clock;
  std::atomic<bool> closing{false};  ///< the pool has been joined and takes no more work
  Writability writability{};
};

/// One request, from its checked head to its answer: CORS, signature, operation, errors.
[[nodiscard]] Task<> serve(Service& service, net::Exchange& exchange);
/// What the server itself has to refuse.
[[nodiscard]] net::Response render_refusal(const Failure& failure, const std::string& request_id);

/// What every operation gets.
struct Call {
  S3Request request;
  Authorized who;
  net::RequestHead head;  ///< with the headers that a presigned URL carries in its query
};

// service_buckets.cpp: everything that is answered from the index
[[nodiscard]] net::Response list_buckets(Service& service, const S3Request& request);
[[nodiscard]] net::Response list_objects(Service& service, const S3Request& request);
[[nodiscard]] net::Response list_versions(Service& service, const S3Request& request);
[[nodiscard]] net::Response bucket_location(Service& service, const S3Request& request);
[[nodiscard]] net::Response acl();
/// With kWritableHeader: false while nothing can be stored. Looked for once a second at most.
[[nodiscard]] Task<net::Response> head_bucket(Service& service, Call call);
// service_settings.cpp
[[nodiscard]] std::optional<BucketSetting> setting_of(Operation operation);
[[nodiscard]] net::Response get_setting(Service& service, const S3Request& request,
                                        BucketSetting setting);
[[nodiscard]] Task<net::Response> put_setting(Service& service, net::Exchange& exchange, Call call,
                                              BucketSetting setting);
[[nodiscard]] Task<net::Response> delete_setting(Service& service, Call call,
                                                 BucketSetting setting);

// service_buckets.cpp: the rest of buckets
[[nodiscard]] Task<net::Response> create_bucket(Service& service, net::Exchange& exchange,
                                                Call call);
[[nodiscard]] Task<net::Response> delete_bucket(Service& service, Call call);
[[nodiscard]] Task<net::Response> delete_objects(Service& service, net::Exchange& exchange,
                                                 Call call);

// service_objects.cpp
[[nodiscard]] Task<net::Response> put_object(Service& service, net::Exchange& exchange, Call call);
[[nodiscard]] Task<net::Response> copy_object(Service& service, Call call);
[[nodiscard]] Task<net::Response> delete_object(Service& service, Call call);

// service_tagging.cpp
[[nodiscard]] net::Response get_tagging(Service& service, const S3Request& request);
[[nodiscard]] Task<net::Response> put_tagging(Service& service, net::Exchange& exchange, Call call);
[[nodiscard]] Task<net::Response> delete_tagging(Service& service, Call call);

// service_attributes.cpp
[[nodiscard]] Task<net::Response> object_attributes(Service& service, Call call);

// service_get.cpp: GET and HEAD, streamed
[[nodiscard]] Task<> get_object(Service& service, net::Exchange& exchange, Call call);

// service_multipart.cpp
[[nodiscard]] Task<net::Response> create_upload(Service& service, Call call);
[[nodiscard]] Task<net::Response> upload_part(Service& service, net::Exchange& exchange, Call call);
[[nodiscard]] Task<net::Response> upload_part_copy(Service& service, Call call);
[[nodiscard]] Task<net::Response> list_parts(Service& service, Call call);
[[nodiscard]] Task<net::Response> complete_upload(Service& service, net::Exchange& exchange,
                                                  Call call);
[[nodiscard]] Task<net::Response> abort_upload(Service& service, Call call);
[[nodiscard]] net::Response list_uploads(Service& service, const S3Request& request);

// transfer.cpp: what they share ------------------------------------------------------------------

/// Adds what every answer has: x-amz-request-id and, for an allowed Origin, CORS's headers.
void add_common_headers(const Service& service, const net::RequestHead& request,
                        const std::string& request_id, net::Headers& headers);
[[nodiscard]] net::Response xml_response(std::string body);
[[nodiscard]] std::string quoted_etag(std::string_view etag);
/// Sets x-amz-version-id where the bucket has versions.
void add_version(Service& service, const ObjectMeta& meta, net::Headers& headers);
[[nodiscard]] std::string version_text(const std::string& version);
/// The elements of every listing.
void append_owner(XmlWriter& xml);
/// Keys as they are, or escaped for clients that asked for it, since XML cannot hold every key.
[[nodiscard]] std::string shown(std::string_view text, bool encoded);

/// With a slot. Nobody waits for one: a client that is slow could hold it.
inline constexpr std::size_t kPieceBytes = 256 * 1024;
/// What a client may hold without a slot, of an upload and of a download: a block is read whole.
inline constexpr std::size_t kSmallPiece = 16 * 1024;
inline constexpr std::size_t kSmallRead = kBlockBytes;
/// The most keys, uploads or parts that one answer lists, as in S3.
inline constexpr int kMaxListed = 1000;

/// An upload on its way to the disk. Lives on the pool's threads, one at a time.
struct Incoming {
  Incoming(BodyPlan plan, std::function<std::unique_ptr<ObjectWriter>()> start)
      : receiver(std::move(plan)), begin(std::move(start)) {}
  /// The writer is made by the first one.
  void feed(std::string_view raw);

  BodyReceiver receiver;
  std::function<std::unique_ptr<ObjectWriter>()> begin;
  std::unique_ptr<ObjectWriter> writer;
};

/// Reads the request's body into `incoming`, then calls `finish` (which verifies and publishes),
/// all on the pool; reading goes on while the piece before is written. Fails with what they throw.
[[nodiscard]] Task<net::Response> receive(Service& service, net::Exchange& exchange,
                                          std::shared_ptr<Incoming> incoming,
                                          std::function<net::Response(Incoming&)> finish);
/// The pool, not the reactor, removes the file of an upload that came to nothing.
[[nodiscard]] std::shared_ptr<Incoming> make_incoming(
    Service& service, BodyPlan plan, std::function<std::unique_ptr<ObjectWriter>()> begin);

/// A whole small document, verified as its head declares. Fails with MalformedXML above `limit`.
[[nodiscard]] Task<std::string> read_document(net::Exchange& exchange, const Call& call,
                                              std::size_t limit);

/// Copies a range of an object into `writer` piece by piece, with its MD5 and, if asked for, a
/// checksum. Blocks.
struct Copied {
  std::string md5_hex;
  std::string checksum;  ///< raw
};
[[nodiscard]] Task<Copied> copy_range(Service& service, std::shared_ptr<ObjectReader> from,
                                      ByteRange range, std::shared_ptr<ObjectWriter> writer,
                                      std::optional<ChecksumKind> checksum);

}  // namespace wardbook::objectd
