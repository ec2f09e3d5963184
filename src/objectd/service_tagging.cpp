#include "objectd/error.h"
#include "objectd/service.h"

// The tags of an object. Those of a bucket are one of its settings.
namespace wardbook::objectd {
namespace {

constexpr std::size_t kMaxTagDocument = 64 * 1024;

net::Response tagged(const Store::Tagged& tags, int status) {
  net::Response out;
  out.status = status;
  if (tags.version) out.headers.set("x-amz-version-id", version_text(*tags.version));
  return out;
}

}  // namespace

net::Response get_tagging(Service& service, const S3Request& request) {
  const auto found = service.store.tags(request.bucket, request.key, request.version());
  XmlWriter xml;
  xml.open("Tagging", XmlWriter::kNamespace).open("TagSet");
  for (const auto& [key, value] : found.tags) {
    xml.open("Tag").text("Key", key).text("Value", value).close();
  }
  auto out = xml_response(std::move(xml).str());
  if (found.version) out.headers.set("x-amz-version-id", version_text(*found.version));
  return out;
}

Task<net::Response> put_tagging(Service& service, net::Exchange& exchange, Call call) {
  const auto document = co_await read_document(exchange, call, kMaxTagDocument);
  auto job = [&service, request = std::move(call.request),
              tags = parse_tagging(document, kMostObjectTags)] {
    return service.store.set_tags(request.bucket, request.key, request.version(), tags);
  };
  const auto made = co_await run_on(service.pool, std::move(job));
  co_return tagged(made, 200);
}

Task<net::Response> delete_tagging(Service& service, Call call) {
  auto job = [&service, request = std::move(call.request)] {
    return service.store.set_tags(request.bucket, request.key, request.version(), {});
  };
  const auto made = co_await run_on(service.pool, std::move(job));
  co_return tagged(made, 204);
}

}  // namespace wardbook::objectd
