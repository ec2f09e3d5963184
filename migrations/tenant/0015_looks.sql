-- What somebody looked for is part of the look: the parameters of a list or a search. And a request
-- that failed may have told something of a patient: `failed`, beside what was refused for want of a
-- permission.
ALTER TABLE {tenant}.audit_log ADD COLUMN filters jsonb;
ALTER TABLE {tenant}.audit_log DROP CONSTRAINT audit_log_outcome_check;
ALTER TABLE {tenant}.audit_log ADD CONSTRAINT audit_log_outcome_check
  CHECK (outcome IN ('ok', 'refused', 'failed'));
