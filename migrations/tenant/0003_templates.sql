-- The templates that every hospital starts with. They are not changed; a hospital adds its own.
INSERT INTO {tenant}.templates (name, visit_type, specialty, content, built_in) VALUES
('Consultation', 'consultation', 'general', '{
  "history_of_present_illness": "Onset:\nCourse:\nWhat makes it better or worse:\nTreatment so far:\nOther complaints:",
  "physical_examination": "General condition:\nHead and neck:\nHeart:\nLungs:\nAbdomen:\nExtremities:\nSkin:\nNeurological:",
  "diagnosis": "1.",
  "treatment_plan": "- Investigations:\n- Treatment:\n- Advice:\n- Come back if:"}', true),
('Follow-up', 'follow_up', 'general', '{
  "history_of_present_illness": "Since the last visit:\nTakes the medication as prescribed:\nSide effects:\nReadings at home:",
  "physical_examination": "Compared with the last visit:",
  "diagnosis": "1. Course:",
  "treatment_plan": "- Continue:\n- Change:\n- Next check:",
  "follow_up_instructions": "Bring the readings and the medication list."}', true),
('Procedure', 'procedure', 'general', '{
  "history_of_present_illness": "Indication:\nAnticoagulants:\nAllergies checked:\nFasting since:\nConsent by, on:",
  "physical_examination": "Site and side checked:\nBefore the procedure:",
  "notes": "Procedure:\nOperator, assistant:\nAnaesthesia:\nTechnique:\nFindings:\nSpecimens:\nBlood loss:\nComplications:",
  "treatment_plan": "- Observation:\n- Wound care:\n- Pain relief:\n- Come back if:"}', true),
('Emergency', 'emergency', 'general', '{
  "history_of_present_illness": "Signs and symptoms:\nAllergies:\nMedication:\nPast illness:\nLast meal:\nEvents before:",
  "physical_examination": "Airway:\nBreathing:\nCirculation:\nDisability (GCS, pupils):\nExposure:",
  "diagnosis": "1.",
  "treatment_plan": "- Immediate measures:\n- Investigations:\n- Disposition:\n- Handed over to, at:"}', true);

INSERT INTO {tenant}.template_versions (template_id, version, name, visit_type, specialty, content)
  SELECT id, version, name, visit_type, specialty, content FROM {tenant}.templates;
