-- Uploads in parts: how large each part but the last one is, and what SHA-256 each has to have if the
-- client declared it.
ALTER TABLE {tenant}.record_attachments
  ADD COLUMN part_bytes bigint CHECK (part_bytes BETWEEN 5242880 AND 67108864),
  ADD COLUMN part_sha256 text[] CHECK (cardinality(part_sha256) BETWEEN 1 AND 10000),
  ADD CHECK ((upload_mode = 'multipart') = (part_bytes IS NOT NULL));

-- What has arrived and waits to be read.
CREATE INDEX attachments_to_verify ON {tenant}.record_attachments (id)
  WHERE state = 'pending' AND completed_at IS NOT NULL;

-- In the order in which the store lists them.
CREATE INDEX attachments_by_key ON {tenant}.record_attachments (s3_key COLLATE "C")
  WHERE purged_at IS NULL;

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
GRANT SELECT, INSERT, UPDATE ON {tenant}.storage_usage TO {role};
