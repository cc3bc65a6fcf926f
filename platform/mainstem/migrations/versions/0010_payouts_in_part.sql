-- What the gateway has taken back of a payout's transfer: payable again, and no part of the payout any more.
ALTER TABLE payout ADD COLUMN returned_minor bigint NOT NULL DEFAULT 0
  CHECK (returned_minor >= 0 AND returned_minor <= amount_minor);

UPDATE payout p SET returned_minor = back.minor
  FROM (SELECT t.home_id, substring(t.reason FROM '^Payout (\S+) called off') AS number,
               sum(e.signed_minor)::bigint AS minor
          FROM ledger_transfer t
          JOIN ledger_entry e ON e.home_id = t.home_id AND e.transfer_id = t.id AND e.account = 'payable'
         WHERE t.key LIKE 'reverse:%'
         GROUP BY 1, 2) AS back
 WHERE p.home_id = back.home_id AND p.number = back.number;

-- What waits for people, and the sum of what has arrived: neither reads the history.
CREATE INDEX payout_failed ON payout (home_id) WHERE state = 'failed';
CREATE INDEX payout_paid ON payout (currency) INCLUDE (amount_minor, returned_minor) WHERE state = 'paid';
