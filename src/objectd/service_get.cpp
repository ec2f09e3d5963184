#include <algorithm>
#include <array>

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include "objectd/error.h"
#include "objectd/service.h"
#include "objectd/xml.h"

namespace wardbook::objectd {
namespace {

/// An object open at the range that was asked for, its first piece already read and checked.
struct Opened {
  std::shared_ptr<ObjectReader> reader;
  ByteRange range;
  bool partial = false;
  std::string first;
};

/// `partNumber=N`: the range of that part.
std::optional<ByteRange> part_range(const S3Request& request, const ObjectMeta& meta) {
  const int number = int_param(request, "partNumber", 0, 10'001);
  if (!request.param("partNumber")) return std::nullopt;
  if (meta.parts.empty() && number == 1) return ByteRange{0, meta.size};
  std::uint64_t at = 0;
  for (const auto& part : meta.parts) {
    if (part.number == number) return ByteRange{at, part.size};
    at += part.size;
  }
  throw S3Error(errors::kInvalidPart, "The object has no such part");
}

/// A client that goes on with a download wants the whole if the object is another one by now.
bool range_holds(const net::Headers& headers, const ObjectMeta& meta) {
  const auto condition = headers.get("if-range");
  return !condition || objectd::range_holds(*condition, meta.etag, meta.modified);
}

Opened open_wanted(Service& service, const S3Request& request, const net::Headers& headers,
                   bool body) {
  Opened out;
  out.reader = std::make_shared<ObjectReader>(
      service.store.open(request.bucket, request.key, request.version()));
  const auto& meta = out.reader->meta();
  try {
    check_preconditions(headers, "", meta.etag, meta.modified);
  } catch (const S3Error& error) {
    if (error.kind().status != 304) throw;
    throw S3Error(errors::kNotModified, {},
                  {{"ETag", quoted_etag(meta.etag)}, {"Last-Modified", http_date(meta.modified)}});
  }
  out.range = {0, meta.size};
  if (const auto part = part_range(request, meta)) {
    out.range = *part;
    out.partial = meta.size > 0;
  } else if (const auto range = headers.get("range"); range && range_holds(headers, meta)) {
    if (const auto asked = parse_range(*range, meta.size)) {
      out.range = *asked;
      out.partial = true;
    }
  }
  if (!body) return out;
  out.first.resize(std::min<std::uint64_t>(out.range.length, kSmallRead));
  out.reader->read(out.range.first, out.first);
  return out;
}

constexpr std::array<std::string_view, 6> kOverridable{"cache-control",    "content-disposition",
                                                       "content-encoding", "content-language",
                                                       "content-type",     "expires"};

/// The object's for the whole, the part's for a part, none for any other range.
void add_checksum_headers(net::Headers& out, const S3Request& request, const Opened& opened) {
  const auto& meta = opened.reader->meta();
  if (!meta.checksum) return;
  std::string value = meta.checksum->value;
  if (request.param("partNumber") && !meta.parts.empty()) {
    const int number = int_param(request, "partNumber", 0, kMaxParts);
    value = std::ranges::find(meta.parts, number, &PartMeta::number)->checksum;
  } else if (opened.partial && opened.range.length != meta.size) {
    value.clear();
  }
  if (value.empty()) return;
  out.set(header_of(meta.checksum->kind), value);
  out.set("x-amz-checksum-type", meta.checksum->full_object ? "FULL_OBJECT" : "COMPOSITE");
}

/// User metadata that is not ASCII. Clients read headers as ISO-8859-1, so what fits is sent in it;
/// the rest as an encoded word (RFC 2047), as S3 does. What is not UTF-8 goes back as it came.
std::string as_header(std::string_view name, const std::string& value) {
  if (!name.starts_with("x-amz-meta-") || !valid_utf8(value)) return value;
  std::string latin;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto byte = static_cast<unsigned char>(value[i]);
    if (byte < 0x80) {
      latin += value[i];
    } else if (byte == 0xc2 || byte == 0xc3) {
      latin += static_cast<char>((byte & 3) << 6 | (value[++i] & 0x3f));
    } else {
      return "=?UTF-8?B?" + to_base64(value) + "?=";
    }
  }
  return latin;
}

void add_object_headers(net::Headers& out, const S3Request& request, const net::Headers& asked,
                        const Opened& opened) {
  const auto& meta = opened.reader->meta();
  for (const auto& [name, value] : meta.headers) out.set(name, as_header(name, value));
  for (const auto name : kOverridable) {
    if (const auto value = request.param("response-" + std::string(name))) out.set(name, *value);
  }
  if (!out.get("content-type")) out.set("Content-Type", "binary/octet-stream");
  out.set("ETag", quoted_etag(meta.etag));
  out.set("Last-Modified", http_date(meta.modified));
  out.set("Accept-Ranges", "bytes");
  out.set("x-amz-server-side-encryption", "AES256");
  if (!meta.tags.empty()) out.set("x-amz-tagging-count", std::to_string(meta.tags.size()));
  const auto& range = opened.range;
  if (opened.partial) {
    out.set("Content-Range", "bytes " + std::to_string(range.first) + "-" +
                                 std::to_string(range.first + range.length - 1) + "/" +
                                 std::to_string(meta.size));
  }
  if (request.param("partNumber") && !meta.parts.empty()) {
    out.set("x-amz-mp-parts-count", std::to_string(meta.parts.size()));
  }
  const auto mode = asked.get("x-amz-checksum-mode");
  if (mode && equal_ignoring_case(*mode, "ENABLED")) add_checksum_headers(out, request, opened);
}

/// A slot is for a client that reads; one that stalls gives it back.
Task<> send_body(Service& service, net::Exchange& exchange, Opened opened) {
  auto at = opened.range.first;
  const auto end = at + opened.range.length;
  auto piece = std::move(opened.first);
  std::optional<Slots::Slot> slot;
  const net::StallCall stalled(exchange, [&slot] { slot.reset(); });
  while (true) {
    at += piece.size();
    Ahead<std::string> next;
    if (at < end) {
      if (!slot) {
        if (auto taken = service.transfers.try_take()) slot.emplace(std::move(*taken));
      }
      const auto size = std::min<std::uint64_t>(end - at, slot ? kPieceBytes : kSmallRead);
      auto job = [reader = opened.reader, at, size] {
        std::string more(size, '\0');
        reader->read(at, more);
        return more;
      };
      next.start(service.pool, service.reactor, std::move(job));
    }
    co_await exchange.write(piece);
    if (!next.started()) co_return;
    piece = co_await next.get();
  }
}

}  // namespace

Task<> get_object(Service& service, net::Exchange& exchange, Call call) {
  const bool body = exchange.head().method == "GET";
  auto job = [&service, &call, body] {
    return open_wanted(service, call.request, call.head.headers, body);
  };
  auto opened = co_await run_on(service.pool, std::move(job));
  net::Headers headers;
  add_object_headers(headers, call.request, call.head.headers, opened);
  add_version(service, opened.reader->meta(), headers);
  add_common_headers(service, exchange.head(), exchange.id(), headers);
  const int status = opened.partial ? 206 : 200;
  if (!body) {
    co_await exchange.start(status, std::move(headers), opened.range.length);
    co_return;
  }
  if (opened.range.length <= kSmallRead) {
    net::Response response;
    response.status = status;
    response.headers = std::move(headers);
    response.body = std::move(opened.first);
    co_await exchange.respond(std::move(response));
    co_return;
  }
  co_await exchange.start(status, std::move(headers), opened.range.length);
  co_await send_body(service, exchange, std::move(opened));
}

}  // namespace wardbook::objectd
