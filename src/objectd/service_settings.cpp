#include "objectd/error.h"
#include "objectd/service.h"
#include "objectd/xml.h"

namespace wardbook::objectd {
namespace {

constexpr std::size_t kMaxSettingDocument = 256 * 1024;

/// What every bucket has until it is told otherwise, as at AWS.
std::string default_encryption() {
  XmlWriter xml;
  xml.open("ServerSideEncryptionConfiguration", XmlWriter::kNamespace).open("Rule");
  xml.open("ApplyServerSideEncryptionByDefault").text("SSEAlgorithm", "AES256");
  return std::move(xml).str();
}

std::string id_of(BucketSetting setting, const S3Request& request) {
  if (setting != BucketSetting::tiering) return {};
  auto id = request.text("id");
  if (id.empty() || id.size() > 64) {
    throw S3Error(errors::kInvalidArgument, "The configuration's id has 1 to 64 characters");
  }
  return id;
}

}  // namespace

std::optional<BucketSetting> setting_of(Operation operation) {
  using enum Operation;
  switch (operation) {
    case get_encryption:
    case put_encryption:
    case delete_encryption:
      return BucketSetting::encryption;
    case get_public_access:
    case put_public_access:
    case delete_public_access:
      return BucketSetting::public_access;
    case get_cors:
    case put_cors:
    case delete_cors:
      return BucketSetting::cors;
    case get_lifecycle:
    case put_lifecycle:
    case delete_lifecycle:
      return BucketSetting::lifecycle;
    case get_versioning:
    case put_versioning:
      return BucketSetting::versioning;
    case get_bucket_tagging:
    case put_bucket_tagging:
    case delete_bucket_tagging:
      return BucketSetting::tagging;
    case get_tiering:
    case put_tiering:
    case delete_tiering:
      return BucketSetting::tiering;
    default:
      return std::nullopt;
  }
}

net::Response get_setting(Service& service, const S3Request& request, BucketSetting setting) {
  auto document = service.store.setting(request.bucket, setting, id_of(setting, request));
  if (!document && setting == BucketSetting::encryption) document = default_encryption();
  if (!document && setting == BucketSetting::versioning) {
    XmlWriter xml;
    xml.open("VersioningConfiguration", XmlWriter::kNamespace);
    document = std::move(xml).str();
  }
  if (!document) throw S3Error(kind_of(setting).missing, {}, {{"BucketName", request.bucket}});
  return xml_response(std::move(*document));
}

Task<net::Response> put_setting(Service& service, net::Exchange& exchange, Call call,
                                BucketSetting setting) {
  const std::string id = id_of(setting, call.request);
  auto document = co_await read_document(exchange, call, kMaxSettingDocument);
  check_bucket_setting(setting, id, document);
  auto job = [&service, bucket = call.request.bucket, setting, id, text = std::move(document)] {
    service.store.set_setting(bucket, setting, id, text);
    return true;
  };
  (void)co_await run_on(service.pool, std::move(job));
  net::Response out;
  if (setting == BucketSetting::tagging) out.status = 204;
  co_return out;
}

Task<net::Response> delete_setting(Service& service, Call call, BucketSetting setting) {
  const std::string id = id_of(setting, call.request);
  if (setting == BucketSetting::tiering &&
      !service.store.setting(call.request.bucket, setting, id)) {
    throw S3Error(kind_of(setting).missing);
  }
  auto job = [&service, bucket = call.request.bucket, setting, id] {
    service.store.set_setting(bucket, setting, id, std::nullopt);
    return true;
  };
  (void)co_await run_on(service.pool, std::move(job));
  net::Response out;
  out.status = 204;
  co_return out;
}

}  // namespace wardbook::objectd
