// What clients send to the object store beside heads: XML documents, queries, ranges, dates, copy
// sources, tags, aws-chunked bodies. The first byte chooses, the rest is the input.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "objectd/body.h"
#include "objectd/bucket_settings.h"
#include "objectd/error.h"
#include "objectd/object_meta.h"
#include "objectd/request.h"
#include "objectd/xml.h"

namespace {

using namespace wardbook::objectd;  // NOLINT(google-build-using-namespace)
namespace net = wardbook::net;
namespace s3 = wardbook::s3;

void require(bool condition) {
  if (!condition) std::abort();
}

/// The text between the tags by another way than the program's: comments cut out, CDATA sections
/// taken as they are, references replaced. nullopt for what this cannot judge.
std::optional<std::string> read_again(std::string_view raw) {
  std::string out;
  while (!raw.empty()) {
    const auto skip = [&](std::string_view start, std::string_view end, bool keep) {
      if (!raw.starts_with(start)) return false;
      raw.remove_prefix(start.size());
      const auto at = raw.find(end);
      if (at == std::string_view::npos) return false;
      if (keep) out.append(raw.substr(0, at));
      raw.remove_prefix(at + end.size());
      return true;
    };
    if (skip("<!--", "-->", false) || skip("<![CDATA[", "]]>", true)) continue;
    if (raw.front() == '<' || raw.front() == '\r') return std::nullopt;
    if (raw.front() != '&') {
      out += raw.front();
      raw.remove_prefix(1);
      continue;
    }
    const auto semicolon = raw.find(';');
    const auto name = raw.substr(0, semicolon);
    if (name != "&amp" && name != "&lt" && name != "&gt" && name != "&quot") return std::nullopt;
    out += name == "&amp" ? '&' : name == "&lt" ? '<' : name == "&gt" ? '>' : '"';
    raw.remove_prefix(semicolon + 1);
  }
  return out.find('\r') == std::string::npos ? std::optional(out) : std::nullopt;
}

/// What is put between the tags of a key is read as that key and no other, or not at all.
void key_of_object(std::string_view inside) {
  try {
    const auto wanted =
        parse_delete("<Delete><Object><Key>" + std::string(inside) + "</Key></Object></Delete>");
    const auto expected = read_again(inside);
    if (expected && wanted.removals.size() == 1) require(wanted.removals[0].key == *expected);
  } catch (const S3Error&) {
  }
}

void documents(std::string_view text) {
  key_of_object(text);
  try {
    const auto wanted = parse_delete(text);
    require(!wanted.removals.empty() && wanted.removals.size() <= kMaxDeletes);
    for (const auto& removal : wanted.removals) require(!removal.key.empty());
  } catch (const S3Error&) {
  }
  try {
    const auto parts = parse_complete(text);
    for (std::size_t i = 1; i < parts.size(); ++i) {
      require(parts[i - 1].number < parts[i].number);
    }
  } catch (const S3Error&) {
  }
  try {
    (void)parse_create_bucket(text);
  } catch (const S3Error&) {
  }
}

void settings(std::string_view text) {
  for (const auto setting : {BucketSetting::encryption, BucketSetting::public_access,
                             BucketSetting::cors, BucketSetting::lifecycle, BucketSetting::tiering,
                             BucketSetting::versioning, BucketSetting::tagging}) {
    try {
      check_bucket_setting(setting, "a", text);
    } catch (const S3Error&) {
    }
  }
}

void check_found(const Tags& tags) {
  require(tags.size() <= kMostObjectTags);
  for (std::size_t i = 0; i < tags.size(); ++i) {
    require(!tags[i].first.empty() && (i == 0 || tags[i - 1].first < tags[i].first));
  }
}

void tags(std::string_view text) {
  try {
    check_found(parse_tag_header(text));
  } catch (const S3Error&) {
  }
  try {
    check_found(parse_tagging(text, kMostObjectTags));
  } catch (const S3Error&) {
  }
}

void target(std::string_view text) {
  for (const auto* method : {"GET", "PUT", "POST", "DELETE", "HEAD"}) {
    net::RequestHead head;
    head.method = method;
    head.target = "/" + std::string(text);
    try {
      const auto request = parse_request(with_query_headers(head));
      (void)int_param(request, "max-keys", 1000, 1000);
    } catch (const S3Error&) {
    }
  }
}

void fields(std::string_view text) {
  for (const std::uint64_t size : {0ULL, 1ULL, 1000ULL, ~0ULL}) {
    try {
      if (const auto range = parse_range(text, size)) {
        require(range->length > 0 && range->first < size && range->length <= size - range->first);
      }
    } catch (const S3Error&) {
    }
  }
  if (const auto time = parse_http_date(text)) require(parse_http_date(http_date(*time)) == time);
  try {
    const auto range = parse_copy_range(text, 1000);
    require(range.length > 0 && range.first < 1000 && range.length <= 1000 - range.first);
  } catch (const S3Error&) {
  }
  try {
    const auto source = parse_copy_source(text);
    require(!source.bucket.empty() && !source.key.empty());
  } catch (const S3Error&) {
  }
  if (const auto meta = meta_from_json(text)) require(meta_from_json(to_json(*meta)).has_value());
}

struct Result {
  std::string content;
  bool accepted = false;
  bool operator==(const Result&) const = default;
};

Result receive(const BodyPlan& plan, std::string_view raw, std::size_t piece) {
  Result out;
  try {
    BodyReceiver receiver(plan);
    for (std::size_t at = 0; at < raw.size(); at += piece) {
      receiver.feed(raw.substr(at, piece), [&](std::string_view more) { out.content += more; });
    }
    receiver.finish();
    out.accepted = true;
  } catch (const S3Error&) {
    out.content.clear();
  }
  return out;
}

void body(std::string_view raw) {
  BodyPlan plan;
  plan.framing = BodyPlan::Framing::unsigned_chunks;
  plan.trailer = !raw.empty() && (raw.front() & 1) != 0;
  plan.length = 5;
  const auto whole = receive(plan, raw, raw.size() + 1);
  require(!whole.accepted || whole.content.size() == 5);
  require(receive(plan, raw, 1) == whole);
  require(receive(plan, raw, 3) == whole);
  const s3::Scope scope{"20260301", "us-east-1", "s3"};
  plan.framing = BodyPlan::Framing::signed_chunks;
  plan.chunk_signer.emplace(s3::SigningKey("a-secret-no-fuzzer-knows", scope), "20260301T101112Z",
                            scope.str(), std::string(64, 'a'));
  require(!receive(plan, raw, 7).accepted);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      documents(text);
      settings(text);
      tags(text);
      break;
    case 1:
      target(text);
      break;
    case 2:
      fields(text);
      break;
    default:
      body(text);
  }
  return 0;
}
