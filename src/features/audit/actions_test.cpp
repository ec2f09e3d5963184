#include "features/audit/actions.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>

namespace wardbook::audit {
namespace {

using Names = std::set<std::string>;

std::string text_of(const std::filesystem::path& path) {
  const std::ifstream file(path);
  if (!file) throw std::runtime_error("start this test in the repository's root: " + path.string());
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void collect(const std::string& text, const std::regex& name, Names& into) {
  for (std::sregex_iterator at(text.begin(), text.end(), name), end; at != end; ++at) {
    into.insert((*at)[1]);
  }
}

Names table() {
  Names out;
  for (const auto name : kActions) out.emplace(name);
  return out;
}

TEST(Actions, AreListedOnce) {
  EXPECT_EQ(table().size(), kActions.size());
}

TEST(Actions, AreThoseOfTheDocumentation) {
  const std::string page = text_of("docs/audit.md");
  const auto from = page.find("\n## The actions\n");
  ASSERT_NE(from, std::string::npos);
  const std::string section = page.substr(from, page.find("\n## ", from + 1) - from);
  Names documented;
  collect(section, std::regex("`([a-z_]+\\.[a-z_]+)`"), documented);
  documented.erase("wardbook.platform_audit");  // a table
  EXPECT_EQ(documented, table());
}

TEST(Actions, AreAllWritten) {
  Names written;
  for (const auto& file : std::filesystem::recursive_directory_iterator("src/features")) {
    const std::string name = file.path().filename();
    if (!name.ends_with(".cpp") || name.ends_with("test.cpp")) continue;
    collect(text_of(file.path()), std::regex("\"([a-z_]+\\.[a-z_]+)\""), written);
  }
  for (const auto& action : table()) {
    EXPECT_TRUE(written.contains(action)) << action << " is written nowhere: remove it";
  }
}

TEST(Actions, AreComparedByName) {
  EXPECT_EQ(Action("patient.read"), Action("patient.read"));
  EXPECT_NE(Action("patient.read"), Action("patient.list"));
  EXPECT_EQ(Action("patient.read").name(), "patient.read");
}

}  // namespace
}  // namespace wardbook::audit
