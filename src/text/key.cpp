#include "text/key.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <array>
#include <cstdint>
#include <stdexcept>

#include "text/folded.h"

namespace wardbook::text {
namespace {

std::string normalized(const icu::Normalizer2* form, std::string_view text, UErrorCode& status) {
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  if (U_SUCCESS(status)) {
    const icu::StringPiece piece(text.data(), static_cast<std::int32_t>(text.size()));
    form->normalizeUTF8(0, piece, sink, nullptr, status);
  }
  if (U_FAILURE(status)) {
    throw std::runtime_error(std::string("ICU cannot normalise text: ") + u_errorName(status));
  }
  return out;
}

std::string single_spaced(std::string_view text) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto size = static_cast<std::int32_t>(text.size());
  std::string out;
  bool gap = false;
  for (std::int32_t i = 0; i < size;) {
    const std::int32_t start = i;
    UChar32 point = 0;
    U8_NEXT(bytes, i, size, point);
    if (point >= 0 && u_isUWhiteSpace(point)) {
      gap = !out.empty();
      continue;
    }
    if (gap) out += ' ';
    gap = false;
    out.append(text.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(i - start)));
  }
  return out;
}

}  // namespace

std::string key(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* form = icu::Normalizer2::getNFKCCasefoldInstance(status);
  return single_spaced(normalized(form, text, status));
}

std::string plain_key(std::string_view text) {
  return single_spaced(Folded(key(text)).text());
}

std::string nfc(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* form = icu::Normalizer2::getNFCInstance(status);
  return normalized(form, text, status);
}

std::string opaque(std::string_view text) {
  const std::string composed = nfc(text);
  std::string out;
  const auto size = static_cast<std::int32_t>(composed.size());
  for (std::int32_t i = 0; i < size;) {
    const std::int32_t start = i;
    UChar32 point = 0;
    U8_NEXT(composed.data(), i, size, point);
    if (point >= 0 && u_charType(point) == U_SPACE_SEPARATOR) {
      out += ' ';
    } else {
      out.append(composed, static_cast<std::size_t>(start), static_cast<std::size_t>(i - start));
    }
  }
  return out;
}

std::u32string points(std::string_view text) {
  std::u32string out;
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t i = 0; i < size;) {
    UChar32 point = 0;
    U8_NEXT_OR_FFFD(text.data(), i, size, point);
    out += static_cast<char32_t>(point);
  }
  return out;
}

void append_point(char32_t point, std::string& out) {
  std::array<char, U8_MAX_LENGTH> bytes{};
  std::int32_t length = 0;
  U8_APPEND_UNSAFE(bytes.data(), length, static_cast<UChar32>(point));
  out.append(bytes.data(), static_cast<std::size_t>(length));
}

bool is_word(char32_t point) {
  constexpr std::uint32_t kOfWords = U_GC_L_MASK | U_GC_M_MASK | U_GC_N_MASK;
  return (U_GET_GC_MASK(static_cast<UChar32>(point)) & kOfWords) != 0;
}

}  // namespace wardbook::text
