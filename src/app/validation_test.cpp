#include "app/validation.h"

#include <gmock/gmock.h>

namespace wardbook::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Settings complete() {
  Settings out;
  out.database.url = "host=db.example user=wardbook_service password='x y'";
  out.database.owner_url = "postgresql://owner@db.example/wardbook";
  out.auth.token_secret = std::string(32, 's');
  out.storage.endpoint = "https://s3.example";
  out.storage.access_key = "key";
  out.storage.secret_key = "secret";
  return out;
}

TEST(ValidationTest, ACompleteConfigurationHasNoFaults) {
  Settings settings = complete();
  EXPECT_THAT(faults_for_serve(settings), IsEmpty());
  for (const auto* host : {"0.0.0.0", "::1", "fe80::1%eth0", "wardbook.example", "localhost"}) {
    settings.server.host = host;
    EXPECT_THAT(faults_for_serve(settings), IsEmpty()) << host;
  }
}

TEST(ValidationTest, WhatServeCannotUseIsAFault) {
  const auto fault = [](void (*change)(Settings&)) {
    Settings settings = complete();
    change(settings);
    return faults_for_serve(settings);
  };
  EXPECT_THAT(fault([](Settings& s) { s.storage.endpoint = "s3.example"; }),
              ElementsAre(HasSubstr("storage.endpoint: ")));
  EXPECT_THAT(fault([](Settings& s) { s.storage.public_endpoint = "https://s3.example/path"; }),
              ElementsAre(HasSubstr("storage.public_endpoint: ")));
  EXPECT_THAT(fault([](Settings& s) { s.database.url = "host=db passwrd=hush"; }),
              ElementsAre(::testing::AllOf(HasSubstr("database.url: "),
                                           ::testing::Not(HasSubstr("hush")))));
  EXPECT_THAT(fault([](Settings& s) { s.database.owner_url = "host"; }),
              ElementsAre(HasSubstr("database.owner_url: ")));
  EXPECT_THAT(fault([](Settings& s) { s.server.host = "http://wardbook.example/"; }),
              ElementsAre(HasSubstr("server.host: ")));
  EXPECT_THAT(fault([](Settings& s) { s.log.target = "/nonexistent/wardbook.log"; }),
              ElementsAre(HasSubstr("log.target: there is no folder /nonexistent")));
  EXPECT_THAT(fault([](Settings& s) { s.log.target = "/tmp"; }),
              ElementsAre(HasSubstr("log.target: is a folder")));
  EXPECT_THAT(fault([](Settings& s) { s.auth.token_secret.clear(); }),
              ElementsAre(HasSubstr("auth.token_secret: ")));
}

}  // namespace
}  // namespace wardbook::app
