-- The control schema: who the tenants are, who may sign in, and what is shared by all hospitals.
-- No patient's data is here. {service} is the service's own login (NOINHERIT, owner of nothing).
-- The migration runner has made the schema and its ledger.

-- Trusted extensions of PostgreSQL's contrib, in public: tenants' indexes and queries name them in full.
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS fuzzystrmatch WITH SCHEMA public;

CREATE TABLE wardbook.tenants (
  id         text PRIMARY KEY CHECK (id ~ '^[a-z][a-z0-9_]{2,47}$'),
  name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  status     text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
  time_zone  text NOT NULL DEFAULT 'UTC',
  -- How long deleted files stay restorable; NULL: as long as the service's configuration says.
  retention_days integer CHECK (retention_days BETWEEN 0 AND 36500),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
-- Read every second by every node.
CREATE INDEX tenants_suspended ON wardbook.tenants (id) WHERE status = 'suspended';

-- What a tenant's role may know of itself; current_user is whoever asks.
CREATE VIEW wardbook.my_tenant WITH (security_barrier) AS
  SELECT id, name, status, time_zone, retention_days FROM wardbook.tenants WHERE 'wbt_' || id = current_user;

-- Accounts and signing in.

-- Addresses are compared by their key, which the service computes (text::key: NFKC, case folded,
-- nothing that cannot be seen); what was entered stays as it is.
CREATE TABLE wardbook.accounts (
  id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email               text NOT NULL CHECK (length(email) <= 254),
  display_name        text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 200),
  password_hash       text NOT NULL,
  is_operator         boolean NOT NULL DEFAULT false,
  status              text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  password_changed_at timestamptz NOT NULL DEFAULT now(),
  created_at          timestamptz NOT NULL DEFAULT now(),
  email_key           text NOT NULL CONSTRAINT accounts_by_email_key UNIQUE,
  -- How the pages look to this person; the service knows the members.
  preferences         jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(preferences) = 'object')
);

CREATE TABLE wardbook.memberships (
  account_id bigint NOT NULL REFERENCES wardbook.accounts,
  tenant_id  text NOT NULL REFERENCES wardbook.tenants ON DELETE CASCADE,
  role       text NOT NULL CHECK (role IN ('hospital_admin', 'doctor', 'nurse', 'receptionist',
               'lab_technician', 'pharmacist', 'manager', 'auditor')),
  status     text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, tenant_id)
);
CREATE INDEX memberships_by_tenant ON wardbook.memberships (tenant_id, account_id);

-- One-time codes. A 'join' adds the holder of an address to a hospital, with a new account or one
-- that the address has; a 'reset' gives an account a new password. The id of a join is of the same
-- sequence as the accounts' and becomes that of the account if one is made, so that /users/{id}
-- names one person before and after.
CREATE TABLE wardbook.invitations (
  id                bigint PRIMARY KEY DEFAULT nextval('wardbook.accounts_id_seq'),
  kind              text NOT NULL CHECK (kind IN ('join', 'reset')),
  tenant_id         text REFERENCES wardbook.tenants ON DELETE CASCADE,  -- NULL: of an operator
  account_id        bigint REFERENCES wardbook.accounts,  -- of a reset; of a join: who accepted it
  email             text NOT NULL CHECK (length(email) <= 254),
  email_key         text NOT NULL,
  display_name      text CHECK (length(display_name) BETWEEN 1 AND 200),
  role              text,
  -- The code's first group, which finds the row, and the SHA-256 of the whole code, which is random.
  locator           text NOT NULL,
  code_hash         bytea NOT NULL,
  failures          integer NOT NULL DEFAULT 0,  -- wrong codes since the code was issued
  wrong_passwords   integer NOT NULL DEFAULT 0,  -- with the right code
  wrong_password_at timestamptz,
  created_by        bigint,
  created_at        timestamptz NOT NULL DEFAULT now(),
  expires_at        timestamptz NOT NULL,
  closed_at         timestamptz,
  outcome           text CHECK (outcome IN ('accepted', 'withdrawn', 'replaced')),
  CHECK ((closed_at IS NULL) = (outcome IS NULL)),
  CHECK (kind <> 'join' OR (tenant_id IS NOT NULL AND display_name IS NOT NULL AND role IN (
    'hospital_admin', 'doctor', 'nurse', 'receptionist', 'lab_technician', 'pharmacist', 'manager',
    'auditor'))),
  CHECK (kind <> 'reset' OR account_id IS NOT NULL)
);
CREATE UNIQUE INDEX invitations_open_join ON wardbook.invitations (tenant_id, email_key)
  WHERE kind = 'join' AND closed_at IS NULL;
CREATE UNIQUE INDEX invitations_open_reset ON wardbook.invitations (account_id)
  WHERE kind = 'reset' AND closed_at IS NULL;
CREATE INDEX invitations_by_code ON wardbook.invitations (email_key, locator)
  WHERE closed_at IS NULL;
CREATE INDEX invitations_by_tenant ON wardbook.invitations (tenant_id, id);

-- One sign-in. Refresh tokens are derived from the session, a number and a nonce under the service's
-- secret: every token that a session ever had is recognised, and the use of an old one, which means
-- that somebody copied it, ends the session (RFC 6819, 5.2.2.3).
CREATE TABLE wardbook.sessions (
  id                   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id           bigint NOT NULL REFERENCES wardbook.accounts,
  tenant_id            text REFERENCES wardbook.tenants ON DELETE CASCADE,
  created_at           timestamptz NOT NULL DEFAULT now(),
  refreshed_at         timestamptz NOT NULL DEFAULT now(),
  expires_at           timestamptz NOT NULL,
  ended_at             timestamptz,
  refresh_nonce        bytea NOT NULL CHECK (length(refresh_nonce) = 16),
  refresh_number       bigint NOT NULL DEFAULT 1 CHECK (refresh_number > 0),
  -- Wrong passwords where the session is asked again, as before a signature.
  confirm_failures     integer NOT NULL DEFAULT 0,
  confirm_failed_at    timestamptz,
  confirm_locked_until timestamptz,
  confirm_refused      bigint NOT NULL DEFAULT 0,
  -- When the password was given last: at the sign-in, or when the session was unlocked.
  authenticated_at     timestamptz NOT NULL DEFAULT now(),
  locked_at            timestamptz,   -- nothing goes on without the password
  unlock_failures      integer NOT NULL DEFAULT 0,   -- wrong passwords since the right one
  -- For its owner, who looks for what is not his.
  address              text,
  user_agent           text CHECK (length(user_agent) <= 300)
);
CREATE INDEX sessions_by_account ON wardbook.sessions (account_id) WHERE ended_at IS NULL;
-- The service removes sessions that ended long ago; until then a stolen refresh token is still known.
CREATE INDEX sessions_by_end ON wardbook.sessions (coalesce(ended_at, expires_at));

-- Wrong passwords at sign-in, whether an account has the address or not. The rows of addresses that
-- nobody tries any more are removed by the tries that come later.
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

-- Access tokens carry a number from this sequence; a revocation kills all up to a number. So no
-- clock decides whether a token was issued before or after.
CREATE SEQUENCE wardbook.token_numbers;

-- What makes access tokens invalid before they expire. Kept as long as the longest token could live.
CREATE TABLE wardbook.revocations (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  session_id   bigint,
  account_id   bigint,
  tenant_id    text,
  up_to_token  bigint NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  -- Nodes read revocations that an earlier snapshot of theirs did not show: by the transaction that
  -- wrote them, since ids are given before the commit and may become visible in another order.
  xact_id      xid8 NOT NULL DEFAULT pg_current_xact_id(),
  CHECK (session_id IS NOT NULL OR account_id IS NOT NULL)
);
CREATE INDEX revocations_by_time ON wardbook.revocations (created_at);
CREATE INDEX revocations_by_xact ON wardbook.revocations (xact_id);

-- What operators and sign-ins without a tenant do. Append-only by grant.
CREATE TABLE wardbook.platform_audit (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at         timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor_id   bigint,
  action     text NOT NULL,
  resource   text NOT NULL,
  outcome    text NOT NULL DEFAULT 'ok',
  request_id text,
  ip         text,
  detail     jsonb
);

-- Jobs.

-- What runs by itself, once among all nodes: a row for each job. Whoever works holds the lease, which
-- ends by the clock of the database at `until`; `fence` grows with every change of hands, so that a
-- holder of yesterday cannot write over what today's one has noted.
CREATE TABLE wardbook.jobs (
  name            text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_.]{0,62}$'),
  holder          text,                                       -- who works, or worked last
  fence           bigint NOT NULL DEFAULT 0,
  until           timestamptz NOT NULL DEFAULT '-infinity',   -- -infinity: nobody works
  due_at          timestamptz NOT NULL DEFAULT '-infinity',
  started_at      timestamptz,                                -- the last round, or the row
  progress        text,                                       -- how far an unfinished round is
  last_success_at timestamptz,
  last_seconds    double precision,
  last_failure_at timestamptz,
  last_error      text,                                       -- NULL: the last round went well
  runs            bigint NOT NULL DEFAULT 0,
  failures        bigint NOT NULL DEFAULT 0
);

-- Hospitals that have work for a job's holder, which may be another node. Hints only: each job looks
-- at all hospitals now and then. So they need not outlive a crash of PostgreSQL.
CREATE UNLOGGED TABLE wardbook.job_hints (
  job       text NOT NULL,
  tenant_id text NOT NULL,
  PRIMARY KEY (job, tenant_id)
);

-- ICD-10-CM releases side by side; a visit's code is checked against the one in force on its date.

CREATE TABLE wardbook.icd_releases (
  id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name        text NOT NULL UNIQUE,
  valid_from  date NOT NULL,
  valid_to    date NOT NULL CHECK (valid_to >= valid_from),
  is_starter  boolean NOT NULL DEFAULT false,
  source_hash text NOT NULL,
  imported_at timestamptz NOT NULL DEFAULT now(),
  billable    integer NOT NULL DEFAULT 0   -- how many of its codes are: those with the first places
);
CREATE TABLE wardbook.icd_codes (
  release_id  integer NOT NULL REFERENCES wardbook.icd_releases ON DELETE CASCADE,
  code        text NOT NULL,              -- without the dot, upper case
  billable    boolean NOT NULL,
  short_title text NOT NULL,
  long_title  text NOT NULL,
  sort_order  integer NOT NULL,
  place       integer NOT NULL DEFAULT 0, -- among those of its release that were found (icd_rank)
  PRIMARY KEY (release_id, code)
);
CREATE INDEX icd_codes_by_prefix ON wardbook.icd_codes (release_id, code text_pattern_ops);
CREATE INDEX icd_codes_by_place ON wardbook.icd_codes (release_id, place);

-- Every word of a release with the places of all codes that have it: a search puts such lists together
-- and reads only the codes that it answers, however frequent the words are. Found by their beginning, by
-- their stem (fractures), or in spite of a typing error: like it, its letters in another order, or, for
-- those that are mistyped beyond a letter or two (nuemonia), sounding the same.
CREATE TABLE wardbook.icd_words (
  release_id   integer NOT NULL REFERENCES wardbook.icd_releases ON DELETE CASCADE,
  word         text NOT NULL,
  frequency    integer NOT NULL DEFAULT 0,
  key          text NOT NULL DEFAULT '',
  stem         text NOT NULL DEFAULT '',
  places       bytea NOT NULL DEFAULT '',
  abbreviation boolean NOT NULL DEFAULT false,   -- only short titles have it
  PRIMARY KEY (release_id, word)
);
ALTER TABLE wardbook.icd_words ALTER COLUMN places SET STORAGE EXTERNAL;
CREATE INDEX icd_words_by_prefix ON wardbook.icd_words (release_id, word text_pattern_ops);
CREATE INDEX icd_words_by_likeness ON wardbook.icd_words USING gin (word public.gin_trgm_ops);
CREATE INDEX icd_words_by_key ON wardbook.icd_words (release_id, key);
CREATE INDEX icd_words_by_stem ON wardbook.icd_words (release_id, stem) WHERE stem <> '';
CREATE INDEX icd_words_by_sound ON wardbook.icd_words (release_id, public.dmetaphone(word));

-- Rights. Tenants' roles see their own row and the codes, nothing else of this schema.

GRANT USAGE ON SCHEMA wardbook TO PUBLIC;
GRANT SELECT ON wardbook.my_tenant, wardbook.icd_releases, wardbook.icd_codes, wardbook.icd_words
  TO PUBLIC;
GRANT SELECT ON wardbook.schema_migrations TO {service};
GRANT SELECT, UPDATE (name, status, time_zone, retention_days, updated_at) ON wardbook.tenants TO {service};
GRANT SELECT, INSERT, UPDATE ON wardbook.accounts, wardbook.memberships, wardbook.invitations,
  wardbook.jobs TO {service};
GRANT SELECT, INSERT, UPDATE, DELETE ON wardbook.sessions, wardbook.sign_in_tallies TO {service};
GRANT SELECT, INSERT, DELETE ON wardbook.revocations, wardbook.job_hints TO {service};
GRANT SELECT, INSERT ON wardbook.platform_audit TO {service};
GRANT SELECT, INSERT, UPDATE, DELETE ON wardbook.icd_releases, wardbook.icd_codes TO {service};
GRANT SELECT, INSERT, DELETE ON wardbook.icd_words TO {service};
GRANT USAGE ON ALL SEQUENCES IN SCHEMA wardbook TO {service};
