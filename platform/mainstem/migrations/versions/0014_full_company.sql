-- What a page reads of a full company is found by an index, never by reading history.

-- ---------------------------------------------------------------------------- the books

-- An account's entries, newest first. Sums over an account read this index alone, as they read the
-- one that it takes the place of; what is newer than the roll-up's mark is found by ledger_entry_xid.
DROP INDEX ledger_entry_account;
CREATE INDEX ledger_entry_account ON ledger_entry (owner_id, account, currency, transfer_id, home_id, seq)
  INCLUDE (signed_minor);

-- The trial balance shows both sides, and does not add up all entries for it.
ALTER TABLE ledger_balance
  ADD COLUMN debits_minor bigint NOT NULL DEFAULT 0 CHECK (debits_minor >= 0),
  ADD COLUMN credits_minor bigint NOT NULL DEFAULT 0 CHECK (credits_minor >= 0);
SELECT pg_advisory_xact_lock(7217);     -- nobody rolls up meanwhile
UPDATE ledger_balance b SET debits_minor = e.debits, credits_minor = e.credits
  FROM (SELECT owner_id, account, currency,
               coalesce(sum(amount_minor) FILTER (WHERE side = 'D'), 0)::bigint AS debits,
               coalesce(sum(amount_minor) FILTER (WHERE side = 'C'), 0)::bigint AS credits
          FROM ledger_entry WHERE xid < (SELECT before_xid FROM ledger_mark)
         GROUP BY 1, 2, 3) e
 WHERE b.owner_id = e.owner_id AND b.account = e.account AND b.currency = e.currency;

-- ---------------------------------------------------------------------------- lists and searches

-- Orders that one affiliate's storefront took and another is credited for: the few that
-- orders_seller does not show to their home.
CREATE INDEX orders_credited_elsewhere ON orders (home_id, placed_at) WHERE seller_id <> home_id;
CREATE INDEX lead_number ON lead (number);
CREATE INDEX payout_period ON payout (period);
-- The feed of facts, newest first: ids are made in the order of time. The summary of recorded_at that
-- was here before had to read a whole import to show its last page.
CREATE INDEX fact_newest ON fact (id);
DROP INDEX fact_recent;

-- ---------------------------------------------------------------------------- checks

CREATE TABLE check_run (                -- each time that all truths were looked at
  id uuid PRIMARY KEY,
  asked_by text NOT NULL,
  asked_at timestamptz NOT NULL,
  ended_at timestamptz,
  findings jsonb NOT NULL DEFAULT '[]', -- [{truth, wrong, example}]
  wrong int NOT NULL DEFAULT 0 CHECK (wrong >= 0)              -- how many truths do not hold
);
GRANT SELECT, INSERT, UPDATE, DELETE ON check_run TO mainstem_company;
GRANT SELECT ON check_run TO mainstem_read;
ALTER TABLE check_run ENABLE ROW LEVEL SECURITY; ALTER TABLE check_run FORCE ROW LEVEL SECURITY;
CREATE POLICY company ON check_run TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true);
CREATE POLICY reader ON check_run FOR SELECT TO mainstem_read USING (true);
