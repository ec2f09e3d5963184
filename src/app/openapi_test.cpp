#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>
#include <set>

#include "app/service.h"
#include "base/text.h"

namespace wardbook::app {
namespace {

namespace json = boost::json;

std::string permission_of(api::Access access) {
  switch (access) {
    case api::Access::open:
      return "open";
    case api::Access::signed_in:
      return "signed_in";
    case api::Access::any_in_tenant:
      return "any_in_tenant";
    default:
      return std::string(api::to_string(access));
  }
}

/// "GET /api/v1/me" -> permission, of every operation of the document.
std::map<std::string, std::string> documented() {
  const auto document = json::parse(yaml_to_json(built_in_file("openapi/wardbook.yaml")));
  const std::string base(document.at("servers").at(0).at("url").as_string().c_str());
  std::map<std::string, std::string> out;
  for (const auto& path : document.at("paths").as_object()) {
    const auto& item = path.value().as_object();
    const std::string prefix = item.contains("servers") ? "" : base;
    for (const std::string method : {"get", "post", "put", "patch", "delete"}) {
      const auto* operation = item.if_contains(method);
      if (operation == nullptr) continue;
      out[upper_case(method) + " " + prefix + std::string(path.key())] =
          operation->at("x-permission").as_string().c_str();
    }
  }
  return out;
}

/// Pages for people are not part of the document.
bool is_page(const api::Route& route) {
  return route.pattern == "/" || route.pattern.starts_with("/docs");
}

TEST(OpenApi, HasEveryRouteWithItsPermission) {
  const auto document = documented();
  for (const auto& route : all_routes()) {
    if (is_page(route)) continue;
    const std::string name = std::string(route.method) + " " + std::string(route.pattern);
    const auto found = document.find(name);
    if (found == document.end()) {
      ADD_FAILURE() << name << " is not documented";
      continue;
    }
    EXPECT_EQ(found->second, permission_of(route.access)) << name;
  }
}

TEST(OpenApi, HasNothingThatTheProgramHasNot) {
  std::set<std::string> routes;
  for (const auto& route : all_routes()) {
    routes.insert(std::string(route.method) + " " + std::string(route.pattern));
  }
  for (const auto& [name, permission] : documented()) {
    EXPECT_TRUE(routes.contains(name)) << name << " is documented but has no route";
  }
}

TEST(Routes, SayWhatTheirIdNames) {
  for (const auto& route : all_routes()) {
    if (route.pattern.find("{id}") == std::string_view::npos) continue;
    EXPECT_NE(route.subject, &api::kNothing)
        << route.method << " " << route.pattern
        << ": whose it is cannot be looked up when a request fails";
  }
}

TEST(YamlToJson, FollowsTheCoreSchema) {
  EXPECT_EQ(yaml_to_json("a: 1\nb: '1'\nc: true\nd: \"true\"\ne: null\nf: 1.5\ng: 1.2.3\n"
                         "h: [x, 2]\ni: {j: k}\nl: \"\"\n'200': 0o7\n"),
            R"({"a":1,"b":"1","c":true,"d":"true","e":null,"f":1.5E0,"g":"1.2.3",)"
            R"("h":["x",2],"i":{"j":"k"},"l":"","200":"0o7"})");
  EXPECT_THROW((void)yaml_to_json("a: [1"), std::runtime_error);
}

TEST(IndexPage, SaysHowToSignInOnlyInTheDemo) {
  Settings settings;
  EXPECT_EQ(index_page(settings).find("demo.test"), std::string::npos);
  settings.demo.enabled = true;
  settings.demo.sign_in_file = "/var/<demo>&/sign-in.txt";
  const auto page = index_page(settings);
  EXPECT_NE(page.find("doctor@demo.test"), std::string::npos);
  EXPECT_NE(page.find("/var/&lt;demo>&amp;/sign-in.txt"), std::string::npos);
}

}  // namespace
}  // namespace wardbook::app
