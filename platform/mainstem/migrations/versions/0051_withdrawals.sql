-- What the law excepts from the client's right to withdraw (Directive 2011/83/EU, Article 16), said by
-- article and frozen on the line that was ordered.
ALTER TABLE product ADD COLUMN withdrawal text NOT NULL DEFAULT 'yes'
  CHECK (withdrawal IN ('yes', 'made_to_measure', 'perishable', 'sealed', 'digital'));
ALTER TABLE order_line ADD COLUMN withdrawal text NOT NULL DEFAULT 'yes'
  CHECK (withdrawal IN ('yes', 'made_to_measure', 'perishable', 'sealed', 'digital'));

-- That the client asked for a service to begin before their right is over, in the words they saw.
ALTER TABLE quote ADD COLUMN begin_words text NOT NULL DEFAULT '';
ALTER TABLE quote ADD COLUMN begin_asked_at timestamptz;
ALTER TABLE quote ADD CHECK ((begin_words = '') = (begin_asked_at IS NULL));

-- A client's statement that they withdraw, as it was made: nothing of it is ever changed. The first
-- submission sets the time; what becomes of it stands beside it.
CREATE TABLE withdrawal (
  home_id bigint NOT NULL,
  id uuid NOT NULL,
  storefront_id bigint NOT NULL,        -- where it was made, or the order's
  key text NOT NULL,                    -- what it is a repeat of, if it comes again
  channel text NOT NULL CHECK (channel IN ('form', 'order_page', 'affiliate', 'company')),
  locale text NOT NULL,
  name text NOT NULL,                   -- these four as they were typed
  number text NOT NULL,
  contact text NOT NULL,
  parts text NOT NULL DEFAULT '',
  contact_key text NOT NULL,            -- the contact as it is compared
  statement_hash bytea NOT NULL,
  received_at timestamptz NOT NULL,     -- from here every period counts
  recorded_at timestamptz NOT NULL,
  actor text NOT NULL,
  order_id uuid,
  matched_by text CHECK (matched_by IN ('link', 'email', 'name', 'staff')),
  state text NOT NULL DEFAULT 'received'
    CHECK (state IN ('received', 'accepted', 'partly_accepted', 'declined', 'closed')),
  reason text NOT NULL DEFAULT '',      -- why not, or why less: a word of ours or somebody's
  refund_due_on date,
  delivery_minor bigint NOT NULL DEFAULT 0 CHECK (delivery_minor >= 0),
  decided_at timestamptz,
  decided_by text,
  PRIMARY KEY (home_id, id),
  UNIQUE (home_id, key),
  FOREIGN KEY (home_id, storefront_id) REFERENCES storefront (home_id, id),
  FOREIGN KEY (home_id, order_id) REFERENCES orders (home_id, id),
  CHECK ((state = 'received') = (decided_at IS NULL)),
  CHECK ((decided_at IS NULL) = (decided_by IS NULL)),
  CHECK ((order_id IS NULL) = (matched_by IS NULL)),
  CHECK (order_id IS NOT NULL OR state IN ('received', 'closed')),
  CHECK (received_at <= recorded_at)
);
CREATE INDEX withdrawal_order ON withdrawal (home_id, order_id) WHERE order_id IS NOT NULL;
CREATE INDEX withdrawal_waiting ON withdrawal (received_at, home_id, id) WHERE state = 'received';
CREATE INDEX withdrawal_newest ON withdrawal (received_at, home_id, id);
CREATE INDEX withdrawal_contact ON withdrawal (contact_key, recorded_at);

-- What of an order a withdrawal is of, and what became of each piece.
CREATE TABLE withdrawal_line (
  home_id bigint NOT NULL,
  withdrawal_id uuid NOT NULL,
  order_id uuid NOT NULL,
  line_no smallint NOT NULL,
  quantity int NOT NULL CHECK (quantity > 0),
  canceled int NOT NULL DEFAULT 0 CHECK (canceled >= 0),     -- had not left: went nowhere
  returned int NOT NULL DEFAULT 0 CHECK (returned >= 0),     -- taken back by the desk
  declined int NOT NULL DEFAULT 0 CHECK (declined >= 0),
  refunded_minor bigint NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0),
  deducted_minor bigint NOT NULL DEFAULT 0 CHECK (deducted_minor >= 0),
  why_not text NOT NULL DEFAULT '',
  PRIMARY KEY (home_id, withdrawal_id, line_no),
  FOREIGN KEY (home_id, withdrawal_id) REFERENCES withdrawal (home_id, id),
  FOREIGN KEY (home_id, order_id, line_no) REFERENCES order_line (home_id, order_id, line_no),
  CHECK (canceled + returned + declined <= quantity)
);
CREATE INDEX withdrawal_line_order ON withdrawal_line (home_id, order_id, line_no);

ALTER TABLE withdrawal ENABLE ROW LEVEL SECURITY;
ALTER TABLE withdrawal FORCE ROW LEVEL SECURITY;
CREATE POLICY company ON withdrawal TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true);
CREATE POLICY home ON withdrawal FOR SELECT TO mainstem_app USING (home_id = (SELECT current_home()));
CREATE POLICY reader ON withdrawal FOR SELECT TO mainstem_read USING (true);
GRANT SELECT, INSERT ON withdrawal TO mainstem_company;
GRANT UPDATE (order_id, matched_by, state, reason, refund_due_on, delivery_minor, decided_at, decided_by)
  ON withdrawal TO mainstem_company;
-- An affiliate sees that an order was withdrawn from, and nothing of what anybody typed.
GRANT SELECT (home_id, id, storefront_id, channel, received_at, order_id, state) ON withdrawal TO mainstem_app;
GRANT SELECT ON withdrawal TO mainstem_read;

ALTER TABLE withdrawal_line ENABLE ROW LEVEL SECURITY;
ALTER TABLE withdrawal_line FORCE ROW LEVEL SECURITY;
CREATE POLICY company ON withdrawal_line TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true);
CREATE POLICY home ON withdrawal_line FOR SELECT TO mainstem_app USING (home_id = (SELECT current_home()));
CREATE POLICY reader ON withdrawal_line FOR SELECT TO mainstem_read USING (true);
GRANT SELECT, INSERT ON withdrawal_line TO mainstem_company;
GRANT UPDATE (canceled, returned, declined, refunded_minor, deducted_minor, why_not) ON withdrawal_line TO mainstem_company;
GRANT SELECT ON withdrawal_line TO mainstem_app, mainstem_read;
