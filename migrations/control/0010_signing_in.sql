-- Refresh tokens are derived from the session, a number and a nonce under the service's secret: every
-- token that a session ever had is recognised. Tokens from before cannot be, so their sessions end.
DELETE FROM wardbook.sessions;
ALTER TABLE wardbook.sessions
  DROP COLUMN refresh_hash,
  DROP COLUMN previous_refresh_hash,
  ADD COLUMN refresh_nonce bytea NOT NULL CHECK (length(refresh_nonce) = 16),
  ADD COLUMN refresh_number bigint NOT NULL DEFAULT 1 CHECK (refresh_number > 0),
  -- Wrong passwords where the session is asked again, as before a signature.
  ADD COLUMN confirm_failures integer NOT NULL DEFAULT 0,
  ADD COLUMN confirm_failed_at timestamptz,
  ADD COLUMN confirm_locked_until timestamptz,
  ADD COLUMN confirm_refused bigint NOT NULL DEFAULT 0;

-- Wrong passwords at sign-in, whether an account has the address or not. The rows of addresses that
-- nobody tries any more are removed by the tries that come later.
ALTER TABLE wardbook.accounts DROP COLUMN failed_logins, DROP COLUMN locked_until;
CREATE TABLE wardbook.sign_in_tallies (
  who          bytea NOT NULL,   -- a keyed hash of the e-mail address; empty: addresses without an account
  network      text NOT NULL CHECK (length(network) <= 64),   -- where from; empty: all together
  failures     integer NOT NULL DEFAULT 0,
  failed_at    timestamptz,
  locked_until timestamptz,
  refused      bigint NOT NULL DEFAULT 0,   -- turned away, and in no log yet
  known_until  timestamptz,                 -- the account signed in from there
  forget_at    timestamptz NOT NULL,
  account_id   bigint,                      -- whose it is and where it is logged, if anybody's
  tenant_id    text,
  PRIMARY KEY (who, network)
);
CREATE INDEX sign_in_tallies_by_end ON wardbook.sign_in_tallies (forget_at);
CREATE INDEX sign_in_tallies_by_account ON wardbook.sign_in_tallies (account_id)
  WHERE account_id IS NOT NULL;
GRANT SELECT, INSERT, UPDATE, DELETE ON wardbook.sign_in_tallies TO {service};
