-- A file's row goes its way (pending, quarantined where there is a scanner, available, deleted and back) and changes on the way only what
-- belongs to the step; a pending file may move to a new key, if it keeps the old one in mind; a file that
-- is part of a signed visit, because it was there when that was signed or was added to it later, does not
-- leave it. Versions are in order whatever the clocks say.
--
-- Where a file comes or goes the record is locked, shared, behind the file's own row. No writer of
-- records waits for a file's row while it has a record, and a new file's row, which is inserted behind
-- the lock on its record, is nobody else's: so there is no circle. Downloads are counted without it.
-- What was part of a visit is not purged while a legal hold is in force.
CREATE OR REPLACE FUNCTION {tenant}.attachments_guard() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  m        {tenant}.medical_records;
  expected {tenant}.record_attachments;
  step     {tenant}.record_attachments.state%TYPE;
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'attachments are marked, never deleted' USING ERRCODE = 'WB002';
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.s3_key <> OLD.s3_key AND NEW.purged_at IS NOT NULL
     AND pg_has_role(current_user, (SELECT c.relowner FROM pg_class c WHERE c.oid = TG_RELID), 'MEMBER') THEN
    RETURN NEW;  -- wardbook.erase_patient
  END IF;
  IF TG_OP = 'UPDATE' THEN
    step := OLD.state || ' ' || NEW.state;
    NEW.added_after_finalization := OLD.added_after_finalization;
    NEW.since_version := OLD.since_version;
    expected := OLD;
    expected.state := NEW.state;
    expected.download_count := NEW.download_count;
    expected.last_accessed_at := NEW.last_accessed_at;
    expected.storage_class := NEW.storage_class;
    expected.archive_status := NEW.archive_status;
    expected.etag := NEW.etag;
    IF step = 'pending pending' AND NEW.past_keys = OLD.past_keys || OLD.s3_key THEN
      expected.s3_key := NEW.s3_key;
      expected.past_keys := NEW.past_keys;
    END IF;
    IF OLD.state = 'pending' THEN
      expected.file_size := NEW.file_size;
      expected.stored_size := NEW.stored_size;
      expected.sha256 := coalesce(OLD.sha256, NEW.sha256);
      expected.stored_sha256 := coalesce(OLD.stored_sha256, NEW.stored_sha256);
      expected.charset := NEW.charset;
      expected.scan := NEW.scan;
      expected.declared_sha256 := coalesce(OLD.declared_sha256, NEW.declared_sha256);
      IF OLD.upload_mode = 'proxy' THEN   -- the service decides whether to compress
        expected.content_encoding := NEW.content_encoding;
      END IF;
      expected.verified_at := NEW.verified_at;
      expected.completed_at := NEW.completed_at;
      expected.upload_id := NEW.upload_id;
      expected.upload_expires_at := NEW.upload_expires_at;
      expected.rejected_reason := NEW.rejected_reason;
      expected.deleted_at := NEW.deleted_at;
    ELSIF step IN ('quarantined available', 'quarantined rejected') THEN
      expected.scan := NEW.scan;
      expected.scanned_at := NEW.scanned_at;
      IF NEW.state = 'rejected' THEN
        expected.rejected_reason := NEW.rejected_reason;
        expected.deleted_at := NEW.deleted_at;
      END IF;
    ELSIF step = 'available deleted' THEN
      expected.deleted_at := NEW.deleted_at;
      expected.deleted_by := NEW.deleted_by;
    ELSIF step = 'deleted available' AND OLD.purged_at IS NULL THEN
      expected.deleted_at := NULL;
      expected.deleted_by := NULL;
    ELSIF step IN ('deleted deleted', 'rejected rejected') THEN
      expected.purged_at := coalesce(NEW.purged_at, OLD.purged_at);
      IF step = 'deleted deleted' AND OLD.purged_at IS NULL AND NEW.purged_at IS NOT NULL THEN
        -- A hold is placed under a lock on the patient, so it is seen here or comes too late.
        PERFORM FROM {tenant}.patients p JOIN {tenant}.medical_records r ON r.patient_id = p.id
          WHERE r.id = OLD.record_id FOR SHARE OF p;
        IF EXISTS (SELECT FROM {tenant}.legal_holds h
                   JOIN {tenant}.medical_records r ON r.patient_id = h.patient_id
                   WHERE r.id = OLD.record_id AND h.released_at IS NULL
                     AND (h.record_id IS NULL OR h.record_id = r.id)) THEN
          RAISE EXCEPTION 'a legal hold keeps the file' USING ERRCODE = 'WB003';
        END IF;
      END IF;
    ELSIF NEW.state <> OLD.state THEN
      expected.state := OLD.state;
    END IF;
    IF step = 'pending deleted' OR expected *<> NEW THEN
      RAISE EXCEPTION 'a file stays what it is' USING ERRCODE = 'WB003';
    END IF;
  END IF;
  IF (NEW.state = 'available') = (TG_OP = 'UPDATE' AND OLD.state = 'available') THEN
    RETURN NEW;
  END IF;

  SELECT r.status, r.version INTO m.status, m.version
    FROM {tenant}.medical_records r WHERE r.id = NEW.record_id FOR SHARE;
  IF NEW.state = 'available' THEN
    NEW.added_after_finalization := NEW.added_after_finalization OR m.status <> 'draft';
    NEW.since_version := m.version;
  ELSIF m.status <> 'draft' OR OLD.added_after_finalization OR EXISTS (
          SELECT FROM {tenant}.signatures s
          WHERE s.record_id = OLD.record_id AND s.version > coalesce(OLD.since_version, 0)) THEN
    RAISE EXCEPTION 'a signed visit keeps its files' USING ERRCODE = 'WB001';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER attachments_guard BEFORE INSERT OR UPDATE OR DELETE
  ON {tenant}.record_attachments FOR EACH ROW EXECUTE FUNCTION {tenant}.attachments_guard();
