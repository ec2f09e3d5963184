#include "s3/call.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace wardbook::s3 {
namespace {

constexpr std::string_view kMetaPrefix = "x-amz-meta-";

bool take_number(std::string_view& text, std::uint64_t& value) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
  return true;
}

bool take(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(what.size());
  return true;
}

/// No line may be smuggled in: what ends in a header comes from file names and forms.
bool is_header_value(std::string_view value) {
  return std::ranges::all_of(
      value, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

bool is_header_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
  });
}

/// ObjectInfo::others.
constexpr std::array<std::string_view, 7> kOthers{"cache-control",
                                                  "content-disposition",
                                                  "content-language",
                                                  "expires",
                                                  "x-amz-missing-meta",
                                                  "x-amz-tagging-count",
                                                  "x-amz-website-redirect-location"};

}  // namespace

std::optional<std::string_view> ObjectInfo::meta(std::string_view name) const {
  const auto found = std::ranges::find(metadata, name, &NameValue::first);
  if (found == metadata.end()) return std::nullopt;
  return found->second;
}

std::optional<ContentRange> parse_content_range(std::string_view text) {
  ContentRange range;
  const bool well_formed = take(text, "bytes ") && take_number(text, range.first) &&
                           take(text, "-") && take_number(text, range.last) && take(text, "/") &&
                           take_number(text, range.size) && text.empty();
  if (!well_formed || range.first > range.last || range.last >= range.size) return std::nullopt;
  return range;
}

std::optional<ObjectInfo> object_info(const net::Headers& headers,
                                      std::optional<std::uint64_t> content_length) {
  ObjectInfo info;
  if (const auto text = headers.get("content-range")) {
    const auto range = parse_content_range(*text);
    if (!range) return std::nullopt;
    info.size = range->size;
  } else if (content_length) {
    info.size = *content_length;
  } else {
    return std::nullopt;
  }
  const auto take_header = [&headers](std::string_view name) {
    return std::string(headers.get(name).value_or(""));
  };
  info.etag = unquoted(headers.get("etag").value_or(""));
  info.content_type = take_header("content-type");
  info.content_encoding = take_header("content-encoding");
  info.storage_class = take_header("x-amz-storage-class");
  info.server_side_encryption = take_header("x-amz-server-side-encryption");
  info.checksum_sha256 = take_header("x-amz-checksum-sha256");
  info.archive_status = take_header("x-amz-archive-status");
  info.restore = take_header("x-amz-restore");
  info.last_modified = take_header("last-modified");
  for (const auto& [name, value] : headers.all()) {
    auto lowered = lower_case(name);
    if (lowered.starts_with(kMetaPrefix)) {
      info.metadata.emplace_back(lowered.substr(kMetaPrefix.size()), value);
    } else if (std::ranges::find(kOthers, lowered) != kOthers.end()) {
      info.others.emplace_back(std::move(lowered), value);
    }
  }
  return info;
}

bool add_put_headers(const PutOptions& options, net::Headers& headers) {
  const auto add = [&headers](std::string_view name, std::string_view value) {
    if (value.empty()) return true;
    headers.set(name, value);
    return is_header_value(value);
  };
  bool good = add("Content-Type", options.content_type) &&
              add("Content-Encoding", options.content_encoding) &&
              add("x-amz-storage-class", options.storage_class) &&
              add("x-amz-server-side-encryption", options.server_side_encryption) &&
              add("x-amz-checksum-sha256", options.checksum_sha256) &&
              add("x-amz-checksum-algorithm", options.checksum_algorithm) &&
              add("If-None-Match", options.if_none_match ? "*" : "");
  for (const auto& [name, value] : options.metadata) {
    good = good && is_header_name(name) && is_header_value(value);
    headers.set(std::string(kMetaPrefix) + name, value);
  }
  return good;
}

S3Failure unintelligible(int status, std::string_view what) {
  return {S3Error::unavailable, status, "UnintelligibleAnswer", std::string(what), true};
}

}  // namespace wardbook::s3
