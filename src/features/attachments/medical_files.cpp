#include <algorithm>
#include <array>

#include "base/text.h"
#include "features/attachments/types.h"

namespace wardbook::attachments {
namespace {

using namespace std::string_view_literals;

/// `PID|`: an identifier of three characters, and the separator of fields.
bool is_segment(std::string_view line, char separator, bool cut) {
  constexpr std::size_t kIdentifier = 3;
  if (line.size() < kIdentifier) return cut;
  const bool named = is_upper(line[0]) && std::ranges::all_of(line.substr(1, 2), [](char c) {
                       return is_upper(c) || is_digit(c);
                     });
  return named && (line.size() == kIdentifier || line[kIdentifier] == separator);
}

/// Four or five characters between the first two separators, none of them twice (2.5.1, 2.5.4).
bool has_encoding_characters(std::string_view header) {
  const char separator = header[3];
  const auto end = std::min(header.find(separator, 4), header.size());
  const auto characters = header.substr(4, end - 4);
  if (characters.size() < 3 || characters.size() > 5) return false;
  for (const char c : characters) {
    const bool plain = c > ' ' && c < 0x7f && !is_letter_or_digit(c);
    if (!plain || std::ranges::count(characters, c) > 1) return false;
  }
  return true;
}

std::uint32_t little(std::string_view bytes) {
  std::uint32_t out = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) {
    out = out << 8 | static_cast<unsigned char>(bytes[i - 1]);
  }
  return out;
}

/// How many bytes an element's head has, and its value; nullopt: it is none.
struct Element {
  std::uint32_t tag = 0;
  std::size_t head = 0;
  std::uint32_t length = 0;
};
std::optional<Element> element_at(std::string_view bytes) {
  constexpr std::size_t kShort = 8;
  constexpr std::size_t kLong = 12;
  if (bytes.size() < kShort) return std::nullopt;
  Element out{.tag = little(bytes.substr(0, 2)) << 16 | little(bytes.substr(2, 2)),
              .head = kShort,
              .length = little(bytes.substr(4, 4))};
  if (!is_upper(bytes[4]) || !is_upper(bytes[5])) return out;  // implicit value representation
  constexpr std::array kLongOnes{"OB"sv, "OD"sv, "OF"sv, "OL"sv, "OV"sv, "OW"sv, "SQ"sv,
                                 "SV"sv, "UC"sv, "UN"sv, "UR"sv, "UT"sv, "UV"sv};
  const bool is_long = std::ranges::find(kLongOnes, bytes.substr(4, 2)) != kLongOnes.end();
  if (is_long && bytes.size() < kLong) return std::nullopt;
  out.head = is_long ? kLong : kShort;
  out.length = is_long ? little(bytes.substr(8, 4)) : little(bytes.substr(6, 2));
  return out;
}

/// Elements in the order of their tags, among the first of them the UID of a transfer syntax or of
/// a kind of object, which are all DICOM's own.
bool is_data_set(std::string_view bytes) {
  constexpr std::uint32_t kTransferSyntax = 0x00020010;
  constexpr std::uint32_t kMediaClass = 0x00020002;
  constexpr std::uint32_t kClass = 0x00080016;
  std::uint32_t before = 0;
  for (int i = 0; i < 50; ++i) {
    const auto element = element_at(bytes);
    if (!element || (i > 0 && element->tag <= before) || element->tag > 0x0008ffff) return false;
    const auto group = element->tag >> 16;
    if (group != 0x0002 && group != 0x0008) return false;
    before = element->tag;
    if (element->length > bytes.size() - element->head) return false;
    const auto value = bytes.substr(element->head, element->length);
    const bool uid = before == kTransferSyntax || before == kMediaClass || before == kClass;
    if (uid) return value.starts_with("1.2.840.10008.");
    bytes.remove_prefix(element->head + element->length);
  }
  return false;
}

/// What systems run when they are given a file that begins so: a preamble may hold anything.
bool begins_a_program(std::string_view preamble) {
  constexpr std::array kBeginnings{"MZ"sv,
                                   "\x7f"
                                   "ELF"sv,
                                   "#!"sv,
                                   "\xcf\xfa\xed\xfe"sv,
                                   "\xce\xfa\xed\xfe"sv,
                                   "\xca\xfe\xba\xbe"sv,
                                   "PK\x03\x04"sv};
  return std::ranges::any_of(kBeginnings,
                             [&](std::string_view start) { return preamble.starts_with(start); });
}

}  // namespace

bool is_hl7(std::string_view utf8, bool whole) {
  // Minimal lower layer protocol frames a message with 0x0b, 0x1c and 0x0d (HL7 v2, appendix C).
  if (utf8.starts_with('\x0b')) utf8.remove_prefix(1);
  const bool begins = utf8.starts_with("MSH") || utf8.starts_with("FHS") || utf8.starts_with("BHS");
  if (!begins || utf8.size() < 8 || !has_encoding_characters(utf8)) return false;
  const char separator = utf8[3];
  const std::string_view end = utf8.find('\r') != std::string_view::npos ? "\r" : "\n";
  const auto lines = split(utf8, end);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto line = trimmed(lines[i], "\n\x0b\x1c");
    const bool cut = !whole && i + 1 == lines.size();
    if (!line.empty() && !is_segment(line, separator, cut)) return false;
  }
  return true;
}

bool is_dicom(std::string_view head, bool whole) {
  (void)whole;
  constexpr std::size_t kPreamble = 128;
  if (head.size() >= kPreamble + 4 && head.substr(kPreamble, 4) == "DICM") {
    return !begins_a_program(head);
  }
  return is_data_set(head);
}

}  // namespace wardbook::attachments
