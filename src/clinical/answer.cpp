#include <algorithm>

#include "clinical/members.h"
#include "clinical/visit.h"

namespace wardbook::clinical {
namespace {

namespace json = boost::json;

const json::value kNothing(nullptr);

const json::value& member_of(const json::object& object, json::string_view key) {
  const auto* found = object.if_contains(key);
  return found != nullptr ? *found : kNothing;
}

/// 0 of what is not an item.
std::int64_t id_of(const json::value& value) {
  const auto* object = value.if_object();
  const auto* id = object != nullptr ? object->if_contains("id") : nullptr;
  return id != nullptr && id->is_number() ? id->to_number<std::int64_t>() : 0;
}

bool all_items(const json::array& list) {
  return std::ranges::all_of(list, [](const auto& item) { return id_of(item) != 0; });
}

const json::value* find_item(const json::array& list, std::int64_t id) {
  const auto* found =
      std::ranges::find_if(list, [id](const auto& item) { return id_of(item) == id; });
  return found == list.end() ? nullptr : found;
}

/// Bookkeeping, which follows from the other differences.
bool is_told(json::string_view name) {
  return name != "changed_in_version" && name != "last_item_id";
}

class Differences {
 public:
  explicit Differences(json::array& out) : out_(out) {}

  void values(const json::value& before, const json::value& after, const std::string& pointer,
              std::int64_t item) {
    if (before == after) return;
    if (before.is_object() && after.is_object()) {
      members(before.get_object(), after.get_object(), pointer, item);
    } else if (before.is_array() && after.is_array() && all_items(before.get_array()) &&
               all_items(after.get_array())) {
      items(before.get_array(), after.get_array(), pointer);
    } else {
      add(before, after, pointer, item);
    }
  }

  /// In the order of the table; what it does not have (diagnoses, fields of other formats) behind
  /// it.
  void contents(const json::object& before, const json::object& after) {
    json::object rest_before = before;
    json::object rest_after = after;
    for (const auto& field : TableOf<Visit>::fields) {
      const json::string_view name(field.name.data(), field.name.size());
      values(member_of(before, name), member_of(after, name), "/" + std::string(field.name), 0);
      rest_before.erase(name);
      rest_after.erase(name);
    }
    members(rest_before, rest_after, "", 0);
  }

 private:
  void members(const json::object& before, const json::object& after, const std::string& pointer,
               std::int64_t item) {
    const auto at = [&pointer](json::string_view key) {
      return pointer + "/" + std::string(key.data(), key.size());
    };
    for (const auto& member : before) {
      if (!is_told(member.key())) continue;
      values(member.value(), member_of(after, member.key()), at(member.key()), item);
    }
    for (const auto& member : after) {
      if (!is_told(member.key()) || before.contains(member.key())) continue;
      values(kNothing, member.value(), at(member.key()), item);
    }
  }

  void items(const json::array& before, const json::array& after, const std::string& pointer) {
    const auto at = [&pointer](std::size_t index) { return pointer + "/" + std::to_string(index); };
    json::array kept_before;
    json::array kept_after;
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (find_item(after, id_of(before[i])) != nullptr) {
        kept_before.emplace_back(id_of(before[i]));
      } else {
        add(before[i], kNothing, at(i), id_of(before[i]));
      }
    }
    for (std::size_t i = 0; i < after.size(); ++i) {
      const auto* was = find_item(before, id_of(after[i]));
      if (was != nullptr) kept_after.emplace_back(id_of(after[i]));
      values(was != nullptr ? *was : kNothing, after[i], at(i), id_of(after[i]));
    }
    if (kept_before != kept_after) add(kept_before, kept_after, pointer, 0);
  }

  void add(const json::value& before, const json::value& after, const std::string& pointer,
           std::int64_t item) {
    json::object change{{"pointer", pointer}};
    if (item != 0) change["item_id"] = item;
    change["before"] = before;
    change["after"] = after;
    out_.push_back(std::move(change));
  }

  json::array& out_;
};

/// The texts of an item one behind the other, blanks between.
template <class ItemType>
std::string item_text(const ItemType& item) {
  std::vector<const Field<ItemType>*> found;
  for (const auto& field : TableOf<ItemType>::fields) {
    if (field.searched == Searched::in_item) found.push_back(&field);
  }
  std::ranges::sort(found, {}, &Field<ItemType>::turn);
  std::string out;
  const auto add = [&out](const std::string& text) {
    if (!out.empty()) out += ' ';
    out += text;
  };
  for (const auto* field : found) {
    std::visit(
        [&](const auto place) {
          const auto& value = item.*place;
          using Value = std::remove_cvref_t<decltype(value)>;
          if constexpr (std::is_same_v<Value, MaybeText>) {
            if (value) add(*value);
          } else if constexpr (std::is_same_v<Value, std::optional<Amount>>) {
            if (!value) return;
            if (const auto* text = std::get_if<std::string>(&*value)) add(*text);
          }
        },
        field->place);
  }
  return out;
}

void add_texts(std::vector<std::string>& out, const MaybeText& text) {
  if (text && !text->empty()) out.push_back(*text);
}
template <class ItemType>
void add_texts(std::vector<std::string>& out, const std::vector<ItemType>& items) {
  for (const auto& item : items) {
    std::string text = item_text(item);
    if (!text.empty()) out.push_back(std::move(text));
  }
}
template <class Value>
void add_texts(std::vector<std::string>&, const Value&) {}

/// The texts of one part of a search document, in their turn.
void add_part(std::vector<std::string>& out, const Visit& visit, Searched part) {
  std::vector<const Field<Visit>*> found;
  for (const auto& field : TableOf<Visit>::fields) {
    if (field.searched == part) found.push_back(&field);
  }
  std::ranges::stable_sort(found, {}, &Field<Visit>::turn);
  for (const auto* field : found) {
    std::visit([&](const auto place) { add_texts(out, visit.*place); }, field->place);
  }
}

}  // namespace

std::string_view member(const JsonMembers& content, std::string_view name) {
  const auto found = std::ranges::lower_bound(content, name, {}, &JsonMembers::value_type::first);
  return found != content.end() && found->first == name ? found->second : "null";
}

void append_fields(ObjectWriter& answer, const JsonMembers& content) {
  for (const auto& field : TableOf<Visit>::fields) {
    answer.raw(field.name, member(content, field.name));
  }
}

json::array differences(std::string_view before, std::string_view after) {
  json::array out;
  const json::value was = json::parse({before.data(), before.size()});
  const json::value is = json::parse({after.data(), after.size()});
  Differences(out).contents(was.as_object(), is.as_object());
  return out;
}

text::Searched searched_texts(const Visit& visit, std::string record_number) {
  text::Searched out;
  add_part(out.main, visit, Searched::main);
  for (const auto& diagnosis : visit.diagnoses) {
    out.main.push_back(diagnosis.icd_code + " " + diagnosis.diagnosis_name);
    add_texts(out.main, diagnosis.notes);
  }
  add_part(out.rest, visit, Searched::rest);
  out.number = std::move(record_number);
  return out;
}

}  // namespace wardbook::clinical
