-- Behind records_guard by their names: the record's patient comes from its content.
CREATE OR REPLACE TRIGGER records_of_erased BEFORE INSERT ON {tenant}.medical_records
  FOR EACH ROW EXECUTE FUNCTION wardbook.patient_kept();
CREATE OR REPLACE TRIGGER records_to_erased BEFORE UPDATE ON {tenant}.medical_records
  FOR EACH ROW WHEN (NEW.patient_id <> OLD.patient_id) EXECUTE FUNCTION wardbook.patient_kept();
CREATE OR REPLACE TRIGGER objects_of_erased BEFORE INSERT ON {tenant}.chart_objects
  FOR EACH ROW EXECUTE FUNCTION wardbook.patient_kept();
