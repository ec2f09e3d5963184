#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/message.h"
#include "s3/sigv4.h"

/// What every operation understands. A header or a query name that is in no list of the operation
/// is refused, so that nothing a client asks for is dropped in silence.
namespace wardbook::objectd {

enum class Operation {
  list_buckets,
  create_bucket,
  head_bucket,
  delete_bucket,
  bucket_location,
  get_versioning,
  put_versioning,
  get_bucket_tagging,
  put_bucket_tagging,
  delete_bucket_tagging,
  bucket_acl,
  get_encryption,
  put_encryption,
  delete_encryption,
  get_public_access,
  put_public_access,
  delete_public_access,
  get_cors,
  put_cors,
  delete_cors,
  get_lifecycle,
  put_lifecycle,
  delete_lifecycle,
  get_tiering,
  put_tiering,
  delete_tiering,
  list_objects,
  list_objects_v2,
  list_versions,
  list_uploads,
  delete_objects,
  put_object,
  copy_object,
  get_object,
  head_object,
  delete_object,
  object_acl,
  object_attributes,
  get_tagging,
  put_tagging,
  delete_tagging,
  create_upload,
  upload_part,
  upload_part_copy,
  list_parts,
  complete_upload,
  abort_upload,
};

enum class Target { service, bucket, object };

/// Names of headers in lower case, or of query parameters. A name that ends with '-' stands for all
/// that begin with it.
using Names = std::span<const std::string_view>;

struct OperationRow {
  Operation operation;
  std::string_view name;  ///< S3's, as in x-id
  std::string_view method;
  Target target;
  /// Query parameters that make a request this operation. Of several rows that fit, the one with
  /// the most holds.
  Names selectors;
  Names query;
  std::array<Names, 7> headers;
  bool stores = false;  ///< the headers of kStored become part of an object
  bool takes_body = false;
};

[[nodiscard]] std::span<const OperationRow> operations();
[[nodiscard]] const OperationRow& row_of(Operation operation);

/// Fails with MethodNotAllowed, or NotImplemented if the method has operations on such a target but
/// the query names none of them.
[[nodiscard]] const OperationRow& find_operation(std::string_view method, Target target,
                                                 const net::QueryParams& query,
                                                 const net::Headers& headers);

/// The owner that the store reports, of everything.
inline constexpr std::string_view kOwnerId = "wardbook";

/// Holds the request against its operation's lists, and the values that lists cannot judge against
/// what the store does. `head` is as the client sent it, `effective` has the headers that a
/// presigned URL carries in its query. Fails with NotImplemented, InvalidArgument, InvalidRequest,
/// or AccessDenied (another owner expected; a header that is stored or changes the operation, and
/// is not signed).
void check_declared(const OperationRow& row, const net::RequestHead& head,
                    const net::RequestHead& effective, const net::QueryParams& query,
                    const s3::Claim& claim);

/// Takes out of a presigned request's headers what check_declared lets pass unsigned because it is
/// not meant for the store: it must not be kept with an object.
void drop_unkept(net::Headers& headers, const s3::Claim& claim);

}  // namespace wardbook::objectd
