-- A refund may be goodwill: the company bears it, and commission stands (docs/decisions/68).

ALTER TABLE refund ADD COLUMN goodwill boolean NOT NULL DEFAULT false,
  ADD CONSTRAINT goodwill_keeps_goods CHECK (NOT goodwill OR goods_go);
CREATE INDEX refund_goodwill ON refund (home_id, order_id) WHERE goodwill;
CREATE INDEX refund_goodwill_when ON refund (requested_at, home_id, id) WHERE goodwill;
ALTER TABLE approval ADD COLUMN goodwill boolean NOT NULL DEFAULT false,
  ADD CONSTRAINT approval_goodwill_keeps_goods CHECK (NOT goodwill OR (goods_go AND kind = 'refund'));

-- How much of what went back for a line is goodwill that still stands; kept by the one writer of refunds.
ALTER TABLE order_line ADD COLUMN goodwill_minor bigint NOT NULL DEFAULT 0,
  ADD CONSTRAINT goodwill_was_refunded CHECK (goodwill_minor BETWEEN 0 AND refunded_minor);
GRANT UPDATE (goodwill_minor) ON order_line TO mainstem_company;

-- Lines whose goods came back whole after all: no goodwill of theirs stands any more.
CREATE TABLE goodwill_end (
  home_id bigint NOT NULL,
  order_id uuid NOT NULL,
  line_no smallint NOT NULL,
  reason text NOT NULL CHECK (reason <> ''),
  actor text NOT NULL,
  ended_at timestamptz NOT NULL,
  PRIMARY KEY (home_id, order_id, line_no),
  FOREIGN KEY (home_id, order_id, line_no) REFERENCES order_line (home_id, order_id, line_no)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON goodwill_end
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE goodwill_end ENABLE ROW LEVEL SECURITY;
ALTER TABLE goodwill_end FORCE ROW LEVEL SECURITY;
CREATE POLICY company ON goodwill_end TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true);
CREATE POLICY reader ON goodwill_end FOR SELECT TO mainstem_read USING (true);
GRANT SELECT, INSERT ON goodwill_end TO mainstem_company;
GRANT SELECT ON goodwill_end TO mainstem_read;
