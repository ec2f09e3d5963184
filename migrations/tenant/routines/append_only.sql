CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {tenant}.signatures
  FOR EACH STATEMENT EXECUTE FUNCTION wardbook.append_only();
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {tenant}.template_versions
  FOR EACH STATEMENT EXECUTE FUNCTION wardbook.append_only();
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {tenant}.audit_seals
  FOR EACH STATEMENT EXECUTE FUNCTION wardbook.append_only();

-- Entries may lose what they say, by the owner alone (wardbook.audit_erase), and nothing else.
CREATE OR REPLACE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON {tenant}.audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION wardbook.append_only();
CREATE OR REPLACE TRIGGER audit_entry_guard BEFORE UPDATE ON {tenant}.audit_log
  FOR EACH ROW EXECUTE FUNCTION wardbook.audit_entry_guard();

-- So may versions (wardbook.record_erase).
CREATE OR REPLACE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON {tenant}.record_versions
  FOR EACH STATEMENT EXECUTE FUNCTION wardbook.append_only();
CREATE OR REPLACE TRIGGER version_kept BEFORE UPDATE ON {tenant}.record_versions
  FOR EACH ROW EXECUTE FUNCTION wardbook.version_kept();
CREATE OR REPLACE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON {tenant}.row_versions
  FOR EACH STATEMENT EXECUTE FUNCTION wardbook.append_only();
CREATE OR REPLACE TRIGGER version_kept BEFORE UPDATE ON {tenant}.row_versions
  FOR EACH ROW EXECUTE FUNCTION wardbook.version_kept();
