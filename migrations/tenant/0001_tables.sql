-- One hospital's tables. {tenant} is its schema, {role} the role that the service takes for the work
-- of one request. The role owns nothing and may delete nothing of the chart.

-- Who works here, as the chart shows them: a copy of the control schema's accounts and memberships,
-- so that a hospital can be moved whole and no foreign key leaves its schema.
CREATE TABLE {tenant}.staff (
  account_id   bigint PRIMARY KEY,
  email        text NOT NULL,
  display_name text NOT NULL,
  role         text NOT NULL,
  active       boolean NOT NULL DEFAULT true,
  updated_at   timestamptz NOT NULL DEFAULT now()
);

CREATE SEQUENCE {tenant}.patient_numbers;
CREATE TABLE {tenant}.patients (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  patient_number text NOT NULL UNIQUE CHECK (length(patient_number) BETWEEN 1 AND 40),
  first_name     text NOT NULL CHECK (length(first_name) BETWEEN 1 AND 100),
  last_name      text NOT NULL CHECK (length(last_name) BETWEEN 1 AND 100),
  date_of_birth  date NOT NULL,
  sex            text NOT NULL CHECK (sex IN ('female', 'male', 'other', 'unknown')),
  phone          text,
  email          text,
  address        text,
  emergency_contact text,
  allergies      jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(allergies) = 'array'),
  version        integer NOT NULL DEFAULT 1,
  created_by     bigint NOT NULL REFERENCES {tenant}.staff,
  created_at     timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now(),
  -- Lower case, without accents; and the same words with their letters sorted, which makes a
  -- transposition ("Jhon") equal. Both are filled by a trigger.
  search_name    text NOT NULL DEFAULT '',
  letter_keys    text[] NOT NULL DEFAULT '{}'
);
CREATE INDEX patients_by_search_name ON {tenant}.patients USING gin (search_name public.gin_trgm_ops);
CREATE INDEX patients_by_letter_keys ON {tenant}.patients USING gin (letter_keys);
CREATE INDEX patients_by_birth ON {tenant}.patients (date_of_birth);
CREATE INDEX patients_by_name ON {tenant}.patients (last_name, first_name, id);
CREATE INDEX patients_by_number ON {tenant}.patients (lower(patient_number) text_pattern_ops);

CREATE SEQUENCE {tenant}.record_numbers;
CREATE SEQUENCE {tenant}.record_ids;
CREATE TABLE {tenant}.medical_records (
  id                         bigint PRIMARY KEY DEFAULT nextval('{tenant}.record_ids'),
  record_number              text NOT NULL UNIQUE,
  patient_id                 bigint NOT NULL REFERENCES {tenant}.patients,
  doctor_id                  bigint NOT NULL REFERENCES {tenant}.staff,
  visit_date                 timestamptz NOT NULL,
  visit_type                 text NOT NULL CHECK (visit_type IN ('consultation', 'follow_up',
                               'procedure', 'emergency', 'inpatient', 'telehealth')),
  chief_complaint            text,
  history_of_present_illness text,
  physical_examination       text,
  diagnosis                  text,
  treatment_plan             text,
  prescriptions              jsonb NOT NULL DEFAULT '[]'
                               CHECK (jsonb_typeof(prescriptions) = 'array'),
  vital_signs                jsonb NOT NULL DEFAULT '{}'
                               CHECK (jsonb_typeof(vital_signs) = 'object'),
  lab_results                jsonb NOT NULL DEFAULT '[]'
                               CHECK (jsonb_typeof(lab_results) = 'array'),
  notes                      text,
  follow_up_required         boolean NOT NULL DEFAULT false,
  follow_up_date             date,
  follow_up_instructions     text,
  status                     text NOT NULL DEFAULT 'draft'
                               CHECK (status IN ('draft', 'finalized', 'amended')),
  finalized_at               timestamptz,
  finalized_by               bigint REFERENCES {tenant}.staff,
  signed_hash                text,   -- content_hash of the version that was signed last
  template_id                bigint,
  template_version           integer,
  voided_at                  timestamptz,
  voided_by                  bigint REFERENCES {tenant}.staff,
  void_reason                text,
  version                    integer NOT NULL DEFAULT 1 CHECK (version >= 1),
  content_hash               text NOT NULL,   -- of this version, as in record_versions
  created_by                 bigint NOT NULL REFERENCES {tenant}.staff,
  created_at                 timestamptz NOT NULL DEFAULT now(),
  updated_at                 timestamptz NOT NULL DEFAULT now(),
  search                     tsvector,
  CHECK ((status = 'draft') = (finalized_at IS NULL)),
  CHECK ((finalized_at IS NULL) = (finalized_by IS NULL)),
  CHECK (voided_at IS NULL OR status = 'draft'),
  CHECK (NOT follow_up_required OR follow_up_date IS NOT NULL)
);
CREATE INDEX records_by_visit ON {tenant}.medical_records (visit_date DESC, id DESC)
  WHERE voided_at IS NULL;
CREATE INDEX records_by_patient ON {tenant}.medical_records (patient_id, visit_date DESC, id DESC);
CREATE INDEX records_by_doctor ON {tenant}.medical_records (doctor_id, visit_date DESC, id DESC)
  WHERE voided_at IS NULL;
CREATE INDEX records_by_follow_up ON {tenant}.medical_records (follow_up_date, id)
  WHERE follow_up_required AND voided_at IS NULL;
CREATE INDEX records_by_words ON {tenant}.medical_records USING gin (search);

-- Every accepted write makes one; append-only by grant. `content` is the canonical text (JSON with
-- sorted keys) over which the hash was taken, so that it can be taken again.
CREATE TABLE {tenant}.record_versions (
  record_id    bigint NOT NULL REFERENCES {tenant}.medical_records,
  version      integer NOT NULL CHECK (version >= 1),
  kind         text NOT NULL CHECK (kind IN ('created', 'updated', 'diagnosis', 'finalized',
                 'amended', 'reopened', 'voided')),
  reason       text,
  status       text NOT NULL,
  changed_by   bigint NOT NULL REFERENCES {tenant}.staff,
  changed_at   timestamptz NOT NULL,
  content      text NOT NULL,
  content_hash text NOT NULL CHECK (content_hash ~ '^[0-9a-f]{64}$'),
  PRIMARY KEY (record_id, version),
  CHECK (kind NOT IN ('amended', 'reopened', 'voided') OR length(reason) > 0)
);
-- No state of a record without its version.
ALTER TABLE {tenant}.medical_records
  ADD CONSTRAINT record_has_version FOREIGN KEY (id, version)
    REFERENCES {tenant}.record_versions (record_id, version) DEFERRABLE INITIALLY DEFERRED;

-- Who signed what, when, and what it meant.
CREATE TABLE {tenant}.signatures (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  record_id    bigint NOT NULL,
  version      integer NOT NULL,
  content_hash text NOT NULL,
  signed_by    bigint NOT NULL REFERENCES {tenant}.staff,
  signed_at    timestamptz NOT NULL,
  meaning      text NOT NULL CHECK (meaning IN ('finalized', 'amended')),
  FOREIGN KEY (record_id, version) REFERENCES {tenant}.record_versions (record_id, version)
);
CREATE INDEX signatures_by_record ON {tenant}.signatures (record_id, version);

CREATE TABLE {tenant}.diagnoses (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  record_id      bigint NOT NULL REFERENCES {tenant}.medical_records,
  icd_code       text NOT NULL,
  icd_release    text,
  diagnosis_name text NOT NULL,
  diagnosis_type text NOT NULL CHECK (diagnosis_type IN ('primary', 'secondary', 'differential')),
  status         text NOT NULL DEFAULT 'active'
                   CHECK (status IN ('active', 'resolved', 'chronic', 'ruled_out')),
  notes          text,
  created_by     bigint NOT NULL REFERENCES {tenant}.staff,
  created_at     timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now(),
  removed_at     timestamptz
);
CREATE INDEX diagnoses_by_record ON {tenant}.diagnoses (record_id) WHERE removed_at IS NULL;
CREATE INDEX diagnoses_by_code ON {tenant}.diagnoses (icd_code text_pattern_ops, record_id)
  WHERE removed_at IS NULL;
CREATE UNIQUE INDEX diagnoses_one_primary ON {tenant}.diagnoses (record_id)
  WHERE diagnosis_type = 'primary' AND removed_at IS NULL;

CREATE TABLE {tenant}.record_attachments (
  id                       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  record_id                bigint NOT NULL REFERENCES {tenant}.medical_records,
  file_name                text NOT NULL CHECK (length(file_name) BETWEEN 1 AND 255),
  file_type                text NOT NULL,
  file_size                bigint NOT NULL CHECK (file_size >= 1),
  s3_key                   text NOT NULL UNIQUE,
  s3_bucket                text NOT NULL,
  uploaded_by              bigint NOT NULL REFERENCES {tenant}.staff,
  description              text,
  created_at               timestamptz NOT NULL DEFAULT now(),
  state                    text NOT NULL DEFAULT 'pending'
    CHECK (state IN ('pending', 'available', 'quarantined', 'rejected', 'deleted')),
  version                  integer NOT NULL DEFAULT 1,
  stored_size              bigint NOT NULL,
  content_encoding         text CHECK (content_encoding = 'gzip'),
  sha256                   text CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  stored_sha256            text CHECK (stored_sha256 ~ '^[0-9a-f]{64}$'),
  verified_at              timestamptz,
  storage_class            text NOT NULL DEFAULT 'INTELLIGENT_TIERING',
  etag                     text,
  download_count           bigint NOT NULL DEFAULT 0,
  last_accessed_at         timestamptz,
  added_after_finalization boolean NOT NULL DEFAULT false,
  upload_mode              text NOT NULL DEFAULT 'single'
                             CHECK (upload_mode IN ('single', 'multipart', 'proxy')),
  upload_id                text,
  upload_expires_at        timestamptz,
  completed_at             timestamptz,
  rejected_reason          text,
  deleted_at               timestamptz,
  deleted_by               bigint REFERENCES {tenant}.staff,
  purged_at                timestamptz,
  legal_hold               boolean NOT NULL DEFAULT false,
  UNIQUE (record_id, file_name, version)
);
CREATE INDEX attachments_by_record ON {tenant}.record_attachments (record_id, id);
CREATE INDEX attachments_unfinished ON {tenant}.record_attachments (upload_expires_at)
  WHERE state = 'pending';
CREATE INDEX attachments_to_purge ON {tenant}.record_attachments (deleted_at)
  WHERE purged_at IS NULL AND state IN ('deleted', 'rejected');

CREATE TABLE {tenant}.templates (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  visit_type text NOT NULL,
  specialty  text NOT NULL DEFAULT 'general',
  content    jsonb NOT NULL CHECK (jsonb_typeof(content) = 'object'),
  built_in   boolean NOT NULL DEFAULT false,
  version    integer NOT NULL DEFAULT 1,
  created_by bigint REFERENCES {tenant}.staff,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  removed_at timestamptz
);
CREATE TABLE {tenant}.template_versions (
  template_id bigint NOT NULL REFERENCES {tenant}.templates,
  version     integer NOT NULL,
  name        text NOT NULL,
  visit_type  text NOT NULL,
  specialty   text NOT NULL,
  content     jsonb NOT NULL,
  changed_by  bigint REFERENCES {tenant}.staff,
  changed_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (template_id, version)
);

-- Answers to POSTs that carried an Idempotency-Key, for 24 hours. status is NULL while the first runs.
CREATE TABLE {tenant}.idempotency_keys (
  account_id   bigint NOT NULL,
  key          text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
  request_hash bytea NOT NULL,
  status       integer,
  headers      jsonb,
  body         text,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, key)
);
CREATE INDEX idempotency_keys_by_time ON {tenant}.idempotency_keys (created_at);

-- Who did what, who saw what, who was refused. xact_id lets the sealer take what is surely committed:
-- everything below the oldest running transaction.
CREATE TABLE {tenant}.audit_log (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor_id    bigint,
  actor_role  text,
  action      text NOT NULL,
  resource    text NOT NULL,
  resource_id bigint,
  patient_id  bigint,
  patient_ids bigint[],   -- of a list: everybody whose data was shown
  outcome     text NOT NULL DEFAULT 'ok' CHECK (outcome IN ('ok', 'refused')),
  reason      text,
  request_id  text,
  ip          text,
  before      jsonb,
  after       jsonb,
  xact_id     xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX audit_by_xact ON {tenant}.audit_log (xact_id, id);
CREATE INDEX audit_by_patient ON {tenant}.audit_log (patient_id, id) WHERE patient_id IS NOT NULL;
CREATE INDEX audit_by_patients ON {tenant}.audit_log USING gin (patient_ids)
  WHERE patient_ids IS NOT NULL;

-- The hash chain, a link for each batch that the sealer took: hash = SHA-256(hash before ‖ the
-- entries' hashes in order). The entries' own hashes are kept, so that the first wrong one has a name.
CREATE TABLE {tenant}.audit_seals (
  seq          bigint PRIMARY KEY,
  sealed_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_xact    xid8 NOT NULL,   -- of the last entry; the next batch begins behind it
  entry_ids    bigint[] NOT NULL,
  entry_hashes bytea NOT NULL,
  hash         bytea NOT NULL CHECK (length(hash) = 32)
);

GRANT USAGE ON SCHEMA {tenant} TO {role};
GRANT USAGE ON ALL SEQUENCES IN SCHEMA {tenant} TO {role};
GRANT SELECT ON {tenant}.schema_migrations TO {role};
GRANT SELECT, INSERT, UPDATE ON {tenant}.staff, {tenant}.patients, {tenant}.medical_records,
  {tenant}.diagnoses, {tenant}.record_attachments, {tenant}.templates TO {role};
GRANT SELECT, INSERT ON {tenant}.record_versions, {tenant}.signatures,
  {tenant}.template_versions, {tenant}.audit_log, {tenant}.audit_seals TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON {tenant}.idempotency_keys TO {role};
