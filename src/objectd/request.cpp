#include "objectd/request.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>

#include "base/hash.h"
#include "base/text.h"
#include "base/utf8.h"
#include "objectd/checksums.h"
#include "objectd/error.h"

namespace wardbook::objectd {
namespace {

constexpr std::array<std::string_view, 6> kKeptHeaders{"cache-control",    "content-disposition",
                                                       "content-encoding", "content-language",
                                                       "content-type",     "expires"};

constexpr std::array<std::string_view, 8> kStorageClasses{
    "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA",        "ONEZONE_IA", "GLACIER_IR",
    "GLACIER",  "DEEP_ARCHIVE",       "INTELLIGENT_TIERING"};

std::string without_aws_chunked(std::string_view encodings) {
  std::string out;
  for (const auto part : split(encodings, ",")) {
    const auto one = trimmed(part);
    if (one.empty() || equal_ignoring_case(one, "aws-chunked")) continue;
    if (!out.empty()) out += ", ";
    out.append(one);
  }
  return out;
}

bool names_etag(std::string_view list, std::string_view etag) {
  if (trimmed(list) == "*") return true;
  for (auto one : split(list, ",")) {
    one = trimmed(one);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (unquoted(one) == etag) return true;
  }
  return false;
}

/// What is known before a body is: SDKs presign it for want of a better one.
bool is_checksum_of_nothing(std::string_view header, std::string_view value) {
  return std::ranges::any_of(kChecksumKinds, [&](ChecksumKind kind) {
    return header == header_of(kind) && value == to_base64(Checksum(kind).finish());
  });
}

Time date_of(std::string_view name, std::string_view value) {
  const auto time = parse_http_date(value);
  if (!time) {
    throw S3Error(errors::kInvalidArgument, std::string(name) + " is not a date as HTTP writes it");
  }
  return *time;
}

}  // namespace

std::optional<std::string_view> S3Request::param(std::string_view name) const {
  for (const auto& [own, value] : query) {
    if (own == name) return value;
  }
  return std::nullopt;
}

net::RequestHead with_query_headers(const net::RequestHead& head) {
  constexpr std::array<std::string_view, 8> kOfTheSignature{
      "x-amz-algorithm", "x-amz-credential",     "x-amz-date",          "x-amz-expires",
      "x-amz-signature", "x-amz-security-token", "x-amz-signedheaders", "x-amz-content-sha256"};
  auto out = head;
  const auto query = net::parse_query(head.raw_query());
  if (!query) throw S3Error(errors::kInvalidUri);
  const bool without_body = std::ranges::any_of(*query, [](const auto& param) {
    return is_checksum_of_nothing(lower_case(param.first), param.second);
  });
  for (const auto& [name, value] : *query) {
    const auto lower = lower_case(name);
    if (is_checksum_of_nothing(lower, value)) continue;
    if (without_body && lower == "x-amz-sdk-checksum-algorithm") continue;
    if (!lower.starts_with("x-amz-") ||
        std::ranges::find(kOfTheSignature, lower) != kOfTheSignature.end()) {
      continue;
    }
    if (out.headers.get(lower)) {
      throw S3Error(errors::kInvalidRequest, lower + " is given twice");
    }
    out.headers.add(lower, value);
  }
  return out;
}

S3Request parse_request(const net::RequestHead& head) {
  S3Request out;
  const auto path = net::percent_decode(head.raw_path());
  auto query = net::parse_query(head.raw_query());
  if (!path || !query || !path->starts_with('/') || !valid_utf8(*path)) {
    throw S3Error(errors::kInvalidUri);
  }
  out.query = std::move(*query);
  const auto slash = std::min(path->find('/', 1), path->size());
  out.bucket = path->substr(1, slash - 1);
  if (slash < path->size()) out.key = path->substr(slash + 1);
  if (out.key.size() > kMaxKeyBytes) throw S3Error(errors::kKeyTooLong);
  if (out.bucket.empty() && !out.key.empty()) throw S3Error(errors::kMethodNotAllowed);
  const auto target = out.bucket.empty() ? Target::service
                      : out.key.empty()  ? Target::bucket
                                         : Target::object;
  out.operation = find_operation(head.method, target, out.query, head.headers).operation;
  return out;
}

std::vector<std::pair<std::string, std::string>> stored_headers(const net::Headers& headers) {
  std::vector<std::pair<std::string, std::string>> out;
  std::size_t user_bytes = 0;
  for (const auto& [name, value] : headers.all()) {
    auto lower = lower_case(name);
    if (lower.starts_with("x-amz-meta-")) {
      user_bytes += lower.size() + value.size();
      out.emplace_back(std::move(lower), value);
    } else if (lower == "content-encoding") {
      auto kept = without_aws_chunked(value);
      if (!kept.empty()) out.emplace_back(std::move(lower), std::move(kept));
    } else if (lower == "x-amz-storage-class") {
      if (std::ranges::find(kStorageClasses, value) == kStorageClasses.end()) {
        throw S3Error(errors::kInvalidArgument, "The storage class is not a valid one");
      }
      if (value != "STANDARD") out.emplace_back(std::move(lower), value);
    } else if (lower == "x-amz-server-side-encryption" && value != "AES256") {
      throw S3Error(errors::kInvalidArgument, "The only encryption there is is AES256");
    } else if (std::ranges::find(kKeptHeaders, lower) != kKeptHeaders.end()) {
      out.emplace_back(std::move(lower), value);
    }
  }
  if (user_bytes > kMaxUserMetadataBytes) throw S3Error(errors::kMetadataTooLarge);
  return out;
}

DeleteCondition delete_condition(const net::Headers& headers) {
  DeleteCondition out;
  if (const auto match = headers.get("if-match")) out.etag = unquoted(trimmed(*match));
  if (const auto size = headers.get("x-amz-if-match-size")) {
    out.size = parse_number<std::uint64_t>(*size);
    if (!out.size) throw S3Error(errors::kInvalidArgument, "x-amz-if-match-size is not a number");
  }
  constexpr std::string_view kModified = "x-amz-if-match-last-modified-time";
  if (const auto time = headers.get(kModified)) out.modified = date_of(kModified, *time);
  return out;
}

PutCondition put_condition(const net::Headers& headers) {
  PutCondition out;
  if (const auto none = headers.get("if-none-match")) {
    if (trimmed(*none) != "*") {
      throw S3Error(errors::kNotImplemented, "If-None-Match of a write takes * only");
    }
    out.must_be_new = true;
  }
  if (const auto match = headers.get("if-match")) {
    out.must_match = unquoted(trimmed(*match));
  }
  return out;
}

namespace {

/// A position of any number of digits: one beyond 64 bits lies behind every object.
std::optional<std::uint64_t> position(std::string_view digits) {
  if (digits.empty() || !all_digits(digits)) return std::nullopt;
  return parse_number<std::uint64_t>(digits).value_or(std::numeric_limits<std::uint64_t>::max());
}

/// Tells the object's size, which becomes Content-Range: `bytes */size`.
[[noreturn]] void unsatisfiable(std::uint64_t size) {
  throw S3Error(errors::kInvalidRange, {}, {{"ActualObjectSize", std::to_string(size)}});
}

}  // namespace

std::optional<ByteRange> parse_range(std::string_view header, std::uint64_t size) {
  header = trimmed(header);
  if (!header.starts_with("bytes=") || header.find(',') != std::string_view::npos) {
    return std::nullopt;
  }
  header = trimmed(header.substr(6));
  const auto dash = header.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = position(trimmed(header.substr(0, dash)));
  const auto last_text = trimmed(header.substr(dash + 1));
  const auto last = position(last_text);
  if (dash == 0) {
    if (!last) return std::nullopt;
    if (*last == 0 || size == 0) unsatisfiable(size);
    const auto length = std::min(*last, size);
    return ByteRange{size - length, length};
  }
  if (!first || (!last && !last_text.empty()) || (last && *last < *first)) return std::nullopt;
  if (*first >= size) unsatisfiable(size);
  const auto end = last ? std::min(*last, size - 1) : size - 1;
  return ByteRange{*first, end - *first + 1};
}

ByteRange parse_copy_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  const auto dash = header.find('-');
  std::optional<std::uint64_t> first, last;
  if (header.starts_with(kUnit) && dash != std::string_view::npos) {
    first = position(header.substr(kUnit.size(), dash - kUnit.size()));
    last = position(header.substr(dash + 1));
  }
  if (!first || !last || *last < *first) {
    throw S3Error(errors::kInvalidArgument,
                  "The x-amz-copy-source-range must be of the form bytes=first-last");
  }
  if (*last >= size) unsatisfiable(size);
  return {*first, *last - *first + 1};
}

void check_preconditions(const net::Headers& headers, std::string_view prefix,
                         std::string_view etag, Time modified) {
  const auto get = [&](std::string_view name) {
    return headers.get(std::string(prefix).append(name));
  };
  const auto second = std::chrono::floor<std::chrono::seconds>(modified);
  if (const auto match = get("if-match")) {
    if (!names_etag(*match, etag)) {
      throw S3Error(errors::kPreconditionFailed, {}, {{"Condition", "If-Match"}});
    }
  } else if (const auto since = get("if-unmodified-since")) {
    if (second > date_of("If-Unmodified-Since", *since)) {
      throw S3Error(errors::kPreconditionFailed, {}, {{"Condition", "If-Unmodified-Since"}});
    }
  }
  bool unchanged = false;
  if (const auto none = get("if-none-match")) {
    unchanged = names_etag(*none, etag);
  } else if (const auto since = get("if-modified-since")) {
    unchanged = second <= date_of("If-Modified-Since", *since);
  }
  if (unchanged) {
    throw S3Error(prefix.empty() ? errors::kNotModified : errors::kPreconditionFailed);
  }
}

bool range_holds(std::string_view if_range, std::string_view etag, Time modified) {
  if_range = trimmed(if_range);
  // Only a strong ETag will do (RFC 9110, 13.1.5); all of ours are.
  if (if_range.starts_with('"')) return unquoted(if_range) == etag;
  const auto time = parse_http_date(if_range);
  return time && std::chrono::floor<std::chrono::seconds>(modified) == *time;
}

namespace {
constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
}  // namespace

std::string http_date(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  std::array<char, 64> out{};
  const auto length = std::snprintf(
      out.data(), out.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
      kDays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
      kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return std::string(out.data(), static_cast<std::size_t>(length));
}

std::optional<Time> parse_http_date(std::string_view text) {
  // IMF-fixdate only: RFC 9110 lets nobody generate the other two.
  const std::string copy(text);
  int day = 0, year = 0, hour = 0, minute = 0, second = 0, length = 0;
  std::array<char, 4> month{};
  if (std::sscanf(copy.c_str(), "%*3s, %2d %3s %4d %2d:%2d:%2d GMT%n", &day, month.data(), &year,
                  &hour, &minute, &second, &length) != 6 ||
      static_cast<std::size_t>(length) != copy.size()) {
    return std::nullopt;
  }
  for (unsigned i = 0; i < kMonths.size(); ++i) {
    if (std::string_view(kMonths[i]) != month.data()) continue;
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(i + 1),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           std::chrono::seconds(second);
  }
  return std::nullopt;
}

std::string xml_time(Time time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(time - whole).count();
  auto out = format_rfc3339(whole);
  std::array<char, 8> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%03dZ", static_cast<int>(millis));
  out.pop_back();
  return out + fraction.data();
}

int int_param(const S3Request& request, std::string_view name, int otherwise, int most) {
  const auto text = request.param(name);
  if (!text || text->empty()) return otherwise;
  const auto value = parse_number<std::uint64_t>(*text);
  if (!value) {
    throw S3Error(errors::kInvalidArgument,
                  "Provided " + std::string(name) + " not an integer or within integer range");
  }
  return static_cast<int>(std::min<std::uint64_t>(*value, static_cast<std::uint64_t>(most)));
}

namespace {

std::string version_named(std::string_view id) {
  if (id.empty()) throw S3Error(errors::kInvalidArgument, "Version id cannot be the empty string");
  return id == "null" ? std::string() : std::string(id);
}

}  // namespace

std::optional<std::string> S3Request::version() const {
  const auto id = param("versionId");
  if (!id) return std::nullopt;
  return version_named(*id);
}

CopySource parse_copy_source(std::string_view header) {
  CopySource out;
  // A question mark of the key's own is encoded.
  if (const auto mark = header.find('?'); mark != std::string_view::npos) {
    constexpr std::string_view kVersionIs = "versionId=";
    const auto rest = header.substr(mark + 1);
    if (!rest.starts_with(kVersionIs) || rest.find('&') != std::string_view::npos) {
      throw S3Error(errors::kNotImplemented, "A copy's source has a versionId besides at most");
    }
    out.version = version_named(rest.substr(kVersionIs.size()));
    header = header.substr(0, mark);
  }
  const auto path = net::percent_decode(header);
  if (!path || !valid_utf8(*path)) {
    throw S3Error(errors::kInvalidArgument, "Copy Source must mention the source bucket and key");
  }
  std::string_view rest = *path;
  if (rest.starts_with('/')) rest.remove_prefix(1);
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == rest.size()) {
    throw S3Error(errors::kInvalidArgument, "Copy Source must mention the source bucket and key");
  }
  out.bucket = rest.substr(0, slash);
  out.key = rest.substr(slash + 1);
  return out;
}

}  // namespace wardbook::objectd
