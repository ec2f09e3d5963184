CREATE OR REPLACE FUNCTION {tenant}.patients_search() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  whole text := NEW.first_name || ' ' || NEW.last_name;
  -- Karlheinz finds Karl-Heinz.
  words text[] := wardbook.words_of(whole || ' ' || replace(whole, '-', ''));
BEGIN
  NEW.search_name := wardbook.fold(whole);
  NEW.names := array_to_tsvector(words);
  -- In their order, so that two who add the same words do not wait for each other in a circle.
  INSERT INTO {tenant}.name_words (word, key)
    SELECT w, wardbook.letter_key(w) FROM unnest(words) AS w
    WHERE NOT EXISTS (SELECT FROM {tenant}.name_words k WHERE k.word = w) ORDER BY w
    ON CONFLICT DO NOTHING;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER patients_search BEFORE INSERT OR UPDATE OF first_name, last_name
  ON {tenant}.patients FOR EACH ROW EXECUTE FUNCTION {tenant}.patients_search();

-- A number has no blanks at its ends, and is nobody else's, in whatever case.
CREATE OR REPLACE FUNCTION {tenant}.patients_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.patient_number = OLD.patient_number THEN
    NEW.number_shared := OLD.number_shared;
    RETURN NEW;
  END IF;
  IF NEW.patient_number ~ U&'^[\\s\00A0\1680\2000-\200D\2028\2029\202F\205F\2060\3000\FEFF]|[\\s\00A0\1680\2000-\200D\2028\2029\202F\205F\2060\3000\FEFF]$' THEN
    RAISE EXCEPTION 'a patient''s number has no blanks at its ends' USING ERRCODE = 'check_violation';
  END IF;
  -- The index does not have those that are marked.
  IF EXISTS (SELECT FROM {tenant}.patients p WHERE p.number_shared AND p.id <> NEW.id
             AND lower(p.patient_number) = lower(NEW.patient_number)) THEN
    RAISE EXCEPTION 'the number is another patient''s' USING ERRCODE = 'unique_violation';
  END IF;
  NEW.number_shared := false;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER patients_number BEFORE INSERT OR UPDATE OF patient_number, number_shared
  ON {tenant}.patients FOR EACH ROW EXECUTE FUNCTION {tenant}.patients_number();
