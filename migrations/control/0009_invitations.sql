-- Addresses are compared by their key, which the service computes (text::key: NFKC, case folded,
-- nothing that cannot be seen); what was entered stays as it is. Addresses from before are in lower
-- case already.
ALTER TABLE wardbook.accounts DROP CONSTRAINT accounts_email_key;
ALTER TABLE wardbook.accounts DROP CONSTRAINT accounts_email_check;
ALTER TABLE wardbook.accounts ADD CONSTRAINT accounts_email_check CHECK (length(email) <= 254);
ALTER TABLE wardbook.accounts ADD COLUMN email_key text;
UPDATE wardbook.accounts SET email_key = email;
ALTER TABLE wardbook.accounts ALTER COLUMN email_key SET NOT NULL;
ALTER TABLE wardbook.accounts ADD CONSTRAINT accounts_by_email_key UNIQUE (email_key);

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

GRANT SELECT, INSERT, UPDATE ON wardbook.invitations TO {service};
