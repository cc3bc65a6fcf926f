-- A client is tied to another affiliate than to the one who won them: by staff, with a reason and evidence, and a
-- second person. It is of the orders to come: what was sold stays with whom it was frozen (docs/decisions/82).

CREATE TABLE binding_change (
  id uuid PRIMARY KEY,
  client_key text NOT NULL,
  from_affiliate_id bigint NOT NULL REFERENCES affiliate,
  to_affiliate_id bigint NOT NULL REFERENCES affiliate,
  -- the binding that it is to replace, as it was when this was asked for
  bound_at timestamptz NOT NULL,
  bound_until timestamptz NOT NULL CHECK (bound_until > bound_at),
  bound_by text NOT NULL CHECK (bound_by <> ''),
  bound_home_id bigint,                 -- may be of any home, so no foreign key, as in client_binding
  bound_order_id uuid,
  reason text NOT NULL CHECK (reason <> ''),
  evidence text NOT NULL CHECK (evidence <> ''),
  asked_by text NOT NULL,
  asked_at timestamptz NOT NULL CHECK (asked_at < bound_until),
  state text NOT NULL DEFAULT 'needs_approval'
    CHECK (state IN ('needs_approval', 'approved', 'denied', 'canceled')),
  decided_by text,
  decided_at timestamptz,
  words text NOT NULL DEFAULT '',       -- why not
  CHECK (from_affiliate_id <> to_affiliate_id),
  CHECK ((bound_home_id IS NULL) = (bound_order_id IS NULL)),
  CHECK ((state = 'needs_approval') = (decided_at IS NULL)),
  CHECK ((decided_at IS NULL) = (decided_by IS NULL)),
  CHECK (state <> 'denied' OR words <> ''),
  CHECK (state <> 'approved' OR decided_at < bound_until),
  CONSTRAINT binding_changed_by_another CHECK (state IN ('needs_approval', 'canceled') OR decided_by <> asked_by)
);
CREATE UNIQUE INDEX binding_change_waiting ON binding_change (client_key) WHERE state = 'needs_approval';
CREATE INDEX binding_change_client ON binding_change (client_key, asked_at, id);
CREATE INDEX binding_change_asked ON binding_change (asked_at, id) WHERE state = 'needs_approval';
CREATE INDEX binding_change_from ON binding_change (from_affiliate_id);
CREATE INDEX binding_change_to ON binding_change (to_affiliate_id);

ALTER TABLE binding_change ENABLE ROW LEVEL SECURITY;
ALTER TABLE binding_change FORCE ROW LEVEL SECURITY;
CREATE POLICY company ON binding_change TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true);
CREATE POLICY reader ON binding_change FOR SELECT TO mainstem_read USING (true);
GRANT SELECT, INSERT ON binding_change TO mainstem_company;
GRANT UPDATE (state, decided_by, decided_at, words) ON binding_change TO mainstem_company;
GRANT SELECT ON binding_change TO mainstem_read;

-- What staff have decided is of no order either, so none lets it fall.
ALTER TABLE client_binding DROP CONSTRAINT client_binding_made_by;
ALTER TABLE client_binding ADD CONSTRAINT client_binding_made_by CHECK (
  (home_id IS NULL) = (order_id IS NULL) AND (order_id IS NULL) = (reason IN ('brought_in', 'staff')));
