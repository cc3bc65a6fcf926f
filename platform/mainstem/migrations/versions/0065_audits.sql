-- Each audit of the commissions (docs/decisions/62): how far it has come, and what differs. One that has not
-- ended goes on from its cursor.
CREATE TABLE audit_run (
  id uuid PRIMARY KEY,
  whole boolean NOT NULL,               -- of everything; else of what moved since the one before
  cursor jsonb NOT NULL,                -- {part, home_id, id}: after which row it goes on
  asked_by text NOT NULL,
  asked_at timestamptz NOT NULL,
  moved_at timestamptz NOT NULL,        -- its latest piece
  ended_at timestamptz,
  orders bigint NOT NULL DEFAULT 0 CHECK (orders >= 0),
  lines bigint NOT NULL DEFAULT 0 CHECK (lines >= 0),
  waiting bigint NOT NULL DEFAULT 0 CHECK (waiting >= 0),      -- orders that something was to follow of
  milliseconds bigint NOT NULL DEFAULT 0 CHECK (milliseconds >= 0),
  wrong bigint NOT NULL DEFAULT 0 CHECK (wrong >= 0),
  differences jsonb NOT NULL DEFAULT '[]'                      -- the first of them, by name
);
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_run TO mainstem_company;
GRANT SELECT ON audit_run TO mainstem_read;
ALTER TABLE audit_run ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_run FORCE ROW LEVEL SECURITY;
CREATE POLICY company ON audit_run TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true);
CREATE POLICY reader ON audit_run FOR SELECT TO mainstem_read USING (true);
