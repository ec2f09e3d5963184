#include <algorithm>

#include "api/input.h"
#include "api/write.h"
#include "base/hash.h"
#include "base/text.h"
#include "features/attachments/archive.h"
#include "features/attachments/attachments_sql.h"
#include "features/attachments/headers.h"
#include "features/attachments/parts.h"
#include "features/attachments/verify.h"
#include "features/audit/audit.h"
#include "features/records/records.h"

namespace wardbook::attachments {
namespace {

using Need = api::Input::Need;

constexpr std::size_t kNameMost = 255;
constexpr std::size_t kDescriptionMost = 500;

/// What a client declares of a file.
struct Declared {
  std::string file_name;
  std::string file_type;
  std::int64_t file_size = 0;
  std::int64_t stored_size = 0;
  MaybeText content_encoding;
  MaybeText stored_sha256;
  MaybeText description;
  std::optional<std::int64_t> part_bytes;  ///< of an upload in parts
  std::optional<std::vector<std::string>> part_sha256;
};

void check_name_and_type(const Declared& d, std::vector<Fault>& faults) {
  if (d.file_name.find('/') != std::string::npos || d.file_name.find('\\') != std::string::npos) {
    faults.push_back({"/file_name", "must not hold a slash"});
  }
  if (const auto fault = type_fault(d.file_name, d.file_type)) {
    faults.push_back({fault->starts_with("has") ? "/file_name" : "/file_type", *fault});
  }
}

/// A SHA-256 in hex, in lower case; nullopt for anything else.
MaybeText digest_in_hex(std::string_view hex) {
  const auto raw = from_hex(hex);
  if (!raw || raw->size() != 32) return std::nullopt;
  return to_hex(*raw);
}

/// How the file is cut into parts, if it is large enough; and what each has to be, if that is
/// declared.
void parse_parts(api::Input& in, Declared& d, std::vector<Fault>& faults,
                 const Settings::Attachments& settings) {
  if (d.stored_size >= settings.multipart_threshold_bytes) {
    d.part_bytes = part_bytes_for(d.stored_size, settings.part_bytes);
  }
  const auto* digests = in.array("part_sha256", Need::optional, kMostParts);
  if (digests == nullptr) return;
  const std::int64_t count = d.part_bytes ? part_count(d.stored_size, *d.part_bytes) : 0;
  if (static_cast<std::int64_t>(digests->size()) != count) {
    in.fault("part_sha256", count == 0 ? "is for files in parts, and this one has none"
                                       : "must have " + std::to_string(count) +
                                             " digests, one for each part of " +
                                             std::to_string(*d.part_bytes) + " bytes");
    return;
  }
  d.part_sha256.emplace();
  for (std::size_t i = 0; i < digests->size() && faults.size() < kMostFaults; ++i) {
    const auto* text = (*digests)[i].if_string();
    auto digest = text == nullptr ? std::nullopt : digest_in_hex({text->data(), text->size()});
    if (!digest) {
      faults.push_back({"/part_sha256/" + std::to_string(i), "must be 64 hexadecimal digits"});
      continue;
    }
    d.part_sha256->push_back(std::move(*digest));
  }
}

Declared parse_declared(const boost::json::object& body, const Settings::Attachments& settings) {
  std::vector<Fault> faults;
  api::Input in(body, "", faults);
  Declared d;
  d.file_name = in.name("file_name", Need::required, kNameMost).value_or("");
  d.file_type = in.text("file_type", Need::required, 200).value_or("");
  const auto most = most_bytes(d.file_name, settings);
  d.file_size = in.integer("file_size", Need::required, 1, most).value_or(1);
  d.content_encoding = in.one_of("content_encoding", Need::optional, {"gzip"});
  if (d.content_encoding && !gzip_pays(d.file_name)) {
    in.fault("content_encoding", "is not for a type that is compressed already");
  }
  const auto stored = in.integer("stored_size", Need::optional, 1, most);
  d.stored_size = stored.value_or(d.file_size);
  if (d.content_encoding && !in.has("stored_size")) {
    in.fault("stored_size", "is required for an encoded file");
  }
  if (!d.content_encoding && stored && *stored != d.file_size) {
    in.fault("stored_size", "must be file_size for a file that is not encoded");
  }
  if (const auto hash = in.text("stored_sha256", Need::optional, 64)) {
    d.stored_sha256 = digest_in_hex(*hash);
    if (!d.stored_sha256) in.fault("stored_sha256", "must be 64 hexadecimal digits");
  }
  parse_parts(in, d, faults, settings);
  d.description = in.text("description", Need::optional, kDescriptionMost, true);
  in.finish({"id", "state", "version", "s3_key", "s3_bucket", "sha256"});
  if (!d.file_name.empty() && !d.file_type.empty()) check_name_and_type(d, faults);
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  return d;
}

/// The pending row; the caller commits.
Task<Attachment> insert_pending(App& app, api::Write& w, const api::Request& req, RecordId record,
                                Declared d, std::string mode) {
  db::Tx& tx = w.tx();
  const auto of = co_await tx.maybe_one(kRecordOfUpload, record);
  if (!of) throw Failure(Code::record_not_found);
  const Time now = app.clock.now();
  auto [version, key] = co_await free_key(tx, req.caller.tenant(), now, record, d.file_name);
  const auto id = co_await tx.one(kInsertAttachment, record, d.file_name, d.file_type, d.file_size,
                                  std::move(key), app.settings.storage.bucket, req.caller.account,
                                  d.description, version, d.stored_size, d.content_encoding,
                                  d.stored_sha256, of->status != "draft", std::move(mode),
                                  format_rfc3339(now + app.settings.attachments.url_ttl),
                                  format_rfc3339(now), d.part_bytes, d.part_sha256);
  w.log({.action = "attachment.start",
         .resource = "attachment",
         .resource_id = id.value,
         .patient = of->patient});
  co_return co_await tx.one(kShowAttachment, AttachmentId(id.value));
}

/// The member `upload` of one PUT, with a fresh URL.
std::string single_json(App& app, const TenantId& tenant, const Attachment& a, s3::Habits habits) {
  const auto headers = bound_headers(a, tenant, habits);
  const auto ttl = std::min(app.settings.attachments.url_ttl, std::chrono::seconds(3'600));
  s3::PresignRequest request;
  request.method = "PUT";
  request.key = a.upload_key ? *a.upload_key : a.s3_key;
  request.headers = headers;
  request.content_length = static_cast<std::uint64_t>(a.stored_size);
  request.expires = ttl;
  std::string header_json;
  api::ObjectWriter bound(header_json);
  for (const auto& [name, value] : headers) bound.text(name, value);
  bound.end();
  std::string upload;
  api::ObjectWriter up(upload);
  up.text("mode", "single");
  up.text("method", "PUT");
  up.text("url", app.objects.presign(request));
  up.raw("headers", header_json);
  up.text("expires_at", format_rfc3339(app.clock.now() + ttl));
  up.end();
  return upload;
}

/// `{attachment, upload}` with fresh URLs. An upload in parts is made at the store where there is
/// none yet.
Task<std::string> started_json(App& app, TenantId tenant, Attachment a, s3::Habits habits) {
  if (a.in_parts) a = co_await with_upload(app, tenant, std::move(a));
  std::string out;
  api::ObjectWriter whole(out);
  whole.raw("attachment", to_json(a));
  whole.raw("upload",
            a.in_parts ? parts_json(app, a, habits) : single_json(app, tenant, a, habits));
  whole.end();
  co_return out;
}

/// A replayed start signs its URL anew: the stored answer names the attachment only.
Task<api::Response> signed_again(App& app, api::Request req, api::Response stored,
                                 s3::Habits habits) {
  const auto body = boost::json::parse(stored.body);
  const auto id = AttachmentId(body.at("id").as_int64());
  db::Tx tx = co_await app.db.begin(req.caller.tenant());
  const Attachment a = co_await tx.one(kShowAttachment, id);
  co_await tx.commit();
  stored.body = co_await started_json(app, req.caller.tenant(), a, habits);
  co_return stored;
}

Task<api::Response> start_upload(App& app, api::Request req) {
  refuse_foreign_headers(req.head.headers);
  const auto record = req.path_id<RecordId>(Code::record_not_found);
  Declared declared = parse_declared(req.object(), app.settings.attachments);
  const s3::Habits habits = co_await store_habits(app, req.caller.tenant());
  const std::string mode = declared.part_bytes ? "multipart" : "single";
  api::Write w = co_await api::write(app, req);
  if (w.replayed()) co_return co_await signed_again(app, std::move(req), w.replay(), habits);
  const Attachment a = co_await insert_pending(app, w, req, record, std::move(declared), mode);
  req.saw("attachment", a.id.value, a.patient_id);
  const std::string location = "/api/v1/attachments/" + std::to_string(a.id.value);
  api::Response stored = api::created("{\"id\":" + std::to_string(a.id.value) + "}", location);
  api::Response response = co_await w.commit(std::move(stored));
  response.body = co_await started_json(app, req.caller.tenant(), a, habits);
  co_return response;
}

/// A client's body on its way to the store: hashed, its first bytes kept for the sniffing.
struct Passage {
  net::Exchange* exchange;
  Hasher hash;
  Hasher md5;
  std::uint64_t left;
  std::string head;
};

Task<std::size_t> pass_on(std::shared_ptr<Passage> passage, std::span<char> into) {
  const auto got = co_await passage->exchange->read_some(into);
  const std::string_view bytes(into.data(), got);
  passage->hash.update(bytes);
  passage->md5.update(bytes);
  passage->left -= got;
  if (passage->head.size() < kSniffBytes) {
    passage->head.append(bytes.substr(0, kSniffBytes - passage->head.size()));
  }
  co_return got;
}

Declared declared_by_put(const api::Request& req, const Settings::Attachments& settings) {
  Declared d;
  std::vector<Fault> faults;
  boost::json::object given;
  for (const auto& [name, value] : req.query) {
    if (given.contains(name)) faults.push_back({"/" + name, "is given more than once"});
    given[name] = value;
  }
  api::Input in(given, "", faults);
  d.file_name = in.name("file_name", Need::required, kNameMost).value_or("");
  d.description = in.text("description", Need::optional, kDescriptionMost, true);
  in.finish();
  for (const auto* name : {"Content-Type", "Content-Encoding"}) {
    if (req.head.headers.count(name) > 1) {
      throw Failure(Code::bad_request,
                    "The header " + std::string(name) + " is given more than once.");
    }
  }
  d.file_type = std::string(req.head.headers.get("Content-Type").value_or(""));
  d.file_type = d.file_type.substr(0, d.file_type.find(';'));
  if (d.file_type.empty()) {
    throw Failure(Code::unsupported_media_type, "Send the file's type as Content-Type.");
  }
  const auto encoding = req.head.headers.get("Content-Encoding");
  if (encoding && !equal_ignoring_case(*encoding, "identity")) {
    throw Failure(Code::unsupported_media_type, "Send the file itself, without an encoding.");
  }
  if (!d.file_name.empty()) check_name_and_type(d, faults);
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  const auto length = req.exchange->content_length();
  if (!length) throw Failure(Code::bad_request, "Send the file's size as Content-Length.");
  if (*length == 0) throw Failure::invalid({{"", "the file is empty"}});
  if (*length > static_cast<std::uint64_t>(most_bytes(d.file_name, settings))) {
    throw Failure(Code::payload_too_large);
  }
  d.file_size = static_cast<std::int64_t>(*length);
  d.stored_size = d.file_size;
  return d;
}

/// Streams the body into the store. What goes wrong on either side is thrown after the row was
/// rejected, so that nothing unverified stays.
Task<s3::Result<std::string>> stream_to_store(App& app, const TenantId& tenant, Attachment a,
                                              std::shared_ptr<Passage> passage) {
  s3::PutOptions options = stored_with(a, tenant);
  options.if_none_match = app.settings.storage.conditional_put;
  s3::BodyStream body;
  body.source = [passage](std::span<char> into) { return pass_on(passage, into); };
  body.length = static_cast<std::uint64_t>(a.stored_size);
  co_return co_await app.objects.put(a.s3_key, std::move(body), std::move(options));
}

/// Why the store does not have what the client sent. An ETag that is the bytes' MD5 says that it
/// does; any other says nothing (it depends on the store's encryption), so the object is read back.
/// Fails with store_unavailable.
Task<std::optional<std::string>> stored_fault(App& app, Attachment a, const Verdict& sent,
                                              std::string md5) {
  if (sent.etag == md5) co_return std::nullopt;
  a.stored_sha256 = sent.stored_sha256;
  const Verdict stored = co_await verify_object(app.objects, std::move(a));
  co_return stored.fault;
}

/// Holds the stored object against what was sent. Otherwise rejects it, and fails with
/// store_unavailable, also for other bytes: the client sent the right ones.
Task<> hold_against(App& app, const api::Request& req, const Attachment& a, const Verdict& sent,
                    std::string md5) {
  constexpr const char* kWhy = "the store did not keep the file as it was sent";
  std::optional<std::string> fault;
  std::exception_ptr away;
  try {
    fault = co_await stored_fault(app, a, sent, std::move(md5));
  } catch (...) {
    away = std::current_exception();
  }
  if (away) {
    co_await reject(app, req, a, kWhy, Remains::left_to_sweep);
    std::rethrow_exception(away);
  }
  if (!fault) co_return;
  co_await reject(app, req, a, kWhy);
  Failure changed(Code::store_unavailable, {}, "the store changed a file: " + *fault);
  changed.retry_after(2);
  throw changed;
}

Task<api::Response> upload_through(App& app, api::Request req) {
  if (!app.settings.attachments.proxy) {
    throw Failure(Code::forbidden, "Files go straight to the store here: start an upload.");
  }
  const Digests digests = digests_of(req.head.headers);
  const auto record = req.path_id<RecordId>(Code::record_not_found);
  Declared declared = declared_by_put(req, app.settings.attachments);
  std::optional<Attachment> a;
  {
    api::Write w = co_await api::write(app, req);
    a = co_await insert_pending(app, w, req, record, std::move(declared), "proxy");
    co_await w.commit();
  }
  const auto length = static_cast<std::uint64_t>(a->stored_size);
  auto passage = std::make_shared<Passage>(
      Passage{req.exchange, Hasher(), Hasher(Hasher::Kind::md5), length, {}});
  std::exception_ptr client_failed;
  std::optional<s3::Result<std::string>> stored;
  try {
    stored = co_await stream_to_store(app, req.caller.tenant(), *a, passage);
  } catch (...) {
    client_failed = std::current_exception();
  }
  if (client_failed) {
    co_await reject(app, req, *a, "the upload was not finished");
    std::rethrow_exception(client_failed);
  }
  if (!*stored) {
    const bool away = stored->error().error == s3::S3Error::unavailable;
    const Remains remains = away ? Remains::left_to_sweep : Remains::removed_now;
    co_await reject(app, req, *a, "the store did not take the file", remains);
    throw store_failure(stored->error());
  }
  Verdict verdict;
  verdict.file_size = a->file_size;
  verdict.sha256 = to_hex(passage->hash.finish());
  verdict.stored_sha256 = verdict.sha256;
  verdict.etag = **stored;
  const bool whole = passage->head.size() == length;
  if (const auto fault = content_fault(a->file_name, passage->head, whole)) {
    co_await reject(app, req, *a, *fault);
    throw Failure(Code::upload_mismatch, "The file was removed: " + *fault + ".");
  }
  std::string md5 = to_hex(passage->md5.finish());
  if ((digests.md5 && *digests.md5 != md5) ||
      (digests.sha256 && *digests.sha256 != verdict.sha256)) {
    co_await reject(app, req, *a, "the digest is not that of the bytes");
    throw Failure(Code::upload_mismatch, "The file was removed: it is not what its digest says.");
  }
  co_await hold_against(app, req, *a, verdict, std::move(md5));
  Verified verified{a->s3_key, std::move(verdict)};
  api::Response response = co_await publish(app, req, a->id, std::move(verified));
  response.status = 201;
  const std::string location = "/api/v1/attachments/" + std::to_string(a->id.value);
  co_return std::move(response).header("Location", location);
}

Task<api::Response> policy(App& app, api::Request req) {
  (void)req;
  const auto& settings = app.settings.attachments;
  const auto list = [](const std::vector<std::string_view>& types) {
    boost::json::array out;
    for (const auto type : types)
      out.emplace_back(boost::json::string_view(type.data(), type.size()));
    return out;
  };
  const boost::json::object body{
      {"max_bytes", settings.max_bytes},
      {"allowed_types", list(allowed_types())},
      {"compressible_types", list(compressible_types())},
      {"multipart_threshold_bytes", settings.multipart_threshold_bytes},
      {"part_bytes", settings.part_bytes},
      {"url_ttl_seconds", settings.url_ttl.count()},
  };
  co_return api::ok(boost::json::value(body));
}

constexpr api::Subject kAttachment{
    .resource = "attachment", .reading = api::Access::records_read, .whose = &kWhoseAttachment};

}  // namespace

std::vector<api::Route> routes() {
  using enum api::Access;
  using api::Body;
  return {
      {"GET", "/attachments/policy", signed_in, &policy},
      {"POST", "/records/{id}/attachments", attachments_write, records::kRecord, &start_upload,
       Body::json},
      {"PUT", "/records/{id}/attachments", attachments_write, records::kRecord, &upload_through,
       Body::stream},
      {"GET", "/records/{id}/attachments", records_read, records::kRecord, &list_attachments},
      {"POST", "/attachments/{id}/complete", attachments_write, kAttachment, &complete_upload,
       Body::json},
      {"GET", "/attachments/{id}/parts", attachments_write, kAttachment, &list_upload_parts},
      {"GET", "/attachments/{id}", records_read, kAttachment, &get_attachment},
      {"GET", "/attachments/{id}/versions", records_read, kAttachment, &list_attachment_versions},
      {"POST", "/attachments/{id}/download-url", records_read, kAttachment, &download_url,
       Body::no_fields},
      {"GET", "/attachments/{id}/content", records_read, kAttachment, &download_content},
      {"DELETE", "/attachments/{id}", attachments_write, kAttachment, &delete_attachment},
      {"POST", "/attachments/{id}/restore-archive", records_read, kAttachment, &restore_archived,
       Body::no_fields},
      {"POST", "/attachments/{id}/restore", attachments_write, kAttachment, &restore_attachment,
       Body::no_fields},
  };
}

}  // namespace wardbook::attachments
