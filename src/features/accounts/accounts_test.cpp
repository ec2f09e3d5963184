#include "features/accounts/accounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/hash.h"
#include "features/accounts/sign_in.h"
#include "features/accounts/test_values.h"

namespace wardbook::accounts {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

api::Principal a_doctor() {
  api::Principal caller;
  caller.account = AccountId(7);
  caller.session = SessionId(11);
  caller.token_number = 13;
  caller.name = "Dr. Ñandú \"Quote\"";
  caller.email = "doctor@demo.test";
  caller.kind = api::Principal::Kind::account;
  caller.role = api::Role::doctor;
  caller.permissions = api::permissions_of(caller.role);
  caller.tenant_id = TenantId::parse("demo_hospital_001");
  caller.method = api::Principal::Method::password;
  caller.authenticated_at = std::chrono::floor<seconds>(kNow) - std::chrono::hours(3);
  return caller;
}

/// A token of one's own making, signed with `secret` over any header and claims.
std::string forged(std::string_view header, std::string_view claims, const std::string& secret) {
  const std::string signing = to_base64url(header) + "." + to_base64url(claims);
  return signing + "." + to_base64url(as_chars(hmac_sha256(secret, signing)));
}

std::string claims_of(const std::string& token) {
  const auto first = token.find('.');
  return *from_base64url(token.substr(first + 1, token.rfind('.') - first - 1));
}

Code code_of(Tokens& tokens, const std::string& token) {
  try {
    (void)tokens.verify(token);
  } catch (const Failure& failure) {
    return failure.code();
  }
  return Code::internal;
}

class TokensTest : public testing::Test {
 protected:
  ManualClock clock_{kNow};
  Tokens tokens_{kSecret, minutes(15), clock_, 3};
};

TEST_F(TokensTest, TellsWhoItWasIssuedFor) {
  const auto token = tokens_.issue(a_doctor());
  for (int i = 0; i < 2; ++i) {  // checked, then remembered
    const auto caller = tokens_.verify(token);
    EXPECT_EQ(caller.account, AccountId(7));
    EXPECT_EQ(caller.session, SessionId(11));
    EXPECT_EQ(caller.token_number, 13);
    EXPECT_EQ(caller.name, "Dr. Ñandú \"Quote\"");
    EXPECT_EQ(caller.email, "doctor@demo.test");
    EXPECT_EQ(caller.role, api::Role::doctor);
    EXPECT_EQ(caller.tenant().str(), "demo_hospital_001");
    EXPECT_EQ(caller.kind, api::Principal::Kind::account);
    EXPECT_TRUE(caller.may(api::Access::records_finalize));
    EXPECT_FALSE(caller.may(api::Access::users_admin));
    EXPECT_EQ(caller.method, api::Principal::Method::password);
    EXPECT_EQ(caller.authenticated_at, a_doctor().authenticated_at) << "not when it was issued";
  }
}

TEST_F(TokensTest, HasTheRegisteredClaims) {
  const auto claims = boost::json::parse(claims_of(tokens_.issue(a_doctor()))).as_object();
  EXPECT_EQ(claims.at("iss"), "wardbook");
  EXPECT_EQ(claims.at("sub"), "7");
  EXPECT_EQ(claims.at("jti"), "13");
  const auto issued = std::chrono::floor<seconds>(kNow).time_since_epoch().count();
  EXPECT_EQ(claims.at("iat").as_int64(), issued);
  EXPECT_EQ(claims.at("exp").as_int64(), issued + 900);
  EXPECT_EQ(claims.at("auth_time").as_int64(), issued - 3 * 3600);
}

TEST_F(TokensTest, OperatorsHaveNoTenant) {
  auto caller = a_doctor();
  caller.role = api::Role::platform_admin;
  caller.tenant_id.reset();
  const auto read = tokens_.verify(tokens_.issue(caller));
  EXPECT_EQ(read.role, api::Role::platform_admin);
  EXPECT_FALSE(read.tenant_id);
}

TEST_F(TokensTest, ExpiresToTheSecondAlsoWhenRemembered) {
  const auto token = tokens_.issue(a_doctor());
  clock_.advance(seconds(899));
  EXPECT_NO_THROW((void)tokens_.verify(token));
  clock_.advance(seconds(1));
  EXPECT_EQ(code_of(tokens_, token), Code::token_expired);
  EXPECT_EQ(code_of(tokens_, token), Code::token_expired);
}

TEST_F(TokensTest, RefusesWhatWasChanged) {
  const auto token = tokens_.issue(a_doctor());
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    if (changed[i] == token[i]) continue;
    EXPECT_EQ(code_of(tokens_, changed), Code::unauthenticated) << "at " << i;
  }
  EXPECT_EQ(code_of(tokens_, token.substr(0, token.size() - 1)), Code::unauthenticated);
  EXPECT_EQ(code_of(tokens_, token + "="), Code::unauthenticated);
  EXPECT_EQ(code_of(tokens_, token + "."), Code::unauthenticated);
  EXPECT_EQ(code_of(tokens_, ""), Code::unauthenticated);
  EXPECT_EQ(code_of(tokens_, ".."), Code::unauthenticated);
  EXPECT_EQ(code_of(tokens_, std::string(100'000, 'a') + ".b.c"), Code::unauthenticated);
}

TEST_F(TokensTest, RefusesOtherAlgorithmsSecretsAndIssuers) {
  const auto claims = claims_of(tokens_.issue(a_doctor()));
  const std::string hs256 = R"({"alg":"HS256","typ":"JWT"})";
  EXPECT_NO_THROW((void)tokens_.verify(forged(hs256, claims, kSecret)));
  const auto none = to_base64url(R"({"alg":"none"})") + "." + to_base64url(claims) + ".";
  EXPECT_EQ(code_of(tokens_, none), Code::unauthenticated);
  for (const std::string header :
       {R"({"alg":"none"})", R"({"alg":"HS512"})", R"({"alg":"RS256"})", R"({})", "[]", "x"}) {
    EXPECT_EQ(code_of(tokens_, forged(header, claims, kSecret)), Code::unauthenticated) << header;
  }
  EXPECT_EQ(code_of(tokens_, forged(hs256, claims, std::string(32, 't'))), Code::unauthenticated);
  auto other = boost::json::parse(claims).as_object();
  other["iss"] = "somebody else";
  EXPECT_EQ(code_of(tokens_, forged(hs256, boost::json::serialize(other), kSecret)),
            Code::unauthenticated);
}

TEST_F(TokensTest, RefusesClaimsThatAreMissingOrMisfit) {
  const auto whole = boost::json::parse(claims_of(tokens_.issue(a_doctor()))).as_object();
  const std::string header = R"({"alg":"HS256","typ":"JWT"})";
  for (const auto& member : whole) {
    auto claims = whole;
    claims.erase(member.key());
    EXPECT_EQ(code_of(tokens_, forged(header, boost::json::serialize(claims), kSecret)),
              Code::unauthenticated)
        << member.key();
  }
  const std::vector<std::pair<std::string, boost::json::value>> wrong{
      {"role", "emperor"}, {"tenant", "pg_catalog"},
      {"sub", "0"},        {"sub", "7x"},
      {"exp", "tomorrow"}, {"role", "platform_admin"},
      {"iat", "today"},    {"iat", 1.5},
      {"iat", -1},         {"nbf", "today"},
      {"nbf", nullptr},    {"nbf", INT64_MAX},
      {"exp", 1e30},       {"auth_time", -1},
      {"auth_time", 1e15}, {"auth_time", INT64_MAX}};
  for (const auto& [name, value] : wrong) {
    auto claims = whole;
    claims[name] = value;
    EXPECT_EQ(code_of(tokens_, forged(header, boost::json::serialize(claims), kSecret)),
              Code::unauthenticated)
        << name;
  }
}

TEST_F(TokensTest, TokensOfTheFutureAreRefusedAlsoWhenRemembered) {
  const auto whole = boost::json::parse(claims_of(tokens_.issue(a_doctor()))).as_object();
  const auto now = whole.at("iat").as_int64();
  const auto token_from = [&](const char* name, std::int64_t from) {
    auto claims = whole;
    claims["exp"] = now + 10'000;
    claims[name] = from;
    return forged(R"({"alg":"HS256","typ":"JWT"})", boost::json::serialize(claims), kSecret);
  };
  for (const auto* name : {"iat", "nbf", "auth_time"}) {
    const auto within = token_from(name, now + 60);
    EXPECT_EQ(code_of(tokens_, within), Code::internal) << name << ": clocks differ a little";
    const auto early = token_from(name, now + 61);
    EXPECT_EQ(code_of(tokens_, early), Code::unauthenticated) << name;
    clock_.advance(seconds(1));
    EXPECT_EQ(code_of(tokens_, early), Code::internal) << name << ": its time has come";
    clock_.advance(-seconds(1));
    EXPECT_EQ(code_of(tokens_, early), Code::unauthenticated) << name << ": it is remembered";
  }
  EXPECT_EQ(code_of(tokens_, token_from("iat", now + 5 * 86'400)), Code::unauthenticated);
}

TEST_F(TokensTest, TimesBeyondTheYear9999AreRefusedWithoutCountingOnThem) {
  auto claims = boost::json::parse(claims_of(tokens_.issue(a_doctor()))).as_object();
  claims["iat"] = claims["exp"] = INT64_MAX;  // with our life added it would be no number any more
  EXPECT_EQ(code_of(tokens_, forged(R"({"alg":"HS256"})", boost::json::serialize(claims), kSecret)),
            Code::unauthenticated);
}

TEST_F(TokensTest, NoTokenOutlivesTheConfiguredLife) {
  const auto whole = boost::json::parse(claims_of(tokens_.issue(a_doctor()))).as_object();
  const auto now = whole.at("iat").as_int64();
  const auto token_until = [&](std::int64_t exp) {
    auto claims = whole;
    claims["exp"] = exp;
    return forged(R"({"alg":"HS256","typ":"JWT"})", boost::json::serialize(claims), kSecret);
  };
  EXPECT_EQ(code_of(tokens_, token_until(now + 86'401)), Code::unauthenticated);
  EXPECT_EQ(code_of(tokens_, token_until(now - 1)), Code::unauthenticated);
  // Of a node that lets them live longer, as while the setting is changed.
  const auto longer = token_until(now + 3'600);
  clock_.advance(seconds(899));
  EXPECT_EQ(code_of(tokens_, longer), Code::internal);
  clock_.advance(seconds(1));
  EXPECT_EQ(code_of(tokens_, longer), Code::token_expired);
}

TEST_F(TokensTest, RefusesHeadersThatWantMoreOfTheReader) {
  const auto claims = claims_of(tokens_.issue(a_doctor()));
  const std::vector<std::string> rows{
      R"("crit":["exp"])",
      R"("crit":[])",
      R"("crit":["b64"],"b64":false)",
      R"("b64":false)",
      R"("kid":"1")",
      R"("kid":"../../../../dev/null")",
      R"("kid":"x' UNION SELECT 'secret")",
      R"("jku":"https://elsewhere.test/keys")",
      R"("jwk":{"kty":"oct","k":"c2VjcmV0"})",
      R"("x5u":"https://elsewhere.test/chain")",
      R"("x5c":["MIIB"])",
      R"("cty":"JWT")",
      R"("zip":"DEF")",
  };
  for (const auto& row : rows) {
    const std::string header = R"({"alg":"HS256","typ":"JWT",)" + row + "}";
    EXPECT_EQ(code_of(tokens_, forged(header, claims, kSecret)), Code::unauthenticated) << header;
  }
  for (const std::string header : {R"({"alg":"hs256","typ":"JWT"})", R"({"typ":"JWT"})",
                                   R"({"alg":"HS256","typ":"JWE"})", R"({"alg":"nOnE"})"}) {
    EXPECT_EQ(code_of(tokens_, forged(header, claims, kSecret)), Code::unauthenticated) << header;
  }
}

TEST_F(TokensTest, ASignatureHasOneSpelling) {
  const auto token = tokens_.issue(a_doctor());
  const auto dot = token.rfind('.') + 1;
  const auto bytes = *from_base64url(token.substr(dot));
  const std::string head = token.substr(0, dot);
  // 32 bytes in 43 characters: the last one has two bits that say nothing.
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const auto last = alphabet.find(token.back());
  for (std::size_t bit = 1; bit < 4; ++bit) {
    const std::string other = token.substr(0, token.size() - 1) + alphabet[last ^ bit];
    EXPECT_EQ(code_of(tokens_, other), Code::unauthenticated) << bit;
  }
  EXPECT_EQ(code_of(tokens_, head + to_base64(bytes)), Code::unauthenticated);
  EXPECT_EQ(code_of(tokens_, head + to_hex(bytes)), Code::unauthenticated);
  EXPECT_EQ(code_of(tokens_, token + "\n"), Code::unauthenticated);
  EXPECT_EQ(code_of(tokens_, " " + token), Code::unauthenticated);
  EXPECT_EQ(code_of(tokens_, token + "." + token), Code::unauthenticated);
}

TEST_F(TokensTest, ForgetsTheOldestButStillVerifiesIt) {
  std::vector<std::string> issued;
  for (int i = 1; i <= 10; ++i) {
    auto caller = a_doctor();
    caller.token_number = i;
    issued.push_back(tokens_.issue(caller));
    (void)tokens_.verify(issued.back());
  }
  for (int i = 1; i <= 10; ++i) {
    EXPECT_EQ(tokens_.verify(issued[static_cast<std::size_t>(i - 1)]).token_number, i);
  }
}

TEST(TokensSecret, MustBeLongEnough) {
  const ManualClock clock(kNow);
  EXPECT_THROW(Tokens(std::string(31, 's'), seconds(60), clock), std::invalid_argument);
}

TEST(Passwords, HashAndImpossibleHashHaveTheSameWork) {
  Settings::Auth auth;
  auth.argon2_memory_bytes = 8 * 1024 * 1024;
  auth.argon2_passes = 1;
  const auto hash = hash_password(auth, "correct horse battery");
  EXPECT_TRUE(password_matches(hash, "correct horse battery"));
  EXPECT_FALSE(password_matches(hash, "correct horse batterz"));
  EXPECT_FALSE(password_matches(hash, ""));
  const auto impossible = impossible_hash(auth);
  EXPECT_EQ(impossible.substr(0, impossible.find("p=1$")), hash.substr(0, hash.find("p=1$")));
  EXPECT_EQ(impossible.size(), hash.size());
  EXPECT_FALSE(password_matches(impossible, "correct horse battery"));
  EXPECT_FALSE(password_matches("", ""));
  EXPECT_FALSE(password_matches("plain", "plain"));
}

TEST(Passwords, AreHashedAnewWhereTheOldHashIsTooCheap) {
  Settings::Auth cheap;
  cheap.argon2_memory_bytes = 64 * 1024;
  cheap.argon2_passes = 1;
  Settings::Auth dear = cheap;
  dear.argon2_memory_bytes = 128 * 1024;
  dear.argon2_passes = 2;
  const auto old = hash_password(cheap, "correct horse battery");
  EXPECT_EQ(work_of(old), 64);
  const auto right = compare_at_sign_in(dear, old, "correct horse battery");
  EXPECT_TRUE(right.matches);
  ASSERT_TRUE(right.stronger);
  EXPECT_EQ(work_of(*right.stronger), 256);
  EXPECT_TRUE(password_matches(*right.stronger, "correct horse battery"));
  const auto wrong = compare_at_sign_in(dear, old, "correct horse batterz");
  EXPECT_FALSE(wrong.matches);
  EXPECT_FALSE(wrong.stronger);
  EXPECT_FALSE(compare_at_sign_in(dear, *right.stronger, "correct horse battery").stronger);
  EXPECT_FALSE(compare_at_sign_in(cheap, *right.stronger, "correct horse battery").stronger)
      << "never to a cheaper one";
  EXPECT_EQ(work_of(impossible_hash(dear)), 256);
  EXPECT_EQ(work_of("plain"), 0);
}

AccountRow an_account() {
  AccountRow account;
  account.id = AccountId(1);
  account.password_hash = "hash";
  account.active = true;
  return account;
}

MembershipRow in(const std::string& tenant, bool tenant_active = true, bool active = true) {
  MembershipRow row;
  row.tenant = tenant;
  row.tenant_active = tenant_active;
  row.active = active;
  row.role = api::Role::nurse;
  return row;
}

TEST(ChooseTenant, Decides) {
  const auto account = an_account();
  auto oper = account;
  oper.is_operator = true;
  auto disabled = account;
  disabled.active = false;
  struct Row {
    AccountRow account;
    std::vector<MembershipRow> memberships;
    std::optional<std::string> named;
    SignIn outcome;
    std::string chosen;
  };
  const std::vector<Row> rows{
      {account, {}, {}, SignIn::no_membership, ""},
      {account, {in("aaa")}, {}, SignIn::granted, "aaa"},
      {account, {in("aaa"), in("bbb")}, {}, SignIn::tenant_required, ""},
      {account, {in("aaa"), in("bbb")}, "bbb", SignIn::granted, "bbb"},
      {account, {in("aaa"), in("bbb")}, "ccc", SignIn::no_membership, ""},
      {account, {in("aaa", false)}, {}, SignIn::suspended, ""},
      {account, {in("aaa", false), in("bbb")}, {}, SignIn::granted, "bbb"},
      {account, {in("aaa", false), in("bbb")}, "aaa", SignIn::suspended, ""},
      {account, {in("aaa", true, false)}, {}, SignIn::no_membership, ""},
      {account, {in("aaa", true, false)}, "aaa", SignIn::no_membership, ""},
      {oper, {}, {}, SignIn::granted, ""},
      {oper, {}, "aaa", SignIn::no_membership, ""},
      {oper, {in("aaa")}, {}, SignIn::granted, ""},
      {oper, {in("aaa")}, "aaa", SignIn::no_membership, ""},
      {disabled, {in("aaa")}, {}, SignIn::no_account, ""},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto choice = choose_tenant(rows[i].account, rows[i].memberships, rows[i].named);
    EXPECT_EQ(choice.outcome, rows[i].outcome) << "row " << i;
    EXPECT_EQ(choice.membership ? choice.membership->tenant : "", rows[i].chosen) << "row " << i;
  }
}

TEST(AuditHome, IsTheNamedOrTheOnlyTenant) {
  EXPECT_FALSE(audit_home({}, std::nullopt));
  EXPECT_EQ(audit_home({in("aaa")}, std::nullopt)->str(), "aaa");
  EXPECT_FALSE(audit_home({in("aaa"), in("bbb")}, std::nullopt));
  EXPECT_EQ(audit_home({in("aaa"), in("bbb")}, "bbb")->str(), "bbb");
  EXPECT_FALSE(audit_home({in("aaa")}, "bbb"));
}

TEST(Identity, IsWhatLoginAndMeShow) {
  const auto json = boost::json::parse(
      identity_json(a_doctor(), TenantRow{"demo_hospital_001", "First", "Europe/Berlin"}));
  EXPECT_EQ(json.at("user").at("id"), 7);
  EXPECT_EQ(json.at("user").at("role"), "doctor");
  EXPECT_EQ(json.at("tenant").at("time_zone"), "Europe/Berlin");
  EXPECT_THAT(boost::json::serialize(json.at("permissions")), HasSubstr("\"records:finalize\""));
  auto oper = a_doctor();
  oper.role = api::Role::platform_admin;
  oper.permissions = api::permissions_of(oper.role);
  EXPECT_TRUE(boost::json::parse(identity_json(oper, std::nullopt)).at("tenant").is_null());
}

}  // namespace
}  // namespace wardbook::accounts
