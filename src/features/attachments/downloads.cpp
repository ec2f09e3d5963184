#include "api/conditions.h"
#include "api/idempotency.h"
#include "api/input.h"
#include "api/paging.h"
#include "base/gzip.h"
#include "features/attachments/attachments_sql.h"
#include "features/attachments/conditions.h"
#include "features/attachments/verify.h"
#include "features/audit/audit.h"

namespace wardbook::attachments {
namespace {

/// The part that is asked for. If-Range with another tag asks for the whole file.
Wanted wanted_part(const api::Request& req, std::uint64_t size, std::string_view etag) {
  const auto header = req.head.headers.get("Range");
  const auto if_range = req.head.headers.get("If-Range");
  if (!header || (if_range && *if_range != etag)) return {};
  return parse_range(*header, size);
}

/// 416 with the size (RFC 9110, 14.4).
api::Response not_satisfiable(const api::Request& req, std::uint64_t size) {
  net::Response problem = api::problem(Failure(Code::range_not_satisfiable), req.id);
  api::Response response;
  response.status = problem.status;
  response.headers = std::move(problem.headers);
  response.body = std::move(problem.body);
  response.headers.set("Content-Range", "bytes */" + std::to_string(size));
  return response;
}

/// The name for Content-Disposition: a plain ASCII form and the real one (RFC 6266, RFC 8187).
std::string disposition(const std::string& file_name) {
  return "attachment; filename=\"" + safe_name(file_name) + "\"; filename*=UTF-8''" +
         net::percent_encode(file_name);
}

Task<> send_plain(net::Exchange& exchange, s3::ObjectStream& object) {
  std::string buffer(kReadBytes, '\0');
  while (true) {
    const std::span<char> into(buffer);
    auto got = co_await object.read(into);
    if (!got) throw store_failure(got.error());
    if (*got == 0) co_return;
    co_await exchange.write(std::string_view(buffer.data(), *got));
  }
}

/// Unpacks the whole object and sends what lies in `span`.
Task<> send_unpacked(net::Exchange& exchange, s3::ObjectStream& object, std::uint64_t size,
                     Span span) {
  GzipDecoder decoder(size);
  std::string buffer(kReadBytes, '\0');
  std::string piece;
  std::uint64_t at = 0;
  while (at <= span.last) {
    const std::span<char> into(buffer);
    auto got = co_await object.read(into);
    if (!got) throw store_failure(got.error());
    if (*got == 0) throw Failure(Code::internal, {}, "an encoded file ends early");
    piece.clear();
    const auto state = decoder.feed(std::string_view(buffer.data(), *got), piece);
    if (state == GzipDecoder::State::corrupt || state == GzipDecoder::State::too_large) {
      throw Failure(Code::internal, {}, "an encoded file is broken");
    }
    const std::uint64_t end = at + piece.size();
    const std::uint64_t from = std::max(at, span.first);
    const std::uint64_t to = std::min(end, span.last + 1);
    if (from < to) {
      co_await exchange.write(std::string_view(piece).substr(from - at, to - from));
    }
    at = end;
  }
}

void queue_download(db::Tx& tx, const api::Request& req, const Attachment& a, std::string action) {
  tx.queue(kCountDownload, a.id);
  audit::Entry seen{.action = std::move(action),
                    .resource = "attachment",
                    .resource_id = a.id.value,
                    .patient = a.patient_id};
  audit::record(tx, audit::actor_of(req), std::move(seen));
}

Task<> was_downloaded(App& app, const api::Request& req, const Attachment& a) {
  db::Tx tx = co_await app.db.begin(req.caller.tenant());
  queue_download(tx, req, a, "attachment.download");
  co_await tx.commit();
  app.audit.touch(req.caller.tenant());
}

Task<> was_read(App& app, const api::Request& req, std::string action, RecordId record,
                PatientId patient) {
  audit::Entry seen{.action = std::move(action),
                    .resource = "record",
                    .resource_id = record.value,
                    .patient = patient};
  co_await app.audit.write(req.caller.tenant(), audit::actor_of(req), std::move(seen));
}

/// Where the bytes are to be had for a while.
std::string signed_url_json(App& app, const Attachment& a) {
  const auto ttl = std::min(app.settings.attachments.url_ttl, std::chrono::seconds(3'600));
  const std::vector<s3::NameValue> params{
      {"response-content-disposition", disposition(a.file_name)},
      {"response-content-type", a.file_type},
      {"response-cache-control", "private, no-store"}};
  s3::PresignRequest request;
  request.method = "GET";
  request.key = a.s3_key;
  request.params = params;
  request.expires = ttl;
  std::string body;
  api::ObjectWriter out(body);
  out.text("url", app.objects.presign(request));
  out.text("expires_at", format_rfc3339(app.clock.now() + ttl));
  out.text("file_name", a.file_name);
  out.text("file_type", a.file_type);
  out.integer("file_size", a.file_size);
  out.text("content_encoding", a.content_encoding);
  out.end();
  return body;
}

Task<Attachment> available(App& app, const api::Request& req) {
  Attachment a = co_await find_attachment(app, req);
  if (a.state != "available") throw Failure(Code::attachment_not_available);
  co_return a;
}

}  // namespace

Task<Attachment> find_attachment(App& app, const api::Request& req) {
  const auto id = req.path_id<AttachmentId>(Code::attachment_not_found);
  auto a = co_await app.db.read_maybe_one(req.caller.tenant(), kGetAttachment, id);
  if (!a || a->purged) throw Failure(Code::attachment_not_found);
  co_return std::move(*a);
}

Task<api::Response> list_attachments(App& app, api::Request req) {
  const auto record = req.path_id<RecordId>(Code::record_not_found);
  api::Params params(req);
  const api::IntegerPage page(params, req, "attachments");
  params.finish();
  std::vector<Attachment> rows;
  std::optional<std::int64_t> total;
  std::optional<RecordOfUpload> of;
  {
    db::Tx tx = co_await app.db.begin(req.caller.tenant());
    of = co_await tx.maybe_one(kRecordOfFiles, record);
    if (!of) throw Failure(Code::record_not_found);
    rows = co_await tx.all(kListAttachments, record, page.after().value_or(0), page.wanted());
    if (page.count()) total = (co_await tx.one(kCountAttachments, record)).value;
    co_await tx.commit();
  }
  co_await was_read(app, req, "record.files", record, of->patient);
  const auto id = [](const Attachment& a) { return a.id.value; };
  const auto json = [](const Attachment& a) { return to_json(a); };
  co_return api::ok(page.json(rows, id, json, total));
}

Task<api::Response> get_attachment(App& app, api::Request req) {
  const Attachment a = co_await find_attachment(app, req);
  co_await was_read(app, req, "attachment.read", a.record_id, a.patient_id);
  co_return api::ok(to_json(a));
}

Task<api::Response> list_attachment_versions(App& app, api::Request req) {
  const Attachment a = co_await find_attachment(app, req);
  const auto rows =
      co_await app.db.read_all(req.caller.tenant(), kListVersions, a.record_id, a.file_name);
  co_await was_read(app, req, "attachment.versions", a.record_id, a.patient_id);
  std::vector<std::string> items;
  for (const auto& row : rows) items.push_back(to_json(row));
  co_return api::ok(api::page_json(items, std::nullopt));
}

Task<api::Response> download_url(App& app, api::Request req) {
  const Attachment a = co_await available(app, req);
  std::optional<api::Response> answer;
  bool replayed = false;
  try {
    db::Tx tx = co_await api::begin_write(app.db, req);
    queue_download(tx, req, a, "attachment.download_url");
    req.saw("attachment", a.id.value, a.patient_id);
    api::Response stored = api::ok(std::string("{}"));  // without the URL, which is a secret
    answer = co_await api::commit_write(tx, req, std::move(stored));
    app.audit.touch(req.caller.tenant());
  } catch (api::Replay& replay) {
    answer = std::move(replay.response);
    replayed = true;
  }
  // Not one more download, but one more way to the bytes that somebody was given.
  if (replayed) {
    audit::Entry seen{.action = "attachment.download_url",
                      .resource = "attachment",
                      .resource_id = a.id.value,
                      .patient = a.patient_id};
    co_await app.audit.write(req.caller.tenant(), audit::actor_of(req), std::move(seen));
    if (req.looks != nullptr) req.looks->entered = true;
  }
  answer->body = signed_url_json(app, a);
  co_return std::move(*answer);
}

Task<api::Response> download_content(App& app, api::Request req) {
  if (!app.settings.attachments.proxy) {
    throw Failure(Code::forbidden, "Files come straight from the store here: ask for a URL.");
  }
  const Attachment a = co_await available(app, req);
  const std::string etag = '"' + a.sha256.value_or("") + '"';
  net::Headers headers{{"Content-Type", a.file_type},
                       {"Content-Disposition", disposition(a.file_name)},
                       {"ETag", etag},
                       {"Accept-Ranges", "bytes"},
                       {"Cache-Control", "private, no-store"},
                       {"X-Content-Type-Options", "nosniff"},
                       // What a browser shows of a patient's file runs no scripts of it.
                       {"Content-Security-Policy", "default-src 'none'; sandbox"}};
  api::Response response;
  const auto expected = req.head.headers.get("If-Match");
  if (expected && !api::names_etag(*expected, etag, api::Comparison::strong)) {
    throw Failure(Code::version_conflict, "The file is not the one that If-Match names.");
  }
  const auto known = req.head.headers.get("If-None-Match");
  if (known && api::names_etag(*known, etag, api::Comparison::weak)) {
    // No download, but who asks learns that what he has is right.
    co_await was_read(app, req, "attachment.read", a.record_id, a.patient_id);
    response.status = 304;
    response.headers = std::move(headers);
    co_return response;
  }
  const auto size = static_cast<std::uint64_t>(a.file_size);
  const Wanted wanted = wanted_part(req, size, etag);
  if (wanted.kind == RangeKind::unsatisfiable) co_return not_satisfiable(req, size);
  const bool range = wanted.kind == RangeKind::part;
  const Span span = range ? wanted.span : Span{0, size - 1};
  std::optional<s3::ByteRange> from_store;
  if (range && !a.content_encoding) from_store = s3::ByteRange{span.first, span.last};
  auto object = co_await app.objects.get(a.s3_key, from_store);
  if (!object) throw store_failure(object.error());
  co_await was_downloaded(app, req, a);
  if (range) {
    headers.set("Content-Range", "bytes " + std::to_string(span.first) + "-" +
                                     std::to_string(span.last) + "/" + std::to_string(size));
  }
  co_await req.exchange->start(range ? 206 : 200, std::move(headers), span.last - span.first + 1);
  if (req.head.method != "HEAD") {
    // A client that reads slowly holds none of the connections to the store.
    const net::StallCall stalled(*req.exchange, [&object] { object->release(); });
    if (a.content_encoding) {
      co_await send_unpacked(*req.exchange, *object, size, span);
    } else {
      co_await send_plain(*req.exchange, *object);
    }
  }
  response.streamed = true;
  response.status = range ? 206 : 200;
  co_return response;
}

}  // namespace wardbook::attachments
