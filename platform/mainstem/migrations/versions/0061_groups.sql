-- Which groups an affiliate is in and was in, and on an order those of whoever is credited and of everybody
-- above them, as they were when it was placed (docs/decisions/57). From here on the upline on an order
-- is whole; on earlier ones it is as long as the plan of their day had levels.

CREATE TABLE affiliate_group (
  affiliate_id bigint NOT NULL REFERENCES affiliate,
  name text NOT NULL CHECK (name <> ''),
  from_at timestamptz NOT NULL,
  until_at timestamptz CHECK (until_at >= from_at),
  actor text NOT NULL,
  PRIMARY KEY (affiliate_id, name, from_at)
);
CREATE UNIQUE INDEX affiliate_group_now ON affiliate_group (affiliate_id, name) WHERE until_at IS NULL;

ALTER TABLE orders ADD COLUMN groups jsonb;   -- {affiliate: [group]}; none where nobody was in any

ALTER TABLE affiliate_group ENABLE ROW LEVEL SECURITY;
ALTER TABLE affiliate_group FORCE ROW LEVEL SECURITY;
CREATE POLICY company ON affiliate_group TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true);
CREATE POLICY own ON affiliate_group FOR SELECT TO mainstem_app USING (affiliate_id = (SELECT current_home()));
CREATE POLICY reader ON affiliate_group FOR SELECT TO mainstem_read USING (true);
GRANT SELECT, INSERT ON affiliate_group TO mainstem_company;
GRANT UPDATE (until_at) ON affiliate_group TO mainstem_company;
GRANT SELECT ON affiliate_group TO mainstem_app, mainstem_read;
