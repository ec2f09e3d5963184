-- Earlier looks into the log that a look showed. It names them instead of all the patients whom they name, or
-- each look would name ever more.
ALTER TABLE {tenant}.audit_log ADD COLUMN look_ids bigint[];
CREATE INDEX audit_by_looks ON {tenant}.audit_log USING gin (look_ids) WHERE look_ids IS NOT NULL;
