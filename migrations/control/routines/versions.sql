-- What guards the versions of all hospitals: their rows are hashed as opaque bytes, whatever they say. A
-- version's content_hash is SHA-256 (hex) over one line of what never goes,
--   format resource id version revision kind status patient author begun time digest
-- (times in microseconds since 1970, `-` for what there is not), and the digest is SHA-256 over what a lawful
-- erasure removes: the salt, the reason as a field (`5:hello,`, or `-,` for none), and the content.

-- A row of record_versions or row_versions is never changed, except that the owner may empty what it says.
CREATE OR REPLACE FUNCTION wardbook.version_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  said CONSTANT text[] := '{content_salt,reason,content}';
BEGIN
  IF num_nonnulls(NEW.content_salt, NEW.reason, NEW.content) = 0
     AND to_jsonb(NEW) - said = to_jsonb(OLD) - said THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'WB002';
END $$;

-- A version of a patient or a file.
CREATE OR REPLACE FUNCTION wardbook.row_versions_guard() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.content_digest IS DISTINCT FROM sha256(uuid_send(NEW.content_salt) || convert_to(
       coalesce(octet_length(NEW.reason) || ':' || NEW.reason || ',', '-,') || NEW.content, 'UTF8'))
     OR NEW.content_hash IS DISTINCT FROM encode(sha256(convert_to(concat_ws(' ', NEW.content_format,
          NEW.resource, NEW.resource_id, NEW.version, NEW.version, NEW.kind, '-', NEW.patient_id,
          coalesce(NEW.changed_by::text, '-'),
          (extract(epoch FROM NEW.changed_at) * 1000000)::bigint,
          (extract(epoch FROM NEW.changed_at) * 1000000)::bigint,
          encode(NEW.content_digest, 'hex')), 'UTF8')), 'hex') THEN
    RAISE EXCEPTION 'the hash of a version is not that of its content' USING ERRCODE = 'WB003';
  END IF;
  RETURN NEW;
END $$;

-- A change of a chart object is its next version; it stays of its kind and of its patient. The owner may
-- empty it (wardbook.record_erase).
CREATE OR REPLACE FUNCTION wardbook.chart_objects_guard() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  expected record;
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'what a chart consists of is never deleted' USING ERRCODE = 'WB002';
  END IF;
  expected := OLD;
  expected.content := NEW.content;
  IF NEW.content = '{}' AND expected *= NEW AND pg_has_role(current_user,
       (SELECT c.relowner FROM pg_class c WHERE c.oid = TG_RELID), 'MEMBER') THEN
    RETURN NEW;
  END IF;
  expected.version := OLD.version + 1;
  expected.updated_by := NEW.updated_by;
  expected.updated_at := greatest(NEW.updated_at, OLD.updated_at);
  IF expected *<> NEW OR OLD.content = '{}' THEN
    RAISE EXCEPTION 'a change of a chart object is its next version' USING ERRCODE = 'WB003';
  END IF;
  RETURN NEW;
END $$;

-- A change of a record is its next revision. It belongs to the open version, if that is a draft's, by the
-- same account and not ten minutes old; else it begins the next version, and the one before it must be in
-- record_versions. The row must come out as it is expected here, whatever columns the table may get.
CREATE OR REPLACE FUNCTION wardbook.records_guard() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  -- The columns that are not made of the content; a test holds the list against the table.
  kept CONSTANT text[] := '{id,record_number,status,finalized_at,finalized_by,signed_hash,template_id,'
    'template_version,voided_at,voided_by,void_reason,version,content_hash,created_by,created_at,'
    'updated_at,search,search_format,content,revision,version_kind,version_by,version_begun_at,'
    'content_format,content_salt,content_digest}';
  sent     record;
  expected record;
  hashed   boolean;
  follows  boolean;
  found_it boolean;
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'records are never deleted' USING ERRCODE = 'WB002';
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF NEW.content_salt IS NULL AND pg_has_role(current_user,
         (SELECT c.relowner FROM pg_class c WHERE c.oid = TG_RELID), 'MEMBER') THEN
      NEW := jsonb_populate_record(NEW, NEW.content::jsonb - kept);
      RETURN NEW;  -- wardbook.record_erase
    END IF;
    IF OLD.voided_at IS NOT NULL OR OLD.content_salt IS NULL THEN
      RAISE EXCEPTION 'a voided record stays as it is' USING ERRCODE = 'WB004';
    END IF;
    expected := OLD;
    expected.search := NEW.search;
    expected.search_format := NEW.search_format;
    -- A search document may be replaced by itself: it says nothing that the record does not.
    -- *= compares bytes, and NULL with NULL.
    IF NEW.revision = OLD.revision AND expected *= NEW THEN
      RETURN NEW;
    END IF;
  END IF;

  sent := NEW;
  IF TG_OP = 'INSERT' OR NEW.content <> OLD.content THEN
    NEW := jsonb_populate_record(NEW, NEW.content::jsonb - kept);
  END IF;
  hashed := octet_length(NEW.content_digest) = 32 AND NEW.content_salt IS NOT NULL
    AND NEW.content_hash = encode(sha256(convert_to(concat_ws(' ', NEW.content_format,
          'record', NEW.id, NEW.version, NEW.revision, NEW.version_kind, NEW.status, NEW.patient_id,
          NEW.version_by, (extract(epoch FROM NEW.version_begun_at) * 1000000)::bigint,
          (extract(epoch FROM NEW.updated_at) * 1000000)::bigint,
          encode(NEW.content_digest, 'hex')), 'UTF8')), 'hex');
  IF TG_OP = 'INSERT' THEN
    IF NEW.record_number !~ '^MR-[0-9]{4}-[0-9]{6,}$' THEN
      RAISE EXCEPTION 'a record number is MR-year-number' USING ERRCODE = 'WB003';
    END IF;
    -- One that is finalized comes with its versions (record_closed).
    IF hashed IS NOT TRUE OR NEW.created_at <> NEW.version_begun_at AND NEW.version = 1
       OR NEW.version_kind IN ('created', 'updated', 'diagnosis')
          AND (NEW.version, NEW.revision, NEW.version_kind, NEW.status, NEW.created_by)
              IS DISTINCT FROM (1, 1::bigint, 'created', 'draft', NEW.version_by) THEN
      RAISE EXCEPTION 'a record begins with its first version' USING ERRCODE = 'WB003';
    END IF;
    RETURN NEW;
  END IF;

  IF NEW.version = OLD.version THEN
    follows := OLD.version_kind IN ('created', 'updated', 'diagnosis')
      AND (NEW.version_kind = OLD.version_kind
           OR OLD.version_kind = 'diagnosis' AND NEW.version_kind = 'updated')
      AND NEW.status = OLD.status AND NEW.version_by = OLD.version_by
      AND NEW.version_begun_at = OLD.version_begun_at
      AND NEW.updated_at <= OLD.version_begun_at + interval '10 minutes';
  ELSE
    follows := NEW.version = OLD.version + 1 AND NEW.version_begun_at = NEW.updated_at
      AND CASE NEW.version_kind
        WHEN 'updated' THEN OLD.status = 'draft' AND NEW.status = 'draft'
        WHEN 'diagnosis' THEN OLD.status = 'draft' AND NEW.status = 'draft'
        WHEN 'voided' THEN OLD.status = 'draft' AND NEW.status = 'draft'
        WHEN 'finalized' THEN OLD.status = 'draft' AND NEW.status = 'finalized'
        WHEN 'amended' THEN OLD.status <> 'draft' AND NEW.status = 'amended'
        WHEN 'reopened' THEN OLD.status <> 'draft' AND NEW.status = 'draft'
        ELSE false END;
  END IF;
  expected.revision := OLD.revision + 1;
  expected.version := NEW.version;
  expected.version_kind := NEW.version_kind;
  expected.version_by := NEW.version_by;
  expected.version_begun_at := NEW.version_begun_at;
  expected.updated_at := greatest(NEW.updated_at, OLD.updated_at);
  expected.content_format := NEW.content_format;
  expected.content_salt := NEW.content_salt;
  expected.content_digest := NEW.content_digest;
  expected.content_hash := NEW.content_hash;
  expected.status := NEW.status;
  expected.content := NEW.content;
  CASE NEW.version_kind
    WHEN 'finalized' THEN
      expected.signed_hash := NEW.content_hash;
      expected.finalized_by := NEW.version_by;
      expected.finalized_at := NEW.updated_at;
    WHEN 'amended' THEN
      expected.signed_hash := NEW.content_hash;
    WHEN 'reopened' THEN
      expected.signed_hash := NULL;
      expected.finalized_by := NULL;
      expected.finalized_at := NULL;
    WHEN 'voided' THEN
      expected.voided_by := NEW.version_by;
      expected.voided_at := NEW.updated_at;
      expected.void_reason := NEW.void_reason;
    ELSE NULL;
  END CASE;
  -- No column of a field is set by itself; steps change none, and an amendment keeps the patient.
  IF hashed IS NOT TRUE OR follows IS NOT TRUE OR expected *<> sent
     OR NEW.version_kind IN ('finalized', 'reopened', 'voided') AND NEW *<> sent
     OR NEW.version_kind = 'amended' AND NEW.patient_id <> OLD.patient_id THEN
    IF OLD.status <> 'draft' THEN
      RAISE EXCEPTION 'a finalized record is only amended or reopened' USING ERRCODE = 'WB001';
    END IF;
    RAISE EXCEPTION 'a change of a record is its next revision' USING ERRCODE = 'WB003';
  END IF;
  IF NEW.version > OLD.version THEN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I.record_versions v'
                   ' WHERE v.record_id = $1 AND v.version = $2 AND v.content_hash = $3)',
                   TG_TABLE_SCHEMA) INTO found_it USING OLD.id, OLD.version, OLD.content_hash;
    IF NOT found_it THEN
      RAISE EXCEPTION 'the version before it is not kept' USING ERRCODE = 'WB003';
    END IF;
  END IF;
  IF NEW.version_kind = 'voided' THEN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I.signatures s WHERE s.record_id = $1)',
                   TG_TABLE_SCHEMA) INTO found_it USING OLD.id;
    IF found_it THEN
      RAISE EXCEPTION 'a visit that was signed once is not voided' USING ERRCODE = 'WB001';
    END IF;
  END IF;
  RETURN NEW;
END $$;

-- A visit's content with nothing but who it was of, with whom, when and of which kind.
CREATE OR REPLACE FUNCTION wardbook.blank_content(content text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
  SELECT '{' || string_agg(to_json(f.key)::text || ':' || CASE
      WHEN f.key IN ('patient_id', 'doctor_id', 'visit_date', 'visit_type', 'last_item_id')
        THEN f.value::text
      ELSE CASE jsonb_typeof(f.value) WHEN 'array' THEN '[]' WHEN 'object' THEN '{}'
             WHEN 'boolean' THEN 'false' ELSE 'null' END END, ',' ORDER BY f.key COLLATE "C") || '}'
  FROM jsonb_each(content::jsonb) f $$;

-- Removes what the versions of a patient's record, of his visits and of their files say, and what the rows of
-- his visits say now. Every hash and signature still verifies by the digests, which stay, with who did what
-- and when. Returns how many versions were emptied now.
CREATE OR REPLACE FUNCTION wardbook.record_erase(tenant text, patient bigint) RETURNS bigint LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  emptied bigint;
  more    bigint;
BEGIN
  -- The rows first: nobody writes another version meanwhile.
  EXECUTE format(
    'UPDATE %I.medical_records SET content_salt = NULL,'
    ' content = wardbook.blank_content(content), void_reason = NULL, search = NULL'
    ' WHERE patient_id = $1 AND content_salt IS NOT NULL', tenant) USING patient;
  EXECUTE format(
    'UPDATE %1$I.diagnoses d SET icd_code = '''', diagnosis_name = '''', notes = NULL'
    ' FROM %1$I.medical_records r WHERE r.id = d.record_id AND r.patient_id = $1', tenant)
    USING patient;
  EXECUTE format(
    'UPDATE %I.chart_objects SET content = ''{}'' WHERE patient_id = $1 AND content <> ''{}''', tenant)
    USING patient;
  EXECUTE format(
    'UPDATE %I.record_versions SET content_salt = NULL, reason = NULL, content = NULL'
    ' WHERE patient_id = $1 AND content_salt IS NOT NULL', tenant) USING patient;
  GET DIAGNOSTICS emptied = ROW_COUNT;
  EXECUTE format(
    'UPDATE %I.row_versions SET content_salt = NULL, reason = NULL, content = NULL'
    ' WHERE patient_id = $1 AND content_salt IS NOT NULL', tenant) USING patient;
  GET DIAGNOSTICS more = ROW_COUNT;
  RETURN emptied + more;
END $$;

REVOKE ALL ON FUNCTION wardbook.version_kept(), wardbook.row_versions_guard(),
  wardbook.chart_objects_guard(),
  wardbook.records_guard(), wardbook.blank_content(text), wardbook.record_erase(text, bigint)
  FROM PUBLIC;
