-- Text as it is compared: lower case, without accents.
CREATE OR REPLACE FUNCTION wardbook.fold(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  lower(public.unaccent('public.unaccent'::regdictionary, $1));

-- O'Brien is one word; Karl-Heinz is two.
CREATE OR REPLACE FUNCTION wardbook.words_of(text) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  ARRAY(SELECT DISTINCT w
        FROM regexp_split_to_table(regexp_replace(wardbook.fold($1), '[''’`´]', '', 'g'),
                                   '[^[:alnum:]]+') AS w
        WHERE w <> '' ORDER BY w);

CREATE OR REPLACE FUNCTION wardbook.without_umlauts(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN regexp_replace($1, '([aou])e', '\1', 'g');

-- As a tsquery wants it. quote_literal writes E'..' where there is a backslash, which it cannot read.
CREATE OR REPLACE FUNCTION wardbook.lexeme(text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  '''' || replace(replace($1, '\', '\\'), '''', '''''') || '''';
