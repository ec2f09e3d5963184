#include "base/json.h"

#include <algorithm>
#include <boost/json.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <vector>

namespace wardbook {
namespace json = boost::json;
namespace {

/// Every event of the parser, none of them of interest.
class Deaf {
 public:
  constexpr static std::size_t max_object_size = std::size_t(-1);
  constexpr static std::size_t max_array_size = std::size_t(-1);
  constexpr static std::size_t max_key_size = std::size_t(-1);
  constexpr static std::size_t max_string_size = std::size_t(-1);

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) { return true; }
  bool on_object_end(std::size_t, json::error_code&) { return true; }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t, json::error_code&) { return true; }
  bool on_key_part(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_key(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_string_part(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_string(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json::error_code&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return true; }
  bool on_double(double, json::string_view, json::error_code&) { return true; }
  bool on_bool(bool, json::error_code&) { return true; }
  bool on_null(json::error_code&) { return true; }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }
};

/// The look before anything is built. Beside counting it does what Boost.JSON does not: that keeps
/// the last of two members of one name, where a chart must not lose one silently, and rounds some
/// numbers of 16 or more digits wrongly, so that a text that it wrote would not read back the same.
class FirstLook : public Deaf {
 public:
  std::string why;              ///< set if it stopped here
  std::vector<double> doubles;  ///< correctly rounded, in the document's order

  bool on_object_begin(json::error_code& ec) {
    names_.emplace_back();
    return count(ec);
  }
  bool on_object_end(std::size_t, json::error_code& ec) {
    auto& names = names_.back();
    std::ranges::sort(names);
    if (std::ranges::adjacent_find(names) != names.end()) {
      return stop(ec, "An object names one member twice.");
    }
    names_.pop_back();
    return true;
  }
  bool on_array_begin(json::error_code& ec) { return count(ec); }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    key_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code& ec) {
    key_.append(part.data(), part.size());
    if (names_.back().size() == kJsonMembers) {
      return stop(ec, "An object has more than " + std::to_string(kJsonMembers) + " members.");
    }
    names_.back().push_back(std::move(key_));
    key_.clear();
    return true;
  }
  bool on_string(json::string_view, std::size_t, json::error_code& ec) { return count(ec); }
  // The document comes as one piece, and so does every number.
  bool on_int64(std::int64_t, json::string_view, json::error_code& ec) { return count(ec); }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code& ec) { return count(ec); }
  bool on_double(double value, json::string_view text, json::error_code& ec) {
    std::from_chars(text.data(), text.data() + text.size(), value);  // unchanged if out of range
    doubles.push_back(value);
    return count(ec);
  }
  bool on_bool(bool, json::error_code& ec) { return count(ec); }
  bool on_null(json::error_code& ec) { return count(ec); }

 private:
  bool count(json::error_code& ec) {
    if (++values_ <= kJsonValues) return true;
    return stop(ec, "The document holds more than " + std::to_string(kJsonValues) + " values.");
  }
  bool stop(json::error_code& ec, std::string reason) {
    why = std::move(reason);
    ec = json::error::object_too_large;
    return false;
  }

  std::size_t values_ = 0;
  std::string key_;
  std::vector<std::vector<std::string>> names_;
};

/// Puts the numbers in, from `at` on, in the document's order (which objects keep).
void put_doubles(json::value& value, const std::vector<double>& doubles, std::size_t& at) {
  if (auto* object = value.if_object()) {
    for (auto& member : *object) put_doubles(member.value(), doubles, at);
  } else if (auto* array = value.if_array()) {
    for (auto& element : *array) put_doubles(element, doubles, at);
  } else if (value.is_double() && at < doubles.size()) {
    value = doubles[at++];
  }
}

}  // namespace

std::optional<json::value> parse_bounded_json(std::string_view text, std::string* why) {
  json::parse_options options;
  options.max_depth = kJsonDepth;
  json::error_code error;
  json::basic_parser<FirstLook> look(options);
  look.write_some(false, text.data(), text.size(), error);
  json::value value;
  if (!error) value = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (error) {
    const auto& stopped = look.handler().why;
    if (why != nullptr) {
      *why = stopped.empty() ? "This is not valid JSON: " + error.message() + "." : stopped;
    }
    return std::nullopt;
  }
  std::size_t at = 0;
  put_doubles(value, look.handler().doubles, at);
  return value;
}

bool looks_like_json(std::string_view text, bool whole) {
  json::parse_options options;
  options.max_depth = 1'000;
  json::error_code error;
  json::basic_parser<Deaf> parser(options);
  const auto read = parser.write_some(!whole, text.data(), text.size(), error);
  return !error && read == text.size() && !text.empty();
}

}  // namespace wardbook
