// Removing what must not come back.
#include "s3/call.h"
#include "s3/client.h"

namespace wardbook::s3 {
namespace {

/// Whether the store does not know versions, as far as its answer tells.
bool knows_no_versions(const S3Failure& failure) {
  return failure.status == 501 || failure.code == "NotImplemented" ||
         failure.code == "InvalidArgument" || failure.code == "MethodNotAllowed";
}

}  // namespace

Task<Result<VersionPage>> Store::list_versions_page(std::string prefix, std::string key_marker,
                                                    std::string version_id_marker) {
  auto call = bucket_call("GET");
  call.params = {{"versions", ""}, {"encoding-type", "url"}, {"prefix", prefix}};
  if (!key_marker.empty()) {
    call.params.emplace_back("key-marker", key_marker);
    call.params.emplace_back("version-id-marker", version_id_marker);
  }
  auto answer = co_await perform(std::move(call));
  if (!answer) co_return std::move(answer).error();
  auto page = parse_versions_xml(answer->body);
  if (!page || (!page->next_key_marker.empty() && page->next_key_marker == key_marker &&
                page->next_version_id_marker == version_id_marker)) {
    co_return unintelligible(answer->status, "not a ListVersionsResult");
  }
  co_return std::move(*page);
}

Task<Result<void>> Store::remove_version(ListedVersion version) {
  auto call = object_call("DELETE", version.key);
  call.params = {{"versionId", version.version_id}};
  auto answer = co_await perform(std::move(call));
  if (!answer && answer.error().error != S3Error::not_found) co_return std::move(answer).error();
  co_return Result<void>{};
}

Task<Result<void>> Store::remove_versions(std::string prefix, bool exactly) {
  std::string key_marker;
  std::string id_marker;
  do {
    auto page = co_await list_versions_page(prefix, key_marker, id_marker);
    if (!page) co_return std::move(page).error();
    for (auto& version : page->versions) {
      if (exactly && version.key != prefix) co_return Result<void>{};  // they are in order
      auto removed = co_await remove_version(std::move(version));
      if (!removed) co_return std::move(removed);
    }
    key_marker = std::move(page->next_key_marker);
    id_marker = std::move(page->next_version_id_marker);
  } while (!key_marker.empty());
  co_return Result<void>{};
}

Task<Result<void>> Store::abort_uploads(std::string prefix, bool exactly) {
  std::string key_marker;
  std::string id_marker;
  do {
    auto page = co_await list_uploads_page(prefix, key_marker, id_marker);
    if (!page) co_return std::move(page).error();
    for (auto& upload : page->uploads) {
      if (exactly && upload.key != prefix) co_return Result<void>{};
      auto aborted = co_await abort_upload(upload.key, upload.upload_id);
      if (!aborted) co_return std::move(aborted);
    }
    key_marker = std::move(page->next_key_marker);
    id_marker = std::move(page->next_upload_id_marker);
  } while (!key_marker.empty());
  co_return Result<void>{};
}

Task<Result<void>> Store::remove_for_good(std::string key) {
  auto aborted = co_await abort_uploads(key, true);
  if (!aborted) co_return std::move(aborted);
  auto versions = co_await remove_versions(key, true);
  // Where versions are known, a removal without naming one would leave a mark behind.
  if (versions || !knows_no_versions(versions.error())) co_return std::move(versions);
  co_return co_await remove(std::move(key));
}

Task<Result<void>> Store::remove_all_below(std::string prefix) {
  auto aborted = co_await abort_uploads(prefix, false);
  if (!aborted) co_return std::move(aborted);
  auto versions = co_await remove_versions(prefix, false);
  if (versions || !knows_no_versions(versions.error())) co_return std::move(versions);
  // What is removed is not listed again, so the list is read from its beginning.
  while (true) {
    auto page = co_await list_page(prefix);
    if (!page) co_return std::move(page).error();
    for (auto& object : page->objects) {
      auto removed = co_await remove(std::move(object.key));
      if (!removed) co_return std::move(removed);
    }
    if (page->next_token.empty()) co_return Result<void>{};
  }
}

}  // namespace wardbook::s3
