#include "demo/demo.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>

#include "base/config.h"
#include "base/hash.h"
#include "base/text.h"
#include "demo/background.h"
#include "demo/cluster.h"
#include "demo/database.h"
#include "demo/files.h"
#include "demo/folder.h"
#include "demo/hospital_setup.h"
#include "demo/hospitals.h"
#include "demo/interrupt.h"
#include "demo/person.h"
#include "demo/store.h"
#include "demo/uploads.h"
#include "features/accounts/accounts.h"

namespace wardbook::demo {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFilesDone = "done";

void say(const std::string& line) {
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

/// Everybody's password, and whether the accounts do not have it yet. Kept as wanted before the
/// accounts get it, so that a start that is killed in between goes on.
struct Password {
  std::string text;
  bool is_new = false;
};
Password decide_password(Keepsakes& kept) {
  const char* given = std::getenv("WARDBOOK_DEMO_PASSWORD");
  if (given != nullptr && *given != '\0') {
    if (const auto fault = accounts::password_form_fault(given)) {
      throw std::runtime_error("WARDBOOK_DEMO_PASSWORD " + *fault);
    }
    if (kept.get("password_wanted") != given) kept.set("password_wanted", given);
  } else {
    kept.keep("password_wanted", readable_password());
  }
  const std::string wanted = kept.get("password_wanted");
  return {wanted, kept.get("password") != wanted};
}

/// The visits end on the eve of the first start, whenever the hospitals get loaded.
Date decide_anchor(Keepsakes& kept) {
  const Date today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  const auto anchor = parse_date(kept.keep("first_day", format_date(today)));
  return anchor.value_or(today);
}

class Demo {
 public:
  Demo(const Options& options, fs::path folder)
      : options_(options),
        folder_(std::move(folder)),
        lock_(folder_),
        kept_(folder_ / "secrets"),
        settings_(options.settings) {}

  int run(const Serve& serve) {
    std::optional<Interrupt> interrupt(std::in_place);
    require_free(options_.listen);
    require_free(options_.object_store_listen);
    start_store();
    start_database();
    write_files();
    Interrupt::check();
    interrupt.reset();
    const int code = serve(settings_, [this](std::uint16_t port) { answering(port); });
    background_.reset();
    return code;
  }

 private:
  void start_store();
  void start_database();
  void configure_database();
  void write_files() const;
  void answering(std::uint16_t port);
  [[nodiscard]] UploadPlan upload_plan();
  void complete_charts(const UploadPlan& plan, const std::atomic<bool>& stopped);
  void announce(const std::string& url, bool complete) const;
  [[nodiscard]] std::string sign_in_text() const;

  const Options& options_;
  fs::path folder_;
  FolderLock lock_;
  Keepsakes kept_;
  Settings settings_;
  Password password_;
  Logins logins_;
  std::unique_ptr<Cluster> cluster_;
  std::unique_ptr<StoreThread> store_;
  std::unique_ptr<Background> background_;
};

net::Limits limits_of(const Settings::Server& server) {
  net::Limits limits;
  limits.connections_per_address = static_cast<std::size_t>(server.max_connections_per_address);
  limits.grace = server.slow_client_grace;
  limits.bytes_per_second = static_cast<std::uint64_t>(server.min_bytes_per_second);
  return limits;
}

/// The service itself comes from this machine, with everybody's transfers.
std::vector<AddressRange> trusted_by_store(const Settings::Server& server) {
  std::vector<AddressRange> out{AddressRange::parse("127.0.0.0/8").value(),
                                AddressRange::parse("::1").value()};
  for (const auto& range : server.trusted_proxies) {
    out.push_back(AddressRange::parse(range).value());
  }
  return out;
}

void Demo::start_store() {
  objectd::Options store;
  store.root = folder_ / "objects";
  store.host = options_.object_store_listen.host;
  store.port = options_.object_store_listen.port;
  store.adopt = options_.adopt_objects;
  store.access_key = kept_.keep("s3_access_key", "demo" + random_word(16));
  store.secret_key = kept_.keep("s3_secret_key", random_word(40));
  store.region = settings_.storage.region;
  store.buckets = {settings_.storage.bucket};
  store.allowed_origins = {"*"};  // presigned URLs carry their own permission
  store.limits = limits_of(settings_.server);
  store.trusted_proxies = trusted_by_store(settings_.server);
  store_ = std::make_unique<StoreThread>(store);

  settings_.storage.endpoint = url_of(options_.object_store_listen, store_->port());
  settings_.storage.access_key = store.access_key;
  settings_.storage.secret_key = store.secret_key;
  settings_.storage.path_style = true;
  settings_.storage.conditional_put = true;
}

void Demo::configure_database() {
  settings_.database.url = logins_.service_conninfo;
  settings_.database.owner_url = logins_.owner_conninfo;
  settings_.server.host = options_.listen.host;
  settings_.server.port = options_.listen.port;
  settings_.auth.token_secret = kept_.keep("token_secret", random_word(48));
  settings_.demo.enabled = true;
  settings_.demo.sign_in_file = (folder_ / "sign-in.txt").string();
  // The terminal is for the sign-ins.
  if (settings_.log.target == "stdout") {
    settings_.log.target = folder_ / "wardbook.log";
    make_private(settings_.log.target);
  }
}

void Demo::start_database() {
  const std::string root = kept_.keep("superuser_password", random_word(kPasswordLength));
  const bool first = !fs::exists(folder_ / "postgres");
  if (first) say("Setting up the demo in " + folder_.string() + " (once) ...");
  cluster_ = std::make_unique<Cluster>(Cluster::Options{folder_, root});
  logins_ = prepare_database(*cluster_, kept_);
  configure_database();
  password_ = decide_password(kept_);
  set_up_hospitals(settings_, logins_, password_.text, password_.is_new, decide_anchor(kept_), say);
  kept_.set("password", password_.text);
}

std::string Demo::sign_in_text() const {
  return "Sign in as admin@, doctor@, nurse@, reception@, lab@, pharmacy@, manager@ or "
         "auditor@demo.test\n"
         "in any of the demo hospitals, or as operator@demo.test, who runs the platform.\n"
         "Password for all of them: " +
         password_.text + "\n";
}

void Demo::write_files() const {
  write_private(folder_ / "wardbook.toml", config::to_toml(settings_, config::Secrets::shown));
  write_private(folder_ / "sign-in.txt", sign_in_text());
  write_private(folder_ / "postgres.env",
                env_file({{"PGHOST", cluster_->socket().string()},
                          {"PGPORT", Cluster::kPort},
                          {"PGDATABASE", kDatabase},
                          {"PGUSER", kService},
                          {"PGPASSWORD", kept_.get("service_password")}}));
  write_private(folder_ / "object-store.env",
                env_file({{"AWS_ENDPOINT_URL", settings_.storage.endpoint},
                          {"AWS_ACCESS_KEY_ID", settings_.storage.access_key},
                          {"AWS_SECRET_ACCESS_KEY", settings_.storage.secret_key},
                          {"AWS_REGION", settings_.storage.region},
                          {"WARDBOOK_BUCKET", settings_.storage.bucket}}));
}

void Demo::answering(std::uint16_t port) {
  if (settings_.server.port != port) {
    settings_.server.port = port;
    write_files();
  }
  const bool complete = kept_.get("files") == kFilesDone;
  announce(url_of(options_.listen, port), complete);
  if (complete) return;
  const UploadPlan plan = upload_plan();
  kept_.set("files", "begun");
  background_ = std::make_unique<Background>(
      [this, plan](const std::atomic<bool>& stopped) { complete_charts(plan, stopped); });
}

/// The files come through the service, as everybody else's: it has to answer first.
UploadPlan Demo::upload_plan() {
  UploadPlan plan;
  plan.service = {options_.listen.host, settings_.server.port};
  plan.password = password_.text;
  plan.anchor = decide_anchor(kept_);
  plan.resume = !kept_.get("files").empty();
  return plan;
}

/// On a thread of its own. What ends it in between, the next start goes on.
void Demo::complete_charts(const UploadPlan& plan, const std::atomic<bool>& stopped) {
  try {
    load_other_hospitals(logins_, plan.anchor, say);
    const Uploaded result = upload_documents(plan, stopped);
    if (stopped) return;
    if (!result.failure.empty()) throw std::runtime_error(result.failure);
    kept_.set("files", kFilesDone);
    say("  " + std::to_string(result.files) + " files uploaded. The demo is complete.");
  } catch (const Interrupted&) {
    // The demo is ending.
  } catch (const std::exception& e) {
    say(std::string("  The demo is not complete; the next start goes on. ") + e.what());
  }
}

void Demo::announce(const std::string& url, bool complete) const {
  say("\nWardbook demo is ready.\n");
  say("  Web and API    " + url + "  (the API's documentation: " + url + "/docs)");
  say("  Object store   " + settings_.storage.endpoint);
  say("  Data, keys     " + folder_.string() + "\n");
  say(sign_in_text());
  for (const HospitalPlan& plan : hospital_plans()) {
    say("  " + std::string(plan.id) + std::string(22 - plan.id.size(), ' ') +
        std::string(plan.name));
  }
  if (!complete) {
    say("\n" + std::string(hospital_plans().front().id) +
        " has its charts. Those of the other hospitals, and all files, are on their way.");
  }
  say("\nCtrl-C stops everything.\n");
}

}  // namespace

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!bracketed && host.find(':') != std::string_view::npos) return std::nullopt;
  const auto number = parse_number<decltype(Endpoint::port)>(port);
  if (!number) return std::nullopt;
  return Endpoint{std::string(host), *number};
}

int run(const Options& options, const Serve& serve) {
  try {
    const fs::path folder = prepare_folder(options.data_dir);
    require_reachable(folder);
    Demo demo(options, folder);
    return demo.run(serve);
  } catch (const Interrupted&) {
    say("Stopped.");
    return 1;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "wardbook: %s\n", e.what());
    return 1;
  }
}

}  // namespace wardbook::demo
