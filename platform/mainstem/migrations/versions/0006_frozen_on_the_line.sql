-- Each line carries its own hold rule and when the last of it arrived (docs/decisions/23), and which
-- share of its price without tax counts for commission.

ALTER TABLE order_line ADD COLUMN commissionable_bp smallint CHECK (commissionable_bp BETWEEN 0 AND 10000);
ALTER TABLE order_line ADD COLUMN hold_days smallint CHECK (hold_days >= 0);
ALTER TABLE order_line ADD COLUMN delivered_at timestamptz;             -- the latest delivery so far

-- The product's share, unless it has changed since: then what the line's own figures say.
UPDATE order_line l
   SET commissionable_bp = CASE
         WHEN l.commissionable_minor = part(l.total_minor - l.tax_minor, p.commissionable_bp, 10000)
         THEN p.commissionable_bp
         ELSE part(l.commissionable_minor, 10000, l.total_minor - l.tax_minor) END,
       hold_days = CASE l.kind WHEN 'goods' THEN o.hold_days_goods ELSE o.hold_days_service END,
       delivered_at = CASE WHEN l.delivered > 0 THEN o.delivered_at END
  FROM orders o, variant v, product p
 WHERE o.home_id = l.home_id AND o.id = l.order_id AND v.id = l.variant_id AND p.id = v.product_id;
ALTER TABLE order_line ALTER COLUMN commissionable_bp SET NOT NULL;
ALTER TABLE order_line ALTER COLUMN hold_days SET NOT NULL;
ALTER TABLE orders DROP COLUMN hold_days_goods, DROP COLUMN hold_days_service;
GRANT UPDATE (delivered_at) ON order_line TO mainstem_company;

-- hold: the same money under another day, out of one and into the other.
ALTER TABLE commission DROP CONSTRAINT commission_kind_check;
ALTER TABLE commission ADD CONSTRAINT commission_kind_check
  CHECK (kind IN ('credit', 'reversal', 'restored', 'hold'));
