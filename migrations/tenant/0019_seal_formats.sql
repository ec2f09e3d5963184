-- The sealer gives an entry its place in the chain when it sees it, so entries carry no transaction id, which
-- means nothing in another cluster.
DROP INDEX {tenant}.audit_by_xact;
ALTER TABLE {tenant}.audit_log DROP COLUMN xact_id;

-- Hashed together with what an entry says (reason, filters, before, after), so that nobody can guess a text
-- that was erased by hashing likely ones. NULL where it was erased, or where nothing is said: then the service
-- gives none. (No CHECK here: PostgreSQL prepares each one anew for every statement, which costs nearly half as
-- much as the insert itself.)
ALTER TABLE {tenant}.audit_log ADD COLUMN salt uuid DEFAULT gen_random_uuid();

DROP TRIGGER append_only ON {tenant}.audit_log;
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON {tenant}.audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION {tenant}.append_only();
CREATE TRIGGER audit_entry_guard BEFORE UPDATE ON {tenant}.audit_log
  FOR EACH ROW EXECUTE FUNCTION wardbook.audit_entry_guard();

-- Numbers of entries that no seal names, in ranges: of entries to come, of entries whose transaction has not
-- ended, and of those that were rolled back. The sealer looks into these ranges and nowhere else.
CREATE TABLE {tenant}.audit_unsealed (
  first bigint PRIMARY KEY,
  last  bigint NOT NULL CHECK (last >= first)
);
INSERT INTO {tenant}.audit_unsealed VALUES (-9223372036854775808, 9223372036854775807);

-- The hash chain, a link for each batch that the sealer took: hash = SHA-256(hash before ‖ the seal's own
-- columns ‖ the entries' hashes in order). entry_format says how entries are hashed; what they say goes in by
-- its digest, which stays when it is erased.
DROP TABLE {tenant}.audit_seals;
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
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {tenant}.audit_seals
  FOR EACH STATEMENT EXECUTE FUNCTION {tenant}.append_only();

-- A restore begins a new one (wardbook.audit_begin_epoch).
ALTER TABLE {tenant}.audit_sealing ADD COLUMN epoch integer NOT NULL DEFAULT 1;

GRANT SELECT, INSERT ON {tenant}.audit_seals TO {role};
GRANT SELECT, INSERT, DELETE ON {tenant}.audit_unsealed TO {role};
-- UPDATE of one column is enough to lock the row.
REVOKE UPDATE ON {tenant}.audit_sealing FROM {role};
GRANT UPDATE (only_row) ON {tenant}.audit_sealing TO {role};
