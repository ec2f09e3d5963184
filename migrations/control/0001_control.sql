-- The control schema: who the tenants are, who may sign in, and what is shared by all hospitals.
-- No patient's data is here. {service} is the service's own login (NOINHERIT, owner of nothing).
-- The migration runner has made the schema and its ledger.

-- Trusted extensions of PostgreSQL's contrib, in public: tenants' indexes and queries name them in full.
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS fuzzystrmatch WITH SCHEMA public;

CREATE TABLE wardbook.tenants (
  id         text PRIMARY KEY CHECK (id ~ '^[a-z][a-z0-9_]{2,47}$'),
  name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  status     text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
  time_zone  text NOT NULL DEFAULT 'UTC',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE wardbook.accounts (
  id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email               text NOT NULL CHECK (email = lower(email) AND length(email) <= 254),
  display_name        text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 200),
  password_hash       text NOT NULL,
  is_operator         boolean NOT NULL DEFAULT false,
  status              text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  failed_logins       integer NOT NULL DEFAULT 0,
  locked_until        timestamptz,
  password_changed_at timestamptz NOT NULL DEFAULT now(),
  created_at          timestamptz NOT NULL DEFAULT now(),
  UNIQUE (email)
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

-- One sign-in. Refresh tokens rotate: the current one's hash is here, and the one before it, whose
-- second use means that somebody copied it, which ends the session (RFC 6819, 5.2.2.3).
CREATE TABLE wardbook.sessions (
  id                    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id            bigint NOT NULL REFERENCES wardbook.accounts,
  tenant_id             text REFERENCES wardbook.tenants ON DELETE CASCADE,
  refresh_hash          bytea NOT NULL UNIQUE,
  previous_refresh_hash bytea UNIQUE,
  created_at            timestamptz NOT NULL DEFAULT now(),
  refreshed_at          timestamptz NOT NULL DEFAULT now(),
  expires_at            timestamptz NOT NULL,
  ended_at              timestamptz
);
CREATE INDEX sessions_by_account ON wardbook.sessions (account_id) WHERE ended_at IS NULL;

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
  CHECK (session_id IS NOT NULL OR account_id IS NOT NULL)
);
CREATE INDEX revocations_by_time ON wardbook.revocations (created_at);

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

-- ICD-10-CM releases side by side; a visit's code is checked against the one in force on its date.
CREATE TABLE wardbook.icd_releases (
  id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name        text NOT NULL UNIQUE,
  valid_from  date NOT NULL,
  valid_to    date NOT NULL CHECK (valid_to >= valid_from),
  is_starter  boolean NOT NULL DEFAULT false,
  source_hash text NOT NULL,
  imported_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE wardbook.icd_codes (
  release_id  integer NOT NULL REFERENCES wardbook.icd_releases ON DELETE CASCADE,
  code        text NOT NULL,              -- without the dot, upper case
  billable    boolean NOT NULL,
  short_title text NOT NULL,
  long_title  text NOT NULL,
  sort_order  integer NOT NULL,
  PRIMARY KEY (release_id, code)
);

-- What a tenant's role may know of itself; current_user is whoever asks.
CREATE VIEW wardbook.my_tenant WITH (security_barrier) AS
  SELECT id, name, status, time_zone FROM wardbook.tenants WHERE 'wbt_' || id = current_user;

-- 42 -> 000042; longer numbers stay whole.
CREATE FUNCTION wardbook.padded(bigint) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  lpad($1::text, greatest(6, length($1::text)), '0');

-- Tenants' roles see their own row and the codes, nothing else of this schema.
GRANT USAGE ON SCHEMA wardbook TO PUBLIC;
GRANT SELECT ON wardbook.my_tenant, wardbook.icd_releases, wardbook.icd_codes TO PUBLIC;
GRANT SELECT ON wardbook.schema_migrations TO {service};
GRANT SELECT, UPDATE (name, status, time_zone, updated_at) ON wardbook.tenants TO {service};
GRANT SELECT, INSERT, UPDATE ON wardbook.accounts, wardbook.memberships, wardbook.sessions
  TO {service};
GRANT SELECT, INSERT, DELETE ON wardbook.revocations TO {service};
GRANT SELECT, INSERT ON wardbook.platform_audit TO {service};
GRANT SELECT, INSERT, UPDATE, DELETE ON wardbook.icd_releases, wardbook.icd_codes TO {service};
GRANT USAGE ON ALL SEQUENCES IN SCHEMA wardbook TO {service};
