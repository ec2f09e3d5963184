-- What the chart makes of a prescription: until when it is taken.

-- `10 days`, `2 wk`, `3 months`, `1 y`; NULL for anything else ("until review", "1-2 weeks").
CREATE OR REPLACE FUNCTION wardbook.duration(text) RETURNS interval
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN m.part[1]::integer > 0 THEN make_interval(
      days => CASE left(m.part[2], 1) WHEN 'd' THEN 1 WHEN 'w' THEN 7 ELSE 0 END
              * m.part[1]::integer,
      months => CASE WHEN m.part[2] LIKE 'm%' THEN m.part[1]::integer ELSE 0 END,
      years => CASE WHEN m.part[2] LIKE 'y%' THEN m.part[1]::integer ELSE 0 END) END
  FROM regexp_match(lower($1),
    '^\s*(?:for\s+)?(\d{1,4})[\s-]*(d|days?|w|wks?|weeks?|mos?|mths?|months?|y|yrs?|years?)\.?\s*$')
    AS m(part) $$;

-- The last day of a prescription that was written on `visit_day`: its end_date, or its start and the
-- duration, or NULL: until it is stopped.
CREATE OR REPLACE FUNCTION wardbook.prescription_end(item jsonb, visit_day date) RETURNS date
  LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT coalesce((item->>'end_date')::date,
    (coalesce((item->>'start_date')::date, visit_day) + wardbook.duration(item->>'duration'))::date)
  $$;
