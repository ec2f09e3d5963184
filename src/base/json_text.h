#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// JSON as text: written canonically, spliced, and taken apart without building a tree.
namespace wardbook {

/// Parses a body strictly and within bounds (base/json.h). Fails with invalid_json.
[[nodiscard]] boost::json::value parse_json(std::string_view text);
/// RFC 7396, but a null stays where it was sent instead of taking its member away. Input takes both
/// for absent, and so sees all that was sent: an unknown or read-only field is refused whatever its
/// value.
void merge_patch(boost::json::value& target, const boost::json::value& patch);
/// The canonical form of RFC 8785 for our documents (keys are ASCII): sorted keys, no white space,
/// numbers in their shortest form. Equal contents have equal texts.
[[nodiscard]] std::string canonical_json(const boost::json::value& value);
/// A number as RFC 8785 (and so ECMAScript) writes it: the shortest digits that read back the same.
void append_number(std::string& out, double value);
/// A JSON string literal.
[[nodiscard]] std::string quoted(std::string_view text);
void append_quoted(std::string& out, std::string_view text);

/// The members of a JSON object that this program wrote without white space, in their order: the
/// name without its quotes, the value as it stands there. Nothing is copied or checked.
using JsonMembers = std::vector<std::pair<std::string_view, std::string_view>>;
[[nodiscard]] JsonMembers members_of(std::string_view object);

/// Appends members to a JSON object's text without building a tree: for the hot answers.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
  ObjectWriter& text(std::string_view key, std::string_view value);
  ObjectWriter& text(std::string_view key, const std::string& value) {
    return text(key, std::string_view(value));
  }
  ObjectWriter& text(std::string_view key, const char* value) {
    return text(key, std::string_view(value));
  }
  ObjectWriter& text(std::string_view key, const std::optional<std::string>& value);
  ObjectWriter& integer(std::string_view key, std::int64_t value);
  ObjectWriter& integer(std::string_view key, std::optional<std::int64_t> value);
  ObjectWriter& boolean(std::string_view key, bool value);
  /// JSON text as it is; empty means null.
  ObjectWriter& raw(std::string_view key, std::string_view json);
  /// Where the caller appends the member's value, for what is not to be copied once more.
  [[nodiscard]] std::string& open(std::string_view key);
  void end() { out_ += '}'; }

 private:
  void key(std::string_view key);
  std::string& out_;
  bool first_ = true;
};

}  // namespace wardbook
