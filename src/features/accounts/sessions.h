#pragma once

#include <optional>
#include <string>

#include "api/input.h"
#include "features/accounts/refresh_tokens.h"
#include "features/accounts/sign_in.h"

/// Sessions by their refresh tokens. Of this feature only.
namespace wardbook::accounts {

/// A refresh token as a request brought it.
struct Brought {
  RefreshToken token;
  bool cookie = false;  ///< in the cookie, where its successor goes too
};
/// What a body says about it: the token, or that it is in the cookie.
struct SentToken {
  std::optional<std::string> text;
  bool cookie = false;
};
/// Reads `refresh_token` and `session`. Without either the cookie counts, if there is one.
[[nodiscard]] SentToken read_sent_token(const api::Request& request, api::Input& in);
/// Fails with origin_not_allowed, and with invalid_credentials when it is no token of ours.
[[nodiscard]] Brought brought_token(const App& app, const api::Request& request,
                                    const SentToken& sent);

/// Of which session the request brings a genuine refresh token, in its body or in the cookie: known
/// without a statement. For Route::session_of.
[[nodiscard]] std::optional<SessionId> session_of_token(App& app, const api::Request& request);
/// The same of routes that take the bearer's access token, or else the cookie.
[[nodiscard]] std::optional<SessionId> session_of_either(App& app, const api::Request& request);

[[noreturn]] void refuse_refresh();

/// An open session and how the token may be used; its account is locked until the transaction ends.
struct Held {
  AccountRow account;
  SessionRow session;
  RefreshUse use = RefreshUse::next;
};
/// Nothing for a session that is not open, or a token that is not its own. A token that somebody
/// has a copy of ends the session and commits.
[[nodiscard]] Task<std::optional<Held>> hold_session(App& app, api::Write& w, api::Request request,
                                                     AccountId owner, RefreshToken token);
/// Whose session it is, without a lock; nothing for one that is not known.
[[nodiscard]] Task<std::optional<SessionOwner>> owner_of(App& app, SessionId session);

/// Moves the session on to its token's successor, which becomes `token`.
[[nodiscard]] Task<IssuedRow> renew_session(db::Tx& tx, const Held& held, RefreshToken& token,
                                            Time now);
/// The caller as this session's next access token names him.
void name_session(api::Principal& caller, const IssuedRow& issued);
/// 200 with new tokens: the refresh token in the body, or in the cookie.
[[nodiscard]] api::Response session_answer(App& app, const Grant& grant, const RefreshToken& token,
                                           bool cookie);

}  // namespace wardbook::accounts
