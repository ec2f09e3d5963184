-- What runs by itself, once among all nodes: a row for each job. Whoever works holds the lease, which
-- ends by the clock of the database at `until`; `fence` grows with every change of hands, so that a
-- holder of yesterday cannot write over what today's one has noted.
CREATE TABLE wardbook.jobs (
  name            text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_.]{0,62}$'),
  holder          text,                                       -- who works, or worked last
  fence           bigint NOT NULL DEFAULT 0,
  until           timestamptz NOT NULL DEFAULT '-infinity',   -- -infinity: nobody works
  due_at          timestamptz NOT NULL DEFAULT '-infinity',
  started_at      timestamptz,                                -- the last round, or the row
  progress        text,                                       -- how far an unfinished round is
  last_success_at timestamptz,
  last_seconds    double precision,
  last_failure_at timestamptz,
  last_error      text,                                       -- NULL: the last round went well
  runs            bigint NOT NULL DEFAULT 0,
  failures        bigint NOT NULL DEFAULT 0
);

-- Hospitals that have work for a job's holder, which may be another node. Hints only: each job looks
-- at all hospitals now and then. So they need not outlive a crash of PostgreSQL.
CREATE UNLOGGED TABLE wardbook.job_hints (
  job       text NOT NULL,
  tenant_id text NOT NULL,
  PRIMARY KEY (job, tenant_id)
);

GRANT SELECT, INSERT, UPDATE ON wardbook.jobs TO {service};
GRANT SELECT, INSERT, DELETE ON wardbook.job_hints TO {service};
