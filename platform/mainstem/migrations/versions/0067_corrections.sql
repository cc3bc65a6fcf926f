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

-- ---------------------------------------------------------------------------- who is credited after all

-- An order is credited to another affiliate than at its sale: by staff, with a reason and evidence, and a second
-- person. What was frozen on the order stays; what should stand follows the newest that was approved.
CREATE TABLE attribution_change (
  home_id bigint NOT NULL,
  id uuid NOT NULL,
  order_id uuid NOT NULL,
  from_seller_id bigint NOT NULL REFERENCES affiliate,
  to_seller_id bigint NOT NULL REFERENCES affiliate,
  reason text NOT NULL CHECK (reason <> ''),
  evidence text NOT NULL CHECK (evidence <> ''),
  asked_by text NOT NULL,
  asked_at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'needs_approval' CHECK (state IN ('needs_approval', 'approved', 'denied')),
  decided_by text,
  decided_at timestamptz,
  words text NOT NULL DEFAULT '',       -- why not
  -- whoever is credited and everybody above them, as they were at the sale
  upline bigint[],
  groups jsonb,
  upline_facts jsonb,
  PRIMARY KEY (home_id, id),
  FOREIGN KEY (home_id, order_id) REFERENCES orders (home_id, id),
  CHECK (from_seller_id <> to_seller_id),
  CHECK ((state = 'needs_approval') = (decided_at IS NULL)),
  CHECK ((decided_at IS NULL) = (decided_by IS NULL)),
  CHECK ((state = 'approved') = (upline IS NOT NULL)),
  CHECK (upline[1] = to_seller_id),
  CONSTRAINT changed_by_another CHECK (decided_by <> asked_by)
);
CREATE UNIQUE INDEX attribution_change_waiting ON attribution_change (home_id, order_id) WHERE state = 'needs_approval';
CREATE INDEX attribution_change_order ON attribution_change (home_id, order_id, decided_at) WHERE state = 'approved';
CREATE INDEX attribution_change_asked ON attribution_change (asked_at, home_id, id) WHERE state = 'needs_approval';
CREATE INDEX attribution_change_of_order ON attribution_change (home_id, order_id);
CREATE INDEX attribution_change_from ON attribution_change (from_seller_id);
CREATE INDEX attribution_change_to ON attribution_change (to_seller_id);

ALTER TABLE attribution_change ENABLE ROW LEVEL SECURITY;
ALTER TABLE attribution_change FORCE ROW LEVEL SECURITY;
CREATE POLICY company ON attribution_change TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true);
CREATE POLICY reader ON attribution_change FOR SELECT TO mainstem_read USING (true);
GRANT SELECT, INSERT ON attribution_change TO mainstem_company;
GRANT UPDATE (state, decided_by, decided_at, words, upline, groups, upline_facts) ON attribution_change TO mainstem_company;
GRANT SELECT ON attribution_change TO mainstem_read;
