-- Money goes back by one right, with a limit for each role, and a second person above it.

CREATE TABLE approval (                 -- a request to send money back that a second person answers
  home_id bigint NOT NULL,
  id uuid NOT NULL,
  order_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('refund', 'cancellation')),
  state text NOT NULL CHECK (state IN ('needs_approval', 'approved', 'denied', 'canceled')),
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  lines jsonb NOT NULL DEFAULT '[]',    -- as a refund has them
  goods_go boolean NOT NULL DEFAULT false,
  pieces jsonb NOT NULL DEFAULT '{}',
  holds_goods boolean NOT NULL,         -- until it is answered, nothing of the order leaves
  reason text NOT NULL,
  asked_by text NOT NULL,
  asked_at timestamptz NOT NULL,
  decided_by text,
  decided_at timestamptz,
  words text NOT NULL DEFAULT '',       -- why not
  PRIMARY KEY (home_id, id),
  FOREIGN KEY (home_id, order_id) REFERENCES orders (home_id, id),
  CHECK ((state = 'needs_approval') = (decided_at IS NULL)),
  CHECK ((decided_at IS NULL) = (decided_by IS NULL)),
  CONSTRAINT answered_by_another CHECK (state NOT IN ('approved', 'denied') OR decided_by <> asked_by)
);
CREATE UNIQUE INDEX approval_waiting ON approval (home_id, order_id) WHERE state = 'needs_approval';
CREATE INDEX approval_order ON approval (home_id, order_id);

ALTER TABLE refund ADD COLUMN approval_id uuid;
ALTER TABLE refund ADD FOREIGN KEY (home_id, approval_id) REFERENCES approval (home_id, id);

ALTER TABLE approval ENABLE ROW LEVEL SECURITY;
ALTER TABLE approval FORCE ROW LEVEL SECURITY;
CREATE POLICY company ON approval TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true);
CREATE POLICY reader ON approval FOR SELECT TO mainstem_read USING (true);
GRANT SELECT, INSERT ON approval TO mainstem_company;
GRANT UPDATE (state, decided_by, decided_at, words) ON approval TO mainstem_company;
-- What staff say to each other about a client is nobody else's to read.
GRANT SELECT ON approval TO mainstem_read;
