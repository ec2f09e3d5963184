#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

// Inside of the slice: the files of drugs/, which are built into the program, to be looked things
// up in. Each file says what it is for, and where what it says comes from.

namespace wardbook::allergies {

using Words = std::vector<std::string>;

/// What a name means: a drug, or a group of them as a whole. What is no drug (an excipient, a
/// vaccine, a material, a food) is kept in the same way.
struct Meaning {
  bool group = false;
  int id = 0;
  bool operator==(const Meaning&) const = default;
};
struct Phrase {
  Words words;
  std::vector<Meaning> meanings;
};

/// With which reactions one substance extends to another.
enum class When { any, rash, angioedema, immediate, airways };
struct Cross {
  When when = When::any;
  bool must_be_said = false;  ///< not where the kind of reaction is not known
  bool strong = false;        ///< counts as the substance itself would
  std::string why;
};

class Table {
 public:
  Table();
  [[nodiscard]] static const Table& get();

  /// The longest phrase that `words` has at `at`; nullptr if there is none.
  [[nodiscard]] const Phrase* find(const Words& words, std::size_t at) const;
  /// The one name that the word is a misspelling of; nullptr if there is none, or more than one.
  [[nodiscard]] const Phrase* nearest(const std::string& word) const;
  [[nodiscard]] bool is_noise(const std::string& word) const { return noise_.contains(word); }
  /// How many words from `at` say that what follows is no allergy; 0: they do not.
  [[nodiscard]] std::size_t denies(const Words& words, std::size_t at) const;
  /// How many words from `at` say so of what stands before them.
  [[nodiscard]] std::size_t denied(const Words& words, std::size_t at) const;

  [[nodiscard]] const std::vector<int>& groups_of(int drug) const { return at(groups_, drug); }
  /// What is in it beside itself.
  [[nodiscard]] const std::vector<int>& contents_of(int drug) const { return at(contents_, drug); }
  /// A group as a whole, where a rule of cross-reactivity names it.
  [[nodiscard]] static int as_whole(int group) { return -1 - group; }
  /// nullptr: the one does not extend to the other. A group as a whole is not each of its drugs.
  [[nodiscard]] const std::vector<Cross>* cross(int from, int to) const;
  [[nodiscard]] const std::string& name_of(int drug) const {
    return names_[static_cast<std::size_t>(drug)];
  }
  [[nodiscard]] const std::string& group_name(int group) const {
    return group_names_[static_cast<std::size_t>(group)];
  }
  [[nodiscard]] std::size_t drugs() const { return names_.size(); }
  [[nodiscard]] std::size_t phrases() const;

  /// The text with blanks around the names that are written without (青霉素过敏).
  [[nodiscard]] std::string apart(std::string_view folded) const;

 private:
  struct Spelling {
    std::string word;
    const Phrase* phrase;
  };
  static const std::vector<int>& at(const std::vector<std::vector<int>>& all, int index) {
    return all[static_cast<std::size_t>(index)];
  }
  void load(std::string_view file);
  void line(std::string_view kind, std::string_view rest);
  int group(std::string_view name);
  int drug(std::string_view names);
  [[nodiscard]] int known(std::string_view name);
  std::vector<int> members(std::string_view list);
  void brand(std::string_view names, std::string_view contains);
  void holds(std::string_view what, std::string_view where);
  void cross_rule(std::string_view text);
  void add(std::string_view name, Meaning meaning);
  void respell(std::string_view wrong, std::string_view right);
  void index();

  std::unordered_map<std::string, std::vector<Phrase>> by_first_word_;
  std::set<std::string, std::less<>> unspaced_;
  std::map<std::string, int, std::less<>> ids_;  ///< by the words of a name
  std::map<std::string, int, std::less<>> group_ids_;
  std::vector<std::string> names_;
  std::vector<std::string> group_names_;
  std::vector<std::vector<int>> groups_;
  std::vector<std::vector<int>> contents_;
  std::map<std::pair<int, int>, std::vector<Cross>> cross_;
  std::set<std::string, std::less<>> noise_;
  std::vector<Words> denies_;
  std::vector<Words> denied_;
  std::vector<std::pair<std::string, std::string>> respelled_;
  std::map<char, std::vector<Spelling>> spellings_;  ///< by first letter
  int current_ = -1;                                 ///< the group whose lines are read
};

}  // namespace wardbook::allergies
