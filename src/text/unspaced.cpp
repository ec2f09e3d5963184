#include "text/unspaced.h"

#include <unicode/brkiter.h>
#include <unicode/unistr.h>
#include <unicode/utf16.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

namespace wardbook::text {
namespace {

icu::BreakIterator& words() {
  thread_local const std::unique_ptr<icu::BreakIterator> iterator = [] {
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<icu::BreakIterator> made(
        icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), status));
    if (U_FAILURE(status)) {
      throw std::runtime_error(std::string("ICU finds no words: ") + u_errorName(status));
    }
    return made;
  }();
  return *iterator;
}

std::size_t bytes_of(UChar32 point) {
  return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

}  // namespace

std::vector<std::size_t> word_ends(std::string_view text) {
  const auto units = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
  auto& iterator = words();
  iterator.setText(units);
  std::vector<std::size_t> out;
  std::int32_t at = iterator.first();
  std::size_t bytes = 0;
  for (auto end = iterator.next(); end != icu::BreakIterator::DONE; end = iterator.next()) {
    while (at < end) {
      const UChar32 point = units.char32At(at);
      bytes += bytes_of(point);
      at += U16_LENGTH(point);
    }
    out.push_back(bytes);
  }
  return out;
}

}  // namespace wardbook::text
