#include "text/document.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <deque>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "text/lexemes.h"
#include "text/tokens.h"

namespace wardbook::text {
namespace {

// PostgreSQL's limits: 16,383 places, 255 places of a lexeme, 1 MB of a document, from which what
// stands beside the lexemes is taken.
constexpr std::uint16_t kLastPlace = 16'383;
constexpr std::size_t kMostPlaces = 255;
constexpr std::size_t kMostBytes = 1'000'000;
constexpr std::size_t kPlaceBytes = 2;
constexpr std::size_t kPlacesBytes = 3;  ///< how many there are, and up to one byte to align them

constexpr std::size_t kMostOfMain = 50'000;
constexpr std::size_t kMostOfRest = 80'000;
constexpr std::size_t kGap = 4;
constexpr std::size_t kMostJoined = 500;

struct Weights {
  char word;
  char stem;
};

struct Place {
  std::uint16_t at = 0;
  char weight = 'D';
};

struct Entry {
  std::string_view lexeme;
  std::vector<Place> places;
  std::string_view stem;
  std::string_view bare;
  bool known = false;  ///< stem and bare are
};

class Writer {
 public:
  void add_texts(const std::vector<std::string>& texts, std::size_t most, Weights weights) {
    std::size_t length = 0;
    for (const auto& text : texts) length += characters(text);
    for (const auto& text : texts) {
      // Where the texts are too long together, the beginning of each.
      constexpr std::size_t kShare = 6;
      const auto part = length > most ? first_characters(text, most / kShare) : text;
      const auto taken = first_characters(part, most - std::min(most, taken_));
      taken_ += characters(taken);
      if (!taken.empty()) add_text(taken, weights);
      place_ += kGap;
    }
    taken_ = 0;
  }

  /// In a place where no phrase reaches it. It needs one: where the beginning of a word is looked
  /// for in a phrase, PostgreSQL finds nothing in documents that have a lexeme without a place
  /// among those which begin so.
  void add_apart(std::string_view lexeme) {
    if (Entry* one = entry(lexeme)) add_place(*one, kLastPlace, 'D');
  }

  [[nodiscard]] std::string write();

 private:
  static std::string_view first_characters(std::string_view text, std::size_t most) {
    if (text.size() <= most) return text;
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
      if ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) continue;
      if (most-- == 0) break;
    }
    return text.substr(0, at);
  }

  void add_text(std::string_view text, Weights weights) {
    // The lexemes are parts of it.
    const Tokens& tokens = texts_.emplace_back(text);
    const auto before = place_;
    for (const auto& token : tokens.all()) add_token(tokens, token, weights);
    for (const auto& joined : tokens.joined()) {
      if (joined_ == kMostJoined) break;
      if (characters(joined.text) > kLongestJoined) continue;
      ++joined_;
      Entry* one = entry(joined.text);
      if (one == nullptr) continue;
      add_place(*one, before + joined.first + 1, weights.stem);
      add_place(*one, before + joined.last, weights.stem);
    }
  }

  void add_token(const Tokens& tokens, const Token& token, Weights weights) {
    ++place_;
    const auto lexeme = beginning(tokens.text_of(token), kLongestLexeme);
    Entry* word = entry(lexeme);
    if (word == nullptr) return;
    if (!word->known) {
      Forms forms = forms_of(tokens, token);
      if (!forms.stem.empty()) word->stem = stems_.emplace_back(std::move(forms.stem));
      word->bare = forms.bare;
      word->known = true;
    }
    const auto stem = word->stem;
    const auto bare = word->bare;
    add_place(*word, place_, weights.word);
    for (const auto form : {stem, bare}) {
      if (form.empty()) continue;
      if (Entry* other = entry(form)) add_place(*other, place_, weights.stem);
    }
  }

  /// nullptr when the document is full.
  Entry* entry(std::string_view lexeme) {
    const auto found = index_.find(lexeme);
    if (found != index_.end()) return &entries_[found->second];
    if (bytes_ + lexeme.size() + kPlacesBytes + kPlaceBytes > kMostBytes) return nullptr;
    bytes_ += lexeme.size() + kPlacesBytes;
    index_.emplace(lexeme, entries_.size());
    return &entries_.emplace_back(Entry{lexeme, {}, {}, {}, false});
  }

  void add_place(Entry& to, std::size_t place, char weight) {
    const auto at = static_cast<std::uint16_t>(std::min<std::size_t>(place, kLastPlace));
    auto& places = to.places;
    if (!places.empty() && places.back().at == at) {
      places.back().weight = std::min(places.back().weight, weight);
      return;
    }
    if (places.size() == kMostPlaces || bytes_ + kPlaceBytes > kMostBytes) return;
    bytes_ += kPlaceBytes;
    places.push_back({at, weight});
  }

  std::deque<Tokens> texts_;
  std::deque<std::string> stems_;
  std::deque<Entry> entries_;
  std::unordered_map<std::string_view, std::size_t> index_;
  std::size_t place_ = 0;
  std::size_t bytes_ = 0;
  std::size_t joined_ = 0;
  std::size_t taken_ = 0;
};

std::string Writer::write() {
  std::vector<Entry*> sorted;
  sorted.reserve(entries_.size());
  for (auto& one : entries_) sorted.push_back(&one);
  std::ranges::sort(sorted, {}, &Entry::lexeme);
  std::string out;
  out.reserve(2 * bytes_ + 8 * sorted.size());
  std::array<char, 8> digits{};
  for (auto* one : sorted) {
    std::ranges::sort(one->places, {}, &Place::at);
    if (!out.empty()) out += ' ';
    append_lexeme(one->lexeme, out);
    char before = ':';
    for (const auto& place : one->places) {
      out += before;
      const auto end =
          std::to_chars(digits.data(), digits.data() + digits.size(), unsigned{place.at}).ptr;
      out.append(digits.data(), end);
      if (place.weight != 'D') out += place.weight;
      before = ',';
    }
  }
  return out;
}

}  // namespace

void append_lexeme(std::string_view lexeme, std::string& out) {
  out += '\'';
  for (const char c : lexeme) {
    if (c == '\'' || c == '\\') out += c;
    out += c;
  }
  out += '\'';
}

std::string document(const Searched& searched) {
  Writer writer;
  const Tokens number(searched.number);
  const std::string sign = "#" + number.folded();
  const auto hyphen = sign.rfind('-');
  if (!number.all().empty()) {
    writer.add_apart(beginning(sign, kLongestLexeme));
    if (hyphen != std::string::npos && hyphen + 1 < sign.size()) {
      writer.add_apart(beginning(std::string_view(sign).substr(hyphen + 1), kLongestLexeme));
    }
  }
  writer.add_texts(searched.main, kMostOfMain, {'A', 'B'});
  writer.add_texts(searched.rest, kMostOfRest, {'C', 'D'});
  return writer.write();
}

}  // namespace wardbook::text
