-- The service removes sessions that ended long ago; until then a stolen refresh token is still known.
GRANT DELETE ON wardbook.sessions TO {service};
CREATE INDEX sessions_by_end ON wardbook.sessions (coalesce(ended_at, expires_at));
