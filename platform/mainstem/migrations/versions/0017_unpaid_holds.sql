-- Orders of open pages of the last two days: from which network address, and whether they took a large
-- share of what was left of something. The company's alone, and forgotten when it has served.
CREATE TABLE checkout_origin (
  home_id bigint NOT NULL,
  order_id uuid NOT NULL,
  address text NOT NULL CHECK (address <> ''),
  client_key text NOT NULL,
  large boolean NOT NULL,
  placed_at timestamptz NOT NULL,
  PRIMARY KEY (home_id, order_id),
  FOREIGN KEY (home_id, order_id) REFERENCES orders (home_id, id)
);
CREATE INDEX checkout_origin_address ON checkout_origin (address, placed_at);
CREATE INDEX checkout_origin_client ON checkout_origin (client_key, placed_at);
CREATE INDEX checkout_origin_age ON checkout_origin USING brin (placed_at);

ALTER TABLE checkout_origin ENABLE ROW LEVEL SECURITY;
ALTER TABLE checkout_origin FORCE ROW LEVEL SECURITY;
CREATE POLICY company ON checkout_origin TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true);
CREATE POLICY reader ON checkout_origin FOR SELECT TO mainstem_read USING (true);
GRANT SELECT, INSERT, DELETE ON checkout_origin TO mainstem_company;
GRANT SELECT ON checkout_origin TO mainstem_read;
