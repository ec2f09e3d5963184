#include "text/folded.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <stdexcept>

#include "text/key.h"

namespace wardbook::text {
namespace {

/// Longer runs of combining marks are cut, as in the stream-safe format of UAX #15.
constexpr int kLongestCluster = 30;

/// Letters that Unicode does not decompose, as people type them without the stroke or the hook.
struct Plain {
  char32_t letter;
  std::string_view plain;
};
constexpr Plain kPlain[] = {
    {0x00E6, "ae"}, {0x00F0, "d"},  {0x00F8, "o"},  {0x00FE, "th"}, {0x0111, "d"},  {0x0127, "h"},
    {0x0131, "i"},  {0x0138, "q"},  {0x0142, "l"},  {0x014B, "n"},  {0x0153, "oe"}, {0x0167, "t"},
    {0x0180, "b"},  {0x0183, "b"},  {0x0188, "c"},  {0x018C, "d"},  {0x0192, "f"},  {0x0195, "hv"},
    {0x0199, "k"},  {0x019A, "l"},  {0x019E, "n"},  {0x01A3, "oi"}, {0x01A5, "p"},  {0x01AB, "t"},
    {0x01AD, "t"},  {0x01B4, "y"},  {0x01B6, "z"},  {0x01E5, "g"},  {0x0221, "d"},  {0x0225, "z"},
    {0x0234, "l"},  {0x0235, "n"},  {0x0236, "t"},  {0x0237, "j"},  {0x0238, "db"}, {0x0239, "qp"},
    {0x023C, "c"},  {0x023F, "s"},  {0x0240, "z"},  {0x0247, "e"},  {0x0249, "j"},  {0x024D, "r"},
    {0x024F, "y"},  {0x0253, "b"},  {0x0255, "c"},  {0x0256, "d"},  {0x0257, "d"},  {0x025B, "e"},
    {0x025F, "j"},  {0x0260, "g"},  {0x0261, "g"},  {0x0262, "g"},  {0x0266, "h"},  {0x0267, "h"},
    {0x0268, "i"},  {0x026A, "i"},  {0x026B, "l"},  {0x026C, "l"},  {0x026D, "l"},  {0x0271, "m"},
    {0x0272, "n"},  {0x0273, "n"},  {0x0274, "n"},  {0x0276, "oe"}, {0x027C, "r"},  {0x027D, "r"},
    {0x027E, "r"},  {0x0280, "r"},  {0x0282, "s"},  {0x0288, "t"},  {0x0289, "u"},  {0x028B, "v"},
    {0x028F, "y"},  {0x0290, "z"},  {0x0291, "z"},  {0x0299, "b"},  {0x029B, "g"},  {0x029C, "h"},
    {0x029D, "j"},  {0x029F, "l"},  {0x02A0, "q"},  {0x02A3, "dz"}, {0x02A5, "dz"}, {0x02A6, "ts"},
    {0x02AA, "ls"}, {0x02AB, "lz"}, {0x1D6B, "ue"}, {0x211E, "rx"}, {0x2C61, "l"},  {0x2C65, "a"},
    {0x2C66, "t"},  {0x2C68, "h"},  {0x2C6A, "k"},  {0x2C6C, "z"}};

const icu::Normalizer2& compatible() {
  UErrorCode status = U_ZERO_ERROR;
  static const auto* form = icu::Normalizer2::getNFKCCasefoldInstance(status);
  if (form == nullptr) throw std::runtime_error("ICU has no NFKC_Casefold");
  return *form;
}

const icu::Normalizer2& canonical() {
  UErrorCode status = U_ZERO_ERROR;
  static const auto* form = icu::Normalizer2::getNFCInstance(status);
  if (form == nullptr) throw std::runtime_error("ICU has no NFC");
  return *form;
}

bool between(char32_t point, char32_t first, char32_t last) {
  return point >= first && point <= last;
}

bool is_hyphen(char32_t point) {
  return between(point, 0x2010, 0x2013) || point == 0x2212 || point == 0x2043 || point == 0x02D7;
}

bool is_slash(char32_t point) {
  return point == 0x2044 || point == 0x2215 || point == 0x00F7;
}

/// Marks that are written above and below letters of scripts whose accents do not count.
bool is_accent(char32_t point) {
  return between(point, 0x0300, 0x036F) || between(point, 0x1AB0, 0x1AFF) ||
         between(point, 0x1DC0, 0x1DFF) || between(point, 0x20D0, 0x20FF) ||
         between(point, 0xFE20, 0xFE2F) || between(point, 0x0591, 0x05BD) ||
         between(point, 0x05C1, 0x05C2) || between(point, 0x064B, 0x065F) || point == 0x05BF ||
         point == 0x05C4 || point == 0x05C5 || point == 0x05C7 || point == 0x0670 ||
         point == 0x0640;
}

/// The letter without its accent, of Latin and Greek, and of the Russian yo.
char32_t without_accent(char32_t point) {
  if (point == 0x0451) return 0x0435;
  while (between(point, 0x00C0, 0x024F) || between(point, 0x0370, 0x03FF) ||
         between(point, 0x1E00, 0x1FFF)) {
    icu::UnicodeString parts;
    if (!canonical().getRawDecomposition(static_cast<UChar32>(point), parts)) break;
    point = static_cast<char32_t>(parts.char32At(0));
  }
  return point;
}

char32_t arabic(char32_t point) {
  switch (point) {
    case 0x0622:
    case 0x0623:
    case 0x0625:
    case 0x0671:
      return 0x0627;
    case 0x0649:
    case 0x06CC:
      return 0x064A;
    case 0x0629:
      return 0x0647;
    case 0x06A9:
      return 0x0643;
    default:
      return point;
  }
}

/// Of a character in NFKC_Casefold.
void fold_point(char32_t point, std::string& out) {
  if (point < 0x80) {
    out += static_cast<char>(point);
    return;
  }
  if (is_accent(point)) return;
  if (is_hyphen(point)) {
    out += '-';
  } else if (is_slash(point)) {
    out += '/';
  } else if (point == 0x066B) {
    out += '.';
  } else if (point == 0x066C) {
    out += ',';
  } else if (between(point, 0x02B9, 0x02DF) || point == 0x2019) {
    out += '\'';
  } else if (u_charType(static_cast<UChar32>(point)) == U_DECIMAL_DIGIT_NUMBER) {
    out += static_cast<char>('0' + u_charDigitValue(static_cast<UChar32>(point)));
  } else {
    const char32_t letter = arabic(without_accent(point));
    const auto* plain = std::ranges::lower_bound(kPlain, letter, {}, &Plain::letter);
    if (plain != std::end(kPlain) && plain->letter == letter) {
      out += plain->plain;
    } else {
      append_point(letter, out);
    }
  }
}

/// What a number that stands before it does not run into: 5½ is 5 1/2, 10² is not 102.
bool is_apart(char32_t point) {
  return point >= 0x80 && u_charType(static_cast<UChar32>(point)) == U_OTHER_NUMBER;
}

std::string fold_cluster(std::string_view cluster, char32_t first) {
  std::string normal;
  icu::StringByteSink<std::string> sink(&normal);
  UErrorCode status = U_ZERO_ERROR;
  compatible().normalizeUTF8(
      0, icu::StringPiece(cluster.data(), static_cast<std::int32_t>(cluster.size())), sink, nullptr,
      status);
  if (U_FAILURE(status)) throw std::runtime_error(std::string("ICU: ") + u_errorName(status));
  std::string out;
  if (is_apart(first)) out += ' ';
  const auto size = static_cast<std::int32_t>(normal.size());
  for (std::int32_t i = 0; i < size;) {
    UChar32 point = 0;
    U8_NEXT_OR_FFFD(normal.data(), i, size, point);
    fold_point(static_cast<char32_t>(point), out);
  }
  return out;
}

/// The characters of most texts outside ASCII, folded once.
struct Table {
  static constexpr char32_t kFirst = 0x80;
  static constexpr char32_t kEnd = 0x0700;
  std::vector<std::string> folded;
  Table() {
    for (char32_t point = kFirst; point < kEnd; ++point) {
      std::string character;
      append_point(point, character);
      folded.push_back(fold_cluster(character, point));
    }
  }
};

char32_t next_point(std::string_view text, std::size_t& at) {
  auto i = static_cast<std::int32_t>(at);
  UChar32 point = 0;
  U8_NEXT_OR_FFFD(text.data(), i, static_cast<std::int32_t>(text.size()), point);
  at = static_cast<std::size_t>(i);
  return static_cast<char32_t>(point);
}

/// Whether the character at `at` may change or join the one before it.
bool goes_on(std::string_view text, std::size_t at) {
  if (at >= text.size() || static_cast<unsigned char>(text[at]) < 0xCC) return false;  // < U+0300
  const char32_t point = next_point(text, at);
  return !compatible().hasBoundaryBefore(static_cast<UChar32>(point));
}

/// Ideographs and syllables of Korean, which are what they are.
bool is_plain(char32_t point) {
  return between(point, 0x4E00, 0x9FFF) || between(point, 0x3400, 0x4DBF) ||
         between(point, 0xAC00, 0xD7A3);
}

constexpr char32_t kZeroWidthSpace = 0x200B;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool is_unspaced(char32_t point) {
  return between(point, 0x0E01, 0x0EFF) || between(point, 0x1000, 0x109F) ||
         between(point, 0x1780, 0x17FF) || between(point, 0xAA60, 0xAA7F) ||
         between(point, 0xA9E0, 0xA9FF);
}

Folded::Folded(std::string_view original) {
  text_.reserve(original.size() + original.size() / 8);
  std::size_t at = 0;
  const auto ascii_end = [&original](std::size_t from) {
    while (from < original.size() && static_cast<unsigned char>(original[from]) < 0x80) ++from;
    return from;
  };
  const bool ascii = ascii_end(0) == original.size();
  if (!ascii) origins_.reserve(original.size() + original.size() / 8);
  while (at < original.size()) {
    auto end = ascii_end(at);
    // The last one may have an accent behind it.
    if (end > at && end < original.size() && goes_on(original, end)) --end;
    for (; at < end; ++at) {
      text_ += lower(original[at]);
      if (!ascii) {
        origins_.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + 1)});
      }
    }
    if (at < original.size()) at = add_cluster(original, at);
  }
}

void Folded::add(std::string_view folded, std::size_t begin, std::size_t end) {
  text_ += folded;
  origins_.resize(text_.size(),
                  {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
}

/// The character at `at` with what joins it; answers where it ends.
std::size_t Folded::add_cluster(std::string_view original, std::size_t at) {
  static const Table table;
  auto end = at;
  const char32_t first = next_point(original, end);
  if (is_unspaced(first)) {
    const bool digit = u_charType(static_cast<UChar32>(first)) == U_DECIMAL_DIGIT_NUMBER;
    std::string character;
    if (digit) {
      fold_point(first, character);
    } else {
      append_point(first, character);
    }
    add(character, at, end);
    return end;
  }
  if (first == kZeroWidthSpace) {
    std::size_t before = text_.size();
    while (before > 0 && (static_cast<unsigned char>(text_[--before]) & 0xC0) == 0x80) {
    }
    if (!text_.empty() && is_unspaced(next_point(text_, before))) add(" ", at, end);
    return end;
  }
  if (!goes_on(original, end)) {
    if (first >= Table::kFirst && first < Table::kEnd) {
      add(table.folded[first - Table::kFirst], at, end);
      return end;
    }
    if (is_plain(first)) {
      add(original.substr(at, end - at), at, end);
      return end;
    }
  }
  for (int n = 1; n < kLongestCluster && goes_on(original, end); ++n) {
    const auto before = end;
    const char32_t point = next_point(original, end);
    if (is_unspaced(point)) {
      end = before;
      break;
    }
  }
  add(fold_cluster(original.substr(at, end - at), first), at, end);
  return end;
}

}  // namespace wardbook::text
