#include "text/charset.h"

#include <unicode/uchar.h>
#include <unicode/ucnv.h>
#include <unicode/ucsdet.h>
#include <unicode/unistr.h>
#include <unicode/utf16.h>

#include <algorithm>
#include <memory>

#include "base/text.h"
#include "base/utf8.h"

namespace wardbook::text {
namespace {

constexpr std::string_view kUtf8Mark = "\xef\xbb\xbf";
/// More than this tells a detector nothing new.
constexpr std::size_t kDetectBytes = 64 * 1024;
/// From here on the detector has seen words that it knows, of a hundred.
constexpr std::int32_t kConfident = 25;

struct ConverterCloser {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};
struct DetectorCloser {
  void operator()(UCharsetDetector* detector) const { ucsdet_close(detector); }
};

/// White space, and the separators of records and messages (HL7's frames are 0x0b and 0x1c).
bool is_allowed_control(UChar32 c) {
  return (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f) || c == 0x85;
}

bool is_clean(const icu::UnicodeString& text) {
  for (std::int32_t i = 0; i < text.length();) {
    const UChar32 c = text.char32At(i);
    const bool last = i + U16_LENGTH(c) >= text.length();
    i += U16_LENGTH(c);
    if (c == 0xfeff) continue;
    const auto type = u_charType(c);
    if (type == U_CONTROL_CHAR && !is_allowed_control(c)) return false;
    if (type == U_SURROGATE && last) continue;  // the other half comes later
    if (type == U_UNASSIGNED || type == U_SURROGATE || type == U_PRIVATE_USE_CHAR) return false;
  }
  return true;
}

/// nullopt where the bytes are none in that encoding, or ICU does not know it.
std::optional<icu::UnicodeString> decoded(std::string_view bytes, const std::string& charset,
                                          bool whole) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<UConverter, ConverterCloser> converter(ucnv_open(charset.c_str(), &error));
  if (U_FAILURE(error) != 0) return std::nullopt;
  ucnv_setToUCallBack(converter.get(), UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &error);
  icu::UnicodeString out;
  // No encoding that is of use here has more UTF-16 units than bytes.
  const auto room = static_cast<std::int32_t>(bytes.size() + 1);
  UChar* const begin = out.getBuffer(room);
  if (begin == nullptr) return std::nullopt;
  UChar* to = begin;
  const char* from = bytes.data();
  ucnv_toUnicode(converter.get(), &to, begin + room, &from, bytes.data() + bytes.size(), nullptr,
                 static_cast<UBool>(whole), &error);
  out.releaseBuffer(static_cast<std::int32_t>(to - begin));
  if (U_FAILURE(error) != 0) return std::nullopt;
  return out;
}

bool is_text_in(std::string_view bytes, const std::string& charset, bool whole) {
  const auto text = decoded(bytes, charset, whole);
  return text && is_clean(*text);
}

/// UTF-16 without a mark: every other byte of what is written in ASCII is zero.
std::optional<std::string> by_zeros(std::string_view bytes, bool whole) {
  std::size_t zeros[2] = {0, 0};
  for (std::size_t i = 0; i < bytes.size(); ++i) zeros[i % 2] += bytes[i] == '\0' ? 1 : 0;
  const std::size_t enough = bytes.size() / 8;
  const bool little = zeros[0] == 0 && zeros[1] >= std::max<std::size_t>(enough, 1);
  const bool big = zeros[1] == 0 && zeros[0] >= std::max<std::size_t>(enough, 1);
  if (!little && !big) return std::nullopt;
  std::string charset = little ? "UTF-16LE" : "UTF-16BE";
  if (!is_text_in(bytes, charset, whole)) return std::nullopt;
  return charset;
}

/// Whether so few of the letters lie outside ASCII as in languages that are written in Latin ones.
bool mostly_ascii(std::string_view bytes) {
  const auto high = static_cast<std::size_t>(
      std::ranges::count_if(bytes, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }));
  return high * 3 <= bytes.size();
}

std::optional<std::string> detected(std::string_view bytes, bool whole) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<UCharsetDetector, DetectorCloser> detector(ucsdet_open(&error));
  if (U_FAILURE(error) != 0) return std::nullopt;
  const auto sample = bytes.substr(0, kDetectBytes);
  ucsdet_setText(detector.get(), sample.data(), static_cast<std::int32_t>(sample.size()), &error);
  std::int32_t count = 0;
  const UCharsetMatch** matches = ucsdet_detectAll(detector.get(), &count, &error);
  if (U_FAILURE(error) != 0) count = 0;
  const bool latin = mostly_ascii(bytes);
  for (std::int32_t i = 0; i < count; ++i) {
    const char* name = ucsdet_getName(matches[i], &error);
    const auto confidence = ucsdet_getConfidence(matches[i], &error);
    if (U_FAILURE(error) != 0 || name == nullptr) break;
    const std::string_view charset(name);
    // Those of mainframes are no superset of ASCII, and UTF-16 and 32 were looked for before.
    if (charset.starts_with("IBM") || charset.starts_with("UTF-")) continue;
    if (confidence < kConfident && !latin) continue;
    if (is_text_in(bytes, std::string(charset), whole)) return std::string(charset);
  }
  if (latin && is_text_in(bytes, "windows-1252", whole)) return "windows-1252";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> charset_of(std::string_view bytes, bool whole,
                                      std::string_view declared) {
  if (bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff")) {
    return is_text_in(bytes, "UTF-16", whole) ? std::optional<std::string>("UTF-16") : std::nullopt;
  }
  if (bytes.find('\0') != std::string_view::npos) return by_zeros(bytes, whole);
  if (bytes.starts_with(kUtf8Mark)) declared = {};
  if (!declared.empty() && !starts_with_ignoring_case(declared, "utf-")) {
    const std::string charset(declared.substr(0, 40));
    if (is_text_in(bytes, charset, whole)) return charset;
  }
  if (const auto text = decoded(bytes, "UTF-8", whole)) {
    return is_clean(*text) ? std::optional<std::string>("UTF-8") : std::nullopt;
  }
  return detected(bytes, whole);
}

std::string to_utf8(std::string_view bytes, std::string_view charset) {
  std::string out;
  const auto text = decoded(bytes, std::string(charset), false);
  if (text) text->toUTF8String(out);
  if (out.starts_with(kUtf8Mark)) out.erase(0, kUtf8Mark.size());
  return out;
}

}  // namespace wardbook::text
