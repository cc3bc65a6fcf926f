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

-- A posting in one currency has one that is both the least and the greatest. To count them apart, as until now, all
-- entries were sorted.
CREATE OR REPLACE FUNCTION check_transfers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad text;
BEGIN
  SELECT t.key INTO bad
    FROM (SELECT home_id, transfer_id, sum(signed_minor) AS total, count(*) AS entries,
                 min(currency) AS lowest, max(currency) AS highest, min(seq) AS first, max(seq) AS last
            FROM new_rows GROUP BY 1, 2) AS n
    JOIN ledger_transfer t ON t.home_id = n.home_id AND t.id = n.transfer_id
   WHERE n.total <> 0 OR n.entries <> t.entries OR n.lowest <> t.currency OR n.highest <> t.currency
      -- Numbered from zero without a gap, so that nothing can be added to it later.
      OR n.first <> 0 OR n.last <> n.entries - 1
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'ledger transfer % is unbalanced, incomplete or mixes currencies', bad USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
