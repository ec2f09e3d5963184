-- Whose data an answer shows that is kept for a request's Idempotency-Key, so that the log can say so
-- whenever it is given again: [{"resource": "record", "id": 5, "patient": 7}].
ALTER TABLE {tenant}.idempotency_keys ADD COLUMN looks jsonb;
