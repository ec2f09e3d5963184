CREATE OR REPLACE TRIGGER allergy_summary AFTER INSERT OR UPDATE ON {tenant}.chart_objects
  FOR EACH ROW WHEN (NEW.resource = 'allergy') EXECUTE FUNCTION wardbook.allergy_summary();
