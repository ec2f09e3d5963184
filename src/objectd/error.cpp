#include "objectd/error.h"

#include "objectd/xml.h"

namespace wardbook::objectd {

net::Response render_error(const S3Error& error, std::string_view resource,
                           std::string_view request_id) {
  net::Response out;
  out.status = error.kind().status;
  if (out.status == 304) return out;
  XmlWriter xml;
  xml.open("Error").text("Code", error.kind().code).text("Message", error.what());
  for (const auto& [name, value] : error.details()) {
    if (name.starts_with("x-amz-")) {
      out.headers.set(name, value);
    } else {
      xml.text(name, value);
    }
  }
  xml.text("Resource", resource).text("RequestId", request_id).close();
  out.headers.set("Content-Type", "application/xml");
  out.body = std::move(xml).str();
  return out;
}

}  // namespace wardbook::objectd
