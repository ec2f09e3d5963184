#include "api/conditions.h"
#include "api/input.h"
#include "api/paging.h"
#include "api/write.h"
#include "base/log.h"
#include "features/attachments/archive.h"
#include "features/attachments/attachments_sql.h"
#include "features/attachments/conditions.h"
#include "features/attachments/headers.h"
#include "features/attachments/outgoing.h"
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

/// Sends `piece` and what follows.
Task<> send_pieces(net::Exchange& exchange, Outgoing& out, std::string piece) {
  // A client that reads slowly holds none of the connections to the store.
  const net::StallCall stalled(exchange, [&out] { out.release(); });
  while (!piece.empty()) {
    co_await exchange.write(piece);
    piece = co_await out.next();
  }
}

void queue_download(api::Write& w, const Attachment& a, audit::Action action) {
  w.tx().queue(kCountDownload, a.id);
  w.log({.action = action,
         .resource = "attachment",
         .resource_id = a.id.value,
         .patient = a.patient_id});
}

Task<> was_downloaded(App& app, const api::Request& req, const Attachment& a) {
  api::Write w = co_await api::write(app, req);
  queue_download(w, a, "attachment.download");
  co_await w.commit();
}

Task<> was_read(App& app, const api::Request& req, audit::Action action, RecordId record,
                PatientId patient) {
  audit::Entry seen{
      .action = action, .resource = "record", .resource_id = record.value, .patient = patient};
  co_await app.audit.read(req, std::move(seen));
}

/// Ends a request for a file whose bytes are not those that were verified, and says so to its
/// hospital's log and to the operator; unless the file was removed in the meantime.
Task<> fail_altered(App& app, const api::Request& req, const Attachment& a, bool lost) {
  const auto now = co_await app.db.read_maybe_one(req.caller.tenant(), kGetAttachment, a.id);
  if (!now || now->purged) throw Failure(Code::attachment_not_found);
  if (now->state != "available") throw Failure(Code::attachment_not_available);
  if (lost) {
    // A HEAD does not tell a missing bucket from a missing object.
    const auto bucket = co_await app.objects.check_bucket();
    if (!bucket) throw store_failure(bucket.error());
  }
  log::error(lost ? kLost : kAltered,
             {{"tenant", req.caller.tenant().str()}, {"attachment", a.id.value}});
  constexpr audit::Action kLostAction = "attachment.lost";
  constexpr audit::Action kAlteredAction = "attachment.altered";
  audit::Entry entry{.action = lost ? kLostAction : kAlteredAction,
                     .resource = "attachment",
                     .resource_id = a.id.value,
                     .patient = a.patient_id,
                     .refused = true,
                     .reason = lost ? kLost : kAltered};
  co_await app.audit.read(req, std::move(entry));
  throw Failure(lost ? Code::attachment_lost : Code::attachment_altered);
}

/// Ends a request whose bytes are not to be had for a reason that stays.
Task<> fail_for_good(App& app, const api::Request& req, const Attachment& a, Code why) {
  if (why == Code::archived) co_await fail_archived(app, req, a);
  co_await fail_altered(app, req, a, why == Code::attachment_lost);
}

bool is_for_good(Code code) {
  return code == Code::attachment_altered || code == Code::attachment_lost ||
         code == Code::archived;
}

/// Whether the object is still the one that was verified, as far as a HEAD tells. A link cannot ask
/// for that by itself: no browser sends If-Match.
Task<> require_unaltered(App& app, const Attachment& a) {
  const auto info = co_await app.objects.head(a.s3_key);
  if (!info) throw altered_or(info.error());
  const bool same = (!a.etag || *a.etag == info->etag) &&
                    info->size == static_cast<std::uint64_t>(a.stored_size) &&
                    info->content_encoding == a.content_encoding.value_or("");
  if (!same) throw Failure(Code::attachment_altered, {}, kAltered);
  if (s3::place_of(*info) != s3::Place::at_hand) throw Failure(Code::archived);
}

/// The type with a text's encoding, where that is not the usual one.
std::string content_type(const Attachment& a) {
  const bool named = a.charset && *a.charset != "UTF-8";
  return named ? a.file_type + "; charset=" + *a.charset : a.file_type;
}

/// Where the bytes are to be had for a while.
std::string signed_url_json(App& app, const Attachment& a) {
  const auto ttl = std::min(app.settings.attachments.url_ttl, std::chrono::seconds(3'600));
  const std::vector<s3::NameValue> params{
      {"response-content-disposition", disposition(a.file_name)},
      {"response-content-type", content_type(a)},
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

/// 200 or 206 with `span` of the file, once its first bytes are there.
Task<> send_content(App& app, const api::Request& req, const Attachment& a, int status,
                    net::Headers headers, Span span) {
  Outgoing out =
      co_await Outgoing::open(app.db, app.objects, req.caller.tenant(), a, span.first, span.last);
  const bool body = req.head.method != "HEAD";
  std::string piece;
  if (body) piece = co_await out.next();
  co_await was_downloaded(app, req, a);
  co_await req.exchange->start(status, std::move(headers), span.last - span.first + 1);
  if (body) co_await send_pieces(*req.exchange, out, std::move(piece));
}

Task<Attachment> available(App& app, const api::Request& req) {
  Attachment a = co_await find_attachment(app, req);
  if (a.state != "available") throw Failure(Code::attachment_not_available);
  co_return a;
}

}  // namespace

Task<Attachment> find_shown(App& app, const api::Request& req) {
  const auto id = req.path_id<AttachmentId>(Code::attachment_not_found);
  auto a = co_await app.db.read_maybe_one(req.caller.tenant(), kGetAttachment, id);
  if (!a) throw Failure(Code::attachment_not_found);
  const bool told_later = a->state == "rejected" && a->completed_at;
  if (a->purged && !told_later) throw Failure(Code::attachment_not_found);
  co_return std::move(*a);
}

Task<Attachment> find_attachment(App& app, const api::Request& req) {
  Attachment a = co_await find_shown(app, req);
  if (a.purged) throw Failure(Code::attachment_not_found);
  co_return a;
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
  const Attachment a = co_await find_shown(app, req);
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
  refuse_foreign_headers(req.head.headers);
  const Attachment a = co_await available(app, req);
  std::optional<Code> why;
  try {
    co_await require_unaltered(app, a);
  } catch (const Failure& failure) {
    if (!is_for_good(failure.code())) throw;
    why = failure.code();
  }
  if (why) co_await fail_for_good(app, req, a, *why);
  api::Write w = co_await api::write(app, req);
  api::Response answer;
  if (!w.replayed()) {
    queue_download(w, a, "attachment.download_url");
    req.saw("attachment", a.id.value, a.patient_id);
    // Kept without the URL, which is a secret.
    answer = co_await w.commit(api::ok(std::string("{}")));
  } else {
    // Not one more download, but one more way to the bytes that somebody was given.
    answer = w.replay();
    audit::Entry seen{.action = "attachment.download_url",
                      .resource = "attachment",
                      .resource_id = a.id.value,
                      .patient = a.patient_id};
    co_await app.audit.read(req, std::move(seen));
    if (req.looks != nullptr) req.looks->entered = true;
  }
  answer.body = signed_url_json(app, a);
  co_return answer;
}

Task<api::Response> download_content(App& app, api::Request req) {
  if (!app.settings.attachments.proxy) {
    throw Failure(Code::forbidden, "Files come straight from the store here: ask for a URL.");
  }
  const Attachment a = co_await available(app, req);
  const std::string etag = '"' + a.sha256.value_or("") + '"';
  net::Headers headers{{"Content-Type", content_type(a)},
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
  if (range) {
    headers.set("Content-Range", "bytes " + std::to_string(span.first) + "-" +
                                     std::to_string(span.last) + "/" + std::to_string(size));
  }
  response.streamed = true;
  response.status = range ? 206 : 200;
  std::optional<Code> why;
  try {
    co_await send_content(app, req, a, response.status, std::move(headers), span);
  } catch (const Failure& failure) {
    if (!is_for_good(failure.code())) throw;
    why = failure.code();
  }
  if (why) co_await fail_for_good(app, req, a, *why);
  co_return response;
}

}  // namespace wardbook::attachments
