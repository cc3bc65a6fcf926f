-- An earning has a source: an order, as until now, an affiliate's period, or an adjustment
-- (docs/decisions/57). What an order has earned keeps its rows; its id is the source's.

ALTER TABLE commission RENAME TO earning;
ALTER TABLE earning RENAME COLUMN order_id TO source_id;
ALTER TABLE earning RENAME CONSTRAINT commission_pkey TO earning_pkey;
ALTER INDEX commission_beneficiary RENAME TO earning_beneficiary;
ALTER TABLE earning DROP CONSTRAINT commission_home_id_order_id_fkey;

ALTER TABLE earning
  ADD COLUMN source text NOT NULL DEFAULT 'order' CHECK (source IN ('order', 'period', 'adjustment')),
  ADD COLUMN period_from date,          -- the first day of the period; its affiliate is the beneficiary
  ADD COLUMN order_id uuid GENERATED ALWAYS AS (CASE source WHEN 'order' THEN source_id END) STORED,
  ALTER COLUMN plan_version DROP NOT NULL,
  ADD CHECK ((source = 'period') = (period_from IS NOT NULL)),
  ADD CHECK (source = 'order' OR home_id = beneficiary_id),
  ADD CHECK (source = 'adjustment' OR plan_version IS NOT NULL);
ALTER TABLE earning ADD FOREIGN KEY (home_id, order_id) REFERENCES orders (home_id, id);
