#include "app/web_ui.h"

#include <array>
#include <utility>

#include "api/conditions.h"
#include "base/hash.h"
#include "base/text.h"
#include "s3/endpoint.h"

namespace wardbook::app {
namespace web_embedded {
extern const std::span<const EmbeddedFile> kFiles;
}

namespace {

constexpr std::string_view kIndex = "index.html";
constexpr std::string_view kAssets = "/assets/";

constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".woff2", "font/woff2"},
    {".wasm", "application/wasm"},
    {".json", "application/json"},
    {".txt", "text/plain; charset=utf-8"},
};

std::string_view type_of_file(std::string_view path) {
  for (const auto& [ending, type] : kTypes) {
    if (path.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

/// The codings there may be, the smallest result first.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kCodings = {
    {{"br", ".br"}, {"gzip", ".gz"}}};

/// Whether a coding is listed, and not with a weight of zero (RFC 9110, 12.5.3).
bool takes_coding(std::string_view accept, std::string_view coding) {
  for (const auto part : split(accept, ",")) {
    const auto semicolon = part.find(';');
    if (!equal_ignoring_case(trimmed(part.substr(0, semicolon)), coding)) continue;
    if (semicolon == std::string_view::npos) return true;
    const auto weight = trimmed(part.substr(semicolon + 1));
    return weight.find_first_of("123456789") != std::string_view::npos;
  }
  return false;
}

/// Paths that belong to programs; a browser that asks for one gets an error, not a page.
bool belongs_to_programs(std::string_view path) {
  constexpr std::string_view kFolders[] = {"/api/", "/docs/", "/assets/", "/.well-known/"};
  for (const auto folder : kFolders) {
    if (path.starts_with(folder) || path == folder.substr(0, folder.size() - 1)) return true;
  }
  return path.substr(path.rfind('/')).find('.') != std::string_view::npos;
}

/// Headers of every answer; the type of a page or file is beside them.
api::Response described(std::string_view type, std::string_view policy) {
  api::Response out;
  out.headers.set("Content-Type", type);
  out.headers.set("Content-Security-Policy", policy);
  out.headers.set("Referrer-Policy", "no-referrer");
  out.headers.set("Cross-Origin-Opener-Policy", "same-origin");
  out.headers.set("Cross-Origin-Resource-Policy", "same-origin");
  return out;
}

}  // namespace

std::string store_origin(const Settings::Storage& storage) {
  const auto& url = storage.public_endpoint.empty() ? storage.endpoint : storage.public_endpoint;
  if (url.empty()) return {};
  return s3::BucketAddress(s3::Endpoint::parse(url), storage.bucket, storage.path_style).origin;
}

std::span<const EmbeddedFile> built_in_web() {
  return web_embedded::kFiles;
}

WebUi::WebUi(std::span<const EmbeddedFile> files, const Settings& settings) {
  for (const auto& file : files) {
    std::string_view path = file.path;
    std::string_view coding;
    for (const auto& [name, ending] : kCodings) {
      if (!path.ends_with(ending)) continue;
      path.remove_suffix(ending.size());
      coding = name;
    }
    File& entry = files_[std::string(path)];
    entry.type = type_of_file(path);
    entry.worker = path.find("-worker-") != std::string_view::npos;
    const auto etag = '"' + to_hex(sha256(file.bytes)).substr(0, 32) + '"';
    entry.variants[std::string(coding)] = {file.bytes, etag};
  }
  const std::string store = store_origin(settings.storage);
  const std::string connect = "connect-src 'self'" + (store.empty() ? "" : " " + store);
  page_policy_ = "default-src 'none'; script-src 'self'; style-src 'self'; " + connect +
                 "; img-src 'self' blob: data:; font-src 'self'; worker-src 'self'; "
                 "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  worker_policy_ = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; " + connect;
}

api::Response WebUi::file(const File& file, const net::RequestHead& head) const {
  const auto accept = head.headers.get("Accept-Encoding").value_or("");
  auto chosen = file.variants.find("");
  for (const auto& [coding, ending] : kCodings) {
    const auto found = file.variants.find(coding);
    if (found == file.variants.end() || !takes_coding(accept, coding)) continue;
    chosen = found;
    break;
  }
  api::Response out = described(file.type, file.worker ? worker_policy_ : page_policy_);
  out.headers.set("Vary", "Accept-Encoding");
  out.headers.set("ETag", chosen->second.etag);
  if (!chosen->first.empty()) out.headers.set("Content-Encoding", chosen->first);
  const auto known = head.headers.get("If-None-Match");
  if (known && api::names_etag(*known, chosen->second.etag, api::Comparison::weak)) {
    out.headers.erase("Content-Encoding");
    out.status = 304;
  } else {
    out.fixed = chosen->second.bytes;
  }
  return out;
}

api::Response WebUi::index(const net::RequestHead& head) const {
  api::Response out = file(files_.at(std::string(kIndex)), head);
  out.headers.set("Cache-Control", "no-store");
  return out;
}

std::optional<api::Response> WebUi::answer(const net::RequestHead& head) const {
  if (!files_.contains(kIndex)) return std::nullopt;
  const auto path = head.raw_path();
  if (const auto found = files_.find(path.substr(1));
      found != files_.end() && found->first != kIndex && found->second.variants.contains("")) {
    api::Response out = file(found->second, head);
    // The name changes with the content.
    out.headers.set("Cache-Control",
                    path.starts_with(kAssets) ? "public, max-age=31536000, immutable" : "no-cache");
    return out;
  }
  if (path == "/") return index(head);
  if (belongs_to_programs(path)) return std::nullopt;
  const auto accept = head.headers.get("Accept").value_or("");
  if (accept.find("text/html") == std::string_view::npos) return std::nullopt;
  return index(head);
}

}  // namespace wardbook::app
