#include "api/looks.h"

#include <boost/json.hpp>
#include <utility>

namespace wardbook::api {
namespace json = boost::json;

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
