#include <yaml-cpp/yaml.h>

#include <boost/json.hpp>
#include <cmath>
#include <stdexcept>

#include "app/service.h"
#include "base/text.h"

namespace wardbook::app {
namespace {

/// YAML 1.2's core schema for a plain scalar; quoted ones are texts.
boost::json::value scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return boost::json::value(text);
  if (text.empty() || text == "~" || text == "null") return nullptr;
  if (text == "true") return true;
  if (text == "false") return false;
  if (const auto whole = parse_number<std::int64_t>(text)) return *whole;
  if (const auto real = parse_number<double>(text); real && std::isfinite(*real)) return *real;
  return boost::json::value(text);
}

boost::json::value convert(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Map: {
      boost::json::object out;
      for (const auto& member : node) out[member.first.Scalar()] = convert(member.second);
      return out;
    }
    case YAML::NodeType::Sequence: {
      boost::json::array out;
      for (const auto& item : node) out.push_back(convert(item));
      return out;
    }
    case YAML::NodeType::Scalar:
      return scalar(node);
    default:
      return nullptr;
  }
}

}  // namespace

std::string yaml_to_json(std::string_view yaml) {
  try {
    return boost::json::serialize(convert(YAML::Load(std::string(yaml))));
  } catch (const YAML::Exception& e) {
    throw std::runtime_error(std::string("the OpenAPI document: ") + e.what());
  }
}

}  // namespace wardbook::app
