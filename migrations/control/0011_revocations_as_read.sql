-- Nodes read revocations that an earlier snapshot of theirs did not show: by the transaction that
-- wrote them, since ids are given before the commit and may become visible in another order.
ALTER TABLE wardbook.revocations ADD COLUMN xact_id xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX revocations_by_xact ON wardbook.revocations (xact_id);
-- Read every second by every node.
CREATE INDEX tenants_suspended ON wardbook.tenants (id) WHERE status = 'suspended';
