#include "objectd/object_meta.h"

#include <boost/json.hpp>

#include "base/hash.h"

namespace wardbook::objectd {
namespace json = boost::json;
namespace {

std::int64_t micros(Time time) {
  return time.time_since_epoch().count();
}
Time from_micros(const json::value& value) {
  return Time(std::chrono::microseconds(value.to_number<std::int64_t>()));
}

std::string text_of(const json::object& object, std::string_view name) {
  return std::string(object.at(name).as_string());
}

json::object part_to_json(const PartMeta& part) {
  return {{"n", part.number},
          {"size", part.size},
          {"etag", part.etag},
          {"sum", part.checksum},
          {"file", to_hex(part.file_id)},
          {"at", micros(part.modified)}};
}

PartMeta part_from_json(const json::object& object) {
  PartMeta part;
  part.number = object.at("n").to_number<int>();
  part.size = object.at("size").to_number<std::uint64_t>();
  part.etag = text_of(object, "etag");
  part.checksum = text_of(object, "sum");
  part.file_id = from_hex(text_of(object, "file")).value();
  part.modified = from_micros(object.at("at"));
  return part;
}

ObjectMeta read(const json::object& object) {
  ObjectMeta meta;
  meta.bucket = text_of(object, "bucket");
  // Keys are kept as hex: JSON demands UTF-8 and would be escaped differently by each writer.
  meta.key = from_hex(text_of(object, "key")).value();
  meta.size = object.at("size").to_number<std::uint64_t>();
  meta.etag = text_of(object, "etag");
  meta.modified = from_micros(object.at("at"));
  for (const auto& field : object.at("headers").as_array()) {
    meta.headers.emplace_back(field.at(0).as_string(), from_hex(field.at(1).as_string()).value());
  }
  if (const auto* sum = object.if_contains("checksum")) {
    const auto kind = checksum_by_name(sum->at("kind").as_string());
    meta.checksum = StoredChecksum{kind.value(), std::string(sum->at("value").as_string()),
                                   sum->at("full").as_bool()};
  }
  if (const auto* generation = object.if_contains("gen")) {
    meta.generation = generation->to_number<std::uint64_t>();
  }
  if (const auto* version = object.if_contains("version")) meta.version = version->as_string();
  if (const auto* marker = object.if_contains("marker")) meta.marker = marker->as_bool();
  if (const auto* of = object.if_contains("tags_of")) {
    meta.tags_of = from_hex(of->as_string()).value();
  }
  if (const auto* tags = object.if_contains("tags")) {
    for (const auto& tag : tags->as_array()) {
      meta.tags.emplace_back(tag.at(0).as_string(), tag.at(1).as_string());
    }
  }
  if (const auto* upload = object.if_contains("upload")) {
    meta.upload_id = upload->as_string();
    for (const auto& part : object.at("parts").as_array()) {
      meta.parts.push_back(part_from_json(part.as_object()));
    }
  }
  return meta;
}

}  // namespace

std::string_view ObjectMeta::header(std::string_view name) const {
  for (const auto& [kept, value] : headers) {
    if (kept == name) return value;
  }
  return {};
}

std::string to_json(const ObjectMeta& meta) {
  json::object out;
  out["bucket"] = meta.bucket;
  out["key"] = to_hex(meta.key);
  out["size"] = meta.size;
  out["etag"] = meta.etag;
  out["at"] = micros(meta.modified);
  json::array headers;
  for (const auto& [name, value] : meta.headers) {
    json::array field;
    field.emplace_back(name);
    field.emplace_back(to_hex(value));
    headers.emplace_back(std::move(field));
  }
  out["headers"] = std::move(headers);
  if (meta.checksum) {
    out["checksum"] = {{"kind", name_of(meta.checksum->kind)},
                       {"value", meta.checksum->value},
                       {"full", meta.checksum->full_object}};
  }
  if (meta.generation != 0) out["gen"] = meta.generation;
  if (!meta.version.empty()) out["version"] = meta.version;
  if (meta.marker) out["marker"] = true;
  if (!meta.tags_of.empty()) out["tags_of"] = to_hex(meta.tags_of);
  if (!meta.tags.empty()) {
    json::array tags;
    for (const auto& [key, value] : meta.tags) {
      json::array tag;
      tag.emplace_back(key);
      tag.emplace_back(value);
      tags.emplace_back(std::move(tag));
    }
    out["tags"] = std::move(tags);
  }
  if (!meta.upload_id.empty()) {
    json::array parts;
    for (const auto& part : meta.parts) parts.emplace_back(part_to_json(part));
    out["upload"] = meta.upload_id;
    out["parts"] = std::move(parts);
  }
  return json::serialize(out);
}

std::optional<ObjectMeta> meta_from_json(std::string_view text) {
  try {
    return read(json::parse(text).as_object());
  } catch (const std::exception&) {  // any of Boost.JSON's and optional's
    return std::nullopt;
  }
}

}  // namespace wardbook::objectd
