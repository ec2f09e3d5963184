// Bringing objects back from the store's archive.
#include "base/hash.h"
#include "s3/call.h"
#include "s3/client.h"

namespace wardbook::s3 {
namespace {

/// How long the copy of an object stays whose class does not move with its use.
constexpr int kCopyDays = 7;

bool is_archive_class(std::string_view storage_class) {
  return storage_class == "GLACIER" || storage_class == "DEEP_ARCHIVE";
}

/// Objects of INTELLIGENT_TIERING come back for good: naming days is an error there.
std::string restore_document(std::string_view storage_class) {
  std::string out = R"(<RestoreRequest xmlns="http://s3.amazonaws.com/doc/2006-03-01/">)";
  if (is_archive_class(storage_class)) out += "<Days>" + std::to_string(kCopyDays) + "</Days>";
  return out +
         "<GlacierJobParameters><Tier>Standard</Tier></GlacierJobParameters></RestoreRequest>";
}

}  // namespace

Place place_of(const ObjectInfo& info) {
  if (info.restore.find("ongoing-request=\"true\"") != std::string::npos) return Place::on_its_way;
  if (!info.archive_status.empty()) return Place::archived;
  const bool copied = info.restore.find("ongoing-request=\"false\"") != std::string::npos;
  return is_archive_class(info.storage_class) && !copied ? Place::archived : Place::at_hand;
}

Task<Result<Place>> Store::restore(std::string key, std::string storage_class) {
  auto call = object_call("POST", key);
  call.params = {{"restore", ""}};
  call.headers.set("Content-Type", "application/xml");
  call.body = restore_document(storage_class);
  Hasher md5(Hasher::Kind::md5);
  md5.update(call.body);
  call.headers.set("Content-MD5", to_base64(md5.finish()));
  auto answer = co_await perform(std::move(call));
  // 202: it has begun; 200: there is a copy already.
  if (answer) co_return answer->status == 200 ? Place::at_hand : Place::on_its_way;
  if (answer.error().code == "RestoreAlreadyInProgress") co_return Place::on_its_way;
  // Not in the archive any more since it was looked at.
  if (answer.error().error == S3Error::archived) co_return Place::at_hand;
  co_return std::move(answer).error();
}

}  // namespace wardbook::s3
