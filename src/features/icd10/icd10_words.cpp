#include "features/icd10/icd10_words.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "features/icd10/icd10_lay_words.h"

namespace wardbook::icd10 {
namespace {

constexpr std::size_t kWordsMost = 10;

/// Words that titles have for grammar's sake; they say nothing as long as there are others.
constexpr std::array<std::string_view, 16> kFillers{"a",   "an",   "and", "at",  "by", "due",
                                                    "for", "from", "in",  "of",  "on", "or",
                                                    "the", "to",   "s",   "with"};
bool is_filler(std::string_view word) {
  return std::ranges::find(kFillers, word) != kFillers.end();
}

bool is_side(std::string_view word) {
  return word == "left" || word == "right" || word == "bilateral";
}

/// What is said of a word that is behind this one.
Asked asked_by(std::string_view word) {
  if (word == "without" || word == "no" || word == "non" || word == "not") return Asked::absence;
  if (word == "with" || word == "due" || word == "history") return Asked::circumstance;
  return Asked::subject;
}

/// Type II diabetes is type 2.
constexpr std::array<std::string_view, 5> kRoman{"i", "ii", "iii", "iv", "v"};

constexpr std::size_t kCategory = 3;    ///< E11
constexpr std::size_t kCodeLength = 7;  ///< S72001A
constexpr int kTypedCodesMost = 3;      // each may be of some thousand codes
constexpr std::string_view kCodeSeparators = " .,-_/:;";

bool in_word(char c) {
  return is_letter_or_digit(c) || static_cast<unsigned char>(c) >= 0x80;
}

/// A word of a text, in lower case.
struct Piece {
  std::string word;
  bool dotted = false;  ///< a code that was written with its dot
};

/// A category at least, without a dot.
bool is_code(std::string_view word) {
  return word.size() >= kCategory && word.size() <= kCodeLength && is_letter(word[0]) &&
         is_digit(word[1]) && std::ranges::all_of(word, is_letter_or_digit);
}

/// type2, covid19, type2diabetes: where the part ends that a word begins with, if three letters or
/// more are before the figures, and behind them as well if there are any.
std::size_t part_of(std::string_view word) {
  constexpr std::size_t kLetters = 3;
  const auto figures = std::min(word.find_first_of("0123456789"), word.size());
  const auto behind = std::min(word.find_first_not_of("0123456789", figures), word.size());
  const auto rest = word.substr(behind);
  const bool letters =
      rest.empty() || (rest.size() >= kLetters && std::ranges::none_of(rest, is_digit));
  if (figures == 0) return letters && !rest.empty() ? behind : word.size();
  return figures >= kLetters && letters ? figures : word.size();
}

std::vector<Piece> pieces_of(std::string_view text) {
  std::vector<Piece> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = at;
    while (at < text.size() && in_word(text[at])) ++at;
    std::string word(text.substr(begin, at - begin));
    word = lower_case(word);
    if (word.size() == kCategory && is_code(word) && at < text.size() && text[at] == '.') {
      std::string whole = word;
      auto end = at + 1;
      while (end < text.size() && in_word(text[end])) whole += lower_case(text[end++]);
      if (whole.size() > kCategory && is_code(whole)) {
        out.push_back({std::move(whole), true});
        at = end;
        continue;
      }
    }
    if (at == begin) ++at;
    while (!word.empty()) {
      const auto part = part_of(word);
      out.push_back({word.substr(0, part)});
      word.erase(0, part);
    }
  }
  return out;
}

std::vector<Piece> telling_words(std::string_view text) {
  auto pieces = pieces_of(text);
  const auto filler = [](const Piece& piece) { return is_filler(piece.word); };
  if (!std::ranges::all_of(pieces, filler)) std::erase_if(pieces, filler);
  return pieces;
}

/// leukaemia, oedema, tumour, sulphur as titles spell them. Short words are no British ones, nor
/// are those of toes.
std::string american(std::string word) {
  if (word.size() < 6 || word.starts_with("toe") || word.starts_with("gastroe")) return word;
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

/// Titles may have the lay word too (family history of stroke); short ones begin too much (flu).
void add_lay_words(TypedWords& out, const LayFound& found) {
  const LayWords& lay = *found.entry;
  const auto first = out.last_position + 1;
  const bool alone = found.words == 1 && found.text.size() >= 5;
  for (const auto word : parts(lay.words)) {
    out.words.emplace_back(word);
    out.positions.push_back(++out.last_position);
    if (!alone || word == found.text) continue;
    out.words.emplace_back(found.text);
    out.positions.push_back(out.last_position);
  }
  for (const auto code : parts(lay.usual)) {
    out.codes.push_back({std::string(code), first, out.last_position});
  }
}

/// What titles have for a word, where neither begins with the other.
std::string_view other_form(std::string_view word) {
  constexpr std::array<std::array<std::string_view, 2>, 8> kForms{{{"bite", "bitten"},
                                                                   {"bites", "bitten"},
                                                                   {"burnt", "burn"},
                                                                   {"feet", "foot"},
                                                                   {"stung", "sting"},
                                                                   {"swollen", "swelling"},
                                                                   {"teeth", "tooth"},
                                                                   {"torn", "tear"}}};
  const auto* const form =
      std::ranges::find(kForms, word, [](const auto& pair) { return pair[0]; });
  return form == kForms.end() ? std::string_view() : (*form)[1];
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
  if (const auto other = other_form(piece.word); !other.empty()) also(std::string(other));
  if (!piece.dotted) also(piece.word);
  if (!is_code(piece.word) || out.typed_codes == kTypedCodesMost) return;
  std::string code = upper_case(piece.word);
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

/// Whether one of them is part of a lay word of several, or one itself.
bool in_lay_words(std::span<const std::string> words, std::size_t one) {
  for (std::size_t first = 0; first <= one; ++first) {
    const auto found = find_lay_words(words.subspan(first));
    if (found.entry != nullptr && first + found.words > one) return true;
  }
  return false;
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
      add_lay_words(out, lay);
      i += lay.words;
    } else {
      add_word(out, pieces[i++]);
    }
  }
  cut(out);
  for (const auto& piece : pieces_of(text)) out.asked = std::max(out.asked, asked_by(piece.word));
  for (const auto& word : out.words) out.asked = std::max(out.asked, asked_by(word));
  return out;
}

std::optional<std::string> mended(std::string_view text,
                                  const std::vector<DoubtfulWord>& doubtful) {
  std::vector<std::string> words;
  for (auto& piece : telling_words(text)) words.push_back(std::move(piece.word));
  bool changed = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto doubt = std::ranges::find(doubtful, words[i], &DoubtfulWord::word);
    if (doubt == doubtful.end()) continue;
    auto guessed = words;
    guessed[i] = doubt->guess;
    const bool lay = !doubt->guess.empty() && in_lay_words(guessed, i);
    const auto word = lay ? doubt->guess : near_lay_word(words[i]).value_or(words[i]);
    changed = changed || word != words[i];
    words[i] = word;
  }
  if (!changed) return std::nullopt;
  std::string out;
  for (const auto& word : words) out += out.empty() ? word : ' ' + word;
  return out;
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
    if (!is_letter_or_digit(c)) return std::nullopt;
    if ((out.empty() && !is_letter(c)) || (out.size() == 1 && !is_digit(c))) return std::nullopt;
    if (separator && out.size() == 2) return std::nullopt;
    parted = parted || separator;
    separator = false;
    out += upper_case(c);
  }
  if (out.empty() || out.size() > kCodeLength) return std::nullopt;
  if (parted && out.size() < kCategory) return std::nullopt;
  return out;
}

void Matches::add_lists(std::string_view lists, Form form) {
  constexpr std::array<std::uint8_t, 3> kCostOfForm{0, 1, 3};
  // By what was asked and the word's role in the title.
  constexpr std::array<std::array<std::uint8_t, 4>, 3> kCostOfRole{
      {{0, 2, 8, 2}, {0, 0, 8, 2}, {0, 0, 0, 2}}};
  constexpr std::uint32_t kNumberMost = (kPlacesMost + 1) * 4;
  const auto cost_of_form = kCostOfForm[static_cast<std::size_t>(form)];
  std::uint32_t place = 0;
  std::uint32_t number = 0;
  for (const char c : lists) {
    const auto byte = static_cast<unsigned char>(c);
    number = std::min(number << 7U | (byte & 0x7fU), kNumberMost);
    if ((byte & 0x80U) != 0) continue;
    place = number == 0 ? 0 : std::min(place + number / 4, kPlacesMost + 1);
    const auto cost_of_role = kCostOfRole[static_cast<std::size_t>(asked_)][number % 4];
    number = 0;
    if (place != 0) add_place(place, cost_of_form + cost_of_role);
  }
}

void Matches::add(std::span<const std::int64_t> places) {
  for (const auto place : places) {
    if (place > 0 && place <= std::int64_t{kPlacesMost}) {
      add_place(static_cast<std::uint32_t>(place), 0);
    }
  }
}

void Matches::add_place(std::uint32_t place, std::uint8_t cost) {
  if (place > kPlacesMost) return;
  if (place >= seen_.size()) seen_.resize(place + 1);
  Seen& seen = seen_[place];
  if (seen.last_word == words_) {
    if (cost >= seen.last_cost) return;
    seen.cost -= seen.last_cost;
  } else {
    seen.last_word = words_;
    most_ = std::max(most_, ++seen.words);
  }
  seen.last_cost = static_cast<std::uint8_t>(std::min<int>(cost, 255 - seen.cost));
  seen.cost += seen.last_cost;
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

bool Matches::first(const Seen& seen) const {
  return seen.words == most_ && (seen.preferred == Preferred::always ||
                                 (most_ == words_ && seen.preferred == Preferred::with_all_words));
}

std::vector<std::int64_t> Matches::best(std::size_t limit) const {
  std::vector<std::int64_t> out;
  if (seen_.empty()) return out;
  for (const auto place : preferred_) {
    const bool here = first(seen_[static_cast<std::size_t>(place)]);
    if (here && out.size() < limit) out.push_back(place);
  }
  // By cost, the billable ones and the others; each in the order of the places.
  std::array<std::array<std::vector<std::int64_t>, 256>, 2> by_cost;
  for (std::size_t place = 0; place < seen_.size(); ++place) {
    const Seen& seen = seen_[place];
    if (seen.words != most_ || first(seen)) continue;
    auto& list = by_cost[place > billable_ ? 1 : 0][seen.cost];
    if (list.size() < limit) list.push_back(static_cast<std::int64_t>(place));
  }
  for (const auto& lists : by_cost) {
    for (const auto& list : lists) {
      const auto rest = std::min(limit - out.size(), list.size());
      out.insert(out.end(), list.begin(), list.begin() + static_cast<std::ptrdiff_t>(rest));
    }
  }
  return out;
}

}  // namespace wardbook::icd10
