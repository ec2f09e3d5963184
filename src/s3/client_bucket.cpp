// The bucket's side of the client: listing, creating, multipart uploads.
#include "base/hash.h"
#include "s3/call.h"
#include "s3/client.h"

namespace wardbook::s3 {

Task<Result<ListPage>> Store::list_page(std::string prefix, std::string token, int max_keys,
                                        std::string delimiter) {
  auto call = bucket_call("GET");
  call.params = {{"list-type", "2"},
                 // Keys may hold characters that XML cannot.
                 {"encoding-type", "url"},
                 {"max-keys", std::to_string(max_keys)}};
  if (!prefix.empty()) call.params.emplace_back("prefix", prefix);
  if (!token.empty()) call.params.emplace_back("continuation-token", token);
  if (!delimiter.empty()) call.params.emplace_back("delimiter", delimiter);
  auto answer = co_await perform(std::move(call));
  if (!answer) co_return std::move(answer).error();
  auto page = parse_list_xml(answer->body);
  // A store that hands out the same token again would be asked for ever.
  if (!page || (!token.empty() && page->next_token == token)) {
    co_return unintelligible(answer->status, "not a ListBucketResult");
  }
  co_return std::move(*page);
}

Task<Result<void>> Store::list(std::string prefix, std::function<void(const ListedObject&)> visit) {
  std::string token;
  do {
    auto page = co_await list_page(prefix, token);
    if (!page) co_return std::move(page).error();
    for (const auto& object : page->objects) visit(object);
    token = std::move(page->next_token);
  } while (!token.empty());
  co_return Result<void>{};
}

Task<Result<void>> Store::check_bucket() {
  auto call = bucket_call("HEAD");
  auto answer = co_await perform(std::move(call));
  if (answer && answer->headers.get(kWritableHeader) == "false") {
    co_return S3Failure{S3Error::unavailable, answer->status, std::string(kNotWritable), {}, false};
  }
  if (answer) co_return Result<void>{};
  auto failure = std::move(answer).error();
  if (failure.error == S3Error::not_found) failure.error = S3Error::no_bucket;
  co_return std::move(failure);
}

Task<Result<void>> Store::ensure_bucket() {
  auto present = co_await check_bucket();
  if (present || present.error().error != S3Error::no_bucket) co_return std::move(present);
  auto call = bucket_call("PUT");
  // us-east-1 is where buckets are without a constraint; naming it is an error at AWS.
  if (options_.region != "us-east-1") call.body = create_bucket_xml(options_.region);
  auto answer = co_await perform(std::move(call));
  if (!answer && answer.error().code == "InvalidLocationConstraint") {
    // Ceph knows zone groups, not regions, and signs with any region.
    auto plain = bucket_call("PUT");
    answer = co_await perform(std::move(plain));
  }
  if (!answer && answer.error().error != S3Error::already_exists) {
    co_return std::move(answer).error();
  }
  // Somebody else's bucket of that name exists as well, but cannot be used.
  co_return co_await check_bucket();
}

Task<Result<std::optional<std::string>>> Store::bucket_setting(std::vector<NameValue> params) {
  auto call = bucket_call("GET");
  call.params = std::move(params);
  auto answer = co_await perform(std::move(call));
  if (answer) co_return std::optional<std::string>(std::move(answer->body));
  if (answer.error().error == S3Error::not_found) co_return std::optional<std::string>();
  co_return std::move(answer).error();
}

Task<Result<void>> Store::set_bucket_setting(std::vector<NameValue> params, std::string document) {
  auto call = bucket_call("PUT");
  call.params = std::move(params);
  call.headers.set("Content-Type", "application/xml");
  Hasher md5(Hasher::Kind::md5);
  md5.update(document);
  call.headers.set("Content-MD5", to_base64(md5.finish()));
  call.body = std::move(document);
  auto answer = co_await perform(std::move(call));
  if (!answer) co_return std::move(answer).error();
  co_return Result<void>{};
}

Task<Result<void>> Store::remove_bucket_setting(std::vector<NameValue> params) {
  auto call = bucket_call("DELETE");
  call.params = std::move(params);
  auto answer = co_await perform(std::move(call));
  if (!answer && answer.error().error != S3Error::not_found) co_return std::move(answer).error();
  co_return Result<void>{};
}

Task<Result<Habits>> Store::habits(std::string probe_key) {
  if (habits_) co_return *habits_;
  PutOptions once;
  once.if_none_match = true;
  const auto first = co_await put(probe_key, "first", once);
  if (!first) co_return first.error();
  const auto second = co_await put(probe_key, "second", once);
  if (!second && second.error().error != S3Error::already_exists) co_return second.error();
  auto call = object_call("PUT", probe_key);
  call.body = "third";
  call.unsigned_headers.set("x-amz-meta-unsigned", "1");
  const auto third = co_await put_call(std::move(call));
  if (!third && third.error().error == S3Error::unavailable) co_return third.error();
  const auto removed = co_await remove(std::move(probe_key));
  if (!removed) co_return removed.error();
  Habits found;
  found.first_put_wins = second.has_error();
  found.signs_every_header = third.has_error();
  habits_ = found;
  co_return found;
}

Task<Result<std::string>> Store::create_upload(std::string key, PutOptions options) {
  auto call = object_call("POST", key);
  call.params = {{"uploads", ""}};
  // If-None-Match goes with the completion.
  options.if_none_match = false;
  if (!add_put_headers(options, call.headers)) {
    co_return S3Failure{S3Error::rejected, 0, "InvalidHeader",
                        "a header value has control characters", false};
  }
  // A repeated one leaves an upload behind that nobody completes; the sweep aborts it.
  auto answer = co_await perform(std::move(call));
  if (!answer) co_return std::move(answer).error();
  auto id = parse_upload_id_xml(answer->body);
  if (!id) co_return unintelligible(answer->status, "not an InitiateMultipartUploadResult");
  co_return std::move(*id);
}

Task<Result<std::string>> Store::upload_part(std::string key, std::string upload_id, int number,
                                             std::string body) {
  auto call = object_call("PUT", key);
  call.params = {{"partNumber", std::to_string(number)}, {"uploadId", upload_id}};
  call.body = std::move(body);
  co_return co_await put_call(std::move(call));
}

Task<Result<std::vector<Part>>> Store::list_parts(std::string key, std::string upload_id) {
  std::vector<Part> parts;
  std::optional<int> marker;
  for (;;) {
    auto call = object_call("GET", key);
    call.params = {{"uploadId", upload_id}};
    if (marker) call.params.emplace_back("part-number-marker", std::to_string(*marker));
    auto answer = co_await perform(std::move(call));
    if (!answer) co_return std::move(answer).error();
    auto page = parse_parts_xml(answer->body);
    if (!page || (marker && page->next_marker && *page->next_marker <= *marker)) {
      co_return unintelligible(answer->status, "not a ListPartsResult");
    }
    parts.insert(parts.end(), page->parts.begin(), page->parts.end());
    if (!page->next_marker) co_return std::move(parts);
    marker = page->next_marker;
  }
}

Task<Result<std::string>> Store::complete_upload(std::string key, std::string upload_id,
                                                 std::vector<Part> parts, bool if_none_match) {
  auto call = object_call("POST", key);
  call.params = {{"uploadId", upload_id}};
  call.headers.set("Content-Type", "application/xml");
  if (if_none_match) call.headers.set("If-None-Match", "*");
  call.body = complete_upload_xml(parts);
  call.error_in_200 = true;
  call.idempotent = false;
  auto answer = co_await perform(std::move(call));
  if (!answer) co_return std::move(answer).error();
  auto etag = parse_etag_xml(answer->body);
  if (!etag) co_return unintelligible(answer->status, "not a CompleteMultipartUploadResult");
  co_return std::move(*etag);
}

Task<Result<void>> Store::abort_upload(std::string key, std::string upload_id) {
  auto call = object_call("DELETE", key);
  call.params = {{"uploadId", upload_id}};
  auto answer = co_await perform(std::move(call));
  if (!answer && answer.error().error != S3Error::not_found) co_return std::move(answer).error();
  co_return Result<void>{};
}

Task<Result<UploadPage>> Store::list_uploads_page(std::string prefix, std::string key_marker,
                                                  std::string upload_id_marker) {
  auto call = bucket_call("GET");
  // Without encoding-type: Ceph encodes the keys of this list but does not say so.
  call.params = {{"uploads", ""}};
  if (!prefix.empty()) call.params.emplace_back("prefix", prefix);
  if (!key_marker.empty()) {
    call.params.emplace_back("key-marker", key_marker);
    call.params.emplace_back("upload-id-marker", upload_id_marker);
  }
  auto answer = co_await perform(std::move(call));
  if (!answer) co_return std::move(answer).error();
  auto page = parse_uploads_xml(answer->body);
  // A store that names the same place again would be asked for ever.
  if (!page || (!page->next_key_marker.empty() && page->next_key_marker == key_marker &&
                page->next_upload_id_marker == upload_id_marker)) {
    co_return unintelligible(answer->status, "not a ListMultipartUploadsResult");
  }
  co_return std::move(*page);
}

Task<Result<std::vector<StaleUpload>>> Store::list_uploads(std::string prefix) {
  std::vector<StaleUpload> uploads;
  std::string key_marker;
  std::string id_marker;
  do {
    auto page = co_await list_uploads_page(prefix, key_marker, id_marker);
    if (!page) co_return std::move(page).error();
    uploads.insert(uploads.end(), page->uploads.begin(), page->uploads.end());
    key_marker = std::move(page->next_key_marker);
    id_marker = std::move(page->next_upload_id_marker);
  } while (!key_marker.empty());
  co_return std::move(uploads);
}

}  // namespace wardbook::s3
