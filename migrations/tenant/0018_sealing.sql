-- Whoever seals the audit log holds this row, so that one process does it at a time. A lock that is
-- nobody else's: an advisory lock could be taken by every role of the database.
CREATE TABLE {tenant}.audit_sealing (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);
INSERT INTO {tenant}.audit_sealing DEFAULT VALUES;
-- PostgreSQL asks for UPDATE before it lets a role lock a row.
GRANT SELECT, UPDATE ON {tenant}.audit_sealing TO {role};
