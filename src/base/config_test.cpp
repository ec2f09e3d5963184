#include "base/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace wardbook::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest()
      : file_(std::filesystem::temp_directory_path() /
              ("wardbook_config_" + std::to_string(getpid()) + ".toml")) {}
  ~ConfigTest() override {
    std::error_code ignored;
    std::filesystem::remove(file_, ignored);
  }

  Sources with_file(std::string_view text) {
    std::ofstream(file_) << text;
    Sources sources;
    sources.file = file_.string();
    return sources;
  }
  std::string at(int line) const { return file_.string() + ":" + std::to_string(line) + ": "; }

  std::filesystem::path file_;
};

TEST_F(ConfigTest, DefaultsWithoutAnySource) {
  const auto loaded = load({});
  EXPECT_THAT(loaded.faults, IsEmpty());
  EXPECT_EQ(loaded.settings.server.port, 8080);
  EXPECT_EQ(loaded.settings.auth.max_failed_logins, 5);
}

TEST_F(ConfigTest, FlagsBeatVariablesBeatTheFile) {
  auto sources = with_file("[server]\nport = 1\nreactors = 2\n[storage]\nregion = \"file\"\n");
  sources.variables = {{"WARDBOOK_SERVER_PORT", "3"},
                       {"WARDBOOK_STORAGE_REGION", "variable"},
                       {"WARDBOOK_DEMO_PASSWORD", "not a setting"},
                       {"PATH", "/bin"}};
  sources.flags = {{"storage.region", "flag"}};
  const auto loaded = load(sources);
  EXPECT_THAT(loaded.faults, IsEmpty());
  EXPECT_EQ(loaded.settings.server.reactors, 2);
  EXPECT_EQ(loaded.settings.server.port, 3);
  EXPECT_EQ(loaded.settings.storage.region, "flag");
}

TEST_F(ConfigTest, EveryFaultHasItsPlace) {
  auto sources = with_file(
      "[log]\nlevel = \"loud\"\n[server]\nport = \"80\"\nreactors = 0\ncolour = 1\n"
      "[nowhere]\nx = 1\n[attachments]\nproxy = 1\nurl_ttl_s = 3601\n");
  sources.variables = {{"WARDBOOK_DATABASE_LANES", "many"}};
  sources.flags = {{"server.prot", "1"}, {"storage.path_style", "yes"}};
  EXPECT_THAT(
      load(sources).faults,
      ::testing::UnorderedElementsAre(
          at(2) + "log.level: must be one of debug|info|warning|error",
          at(4) + "server.port: must be a whole number",
          at(5) + "server.reactors: must be between 1 and 64", at(6) + "server.colour: unknown key",
          at(7) + "nowhere: unknown key", at(10) + "attachments.proxy: must be true or false",
          at(11) + "attachments.url_ttl_s: must be between 1 and 3600",
          "WARDBOOK_DATABASE_LANES: must be a whole number", "--set server.prot: unknown key",
          "--set storage.path_style: must be true or false"));
}

TEST_F(ConfigTest, MisspeltVariablesAreFaults) {
  const std::map<std::string, std::string> nearest{
      {"WARDBOOK_SERVER_PROT", "WARDBOOK_SERVER_PORT"},
      {"WARDBOOK_DATABSE_URL", "WARDBOOK_DATABASE_URL"},
      {"WARDBOOK_STORE_BUCKET", "WARDBOOK_STORAGE_BUCKET"},
      {"WARDBOOK_AUTH_SECRET", "WARDBOOK_AUTH_TOKEN_SECRET"},
      {"WARDBOOK_CONFG", "WARDBOOK_CONFIG"},
      {"WARDBOOK_DEMO_PASWORD", "WARDBOOK_DEMO_PASSWORD"}};
  for (const auto& [wrong, right] : nearest) {
    Sources sources;
    sources.variables = {{wrong, "1"}};
    const auto loaded = load(sources);
    EXPECT_THAT(loaded.faults,
                ElementsAre(wrong + ": is not a setting; did you mean " + right + "?"));
  }
}

TEST_F(ConfigTest, VariablesThatAreNoSettingsAreToldOf) {
  Sources sources;
  sources.variables = {{"WARDBOOK_X", "1"}, {"WARDBOOKING", "1"}, {"PATH", "/bin"}};
  const auto loaded = load(sources);
  EXPECT_THAT(loaded.faults, IsEmpty());
  EXPECT_THAT(loaded.warnings, ElementsAre("WARDBOOK_X: is not a setting, and is ignored"));
}

TEST_F(ConfigTest, WhatKubernetesSetsForAServiceIsNotNoticed) {
  Sources sources;
  sources.variables = {{"WARDBOOK_SERVICE_HOST", "10.0.0.1"},
                       {"WARDBOOK_SERVICE_PORT", "8080"},
                       {"WARDBOOK_SERVICE_PORT_HTTP", "8080"},
                       {"WARDBOOK_PORT", "tcp://10.0.0.1:8080"},
                       {"WARDBOOK_PORT_8080_TCP", "tcp://10.0.0.1:8080"},
                       {"WARDBOOK_PORT_8080_TCP_PROTO", "tcp"},
                       {"WARDBOOK_PORT_8080_TCP_ADDR", "10.0.0.1"},
                       {"WARDBOOK_DB_SERVICE_HOST", "10.0.0.2"},
                       {"WARDBOOK_DB_PORT", "tcp://10.0.0.2:5432"},
                       {"WARDBOOK_DATABASE_SERVICE_HOST", "10.0.0.3"},
                       {"WARDBOOK_DATABASE_PORT", "tcp://10.0.0.3:5432"}};
  const auto loaded = load(sources);
  EXPECT_THAT(loaded.faults, IsEmpty());
  EXPECT_THAT(loaded.warnings, IsEmpty());
}

TEST_F(ConfigTest, BrokenAndMissingFilesAreFaults) {
  EXPECT_THAT(load(with_file("[server\n")).faults, ElementsAre(HasSubstr(at(1))));
  EXPECT_THAT(load(with_file("a = 1\na = 2\n")).faults, ElementsAre(HasSubstr(at(2))));
  Sources missing;
  missing.file = "/nonexistent/wardbook.toml";
  EXPECT_THAT(load(missing).faults, ElementsAre(HasSubstr("/nonexistent/wardbook.toml")));
}

TEST_F(ConfigTest, IsReadBackAsItWasWritten) {
  Settings settings;
  settings.server.port = 1234;
  settings.server.drain_timeout = std::chrono::milliseconds(1);
  settings.database.url = "host='/tmp/x y' password=\"\\secret\x01\"";
  settings.auth.token_secret = std::string(40, 'k');
  settings.attachments.proxy = false;
  const auto loaded = load(with_file(to_toml(settings, Secrets::shown)));
  EXPECT_THAT(loaded.faults, IsEmpty());
  EXPECT_EQ(to_rows(loaded.settings, Secrets::shown), to_rows(settings, Secrets::shown));
  EXPECT_EQ(loaded.settings.database.url, settings.database.url);
  EXPECT_EQ(loaded.settings.server.drain_timeout, std::chrono::milliseconds(1));
}

TEST_F(ConfigTest, PricesAreNumbersWithOrWithoutAPoint) {
  auto sources = with_file("[prices]\narchive_usd_per_gb_month = 0.0036\nput_usd_per_1000 = 1\n");
  sources.variables = {{"WARDBOOK_PRICES_ALERT_USD_PER_MONTH", "12.5"}};
  const auto loaded = load(sources);
  EXPECT_THAT(loaded.faults, IsEmpty());
  EXPECT_EQ(loaded.settings.prices.archive_usd_per_gb_month, 0.0036);
  EXPECT_EQ(loaded.settings.prices.put_usd_per_1000, 1);
  EXPECT_EQ(loaded.settings.prices.alert_usd_per_month, 12.5);
  const auto again = load(with_file(to_toml(loaded.settings, Secrets::shown)));
  EXPECT_EQ(to_rows(again.settings, Secrets::shown), to_rows(loaded.settings, Secrets::shown));
  sources.variables = {{"WARDBOOK_PRICES_ALERT_USD_PER_MONTH", "much"},
                       {"WARDBOOK_PRICES_PUT_USD_PER_1000", "-1"},
                       {"WARDBOOK_PRICES_GET_USD_PER_1000", "nan"}};
  EXPECT_EQ(load(sources).faults.size(), 3U);
}

TEST_F(ConfigTest, OriginsAreAsABrowserWritesThem) {
  Sources variable;
  auto& origins = variable.variables["WARDBOOK_STORAGE_CORS_ORIGINS"];
  origins = "https://a.example.org, http://127.0.0.1:8080";
  EXPECT_THAT(load(variable).faults, IsEmpty());
  for (const auto* bad : {"a.example.org", "https://", "https://a/b", "ftp://a", "https://*.org"}) {
    origins = bad;
    EXPECT_EQ(load(variable).faults.size(), 1U) << bad;
  }
}

TEST_F(ConfigTest, ListsOfAddresses) {
  const std::vector<std::string> two{"10.0.0.0/8", "fd00::1"};
  const auto file = load(with_file("[server]\ntrusted_proxies = [\"10.0.0.0/8\", \"fd00::1\"]\n"));
  EXPECT_THAT(file.faults, IsEmpty());
  EXPECT_EQ(file.settings.server.trusted_proxies, two);
  Sources variable;
  variable.variables["WARDBOOK_SERVER_TRUSTED_PROXIES"] = "10.0.0.0/8, fd00::1";
  EXPECT_EQ(load(variable).settings.server.trusted_proxies, two);
  variable.variables["WARDBOOK_SERVER_TRUSTED_PROXIES"] = "";
  EXPECT_THAT(load(variable).settings.server.trusted_proxies, IsEmpty());
  const auto again = load(with_file(to_toml(file.settings, Secrets::shown)));
  EXPECT_THAT(again.faults, IsEmpty());
  EXPECT_EQ(again.settings.server.trusted_proxies, two);
  for (const auto* wrong : {"[\"balancer\"]", "[\"10.0.0.0/40\"]", "[7]", "\"10.0.0.1\""}) {
    const auto loaded = load(with_file(std::string("[server]\ntrusted_proxies = ") + wrong + "\n"));
    EXPECT_THAT(loaded.faults, ElementsAre(HasSubstr("server.trusted_proxies: must"))) << wrong;
  }
}

TEST_F(ConfigTest, OriginsAreThoseThatABrowserSends) {
  const auto good = load(
      with_file("[server]\norigins = [\"https://records.example.org\", \"http://[::1]:8080\"]\n"));
  EXPECT_THAT(good.faults, IsEmpty());
  EXPECT_THAT(good.settings.server.origins,
              ElementsAre("https://records.example.org", "http://[::1]:8080"));
  for (const auto* wrong : {"records.example.org", "https://records.example.org/", "https://",
                            "https://Records.example.org", "null", "ftp://a", ""}) {
    const auto loaded = load(with_file("[server]\norigins = [\"" + std::string(wrong) + "\"]\n"));
    EXPECT_THAT(loaded.faults, ElementsAre(HasSubstr("server.origins: must"))) << wrong;
  }
}

TEST_F(ConfigTest, SecretsAreMasked) {
  Settings settings;
  settings.database.url = "password=hush1";
  settings.database.owner_url = "password=hush2";
  settings.auth.token_secret = "hush3";
  settings.storage.secret_key = "hush4";
  const auto text = to_toml(settings, Secrets::masked);
  EXPECT_THAT(text, Not(HasSubstr("hush")));
  EXPECT_THAT(text, HasSubstr("token_secret = \"********\""));
  EXPECT_THAT(to_toml(Settings{}, Secrets::masked), HasSubstr("token_secret = \"\""));
}

TEST_F(ConfigTest, ServeNeedsMoreThanValidValues) {
  Settings settings;
  EXPECT_THAT(missing_for_serve(settings), ::testing::Contains("database.url: is required"));
  settings.database.url = "host=x";
  settings.storage.endpoint = "http://127.0.0.1:9000";
  settings.storage.access_key = settings.storage.secret_key = "k";
  settings.auth.token_secret = std::string(31, 'k');
  EXPECT_THAT(missing_for_serve(settings),
              ElementsAre("auth.token_secret: must have at least 32 bytes"));
  settings.auth.token_secret += 'k';
  EXPECT_THAT(missing_for_serve(settings), IsEmpty());
}

}  // namespace
}  // namespace wardbook::config
