#include "text/highlight.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "text/lexemes.h"
#include "text/tokens.h"

namespace wardbook::text {
namespace {

constexpr std::size_t kMostHighlights = 8;
constexpr std::size_t kExtractWords = 24;
constexpr std::size_t kWordsBefore = 4;
/// So many marks of one text are looked at.
constexpr std::size_t kMostMarks = 200;

using Numbers = std::vector<std::size_t>;

bool fits(const Term& term, std::string_view form) {
  return term.beginning ? form.starts_with(term.lexeme) : form == term.lexeme;
}

/// The terms of a query by their first bytes, and its sequences in numbers of terms.
class Matcher {
 public:
  explicit Matcher(const std::vector<Sequence>& sequences) {
    for (const auto& sequence : sequences) {
      std::vector<std::pair<Numbers, std::size_t>> steps;
      for (const auto& step : sequence) {
        Numbers terms;
        for (const auto& term : step.terms) terms.push_back(number_of(term));
        steps.emplace_back(std::move(terms), step.behind);
      }
      if (!steps.empty()) sequences_.push_back(std::move(steps));
    }
  }

  using Steps = std::vector<std::pair<Numbers, std::size_t>>;
  [[nodiscard]] const std::vector<Steps>& sequences() const { return sequences_; }
  [[nodiscard]] const Term& term(std::size_t number) const { return terms_[number]; }

  /// The terms that a token is found by, as PostgreSQL finds them in its document.
  void find(const Tokens& tokens, const Token& token, Numbers& out) const {
    out.clear();
    const auto text = tokens.text_of(token);
    match(beginning(text, kLongestLexeme), out);
    if (token.kind != Token::Kind::letters) return;
    if (token.ascii && !may_be_stemmed_to_one(text)) return;
    const Forms forms = forms_of(tokens, token);
    if (!forms.stem.empty()) match(forms.stem, out);
    if (!forms.bare.empty()) match(forms.bare, out);
  }

 private:
  std::size_t number_of(const Term& term) {
    const auto found = std::ranges::find(terms_, term);
    if (found != terms_.end()) return static_cast<std::size_t>(found - terms_.begin());
    terms_.push_back(term);
    if (!term.lexeme.empty()) {
      by_byte_[static_cast<unsigned char>(term.lexeme[0])].push_back(terms_.size() - 1);
    }
    return terms_.size() - 1;
  }

  [[nodiscard]] const Numbers& of_byte(std::string_view form) const {
    return by_byte_[static_cast<unsigned char>(form[0])];
  }

  /// A stem begins as its word does, a short one (dying: die) with one letter only. Not so an
  /// Arabic word without its article.
  [[nodiscard]] bool may_be_stemmed_to_one(std::string_view word) const {
    constexpr std::size_t kShort = 3;
    return std::ranges::any_of(of_byte(word), [this, word](std::size_t number) {
      const std::string_view lexeme = terms_[number].lexeme;
      return lexeme.size() <= kShort || word.starts_with(lexeme.substr(0, kShort - 1));
    });
  }

  void match(std::string_view form, Numbers& out) const {
    for (const auto number : of_byte(form)) {
      if (fits(terms_[number], form)) out.push_back(number);
    }
  }

  static constexpr std::size_t kBytes = 256;
  std::vector<Term> terms_;
  std::array<Numbers, kBytes> by_byte_;
  std::vector<Steps> sequences_;
};

bool any_of(const Numbers& found, const Numbers& wanted) {
  return std::ranges::any_of(
      found, [&wanted](std::size_t n) { return std::ranges::find(wanted, n) != wanted.end(); });
}

struct Mark {
  std::size_t from = 0;  ///< in the original
  std::size_t to = 0;
  std::size_t sequence = 0;
};

/// A text and what is marked in it.
class Marked {
 public:
  Marked(std::string_view text, const Matcher& matcher) : text_(text), tokens_(text) {
    find(matcher);
    std::ranges::sort(marks_, {}, [](const Mark& m) { return std::pair(m.from, m.to); });
    std::vector<Mark> merged;
    for (const auto& mark : marks_) {
      if (!merged.empty() && mark.from <= merged.back().to) {
        merged.back().to = std::max(merged.back().to, mark.to);
      } else {
        merged.push_back(mark);
      }
    }
    marks_ = std::move(merged);
  }

  [[nodiscard]] bool empty() const { return marks_.empty(); }
  [[nodiscard]] std::string extracts() const;
  [[nodiscard]] std::string first_words() const {
    return show({0, std::min(kExtractWords, tokens_.all().size()), 0});
  }

 private:
  /// Words [first, last) of the text.
  struct Extract {
    std::size_t first = 0;
    std::size_t last = 0;
    std::size_t worth = 0;
  };

  void find(const Matcher& matcher);
  void mark_sequence(const Matcher::Steps& steps, std::size_t index,
                     const std::vector<Numbers>& found);
  void mark_joined(const Matcher& matcher);
  [[nodiscard]] Extract extract_at(std::size_t mark) const;
  [[nodiscard]] std::vector<Extract> best_extracts() const;
  [[nodiscard]] std::string show(const Extract& extract) const;
  void write(std::size_t from, std::size_t to, std::string& out) const;

  std::string_view text_;
  Tokens tokens_;
  std::vector<Mark> marks_;
};

void Marked::find(const Matcher& matcher) {
  std::vector<Numbers> found(tokens_.all().size());
  bool any = false;
  for (std::size_t i = 0; i < found.size(); ++i) {
    matcher.find(tokens_, tokens_.all()[i], found[i]);
    any = any || !found[i].empty();
  }
  if (any) {
    for (std::size_t i = 0; i < matcher.sequences().size(); ++i) {
      mark_sequence(matcher.sequences()[i], i, found);
    }
  }
  mark_joined(matcher);
}

/// Where its steps stand one behind the other. What a hyphen joins is marked as one.
void Marked::mark_sequence(const Matcher::Steps& steps, std::size_t index,
                           const std::vector<Numbers>& found) {
  const auto& all = tokens_.all();
  const auto most = marks_.size() + kMostMarks;
  Numbers places;
  for (std::size_t first = 0; first < found.size() && marks_.size() < most; ++first) {
    places.clear();
    auto at = first;
    for (const auto& [terms, behind] : steps) {
      if (!places.empty()) at += behind;
      if (at >= found.size() || !any_of(found[at], terms)) break;
      places.push_back(at);
    }
    if (places.size() < steps.size()) continue;
    for (std::size_t i = 0; i < places.size(); ++i) {
      const auto& token = all[places[i]];
      const bool goes_on = i > 0 && places[i - 1] + 1 == places[i] && token.hyphened;
      if (goes_on) {
        marks_.back().to = token.end;
      } else {
        marks_.push_back({token.begin, token.end, index});
      }
    }
  }
}

/// By a term that is longer than the compound's first part, which is a word too.
void Marked::mark_joined(const Matcher& matcher) {
  for (const auto& joined : tokens_.joined()) {
    const auto& first = tokens_.all()[joined.first];
    for (std::size_t i = 0; i < matcher.sequences().size(); ++i) {
      const auto& steps = matcher.sequences()[i];
      if (steps.size() != 1) continue;
      const bool fitting = std::ranges::any_of(steps[0].first, [&](std::size_t number) {
        const auto& term = matcher.term(number);
        return term.lexeme.size() > first.to - first.from && fits(term, joined.text);
      });
      if (!fitting) continue;
      marks_.push_back({first.begin, tokens_.all()[joined.last - 1].end, i});
      break;
    }
  }
}

/// The extract that begins shortly before the mark, and its worth: different words, then marks.
Marked::Extract Marked::extract_at(std::size_t mark) const {
  const auto& all = tokens_.all();
  const auto word = std::ranges::upper_bound(all, marks_[mark].from, {}, &Token::begin);
  const auto at = static_cast<std::size_t>(word - all.begin());
  Extract out;
  out.first = at > kWordsBefore + 1 ? at - 1 - kWordsBefore : 0;
  out.last = std::min(out.first + kExtractWords, all.size());
  if (out.last - out.first < kExtractWords) {
    out.first = out.last > kExtractWords ? out.last - kExtractWords : 0;
  }
  std::set<std::size_t> different;
  for (std::size_t i = mark; i < marks_.size() && out.last > 0; ++i) {
    if (marks_[i].from >= all[out.last - 1].end) break;
    different.insert(marks_[i].sequence);
    ++out.worth;
  }
  out.worth += different.size() * kMostMarks;
  return out;
}

/// The best extract, and the best one that does not overlap with it, in their order.
std::vector<Marked::Extract> Marked::best_extracts() const {
  std::vector<Extract> all;
  for (std::size_t i = 0; i < std::min(marks_.size(), kMostMarks); ++i) {
    all.push_back(extract_at(i));
  }
  std::ranges::stable_sort(all, std::ranges::greater{}, &Extract::worth);
  std::vector<Extract> out{all.front()};
  const auto second = std::ranges::find_if(all, [&out](const Extract& e) {
    return e.first >= out.front().last || e.last <= out.front().first;
  });
  if (second != all.end()) out.push_back(*second);
  std::ranges::sort(out, {}, &Extract::first);
  return out;
}

void Marked::write(std::size_t from, std::size_t to, std::string& out) const {
  for (const char c : text_.substr(from, to - from)) {
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

std::string Marked::show(const Extract& extract) const {
  const auto& all = tokens_.all();
  std::string out;
  const bool whole = extract.first == 0 && extract.last == all.size();
  std::size_t at = whole ? 0 : all[extract.first].begin;
  const std::size_t end = whole ? text_.size() : all[extract.last - 1].end;
  for (const auto& mark : marks_) {
    if (mark.to <= at) continue;
    if (mark.from >= end) break;
    const auto from = std::max(at, mark.from);
    write(at, from, out);
    out += "<mark>";
    at = std::max(from, std::min(mark.to, end));
    write(from, at, out);
    out += "</mark>";
  }
  write(at, end, out);
  return out;
}

std::string Marked::extracts() const {
  std::string out;
  for (const auto& extract : best_extracts()) {
    if (!out.empty()) out += " ... ";
    out += show(extract);
  }
  return out;
}

std::vector<std::string> highlights_of(const std::vector<std::string>& texts,
                                       const std::vector<Sequence>& sequences) {
  const Matcher matcher(sequences);
  std::vector<std::string> out;
  for (const auto& text : texts) {
    if (out.size() == kMostHighlights) break;
    const Marked marked(text, matcher);
    if (!marked.empty()) out.push_back(marked.extracts());
  }
  return out;
}

/// The words of phrases wherever they are.
std::vector<Sequence> taken_apart(const std::vector<Sequence>& sequences) {
  std::vector<Sequence> out;
  for (const auto& sequence : sequences) {
    for (const auto& step : sequence) out.push_back({Step{step.terms, 1}});
  }
  return out;
}

/// In documents the number stands behind a sign.
bool is_number(std::string_view folded, const Term& term) {
  constexpr std::size_t kSign = 1;
  return term.lexeme.starts_with('#') && fits({term.lexeme.substr(kSign), term.beginning}, folded);
}

/// Found as a record's number.
bool found_by_number(std::string_view number, const std::vector<Sequence>& single) {
  const std::string folded = Tokens(number).folded();
  return std::ranges::any_of(single, [&folded](const Sequence& sequence) {
    return std::ranges::any_of(sequence.front().terms,
                               [&folded](const Term& term) { return is_number(folded, term); });
  });
}

}  // namespace

std::vector<std::string> highlight(const std::vector<std::string>& texts, std::string_view number,
                                   const Query& query) {
  auto out = highlights_of(texts, query.sequences);
  if (!out.empty()) return out;
  const auto single = taken_apart(query.sequences);
  if (found_by_number(number, single)) return {"<mark>" + std::string(number) + "</mark>"};
  // Found at a place that is beyond those which a document keeps.
  out = highlights_of(texts, single);
  if (!out.empty()) return out;
  const Marked own(number, Matcher(single));
  if (!own.empty()) return {own.extracts()};
  const auto first = std::ranges::find_if(texts, [](const auto& text) { return !text.empty(); });
  const Matcher none({});
  return {Marked(first == texts.end() ? number : std::string_view(*first), none).first_words()};
}

}  // namespace wardbook::text
