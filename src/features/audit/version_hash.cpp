#include "features/audit/version_hash.h"

#include <algorithm>

#include "base/hash.h"
#include "features/audit/entry_format.h"

namespace wardbook::audit {
namespace {

void append_word(std::string& line, std::string_view word) {
  if (!line.empty()) line += ' ';
  line += word;
}
void append_word(std::string& line, std::int64_t number) {
  append_word(line, std::to_string(number));
}
void append_word(std::string& line, std::optional<std::int64_t> number) {
  append_word(line, number ? std::to_string(*number) : "-");
}

}  // namespace

std::string new_salt() {
  std::string digits = to_hex(random_bytes(16));
  for (const std::size_t at : {20U, 16U, 12U, 8U}) digits.insert(at, 1, '-');
  return digits;
}

std::string content_digest(std::string_view salt, const std::optional<std::string>& reason,
                           std::string_view content) {
  std::string digits(salt);
  std::erase(digits, '-');
  std::string bytes = from_hex(digits).value_or("");
  append_field(bytes, reason);
  bytes += content;
  const auto hash = sha256(bytes);
  return std::string(as_chars(hash));
}

std::string version_hash(const VersionHead& head, std::string_view digest) {
  std::string line;
  append_word(line, head.content_format);
  append_word(line, head.resource);
  for (const auto number : {head.id, head.version, head.revision}) append_word(line, number);
  append_word(line, head.kind);
  append_word(line, head.status);
  append_word(line, head.patient);
  append_word(line, head.author);
  append_word(line, head.begun.time_since_epoch().count());
  append_word(line, head.changed.time_since_epoch().count());
  append_word(line, to_hex(digest));
  const auto hash = sha256(line);
  return to_hex(hash);
}

}  // namespace wardbook::audit
