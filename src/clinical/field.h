#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"

/// What a row of the tables in clinical/fields.h says.
namespace wardbook::clinical {

using MaybeText = std::optional<std::string>;
/// A number, or a short text ("positive", "30 tablets").
using Amount = std::variant<double, std::string>;

struct Prescription;
struct LabResult;
struct VitalSigns;

/// Where a field's value is. The variant's alternative says how it is read and written.
template <class Of>
using Place =
    std::variant<MaybeText Of::*, std::string Of::*, std::optional<double> Of::*,
                 std::optional<Amount> Of::*, std::optional<Date> Of::*, bool Of::*,
                 std::optional<PatientId> Of::*, std::optional<AccountId> Of::*,
                 std::vector<Prescription> Of::*, std::vector<LabResult> Of::*, VitalSigns Of::*>;

/// What a text or a number must look like.
enum class Form { any, lines, choice, time, loinc, whole, more_than_least, derived };

/// `complete`: a draft may go without it, a signed visit may not.
enum class Needed { no, complete, always };

/// Which part of a search document a text belongs to: words of the main part count more; items
/// are joined first.
enum class Searched { no, main, rest, in_item };
inline constexpr Searched kMain = Searched::main;
inline constexpr Searched kRest = Searched::rest;
inline constexpr Searched kInItem = Searched::in_item;

template <class Of>
struct Field {
  std::string_view name;
  Place<Of> place;
  Form form = Form::any;
  Needed needed = Needed::no;
  double least = 0;  ///< of numbers
  double most = 0;   ///< of numbers; characters of texts; items of lists
  std::span<const std::string_view> choices;
  Searched searched = Searched::no;
  int turn = 0;              ///< its place among the searched texts: of long ones the end is cut
  bool in_templates = true;  ///< whether a template may fill it
  int since = 1;             ///< the content format that has it first

  [[nodiscard]] constexpr Field as(Form what) const {
    Field out = *this;
    out.form = what;
    return out;
  }
  [[nodiscard]] constexpr Field lines() const { return as(Form::lines); }
  [[nodiscard]] constexpr Field whole() const { return as(Form::whole); }
  [[nodiscard]] constexpr Field more_than_least() const { return as(Form::more_than_least); }
  [[nodiscard]] constexpr Field required() const {
    Field out = *this;
    out.needed = Needed::always;
    return out;
  }
  [[nodiscard]] constexpr Field to_sign() const {
    Field out = *this;
    out.needed = Needed::complete;
    return out;
  }
  [[nodiscard]] constexpr Field found(Searched part, int place_in_turn) const {
    Field out = *this;
    out.searched = part;
    out.turn = place_in_turn;
    return out;
  }
  [[nodiscard]] constexpr Field not_in_templates() const {
    Field out = *this;
    out.in_templates = false;
    return out;
  }
  [[nodiscard]] constexpr Field from_format(int format) const {
    Field out = *this;
    out.since = format;
    return out;
  }
};

template <class Of>
constexpr Field<Of> text_field(std::string_view name, MaybeText Of::*place, double most) {
  return {.name = name, .place = place, .most = most};
}
template <class Of, class Text>
constexpr Field<Of> choice_field(std::string_view name, Text Of::*place,
                                 std::span<const std::string_view> choices) {
  return {.name = name, .place = place, .form = Form::choice, .choices = choices};
}
/// RFC 3339, or a bare date.
template <class Of, class Text>
constexpr Field<Of> time_field(std::string_view name, Text Of::*place) {
  return {.name = name, .place = place, .form = Form::time};
}
template <class Of>
constexpr Field<Of> number_field(std::string_view name, std::optional<double> Of::*place,
                                 double least, double most) {
  return {.name = name, .place = place, .least = least, .most = most};
}
template <class Of>
constexpr Field<Of> amount_field(std::string_view name, std::optional<Amount> Of::*place,
                                 double least, double most) {
  return {.name = name, .place = place, .least = least, .most = most};
}
template <class Of>
constexpr Field<Of> date_field(std::string_view name, std::optional<Date> Of::*place) {
  return {.name = name, .place = place};
}
template <class Of>
constexpr Field<Of> flag_field(std::string_view name, bool Of::*place) {
  return {.name = name, .place = place};
}
template <class Of, class IdType>
constexpr Field<Of> id_field(std::string_view name, std::optional<IdType> Of::*place) {
  return {.name = name, .place = place};
}
template <class Of, class ItemType>
constexpr Field<Of> list_field(std::string_view name, std::vector<ItemType> Of::*place,
                               double most) {
  return {.name = name, .place = place, .most = most};
}
template <class Of, class Part>
constexpr Field<Of> part_field(std::string_view name, Part Of::*place) {
  return {.name = name, .place = place};
}

template <class... Tables>
constexpr int newest_format(const Tables&... tables) {
  int out = 1;
  const auto look = [&out](const auto& table) {
    for (const auto& field : table) out = std::max(out, field.since);
  };
  (look(tables), ...);
  return out;
}

}  // namespace wardbook::clinical
