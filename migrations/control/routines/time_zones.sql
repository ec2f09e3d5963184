-- Whether this is the name of a time zone, in the case in which IANA writes it. pg_timezone_names reads all
-- zones' files, which takes longer than all tables of a hospital; so it is asked for the few names with a
-- digit only. Without one, TimeZone takes what has a file, in any case, and says how that is written. (With
-- TimeZone in its definition, the function leaves the caller's as it is.)
CREATE OR REPLACE FUNCTION wardbook.is_time_zone(name text) RETURNS boolean LANGUAGE plpgsql VOLATILE
  SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' AS $$
BEGIN
  IF is_time_zone.name ~ '[0-9]' THEN
    RETURN EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = is_time_zone.name);
  END IF;
  RETURN set_config('TimeZone', is_time_zone.name, true) = is_time_zone.name;
EXCEPTION WHEN invalid_parameter_value THEN
  RETURN false;
END $$;
REVOKE ALL ON FUNCTION wardbook.is_time_zone(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wardbook.is_time_zone(text) TO {service};
