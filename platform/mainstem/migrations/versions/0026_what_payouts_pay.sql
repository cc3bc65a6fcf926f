-- ---------------------------------------------------------------------------- what a payout pays

-- What stayed payable when a payout was reserved: with it the next one begins. Kept, so that no page
-- has to add up the account from its first day.
ALTER TABLE payout ADD COLUMN left_minor bigint NOT NULL DEFAULT 0;
UPDATE payout p SET left_minor = stood.minor
  FROM (SELECT p.home_id, p.id, coalesce(sum(e.signed_minor), 0)::bigint AS minor
          FROM payout p
          JOIN ledger_transfer t ON t.home_id = p.home_id AND t.key = 'payout:' || p.id
          JOIN ledger_entry e ON e.owner_id = p.home_id AND e.account = 'payable'
                             AND e.currency = p.currency AND e.transfer_id <= t.id
         GROUP BY 1, 2) AS stood
 WHERE stood.home_id = p.home_id AND stood.id = p.id AND stood.minor <> 0;
CREATE INDEX payout_in_currency ON payout (home_id, currency, reserved_at, id);

-- The end of a hold leads to what was held until then.
CREATE INDEX ledger_entry_held ON ledger_entry (owner_id, currency, held_until, transfer_id, home_id, seq)
  INCLUDE (signed_minor) WHERE account = 'pending';

-- Whoever has an entry in a posting may read what it was for, wherever the order began.
CREATE POLICY entered ON ledger_transfer FOR SELECT TO mainstem_app
  USING (EXISTS (SELECT 1 FROM ledger_entry e
                  WHERE e.home_id = ledger_transfer.home_id AND e.transfer_id = ledger_transfer.id
                    AND e.owner_id = (SELECT current_home())));

-- ---------------------------------------------------------------------------- lost disputes

-- How much of what a dispute has taken stands in the books as lost. Those that were lost before this
-- are booked by the next hour's clock.
ALTER TABLE dispute ADD COLUMN lost_minor bigint NOT NULL DEFAULT 0;
CREATE INDEX dispute_loss_unbooked ON dispute (home_id, order_id)
  WHERE lost_minor <> CASE WHEN status = 'lost' THEN booked_minor ELSE 0 END;

ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_check;
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_check CHECK (
  (owner_id = 0 AND account IN ('gateway_cash','bank_cash','sales','tax','commission_expense','fees',
                                'disputes','chargeback_losses','fx_difference','write_off','suspense'))
  OR (owner_id > 0 AND account IN ('pending','payable','payout_clearing')));

-- ---------------------------------------------------------------------------- settled by the bank

-- A refund that the company's own bank paid, and the failed one that it was paid instead of.
ALTER TABLE refund ADD COLUMN settles uuid, ADD COLUMN reference text CHECK (reference <> ''),
  ADD FOREIGN KEY (home_id, settles) REFERENCES refund (home_id, id),
  ADD CONSTRAINT refund_settled CHECK ((settles IS NULL) = (reference IS NULL));
CREATE UNIQUE INDEX refund_settles ON refund (home_id, settles) WHERE settles IS NOT NULL;

ALTER TABLE approval DROP CONSTRAINT approval_kind_check,
  ADD CONSTRAINT approval_kind_check CHECK (kind IN ('refund', 'cancellation', 'settlement')),
  ADD COLUMN settles uuid, ADD COLUMN reference text CHECK (reference <> ''),
  ADD FOREIGN KEY (home_id, settles) REFERENCES refund (home_id, id),
  ADD CONSTRAINT approval_settles CHECK ((kind = 'settlement') = (settles IS NOT NULL)),
  ADD CONSTRAINT approval_settled CHECK ((settles IS NULL) = (reference IS NULL));
