-- 42 -> 000042; longer numbers stay whole.
CREATE OR REPLACE FUNCTION wardbook.padded(bigint) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  lpad($1::text, greatest(6, length($1::text)), '0');

-- RFC 3339 in UTC, for answers that PostgreSQL writes as JSON.
CREATE OR REPLACE FUNCTION wardbook.rfc3339(timestamptz) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE RETURN
  to_char($1 AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')
  || CASE WHEN extract(microseconds FROM $1)::integer % 1000000 = 0 THEN ''
          ELSE rtrim(to_char($1 AT TIME ZONE 'UTC', '.US'), '0') END || 'Z';
