-- Tax by country reads a sum a day instead of every order of its period. Whatever changes what a day comes
-- to takes its row away in the same transaction; then the orders tell, until the day is added up again.

CREATE TABLE tax_day (
  begins timestamptz PRIMARY KEY,
  ends timestamptz NOT NULL UNIQUE,
  -- Whoever changes something of the day from this transaction on sees the row, and takes it away. It is
  -- added up when all before it have ended.
  horizon xid8,
  -- [{country, bp, treatment, currency, net_minor, tax_minor, refunded_net_minor, refunded_tax_minor}]
  sums jsonb CHECK (jsonb_typeof(sums) = 'array'),
  CHECK (begins < ends),
  CHECK (sums IS NULL OR horizon IS NOT NULL)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON tax_day TO mainstem_company;
GRANT SELECT ON tax_day TO mainstem_read;
ALTER TABLE tax_day ENABLE ROW LEVEL SECURITY; ALTER TABLE tax_day FORCE ROW LEVEL SECURITY;
CREATE POLICY company ON tax_day TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true);
CREATE POLICY reader ON tax_day FOR SELECT TO mainstem_read USING (true);

-- An order is updated away from where it was inserted, so blocks say little of its payment.
DROP INDEX orders_paid;
CREATE INDEX orders_paid ON orders (paid_at) WHERE paid_at IS NOT NULL;

CREATE FUNCTION reopen_tax_day_of_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM tax_day WHERE ends > NEW.paid_at AND begins <= NEW.paid_at;
  IF TG_OP = 'UPDATE' AND OLD.paid_at IS NOT NULL THEN
    DELETE FROM tax_day WHERE ends > OLD.paid_at AND begins <= OLD.paid_at;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER orders_tax_day AFTER UPDATE OF paid_at ON orders
  FOR EACH ROW WHEN (OLD.paid_at IS DISTINCT FROM NEW.paid_at) EXECUTE FUNCTION reopen_tax_day_of_order();
CREATE TRIGGER orders_tax_day_inserted AFTER INSERT ON orders
  FOR EACH ROW WHEN (NEW.paid_at IS NOT NULL) EXECUTE FUNCTION reopen_tax_day_of_order();

-- A refund's share of tax is what all up to it come to less what all before it did: those after it change.
CREATE FUNCTION reopen_tax_day_of_refund() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  first timestamptz := NEW.succeeded_at;
  last timestamptz := NEW.succeeded_at;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    first := least(first, OLD.succeeded_at);
    last := greatest(last, OLD.succeeded_at);
  END IF;
  DELETE FROM tax_day d
   WHERE d.ends > first AND (d.begins <= first OR (d.begins <= last AND d.ends > last) OR EXISTS (
         SELECT FROM refund r
          WHERE r.home_id = NEW.home_id AND r.order_id = NEW.order_id AND r.state = 'succeeded'
            AND r.succeeded_at >= d.begins AND r.succeeded_at < d.ends));
  RETURN NULL;
END $$;
CREATE TRIGGER refund_tax_day AFTER UPDATE OF state, succeeded_at, amount_minor, lines ON refund
  FOR EACH ROW WHEN (OLD.state = 'succeeded' OR NEW.state = 'succeeded')
  EXECUTE FUNCTION reopen_tax_day_of_refund();
CREATE TRIGGER refund_tax_day_inserted AFTER INSERT ON refund
  FOR EACH ROW WHEN (NEW.state = 'succeeded') EXECUTE FUNCTION reopen_tax_day_of_refund();

-- Orders from before the company had set its tax take the rate of their delivery from here.
CREATE FUNCTION reopen_tax_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM tax_day;
  RETURN NULL;
END $$;
CREATE TRIGGER shipping_rate_tax_days AFTER UPDATE OF tax_bp ON shipping_rate
  FOR EACH ROW WHEN (OLD.tax_bp <> NEW.tax_bp) EXECUTE FUNCTION reopen_tax_days();
CREATE TRIGGER shipping_rate_tax_days_named AFTER INSERT OR DELETE ON shipping_rate
  FOR EACH ROW EXECUTE FUNCTION reopen_tax_days();

-- ---------------------------------------------------------------------------- prices that are to begin

-- A list price may be set for a day to come, and taken back until it has begun. The company's clock says
-- when that is; here it is what was ordered: a price that an order may have had is history.
GRANT DELETE ON price TO mainstem_company;
CREATE FUNCTION refuse_begun_price() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM orders WHERE placed_at >= OLD.valid_from) THEN
    RAISE EXCEPTION 'the price of % has begun', OLD.valid_from USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN OLD;
END $$;
DROP TRIGGER append_only ON price;
CREATE TRIGGER price_stands BEFORE UPDATE OR TRUNCATE ON price
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER price_has_not_begun BEFORE DELETE ON price
  FOR EACH ROW EXECUTE FUNCTION refuse_begun_price();
CREATE INDEX price_to_begin ON price (currency, valid_from);
