-- What counts in a period and was sold under another upline than its seller stood under at its end, where the plan
-- counts each sale for the upline that it was sold under (docs/decisions/84). 1 is the close; each further settlement
-- has rows for each upline of which it is another amount since, 0 for nothing.
CREATE TABLE period_sold_under (
  home_id bigint NOT NULL REFERENCES affiliate,
  starts_on date NOT NULL REFERENCES period,
  settlement int NOT NULL CHECK (settlement > 0),
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  upline bigint[] NOT NULL,             -- the seller first; 0 for whoever is not known any more
  volume_minor bigint NOT NULL CHECK (volume_minor >= 0),
  PRIMARY KEY (home_id, starts_on, settlement, currency, upline),
  CHECK (upline[1] = home_id)
);
CREATE INDEX period_sold_under_of ON period_sold_under (starts_on, settlement, home_id);

CREATE TRIGGER closed_gets_none AFTER INSERT ON period_sold_under REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION check_period_earned();
CREATE TRIGGER closed_keeps AFTER DELETE ON period_sold_under REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION check_period_earned();
CREATE TRIGGER never_changed BEFORE UPDATE OR TRUNCATE ON period_sold_under
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT, DELETE ON period_sold_under TO mainstem_company;
GRANT SELECT ON period_sold_under TO mainstem_read;
ALTER TABLE period_sold_under ENABLE ROW LEVEL SECURITY;
ALTER TABLE period_sold_under FORCE ROW LEVEL SECURITY;
CREATE POLICY company ON period_sold_under TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true);
CREATE POLICY reader ON period_sold_under FOR SELECT TO mainstem_read USING (true);
