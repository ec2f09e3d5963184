#include "features/icd10/icd10_words.h"

#include <algorithm>
#include <array>

#include "features/icd10/icd10_lay_words.h"

namespace wardbook::icd10 {
namespace {

constexpr std::size_t kWordsMost = 10;

/// Words that titles have for grammar's sake; they say nothing as long as there are others.
constexpr std::array<std::string_view, 14> kFillers{"a",  "an", "and", "at", "by",  "for", "from",
                                                    "in", "of", "on",  "or", "the", "to",  "s"};
bool is_filler(std::string_view word) {
  return std::ranges::find(kFillers, word) != kFillers.end();
}

bool is_side(std::string_view word) {
  return word == "left" || word == "right" || word == "bilateral";
}

/// Type II diabetes is type 2.
constexpr std::array<std::string_view, 5> kRoman{"i", "ii", "iii", "iv", "v"};

constexpr std::size_t kCategory = 3;    ///< E11
constexpr std::size_t kCodeLength = 7;  ///< S72001A
constexpr int kTypedCodesMost = 3;      // each may be of some thousand codes
constexpr std::string_view kCodeSeparators = " .,-_/:;";

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool in_word(char c) {
  return is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

/// A word of a text, in lower case.
struct Piece {
  std::string word;
  bool dotted = false;  ///< a code that was written with its dot
};

/// A category at least, without a dot.
bool is_code(std::string_view word) {
  return word.size() >= kCategory && word.size() <= kCodeLength && is_letter(word[0]) &&
         is_digit(word[1]) &&
         std::ranges::all_of(word, [](char c) { return is_letter(c) || is_digit(c); });
}

/// type2, covid19: where the figures of a word begin that has three letters before them.
std::size_t figures_of(std::string_view word) {
  std::size_t at = word.size();
  while (at > 0 && is_digit(word[at - 1])) --at;
  const auto letters = word.substr(0, at);
  return at >= 3 && std::ranges::none_of(letters, is_digit) ? at : word.size();
}

std::vector<Piece> split(std::string_view text) {
  std::vector<Piece> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = at;
    while (at < text.size() && in_word(text[at])) ++at;
    std::string word(text.substr(begin, at - begin));
    std::ranges::transform(word, word.begin(), lower);
    if (word.size() == kCategory && is_code(word) && at < text.size() && text[at] == '.') {
      std::string whole = word;
      auto end = at + 1;
      while (end < text.size() && in_word(text[end])) whole += lower(text[end++]);
      if (whole.size() > kCategory && is_code(whole)) {
        out.push_back({std::move(whole), true});
        at = end;
        continue;
      }
    }
    const auto figures = figures_of(word);
    if (!word.empty()) out.push_back({word.substr(0, figures)});
    if (figures < word.size()) out.push_back({word.substr(figures)});
    if (at == begin) ++at;
  }
  return out;
}

std::vector<Piece> telling_words(std::string_view text) {
  auto pieces = split(text);
  const auto filler = [](const Piece& piece) { return is_filler(piece.word); };
  if (!std::ranges::all_of(pieces, filler)) std::erase_if(pieces, filler);
  return pieces;
}

/// leukaemia, oedema, tumour, sulphur as titles spell them. Short words are no British ones (toes).
std::string american(std::string word) {
  if (word.size() < 6) return word;
  constexpr std::array<std::array<std::string_view, 2>, 3> kSpelled{
      {{"ae", "e"}, {"oe", "e"}, {"sulph", "sulf"}}};
  for (const auto& [british, here] : kSpelled) {
    for (auto at = word.find(british); at != std::string::npos; at = word.find(british, at)) {
      word.replace(at, british.size(), here);
    }
  }
  for (const std::string_view end : {"our", "ours", "oural"}) {
    if (word.ends_with(end)) word.erase(word.size() - end.size() + 1, 1);
  }
  return word;
}

/// As lay words are looked up.
std::string lay_form(const std::string& word) {
  for (const std::string_view other : {"broke", "broken", "fractured", "fx"}) {
    if (word == other) return "fracture";
  }
  return american(word);
}

/// Calls `use` for each of the parts.
template <typename Use>
void each_part(std::string_view text, Use use) {
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(' ', at), text.size());
    use(std::string(text.substr(at, end - at)));
    at = end + 1;
  }
}

/// Titles may have the lay word too (family history of stroke); short ones begin too much (flu).
void add_lay_words(TypedWords& out, const LayWords& lay) {
  const auto first = out.last_position + 1;
  const bool alone = lay.text.size() >= 5 && lay.text.find(' ') == std::string_view::npos;
  each_part(lay.words, [&out, &lay, alone](std::string word) {
    ++out.last_position;
    const bool same = word == lay.text;
    out.words.push_back(std::move(word));
    out.positions.push_back(out.last_position);
    if (!alone || same) return;
    out.words.emplace_back(lay.text);
    out.positions.push_back(out.last_position);
  });
  each_part(lay.usual, [&out, first](std::string code) {
    out.codes.push_back({std::move(code), first, out.last_position});
  });
}

/// The word as it is, as it may be meant besides, and the code that it may be.
void add_word(TypedWords& out, const Piece& piece) {
  const auto position = ++out.last_position;
  const auto also = [&out, position](std::string word) {
    out.words.push_back(std::move(word));
    out.positions.push_back(position);
  };
  const auto roman = std::ranges::find(kRoman, piece.word);
  if (roman != kRoman.end()) also(std::to_string(roman - kRoman.begin() + 1));
  auto spelled = lay_form(piece.word);
  if (spelled != piece.word) also(std::move(spelled));
  if (!piece.dotted) also(piece.word);
  if (!is_code(piece.word) || out.typed_codes == kTypedCodesMost) return;
  std::string code = piece.word;
  std::ranges::transform(code, code.begin(), upper);
  out.codes.insert(out.codes.begin() + out.typed_codes++, {std::move(code), position, position});
}

/// What is beyond the last position that is looked at.
void cut(TypedWords& out) {
  constexpr auto most = static_cast<std::int64_t>(kWordsMost);
  if (out.last_position <= most) return;
  while (out.positions.back() > most) {
    out.positions.pop_back();
    out.words.pop_back();
  }
  std::erase_if(out.codes, [](const PreferredCodes& codes) { return codes.first > most; });
  for (auto& codes : out.codes) codes.last = std::min(codes.last, most);
  out.last_position = most;
}

}  // namespace

TypedWords typed_words(std::string_view text) {
  auto pieces = telling_words(text);
  // Lay words may have a side among them: fracture of the left wrist.
  std::ranges::stable_partition(pieces, is_side, &Piece::word);
  std::vector<std::string> forms;
  for (const auto& piece : pieces) forms.push_back(lay_form(piece.word));
  TypedWords out;
  for (std::size_t i = 0;
       i < pieces.size() && out.last_position < static_cast<std::int64_t>(kWordsMost);) {
    const auto lay = find_lay_words(std::span(forms).subspan(i));
    if (lay.entry != nullptr) {
      add_lay_words(out, *lay.entry);
      i += lay.words;
    } else {
      add_word(out, pieces[i++]);
    }
  }
  cut(out);
  return out;
}

std::optional<std::string> mended(std::string_view text,
                                  const std::vector<DoubtfulWord>& doubtful) {
  std::string out;
  bool changed = false;
  for (const auto& piece : telling_words(text)) {
    if (!out.empty()) out += ' ';
    const auto doubt = std::ranges::find(doubtful, piece.word, &DoubtfulWord::word);
    if (doubt == doubtful.end()) {
      out += piece.word;
    } else if (find_lay_words({&doubt->guess, 1}).entry != nullptr) {
      out += doubt->guess;
      changed = true;
    } else {
      const auto word = near_lay_word(piece.word).value_or(piece.word);
      out += word;
      changed = changed || word != piece.word;
    }
  }
  return changed ? std::optional(std::move(out)) : std::nullopt;
}

std::optional<std::string> code_beginning(std::string_view text) {
  std::string out;
  bool parted = false;
  bool separator = false;
  for (const char c : text) {
    if (kCodeSeparators.find(c) != std::string_view::npos) {
      separator = !out.empty();
      continue;
    }
    if (!is_letter(c) && !is_digit(c)) return std::nullopt;
    if ((out.empty() && !is_letter(c)) || (out.size() == 1 && !is_digit(c))) return std::nullopt;
    if (separator && out.size() == 2) return std::nullopt;
    parted = parted || separator;
    separator = false;
    out += upper(c);
  }
  if (out.empty() || out.size() > kCodeLength) return std::nullopt;
  if (parted && out.size() < kCategory) return std::nullopt;
  return out;
}

void Matches::add_lists(std::string_view lists) {
  std::uint32_t place = 0;
  std::uint32_t distance = 0;
  for (const char c : lists) {
    const auto byte = static_cast<unsigned char>(c);
    distance = std::min(distance << 7U | (byte & 0x7fU), kPlacesMost + 1);
    if ((byte & 0x80U) != 0) continue;
    place = distance == 0 ? 0 : std::min(place + distance, kPlacesMost + 1);
    distance = 0;
    if (place != 0) add_place(place);
  }
}

void Matches::add(std::span<const std::int64_t> places) {
  for (const auto place : places) {
    if (place > 0 && place <= std::int64_t{kPlacesMost}) {
      add_place(static_cast<std::uint32_t>(place));
    }
  }
}

void Matches::add_place(std::uint32_t place) {
  if (place > kPlacesMost) return;
  if (place >= seen_.size()) seen_.resize(place + 1);
  Seen& seen = seen_[place];
  if (seen.last_word == words_) return;
  seen.last_word = words_;
  ++seen.words;
}

void Matches::prefer(std::span<const std::int64_t> places, bool usual) {
  for (const auto place : places) {
    if (place <= 0 || place >= static_cast<std::int64_t>(seen_.size())) continue;
    Seen& seen = seen_[static_cast<std::size_t>(place)];
    if (seen.preferred != Preferred::no) continue;
    preferred_.push_back(place);
    seen.preferred = usual ? Preferred::with_all_words : Preferred::always;
  }
}

std::vector<std::int64_t> Matches::best(std::size_t limit) const {
  std::vector<std::int64_t> out;
  if (seen_.empty()) return out;
  const int most = std::ranges::max_element(seen_, {}, &Seen::words)->words;
  const auto first = [most, all = most == words_](const Seen& seen) {
    return seen.words == most && (seen.preferred == Preferred::always ||
                                  (all && seen.preferred == Preferred::with_all_words));
  };
  for (const auto place : preferred_) {
    const bool here = first(seen_[static_cast<std::size_t>(place)]);
    if (here && out.size() < limit) out.push_back(place);
  }
  for (std::size_t place = 0; place < seen_.size() && out.size() < limit; ++place) {
    if (seen_[place].words == most && !first(seen_[place])) {
      out.push_back(static_cast<std::int64_t>(place));
    }
  }
  return out;
}

}  // namespace wardbook::icd10
