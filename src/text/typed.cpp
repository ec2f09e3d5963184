#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "text/query.h"

namespace wardbook::text {
namespace {

/// Whether `q[at]` parts words. Slash and comma do, but not between two digits (120/80, 38,5).
bool parts_words(std::string_view q, std::size_t at) {
  const char c = q[at];
  if (c == ' ' || c == ';' || c == '\\') return true;
  const auto digit = [&q](std::size_t i) { return i < q.size() && q[i] >= '0' && q[i] <= '9'; };
  return (c == '/' || c == ',') && !(at > 0 && digit(at - 1) && digit(at + 1));
}

/// Bytes of the quotation mark that the text begins with, 0 if it does with none. Which one opens
/// and which one closes differs from language to language.
std::size_t quote_at_front(std::string_view text) {
  constexpr std::array<std::string_view, 7> kQuotes{"\"",     "\u201C", "\u201D", "\u201E",
                                                    "\u201F", "\u00AB", "\u00BB"};
  const auto found = std::ranges::find_if(
      kQuotes, [text](std::string_view quote) { return text.starts_with(quote); });
  return found == kQuotes.end() ? 0 : found->size();
}

/// Without what `single_spaced` takes for a blank but shows nothing within words.
std::string without_joiners(std::string_view q) {
  constexpr std::array<std::string_view, 5> kJoiners{"\u00AD", "\u200C", "\u200D", "\u2060",
                                                     "\uFEFF"};
  // Its place is the tokens' matter: in some scripts it is a blank.
  constexpr std::string_view kZeroWidth = "\u200B";
  std::string out;
  while (!q.empty()) {
    const auto found = std::ranges::find_if(
        kJoiners, [q](std::string_view joiner) { return q.starts_with(joiner); });
    if (found != kJoiners.end()) {
      q.remove_prefix(found->size());
    } else if (q.starts_with(kZeroWidth)) {
      out += '\0';
      q.remove_prefix(kZeroWidth.size());
    } else {
      if (q.front() != '\0') out += q.front();
      q.remove_prefix(1);
    }
  }
  return out;
}

std::string with_zero_width_spaces(std::string_view q) {
  std::string out;
  for (const char c : q) {
    if (c == '\0') {
      out += "\u200B";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

Typed typed(std::string_view original) {
  const std::string q = with_zero_width_spaces(single_spaced(without_joiners(original)));
  Typed out;
  std::string current;
  bool quoted = false;
  const auto take = [&out, &current](bool phrase) {
    if (!current.empty()) (phrase ? out.phrases : out.words).push_back(current);
    current.clear();
  };
  for (std::size_t at = 0; at < q.size(); ++at) {
    if (const auto quote = quote_at_front(std::string_view(q).substr(at))) {
      take(quoted);
      quoted = !quoted;
      at += quote - 1;
    } else if (!quoted && parts_words(q, at)) {
      take(false);
    } else {
      current += q[at];
    }
  }
  take(quoted);
  return out;
}

}  // namespace wardbook::text
