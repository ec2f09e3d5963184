#include "app/cli.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "app/commands.h"
#include "app/database_command.h"
#include "app/server.h"
#include "app/validation.h"
#include "base/config.h"
#include "base/failure.h"
#include "base/process_limits.h"
#include "demo/demo.h"

namespace wardbook::app {
namespace {

constexpr const char* kInstalledConfig = "/etc/wardbook/wardbook.toml";
constexpr const char* kRoles =
    "hospital_admin, doctor, nurse, receptionist, lab_technician, pharmacist, manager or auditor";

using Action = int (*)(const Settings&, const Arguments&);

/// Everything the parser fills in, and the command it chose.
struct Parsed {
  Arguments arguments;
  std::string config;
  std::string output = "table";
  std::vector<std::string> set;
  Action action = nullptr;
};

int version(const Settings&, const Arguments& arguments) {
  if (arguments.json) {
    std::puts("{\"version\":\"" WARDBOOK_VERSION "\"}");
  } else {
    std::puts("wardbook " WARDBOOK_VERSION);
  }
  return 0;
}

int config_print(const Settings& settings, const Arguments& arguments) {
  if (!arguments.json) {
    std::cout << config::to_toml(settings, config::Secrets::masked);
    return 0;
  }
  boost::json::object out;
  for (const auto& [key, value] : config::to_rows(settings, config::Secrets::masked)) {
    out[key] = boost::json::parse(value);
  }
  std::cout << boost::json::serialize(out) << '\n';
  return 0;
}

/// That every value is what it should be was checked before this runs.
int config_check(const Settings& settings, const Arguments& arguments) {
  const auto faults = faults_for_serve(settings);
  for (const auto& fault : faults) std::cerr << "wardbook: " << fault << '\n';
  if (!faults.empty()) return 1;
  if (settings.attachments.scan.empty()) {
    std::cerr << "wardbook: attachments.scan is empty: files are not scanned for malware\n";
  }
  std::puts(arguments.json ? R"({"complete":true})" : "The configuration is complete.");
  return 0;
}

int serve_command(const Settings& settings, const Arguments&) {
  forbid_core_dumps();
  (void)raise_open_files();
  const std::string host = settings.server.host;
  return serve(settings, [&host](std::uint16_t port) {
    std::printf("listening on http://%s:%u\n", host.c_str(), static_cast<unsigned>(port));
    std::fflush(stdout);
  });
}

int demo_command(const Settings& settings, const Arguments& arguments) {
  forbid_core_dumps();
  (void)raise_open_files();
  demo::Options options;
  options.settings = settings;
  options.data_dir = arguments.data_dir;
  const auto endpoint = [](const std::string& text, demo::Endpoint& into) {
    if (text.empty()) return;
    const auto parsed = demo::parse_endpoint(text);
    if (!parsed) throw UsageError("not HOST:PORT: " + text);
    into = *parsed;
  };
  endpoint(arguments.listen, options.listen);
  endpoint(arguments.object_store_listen, options.object_store_listen);
  options.adopt_objects = arguments.adopt_objects;
  return demo::run(options, &serve);
}

CLI::App* command(CLI::App& parent, Parsed& parsed, const char* name, const char* what,
                  Action action) {
  CLI::App* added = parent.add_subcommand(name, what);
  // Inner commands' callbacks run before their parents'.
  added->callback([&parsed, action] {
    if (parsed.action == nullptr) parsed.action = action;
  });
  return added;
}

void add_tenant_commands(CLI::App& app, Parsed& p) {
  CLI::App* tenant = app.add_subcommand("tenant", "Create, show, suspend and resume hospitals");
  tenant->require_subcommand(1);
  auto* create =
      command(*tenant, p, "create", "Create a hospital, its schema and its role", &tenant_create);
  create->add_option("id", p.arguments.id, "[a-z][a-z0-9_]{2,47}")->required();
  create->add_option("--name", p.arguments.name, "the hospital's name")->required();
  create->add_option("--time-zone", p.arguments.time_zone, "IANA name (default UTC)");
  command(*tenant, p, "list", "List all hospitals", &tenant_list);
  for (const auto& [name, what, action] :
       {std::tuple("show", "Show one hospital", &tenant_show),
        std::tuple("suspend", "Suspend a hospital: refuse its sign-ins and tokens",
                   &tenant_suspend),
        std::tuple("resume", "Resume a suspended hospital", &tenant_resume)}) {
    command(*tenant, p, name, what, action)->add_option("id", p.arguments.id)->required();
  }
}

void add_user_commands(CLI::App& app, Parsed& p) {
  auto& a = p.arguments;
  CLI::App* user = app.add_subcommand("user", "Invite people, manage accounts and their roles");
  user->require_subcommand(1);
  auto* add =
      command(*user, p, "add",
              "Invite a person to a hospital by a one-time code, or add an operator", &user_add);
  add->add_option("email", a.email)->required();
  add->add_option("--name", a.name, "display name; required");
  add->add_option("--tenant", a.tenant, "the hospital's id");
  add->add_option("--role", a.role, kRoles);
  add->add_flag("--operator", a.is_operator,
                "add an operator of the platform, who is in no hospital");
  add->add_flag("--password-stdin", a.password_stdin,
                "the operator's, from the first line of standard input (else WARDBOOK_PASSWORD, "
                "else made up and printed)");
  command(*user, p, "list", "List accounts and open invitations", &user_list)
      ->add_option("--tenant", a.tenant, "only this hospital's");
  auto* role =
      command(*user, p, "set-role", "Change a member's role in a hospital", &user_set_role);
  role->add_option("email", a.email)->required();
  role->add_option("role", a.role, kRoles)->required();
  role->add_option("--tenant", a.tenant, "the hospital's id")->required();
  for (const auto& [name, what, action] :
       {std::tuple("disable", "Disable an account, or withdraw an invitation", &user_disable),
        std::tuple("enable", "Enable a disabled account", &user_enable)}) {
    auto* added = command(*user, p, name, what, action);
    added->add_option("email", a.email)->required();
    added->add_option("--tenant", a.tenant, "in this hospital only (else everywhere)");
  }
  auto* renew = command(*user, p, "renew-code",
                        "Issue a new code for an invitation or for a member's forgotten password",
                        &user_renew_code);
  renew->add_option("email", a.email)->required();
  renew->add_option("--tenant", a.tenant, "the hospital's id")->required();
  command(*user, p, "reset-password",
          "Invalidate an account's password and sessions, and issue a code for a new password",
          &user_reset_password)
      ->add_option("email", a.email)
      ->required();
  command(*user, p, "release",
          "Free an address: disable the account that somebody else opened with it", &user_release)
      ->add_option("email", a.email)
      ->required();
}

void add_storage(CLI::App& app, Parsed& p) {
  auto* storage = app.add_subcommand("storage", "Manage the stored files");
  storage->require_subcommand(1);
  command(*storage, p, "plan", "Show what `apply` would change of the bucket's settings",
          &storage_plan);
  command(*storage, p, "apply",
          "Set the bucket's encryption, public-access block, CORS, lifecycle and tiering",
          &storage_apply);
  auto* verify = command(*storage, p, "verify",
                         "Compare the database with the bucket in both directions; changes nothing",
                         &storage_verify);
  verify->add_option("--tenant", p.arguments.tenant, "only this hospital");
  verify->add_flag("--rehash", p.arguments.rehash, "read every object and compare its hash");
  auto* list =
      command(*storage, p, "list", "List a record's objects as the bucket has them", &storage_list);
  list->add_option("RECORD", p.arguments.id, "its id")->required();
  list->add_option("--tenant", p.arguments.tenant, "the hospital's id")->required();
  command(*storage, p, "cost", "Report what the files use and cost", &storage_cost)
      ->add_option("--tenant", p.arguments.tenant, "only this hospital");
  auto* sweep =
      command(*storage, p, "sweep", "Remove abandoned uploads, purged files and orphaned objects",
              &storage_sweep);
  sweep->add_option("--tenant", p.arguments.tenant, "only this hospital");
  sweep
      ->add_option("--grace", p.arguments.grace,
                   "seconds from the expiry of an upload's URL until it counts as abandoned, "
                   "instead of attachments.sweep_grace_s")
      ->check(CLI::Range(0, 30 * 86'400));
}

void add_commands(CLI::App& app, Parsed& p) {
  app.add_option("--config", p.config,
                 "TOML file (else WARDBOOK_CONFIG, else " + std::string(kInstalledConfig) +
                     " if it is there)");
  app.add_option("--output", p.output, "how answers are printed (default table)")
      ->check(CLI::IsMember({"table", "json"}));
  app.add_option("--set", p.set, "KEY=VALUE, stronger than file and variables")
      ->allow_extra_args(false);
  auto* serving = command(app, p, "serve", "Run the service on the configured PostgreSQL and S3",
                          &serve_command);
  serving->add_option("--listen", p.arguments.listen,
                      "HOST:PORT, in place of server.host and server.port");
  auto* demo = command(app, p, "demo", "Run a demo on a PostgreSQL and an object store of its own",
                       &demo_command);
  demo->add_option("--data-dir", p.arguments.data_dir,
                   "where everything is kept (default ./var/demo; as root /var/lib/wardbook/demo)");
  demo->add_option("--listen", p.arguments.listen, "HOST:PORT (default 127.0.0.1:8080)");
  demo->add_option("--object-store-listen", p.arguments.object_store_listen,
                   "HOST:PORT (default 127.0.0.1:9000)");
  demo->add_flag("--adopt-objects", p.arguments.adopt_objects,
                 "take the stored files as they are if the object store's journal is lost");
  auto* migrating = command(app, p, "migrate", "Bring all schemas up to date", &migrate_run);
  migrating->add_option("--jobs", p.arguments.jobs, "tenants at a time")->check(CLI::Range(1, 64));
  migrating->add_option("--tenant", p.arguments.tenant, "only this hospital");
  migrating->add_flag("--dry-run", p.arguments.dry_run, "show what would be applied");
  command(*migrating, p, "status", "Show applied and pending migrations; exit 1 if any is pending",
          &migrate_status);
  add_tenant_commands(app, p);
  add_user_commands(app, p);
  auto* audit = app.add_subcommand("audit", "Check the audit log");
  audit->require_subcommand(1);
  command(*audit, p, "verify", "Recompute the hash chains and the hashes of record versions",
          &audit_verify)
      ->add_option("--tenant", p.arguments.tenant, "only this hospital");
  auto* icd = app.add_subcommand("icd", "Load, list and unload ICD-10-CM releases");
  icd->require_subcommand(1);
  auto* importing =
      command(*icd, p, "import", "Load a CMS release: the order file, or the zip that it comes in",
              &icd_import);
  importing->add_option("FILE", p.arguments.file)->required();
  importing->add_flag("--force", p.arguments.force,
                      "even if it is much smaller or larger than what is loaded");
  command(*icd, p, "list", "List the loaded releases", &icd_list);
  command(*icd, p, "remove", "Unload a release", &icd_remove)
      ->add_option("RELEASE", p.arguments.name, "its name, as `icd list` has it, or its year")
      ->required();
  add_storage(app, p);
  auto* configuration = app.add_subcommand("config", "Show and check the configuration in force");
  configuration->require_subcommand(1);
  command(*configuration, p, "print", "Print every setting, secrets masked", &config_print);
  command(*configuration, p, "check",
          "Check whether `serve` would accept the configuration, without connecting to anything",
          &config_check);
  command(app, p, "routes", "List the service's routes with the permission that each takes",
          &routes_list);
  command(app, p, "version", "Print the version of this program", &version);
}

/// Flags over variables over the file over defaults. Prints faults; false if there were any.
bool load_settings(const Parsed& parsed, Settings& settings) {
  config::Sources sources;
  sources.variables = config::environment();
  if (!parsed.config.empty()) {
    sources.file = parsed.config;
  } else if (const auto named = sources.variables.find("WARDBOOK_CONFIG");
             named != sources.variables.end() && !named->second.empty()) {
    sources.file = named->second;
  } else if (std::error_code ignored; std::filesystem::exists(kInstalledConfig, ignored)) {
    sources.file = kInstalledConfig;
  }
  for (const auto& text : parsed.set) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) throw UsageError("--set takes KEY=VALUE");
    sources.flags.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  if (parsed.action == &serve_command && !parsed.arguments.listen.empty()) {
    const auto colon = parsed.arguments.listen.rfind(':');
    if (colon == std::string::npos) throw UsageError("--listen takes HOST:PORT");
    sources.flags.emplace_back("server.host", parsed.arguments.listen.substr(0, colon));
    sources.flags.emplace_back("server.port", parsed.arguments.listen.substr(colon + 1));
  }
  auto loaded = config::load(sources);
  for (const auto& warning : loaded.warnings) std::cerr << "wardbook: " << warning << '\n';
  for (const auto& fault : loaded.faults) std::cerr << "wardbook: " << fault << '\n';
  settings = std::move(loaded.settings);
  return loaded.faults.empty();
}

void complain(const Failure& failure) {
  std::cerr << "wardbook: " << text_of(failure) << '\n';
  for (const auto& fault : failure.faults()) {
    std::cerr << "wardbook: " << fault.pointer << ": " << fault.message << '\n';
  }
}

}  // namespace

void print_rows(const Arguments& arguments, const boost::json::array& rows) {
  if (arguments.json) {
    std::cout << boost::json::serialize(rows) << '\n';
    return;
  }
  if (rows.empty()) return;
  std::vector<std::vector<std::string>> table(1);
  for (const auto& member : rows.front().as_object()) table[0].emplace_back(member.key());
  for (const auto& row : rows) {
    auto& line = table.emplace_back();
    for (const auto& member : row.as_object()) {
      const auto& value = member.value();
      line.push_back(value.is_string() ? std::string(value.as_string().c_str())
                                       : boost::json::serialize(value));
    }
  }
  std::vector<std::size_t> widths(table[0].size(), 0);
  for (const auto& line : table) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  for (const auto& line : table) {
    std::string out;
    for (std::size_t i = 0; i < line.size(); ++i) {
      out += line[i];
      if (i + 1 < line.size()) out.append(widths[i] - line[i].size() + 2, ' ');
    }
    std::cout << out << '\n';
  }
}

int run_command(int argc, char** argv) {
  Parsed parsed;
  CLI::App app("Wardbook: medical records and their files, for many hospitals.", "wardbook");
  app.fallthrough();
  app.require_subcommand(1);
  add_commands(app, parsed);
  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& e) {
    // CLI11 says that a command is missing, not which word was taken for none.
    for (const auto& word : app.remaining(true)) {
      std::cerr << "wardbook: there is no command or option '" << word << "' here\n";
    }
    return app.exit(e) == 0 ? 0 : 2;
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  parsed.arguments.json = parsed.output == "json";
  try {
    Settings settings;
    if (!load_settings(parsed, settings)) return 1;
    return parsed.action(settings, parsed.arguments);
  } catch (const UsageError& e) {
    std::cerr << "wardbook: " << e.what() << '\n';
    return 2;
  } catch (const Failure& failure) {
    complain(failure);
    return 1;
  } catch (const std::exception& e) {
    std::cerr << "wardbook: " << e.what() << '\n';
    return 1;
  }
}

}  // namespace wardbook::app
