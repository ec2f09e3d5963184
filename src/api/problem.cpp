#include "api/conditions.h"
#include "api/input.h"
#include "api/router.h"

namespace wardbook::api {

net::Response problem(const Failure& failure, const std::string& request_id) {
  const auto& info = describe(failure.code());
  net::Response response;
  response.status = info.status;
  response.headers.set("Content-Type", "application/problem+json");
  response.headers.set("Cache-Control", "no-store");
  if (info.status == 401) response.headers.set("WWW-Authenticate", "Bearer realm=\"wardbook\"");
  int retry_after_s = failure.retry_after_s();
  if (retry_after_s == 0 && (info.status == 429 || info.status == 503)) retry_after_s = 1;
  if (retry_after_s > 0) response.headers.set("Retry-After", std::to_string(retry_after_s));

  ObjectWriter out(response.body);
  out.text("type", "urn:wardbook:problem:" + std::string(info.name));
  out.text("title", info.title);
  out.integer("status", info.status);
  out.text("code", info.name);
  out.text("detail", std::string_view(failure.message()));
  out.text("request_id", request_id);
  if (!failure.faults().empty()) {
    boost::json::array errors;
    for (const auto& fault : failure.faults()) {
      errors.push_back({{"pointer", fault.pointer}, {"message", fault.message}});
    }
    out.raw("errors", boost::json::serialize(errors));
  }
  for (const auto& [name, json] : failure.extensions()) {
    out.raw(name, json);
    if (name == kCurrentRevision) response.headers.set("ETag", '"' + json + '"');
  }
  out.end();
  return response;
}

}  // namespace wardbook::api
