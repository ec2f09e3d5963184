-- Where a store lets an upload URL be used again, a file must not stay under the key that the URL names:
-- whoever has the URL could replace what was verified, and signed. Each completion then copies the bytes
-- to a key of its own, which no URL was ever made for.

-- The keys that a file had before, oldest first: the first is the one that its upload URL names, each
-- further one belongs to a completion that was overtaken. None is ever given to another file. NULL: none.
ALTER TABLE {tenant}.record_attachments ADD COLUMN past_keys text[];

-- As before; but a pending file may move to a new key, if it keeps the old one in mind.
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
  IF TG_OP = 'UPDATE' THEN
    step := OLD.state || ' ' || NEW.state;
    NEW.added_after_finalization := OLD.added_after_finalization;
    NEW.since_version := OLD.since_version;
    expected := OLD;
    expected.state := NEW.state;
    expected.download_count := NEW.download_count;
    expected.last_accessed_at := NEW.last_accessed_at;
    expected.storage_class := NEW.storage_class;
    expected.etag := NEW.etag;
    expected.legal_hold := NEW.legal_hold;
    IF step = 'pending pending' AND NEW.past_keys = OLD.past_keys || OLD.s3_key THEN
      expected.s3_key := NEW.s3_key;
      expected.past_keys := NEW.past_keys;
    END IF;
    IF OLD.state = 'pending' THEN
      expected.file_size := NEW.file_size;
      expected.stored_size := NEW.stored_size;
      expected.sha256 := coalesce(OLD.sha256, NEW.sha256);
      expected.stored_sha256 := coalesce(OLD.stored_sha256, NEW.stored_sha256);
      expected.verified_at := NEW.verified_at;
      expected.completed_at := NEW.completed_at;
      expected.upload_id := NEW.upload_id;
      expected.upload_expires_at := NEW.upload_expires_at;
      expected.rejected_reason := NEW.rejected_reason;
      expected.deleted_at := NEW.deleted_at;
    ELSIF step = 'available deleted' THEN
      expected.deleted_at := NEW.deleted_at;
      expected.deleted_by := NEW.deleted_by;
    ELSIF step = 'deleted available' AND OLD.purged_at IS NULL THEN
      expected.deleted_at := NULL;
      expected.deleted_by := NULL;
    ELSIF step IN ('deleted deleted', 'rejected rejected') AND NOT OLD.legal_hold THEN
      expected.purged_at := coalesce(NEW.purged_at, OLD.purged_at);
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
  ELSIF m.status <> 'draft' OR {tenant}.signed_with(OLD) THEN
    RAISE EXCEPTION 'a signed visit keeps its files' USING ERRCODE = 'WB001';
  END IF;
  RETURN NEW;
END $$;
