-- An entry stood in five indexes, and each was checked against its header on its own: together that was more than
-- half of what crediting cost the server. It stands in two now, and is checked with the others of its statement
-- (docs/decisions/78).
LOCK TABLE ledger_transfer, ledger_entry IN ACCESS EXCLUSIVE MODE;      -- nobody posts meanwhile
SELECT pg_advisory_xact_lock(7217);                                     -- and nobody rolls up

-- ---------------------------------------------------------------------------- what is not rolled up yet

-- By the header's transaction: one number a posting instead of one an entry, which two indexes held.
ALTER TABLE ledger_transfer ADD COLUMN xid xid8 NOT NULL DEFAULT '0';
ALTER TABLE ledger_transfer DISABLE TRIGGER append_only;
UPDATE ledger_transfer t SET xid = e.xid
  FROM (SELECT DISTINCT home_id, transfer_id, xid FROM ledger_entry
         WHERE xid >= (SELECT before_xid FROM ledger_mark)) AS e
 WHERE e.home_id = t.home_id AND e.transfer_id = t.id;
ALTER TABLE ledger_transfer ENABLE TRIGGER append_only;
ALTER TABLE ledger_transfer ALTER COLUMN xid SET DEFAULT pg_current_xact_id();
CREATE INDEX ledger_transfer_xid ON ledger_transfer (xid);
DROP INDEX ledger_entry_xid, ledger_entry_recent;
ALTER TABLE ledger_entry DROP COLUMN xid;

-- ---------------------------------------------------------------------------- an account's entries

-- Each entry stands in one of two: what is pending by the end of its hold, which a payout's page asks for, and of each
-- day the newest first; of every other account the newest first. Entries of one posting are told apart when they are read.
DROP INDEX ledger_entry_account, ledger_entry_held;
CREATE INDEX ledger_entry_account ON ledger_entry (owner_id, account, currency, transfer_id)
  WITH (deduplicate_items = off)        -- there are next to none to put together, and it would look for them
  WHERE account <> 'pending';
CREATE INDEX ledger_entry_held ON ledger_entry (owner_id, currency, held_until, transfer_id)
  WITH (deduplicate_items = off) WHERE account = 'pending';

-- ---------------------------------------------------------------------------- checked by statement

-- An entry's header is there, is of the same transaction, and says how many entries there are: so nothing is added to it
-- later, by whoever it may be, and an entry whose header nobody wrote is refused as by a foreign key. That was asked of
-- each entry alone, and locked its header. Nobody takes a header away: it is append-only.
ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_home_id_transfer_id_fkey;
CREATE OR REPLACE FUNCTION check_transfers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad text;
BEGIN
  SELECT coalesce(t.key, n.home_id || ' ' || n.transfer_id) INTO bad
    FROM (SELECT home_id, transfer_id, sum(signed_minor) AS total, count(*) AS entries,
                 min(currency) AS lowest, max(currency) AS highest, min(seq) AS first, max(seq) AS last
            FROM new_rows GROUP BY 1, 2) AS n
    LEFT JOIN ledger_transfer t ON t.home_id = n.home_id AND t.id = n.transfer_id
   WHERE t.id IS NULL OR t.xid <> pg_current_xact_id()
      OR n.total <> 0 OR n.entries <> t.entries OR n.lowest <> t.currency OR n.highest <> t.currency
      OR n.first <> 0 OR n.last <> n.entries - 1
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'ledger transfer % has no header of this transaction, is unbalanced, incomplete or mixes currencies',
      bad USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;

-- Asked of each posting by its key. Without OFFSET it would rather be looked up among all entries of whoever asks.
DROP POLICY entered ON ledger_transfer;
CREATE POLICY entered ON ledger_transfer FOR SELECT TO mainstem_app
  USING (EXISTS (SELECT 1 FROM ledger_entry e
                  WHERE e.home_id = ledger_transfer.home_id AND e.transfer_id = ledger_transfer.id
                    AND e.owner_id = (SELECT current_home()) OFFSET 0));
