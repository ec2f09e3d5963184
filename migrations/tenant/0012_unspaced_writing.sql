-- Chinese and Japanese are written without blanks: each character is a word of its own, and what is
-- typed is found wherever these stand one behind the other. British -ise is American -ize.

-- Characters of Chinese and Japanese apart: ideographs, their marks of repetition, kana.
CREATE FUNCTION {tenant}.apart(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  regexp_replace($1, '([々〆〇\u3041-\u3096\u309D-\u309F\u30A1-\u30FA\u30FC-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\U00020000-\U0003FFFF])',
                 ' \1 ', 'g');

-- Text as it is indexed and asked for, as before but for these.
CREATE OR REPLACE FUNCTION {tenant}.plain(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  regexp_replace(
    regexp_replace({tenant}.apart(translate(
        {tenant}.fold(CASE WHEN $1 ~ U&'[\0300-\036F]' THEN normalize($1, NFC) ELSE $1 END),
        '/\<>&', '     ')), U&'[\\s\00A0\1680\2000-\200D\2028\2029\202F\205F\2060\3000\FEFF]+', ' ', 'g'),
    '([a-z])\.(?=[a-z])', '\1 ', 'g');

-- The documents of the records that have such writing. Without triggers: nothing of the record changes.
ALTER TABLE {tenant}.medical_records DISABLE TRIGGER USER;
UPDATE {tenant}.medical_records AS r SET search = {tenant}.record_document(r)
  WHERE voided_at IS NULL AND search::text
    ~ '[々〆〇\u3041-\u3096\u309D-\u309F\u30A1-\u30FA\u30FC-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\U00020000-\U0003FFFF]';
ALTER TABLE {tenant}.medical_records ENABLE TRIGGER USER;

-- What is written in other ways, itself first: as before, and -ise, -ising, -isation and -yse.
CREATE OR REPLACE FUNCTION {tenant}.spellings(text) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  ARRAY[$1, {tenant}.british($1), {tenant}.american($1),
    regexp_replace($1, '([a-z]{2}[iy])s(?=(e[drs]?|ing|ations?)\M)', '\1z', 'g'),
    regexp_replace($1, '([a-z]{2}[iy])z(?=(e[drs]?|ing|ations?)\M)', '\1s', 'g'),
    regexp_replace($1, '([a-z]{2})ao\M', '\1oes', 'g'),
    regexp_replace($1, '([a-z]{2})oes\M', '\1ao', 'g'),
    translate($1, 'ς', 'σ'), regexp_replace($1, 'σ\M', 'ς', 'g')];

GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {tenant} TO {role};
