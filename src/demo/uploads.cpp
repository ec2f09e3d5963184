#include "demo/uploads.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <exception>
#include <map>
#include <memory>
#include <stdexcept>
#include <utility>

#include "demo/documents.h"
#include "demo/hospitals.h"
#include "demo/interrupt.h"
#include "net/client.h"

namespace wardbook::demo {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxAnswer = 8 * 1024 * 1024;
/// Newest first; of these, assign_papers takes 50.
constexpr const char* kRecords = "/api/v1/records?limit=200&sort=-visit_date&to=";

net::ClientOptions client_of(const Endpoint& endpoint) {
  net::ClientOptions options;
  options.host = endpoint.host == "0.0.0.0" ? "127.0.0.1" : endpoint.host;
  if (options.host == "::") options.host = "::1";
  options.port = endpoint.port;
  return options;
}

struct Answer {
  int status = 0;
  std::string body;
};

Task<Answer> send(net::Client& client, net::ClientRequest request) {
  const auto response = co_await client.send(std::move(request));
  Answer answer;
  answer.status = response->status();
  answer.body = co_await response->read_all(kMaxAnswer);
  co_return answer;
}

std::string files_of(std::int64_t record) {
  return "/api/v1/records/" + std::to_string(record) + "/attachments";
}

/// A request to the service; an empty part is left out.
struct Question {
  std::string method;
  std::string target;
  std::string mailbox;  ///< whose
  std::string body = {};
  std::string key = {};
};

/// One hospital's chart as its people see it.
class Ward {
 public:
  Ward(boost::asio::io_context& reactor, const UploadPlan& plan, const HospitalPlan& hospital,
       const std::atomic<bool>& stopped)
      : reactor_(reactor),
        plan_(plan),
        hospital_(hospital),
        stopped_(stopped),
        service_(reactor, client_of(plan.service)) {}

  /// Returns how many files it sent.
  Task<std::size_t> file_documents() {
    Question newest{"GET", kRecords + format_date(plan_.anchor), "lab"};
    const json::value page = co_await ask(std::move(newest));
    const json::array& records = page.at("items").as_array();
    std::size_t sent = 0;
    for (const Assignment& one : assign_papers(records)) {
      Document document = make_document(one.paper, hospital_, records.at(one.record).as_object());
      const auto record = records.at(one.record).at("id").to_number<std::int64_t>();
      if (plan_.resume) {
        const bool there = co_await has(record, document);
        if (there) continue;
      }
      co_await file(record, std::move(document));
      ++sent;
    }
    co_return sent;
  }

 private:
  Task<json::value> ask(Question question) {
    if (stopped_) throw Interrupted();
    net::ClientRequest request;
    request.method = std::move(question.method);
    request.target = std::move(question.target);
    if (!question.mailbox.empty()) {
      const std::string token = co_await token_of(std::move(question.mailbox));
      request.headers.set("Authorization", "Bearer " + token);
    }
    if (!question.body.empty()) request.headers.set("Content-Type", "application/json");
    if (!question.key.empty()) request.headers.set("Idempotency-Key", question.key);
    request.body = std::move(question.body);
    const std::string what = request.method + " " + request.target;
    const Answer answer = co_await send(service_, std::move(request));
    if (answer.status < 200 || answer.status > 299) {
      throw std::runtime_error(what + " was answered " + std::to_string(answer.status));
    }
    co_return json::parse(answer.body);
  }

  Task<std::string> token_of(std::string mailbox) {
    const auto found = tokens_.find(mailbox);
    if (found != tokens_.end()) co_return found->second;
    const json::object who{{"email", mailbox + "@demo.test"},
                           {"password", plan_.password},
                           {"tenant", json::string_view(hospital_.id)}};
    Question login{"POST", "/api/v1/auth/login", "", json::serialize(who)};
    const json::value session = co_await ask(std::move(login));
    std::string token(session.at("access_token").as_string());
    tokens_[mailbox] = token;
    co_return token;
  }

  Task<bool> has(std::int64_t record, const Document& document) {
    Question files{"GET", files_of(record), document.author};
    const json::value list = co_await ask(std::move(files));
    for (const auto& file : list.at("items").as_array()) {
      if (file.at("file_name").as_string() == document.file_name) co_return true;
    }
    co_return false;
  }

  /// Start, PUT, complete. The key makes a start that was answered to nobody the same start.
  Task<> file(std::int64_t record, Document document) {
    const json::object about{{"file_name", document.file_name},
                             {"file_type", document.file_type},
                             {"file_size", document.bytes.size()},
                             {"description", document.description}};
    const std::string key = "demo-" + std::to_string(record) + "-" + document.file_name;
    const Question start{"POST", files_of(record), document.author, json::serialize(about)};
    Question kept = start;
    kept.key = key;
    json::value begun = co_await ask(std::move(kept));
    const json::value& state = begun.at("attachment").at("state");
    if (state.as_string() == "rejected") {  // given up in the meantime
      Question again = start;
      begun = co_await ask(std::move(again));
    }
    json::object upload = begun.at("upload").as_object();
    co_await put(std::move(upload), std::move(document.bytes));
    const auto id = begun.at("attachment").at("id").to_number<std::int64_t>();
    const std::string end = "/api/v1/attachments/" + std::to_string(id) + "/complete";
    Question complete{"POST", end, document.author, "{}"};
    co_await ask(std::move(complete));
  }

  /// To where the service said. 412: an earlier run got so far.
  Task<> put(json::object upload, std::string bytes) {
    const std::string url(upload.at("url").as_string());
    const auto host = url.find("//") + 2;
    const auto path = url.find('/', host);
    const std::string authority = url.substr(host, path - host);
    if (!store_) {
      const auto endpoint = parse_endpoint(authority);
      if (!endpoint) throw std::runtime_error("a URL for an upload has no port");
      store_ = std::make_unique<net::Client>(reactor_, client_of(*endpoint));
    }
    net::ClientRequest request;
    request.method = "PUT";
    request.target = url.substr(path);
    request.headers.set("Host", authority);
    for (const auto& [name, value] : upload.at("headers").as_object()) {
      request.headers.set(std::string(name), std::string(value.as_string()));
    }
    request.body = std::move(bytes);
    const Answer answer = co_await send(*store_, std::move(request));
    if (answer.status != 200 && answer.status != 412) {
      throw std::runtime_error("the store answered " + std::to_string(answer.status));
    }
  }

  boost::asio::io_context& reactor_;
  const UploadPlan& plan_;
  const HospitalPlan& hospital_;
  const std::atomic<bool>& stopped_;
  net::Client service_;
  std::unique_ptr<net::Client> store_;
  std::map<std::string, std::string> tokens_;
};

}  // namespace

Uploaded upload_documents(const UploadPlan& plan, const std::atomic<bool>& stopped) {
  Uploaded result;
  std::size_t ended = 0;
  {
    boost::asio::io_context reactor(1);
    std::vector<std::unique_ptr<Ward>> wards;
    for (const HospitalPlan& hospital : hospital_plans()) {
      wards.push_back(std::make_unique<Ward>(reactor, plan, hospital, stopped));
      boost::asio::co_spawn(reactor, wards.back()->file_documents(),
                            [&](const std::exception_ptr& failed, std::size_t sent) {
                              // Kept connections would hold it for as long as they may idle.
                              if (++ended == hospital_plans().size()) reactor.stop();
                              result.files += sent;
                              if (!failed) return;
                              try {
                                std::rethrow_exception(failed);
                              } catch (const std::exception& e) {
                                result.failure = e.what();
                              }
                            });
    }
    reactor.run();
  }
  return result;
}

}  // namespace wardbook::demo
