#include <boost/json.hpp>

#include "base/log.h"
#include "objectd/error.h"
#include "objectd/store.h"
#include "objectd/store_parts.h"

// What is set of a bucket: kept in its bucket.json, obeyed from memory.
namespace wardbook::objectd {
namespace {

constexpr std::size_t kExpiryPage = 500;

std::string json_key(BucketSetting setting, const std::string& id) {
  return std::to_string(static_cast<int>(setting)) + " " + id;
}

}  // namespace

std::string bucket_json(Time created, const BucketDocuments& documents) {
  boost::json::object settings;
  for (const auto& [key, document] : documents) {
    settings[json_key(key.first, key.second)] = document;
  }
  boost::json::object out{{"created", format_rfc3339(created)}};
  if (!settings.empty()) out["settings"] = std::move(settings);
  return boost::json::serialize(out) + "\n";
}

BucketDocuments documents_in(const boost::json::object& bucket) {
  BucketDocuments out;
  const auto* settings = bucket.if_contains("settings");
  if (settings == nullptr || !settings->is_object()) return out;
  for (const auto& member : settings->as_object()) {
    const std::string key(member.key());
    if (key.size() < 2 || key[0] < '0' || key[0] > '6' || !member.value().is_string()) continue;
    const auto setting = static_cast<BucketSetting>(key[0] - '0');
    out[{setting, key.substr(2)}] = std::string(member.value().as_string());
  }
  return out;
}

void obey(BucketRules& rules, const BucketDocuments& documents) {
  for (const auto& [key, document] : documents) {
    try {
      if (key.first == BucketSetting::cors) rules.cors = parse_cors(document);
      if (key.first == BucketSetting::lifecycle) rules.lifecycle = parse_lifecycle(document);
      if (key.first == BucketSetting::versioning) rules.versioning = parse_versioning(document);
    } catch (const S3Error& error) {
      log::error("object store: a bucket's setting is damaged and is not obeyed",
                 {{"reason", error.what()}});
    }
  }
}

std::optional<std::string> Store::setting(const std::string& name, BucketSetting setting,
                                          const std::string& id) const {
  const auto found = bucket(name);
  const std::lock_guard guard(found->settings_lock);
  const auto at = found->documents.find({setting, id});
  if (at == found->documents.end()) return std::nullopt;
  return at->second;
}

BucketDocuments Store::settings(const std::string& name) const {
  const auto found = bucket(name);
  const std::lock_guard guard(found->settings_lock);
  return found->documents;
}

void Store::set_setting(const std::string& name, BucketSetting setting, const std::string& id,
                        std::optional<std::string> document) {
  const auto found = bucket(name);
  const std::shared_lock life(found->life);
  if (found->gone) throw S3Error(errors::kNoSuchBucket, {}, {{"BucketName", name}});
  const std::lock_guard one(found->settings_writing);
  BucketDocuments documents = settings(name);
  if (document) {
    documents[{setting, id}] = std::move(*document);
  } else {
    documents.erase({setting, id});
  }
  if (setting == BucketSetting::tiering && documents.size() > kMostTieringConfigurations) {
    throw S3Error(errors::kInvalidRequest, "Too many configurations");
  }
  auto rules = std::make_shared<BucketRules>();
  obey(*rules, documents);
  fs::write_file_durably(found->folder / "bucket.json", bucket_json(found->created, documents));
  const std::lock_guard guard(found->settings_lock);
  found->documents = std::move(documents);
  found->rules = std::move(rules);
}

std::shared_ptr<const BucketRules> Store::rules(const std::string& name) const {
  const std::shared_lock guard(buckets_lock_);
  const auto at = buckets_.find(name);
  if (at == buckets_.end()) return nullptr;
  const std::lock_guard settings(at->second->settings_lock);
  return at->second->rules;
}

void Store::expire_uploads(const std::string& name, const LifecycleRule& rule) {
  for (const auto& info : uploads(name)) {
    if (!info.key.starts_with(rule.prefix)) continue;
    if (!is_due(info.initiated, *rule.abort_after_days, clock_.now())) continue;
    try {
      abort_upload(name, info.key, info.id);
    } catch (const S3Error&) {
      continue;  // it ended by itself meanwhile
    }
  }
}

void Store::expire_objects(const std::string& name, const LifecycleRule& rule) {
  ListQuery query;
  query.prefix = rule.prefix;
  query.max_keys = kExpiryPage;
  ListResult page;
  do {
    page = list(name, query);
    std::vector<Removal> due;
    for (const auto& object : page.objects) {
      if (!is_due(object.entry.modified, *rule.expire_after_days, clock_.now())) continue;
      Removal removal;
      removal.key = object.key;
      removal.condition.etag = object.entry.etag;  // not one that has just replaced it
      due.push_back(std::move(removal));
    }
    if (!due.empty()) (void)remove_all(name, due);
    query.after = page.next;
  } while (page.truncated);
}

/// Versions that were replaced long enough ago, and delete markers that hide nothing any more.
void Store::expire_versions(const std::string& name, const LifecycleRule& rule) {
  VersionQuery query;
  query.prefix = rule.prefix;
  query.max_keys = kExpiryPage;
  VersionList page;
  const auto now = clock_.now();
  const auto is_over = [&](const VersionList::Item& item) {
    if (item.superseded) {
      return rule.noncurrent_after_days &&
             item.newer >= static_cast<std::size_t>(rule.keep_noncurrent) &&
             is_due(*item.superseded, *rule.noncurrent_after_days, now);
    }
    if (!item.entry.marker || !item.only) return false;
    return rule.lone_markers ||
           (rule.expire_after_days && is_due(item.entry.modified, *rule.expire_after_days, now));
  };
  do {
    page = list_versions(name, query);
    std::vector<Removal> due;
    for (const auto& item : page.items) {
      if (is_over(item)) due.push_back({item.key, {}, item.entry.version});
    }
    if (!due.empty()) (void)remove_all(name, due);
    query.after_key = page.next_key;
    query.after_version = page.next_version;
  } while (page.truncated);
}

void Store::apply_lifecycle() {
  for (const auto& info : buckets()) {
    const auto of = rules(info.name);
    if (of == nullptr) continue;
    for (const auto& rule : of->lifecycle) {
      try {
        if (rule.abort_after_days) expire_uploads(info.name, rule);
        if (rule.expire_after_days) expire_objects(info.name, rule);
        expire_versions(info.name, rule);
      } catch (const std::exception& error) {
        log::warning("object store: a lifecycle rule was not obeyed",
                     {{"bucket", info.name}, {"reason", error.what()}});
      }
    }
  }
}

}  // namespace wardbook::objectd
