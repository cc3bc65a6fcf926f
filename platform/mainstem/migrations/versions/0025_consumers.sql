-- A fact waits once for each of its consumers. What waits while this runs gets the name by which it is
-- known from now on; the record of what happened stays as it was written.
ALTER TABLE fact_waiting ADD COLUMN consumer text;
UPDATE fact_waiting SET name = known.name
  FROM (VALUES ('account.overdue', 'reconcile.account'), ('check.asked', 'check.requested'),
               ('dispute.overdue', 'reconcile.dispute'), ('gateway.received', 'webhook.received'),
               ('payment.doubled', 'payment.duplicated'), ('payment.overdue', 'reconcile.payment'),
               ('payment.return_asked', 'retry.duplicate'), ('payout.called_off', 'payout.cancel_requested'),
               ('payout.overdue', 'reconcile.payout'), ('refund.overdue', 'reconcile.refund'))
       AS known (former, name)
 WHERE fact_waiting.name = known.former;
UPDATE fact_waiting SET consumer = CASE
  WHEN name = 'check.requested' THEN 'checks'
  WHEN name LIKE 'reconcile.%' OR name LIKE 'retry.%' OR name IN ('refund.requested', 'payout.reserved',
       'payout.cancel_requested', 'payment.duplicated', 'webhook.received') THEN 'gateway'
  WHEN name IN ('payment.captured', 'payment.fee_known', 'refund.submitted', 'refund.succeeded',
       'refund.failed', 'payment.refunded', 'payment.disputed') THEN 'orders'
  WHEN name IN ('order.paid', 'order.lines_canceled', 'order.canceled', 'order.expired') THEN 'fulfillment'
  WHEN name IN ('account.changed', 'clock.weekly') THEN 'payouts'
  WHEN name IN ('clock.sweep', 'clock.hourly') THEN 'reconciliation'
  ELSE 'commissions' END;
-- A day's clean-up followed from its release.
UPDATE fact_waiting SET consumer = 'housekeeping', name = 'clock.daily' WHERE name = 'commission.released';
ALTER TABLE fact_waiting ALTER COLUMN consumer SET NOT NULL,
  ADD CHECK (consumer <> ''),
  DROP CONSTRAINT fact_waiting_pkey, DROP CONSTRAINT fact_waiting_home_id_id_key,
  ADD PRIMARY KEY (id, consumer), ADD UNIQUE (home_id, id, consumer);
