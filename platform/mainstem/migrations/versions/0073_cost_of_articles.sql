-- What one piece of an article costs the company, without tax (docs/decisions/72). It is staff's to know: work
-- that is bound to an affiliate reads neither table, which is why the cost of a line is not a column of the line.

CREATE TABLE cost (                     -- the cost in force is the latest that has begun
  variant_id bigint NOT NULL REFERENCES variant,
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  valid_from timestamptz NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0),     -- without tax
  withdrawn boolean NOT NULL DEFAULT false,                   -- from here on it is not known
  PRIMARY KEY (variant_id, currency, valid_from)
);

-- Of a line of an order, all its pieces together. What was not known when it was ordered has no row.
CREATE TABLE order_line_cost (
  home_id bigint NOT NULL,
  order_id uuid NOT NULL,
  line_no smallint NOT NULL,
  cost_minor bigint NOT NULL CHECK (cost_minor >= 0),         -- in the currency of the order, without tax
  PRIMARY KEY (home_id, order_id, line_no),
  FOREIGN KEY (home_id, order_id, line_no) REFERENCES order_line (home_id, order_id, line_no)
);

GRANT SELECT, INSERT ON cost, order_line_cost TO mainstem_company;
GRANT SELECT ON cost, order_line_cost TO mainstem_read;

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['cost', 'order_line_cost'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY company ON %I TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true)', t);
    EXECUTE format('CREATE POLICY reader ON %I FOR SELECT TO mainstem_read USING (true)', t);
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
                    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t);
  END LOOP;
END $$;

-- What sales have earned an affiliate by the orders that count in a period, for what a plan says of all of it
-- together (docs/decisions/73). 1 is the close; each further settlement has rows for whoever has another amount
-- since.
CREATE TABLE period_earned (
  home_id bigint NOT NULL REFERENCES affiliate,
  starts_on date NOT NULL REFERENCES period,
  settlement int NOT NULL CHECK (settlement > 0),
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  own_minor bigint NOT NULL,            -- of what they sold themselves
  sponsor_minor bigint NOT NULL,        -- of what others sold
  sales int NOT NULL CHECK (sales >= 0),-- orders that they sold themselves, of which something was kept
  is_first boolean NOT NULL,            -- the first sale that they ever delivered is among these
  PRIMARY KEY (home_id, starts_on, settlement, currency)
);
CREATE INDEX period_earned_of ON period_earned (starts_on, settlement, home_id);

CREATE FUNCTION check_period_earned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM (SELECT DISTINCT starts_on FROM changed WHERE settlement = 1 OR TG_OP = 'DELETE') c
               JOIN period p USING (starts_on) WHERE p.state = 'closed') THEN
    RAISE EXCEPTION '% is of a closed period', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER closed_gets_none AFTER INSERT ON period_earned REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION check_period_earned();
CREATE TRIGGER closed_keeps AFTER DELETE ON period_earned REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION check_period_earned();
CREATE TRIGGER never_changed BEFORE UPDATE OR TRUNCATE ON period_earned
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT, DELETE ON period_earned TO mainstem_company;
GRANT SELECT ON period_earned TO mainstem_read;
ALTER TABLE period_earned ENABLE ROW LEVEL SECURITY;
ALTER TABLE period_earned FORCE ROW LEVEL SECURITY;
CREATE POLICY company ON period_earned TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true);
CREATE POLICY reader ON period_earned FOR SELECT TO mainstem_read USING (true);

-- Orders are delivered about in the order in which they were placed: a few pages say where a month lies.
CREATE INDEX orders_delivered ON orders USING brin (delivered_at);

-- A period may also take back: what is above a limit, and what is not kept.
ALTER TABLE period_preview_earning DROP CONSTRAINT period_preview_earning_amount_minor_check;
ALTER TABLE period_preview_earning ADD CHECK (amount_minor <> 0);
