#include "features/icd10/icd10_lay_words.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace wardbook::icd10 {
namespace {

constexpr std::size_t kTextWordsMost = 3;
constexpr std::size_t kLettersLeast = 5;
constexpr std::size_t kLettersOfPlural = 4;

/// The words in one text, whatever their order was.
std::string in_order(std::vector<std::string_view> words) {
  std::ranges::sort(words);
  std::string out;
  for (const auto word : words) {
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

/// A text by its words in order.
struct Known {
  std::string words;
  LayFound found;
};
std::vector<Known> all_by_words() {
  std::vector<Known> out;
  for (const auto& lay : lay_words()) {
    for (const auto text : parts(lay.texts, ", ")) {
      auto words = parts(text);
      const auto count = words.size();
      out.push_back({in_order(std::move(words)), {&lay, text, count}});
    }
  }
  std::ranges::sort(out, {}, &Known::words);
  return out;
}

LayFound entry(std::vector<std::string_view> words) {
  static const auto all = all_by_words();
  const auto text = in_order(std::move(words));
  const auto at = std::ranges::lower_bound(all, text, {}, &Known::words);
  return at != all.end() && at->words == text ? at->found : LayFound();
}

/// With its words in the singular, if it is not there as it is.
LayFound entry_or_singular(std::vector<std::string_view> words) {
  const auto found = entry(words);
  if (found.entry != nullptr) return found;
  for (auto& word : words) {
    if (word.size() >= kLettersOfPlural && word.ends_with('s')) word.remove_suffix(1);
  }
  return entry(std::move(words));
}

/// One letter wrong, missing or too much, or two that have changed places.
bool one_error_apart(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > 1) return false;
  std::size_t same = 0;
  while (same < a.size() && a[same] == b[same]) ++same;
  if (a.size() < b.size()) return a.substr(same) == b.substr(same + 1);
  if (same == a.size() || a.substr(same + 1) == b.substr(same + 1)) return true;
  return same + 1 < a.size() && a[same] == b[same + 1] && a[same + 1] == b[same] &&
         a.substr(same + 2) == b.substr(same + 2);
}

/// The words of all texts that are long enough to be told apart.
std::vector<std::string_view> long_words() {
  std::vector<std::string_view> out;
  for (const auto& lay : lay_words()) {
    for (const auto text : parts(lay.texts, ", ")) {
      for (const auto word : parts(text)) {
        if (word.size() >= kLettersLeast) out.push_back(word);
      }
    }
  }
  return out;
}

}  // namespace

std::vector<std::string_view> parts(std::string_view text, std::string_view between) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(between, at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + between.size();
  }
  return out;
}

LayFound find_lay_words(std::span<const std::string> words) {
  for (std::size_t count = std::min(words.size(), kTextWordsMost); count > 0; --count) {
    const auto first = words.first(count);
    const auto found = entry_or_singular({first.begin(), first.end()});
    if (found.entry != nullptr) return found;
  }
  return {};
}

std::optional<std::string_view> near_lay_word(std::string_view word) {
  if (word.size() < kLettersLeast) return std::nullopt;
  static const auto all = long_words();
  const auto near = std::ranges::find_if(
      all, [word](std::string_view known) { return one_error_apart(word, known); });
  if (near != all.end()) return *near;
  const auto longer =
      std::ranges::find_if(all, [word](std::string_view known) { return known.starts_with(word); });
  return longer == all.end() ? std::nullopt : std::optional(*longer);
}

}  // namespace wardbook::icd10
