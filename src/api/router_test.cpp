// The router behind a real server: match, authenticate, admit, read, answer.
#include "api/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/test_support.h"

namespace wardbook {

/// The router only passes it on; what these tests' handlers and hooks saw.
struct App {
  std::vector<std::string> handled;
  std::vector<std::string> refused;
  std::vector<std::string> observed;
  std::vector<std::string> looked;
  bool log_is_away = false;
  std::vector<std::string> admitted;
  int wait_s = 0;
};

namespace api {
namespace {

using net::testing::RawClient;
using net::testing::TestServer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Task<Response> echo(App& app, Request req) {
  std::string seen = req.head.method + " " + std::string(req.head.raw_path());
  for (const auto& [name, value] : req.path_params) seen += " " + name + "=" + value;
  for (const auto& [name, value] : req.query) seen += " ?" + name + "=" + value;
  seen += " " + boost::json::serialize(req.body);
  app.handled.push_back(seen);
  co_return ok(boost::json::value(seen));
}
Task<Response> secret(App&, Request req) {
  co_return ok(boost::json::value(std::string(req.retry_secret)));
}
Task<Response> take(App& app, Request req) {
  app.handled.emplace_back("begun");
  const std::string body = co_await req.exchange->read_all(1000);
  co_return ok(boost::json::value(body));
}
Task<Response> literal(App&, Request) {
  co_return ok(std::string(R"("literal")"));
}
Task<Response> fail(App&, Request) {
  throw Failure(Code::record_finalized, "A finalized record is only amended.", "secret detail");
  co_return Response{};
}
Task<Response> crash(App&, Request) {
  throw std::runtime_error("secret detail");
  co_return Response{};
}
/// Fails, or answers, having seen another patient's row.
Task<Response> look(App&, Request req) {
  req.saw("patient", 7, PatientId(7));
  if (req.query_param("made")) req.saw("record", 6, PatientId(7));
  const auto how = req.query_param("how").value_or("");
  if (how == "stale") throw Failure(Code::version_conflict);
  if (how == "crash") throw std::runtime_error("secret detail");
  if (how == "params") throw Failure(Code::invalid_parameter);
  if (how == "away") throw Failure(Code::database_unavailable);
  Response response = ok(std::string("1"));
  if (how == "range") response.status = 416;
  if (how == "replay") response.headers.set(kReplayedHeader, "true");
  if (how == "logged") {
    response.headers.set(kReplayedHeader, "true");
    req.looks->entered = true;
  }
  co_return response;
}
Task<Response> replay(App&, Request) {
  co_return created(R"("first answer")", "/things/1");
}

std::optional<SessionId> token_in_body(App&, const Request& req) {
  const auto* body = req.body.if_object();
  const auto* token = body == nullptr ? nullptr : body->if_contains("token");
  return token == nullptr ? std::nullopt : std::optional(SessionId(token->as_int64()));
}
std::optional<SessionId> token_in_header(App&, const Request& req) {
  const auto token = parse_positive(req.head.headers.get("Token").value_or(""));
  return token ? std::optional(SessionId(*token)) : std::nullopt;
}

const db::Query<Whose, std::int64_t> kWhose{
    "test.whose", "SELECT $1::bigint AS patient_id, false AS voided, false AS purged"};
constexpr Subject kRecord{.resource = "record", .whose = &kWhose};
constexpr Subject kPatient{.resource = "patient", .whose = &kWhose};
constexpr Subject kTemplate{.resource = "template"};
constexpr Subject kOpen{.resource = "open"};

std::vector<Route> routes() {
  using enum Access;
  return {{"GET", "/open/{id}", open, kOpen, &echo},
          {"GET", "/open/{id}/parts/{n}", open, kOpen, &echo},
          {"GET", "/open/me", open, &literal},
          {"GET", "/records/{id}", records_read, kRecord, &echo},
          {"PATCH", "/records/{id}", records_write, kRecord, &echo, Body::json},
          {"POST", "/records", records_write, kRecord, &echo, Body::json},
          {"POST", "/records/{id}/copy", records_write, kRecord, &echo, Body::no_fields},
          {"GET", "/records/{id}/look", records_read, kRecord, &look},
          {"GET", "/patients/{id}", patients_read, kPatient, &echo},
          {"GET", "/templates/{id}", any_in_tenant, kTemplate, &fail},
          {"GET", "/look", records_read, &look},
          {"GET", "/open/{id}/look", open, kOpen, &look},
          {"PUT", "/files", attachments_write, &take, Body::stream},
          {"POST", "/auth/login", open, &echo, Body::json},
          Route("POST", "/auth/go-on", open, &echo, Body::json).counted_by(&token_in_body),
          Route("POST", "/auth/leave", open, &echo).counted_by(&token_in_header),
          {"GET", "/secret", open, &secret},
          {"GET", "/fail", open, &fail},
          {"GET", "/crash", open, &crash},
          {"GET", "/replay", open, &replay}};
}

/// The bearer is the role's name.
Task<Principal> authenticate(std::string bearer) {
  Principal caller;
  const auto role = parse_role(bearer);
  if (!role) throw Failure(Code::token_expired);
  caller.role = *role;
  caller.permissions = permissions_of(*role);
  if (*role != Role::platform_admin) caller.tenant_id = TenantId::parse("north");
  co_return caller;
}

Task<> note_refusal(App& app, std::string role, std::string resource, std::string permission) {
  app.refused.push_back(role + " " + resource + " " + permission);
  co_return;
}

Task<> note_look(App& app, Request request, Unlogged what) {
  std::string seen = request.id + " " + std::string(to_string(request.caller.role)) + " " +
                     request.head.method + " " + std::string(what.pattern) + " " + what.outcome;
  for (const auto& one : what.looks) {
    seen += " " + one.resource + "=" + std::to_string(one.id);
    if (what.subjects->find(one.resource) == nullptr) seen += "?";
    if (one.patient) seen += "/" + std::to_string(one.patient->value);
  }
  if (app.log_is_away) throw Failure(Code::database_unavailable);
  app.looked.push_back(seen.substr(seen.find(' ') + 1));
  co_return;
}

class RouterTest : public ::testing::Test {
 protected:
  Hooks hooks() {
    Hooks out;
    out.authenticate = &authenticate;
    out.retry_secret = "kept under this";
    out.admit = [this](const net::RequestHead& head, std::string_view pattern,
                       std::optional<SessionId> session) {
      const std::string who = session ? std::to_string(session->value) : head.remote_ip;
      app_.admitted.push_back(who + " " + std::string(pattern));
      return app_.wait_s;
    };
    out.refused = [this](Request request, const Subject& subject, std::string_view permission) {
      return note_refusal(app_, std::string(to_string(request.caller.role)),
                          std::string(subject.resource), std::string(permission));
    };
    out.cursor_secret = "authenticated by this";
    out.looked = [this](Request request, Unlogged what) {
      return note_look(app_, std::move(request), std::move(what));
    };
    out.observe = [this](std::string_view method, std::string_view pattern, int status, double) {
      app_.observed.push_back(std::string(method) + " " + std::string(pattern) + " " +
                              std::to_string(status));
    };
    return out;
  }

  RawClient::Answer ask(const std::string& line, const std::string& headers = "",
                        const std::string& body = "") {
    RawClient client(server_.port());
    std::string text = line + " HTTP/1.1\r\nHost: here\r\nConnection: close\r\n" + headers;
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    client.send(text + "\r\n" + body);
    return client.read_answer(line.starts_with("HEAD"));
  }
  static std::string code(const RawClient::Answer& answer) {
    boost::system::error_code error;
    const auto body = boost::json::parse(answer.body, error);
    if (error || !body.is_object() || !body.get_object().contains("code")) return answer.body;
    EXPECT_TRUE(answer.has("Content-Type: application/problem+json"));
    EXPECT_EQ(body.at("status"), answer.status);
    return std::string(body.at("code").as_string());
  }

  App app_;
  Router router_{app_, routes(), hooks()};
  TestServer server_{[this](net::Exchange& exchange) { return router_.handle(exchange); }};
};

constexpr const char* kJson = "Content-Type: application/json\r\n";
constexpr const char* kNurse = "Authorization: Bearer nurse\r\n";

TEST_F(RouterTest, MatchesSegmentsAndDecodesThem) {
  EXPECT_EQ(ask("GET /open/a%20b?x=1&x=2").status, 200);
  EXPECT_EQ(ask("GET /open/7/parts/2").status, 200);
  EXPECT_EQ(ask("GET /open/a%2Fb").status, 200);
  EXPECT_EQ(ask("GET /open/me").body, R"("literal")") << "a literal wins over a parameter";
  EXPECT_THAT(app_.handled,
              ElementsAre("GET /open/a%20b id=a b ?x=1 ?x=2 null",
                          "GET /open/7/parts/2 id=7 n=2 null", "GET /open/a%2Fb id=a/b null"));
}

TEST_F(RouterTest, KnowsWhatIsNotThere) {
  for (const std::string path : {"/", "/open", "/open/", "/open/7/", "/open/7/parts", "/Open/7",
                                 "//open/7", "/open/7/parts/2/3", "/open/.."}) {
    if (path == "/open/..") continue;  // a parameter like any other
    const auto answer = ask("GET " + path);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_EQ(code(answer), "not_found") << path;
  }
  EXPECT_EQ(code(ask("GET /open/%zz")), "bad_request");
  EXPECT_EQ(code(ask("GET /open/a%00b")), "bad_request");
  EXPECT_EQ(code(ask("GET /open/7?x=%f")), "bad_request");
  EXPECT_EQ(code(ask("GET /open/7?x=%ff")), "bad_request") << "no UTF-8";
  EXPECT_EQ(code(ask("GET /open/7?%c3=x")), "bad_request");
  EXPECT_THAT(app_.handled, ElementsAre());
}

TEST_F(RouterTest, NamesTheMethodsThatThereAre) {
  const auto answer = ask("DELETE /records/7", kNurse);
  EXPECT_EQ(code(answer), "method_not_allowed");
  EXPECT_TRUE(answer.has("Allow: GET, HEAD, PATCH")) << answer.head;
  EXPECT_EQ(ask("HEAD /open/7").status, 200);
}

TEST_F(RouterTest, IsClosedByDefault) {
  EXPECT_EQ(code(ask("GET /records/7")), "unauthenticated");
  EXPECT_EQ(code(ask("GET /records/7", "Authorization: Basic bnVyc2U=\r\n")), "unauthenticated");
  EXPECT_EQ(code(ask("GET /records/7", std::string(kNurse) + kNurse)), "unauthenticated");
  const auto expired = ask("GET /records/7", "Authorization: Bearer nobody\r\n");
  EXPECT_EQ(expired.status, 401);
  EXPECT_EQ(code(expired), "token_expired");
  EXPECT_THAT(app_.handled, ElementsAre());
  EXPECT_EQ(ask("GET /records/7", "authorization: bearer nurse\r\n").status, 200)
      << "the scheme has no case";
}

TEST_F(RouterTest, AdmitsByRoleAndWritesRefusalsDown) {
  EXPECT_EQ(ask("GET /records/7", kNurse).status, 200);
  const auto refused = ask("GET /records/7", "Authorization: Bearer receptionist\r\n");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(code(refused), "forbidden");
  EXPECT_EQ(code(ask("GET /records/7", "Authorization: Bearer platform_admin\r\n")), "forbidden");
  EXPECT_THAT(app_.refused, ElementsAre("receptionist record records:read",
                                        "platform_admin record records:read"));
  EXPECT_EQ(app_.handled.size(), 1U);
}

TEST_F(RouterTest, TheTenantHeaderMustAgree) {
  const std::string nurse = kNurse;
  EXPECT_EQ(ask("GET /records/7", nurse + "X-Tenant-ID: north\r\n").status, 200);
  EXPECT_EQ(code(ask("GET /records/7", nurse + "X-Tenant-ID: south\r\n")), "tenant_mismatch");
  EXPECT_EQ(code(ask("GET /records/7", nurse + "X-Tenant-ID: north\r\nX-Tenant-ID: south\r\n")),
            "tenant_mismatch");
  EXPECT_EQ(code(ask("GET /records/7", nurse + "X-Tenant-ID:\r\n")), "tenant_mismatch");
  ASSERT_EQ(app_.refused.size(), 3U);
  EXPECT_THAT(app_.refused[0], ::testing::StartsWith("nurse tenant ")) << "not that record's";
}

TEST_F(RouterTest, ReadsJsonBodies) {
  const std::string head = std::string(kNurse) + kJson;
  EXPECT_EQ(ask("POST /records", head, R"({"a":1})").status, 200);
  const std::string merge =
      std::string(kNurse) + "Content-Type: Application/Merge-Patch+JSON; x=1\r\n";
  EXPECT_EQ(ask("PATCH /records/7", merge, "{}").status, 200);
  EXPECT_EQ(code(ask("POST /records", merge, "{}")), "unsupported_media_type");
  EXPECT_EQ(code(ask("POST /records", kNurse, "{}")), "unsupported_media_type");
  EXPECT_EQ(code(ask("POST /records", head + "Content-Encoding: gzip\r\n", "{}")),
            "unsupported_media_type");
  EXPECT_EQ(code(ask("POST /records", head, "{")), "invalid_json");
  EXPECT_EQ(code(ask("POST /records", head, R"({"a":1,"a":2})")), "invalid_json");
  EXPECT_THAT(app_.handled, ElementsAre(R"(POST /records {"a":1})", "PATCH /records/7 id=7 {}"));
}

TEST_F(RouterTest, JsonIsUtf8) {
  const std::string type = std::string(kNurse) + "Content-Type: application/json";
  for (const auto* good : {"; charset=utf-8", ";charset=\"UTF-8\"", " ; x=1; Charset=utf8", ";"}) {
    EXPECT_EQ(ask("POST /records", type + good + "\r\n", "{}").status, 200) << good;
  }
  for (const auto* bad :
       {";charset=latin1", "; x=1; charset=\"utf-16\"", ";charset", ";charset="}) {
    EXPECT_EQ(code(ask("POST /records", type + bad + "\r\n", "{}")), "unsupported_media_type")
        << bad;
  }
}

TEST_F(RouterTest, AContentTypeIsGivenOnce) {
  const std::string type = "Content-Type: application/json\r\n";
  const auto answer = ask("POST /records", std::string(kNurse) + type + type, "{}");
  EXPECT_EQ(code(answer), "unsupported_media_type");
}

TEST_F(RouterTest, SomeBodiesHaveNoFields) {
  const std::string nurse = kNurse;
  const std::string line = "POST /records/7/copy";
  EXPECT_EQ(ask(line, nurse).status, 200);
  EXPECT_EQ(ask(line, nurse + "Content-Type: text/plain\r\nContent-Length: 0\r\n").status, 200);
  EXPECT_EQ(ask(line, nurse + kJson, "{}").status, 200);
  EXPECT_EQ(code(ask(line, nurse + kJson, R"({"a":1})")), "invalid_fields");
  EXPECT_EQ(code(ask(line, nurse + kJson, "[]")), "invalid_fields");
  EXPECT_EQ(code(ask(line, nurse + kJson, "{")), "invalid_json");
  EXPECT_EQ(code(ask(line, nurse + "Content-Type: text/plain\r\n", "a")), "unsupported_media_type");
  EXPECT_EQ(app_.handled.size(), 3U);
}

TEST_F(RouterTest, HandsTheSecretToHandlers) {
  EXPECT_EQ(ask("GET /secret").body, R"("kept under this")");
}

TEST_F(RouterTest, BoundsBodies) {
  const auto answer = ask("POST /records", std::string(kNurse) + kJson,
                          "\"" + std::string(1024 * 1024, 'x') + "\"");
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(code(answer), "payload_too_large");
}

TEST_F(RouterTest, BodiesOfSignInsAreShort) {
  const std::string fits = "{\"a\":\"" + std::string(16 * 1024 - 8, 'x') + "\"}";
  EXPECT_EQ(ask("POST /auth/login", kJson, fits).status, 200);
  const auto answer = ask("POST /auth/login", kJson, fits + " ");
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(code(answer), "payload_too_large");
}

TEST_F(RouterTest, ManyMembersAreRefusedBeforeParsing) {
  std::string many = "{\"m\":0";
  for (int i = 0; i < 1'000; ++i) many += ",\"m" + std::to_string(i) + "\":0";
  const auto answer = ask("POST /records", std::string(kJson) + kNurse, many + "}");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(code(answer), "invalid_json");
  EXPECT_THAT(answer.body, HasSubstr("more than 1000 members"));
}

TEST_F(RouterTest, ManyParametersAreRefused) {
  std::string query = "?a=1";
  for (std::size_t i = 1; i < net::kMostQueryParams; ++i) query += "&a=1";
  EXPECT_EQ(ask("GET /open/7" + query).status, 200);
  EXPECT_EQ(ask("GET /open/7" + query + "&a=1").status, 400);
}

TEST_F(RouterTest, OpenRoutesThatWorkAskForAdmission) {
  EXPECT_EQ(ask("POST /auth/login", kJson, "{}").status, 200);
  EXPECT_EQ(ask("GET /open/7").status, 200);
  EXPECT_EQ(ask("POST /records", std::string(kJson) + kNurse, "{}").status, 200);
  EXPECT_THAT(app_.admitted, ElementsAre("127.0.0.1 /auth/login"));
  app_.wait_s = 7;
  const auto handled = app_.handled.size();
  const auto answer = ask("POST /auth/login", kJson, "{}");
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(code(answer), "too_many_requests");
  EXPECT_TRUE(answer.has("Retry-After: 7"));
  EXPECT_EQ(app_.handled.size(), handled);
  EXPECT_EQ(ask("GET /open/7").status, 200) << "pages are for everybody";
}

TEST_F(RouterTest, AGenuineTokenCountsForItsSessionAndAllElseForTheAddress) {
  for (const auto* body : {R"({"token":7})", "{}", "{", R"(["token"])"}) {
    (void)ask("POST /auth/go-on", kJson, body);
  }
  (void)ask("POST /auth/go-on", "Content-Type: text/plain\r\n", R"({"token":7})");
  (void)ask("POST /auth/leave", "Token: 8\r\n");
  (void)ask("POST /auth/leave");
  (void)ask("POST /auth/login", kJson, R"({"token":7})");
  EXPECT_THAT(app_.admitted,
              ElementsAre("7 /auth/go-on", "127.0.0.1 /auth/go-on", "127.0.0.1 /auth/go-on",
                          "127.0.0.1 /auth/go-on", "127.0.0.1 /auth/go-on", "8 /auth/leave",
                          "127.0.0.1 /auth/leave", "127.0.0.1 /auth/login"));
  app_.wait_s = 7;
  const auto handled = app_.handled.size();
  EXPECT_EQ(ask("POST /auth/go-on", kJson, R"({"token":7})").status, 429);
  EXPECT_EQ(ask("POST /auth/go-on", kJson, "{").status, 429) << "not for free either";
  EXPECT_EQ(app_.handled.size(), handled);
}

TEST_F(RouterTest, AnAccountStreamsSoManyBodiesAtATime) {
  const std::string head =
      "PUT /files HTTP/1.1\r\nHost: here\r\n" + std::string(kNurse) + "Content-Length: 4\r\n\r\n";
  std::vector<std::unique_ptr<RawClient>> slow;
  for (std::size_t i = 1; i <= 8; ++i) {
    slow.push_back(std::make_unique<RawClient>(server_.port()));
    slow.back()->send(head + "ha");
    ASSERT_TRUE(net::testing::eventually(
        [&] { return server_.reactor().call([&] { return app_.handled.size() == i; }); }));
  }
  RawClient further(server_.port());
  further.send(head + "half");
  const auto refused = further.read_answer();
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(code(refused), "too_many_requests");
  slow.front()->send("lf");
  EXPECT_EQ(slow.front()->read_answer().status, 200);
  further.send(head + "half");
  EXPECT_EQ(further.read_answer().status, 200);
  slow[1]->close();
  ASSERT_TRUE(net::testing::eventually([&] { return server_.in_flight() == 6; }));
  further.send(head + "half");
  EXPECT_EQ(further.read_answer().status, 200) << "who has gone holds none";
}

TEST_F(RouterTest, TurnsFailuresIntoProblems) {
  const auto failed = ask("GET /fail");
  EXPECT_EQ(failed.status, 409);
  EXPECT_EQ(code(failed), "record_finalized");
  EXPECT_EQ(failed.body.find("secret"), std::string::npos);
  const auto crashed = ask("GET /crash");
  EXPECT_EQ(crashed.status, 500);
  EXPECT_EQ(crashed.body.find("secret"), std::string::npos);
  const auto replayed = ask("GET /replay");
  EXPECT_EQ(replayed.status, 201);
  EXPECT_EQ(replayed.body, R"("first answer")");
  EXPECT_THAT(app_.observed, ElementsAre("GET /fail 409", "GET /crash 500", "GET /replay 201"));
}

TEST_F(RouterTest, AnswersAreNotCached) {
  const auto answer = ask("GET /open/7");
  EXPECT_TRUE(answer.has("Cache-Control: no-store")) << answer.head;
  EXPECT_TRUE(answer.has("X-Content-Type-Options: nosniff")) << answer.head;
  EXPECT_THAT(answer.head, HasSubstr("X-Request-ID: "));
}

TEST(RouterRoutesTest, OneHandlerForEachMethodAndPattern) {
  App app;
  std::vector<Route> twice{{"GET", "/a/{id}", Access::open, kOpen, &echo},
                           {"GET", "/a/{other}", Access::open, &echo}};
  EXPECT_THROW(Router(app, twice, {}), std::logic_error);
  const std::vector<Route> nameless{{"GET", "/things/{id}", Access::open, &echo}};
  EXPECT_THROW(Router(app, nameless, {}), std::logic_error) << "whose is it?";
  const std::vector<Route> one{{"GET", "/things/{id}", Access::open, kOpen, &echo}};
  EXPECT_NO_THROW(Router(app, one, {}));
}

TEST_F(RouterTest, WhatAFailureTellsIsWrittenDownBeforeItsAnswer) {
  const std::string doctor = "Authorization: Bearer doctor\r\n";
  const auto status = [&](const std::string& path) { return ask("GET " + path, doctor).status; };
  EXPECT_EQ(status("/records/5/look?how=stale"), 412);
  EXPECT_EQ(status("/records/5/look?how=crash"), 500);
  EXPECT_EQ(status("/records/5/look?how=range"), 416);
  EXPECT_EQ(status("/records/5/look?how=replay"), 200);
  EXPECT_EQ(status("/look?how=stale"), 412);
  EXPECT_EQ(status("/records/x/look?how=stale"), 412);
  EXPECT_EQ(status("/look?how=replay&made=1"), 200);
  EXPECT_THAT(app_.looked,
              ElementsAre("doctor GET /records/{id}/look version_conflict record=5 patient=7/7",
                          "doctor GET /records/{id}/look internal record=5 patient=7/7",
                          "doctor GET /records/{id}/look 416 record=5 patient=7/7",
                          "doctor GET /records/{id}/look  record=5 patient=7/7",
                          "doctor GET /look version_conflict patient=7/7",
                          "doctor GET /records/{id}/look version_conflict patient=7/7",
                          "doctor GET /look  record=6/7 patient=7/7"));
}

TEST_F(RouterTest, NothingIsWrittenDownOfWhatTellsNothing) {
  const std::string doctor = "Authorization: Bearer doctor\r\n";
  // The first has an entry of its handler, the others know nothing of any patient.
  for (const auto* path :
       {"/records/5/look", "/records/5/look?how=logged", "/records/5/look?how=params",
        "/records/5/look?how=away", "/templates/5", "/nowhere"}) {
    (void)ask("GET " + std::string(path), doctor);
  }
  (void)ask("GET /records/5/look?how=stale");
  (void)ask("GET /records/5/look?how=stale", "Authorization: Bearer manager\r\n");
  (void)ask("GET /open/5/look?how=stale");
  EXPECT_THAT(app_.looked, ElementsAre());
}

TEST_F(RouterTest, AnAnswerThatCannotBeWrittenDownDoesNotLeave) {
  app_.log_is_away = true;
  for (const auto* how : {"stale", "replay", "range"}) {
    const auto answer =
        ask("GET /records/5/look?how=" + std::string(how), "Authorization: Bearer doctor\r\n");
    EXPECT_EQ(answer.status, 503) << how;
    EXPECT_EQ(code(answer), "database_unavailable") << how;
  }
}

}  // namespace
}  // namespace api
}  // namespace wardbook
