#include <yaml-cpp/yaml.h>

#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include "app/service.h"

namespace wardbook::app {
namespace {

/// YAML 1.2's core schema for a plain scalar; quoted ones are texts.
boost::json::value scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return boost::json::value(text);
  if (text.empty() || text == "~" || text == "null") return nullptr;
  if (text == "true") return true;
  if (text == "false") return false;
  const char* const end = text.data() + text.size();
  std::int64_t whole = 0;
  if (const auto r = std::from_chars(text.data(), end, whole);
      r.ec == std::errc() && r.ptr == end) {
    return whole;
  }
  double real = 0;
  if (const auto r = std::from_chars(text.data(), end, real);
      r.ec == std::errc() && r.ptr == end && std::isfinite(real)) {
    return real;
  }
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
