-- The three JSONB columns as the text that answers are made of. PostgreSQL writes a jsonb value out at
-- every read, which took most of what a page of records cost; the text is written once, with the row.
-- Nothing is indexed or searched by it, and it cannot differ from its column.
ALTER TABLE {tenant}.medical_records
  ADD COLUMN prescriptions_text text GENERATED ALWAYS AS (prescriptions::text) STORED,
  ADD COLUMN vital_signs_text text GENERATED ALWAYS AS (vital_signs::text) STORED,
  ADD COLUMN lab_results_text text GENERATED ALWAYS AS (lab_results::text) STORED;
