-- The rules that hold whoever writes: search documents, append-only records.

CREATE FUNCTION {tenant}.fold(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  lower(public.unaccent('public.unaccent'::regdictionary, $1));

CREATE FUNCTION {tenant}.letter_keys(text) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  ARRAY(SELECT (SELECT string_agg(c, '' ORDER BY c) FROM regexp_split_to_table(w, '') AS c)
        FROM regexp_split_to_table({tenant}.fold($1), '[^[:alnum:]]+') AS w WHERE w <> '');

CREATE FUNCTION {tenant}.patients_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.search_name := {tenant}.fold(NEW.first_name || ' ' || NEW.last_name);
  NEW.letter_keys := {tenant}.letter_keys(NEW.first_name || ' ' || NEW.last_name);
  RETURN NEW;
END $$;
CREATE TRIGGER patients_search BEFORE INSERT OR UPDATE OF first_name, last_name
  ON {tenant}.patients FOR EACH ROW EXECUTE FUNCTION {tenant}.patients_search();

-- Words in the two configurations that most charts here need: as written, and English stems.
CREATE FUNCTION {tenant}.record_document(r {tenant}.medical_records) RETURNS tsvector
  LANGUAGE plpgsql STABLE AS $$
DECLARE
  complaint text := concat_ws(' ', r.chief_complaint, r.diagnosis);
  coded     text;
  rest      text := concat_ws(' ', r.history_of_present_illness, r.physical_examination,
                              r.treatment_plan, r.notes, r.follow_up_instructions);
  medication text := (SELECT string_agg(p->>'medication', ' ')
                      FROM jsonb_array_elements(r.prescriptions) AS p);
BEGIN
  SELECT string_agg(concat_ws(' ', d.icd_code, d.diagnosis_name, d.notes), ' ') INTO coded
    FROM {tenant}.diagnoses d WHERE d.record_id = r.id AND d.removed_at IS NULL;
  complaint := {tenant}.fold(concat_ws(' ', complaint, coded));
  rest := {tenant}.fold(concat_ws(' ', rest, medication));
  RETURN setweight(to_tsvector('pg_catalog.simple', complaint), 'A')
      || setweight(to_tsvector('pg_catalog.english', complaint), 'B')
      || setweight(to_tsvector('pg_catalog.simple', rest), 'C')
      || setweight(to_tsvector('pg_catalog.english', rest), 'D');
END $$;

-- Each word as it is, as a beginning, or by its English stem; each phrase in order; all of them.
CREATE FUNCTION {tenant}.record_query(words text[], phrases text[]) RETURNS tsquery
  LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT coalesce(string_agg('(' || part::text || ')', ' & '), '')::tsquery FROM (
    SELECT plainto_tsquery('pg_catalog.english', {tenant}.fold(w))
           || to_tsquery('pg_catalog.simple', quote_literal({tenant}.fold(w)) || ':*') AS part
      FROM unnest(words) AS w
    UNION ALL
    SELECT phraseto_tsquery('pg_catalog.english', {tenant}.fold(p))
           || phraseto_tsquery('pg_catalog.simple', {tenant}.fold(p))
      FROM unnest(phrases) AS p) AS parts
  WHERE numnode(part) > 0 $$;

-- A finalized row changes only in the transaction that wrote the next version as an amendment or a
-- reopening; every change of a row is the next version of it; a record's origin never changes.
CREATE FUNCTION {tenant}.records_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'records are never deleted' USING ERRCODE = 'WB002';
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
       OR NEW.record_number <> OLD.record_number OR NEW.created_by <> OLD.created_by
       OR NEW.created_at <> OLD.created_at THEN
      RAISE EXCEPTION 'a change of a record is its next version' USING ERRCODE = 'WB003';
    END IF;
    IF OLD.voided_at IS NOT NULL THEN
      RAISE EXCEPTION 'a voided record stays as it is' USING ERRCODE = 'WB004';
    END IF;
    IF OLD.status <> 'draft' AND NOT EXISTS (
         SELECT FROM {tenant}.record_versions v
         WHERE v.record_id = OLD.id AND v.version = NEW.version
           AND (v.kind = 'amended' AND NEW.status = 'amended'
                OR v.kind = 'reopened' AND NEW.status = 'draft')) THEN
      RAISE EXCEPTION 'a finalized record is only amended or reopened' USING ERRCODE = 'WB001';
    END IF;
    NEW.updated_at := greatest(now(), OLD.updated_at);
  END IF;
  NEW.search := {tenant}.record_document(NEW);
  RETURN NEW;
END $$;
CREATE TRIGGER records_guard BEFORE INSERT OR UPDATE OR DELETE
  ON {tenant}.medical_records FOR EACH ROW EXECUTE FUNCTION {tenant}.records_guard();

-- A finalized record's diagnoses change only between the amendment's version row and the update of
-- the record that takes it.
CREATE FUNCTION {tenant}.diagnoses_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  of_record bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.record_id ELSE NEW.record_id END;
  r record;
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'diagnoses are marked as removed, never deleted' USING ERRCODE = 'WB002';
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.record_id <> OLD.record_id THEN
    RAISE EXCEPTION 'a diagnosis stays with its record' USING ERRCODE = 'WB003';
  END IF;
  SELECT m.status, m.version, m.voided_at INTO r FROM {tenant}.medical_records m
    WHERE m.id = of_record;
  IF r.voided_at IS NOT NULL THEN
    RAISE EXCEPTION 'a voided record stays as it is' USING ERRCODE = 'WB004';
  END IF;
  IF r.status <> 'draft' AND NOT EXISTS (
       SELECT FROM {tenant}.record_versions v
       WHERE v.record_id = of_record AND v.version = r.version + 1 AND v.kind = 'amended') THEN
    RAISE EXCEPTION 'a finalized record is only amended or reopened' USING ERRCODE = 'WB001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER diagnoses_guard BEFORE INSERT OR UPDATE OR DELETE
  ON {tenant}.diagnoses FOR EACH ROW EXECUTE FUNCTION {tenant}.diagnoses_guard();

-- A file of a finalized record is not removed from it, and no file's row is deleted.
CREATE FUNCTION {tenant}.attachments_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'attachments are marked, never deleted' USING ERRCODE = 'WB002';
  END IF;
  IF NEW.record_id <> OLD.record_id OR NEW.s3_key <> OLD.s3_key THEN
    RAISE EXCEPTION 'an attachment stays with its record and key' USING ERRCODE = 'WB003';
  END IF;
  IF NEW.state = 'deleted' AND OLD.state = 'available' AND EXISTS (
       SELECT FROM {tenant}.medical_records m WHERE m.id = OLD.record_id AND m.status <> 'draft') THEN
    RAISE EXCEPTION 'a finalized record keeps its files' USING ERRCODE = 'WB001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER attachments_guard BEFORE UPDATE OR DELETE
  ON {tenant}.record_attachments FOR EACH ROW EXECUTE FUNCTION {tenant}.attachments_guard();

-- Nobody, the owner included, changes what was written down once.
CREATE FUNCTION {tenant}.append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'WB002';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {tenant}.record_versions
  FOR EACH STATEMENT EXECUTE FUNCTION {tenant}.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {tenant}.signatures
  FOR EACH STATEMENT EXECUTE FUNCTION {tenant}.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {tenant}.audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION {tenant}.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {tenant}.audit_seals
  FOR EACH STATEMENT EXECUTE FUNCTION {tenant}.append_only();

GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {tenant} TO {role};
