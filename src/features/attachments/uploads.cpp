#include "features/attachments/uploads.h"

#include <algorithm>

#include "api/input.h"
#include "api/write.h"
#include "base/hash.h"
#include "base/text.h"
#include "features/attachments/archive.h"
#include "features/attachments/attachments_sql.h"
#include "features/attachments/headers.h"
#include "features/attachments/parts.h"
#include "features/attachments/types.h"
#include "features/attachments/verify.h"
#include "features/audit/audit.h"
#include "features/records/records.h"

namespace wardbook::attachments {

namespace {
constexpr std::size_t kCharsetMost = 40;
}  // namespace

void set_type(Declared& d, std::string_view declared) {
  d.file_type = usual_type(d.file_name, declared);
  const std::string charset = charset_parameter(declared);
  const bool is_name =
      !charset.empty() && charset.size() <= kCharsetMost &&
      std::ranges::all_of(charset, [](char c) {
        return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.' || c == ':';
      });
  d.charset.reset();
  if (is_name) d.charset = charset;
}

void check_name_and_type(const Declared& d, std::vector<Fault>& faults) {
  if (d.file_name.find('/') != std::string::npos || d.file_name.find('\\') != std::string::npos) {
    faults.push_back({"/file_name", "must not hold a slash"});
  }
  if (const auto fault = type_fault(d.file_name, d.file_type)) {
    faults.push_back({fault->starts_with("has") ? "/file_name" : "/file_type", *fault});
  }
}

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
                                  format_rfc3339(now), d.part_bytes, d.part_sha256, d.charset);
  w.log({.action = "attachment.start",
         .resource = "attachment",
         .resource_id = id.value,
         .patient = of->patient});
  co_return co_await tx.one(kShowAttachment, AttachmentId(id.value));
}

namespace {

using Need = api::Input::Need;

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
  set_type(d, in.text("file_type", Need::required, 200).value_or(""));
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
