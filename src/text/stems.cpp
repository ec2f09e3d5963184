#include "text/stems.h"

#include <libstemmer.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <stdexcept>

#include "text/tokens.h"

namespace wardbook::text {
namespace {

/// Bytes. Longer ones are no words of a language.
constexpr std::size_t kLongestWord = 100;

constexpr std::array<const char*, 7> kNames{"english", "russian",    "german", "french",
                                            "spanish", "portuguese", "greek"};

using Stemmer = std::unique_ptr<sb_stemmer, decltype(&sb_stemmer_delete)>;

/// They keep state: each thread has its own.
sb_stemmer& stemmer(Language language) {
  thread_local std::array<Stemmer, kNames.size()> all{
      Stemmer(nullptr, sb_stemmer_delete), Stemmer(nullptr, sb_stemmer_delete),
      Stemmer(nullptr, sb_stemmer_delete), Stemmer(nullptr, sb_stemmer_delete),
      Stemmer(nullptr, sb_stemmer_delete), Stemmer(nullptr, sb_stemmer_delete),
      Stemmer(nullptr, sb_stemmer_delete)};
  const auto index = static_cast<std::size_t>(language);
  auto& one = all[index];
  if (!one) one.reset(sb_stemmer_new(kNames[index], "UTF_8"));
  if (!one) throw std::runtime_error(std::string("libstemmer has no ") + kNames[index]);
  return *one;
}

// Those of PostgreSQL's configurations `english` and `russian`, in the order of their bytes.
constexpr std::string_view kEnglish[] = {
    "a",      "about",  "above", "after", "again",   "against",   "all",       "am",
    "an",     "and",    "any",   "are",   "as",      "at",        "be",        "because",
    "been",   "before", "being", "below", "between", "both",      "but",       "by",
    "can",    "did",    "do",    "does",  "doing",   "don",       "down",      "during",
    "each",   "few",    "for",   "from",  "further", "had",       "has",       "have",
    "having", "he",     "her",   "here",  "hers",    "herself",   "him",       "himself",
    "his",    "how",    "i",     "if",    "in",      "into",      "is",        "it",
    "its",    "itself", "just",  "me",    "more",    "most",      "my",        "myself",
    "no",     "nor",    "not",   "now",   "of",      "off",       "on",        "once",
    "only",   "or",     "other", "our",   "ours",    "ourselves", "out",       "over",
    "own",    "s",      "same",  "she",   "should",  "so",        "some",      "such",
    "t",      "than",   "that",  "the",   "their",   "theirs",    "them",      "themselves",
    "then",   "there",  "these", "they",  "this",    "those",     "through",   "to",
    "too",    "under",  "until", "up",    "very",    "was",       "we",        "were",
    "what",   "when",   "where", "which", "while",   "who",       "whom",      "why",
    "will",   "with",   "you",   "your",  "yours",   "yourself",  "yourselves"};

constexpr std::string_view kRussian[] = {
    "а",      "без",     "более",   "больше", "будет",  "будто",  "бы",    "был",    "была",
    "были",   "было",    "быть",    "в",      "вам",    "вас",    "вдруг", "ведь",   "во",
    "вот",    "впрочем", "все",     "всегда", "всего",  "всех",   "всю",   "вы",     "где",
    "да",     "даже",    "два",     "для",    "до",     "другой", "его",   "ее",     "ей",
    "ему",    "если",    "есть",    "еще",    "ж",      "же",     "за",    "зачем",  "здесь",
    "и",      "из",      "или",     "им",     "иногда", "их",     "к",     "как",    "какая",
    "какой",  "когда",   "конечно", "кто",    "куда",   "ли",     "лучше", "между",  "меня",
    "мне",    "много",   "может",   "можно",  "мой",    "моя",    "мы",    "на",     "над",
    "надо",   "наконец", "нас",     "не",     "него",   "нее",    "ней",   "нельзя", "нет",
    "ни",     "нибудь",  "никогда", "ним",    "них",    "ничего", "но",    "ну",     "о",
    "об",     "один",    "он",      "она",    "они",    "опять",  "от",    "перед",  "по",
    "под",    "после",   "потом",   "потому", "почти",  "при",    "про",   "раз",    "разве",
    "с",      "сам",     "свою",    "себе",   "себя",   "сейчас", "со",    "совсем", "так",
    "такой",  "там",     "тебя",    "тем",    "теперь", "то",     "тогда", "того",   "тоже",
    "только", "том",     "тот",     "три",    "тут",    "ты",     "у",     "уж",     "уже",
    "хорошо", "хоть",    "чего",    "чем",    "через",  "что",    "чтоб",  "чтобы",  "чуть",
    "эти",    "этого",   "этой",    "этом",   "этот",   "эту",    "я"};

/// The letters of Russian in UTF-8: U+0400 to U+047F begin with D0 or D1.
bool is_cyrillic(std::string_view word) {
  const auto first = static_cast<unsigned char>(word[0]);
  return first == 0xD0 || first == 0xD1;
}

}  // namespace

std::string stem(Language language, std::string_view word) {
  if (word.empty() || word.size() > kLongestWord) return std::string(word);
  auto& with = stemmer(language);
  const auto* out = sb_stemmer_stem(&with, reinterpret_cast<const sb_symbol*>(word.data()),
                                    static_cast<int>(word.size()));
  if (out == nullptr) throw std::bad_alloc();
  return {reinterpret_cast<const char*>(out), static_cast<std::size_t>(sb_stemmer_length(&with))};
}

std::string indexed_stem(std::string_view word, bool ascii) {
  if (word.empty() || (!ascii && !is_cyrillic(word)) || says_nothing(word, ascii)) return {};
  auto out = stem(ascii ? Language::english : Language::russian, word);
  if (out == word) out.clear();
  return out;
}

bool says_nothing(std::string_view word, bool ascii) {
  return ascii ? std::ranges::binary_search(kEnglish, word)
               : std::ranges::binary_search(kRussian, word);
}

bool denies(std::string_view word) {
  constexpr std::array<std::string_view, 7> kWords{"no", "nor", "not", "не", "нет", "ни", "без"};
  return std::ranges::find(kWords, word) != kWords.end();
}

std::string_view bare(std::string_view word) {
  constexpr std::string_view kAnd = "\u0648";
  constexpr std::array<std::string_view, 5> kArticles{"\u0627\u0644", "\u0628\u0627\u0644",
                                                      "\u0643\u0627\u0644", "\u0641\u0627\u0644",
                                                      "\u0644\u0644"};
  // Letters of Arabic begin with D8 to DB.
  if (word.empty() || (static_cast<unsigned char>(word[0]) & 0xFC) != 0xD8) return word;
  const bool joined = word.starts_with(kAnd);
  const auto rest = joined ? word.substr(kAnd.size()) : word;
  for (const auto article : kArticles) {
    if (rest.starts_with(article) && characters(rest) >= characters(article) + 2) {
      return rest.substr(article.size());
    }
  }
  return joined && characters(rest) >= 3 ? rest : word;
}

}  // namespace wardbook::text
