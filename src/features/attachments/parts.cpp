#include "features/attachments/parts.h"

#include <algorithm>
#include <map>

#include "api/input.h"
#include "api/write.h"
#include "base/hash.h"
#include "base/text.h"
#include "features/attachments/attachments_sql.h"
#include "features/audit/audit.h"

namespace wardbook::attachments {
namespace {

/// More than these make answers with all URLs large.
constexpr std::int64_t kFewParts = 1'000;

/// What has arrived, by number.
using Arrived = std::map<std::int64_t, s3::Part>;

/// A part that is not of its size counts for nothing: it is sent again.
Arrived sound_parts(const Attachment& a, std::vector<s3::Part> listed) {
  const std::int64_t count = part_count(a.stored_size, a.part_bytes);
  Arrived out;
  for (auto& part : listed) {
    const bool sound = part.number >= 1 && part.number <= count &&
                       static_cast<std::int64_t>(part.size) == part_size(a, part.number);
    if (sound) out.emplace(part.number, std::move(part));
  }
  return out;
}

std::string headers_json(const std::vector<s3::NameValue>& headers) {
  std::string out;
  api::ObjectWriter writer(out);
  for (const auto& [name, value] : headers) writer.text(name, value);
  writer.end();
  return out;
}

/// Whoever has a part's URL could have another hospital's file copied into it, where the store does
/// not insist on signed headers: see bound_headers.
std::vector<s3::NameValue> bound_to_parts(s3::Habits habits) {
  if (habits.signs_every_header) return {};
  return {{"x-amz-copy-source-if-match", "none"},
          {"x-amz-copy-if-match", "none"},
          {"x-amz-copy-source-range", "none"}};
}

std::string part_json(App& app, const Attachment& a, std::int64_t number,
                      std::vector<s3::NameValue> headers, std::chrono::seconds ttl) {
  std::vector<s3::NameValue> own;
  if (!a.part_sha256.empty()) {
    const auto& hex = a.part_sha256.at(static_cast<std::size_t>(number - 1));
    own.emplace_back("x-amz-checksum-sha256", to_base64(from_hex(hex).value_or("")));
  }
  headers.insert(headers.end(), own.begin(), own.end());
  const std::vector<s3::NameValue> params{{"partNumber", std::to_string(number)},
                                          {"uploadId", a.upload_id.value_or("")}};
  s3::PresignRequest request;
  request.method = "PUT";
  request.key = a.s3_key;
  request.params = params;
  request.headers = headers;
  request.content_length = static_cast<std::uint64_t>(part_size(a, number));
  request.expires = ttl;
  std::string out;
  api::ObjectWriter part(out);
  part.integer("number", number);
  part.text("url", app.objects.presign(request));
  part.integer("size", part_size(a, number));
  if (!own.empty()) part.raw("headers", headers_json(own));
  part.end();
  return out;
}

/// What start and resume tell alike.
void write_upload(api::ObjectWriter& out, App& app, const Attachment& a, s3::Habits habits,
                  const Arrived& arrived) {
  const auto ttl = std::min(app.settings.attachments.url_ttl, std::chrono::seconds(3'600));
  const auto headers = bound_to_parts(habits);
  const std::int64_t count = part_count(a.stored_size, a.part_bytes);
  std::string parts = "[";
  for (std::int64_t number = 1; number <= count; ++number) {
    if (arrived.contains(number)) continue;
    if (parts.size() > 1) parts += ',';
    parts += part_json(app, a, number, headers, ttl);
  }
  parts += ']';
  out.text("mode", "multipart");
  out.text("method", "PUT");
  out.integer("part_bytes", a.part_bytes);
  out.integer("part_count", count);
  out.raw("headers", headers_json(headers));
  out.raw("parts", parts);
  out.text("expires_at", format_rfc3339(app.clock.now() + ttl));
}

std::string arrived_json(const Arrived& arrived) {
  std::string out = "[";
  for (const auto& [number, part] : arrived) {
    if (out.size() > 1) out += ',';
    api::ObjectWriter item(out);
    item.integer("number", number);
    item.integer("size", static_cast<std::int64_t>(part.size));
    item.text("etag", part.etag);
    item.end();
  }
  return out + "]";
}

/// 409 that names the first parts that are missing.
Failure missing_parts(const Attachment& a, const Arrived& arrived) {
  constexpr int kNamed = 10;
  const std::int64_t count = part_count(a.stored_size, a.part_bytes);
  std::string names;
  int named = 0;
  for (std::int64_t number = 1; number <= count && named < kNamed; ++number) {
    if (arrived.contains(number)) continue;
    names += (named++ == 0 ? "" : ", ") + std::to_string(number);
  }
  const auto missing = count - static_cast<std::int64_t>(arrived.size());
  if (missing > kNamed) names += ", …";
  return Failure(Code::upload_not_finished, std::to_string(missing) + " of " +
                                                std::to_string(count) +
                                                " parts have not arrived: " + names + ".");
}

/// What a client names must be exactly what has arrived.
void check_named(const std::vector<NamedPart>& named, const Arrived& arrived) {
  std::vector<Fault> faults;
  std::vector<std::int64_t> numbers;
  for (std::size_t i = 0; i < named.size() && faults.size() < kMostFaults; ++i) {
    const std::string pointer = "/parts/" + std::to_string(i);
    const auto at = arrived.find(named[i].number);
    if (at == arrived.end()) {
      faults.push_back({pointer + "/number", "is not a part of this upload"});
    } else if (at->second.etag != named[i].etag) {
      faults.push_back({pointer + "/etag", "is not that of the part that has arrived"});
    }
    numbers.push_back(named[i].number);
  }
  std::ranges::sort(numbers);
  if (std::ranges::adjacent_find(numbers) != numbers.end()) {
    faults.push_back({"/parts", "must name no part twice"});
  } else if (faults.empty() && numbers.size() != arrived.size()) {
    faults.push_back({"/parts", "must name all " + std::to_string(arrived.size()) + " parts"});
  }
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
}

/// The parts at the store; nullopt when it knows no such upload (any more).
Task<std::optional<Arrived>> arrived_parts(App& app, const Attachment& a) {
  if (!a.upload_id) co_return std::nullopt;
  auto listed = co_await app.objects.list_parts(a.s3_key, *a.upload_id);
  if (listed) co_return sound_parts(a, std::move(*listed));
  if (listed.error().error != s3::S3Error::not_found) throw store_failure(listed.error());
  co_return std::nullopt;
}

}  // namespace

std::int64_t part_count(std::int64_t stored_size, std::int64_t part_bytes) {
  return (stored_size + part_bytes - 1) / part_bytes;
}

std::int64_t part_bytes_for(std::int64_t stored_size, std::int64_t wanted) {
  std::int64_t bytes = std::clamp(wanted, kLeastPartBytes, kMostPartBytes);
  while (bytes < kMostPartBytes && part_count(stored_size, bytes) > kFewParts) {
    bytes = std::min(bytes * 2, kMostPartBytes);
  }
  return bytes;
}

std::int64_t part_size(const Attachment& a, std::int64_t number) {
  const std::int64_t count = part_count(a.stored_size, a.part_bytes);
  return number < count ? a.part_bytes : a.stored_size - (count - 1) * a.part_bytes;
}

std::optional<std::vector<NamedPart>> named_parts(api::Input& in, std::vector<Fault>& faults) {
  const auto* parts = in.array("parts", api::Input::Need::optional, kMostParts);
  if (parts == nullptr) return std::nullopt;
  std::vector<NamedPart> out;
  for (std::size_t i = 0; i < parts->size() && faults.size() < kMostFaults; ++i) {
    const std::string pointer = "/parts/" + std::to_string(i);
    const auto* object = (*parts)[i].if_object();
    if (object == nullptr) {
      faults.push_back({pointer, "must be an object"});
      continue;
    }
    api::Input part(*object, pointer, faults);
    NamedPart named;
    named.number = part.integer("number", api::Input::Need::required, 1, kMostParts).value_or(0);
    named.etag = unquoted(part.text("etag", api::Input::Need::required, 200).value_or(""));
    part.finish();
    out.push_back(std::move(named));
  }
  return out;
}

Task<Attachment> with_upload(App& app, TenantId tenant, Attachment a,
                             std::optional<std::string> gone) {
  if (a.upload_id && a.upload_id != gone) co_return a;
  s3::PutOptions options = stored_with(a, tenant);
  if (!a.part_sha256.empty()) options.checksum_algorithm = "SHA256";
  const auto made = co_await app.objects.create_upload(a.s3_key, std::move(options));
  if (!made) throw store_failure(made.error());
  std::optional<db::Int64Row> noted;
  {
    db::Tx tx = co_await app.db.begin(tenant);
    noted = co_await tx.maybe_one(kNoteUpload, a.id, a.upload_id, *made);
    co_await tx.commit();
  }
  if (noted) {
    a.upload_id = *made;
    co_return a;
  }
  // Another request was faster, or the upload has ended. The sweep aborts what this cannot.
  (void)co_await app.objects.abort_upload(a.s3_key, *made);
  auto now = co_await app.db.read_maybe_one(tenant, kGetAttachment, a.id);
  if (!now) throw Failure(Code::attachment_not_found);
  if (now->state != "pending" || !now->upload_id || now->upload_id == gone) {
    throw Failure(Code::attachment_not_available);
  }
  co_return std::move(*now);
}

std::string parts_json(App& app, const Attachment& a, s3::Habits habits) {
  std::string text;
  api::ObjectWriter out(text);
  write_upload(out, app, a, habits, {});
  out.end();
  return text;
}

Task<bool> put_together(App& app, Attachment a, std::optional<std::vector<NamedPart>> named,
                        s3::Habits habits) {
  if (!a.upload_id) throw Failure(Code::upload_not_finished);
  const auto arrived = co_await arrived_parts(app, a);
  if (!arrived) co_return true;  // put together before, or gone: the object tells
  const std::int64_t count = part_count(a.stored_size, a.part_bytes);
  if (static_cast<std::int64_t>(arrived->size()) != count) throw missing_parts(a, *arrived);
  if (named) check_named(*named, *arrived);
  std::vector<s3::Part> parts;
  for (const auto& [number, part] : *arrived) parts.push_back(part);
  const auto done = co_await app.objects.complete_upload(a.s3_key, *a.upload_id, std::move(parts),
                                                         habits.first_put_wins);
  if (done) co_return true;
  const s3::S3Failure& failure = done.error();
  using enum s3::S3Error;
  if (failure.error == not_found || failure.error == already_exists) co_return true;
  if (failure.maybe_done) co_return false;
  if (failure.code == "InvalidPart") {
    throw Failure(Code::upload_not_finished,
                  "A part was replaced in the meantime; complete again.");
  }
  throw store_failure(failure);
}

Task<api::Response> list_upload_parts(App& app, api::Request req) {
  const TenantId tenant = req.caller.tenant();
  Attachment a = co_await find_attachment(app, req);
  if (!a.in_parts) throw Failure(Code::conflict, "This file is not uploaded in parts.");
  if (a.state != "pending") throw Failure(Code::attachment_not_available);
  const s3::Habits habits = co_await store_habits(app, tenant);
  auto arrived = co_await arrived_parts(app, a);
  if (!arrived) {
    // Either the parts were put together, or the bucket's own rule has aborted the upload.
    const auto object = co_await app.objects.head(a.s3_key);
    if (object) throw Failure(Code::conflict, "All parts have arrived; complete the upload.");
    if (object.error().error != s3::S3Error::not_found) throw store_failure(object.error());
    auto gone = a.upload_id;
    a = co_await with_upload(app, tenant, std::move(a), std::move(gone));
    arrived.emplace();
  }
  const Time until = app.clock.now() + app.settings.attachments.url_ttl;
  api::Write w = co_await api::write(app, req);
  w.tx().queue(kProlong, a.id, format_rfc3339(until));
  w.log({.action = "attachment.resume",
         .resource = "attachment",
         .resource_id = a.id.value,
         .patient = a.patient_id});
  co_await w.commit();
  std::string text;
  api::ObjectWriter out(text);
  out.raw("arrived", arrived_json(*arrived));
  write_upload(out, app, a, habits, *arrived);
  out.end();
  co_return api::ok(std::move(text));
}

}  // namespace wardbook::attachments
