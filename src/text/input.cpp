#include "text/input.h"

#include <algorithm>
#include <cmath>

#include "base/utf8.h"
#include "text/blank.h"

namespace wardbook::text {
namespace json = boost::json;
namespace {

constexpr const char* kYears = "must lie in the years from 1900 to 2199";
static_assert(kFirstYear == 1900 && kLastYear == 2199);

/// Length in code points; nullopt if it holds a control character (C0, DEL, C1) that is not
/// allowed.
std::optional<std::size_t> code_points(std::string_view text, bool lines) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 && !(lines && (c == '\n' || c == '\t' || c == '\r'))) return std::nullopt;
    if (c == 0x7f) return std::nullopt;
    if (c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) {
      return std::nullopt;  // U+0080 to U+009F
    }
    if ((c & 0xc0) != 0x80) ++count;
  }
  return count;
}

std::string escape_pointer(std::string_view key) {
  constexpr std::size_t kMostKept = 100;
  std::size_t end = std::min(key.size(), kMostKept);
  // Not in the middle of a character.
  while (end > 0 && end < key.size() && (static_cast<unsigned char>(key[end]) & 0xC0U) == 0x80U) {
    --end;
  }
  std::string out;
  for (const char c : key.substr(0, end)) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string number_text(double value) {
  auto text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace

std::string Input::pointer_to(std::string_view key) const {
  return pointer_ + "/" + escape_pointer(key);
}

void Input::fault(std::string_view key, std::string message) {
  if (faults_.size() >= kMostFaults) return;
  faults_.push_back({pointer_to(key), std::move(message)});
}

bool Input::has(std::string_view key) const {
  const auto* value = object_.if_contains(json::string_view(key.data(), key.size()));
  return value != nullptr && !value->is_null();
}

const json::value* Input::raw(std::string_view key) {
  known_.emplace_back(key);
  const auto* value = object_.if_contains(json::string_view(key.data(), key.size()));
  return value != nullptr && !value->is_null() ? value : nullptr;
}

const json::value* Input::take(std::string_view key, Need need) {
  const auto* value = raw(key);
  if (value == nullptr && need == Need::required) fault(key, "is required");
  return value;
}

std::optional<std::string> Input::text(std::string_view key, Need need, std::size_t most,
                                       bool lines) {
  const auto* value = take(key, need);
  if (value == nullptr) return std::nullopt;
  const auto* string = value->if_string();
  if (string == nullptr) {
    fault(key, "must be a string");
    return std::nullopt;
  }
  const std::string_view view(string->data(), string->size());
  const auto length = code_points(view, lines);
  if (!length) {
    fault(key, "holds control characters");
    return std::nullopt;
  }
  if (*length > most) {
    fault(key, "is longer than " + std::to_string(most) + " characters");
    return std::nullopt;
  }
  if (need == Need::required && blank(view)) {
    fault(key, "must not be blank");
    return std::nullopt;
  }
  return std::string(view);
}

std::optional<std::string> Input::name(std::string_view key, Need need, std::size_t most) {
  const auto* value = take(key, need);
  if (value == nullptr) return std::nullopt;
  const auto* string = value->if_string();
  if (string == nullptr) {
    fault(key, "must be a string");
    return std::nullopt;
  }
  std::string name(string->data(), string->size());
  if (auto why = name_fault(name, most)) {
    fault(key, std::move(*why));
    return std::nullopt;
  }
  return name;
}

std::optional<std::int64_t> Input::integer(std::string_view key, Need need, std::int64_t least,
                                           std::int64_t most) {
  const auto* value = take(key, need);
  if (value == nullptr) return std::nullopt;
  json::error_code error;
  const auto number = value->is_number() ? value->to_number<std::int64_t>(error) : 0;
  if (!value->is_number() || error) {
    fault(key, "must be a whole number");
    return std::nullopt;
  }
  if (number < least || number > most) {
    fault(key, "must be from " + std::to_string(least) + " to " + std::to_string(most));
    return std::nullopt;
  }
  return number;
}

std::optional<double> Input::number(std::string_view key, Need need, double least, double most) {
  const auto* value = take(key, need);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) {
    fault(key, "must be a number");
    return std::nullopt;
  }
  const auto number = value->to_number<double>();
  if (!std::isfinite(number) || number < least || number > most) {
    fault(key, "must be from " + number_text(least) + " to " + number_text(most));
    return std::nullopt;
  }
  return number;
}

std::optional<bool> Input::boolean(std::string_view key, Need need) {
  const auto* value = take(key, need);
  if (value == nullptr) return std::nullopt;
  if (!value->is_bool()) {
    fault(key, "must be true or false");
    return std::nullopt;
  }
  return value->get_bool();
}

std::optional<Date> Input::date(std::string_view key, Need need) {
  const auto* value = take(key, need);
  if (value == nullptr) return std::nullopt;
  std::optional<Date> date;
  if (const auto* string = value->if_string()) date = parse_date({string->data(), string->size()});
  if (!date) fault(key, "must be a date (YYYY-MM-DD)");
  return date;
}

std::optional<Date> Input::day(std::string_view key, Need need) {
  const auto date = this->date(key, need);
  if (!date) return date;
  const int year = static_cast<int>(date->year());
  if (year >= kFirstYear && year <= kLastYear) return date;
  fault(key, kYears);
  return std::nullopt;
}

std::optional<std::string> Input::date_or_time(std::string_view key, Need need) {
  const auto* value = take(key, need);
  if (value == nullptr) return std::nullopt;
  if (const auto* string = value->if_string()) {
    const std::string_view view(string->data(), string->size());
    const auto date = parse_date(view);
    const auto time = parse_rfc3339(view);
    if (date || time) {
      std::string text = date ? std::string(view) : format_rfc3339(*time);
      const int year = std::stoi(text.substr(0, 4));
      if (year >= kFirstYear && year <= kLastYear) return text;
      fault(key, kYears);
      return std::nullopt;
    }
  }
  fault(key, "must be an RFC 3339 time or a date (YYYY-MM-DD)");
  return std::nullopt;
}

std::optional<std::string> Input::one_of(std::string_view key, Need need,
                                         const std::vector<std::string_view>& allowed) {
  const auto* value = take(key, need);
  if (value == nullptr) return std::nullopt;
  if (const auto* string = value->if_string()) {
    const std::string_view view(string->data(), string->size());
    if (std::ranges::find(allowed, view) != allowed.end()) return std::string(view);
  }
  std::string list;
  for (const auto word : allowed) list += (list.empty() ? "" : ", ") + std::string(word);
  fault(key, (allowed.size() == 1 ? "must be " : "must be one of ") + list);
  return std::nullopt;
}

const json::array* Input::array(std::string_view key, Need need, std::size_t most) {
  const auto* value = take(key, need);
  if (value == nullptr) return nullptr;
  const auto* array = value->if_array();
  if (array == nullptr) {
    fault(key, "must be an array");
    return nullptr;
  }
  if (array->size() > most) {
    fault(key, "has more than " + std::to_string(most) + " items");
    return nullptr;
  }
  return array;
}

const json::object* Input::object(std::string_view key, Need need) {
  const auto* value = take(key, need);
  if (value == nullptr) return nullptr;
  const auto* object = value->if_object();
  if (object == nullptr) fault(key, "must be an object");
  return object;
}

void Input::finish(const std::vector<std::string_view>& read_only) {
  for (const auto& member : object_) {
    const std::string_view key(member.key().data(), member.key().size());
    if (std::ranges::find(known_, key) != known_.end()) continue;
    const bool ours = std::ranges::find(read_only, key) != read_only.end();
    fault(key, ours ? "is read-only" : "is not a field here");
  }
}

std::optional<std::string> name_fault(std::string_view text, std::size_t most) {
  if (!valid_utf8(text)) return "is not UTF-8";
  const auto length = code_points(text, false);
  if (!length) return "holds control characters";
  if (*length > most) return "is longer than " + std::to_string(most) + " characters";
  if (blank(text)) return "must not be blank";
  if (holds_untypable(text)) return "holds characters that cannot be typed";
  if (turns_direction(text)) return "contains characters that change the direction of text";
  return std::nullopt;
}

}  // namespace wardbook::text
