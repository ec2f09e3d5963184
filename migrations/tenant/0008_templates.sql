-- A specialty says something.
UPDATE {tenant}.templates SET specialty = 'general' WHERE btrim(specialty, E' \t\r\n') = '';
ALTER TABLE {tenant}.template_versions DISABLE TRIGGER append_only;
UPDATE {tenant}.template_versions SET specialty = 'general' WHERE btrim(specialty, E' \t\r\n') = '';
ALTER TABLE {tenant}.template_versions ENABLE TRIGGER append_only;
ALTER TABLE {tenant}.templates ADD CONSTRAINT templates_specialty_check
  CHECK (btrim(specialty, E' \t\r\n') <> '');
ALTER TABLE {tenant}.template_versions ADD CONSTRAINT template_versions_specialty_check
  CHECK (btrim(specialty, E' \t\r\n') <> '');

-- Requests were kept as plain hashes, some of them of bodies with a password. From here on they are
-- kept under a key. What was kept before is not recognized any more, so a repeated request is refused
-- rather than done twice.
UPDATE {tenant}.idempotency_keys SET request_hash = sha256(gen_random_uuid()::text::bytea);
