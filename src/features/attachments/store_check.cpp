#include <utility>

#include "base/hash.h"
#include "features/attachments/attachments_sql.h"
#include "features/attachments/verify.h"

namespace wardbook::attachments {
namespace {

constexpr int kCheckPage = 1'000;

/// The rows of a tenant in the order of their keys, a page at a time.
class Rows {
 public:
  Rows(db::Pool& db, TenantId tenant, std::string bucket)
      : db_(db), tenant_(std::move(tenant)), bucket_(std::move(bucket)) {}

  /// nullptr at the end.
  Task<const StoredRow*> next() {
    if (at_ == page_.size()) {
      if (ended_) co_return nullptr;
      db::Tx tx = co_await db_.begin_job(tenant_);
      page_ = co_await tx.all(kStoredRows, after_, bucket_, kCheckPage);
      co_await tx.commit();
      at_ = 0;
      ended_ = page_.size() < static_cast<std::size_t>(kCheckPage);
      if (page_.empty()) co_return nullptr;
      after_ = page_.back().key;
    }
    co_return &page_[at_++];
  }

 private:
  db::Pool& db_;
  TenantId tenant_;
  std::string bucket_;
  std::vector<StoredRow> page_;
  std::size_t at_ = 0;
  std::string after_;
  bool ended_ = false;
};

/// Whether the row's object has to be there.
bool is_kept(const StoredRow& row) {
  return row.state == "available" || row.state == "quarantined" || row.state == "deleted" ||
         (row.state == "pending" && row.arrived);
}

/// What the bucket's list shows of an object that is otherwise than its row says.
std::optional<std::string> listed_fault(const StoredRow& row, const s3::ListedObject& object) {
  if (static_cast<std::int64_t>(object.size) != row.stored_size) {
    return "has " + std::to_string(object.size) + " bytes, not " + std::to_string(row.stored_size);
  }
  if (row.etag && *row.etag != object.etag) return "has another ETag";
  return std::nullopt;
}

/// The object's bytes against the row's digest.
Task<std::optional<std::string>> content_fault_of(s3::Store& store, StoredRow row) {
  if (!row.stored_sha256 || row.state == "pending") co_return std::nullopt;
  auto object = co_await store.get(row.key, std::nullopt, row.etag.value_or(""));
  if (!object) {
    if (object.error().error == s3::S3Error::archived) co_return "is in the archive: not read";
    if (object.error().error == s3::S3Error::unavailable) throw store_failure(object.error());
    co_return "cannot be read: " + std::string(s3::to_string(object.error().error));
  }
  Hasher hash;
  std::string buffer(kReadBytes, '\0');
  while (true) {
    const std::span<char> into(buffer);
    const auto got = co_await object->read(into);
    if (!got && got.error().error == s3::S3Error::unavailable) throw store_failure(got.error());
    if (!got) co_return "cannot be read: " + std::string(s3::to_string(got.error().error));
    if (*got == 0) break;
    hash.update(std::string_view(buffer.data(), *got));
  }
  if (to_hex(hash.finish()) == *row.stored_sha256) co_return std::nullopt;
  co_return "has other bytes";
}

class StoreCheck {
 public:
  StoreCheck(db::Pool& db, s3::Store& store, TenantId tenant, bool rehash, OnFinding on_finding)
      : db_(db),
        store_(store),
        tenant_(tenant),
        rehash_(rehash),
        on_finding_(std::move(on_finding)),
        rows_(db, tenant, store.options().bucket) {}

  /// Both lists have the order of their keys' bytes, so one walk along both is enough.
  Task<Checked> run() {
    const std::string prefix = tenant_.str() + "/medical-records/";
    row_ = co_await rows_.next();
    std::string token;
    do {
      auto page = co_await store_.list_page(prefix, token);
      if (!page) throw store_failure(page.error());
      for (const auto& object : page->objects) co_await meet(object);
      co_await tell_orphans();
      token = std::move(page->next_token);
    } while (!token.empty());
    while (row_ != nullptr) co_await pass_row();
    co_return out_;
  }

 private:
  Task<> meet(const s3::ListedObject& object) {
    ++out_.objects;
    while (row_ != nullptr && row_->key < object.key) co_await pass_row();
    if (row_ == nullptr || row_->key != object.key) {
      unknown_.push_back(object.key);
      co_return;
    }
    const StoredRow row = *row_;
    ++out_.rows;
    row_ = co_await rows_.next();
    if (!is_kept(row)) co_return;
    auto fault = listed_fault(row, object);
    if (!fault && rehash_) fault = co_await content_fault_of(store_, row);
    if (!fault) co_return;
    ++out_.altered;
    on_finding_(row.key, *fault);
  }

  /// A row whose object is not in the list.
  Task<> pass_row() {
    ++out_.rows;
    if (is_kept(*row_)) {
      // It may have been published or purged since the list or the row was read.
      const auto now = co_await db_.read_maybe_one(tenant_, kShowAttachment, row_->id);
      const auto object = co_await store_.head(row_->key);
      const bool away = !object && object.error().error != s3::S3Error::not_found;
      if (away) throw store_failure(object.error());
      if (!object && now && !now->purged && now->s3_key == row_->key) {
        ++out_.missing;
        on_finding_(row_->key, "is not in the store");
      }
    }
    row_ = co_await rows_.next();
  }

  Task<> tell_orphans() {
    if (unknown_.empty()) co_return;
    db::Tx tx = co_await db_.begin_job(tenant_);
    auto keys = std::move(unknown_);
    unknown_.clear();
    const auto orphans = co_await tx.all(kUnknownKeys, std::move(keys));
    co_await tx.commit();
    for (const auto& key : orphans) {
      ++out_.orphans;
      on_finding_(key.value, "has no row");
    }
  }

  db::Pool& db_;
  s3::Store& store_;
  TenantId tenant_;
  bool rehash_;
  OnFinding on_finding_;
  Rows rows_;
  const StoredRow* row_ = nullptr;
  std::vector<std::string> unknown_;
  Checked out_;
};

}  // namespace

Task<Checked> check_store(db::Pool& db, s3::Store& store, TenantId tenant, bool rehash,
                          OnFinding on_finding) {
  StoreCheck check(db, store, std::move(tenant), rehash, std::move(on_finding));
  co_return co_await check.run();
}

}  // namespace wardbook::attachments
