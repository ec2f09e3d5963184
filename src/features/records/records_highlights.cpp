#include "features/records/records_highlights.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

namespace wardbook::records {
namespace {

constexpr std::size_t kMostHighlights = 8;
constexpr std::size_t kExtractWords = 24;
constexpr std::size_t kWordsBefore = 4;
/// So many marks of one text are looked at.
constexpr std::size_t kMostMarks = 200;
/// No English or Russian ending is longer (-ational, -fulness), in letters.
constexpr std::size_t kLongestEnding = 7;
/// Fewer letters are no stem: the IL of IL6 is no illness.
constexpr std::size_t kShortestStem = 3;

/// Whether a stem may be this word's. Stems are beginnings of their words but for an English last
/// e, i or y (hope: hoping, allergi: allergy, die: dying).
bool same_stem(std::string_view word, std::string_view stem) {
  if (characters(stem) < kShortestStem) return false;
  if (std::ranges::any_of(stem, is_digit)) return false;
  if (stem.ends_with("ie") && word.starts_with(stem.substr(0, stem.size() - 2)))
    return word.substr(stem.size() - 2).starts_with('y');
  std::string_view root = stem;
  if (root.back() == 'e' || root.back() == 'i') root.remove_suffix(1);
  return word.starts_with(root) && characters(word.substr(root.size())) <= kLongestEnding;
}

/// An Arabic word without article and conjunction, as the database's function `bare` has it.
std::string_view bare(std::string_view word) {
  constexpr std::string_view kAnd = "\u0648";
  constexpr std::array<std::string_view, 5> kArticles{"\u0627\u0644", "\u0628\u0627\u0644",
                                                      "\u0643\u0627\u0644", "\u0641\u0627\u0644",
                                                      "\u0644\u0644"};
  const bool joined = word.starts_with(kAnd);
  const auto rest = joined ? word.substr(kAnd.size()) : word;
  for (const auto article : kArticles) {
    if (rest.starts_with(article) && characters(rest) >= characters(article) + 2) {
      return rest.substr(article.size());
    }
  }
  return joined && characters(rest) >= 3 ? rest : word;
}

bool means_as_it_is(std::string_view word, const Term& term) {
  if (word == term.lexeme) return true;
  return term.beginning ? word.starts_with(term.lexeme) : same_stem(word, term.lexeme);
}

bool means(std::string_view word, const Term& term) {
  if (means_as_it_is(word, term)) return true;
  const auto without = bare(word);
  return without.size() < word.size() && means_as_it_is(without, term);
}

/// A term that is longer than the compound's first part, which is a word too.
bool means(const Joined& joined, const Term& term) {
  if (term.lexeme.size() <= joined.first) return false;
  return term.beginning ? joined.text.starts_with(term.lexeme) : joined.text == term.lexeme;
}

bool is_plain(std::string_view lexeme) {
  for (std::size_t at = 0; at < lexeme.size();) {
    const auto length = character_length(lexeme, at);
    if (!in_word(lexeme.substr(at, length))) return false;
    at += length;
  }
  return true;
}

struct Mark {
  std::size_t from = 0;  ///< in the folded text
  std::size_t to = 0;
  std::size_t term = 0;
};

/// A lexeme with other characters in it (11.5, o'brien): where it stands, up to the end of a word.
void mark_compound(const Folded& folded, const Term& term, std::size_t index,
                   std::vector<Mark>& marks) {
  const auto starts = [&folded](std::size_t at) {
    return std::ranges::binary_search(folded.words, at, {}, &Word::from);
  };
  const auto word_end = [&folded](std::size_t at) {
    const auto next = std::ranges::lower_bound(folded.words, at, {}, &Word::from);
    return next == folded.words.begin() ? at : std::max(at, std::prev(next)->to);
  };
  for (auto at = folded.text.find(term.lexeme);
       at != std::string::npos && marks.size() < kMostMarks;
       at = folded.text.find(term.lexeme, at + 1)) {
    const auto end = at + term.lexeme.size();
    const bool begins = starts(at) || !in_word(std::string_view(term.lexeme).substr(0, 1));
    if (begins && (term.beginning || word_end(end) == end)) {
      marks.push_back({at, word_end(end), index});
    }
  }
}

/// The word that a lexeme is within a text: the sign of a number is the hyphen before it.
Term without_sign(const Term& term) {
  const bool sign = term.lexeme.size() > 1 && term.lexeme[0] == '-';
  return {sign ? term.lexeme.substr(1) : term.lexeme, term.beginning};
}

/// Where a phrase stands, whole.
void mark_phrase(const Folded& folded, const Phrase& phrase, std::size_t index,
                 std::vector<Mark>& marks) {
  std::vector<Term> terms;
  for (const auto& term : phrase.terms) terms.push_back(without_sign(term));
  std::vector<std::size_t> at;
  for (std::size_t first = 0; first < folded.words.size() && marks.size() < kMostMarks; ++first) {
    at.clear();
    for (std::size_t next = first; next < folded.words.size();) {
      if (!means(folded.text_of(folded.words[next]), terms[at.size()])) break;
      at.push_back(next);
      if (at.size() == terms.size()) break;
      next += phrase.places[at.size()];
    }
    if (at.size() < terms.size()) continue;
    for (const auto w : at) marks.push_back({folded.words[w].from, folded.words[w].to, index});
  }
}

/// Without what belongs to no word at both ends: blanks, signs, quotation marks.
Mark trimmed(const Folded& folded, Mark mark) {
  const std::string_view text = folded.text;
  while (mark.from < mark.to) {
    const auto length = character_length(text, mark.from);
    if (in_word(text.substr(mark.from, length))) break;
    mark.from += length;
  }
  while (mark.from < mark.to) {
    auto last = mark.to - 1;
    while (last > mark.from && !begins_character(text[last])) --last;
    if (in_word(text.substr(last, mark.to - last))) break;
    mark.to = last;
  }
  return mark;
}

/// Where what is looked for stands, overlapping and in no order.
std::vector<Mark> all_marks(const Folded& folded, const Terms& terms) {
  std::vector<Mark> found;
  for (const auto& word : folded.words) {
    if (found.size() >= kMostMarks) break;
    for (std::size_t i = 0; i < terms.words.size(); ++i) {
      if (!means(folded.text_of(word), terms.words[i])) continue;
      found.push_back({word.from, word.to, i});
      break;
    }
  }
  for (const auto& joined : folded.joined) {
    const auto term = std::ranges::find_if(
        terms.words, [&joined](const Term& one) { return means(joined, one); });
    if (term == terms.words.end()) continue;
    found.push_back(
        {joined.place.from, joined.place.to, static_cast<std::size_t>(term - terms.words.begin())});
  }
  for (std::size_t i = 0; i < terms.words.size(); ++i) {
    if (!is_plain(terms.words[i].lexeme)) mark_compound(folded, terms.words[i], i, found);
  }
  for (std::size_t i = 0; i < terms.phrases.size(); ++i) {
    mark_phrase(folded, terms.phrases[i], terms.words.size() + i, found);
  }
  return found;
}

/// In order and not overlapping.
std::vector<Mark> marks_in(const Folded& folded, const Terms& terms) {
  auto found = all_marks(folded, terms);
  std::ranges::sort(found, {}, [](const Mark& m) { return std::pair(m.from, m.to); });
  std::vector<Mark> out;
  for (const auto& mark : found) {
    if (!out.empty() && mark.from <= out.back().to) {
      out.back().to = std::max(out.back().to, mark.to);
    } else {
      out.push_back(mark);
    }
  }
  for (auto& mark : out) mark = trimmed(folded, mark);
  std::erase_if(out, [](const Mark& mark) { return mark.from >= mark.to; });
  return out;
}

/// Words [first, last) of a text.
struct Extract {
  std::size_t first = 0;
  std::size_t last = 0;
  std::size_t worth = 0;
};

/// The extract that begins shortly before the mark and its worth: different words, then marks.
Extract extract_at(const Folded& folded, const std::vector<Mark>& marks, std::size_t from) {
  const auto word = std::ranges::upper_bound(folded.words, marks[from].from, {}, &Word::from);
  const auto at = static_cast<std::size_t>(word - folded.words.begin());
  Extract out;
  out.first = at > kWordsBefore + 1 ? at - 1 - kWordsBefore : 0;
  out.last = std::min(out.first + kExtractWords, folded.words.size());
  if (out.last - out.first < kExtractWords) {
    out.first = out.last > kExtractWords ? out.last - kExtractWords : 0;
  }
  std::set<std::size_t> different;
  for (std::size_t i = from; i < marks.size() && out.last > 0; ++i) {
    if (marks[i].from >= folded.words[out.last - 1].to) break;
    different.insert(marks[i].term);
    ++out.worth;
  }
  out.worth += different.size() * kMostMarks;
  return out;
}

/// The best extract, and the best one that does not overlap with it, in their order.
std::vector<Extract> best_extracts(const Folded& folded, const std::vector<Mark>& marks) {
  std::vector<Extract> all;
  for (std::size_t i = 0; i < marks.size(); ++i) all.push_back(extract_at(folded, marks, i));
  std::ranges::stable_sort(all, std::ranges::greater{}, &Extract::worth);
  std::vector<Extract> out{all.front()};
  const auto second = std::ranges::find_if(all, [&out](const Extract& e) {
    return e.first >= out.front().last || e.last <= out.front().first;
  });
  if (second != all.end()) out.push_back(*second);
  std::ranges::sort(out, {}, &Extract::first);
  return out;
}

void escape(std::string_view text, std::string& out) {
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out += c;
    }
  }
}

/// The original's bytes of [from, to) of the folded text; characters that fold to nothing belong to
/// what is before them.
void write(std::string_view original, const Folded& folded, std::size_t from, std::size_t to,
           std::string& out) {
  const auto begin = folded.origin[from];
  escape(original.substr(begin, folded.origin[to] - begin), out);
}

std::string show(std::string_view original, const Folded& folded, const std::vector<Mark>& marks,
                 const Extract& extract) {
  std::string out;
  const bool whole = extract.first == 0 && extract.last == folded.words.size();
  std::size_t at = whole ? 0 : folded.words[extract.first].from;
  const std::size_t end = whole ? folded.text.size() : folded.words[extract.last - 1].to;
  for (const auto& mark : marks) {
    if (mark.to <= at) continue;
    if (mark.from >= end) break;
    const auto from = std::max(at, mark.from);
    write(original, folded, at, from, out);
    out += "<mark>";
    at = std::max(from, std::min(mark.to, end));
    write(original, folded, from, at, out);
    out += "</mark>";
  }
  write(original, folded, at, end, out);
  return out;
}

std::optional<std::string> highlight(const std::string& text, const Terms& terms,
                                     const Folds& folds) {
  const Folded folded(text, folds);
  const auto marks = marks_in(folded, terms);
  if (marks.empty() || folded.words.empty()) return std::nullopt;
  std::string out;
  for (const auto& extract : best_extracts(folded, marks)) {
    if (!out.empty()) out += " ... ";
    out += show(text, folded, marks, extract);
  }
  return out;
}

std::string beginning_of(const std::string& text, const Folds& folds) {
  const Folded folded(text, folds);
  const Extract first{0, std::min(kExtractWords, folded.words.size()), 0};
  return show(text, folded, {}, first);
}

std::vector<std::string> highlights_of(const std::vector<std::string>& texts, const Terms& terms,
                                       const Folds& folds) {
  std::vector<std::string> out;
  for (const auto& text : texts) {
    if (out.size() == kMostHighlights) break;
    if (auto one = highlight(text, terms, folds)) out.push_back(std::move(*one));
  }
  return out;
}

/// `tsquery[at]` is the quote before a lexeme; moves behind the one after it.
Term read_term(std::string_view tsquery, std::size_t& at) {
  Term term;
  for (++at; at < tsquery.size(); ++at) {
    if (tsquery[at] == '\'' || tsquery[at] == '\\') {
      const bool escaped =
          at + 1 < tsquery.size() && (tsquery[at] == '\\' || tsquery[at + 1] == '\'');
      if (!escaped) break;
      ++at;
    }
    term.lexeme += tsquery[at];
  }
  at = std::min(at + 1, tsquery.size());
  // Behind the quote stand its weights, of which only the star is used here.
  term.beginning = tsquery.substr(at).starts_with(":*");
  return term;
}

/// Of what stands between < and >: a number, or a hyphen for 1.
std::size_t distance_of(std::string_view text) {
  std::size_t distance = 1;
  std::from_chars(text.data(), text.data() + text.size(), distance);
  return distance;
}

template <class T>
void add_once(std::vector<T>& all, T one) {
  if (std::ranges::find(all, one) == all.end()) all.push_back(std::move(one));
}

}  // namespace

Terms terms_of(std::string_view tsquery) {
  Terms out;
  Phrase current;
  const auto end_phrase = [&out, &current] {
    if (current.terms.size() == 1) {
      add_once(out.words, std::move(current.terms.front()));
    } else if (!current.terms.empty()) {
      add_once(out.phrases, std::move(current));
    }
    current = {};
  };
  std::size_t behind = 0;  // how far the next one is behind the one before, if it is a phrase
  for (std::size_t at = 0; at < tsquery.size();) {
    if (tsquery[at] == '<') {
      const auto end = std::min(tsquery.find('>', at), tsquery.size());
      behind = distance_of(tsquery.substr(at + 1, end - at - 1));
      at = end + 1;
    } else if (tsquery[at] == '\'') {
      Term term = read_term(tsquery, at);
      if (behind == 0) end_phrase();
      current.terms.push_back(std::move(term));
      current.places.push_back(behind);
      behind = 0;
    } else {
      ++at;
    }
  }
  end_phrase();
  return out;
}

std::vector<std::string> highlights(const std::vector<std::string>& texts,
                                    const std::string& number, const Terms& terms,
                                    const Folds& folds) {
  auto out = highlights_of(texts, terms, folds);
  if (!out.empty()) return out;
  // A phrase that the parser has taken apart in another way.
  Terms single{terms.words, {}};
  for (const auto& phrase : terms.phrases) {
    for (const auto& term : phrase.terms) add_once(single.words, term);
  }
  if (!terms.phrases.empty()) out = highlights_of(texts, single, folds);
  if (!out.empty()) return out;
  Terms numbers;  // indexed behind a sign
  for (const auto& term : single.words) {
    const bool sign = term.lexeme.starts_with('#');
    numbers.words.push_back({sign ? term.lexeme.substr(1) : term.lexeme, term.beginning});
  }
  if (auto own = highlight(number, numbers, folds)) return {std::move(*own)};
  const auto first = std::ranges::find_if(texts, [](const auto& text) { return !text.empty(); });
  return {beginning_of(first == texts.end() ? number : *first, folds)};
}

}  // namespace wardbook::records
