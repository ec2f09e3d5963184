#include "features/attachments/part_sink.h"

#include <utility>

#include "features/attachments/verify.h"

namespace wardbook::attachments {
namespace {

/// The least that S3 takes as a part that is not the last one.
constexpr std::size_t kSinkPartBytes = 5 * 1024 * 1024;

std::string md5_of(std::string_view bytes) {
  Hasher hash(Hasher::Kind::md5);
  hash.update(bytes);
  return hash.finish();
}

/// The store's failure for a body that was made here: one that the store finds to be another was
/// changed on its way.
Failure sink_failure(const s3::S3Failure& failure) {
  if (failure.error != s3::S3Error::mismatch) return store_failure(failure);
  Failure changed(Code::store_unavailable, {}, "a file was changed on its way to the store");
  changed.retry_after(2);
  return changed;
}

}  // namespace

Task<> PartSink::write(std::string bytes) {
  hash_.update(bytes);
  size_ += static_cast<std::int64_t>(bytes.size());
  pending_ += bytes;
  // One byte more than a part: the last one must not be empty.
  while (pending_.size() > kSinkPartBytes) {
    std::string part = pending_.substr(0, kSinkPartBytes);
    pending_.erase(0, kSinkPartBytes);
    co_await send_part(std::move(part));
  }
}

Task<> PartSink::send_part(std::string part) {
  if (!upload_id_) {
    auto made = co_await store_.create_upload(key_, options_);
    if (!made) throw sink_failure(made.error());
    upload_id_ = std::move(*made);
  }
  part_digests_ += md5_of(part);
  s3::Part sent;
  sent.number = static_cast<int>(parts_.size()) + 1;
  sent.size = part.size();
  auto etag = co_await store_.upload_part(key_, *upload_id_, sent.number, std::move(part));
  if (!etag) throw sink_failure(etag.error());
  sent.etag = std::move(*etag);
  parts_.push_back(std::move(sent));
}

Task<> PartSink::finish() {
  sha256_ = to_hex(hash_.finish());
  if (!upload_id_) {
    expected_etag_ = to_hex(md5_of(pending_));
    auto etag = co_await store_.put(key_, std::exchange(pending_, {}), options_);
    if (!etag) throw sink_failure(etag.error());
    etag_ = std::move(*etag);
    co_return;
  }
  co_await send_part(std::exchange(pending_, {}));
  expected_etag_ = to_hex(md5_of(part_digests_)) + "-" + std::to_string(parts_.size());
  auto etag = co_await store_.complete_upload(key_, *upload_id_, parts_, options_.if_none_match);
  if (!etag && !etag.error().maybe_done) throw sink_failure(etag.error());
  upload_id_.reset();
  if (etag) etag_ = std::move(*etag);
  // An answer was lost, or it did not say.
  if (etag_.empty()) co_await find_etag();
}

Task<> PartSink::find_etag() {
  auto info = co_await store_.head(key_);
  if (!info) throw sink_failure(info.error());
  etag_ = std::move(info->etag);
}

Task<> PartSink::abandon() {
  if (upload_id_) (void)co_await store_.abort_upload(key_, *upload_id_);
  upload_id_.reset();
}

}  // namespace wardbook::attachments
