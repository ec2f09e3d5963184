-- One hospital's tables. {tenant} is its schema, {role} the role that the service takes for the work
-- of one request. The role owns nothing and may delete nothing of the chart. What guards the tables is
-- in routines/.

-- Who works here, as the chart shows them: a copy of the control schema's accounts and memberships,
-- so that a hospital can be moved whole and no foreign key leaves its schema.
CREATE TABLE {tenant}.staff (
  account_id   bigint PRIMARY KEY,
  email        text NOT NULL,
  display_name text NOT NULL,
  role         text NOT NULL,
  active       boolean NOT NULL DEFAULT true,
  updated_at   timestamptz NOT NULL DEFAULT now(),
  renamed_at   timestamptz   -- NULL: has had this name from the beginning
);

-- Patients.

CREATE SEQUENCE {tenant}.patient_numbers;
CREATE TABLE {tenant}.patients (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  patient_number text NOT NULL CHECK (length(patient_number) BETWEEN 1 AND 40),
  first_name     text NOT NULL CHECK (length(first_name) BETWEEN 1 AND 100),
  last_name      text NOT NULL CHECK (length(last_name) BETWEEN 1 AND 100),
  date_of_birth  date NOT NULL,
  sex            text NOT NULL CHECK (sex IN ('female', 'male', 'other', 'unknown')),
  phone          text,
  email          text,
  address        text,
  emergency_contact text,
  allergies      jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(allergies) = 'array'),
  last_allergy_id integer NOT NULL DEFAULT 0,   -- the highest id that one of them ever had
  version        integer NOT NULL DEFAULT 1,
  created_by     bigint NOT NULL REFERENCES {tenant}.staff,
  created_at     timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now(),
  -- What a patient is found by, which the service makes of number and name (src/text/), in a format:
  -- the number as no two patients may have it; its letters and digits; what it is the same as; and the
  -- words of the name. Compared as bytes, so that what begins alike is a range.
  number_key     text COLLATE "C" NOT NULL CHECK (number_key <> ''),
  number_letters text COLLATE "C" NOT NULL DEFAULT '',
  number_forms   text[] COLLATE "C" NOT NULL DEFAULT '{}',
  names          tsvector NOT NULL DEFAULT '',
  search_format  smallint NOT NULL DEFAULT 0,
  erased_at      timestamptz   -- what was said of this patient was erased; the row keeps the number alone
);
CREATE INDEX patients_by_birth ON {tenant}.patients (date_of_birth);
CREATE INDEX patients_by_name ON {tenant}.patients (last_name, first_name, id);
CREATE INDEX patients_by_names ON {tenant}.patients USING gin (names);
CREATE UNIQUE INDEX patients_by_number_key ON {tenant}.patients (number_key);
CREATE INDEX patients_by_number_letters ON {tenant}.patients (number_letters, id);
CREATE INDEX patients_by_number_forms ON {tenant}.patients USING gin (number_forms);
CREATE INDEX patients_by_search_format ON {tenant}.patients (search_format, id);

-- Every word that a patient's name ever had. A hospital's names are far fewer than its patients, so
-- typing errors are forgiven here, and the patients are then found by exact words.
CREATE TABLE {tenant}.name_words (
  word text COLLATE "C" PRIMARY KEY,
  key  text COLLATE "C" NOT NULL   -- its letters sorted: equal for a transposition
);
CREATE INDEX name_words_by_key ON {tenant}.name_words (key);
CREATE INDEX name_words_by_likeness ON {tenant}.name_words USING gin (word public.gin_trgm_ops);
-- All names of about the same length are compared: two wrong letters may leave no trigram.
CREATE INDEX name_words_by_length ON {tenant}.name_words (length(word), word);

-- Records.

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
  revision                   integer NOT NULL DEFAULT 1,   -- of accepted writes
  -- The version that the row has. A draft's is open: it takes further changes by its author for ten
  -- minutes, and is in record_versions only when the next one begins. The others are there at once.
  version                    integer NOT NULL DEFAULT 1 CHECK (version >= 1),
  version_kind               text NOT NULL,
  version_by                 bigint NOT NULL REFERENCES {tenant}.staff,
  version_begun_at           timestamptz NOT NULL,   -- it ends at updated_at
  content_format             smallint NOT NULL,      -- what wrote the content that was hashed
  content_salt               uuid,                   -- NULL: what the record said was erased
  -- What the version says: canonical JSON (src/clinical/). Answers are made of its text; the columns of
  -- the fields above are made of it by records_guard and are never set by themselves.
  content                    text NOT NULL,
  content_digest             bytea NOT NULL,
  content_hash               text NOT NULL,
  created_by                 bigint NOT NULL REFERENCES {tenant}.staff,
  created_at                 timestamptz NOT NULL DEFAULT now(),
  updated_at                 timestamptz NOT NULL DEFAULT now(),   -- the version's own time
  -- The search document, which the service makes (src/text/) and the database indexes.
  search                     tsvector,
  -- What made the document. The service rewrites older ones by and by.
  search_format              smallint NOT NULL DEFAULT 0,
  CHECK ((status = 'draft') = (finalized_at IS NULL)),
  CHECK ((finalized_at IS NULL) = (finalized_by IS NULL)),
  -- A lawful erasure takes signed visits out of sight too.
  CHECK (voided_at IS NULL OR status = 'draft' OR content_salt IS NULL),
  -- A draft may ask for a follow-up before its day is known.
  CHECK (status = 'draft' OR NOT follow_up_required OR follow_up_date IS NOT NULL)
);
-- The planner knows the frequency of the commonest 10,000 words rather than 1,000.
ALTER TABLE {tenant}.medical_records ALTER COLUMN search SET STATISTICS 1000;
CREATE INDEX records_by_visit ON {tenant}.medical_records (visit_date DESC, id DESC)
  WHERE voided_at IS NULL;
CREATE INDEX records_by_created ON {tenant}.medical_records (created_at DESC, id DESC)
  WHERE voided_at IS NULL;
CREATE INDEX records_by_updated ON {tenant}.medical_records (updated_at DESC, id DESC)
  WHERE voided_at IS NULL;
CREATE INDEX records_drafts ON {tenant}.medical_records (visit_date DESC, id DESC)
  WHERE status = 'draft' AND voided_at IS NULL;
CREATE INDEX records_by_patient ON {tenant}.medical_records (patient_id, visit_date DESC, id DESC);
CREATE INDEX records_by_doctor ON {tenant}.medical_records (doctor_id, visit_date DESC, id DESC)
  WHERE voided_at IS NULL;
CREATE INDEX records_by_follow_up ON {tenant}.medical_records (follow_up_date, id)
  WHERE follow_up_required AND voided_at IS NULL;
-- Those without a date are last in both directions.
CREATE INDEX records_by_follow_up_all ON {tenant}.medical_records
  (coalesce(follow_up_date, 'infinity'::date), id) WHERE voided_at IS NULL;
CREATE INDEX records_by_follow_up_down ON {tenant}.medical_records
  (coalesce(follow_up_date, '-infinity'::date) DESC, id DESC) WHERE voided_at IS NULL;
CREATE INDEX records_by_words ON {tenant}.medical_records USING gin (search);
-- Where documents of older formats are.
CREATE INDEX records_by_search_format ON {tenant}.medical_records (search_format, id)
  WHERE voided_at IS NULL;

-- The versions that take no more; append-only by grant. `content` are the bytes over which the hash was
-- taken, so that it can be taken again.
CREATE TABLE {tenant}.record_versions (
  record_id      bigint NOT NULL REFERENCES {tenant}.medical_records,
  version        integer NOT NULL,
  revision       integer NOT NULL,       -- its last
  kind           text NOT NULL,
  status         text NOT NULL,
  patient_id     bigint NOT NULL,
  changed_by     bigint NOT NULL REFERENCES {tenant}.staff,
  begun_at       timestamptz NOT NULL,
  changed_at     timestamptz NOT NULL,
  content_format smallint NOT NULL,
  content_digest bytea NOT NULL,
  content_hash   text NOT NULL,
  -- What a lawful erasure removes (wardbook.record_erase).
  content_salt   uuid,
  reason         text,
  content        text,
  PRIMARY KEY (record_id, version)
);

-- What patients and files were after each change.
CREATE TABLE {tenant}.row_versions (
  resource       text NOT NULL,
  resource_id    bigint NOT NULL,
  version        integer NOT NULL,
  kind           text NOT NULL,
  patient_id     bigint NOT NULL,
  changed_by     bigint,
  changed_at     timestamptz NOT NULL,
  content_format smallint NOT NULL,
  content_digest bytea NOT NULL,
  content_hash   text NOT NULL,
  content_salt   uuid,
  reason         text,
  content        text,
  PRIMARY KEY (resource, resource_id, version)
);

-- Who signed what, when, and what it meant, with the name of the signer as it was then (21 CFR 11.50 (a)).
CREATE TABLE {tenant}.signatures (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  record_id      bigint NOT NULL,
  version        integer NOT NULL,
  content_hash   text NOT NULL,
  signed_by      bigint NOT NULL REFERENCES {tenant}.staff,
  signed_at      timestamptz NOT NULL,
  meaning        text NOT NULL CHECK (meaning IN ('finalized', 'amended')),
  signed_by_name text CHECK (signed_by_name <> ''),
  FOREIGN KEY (record_id, version) REFERENCES {tenant}.record_versions (record_id, version)
);
CREATE INDEX signatures_by_record ON {tenant}.signatures (record_id, version);

-- The follow-ups that are outstanding, so that the worklist is as long as the work and not as the
-- history. Made from the records by a trigger.
CREATE TABLE {tenant}.follow_ups (
  record_id  bigint PRIMARY KEY,
  patient_id bigint NOT NULL,
  due        date NOT NULL
);
CREATE INDEX follow_ups_by_due ON {tenant}.follow_ups (due, record_id);
CREATE INDEX follow_ups_by_patient ON {tenant}.follow_ups (patient_id);

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
  removed_at     timestamptz,
  changed_in     integer   -- the record's revision that made the diagnosis what it is
);
CREATE INDEX diagnoses_by_record ON {tenant}.diagnoses (record_id) WHERE removed_at IS NULL;
CREATE INDEX diagnoses_by_code ON {tenant}.diagnoses (icd_code text_pattern_ops, record_id)
  WHERE removed_at IS NULL;
CREATE UNIQUE INDEX diagnoses_one_primary ON {tenant}.diagnoses (record_id)
  WHERE diagnosis_type = 'primary' AND removed_at IS NULL;

-- Files.

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
  charset                  text,   -- of a text: what its sender says, and from its verification on what it is
  declared_sha256          text CHECK (declared_sha256 ~ '^[0-9a-f]{64}$'),   -- sent with the completion
  verified_at              timestamptz,
  scan                     text CHECK (scan IN ('waiting', 'clean', 'infected', 'not_scanned')),
  scanned_at               timestamptz,
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
  since_version            integer,   -- the record's version at which the file became available
  -- Where a store lets an upload URL be used again, a file must not stay under the key that the URL
  -- names: whoever has the URL could replace what was verified, and signed. Each completion then copies
  -- the bytes to a key of its own, which no URL was ever made for. These are the keys that the file had
  -- before, oldest first: the first is the one that its upload URL names, each further one belongs to a
  -- completion that was overtaken. None is ever given to another file. NULL: none.
  past_keys                text[],
  -- Of uploads in parts: how large each part but the last one is, and what SHA-256 each has to have if
  -- the client declared it.
  part_bytes               bigint CHECK (part_bytes BETWEEN 5242880 AND 67108864),
  part_sha256              text[] CHECK (cardinality(part_sha256) BETWEEN 1 AND 10000),
  -- Whether the store has moved it to its archive, as it was found last; NULL: it can be read.
  archive_status           text CHECK (archive_status IN ('archived', 'restoring')),
  UNIQUE (record_id, file_name, version),
  CHECK ((upload_mode = 'multipart') = (part_bytes IS NOT NULL))
);
CREATE INDEX attachments_by_record ON {tenant}.record_attachments (record_id, id);
CREATE INDEX attachments_unfinished ON {tenant}.record_attachments (upload_expires_at)
  WHERE state = 'pending';
CREATE INDEX attachments_to_purge ON {tenant}.record_attachments (deleted_at)
  WHERE purged_at IS NULL AND state IN ('deleted', 'rejected');
-- What has arrived and waits to be read.
CREATE INDEX attachments_to_verify ON {tenant}.record_attachments (id)
  WHERE state = 'pending' AND completed_at IS NOT NULL;
-- What waits to be scanned.
CREATE INDEX attachments_to_scan ON {tenant}.record_attachments (id) WHERE state = 'quarantined';
CREATE INDEX attachments_restoring ON {tenant}.record_attachments (id)
  WHERE archive_status = 'restoring';
-- In the order in which the store lists them.
CREATE INDEX attachments_by_key ON {tenant}.record_attachments (s3_key COLLATE "C")
  WHERE purged_at IS NULL;

-- The SHA-256 of each block of a file's original bytes, so that a part of it is checked before it is given
-- out. offsets: where each block begins in the stored bytes, and where the last one ends, 8 bytes each, the
-- first the most significant; of files that the service compressed. Slices are read without the rest.
CREATE TABLE {tenant}.attachment_blocks (
  attachment_id bigint PRIMARY KEY REFERENCES {tenant}.record_attachments,
  block_bytes   bigint NOT NULL CHECK (block_bytes >= 1),
  digests       bytea NOT NULL CHECK (length(digests) > 0 AND length(digests) % 32 = 0),
  offsets       bytea CHECK (length(offsets) = length(digests) / 4 + 8)
);
ALTER TABLE {tenant}.attachment_blocks ALTER digests SET STORAGE EXTERNAL,
  ALTER offsets SET STORAGE EXTERNAL;
-- What keeps files from being purged and patients from being erased, whatever the retention time says.
-- Never changed but for its release.
CREATE TABLE {tenant}.legal_holds (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  patient_id  bigint NOT NULL REFERENCES {tenant}.patients,
  record_id   bigint REFERENCES {tenant}.medical_records,   -- NULL: all of the patient's
  reason      text NOT NULL CHECK (length(reason) BETWEEN 1 AND 2000),
  placed_by   bigint NOT NULL REFERENCES {tenant}.staff,
  placed_at   timestamptz NOT NULL DEFAULT now(),
  released_by bigint REFERENCES {tenant}.staff,
  released_at timestamptz,
  CHECK ((released_at IS NULL) = (released_by IS NULL))
);
CREATE INDEX holds_in_force ON {tenant}.legal_holds (patient_id) WHERE released_at IS NULL;

-- Lawful erasures (wardbook.erase_patient). The certificate is what is left of one: its hash is in the
-- sealed log.
CREATE TABLE {tenant}.erasures (
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  patient_id       bigint NOT NULL REFERENCES {tenant}.patients,
  reason           text NOT NULL CHECK (length(reason) BETWEEN 1 AND 2000),
  requested_by     bigint NOT NULL REFERENCES {tenant}.staff,
  requested_at     timestamptz NOT NULL DEFAULT now(),
  state            text NOT NULL DEFAULT 'requested'
                     CHECK (state IN ('requested', 'rows_erased', 'completed', 'held')),
  rows_erased_at   timestamptz,
  counts           jsonb,   -- what was erased
  completed_at     timestamptz,
  certificate      text,
  certificate_hash text,
  CHECK ((state = 'completed') = (completed_at IS NOT NULL AND certificate IS NOT NULL
                                  AND certificate_hash IS NOT NULL))
);
CREATE UNIQUE INDEX erasures_by_patient ON {tenant}.erasures (patient_id) WHERE state <> 'held';
CREATE INDEX erasures_to_do ON {tenant}.erasures (id) WHERE state IN ('requested', 'rows_erased');
-- What of an erased patient's is to be removed from the store: keys, and folders (which end with /).
CREATE TABLE {tenant}.erasure_objects (
  erasure_id  bigint NOT NULL REFERENCES {tenant}.erasures,
  s3_bucket   text NOT NULL,
  s3_key      text NOT NULL,
  again_after timestamptz,   -- an upload's URL is good until then, so that it has to be removed again
  removed_at  timestamptz,
  PRIMARY KEY (erasure_id, s3_bucket, s3_key)
);

-- What the hospital's files took at the store, as it was noted last on each day (UTC), and what they cost
-- at the prices of that day. tier_bytes: frequent, infrequent, archive_instant, archive.
CREATE TABLE {tenant}.storage_usage (
  day                    date PRIMARY KEY,
  files                  bigint NOT NULL,
  file_bytes             bigint NOT NULL,
  stored_bytes           bigint NOT NULL,
  tier_bytes             bigint[] NOT NULL CHECK (cardinality(tier_bytes) = 4),
  usd_per_month          double precision NOT NULL,
  standard_usd_per_month double precision NOT NULL,
  noted_at               timestamptz NOT NULL DEFAULT now()
);

-- Templates.

CREATE TABLE {tenant}.templates (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  visit_type text NOT NULL,
  specialty  text NOT NULL DEFAULT 'general' CHECK (btrim(specialty, E' \t\r\n') <> ''),
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
  specialty   text NOT NULL CHECK (btrim(specialty, E' \t\r\n') <> ''),
  content     jsonb NOT NULL,
  changed_by  bigint REFERENCES {tenant}.staff,
  changed_at  timestamptz NOT NULL DEFAULT now(),
  content_format smallint NOT NULL,
  content_hash   text NOT NULL,   -- without a salt: a template is no patient's
  PRIMARY KEY (template_id, version)
);

-- Answers to POSTs that carried an Idempotency-Key, for 24 hours.
CREATE TABLE {tenant}.idempotency_keys (
  account_id   bigint NOT NULL,
  key          text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
  request_hash bytea NOT NULL,   -- keyed: a body may hold a password
  status       integer,          -- NULL while the first request runs
  headers      jsonb,
  body         text,
  created_at   timestamptz NOT NULL DEFAULT now(),
  -- Whose data the answer shows, so that the log can say so whenever it is given again:
  -- [{"resource": "record", "id": 5, "patient": 7}].
  looks        jsonb,
  PRIMARY KEY (account_id, key)
);
CREATE INDEX idempotency_keys_by_time ON {tenant}.idempotency_keys (created_at);

-- Audit.

-- Who did what, who saw what, who was refused. A request that failed may have told something of a
-- patient: `failed`, beside what was refused for want of a permission.
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
  outcome     text NOT NULL DEFAULT 'ok' CHECK (outcome IN ('ok', 'refused', 'failed')),
  reason      text,
  request_id  text,
  ip          text,
  before      jsonb,
  after       jsonb,
  filters     jsonb,      -- the parameters of a list or a search: what somebody looked for
  -- Hashed together with what an entry says (reason, filters, before, after), so that nobody can guess a
  -- text that was erased by hashing likely ones. NULL where it was erased, or where nothing is said: then
  -- the service gives none. (No CHECK here: PostgreSQL prepares each one anew for every statement, which
  -- costs nearly half as much as the insert itself.)
  salt        uuid DEFAULT gen_random_uuid(),
  -- Earlier looks into the log that a look showed: it names them instead of all the patients whom they
  -- name, or each look would name ever more.
  look_ids    bigint[]
);
CREATE INDEX audit_by_looks ON {tenant}.audit_log USING gin (look_ids) WHERE look_ids IS NOT NULL;
CREATE INDEX audit_by_patient ON {tenant}.audit_log (patient_id, id) WHERE patient_id IS NOT NULL;
CREATE INDEX audit_by_patients ON {tenant}.audit_log USING gin (patient_ids)
  WHERE patient_ids IS NOT NULL;

-- Numbers of entries that no seal names, in ranges: of entries to come, of entries whose transaction has
-- not ended, and of those that were rolled back. The sealer looks into these ranges and nowhere else.
CREATE TABLE {tenant}.audit_unsealed (
  first bigint PRIMARY KEY,
  last  bigint NOT NULL CHECK (last >= first)
);
INSERT INTO {tenant}.audit_unsealed VALUES (-9223372036854775808, 9223372036854775807);

-- The hash chain, a link for each batch that the sealer took: hash = SHA-256(hash before ‖ the seal's own
-- columns ‖ the entries' hashes in order). entry_format says how entries are hashed; what they say goes in
-- by its digest, which stays when it is erased.
CREATE TABLE {tenant}.audit_seals (
  seq             bigint PRIMARY KEY,
  epoch           integer NOT NULL CHECK (epoch >= 1),
  previous_epoch  integer CHECK (previous_epoch < epoch),   -- in the first seal of an epoch that follows one
  entry_format    integer NOT NULL,
  sealed_at       timestamptz NOT NULL,
  entry_ids       bigint[] NOT NULL,
  content_digests bytea NOT NULL,
  entry_hashes    bytea NOT NULL,
  hash            bytea NOT NULL CHECK (length(hash) = 32)
);

-- Whoever seals the audit log holds this row, so that one process does it at a time. A lock that is
-- nobody else's: an advisory lock could be taken by every role of the database.
CREATE TABLE {tenant}.audit_sealing (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  epoch    integer NOT NULL DEFAULT 1   -- a restore begins a new one (wardbook.audit_begin_epoch)
);
INSERT INTO {tenant}.audit_sealing DEFAULT VALUES;

-- Rights.

GRANT USAGE ON ALL SEQUENCES IN SCHEMA {tenant} TO {role};
GRANT SELECT ON {tenant}.schema_migrations TO {role};
GRANT SELECT, INSERT, UPDATE ON {tenant}.staff, {tenant}.patients, {tenant}.medical_records,
  {tenant}.diagnoses, {tenant}.record_attachments, {tenant}.templates,
  {tenant}.storage_usage TO {role};
GRANT SELECT, INSERT ON {tenant}.legal_holds, {tenant}.erasures TO {role};
GRANT UPDATE (released_by, released_at) ON {tenant}.legal_holds TO {role};
GRANT UPDATE (state, completed_at, certificate, certificate_hash) ON {tenant}.erasures TO {role};
GRANT SELECT, DELETE, UPDATE (removed_at) ON {tenant}.erasure_objects TO {role};
GRANT SELECT, INSERT ON {tenant}.attachment_blocks, {tenant}.record_versions,
  {tenant}.row_versions, {tenant}.signatures,
  {tenant}.template_versions,
  {tenant}.name_words, {tenant}.audit_log, {tenant}.audit_seals TO {role};
GRANT SELECT, INSERT, DELETE ON {tenant}.follow_ups, {tenant}.audit_unsealed TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON {tenant}.idempotency_keys TO {role};
-- PostgreSQL asks for UPDATE of a column before it lets a role lock the row.
GRANT SELECT, UPDATE (only_row) ON {tenant}.audit_sealing TO {role};

-- The templates that every hospital starts with. They are not changed; a hospital adds its own.
INSERT INTO {tenant}.templates (name, visit_type, specialty, content, built_in) VALUES
('Consultation', 'consultation', 'general', '{
  "history_of_present_illness": "Onset:\nCourse:\nWhat makes it better or worse:\nTreatment so far:\nOther complaints:",
  "physical_examination": "General condition:\nHead and neck:\nHeart:\nLungs:\nAbdomen:\nExtremities:\nSkin:\nNeurological:",
  "diagnosis": "1.",
  "treatment_plan": "- Investigations:\n- Treatment:\n- Advice:\n- Come back if:"}', true),
('Follow-up', 'follow_up', 'general', '{
  "history_of_present_illness": "Since the last visit:\nTakes the medication as prescribed:\nSide effects:\nReadings at home:",
  "physical_examination": "Compared with the last visit:",
  "diagnosis": "1. Course:",
  "treatment_plan": "- Continue:\n- Change:\n- Next check:",
  "follow_up_instructions": "Bring the readings and the medication list."}', true),
('Procedure', 'procedure', 'general', '{
  "history_of_present_illness": "Indication:\nAnticoagulants:\nAllergies checked:\nFasting since:\nConsent by, on:",
  "physical_examination": "Site and side checked:\nBefore the procedure:",
  "notes": "Procedure:\nOperator, assistant:\nAnaesthesia:\nTechnique:\nFindings:\nSpecimens:\nBlood loss:\nComplications:",
  "treatment_plan": "- Observation:\n- Wound care:\n- Pain relief:\n- Come back if:"}', true),
('Emergency', 'emergency', 'general', '{
  "history_of_present_illness": "Signs and symptoms:\nAllergies:\nMedication:\nPast illness:\nLast meal:\nEvents before:",
  "physical_examination": "Airway:\nBreathing:\nCirculation:\nDisability (GCS, pupils):\nExposure:",
  "diagnosis": "1.",
  "treatment_plan": "- Immediate measures:\n- Investigations:\n- Disposition:\n- Handed over to, at:"}', true);

INSERT INTO {tenant}.template_versions (template_id, version, name, visit_type, specialty, content,
  content_format, content_hash)
  SELECT t.id, t.version, t.name, t.visit_type, t.specialty, t.content, 1,
    encode(sha256(convert_to(concat_ws(' ', 1, 'template', t.id, t.version, t.version, 'template',
      '-', '-', '-', (extract(epoch FROM now()) * 1000000)::bigint,
      (extract(epoch FROM now()) * 1000000)::bigint,
      encode(sha256(convert_to(concat('-,',
        octet_length(t.name), ':', t.name, ',', octet_length(t.visit_type), ':', t.visit_type, ',',
        octet_length(t.specialty), ':', t.specialty, ',',
        octet_length(t.content::text), ':', t.content::text, ','), 'UTF8')), 'hex')), 'UTF8')), 'hex')
  FROM {tenant}.templates t;
