#include <array>
#include <boost/json.hpp>

#include "api/input.h"
#include "base/hash.h"
#include "features/accounts/sign_in.h"

/// What the pages in the browser keep for a person: how they look, and the key under which the
/// browser encrypts drafts.
namespace wardbook::accounts {
namespace {

constexpr std::array<std::string_view, 4> kPreferenceNames{"language", "theme", "density",
                                                           "single_key_shortcuts"};

/// All members, null where nothing was chosen. What a newer version has kept beside them stays.
std::string preferences_json(const std::string& stored) {
  const auto kept = boost::json::parse(stored);
  boost::json::object out;
  for (const auto name : kPreferenceNames) {
    const auto* value = kept.as_object().if_contains(name);
    out[name] = value != nullptr ? *value : boost::json::value();
  }
  return boost::json::serialize(out);
}

bool is_language_tag(std::string_view text) {
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && c != '-' && !(c >= '0' && c <= '9')) return false;
  }
  return !text.empty();
}

/// Checked: a JSON object of known members, null for those that are to go.
std::string read_preferences(const api::Request& request) {
  using Need = api::Input::Need;
  const auto& sent = request.object();
  std::vector<Fault> faults;
  api::Input in(sent, "", faults);
  const auto language = in.text("language", Need::optional, 35);
  if (language && !is_language_tag(*language)) {
    in.fault("language", "must be a language tag, such as en or de-AT");
  }
  (void)in.one_of("theme", Need::optional, {"system", "light", "dark"});
  (void)in.one_of("density", Need::optional, {"comfortable", "compact"});
  (void)in.boolean("single_key_shortcuts", Need::optional);
  in.finish();
  if (!faults.empty()) throw Failure::invalid(std::move(faults));
  return boost::json::serialize(sent);
}

}  // namespace

/// Derived, so that nothing is stored: the same for one account in one hospital, on every node, as
/// long as the service's secret is the same.
Task<api::Response> draft_key(App& app, api::Request request) {
  const auto secret = hmac_sha256(app.settings.auth.token_secret, "wardbook: draft keys, 1");
  std::string whose = std::to_string(request.caller.account.value) + '\n';
  if (request.caller.tenant_id) whose += request.caller.tenant_id->str();
  const auto key = hmac_sha256(as_chars(secret), whose);
  std::string out;
  api::ObjectWriter writer(out);
  writer.text("key", to_base64(as_chars(key)));
  writer.end();
  co_return api::ok(std::move(out));
}

Task<api::Response> get_preferences(App& app, api::Request request) {
  db::Tx tx = co_await app.db.begin_control();
  const auto stored = co_await tx.one(kPreferences, request.caller.account);
  co_await tx.commit();
  co_return api::ok(preferences_json(stored.value));
}

Task<api::Response> patch_preferences(App& app, api::Request request) {
  std::string change = read_preferences(request);
  db::Json patch(std::move(change));
  db::Tx tx = co_await app.db.begin_control();
  const auto stored = co_await tx.one(kSetPreferences, request.caller.account, std::move(patch));
  co_await tx.commit();
  co_return api::ok(preferences_json(stored.value));
}

}  // namespace wardbook::accounts
