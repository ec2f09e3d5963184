-- A patient's number as it is typed: p-000006, P000006 and P6 are the same, and 6 is it too. Indexes of
-- every hospital are made of these.
CREATE OR REPLACE FUNCTION wardbook.number_letters(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  lower(regexp_replace($1, '[^[:alnum:]]', '', 'g'));

CREATE OR REPLACE FUNCTION wardbook.number_key(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  regexp_replace(wardbook.number_letters($1), '(^|[^0-9])0+(?=[0-9])', '\1', 'g');

CREATE OR REPLACE FUNCTION wardbook.number_digits(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  ltrim(regexp_replace($1, '[^0-9]', '', 'g'), '0');

-- A number's groups of digits, without leading zeros: RV-1795649153-001 is 1795649153-1.
CREATE OR REPLACE FUNCTION wardbook.number_groups(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  btrim(regexp_replace(regexp_replace($1, '[^0-9]+', '-', 'g'), '(^|-)0+(?=[0-9])', '\1', 'g'), '-');
