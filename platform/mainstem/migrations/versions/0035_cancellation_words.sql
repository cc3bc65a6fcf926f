-- A payout that is canceled has its transfer reversed: the words that Stripe uses.
DROP INDEX payout_open;
ALTER TABLE payout DROP CONSTRAINT payout_state_check;
UPDATE payout SET state = 'reversing' WHERE state = 'unwinding';
ALTER TABLE payout ADD CONSTRAINT payout_state_check
  CHECK (state IN ('reserved','transferring','transferred','requested','in_transit','paid','on_hold','failed','reversing','canceled'));
CREATE UNIQUE INDEX payout_open ON payout (home_id, currency)
  WHERE state IN ('reserved','transferring','transferred','requested','in_transit','on_hold','reversing');
ALTER TABLE payout RENAME COLUMN called_off TO cancel_reason;
