#include "features/attachments/verify.h"

namespace wardbook::attachments {
namespace {

/// What lies directly below `prefix`, all pages.
Task<std::vector<std::string>> folders_below(s3::Store& store, std::string prefix) {
  std::vector<std::string> out;
  std::string token;
  do {
    auto page = co_await store.list_page(prefix, token, 1'000, "/");
    if (!page) throw store_failure(page.error());
    for (auto& folder : page->common_prefixes) out.push_back(std::move(folder));
    token = std::move(page->next_token);
  } while (!token.empty());
  co_return out;
}

}  // namespace

Task<> list_objects(s3::Store& store, TenantId tenant, RecordId record,
                    std::function<void(const s3::ListedObject&)> visit) {
  // A record's files lie in the months in which they came.
  const auto years = co_await folders_below(store, tenant.str() + "/medical-records/");
  for (const auto& year : years) {
    const auto months = co_await folders_below(store, year);
    for (const auto& month : months) {
      const std::string prefix = month + std::to_string(record.value) + "/";
      const auto listed = co_await store.list(prefix, visit);
      if (!listed) throw store_failure(listed.error());
    }
  }
}

}  // namespace wardbook::attachments
