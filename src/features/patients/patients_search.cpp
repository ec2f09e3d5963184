#include "features/patients/patients_search.h"

#include <algorithm>
#include <map>
#include <utility>

#include "api/paging.h"
#include "features/patients/patients_search_sql.h"
#include "text/names.h"

namespace wardbook::patients {
namespace {

/// What of a search must match. A cursor names it.
struct Match {
  std::string_view mark;
  std::string name;
  std::optional<std::string> number;
  bool all = true;        ///< or any of it is enough
  bool numbered = false;  ///< the number too, and not instead
};

constexpr std::string_view kNumberAlone = "alone";

/// One after the other, until somebody is found: the number alone, where it can hardly be a name;
/// all that was typed, with a number beside a name or a birth date; all, where that is part of the
/// name; any of it.
std::vector<Match> matches_of(const Search& search) {
  std::vector<Match> out;
  if (search.only_number()) out.push_back({kNumberAlone, "", search.number});
  if (search.beside) out.push_back({"number", search.other, search.beside, true, true});
  out.push_back({"all", search.name, search.number});
  if (search.beside || search.both() || search.name.find(' ') != std::string::npos) {
    const auto& number = search.beside ? search.beside : search.number;
    out.push_back({"any", search.name, number, false});
  }
  return out;
}

/// What each word may mean, by the word.
using Meanings = std::map<std::string, std::vector<text::Meaning>>;

/// What is asked of the names that there are.
struct Asked {
  std::vector<std::string> words;
  std::vector<std::string> keys;
  std::vector<std::int64_t> wrong;
  std::vector<std::int64_t> swapped;
  std::vector<std::string> forms;
  std::vector<std::int64_t> form_of;
  std::vector<std::string> pieces;
};

void ask(Asked& asked, const text::TypedName& typed, bool beside_others) {
  if (std::ranges::find(asked.words, typed.word) != asked.words.end()) return;
  asked.words.push_back(typed.word);
  asked.keys.push_back(text::letter_key(typed.word));
  asked.wrong.push_back(typed.wrong);
  asked.swapped.push_back(beside_others && text::two_letters(typed) ? 1 : 0);
  for (const auto& form : typed.forms) {
    asked.forms.push_back(form);
    asked.form_of.push_back(static_cast<std::int64_t>(asked.words.size()));
  }
  for (auto& piece : text::pieces_of(typed.word)) asked.pieces.push_back(std::move(piece));
}

Asked asked_of(const Search& search) {
  Asked out;
  for (const auto& name : {search.name, search.other}) {
    const auto typed = text::typed_name(name);
    for (const auto& word : typed) ask(out, word, typed.size() > 1);
  }
  return out;
}

Meanings meanings_of(const Asked& asked, std::vector<KnownName> known) {
  constexpr int kSeveral = 400;  // a word as several names
  Meanings out;
  std::vector<std::string> pieces;
  for (auto& one : known) {
    if (one.typed == 0) {
      pieces.push_back(std::move(one.word));
      continue;
    }
    const auto& word = asked.words.at(static_cast<std::size_t>(one.typed) - 1);
    out[word].push_back({std::move(one.word), {}, static_cast<int>(one.quality)});
  }
  std::ranges::sort(pieces);
  for (const auto& word : asked.words) {
    for (auto& names : text::names_in(word, pieces)) {
      text::Meaning several{std::move(names.front()), {}, kSeveral};
      several.also.assign(std::make_move_iterator(names.begin() + 1),
                          std::make_move_iterator(names.end()));
      out[word].push_back(std::move(several));
    }
  }
  return out;
}

Task<Meanings> find_meanings(db::Tx& tx, Search search) {
  const Asked asked = asked_of(search);
  if (asked.words.empty()) co_return Meanings();
  auto known = co_await tx.all(kKnownNames, asked.words, asked.keys, asked.wrong, asked.swapped,
                               asked.forms, asked.form_of, asked.pieces);
  co_return meanings_of(asked, std::move(known));
}

/// The words of a match, as its statements take them.
struct Names {
  bool any = false;  ///< something was typed, whatever it is
  std::optional<std::string> query;
  int count = 1;  ///< of the words
  std::vector<std::int64_t> typed;
  std::vector<std::string> words;
  std::vector<std::int64_t> quality;
};

Names names_of(const Match& match, const Meanings& meanings) {
  Names out;
  out.any = !match.name.empty();
  std::vector<std::pair<std::string, std::vector<text::Meaning>>> words;
  for (auto& typed : text::typed_name(match.name)) {
    const auto found = meanings.find(typed.word);
    words.emplace_back(std::move(typed.word),
                       found == meanings.end() ? std::vector<text::Meaning>() : found->second);
    for (const auto& meaning : words.back().second) {
      out.typed.push_back(static_cast<std::int64_t>(words.size()));
      out.words.push_back(meaning.word);
      out.quality.push_back(meaning.quality);
    }
  }
  out.count = std::max(1, static_cast<int>(words.size()));
  if (auto query = text::name_query(words, match.all); !query.empty()) out.query = std::move(query);
  return out;
}

/// A number as the statements take it.
struct Number {
  std::optional<std::string> letters;
  std::optional<std::string> exact;
  std::vector<std::string> forms;
  int beginning_counts = 0;
};

Number number_of_match(const Match& match) {
  constexpr int kBeginning = 1500;
  constexpr int kLetters = 400;  // first of all a name
  Number out;
  if (!match.number) return out;
  auto typed = text::typed_number(*match.number);
  if (typed.letters.empty()) return out;
  out.letters = std::move(typed.letters);
  out.exact = std::move(typed.exact);
  out.forms = std::move(typed.any_form);
  out.beginning_counts = typed.begins_surely ? kBeginning : kLetters;
  return out;
}

/// Where a page begins.
struct Behind {
  std::optional<std::int64_t> score;
  std::optional<std::int64_t> id;
};

Task<> find_numbers(db::Tx& tx, Number number, Births births, Behind behind, int limit, bool count,
                    FoundPatients& page) {
  if (!number.letters) co_return;
  page.rows = co_await tx.all(kSearchNumbers, *number.letters, *number.exact, number.forms, births,
                              behind.score, behind.id, limit + 1);
  if (!count) co_return;
  const auto total = co_await tx.one(kCountNumbers, *number.letters, number.forms, births);
  page.total = total.value;
}

Task<> find_all(db::Tx& tx, Match match, Names names, Births births, Behind behind, int limit,
                bool count, FoundPatients& page) {
  const Number number = number_of_match(match);
  page.rows = co_await tx.all(kSearchPatients, names.query, names.any, names.typed, names.words,
                              names.quality, names.count, number.letters, number.beginning_counts,
                              number.exact, number.forms, births, match.all, match.numbered,
                              behind.score, behind.id, limit + 1);
  if (!count) co_return;
  const auto total = co_await tx.one(kCountFound, names.query, names.any, number.letters,
                                     number.forms, births, match.all, match.numbered);
  page.total = total.value;
}

}  // namespace

Task<FoundPatients> search(db::Tx& tx, Search search,
                           std::optional<std::vector<std::string>> cursor, int limit, bool count) {
  Behind behind;
  if (cursor) {
    behind.score = api::cursor_integer((*cursor)[1]);
    behind.id = api::cursor_integer((*cursor)[2]);
  }
  Births births;
  for (const Date birth : search.births) births.push_back(format_date(birth));
  FoundPatients page;
  std::optional<Meanings> meanings;
  tx.queue(kSearchSettings);
  for (const Match& match : matches_of(search)) {
    if (cursor && match.mark != (*cursor)[0]) continue;
    page.match = match.mark;
    page.total = count ? std::optional<std::int64_t>(0) : std::nullopt;
    if (match.mark == kNumberAlone) {
      co_await find_numbers(tx, number_of_match(match), births, behind, limit, count, page);
    } else {
      if (!meanings) meanings = co_await find_meanings(tx, search);
      co_await find_all(tx, match, names_of(match, *meanings), births, behind, limit, count, page);
    }
    if (!page.rows.empty()) break;
  }
  co_return page;
}

}  // namespace wardbook::patients
