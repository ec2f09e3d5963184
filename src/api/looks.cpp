#include "api/looks.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <utility>

namespace wardbook::api {
namespace {

namespace json = boost::json;

constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kResources{{
    {"patients", "patient"},
    {"records", "record"},
    {"diagnoses", "diagnosis"},
    {"attachments", "attachment"},
    {"templates", "template"},
    {"users", "account"},
    {"tenants", "tenant"},
    {"audit", "audit"},
    {"storage", "storage"},
}};

}  // namespace

std::string_view resource_of(std::string_view path) {
  constexpr std::string_view kBase = "/api/v1/";
  path.remove_prefix(path.starts_with(kBase) ? kBase.size()
                                             : std::min<std::size_t>(path.size(), 1));
  const std::string_view first = path.substr(0, path.find('/'));
  const auto* const found =
      std::ranges::find(kResources, first, [](const auto& entry) { return entry.first; });
  return found == kResources.end() ? "route" : found->second;
}

bool belongs_to_patient(std::string_view resource) {
  constexpr std::array<std::string_view, 4> kPatients{"patient", "record", "diagnosis",
                                                      "attachment"};
  return std::ranges::find(kPatients, resource) != kPatients.end();
}

std::string to_json(const std::vector<Look>& looks) {
  json::array out;
  for (const auto& look : looks) {
    json::object one{{"resource", look.resource}, {"id", look.id}};
    if (look.patient) one["patient"] = look.patient->value;
    out.push_back(std::move(one));
  }
  return json::serialize(out);
}

std::vector<Look> parse_looks(std::string_view text) {
  std::vector<Look> out;
  const json::value parsed = json::parse(text);
  for (const auto& item : parsed.as_array()) {
    const auto& one = item.as_object();
    Look look{json::value_to<std::string>(one.at("resource")), one.at("id").as_int64(), {}};
    if (const auto* patient = one.if_contains("patient")) {
      look.patient = PatientId(patient->as_int64());
    }
    out.push_back(std::move(look));
  }
  return out;
}

}  // namespace wardbook::api
