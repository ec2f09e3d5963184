#include "features/records/records_differences.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace wardbook::records {
namespace {

namespace json = boost::json;

const json::value kNothing(nullptr);

/// What says which item of a list it is.
const json::value& identity(const json::value& item) {
  const auto* object = item.if_object();
  if (object == nullptr) return item;
  for (const auto* key : {"id", "medication", "test"}) {
    if (const auto* found = object->if_contains(key)) return *found;
  }
  return item;
}

/// How much is won by taking the two for one item. Two that are alike outweigh one that is equal.
std::uint32_t worth(const json::value& before, const json::value& after) {
  if (before == after) return 3;
  return identity(before) == identity(after) ? 2 : 0;
}

void add(const json::value& before, const json::value& after, const std::string& pointer,
         json::array& out);

void add_lists(const json::array& before, const json::array& after, const std::string& pointer,
               json::array& out) {
  // best[i][j]: what can be won from before[i..] and after[j..].
  std::vector<std::vector<std::uint32_t>> best(before.size() + 1,
                                               std::vector<std::uint32_t>(after.size() + 1));
  for (std::size_t i = before.size(); i-- > 0;) {
    for (std::size_t j = after.size(); j-- > 0;) {
      const auto same = worth(before[i], after[j]);
      best[i][j] =
          std::max({best[i + 1][j], best[i][j + 1], same == 0 ? 0 : same + best[i + 1][j + 1]});
    }
  }
  const auto at = [&pointer](std::size_t index) { return pointer + "/" + std::to_string(index); };
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < before.size() || j < after.size()) {
    const auto same = i < before.size() && j < after.size() ? worth(before[i], after[j]) : 0;
    if (same != 0 && best[i][j] == same + best[i + 1][j + 1]) {
      add(before[i], after[j], at(j), out);
      ++i;
      ++j;
    } else if (j == after.size() || (i < before.size() && best[i][j] == best[i + 1][j])) {
      add(before[i], kNothing, at(i), out);
      ++i;
    } else {
      add(kNothing, after[j], at(j), out);
      ++j;
    }
  }
}

void add_objects(const json::object& before, const json::object& after, const std::string& pointer,
                 json::array& out) {
  const auto member_of = [](const json::object& object, json::string_view key) {
    const auto* found = object.if_contains(key);
    return found != nullptr ? found : &kNothing;
  };
  for (const auto& member : before) {
    add(member.value(), *member_of(after, member.key()), pointer + "/" + std::string(member.key()),
        out);
  }
  for (const auto& member : after) {
    if (before.contains(member.key())) continue;
    add(kNothing, member.value(), pointer + "/" + std::string(member.key()), out);
  }
}

void add(const json::value& before, const json::value& after, const std::string& pointer,
         json::array& out) {
  if (before == after) return;
  if (before.is_array() && after.is_array()) {
    add_lists(before.get_array(), after.get_array(), pointer, out);
  } else if (before.is_object() && after.is_object()) {
    add_objects(before.get_object(), after.get_object(), pointer, out);
  } else {
    out.push_back({{"pointer", pointer}, {"before", before}, {"after", after}});
  }
}

}  // namespace

json::array differences(const json::value& before, const json::value& after) {
  json::array out;
  add(before, after, "", out);
  return out;
}

}  // namespace wardbook::records
