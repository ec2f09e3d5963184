#include "base/json_text.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>

#include "base/failure.h"
#include "base/json.h"
#include "base/json_elements.h"

namespace wardbook {

namespace json = boost::json;

void append_number(std::string& out, double value) {
  std::array<char, 64> buffer{};
  const double size = std::fabs(value);
  const bool plain = value == 0 || (size >= 1e-6 && size < 1e21);
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value == 0 ? 0.0 : value, format);
  if (error != std::errc{}) throw Failure(Code::internal, {}, "a number does not fit its buffer");
  std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  if (const auto e = text.find('e'); e != std::string_view::npos) {
    out += text.substr(0, e + 2);  // C++ pads the exponent to two digits, ECMAScript does not
    text.remove_prefix(std::min(text.find_first_not_of('0', e + 2), text.size() - 1));
  }
  out += text;
}

namespace {

void append_canonical(std::string& out, const json::value& value) {
  if (const auto* object = value.if_object()) {
    std::vector<json::string_view> keys;
    for (const auto& member : *object) keys.push_back(member.key());
    std::ranges::sort(keys);
    out += '{';
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (i != 0) out += ',';
      out += json::serialize(keys[i]);
      out += ':';
      append_canonical(out, object->at(keys[i]));
    }
    out += '}';
  } else if (const auto* array = value.if_array()) {
    out += '[';
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (i != 0) out += ',';
      append_canonical(out, (*array)[i]);
    }
    out += ']';
  } else if (value.is_double()) {
    append_number(out, value.get_double());
  } else {
    out += json::serialize(value);
  }
}

/// Behind the string that begins at `at`.
std::size_t after_string(std::string_view text, std::size_t at) {
  for (auto quote = text.find('"', at + 1); quote != std::string_view::npos;
       quote = text.find('"', quote + 1)) {
    std::size_t escapes = 0;
    while (text[quote - 1 - escapes] == '\\') ++escapes;
    if (escapes % 2 == 0) return quote + 1;
  }
  return text.size();
}

/// Behind the value that begins at `at`.
std::size_t after_value(std::string_view text, std::size_t at) {
  int depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = after_string(text, at);
      if (depth == 0) return at;
      continue;
    }
    if (depth == 0 && (c == ',' || c == '}' || c == ']')) return at;
    if (c == '{' || c == '[') ++depth;
    ++at;
    if ((c == '}' || c == ']') && --depth == 0) return at;
  }
  return at;
}

}  // namespace

JsonMembers members_of(std::string_view object) {
  JsonMembers out;
  out.reserve(24);
  std::size_t at = 1;
  while (at < object.size() && object[at] == '"') {
    const std::size_t name_end = after_string(object, at);
    const std::size_t value_end = after_value(object, name_end + 1);
    out.emplace_back(object.substr(at + 1, name_end - at - 2),
                     object.substr(name_end + 1, value_end - name_end - 1));
    at = value_end + 1;
  }
  return out;
}

std::vector<std::string_view> elements_of(std::string_view array) {
  std::vector<std::string_view> out;
  for (std::size_t at = 1; at + 1 < array.size();) {
    const std::size_t end = after_value(array, at);
    out.push_back(array.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

json::value parse_json(std::string_view text) {
  std::string why;
  auto value = parse_bounded_json(text, &why);
  if (!value) throw Failure(Code::invalid_json, why);
  return std::move(*value);
}

void merge_patch(json::value& target, const json::value& patch) {
  if (!patch.is_object()) {
    target = patch;
    return;
  }
  if (!target.is_object()) target = json::object{};
  auto& object = target.get_object();
  for (const auto& member : patch.get_object()) {
    merge_patch(object[member.key()], member.value());
  }
}

std::string canonical_json(const json::value& value) {
  std::string out;
  append_canonical(out, value);
  return out;
}

std::string quoted(std::string_view text) {
  return json::serialize(json::string_view(text.data(), text.size()));
}

void append_quoted(std::string& out, std::string_view text) {
  const auto needs_escape = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
  };
  if (std::ranges::any_of(text, needs_escape)) {
    out += quoted(text);
    return;
  }
  out += '"';
  out += text;
  out += '"';
}

void ObjectWriter::key(std::string_view key) {
  if (!first_) out_ += ',';
  first_ = false;
  out_ += '"';
  out_ += key;
  out_ += "\":";
}

ObjectWriter& ObjectWriter::text(std::string_view name, std::string_view value) {
  key(name);
  append_quoted(out_, value);
  return *this;
}

ObjectWriter& ObjectWriter::text(std::string_view name, const std::optional<std::string>& value) {
  if (value) return text(name, std::string_view(*value));
  return raw(name, "null");
}

ObjectWriter& ObjectWriter::integer(std::string_view name, std::int64_t value) {
  key(name);
  out_ += std::to_string(value);
  return *this;
}

ObjectWriter& ObjectWriter::integer(std::string_view name, std::optional<std::int64_t> value) {
  if (value) return integer(name, *value);
  return raw(name, "null");
}

ObjectWriter& ObjectWriter::boolean(std::string_view name, bool value) {
  return raw(name, value ? "true" : "false");
}

std::string& ObjectWriter::open(std::string_view name) {
  key(name);
  return out_;
}
ObjectWriter& ObjectWriter::raw(std::string_view name, std::string_view json) {
  key(name);
  out_ += json.empty() ? "null" : json;
  return *this;
}

}  // namespace wardbook
