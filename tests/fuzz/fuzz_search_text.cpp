// What somebody writes into a chart and types into the search: any bytes. The first line is the
// search, the rest the text. Nothing may throw, read beyond its end or leave PostgreSQL's limits;
// the marks of a highlight are balanced and the rest of it is the text.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "text/document.h"
#include "text/highlight.h"
#include "text/query.h"
#include "text/tokens.h"

namespace {

using namespace wardbook;  // NOLINT(google-build-using-namespace)

void require(bool condition) {
  if (!condition) std::abort();
}

/// Lexemes within quotes, shorter than 2 KB, with places up to 16,383.
void check_tsvector(std::string_view made) {
  constexpr std::size_t kLexeme = 2046;
  constexpr std::size_t kPlace = 16'383;
  std::size_t bytes = 0;
  while (!made.empty()) {
    require(made.front() == '\'');
    made.remove_prefix(1);
    std::size_t length = 0;
    while (true) {
      require(!made.empty());
      const bool twice = made.starts_with("''") || made.starts_with("\\\\");
      if (made.front() == '\'' && !twice) break;
      made.remove_prefix(twice ? 2 : 1);
      ++length;
    }
    require(length > 0 && length <= kLexeme);
    bytes += length;
    made.remove_prefix(1);
    const auto places = made.substr(0, std::min(made.find(' '), made.size()));
    std::size_t number = 0;
    for (const char c : places) {
      number = c >= '0' && c <= '9' ? 10 * number + static_cast<std::size_t>(c - '0') : 0;
      require(number <= kPlace);
    }
    made.remove_prefix(std::min(places.size() + 1, made.size()));
  }
  constexpr std::size_t kDocument = 1 << 20;
  require(bytes < kDocument);
}

void check_highlight(std::string_view shown) {
  int open = 0;
  for (std::size_t at = 0; at < shown.size(); ++at) {
    if (shown[at] != '<') {
      require(shown[at] != '>');
      continue;
    }
    const bool begins = shown.substr(at).starts_with("<mark>");
    require(begins || shown.substr(at).starts_with("</mark>"));
    open += begins ? 1 : -1;
    require(open == 0 || open == 1);
    at = shown.find('>', at);
  }
  require(open == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view whole(reinterpret_cast<const char*>(data), size);
  const auto end = std::min({whole.find('\n'), whole.size(), std::size_t{500}});
  // Strings of their own, so that reading beyond them is seen.
  const std::string q(whole.substr(0, end));
  const std::string text(whole.substr(end));
  check_tsvector(text::document({{text}, {q, text}, "MR-2026-000001"}));
  const text::Query asked = text::query(text::typed(q));
  require(asked.tsquery.empty() == asked.sequences.empty());
  for (const auto& shown : text::highlight({text, q}, "MR-2026-000001", asked)) {
    check_highlight(shown);
  }
  const text::Tokens tokens(text);
  std::size_t before = 0;
  for (const auto& token : tokens.all()) {
    require(token.from < token.to && token.to <= tokens.folded().size() && token.from >= before);
    require(token.begin < token.end && token.end <= text.size());
    before = token.to;
  }
  return 0;
}
