#include <algorithm>

#include "clinical/members.h"
#include "clinical/visit.h"

namespace wardbook::clinical {
namespace {

namespace json = boost::json;

json::value value_of(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::parse(text);
}

class Differences {
 public:
  explicit Differences(json::array& out) : out_(out) {}

  template <class Value>
  void lists(const Value&, const Value&, const std::string&) {}
  template <class ItemType>
  void lists(const std::vector<ItemType>& before, const std::vector<ItemType>& after,
             const std::string& pointer) {
    items(before, after, pointer, [](const ItemType& item) {
      return members(TableOf<ItemType>::fields, item, kContentFormat);
    });
  }

  /// Part by part, of what has a table of its own.
  template <class Of>
  void fields(const Of& before, const Of& after, const std::string& pointer) {
    for (const auto& field : TableOf<Of>::fields) {
      const std::string at = pointer + "/" + std::string(field.name);
      std::visit(
          [&](const auto place) {
            using Value = std::remove_cvref_t<decltype(before.*place)>;
            if constexpr (std::is_same_v<Value, VitalSigns>) {
              fields(before.*place, after.*place, at);
            } else if constexpr (std::is_same_v<Value, std::vector<Prescription>> ||
                                 std::is_same_v<Value, std::vector<LabResult>>) {
              lists(before.*place, after.*place, at);
            } else {
              add(at, value_json(field, before, kContentFormat),
                  value_json(field, after, kContentFormat), 0);
            }
          },
          field.place);
    }
  }

  void diagnoses(const std::vector<CodedDiagnosis>& before,
                 const std::vector<CodedDiagnosis>& after) {
    items(before, after, "/diagnoses", [](const CodedDiagnosis& d) {
      std::vector<Written> out{{"icd_code", quoted(d.icd_code)},
                               {"diagnosis_name", quoted(d.diagnosis_name)},
                               {"diagnosis_type", quoted(d.diagnosis_type)},
                               {"status", quoted(d.status)},
                               {"notes", d.notes ? quoted(*d.notes) : ""}};
      return out;
    });
  }

 private:
  static std::int64_t id_of(const Item& item) { return item.id; }
  static std::int64_t id_of(const CodedDiagnosis& d) { return d.id.value; }
  static std::string json_of(const Prescription& item) { return whole(item); }
  static std::string json_of(const LabResult& item) { return whole(item); }
  static std::string json_of(const CodedDiagnosis& d) { return diagnosis_json(d); }
  template <class ItemType>
  static std::string whole(const ItemType& item) {
    std::string out;
    append_object(out, item_members(item, kContentFormat), Absent::left_out);
    return out;
  }

  void add(const std::string& pointer, const std::string& before, const std::string& after,
           std::int64_t item_id) {
    if (before == after) return;
    json::object change{{"pointer", pointer}};
    if (item_id != 0) change["item_id"] = item_id;
    change["before"] = value_of(before);
    change["after"] = value_of(after);
    out_.push_back(std::move(change));
  }

  template <class ItemType, class Members>
  void items(const std::vector<ItemType>& before, const std::vector<ItemType>& after,
             const std::string& pointer, Members members_of_one) {
    const auto at = [&pointer](std::size_t index) { return pointer + "/" + std::to_string(index); };
    const auto find = [](const std::vector<ItemType>& in, std::int64_t id) {
      return std::ranges::find_if(in, [id](const ItemType& item) { return id_of(item) == id; });
    };
    std::vector<std::int64_t> kept_before;
    std::vector<std::int64_t> kept_after;
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (find(after, id_of(before[i])) != after.end()) {
        kept_before.push_back(id_of(before[i]));
      } else {
        add(at(i), json_of(before[i]), "", id_of(before[i]));
      }
    }
    for (std::size_t i = 0; i < after.size(); ++i) {
      const auto was = find(before, id_of(after[i]));
      if (was == before.end()) {
        add(at(i), "", json_of(after[i]), id_of(after[i]));
        continue;
      }
      kept_after.push_back(id_of(after[i]));
      const auto old_members = members_of_one(*was);
      const auto new_members = members_of_one(after[i]);
      for (std::size_t m = 0; m < new_members.size(); ++m) {
        add(at(i) + "/" + std::string(new_members[m].name), old_members[m].json,
            new_members[m].json, id_of(after[i]));
      }
    }
    add(pointer, json::serialize(json::value_from(kept_before)),
        json::serialize(json::value_from(kept_after)), 0);
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

json::array differences(const Visit& before, const Visit& after) {
  json::array out;
  Differences found(out);
  found.fields(before, after, "");
  found.diagnoses(before.diagnoses, after.diagnoses);
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
