-- What patients are found by comes with their row: the service makes it (src/text/), the database
-- stores and indexes it. Those who were there before get theirs by and by, in their format.

DROP TRIGGER patients_search ON {tenant}.patients;
DROP FUNCTION {tenant}.patients_search();
DROP TRIGGER patients_number ON {tenant}.patients;
DROP FUNCTION {tenant}.patients_number();
DROP FUNCTION {tenant}.name_meanings(text);
DROP FUNCTION {tenant}.names_in(text);
DROP FUNCTION {tenant}.typed_names(text);
DROP FUNCTION {tenant}.without_umlauts(text);
DROP FUNCTION {tenant}.words_of(text);
DROP FUNCTION {tenant}.letter_key(text);
DROP FUNCTION {tenant}.lexeme(text);
DROP INDEX {tenant}.patients_by_one_number;
DROP INDEX {tenant}.patients_by_shared_number;
DROP INDEX {tenant}.patients_by_number_letters;
DROP INDEX {tenant}.patients_by_number_key;
DROP INDEX {tenant}.patients_by_number_digits;
DROP INDEX {tenant}.patients_by_number_groups;
DROP FUNCTION {tenant}.number_key(text);
DROP FUNCTION {tenant}.number_letters(text);
DROP FUNCTION {tenant}.number_digits(text);
DROP FUNCTION {tenant}.number_groups(text);
DROP FUNCTION {tenant}.fold(text);

-- Compared as bytes, so that words with one beginning are a range.
ALTER TABLE {tenant}.name_words ALTER COLUMN word TYPE text COLLATE "C",
  ALTER COLUMN key TYPE text COLLATE "C";

ALTER TABLE {tenant}.patients
  DROP CONSTRAINT patients_patient_number_key,
  DROP COLUMN search_name,
  DROP COLUMN number_shared,
  ADD COLUMN number_key text COLLATE "C",
  ADD COLUMN number_letters text COLLATE "C" NOT NULL DEFAULT '',
  ADD COLUMN number_forms text[] COLLATE "C" NOT NULL DEFAULT '{}',
  ADD COLUMN search_format smallint NOT NULL DEFAULT 0;
UPDATE {tenant}.patients SET number_key = lower(patient_number);
ALTER TABLE {tenant}.patients
  ALTER COLUMN number_key SET NOT NULL,
  ADD CONSTRAINT patients_have_a_number_key CHECK (number_key <> '');
CREATE UNIQUE INDEX patients_by_number_key ON {tenant}.patients (number_key);
CREATE INDEX patients_by_number_letters ON {tenant}.patients (number_letters, id);
CREATE INDEX patients_by_number_forms ON {tenant}.patients USING gin (number_forms);
CREATE INDEX patients_by_search_format ON {tenant}.patients (search_format, id);
