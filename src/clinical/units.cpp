#include "clinical/units.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>

#include "base/text.h"
#include "clinical/critical.h"
#include "text/key.h"

namespace wardbook::clinical {
namespace {

/// A row of units.tsv.
struct Atom {
  std::string dimension;
  double factor = 1;
};
struct Atoms {
  std::map<std::string, Atom, std::less<>> cased;
  std::map<std::string, Atom, std::less<>> lower;
};

const Atoms& known_atoms() {
  static const Atoms atoms = [] {
    Atoms out;
    for (const auto& row : table_rows(data_file("units.tsv"))) {
      const std::string dimension(row.at(1) == "-" ? std::string_view() : row.at(1));
      auto& to = row.at(3) == "case" ? out.cased : out.lower;
      to[std::string(row.at(0))] = {dimension, parse_number<double>(row.at(2)).value()};
    }
    return out;
  }();
  return atoms;
}

/// A superscript digit's number; -1 of anything else.
int superscript(char32_t point) {
  if (point == U'\u00b9') return 1;
  if (point == U'\u00b2' || point == U'\u00b3') return static_cast<int>(point - U'\u00b0');
  if (point == U'\u2070' || (point >= U'\u2074' && point <= U'\u2079')) {
    return static_cast<int>(point - U'\u2070');
  }
  return -1;
}

/// As UCUM writes it, case kept: without blanks and what shows nothing, `10*9` for a power.
std::string ucum_letters(std::string_view text) {
  std::string out;
  bool in_power = false;
  for (char32_t point : text::points(text)) {
    if (point >= U'\uff01' && point <= U'\uff5e') point -= U'\uff01' - U'!';
    const int power = superscript(point);
    if (power >= 0 && !in_power && out.ends_with("10")) out += '*';
    in_power = power >= 0;
    if (power >= 0) {
      out += static_cast<char>('0' + power);
    } else if (point == U'\u00b5' || point == U'\u03bc') {
      out += 'u';
    } else if (point == U'\u00d7') {
      out += 'x';
    } else if (point == U'\u00b7' || point == U'\u22c5') {
      out += '.';
    } else if (point == U'\u2215' || point == U'\u2044') {
      out += '/';
    } else if (point == U'^') {
      out += '*';
    } else if (point > U' ' && point < 0x7f) {
      out += static_cast<char>(point);
    } else if (text::is_word(point)) {
      text::append_point(point, out);
    }
  }
  return out;
}

/// Without what is in braces, which UCUM lets say anything: `{cells}/uL`.
std::string without_notes(std::string_view text) {
  std::string out;
  int depth = 0;
  for (const char c : text) {
    if (c == '{') ++depth;
    if (depth == 0) out += c;
    if (c == '}' && depth > 0) --depth;
  }
  return out;
}

/// What a unit is made of, before it is one.
struct Product {
  std::map<std::string, int> over;
  std::map<std::string, int> under;
  double factor = 1;
};

void multiply(Product& product, std::string_view dimension, double factor, bool divided) {
  product.factor *= divided ? 1 / factor : factor;
  if (dimension.empty()) return;
  ++(divided ? product.under : product.over)[std::string(dimension)];
}

/// `10*9`, `10e9`: a power of ten.
std::optional<double> power_of_ten(std::string_view term) {
  if (!term.starts_with("10*") && !term.starts_with("10e") && !term.starts_with("10E")) {
    return std::nullopt;
  }
  const auto power = parse_number<int>(term.substr(3));
  if (!power || *power < -24 || *power > 24) return std::nullopt;
  return std::pow(10, *power);
}

/// nullptr of one that is not known.
const Atom* find_atom(std::string_view term) {
  const Atoms& atoms = known_atoms();
  const auto cased = atoms.cased.find(term);
  if (cased != atoms.cased.end()) return &cased->second;
  const auto lower = atoms.lower.find(lower_case(term));
  return lower != atoms.lower.end() ? &lower->second : nullptr;
}

/// One factor of a unit; false of one that is not known.
bool take_term(Product& product, std::string_view term, bool divided) {
  if (term.empty()) return true;
  if (term.starts_with('x') || term.starts_with('X')) term.remove_prefix(1);
  if (const auto power = power_of_ten(term)) {
    multiply(product, "", *power, divided);
    return true;
  }
  if (const Atom* atom = find_atom(term)) {
    multiply(product, atom->dimension, atom->factor, divided);
    return true;
  }
  if (const auto number = parse_number<int>(term); number && *number > 0 && *number <= 1'000'000) {
    multiply(product, "", *number, divided);
    return true;
  }
  // `100mL`, a number that is glued to its unit.
  const auto letters = std::ranges::find_if_not(term, is_digit);
  const auto digits = static_cast<std::size_t>(letters - term.begin());
  if (digits == 0 || digits == term.size()) return false;
  return take_term(product, term.substr(0, digits), divided) &&
         take_term(product, term.substr(digits), divided);
}

void append_dimension(std::string& out, const std::map<std::string, int>& factors) {
  bool first = true;
  for (const auto& [name, power] : factors) {
    if (power == 0) continue;
    if (!first) out += '.';
    first = false;
    out += name;
    if (power != 1) out += std::to_string(power);
  }
}

}  // namespace

std::optional<Unit> parse_unit(std::string_view text) {
  const std::string letters = ucum_letters(text);
  // Grams in 100 mL, as some laboratories still write them.
  if (const auto old = lower_case(letters); old == "g%" || old == "gm%" || old == "mg%") {
    return Unit{"mass/volume", old == "mg%" ? 1e-2 : 10};
  }
  const std::string noted = without_notes(letters);
  if (noted.empty()) return std::nullopt;
  Product product;
  bool divided = false;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= noted.size(); ++at) {
    if (at < noted.size() && noted[at] != '/' && noted[at] != '.') continue;
    if (!take_term(product, std::string_view(noted).substr(begin, at - begin), divided)) {
      return std::nullopt;
    }
    // In UCUM everything is read from the left: in `mg/kg/d` both are below.
    if (at < noted.size()) divided = noted[at] == '/';
    begin = at + 1;
  }
  // A volume in a volume is a share (L/L of a haematocrit), whatever was measured.
  if (const auto both = std::min(product.over["volume"], product.under["volume"]); both > 0) {
    product.over["volume"] -= both;
    product.under["volume"] -= both;
  }
  Unit out;
  append_dimension(out.dimension, product.over);
  std::string under;
  append_dimension(under, product.under);
  if (!under.empty()) out.dimension += "/" + under;
  out.factor = product.factor;
  return out;
}

Unit as_amount(Unit unit, bool monovalent) {
  constexpr std::string_view kEquivalent = "equivalent";
  if (monovalent && unit.dimension.starts_with(kEquivalent)) {
    unit.dimension.replace(0, kEquivalent.size(), "amount");
  }
  return unit;
}

std::optional<double> converted(double value, const Unit& from, const Unit& to) {
  if (from.dimension != to.dimension) return std::nullopt;
  if (from.factor == to.factor) return value;
  constexpr int kDigits = 12;
  const double exact = value * (from.factor / to.factor);
  if (exact == 0 || !std::isfinite(exact)) return exact;
  std::array<char, 40> text{};
  const auto written = std::to_chars(text.data(), text.data() + text.size(), exact,
                                     std::chars_format::scientific, kDigits - 1);
  double out = exact;
  std::from_chars(text.data(), written.ptr, out);
  return out;
}

}  // namespace wardbook::clinical
