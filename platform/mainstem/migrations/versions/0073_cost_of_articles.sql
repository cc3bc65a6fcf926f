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
