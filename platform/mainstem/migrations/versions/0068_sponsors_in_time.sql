-- Who sponsors whom changes in time (docs/decisions/63): a whole team moves by one statement, and what
-- was so at any instant can be asked.

-- ---------------------------------------------------------------------------- the tree

-- An update may touch a whole team, in any order: what must hold is looked at when the statement is done.
-- Whoever joins is one row, and is looked at alone, as before.
DROP TRIGGER affiliate_upline_holds ON affiliate;
DROP TRIGGER affiliate_upline_carries ON affiliate;
DROP FUNCTION carry_upline();
CREATE TRIGGER affiliate_upline_holds BEFORE INSERT ON affiliate
  FOR EACH ROW EXECUTE FUNCTION check_upline();

CREATE FUNCTION check_moved_uplines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM after JOIN before USING (id)
                  WHERE after.upline <> before.upline
                     OR after.sponsor_id IS DISTINCT FROM before.sponsor_id) THEN
    RETURN NULL;
  END IF;
  -- Whoever moves a sponsor meanwhile is waited for, and what they made of it is looked at.
  PERFORM FROM affiliate s
    WHERE s.id IN (SELECT sponsor_id FROM after) AND s.id NOT IN (SELECT id FROM after)
    ORDER BY s.id FOR SHARE;
  IF EXISTS (SELECT FROM after JOIN before USING (id) LEFT JOIN affiliate s ON s.id = after.sponsor_id
              WHERE (after.upline <> before.upline OR after.sponsor_id IS DISTINCT FROM before.sponsor_id)
                AND (after.upline <> after.id || coalesce(s.upline, '{}') OR s.upline @> ARRAY[after.id])) THEN
    RAISE EXCEPTION 'an upline is not an affiliate''s own id and their sponsor''s upline'
      USING ERRCODE = 'check_violation';
  END IF;
  -- Whoever moves takes everybody below along: those whom the statement left behind, and those who
  -- joined while it ran. An upline left behind could close a circle later.
  UPDATE affiliate below SET upline = below.id || after.upline
    FROM after
   WHERE below.sponsor_id = after.id AND below.upline <> below.id || after.upline;
  RETURN NULL;
END $$;
CREATE TRIGGER affiliate_moved_uplines_hold AFTER UPDATE ON affiliate
  REFERENCING OLD TABLE AS before NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION check_moved_uplines();

-- A page of those directly below somebody is read in this order.
DROP INDEX affiliate_sponsor;
CREATE INDEX affiliate_sponsor ON affiliate (sponsor_id, name, id);

-- A list of what is not sorted in yet is read whole by each search. After a large move it was long, and
-- whoever joined next paid for it.
ALTER INDEX affiliate_skeletons SET (fastupdate = off);
ALTER INDEX affiliate_upline SET (gin_pending_list_limit = 256);
ALTER INDEX affiliate_found SET (gin_pending_list_limit = 256);

-- ---------------------------------------------------------------------------- moves

CREATE TABLE sponsor_move (              -- one affiliate, with everybody below, to another sponsor
  id uuid PRIMARY KEY,
  affiliate_id bigint NOT NULL REFERENCES affiliate,
  from_sponsor_id bigint REFERENCES affiliate,      -- when it was asked for
  to_sponsor_id bigint REFERENCES affiliate CHECK (to_sponsor_id <> affiliate_id),
  members int NOT NULL CHECK (members > 0),         -- how many were to move then, with the affiliate
  effective_at timestamptz,                         -- none: as soon as it is approved
  reason text NOT NULL CHECK (reason <> ''),
  state text NOT NULL CHECK (state IN ('needs_approval', 'approved', 'denied', 'canceled', 'done', 'failed')),
  asked_by text NOT NULL,
  asked_at timestamptz NOT NULL,
  decided_by text,
  decided_at timestamptz,
  words text NOT NULL DEFAULT '',                   -- why not
  done_at timestamptz,
  CHECK (from_sponsor_id IS DISTINCT FROM to_sponsor_id),
  CHECK ((state = 'needs_approval') = (decided_by IS NULL)),
  CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
  CHECK (state IN ('needs_approval', 'canceled') OR decided_by <> asked_by),
  CHECK ((state IN ('done', 'failed')) = (done_at IS NOT NULL))
);
CREATE UNIQUE INDEX sponsor_move_open ON sponsor_move (affiliate_id) WHERE state IN ('needs_approval', 'approved');
CREATE INDEX sponsor_move_due ON sponsor_move (effective_at) WHERE state = 'approved';
CREATE INDEX sponsor_move_affiliate ON sponsor_move (affiliate_id, asked_at);
CREATE INDEX sponsor_move_asked ON sponsor_move (asked_at, id);
CREATE INDEX sponsor_move_from ON sponsor_move (from_sponsor_id);
CREATE INDEX sponsor_move_to ON sponsor_move (to_sponsor_id);

ALTER TABLE sponsorship
  ADD COLUMN why text NOT NULL DEFAULT '',
  ADD COLUMN actor text NOT NULL DEFAULT 'system',
  ADD COLUMN approved_by text,
  ADD COLUMN move_id uuid REFERENCES sponsor_move,
  ADD CHECK (sponsor_id <> affiliate_id),
  ADD CHECK (move_id IS NULL OR approved_by IS NOT NULL);
CREATE INDEX sponsorship_sponsor ON sponsorship (sponsor_id, valid_from);
CREATE UNIQUE INDEX sponsorship_move ON sponsorship (move_id) WHERE move_id IS NOT NULL;
-- An affiliate sees whose they were and when; who said so and why is the company's.
REVOKE SELECT ON sponsorship FROM mainstem_app;
GRANT SELECT (affiliate_id, sponsor_id, valid_from, valid_to) ON sponsorship TO mainstem_app;

-- ---------------------------------------------------------------------------- who has no sponsor yet

CREATE TABLE holding_tank (              -- who joined without a sponsor and waits to be given one
  affiliate_id bigint PRIMARY KEY REFERENCES affiliate,
  entered_at timestamptz NOT NULL,
  leaves_at timestamptz NOT NULL CHECK (leaves_at > entered_at),
  left_at timestamptz,
  left_by text,
  CHECK ((left_at IS NULL) = (left_by IS NULL))
);
CREATE INDEX holding_tank_waiting ON holding_tank (leaves_at, affiliate_id) WHERE left_at IS NULL;

ALTER TABLE programme
  ADD COLUMN default_sponsor_id bigint REFERENCES affiliate,
  ADD COLUMN holding_days int NOT NULL DEFAULT 0 CHECK (holding_days BETWEEN 0 AND 90),
  ADD COLUMN recruiter_groups text[] NOT NULL DEFAULT '{}',
  DROP CONSTRAINT programme_recruiters_check,
  DROP CONSTRAINT programme_levels_max_check,
  ADD CONSTRAINT programme_recruiters_check
    CHECK (recruiters IN ('nobody', 'everybody', 'proven', 'groups')),
  ADD CONSTRAINT programme_levels_max_check CHECK (levels_max BETWEEN 1 AND 30);

-- ---------------------------------------------------------------------------- what teams come to

-- Worked out anew from the orders each hour; nobody is paid by these. Who is not named has nobody below,
-- or has sold nothing.
CREATE TABLE team_size (
  affiliate_id bigint PRIMARY KEY REFERENCES affiliate,
  members int NOT NULL CHECK (members >= 0),        -- everybody below
  sellers int NOT NULL CHECK (sellers >= 0),        -- of them and the affiliate, who sold this month or last
  sells boolean NOT NULL DEFAULT false              -- whether the affiliate did
);
CREATE TABLE team_month (
  affiliate_id bigint NOT NULL REFERENCES affiliate,
  month date NOT NULL CHECK (extract(day FROM month) = 1),
  currency char(3) NOT NULL,
  own_minor bigint NOT NULL CHECK (own_minor >= 0), -- commissionable value that has arrived and stayed
  leg_minor bigint NOT NULL CHECK (leg_minor >= own_minor),    -- with everybody below
  PRIMARY KEY (affiliate_id, month, currency)
);

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['sponsor_move', 'holding_tank', 'team_size', 'team_month'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY company ON %I TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true)', t);
    EXECUTE format('CREATE POLICY reader ON %I FOR SELECT TO mainstem_read USING (true)', t);
    EXECUTE format('GRANT SELECT ON %I TO mainstem_read', t);
  END LOOP;
  -- An affiliate sees what legs of their own team come to: of whomever they see at all.
  FOREACH t IN ARRAY ARRAY['team_size', 'team_month'] LOOP
    EXECUTE format('CREATE POLICY tree ON %I FOR SELECT TO mainstem_app
                    USING (EXISTS (SELECT FROM affiliate a WHERE a.id = affiliate_id
                                   AND a.upline @> ARRAY[(SELECT current_home())]))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO mainstem_company', t);
  END LOOP;
END $$;
GRANT SELECT ON team_size TO mainstem_app;
GRANT SELECT (affiliate_id, month, currency, leg_minor) ON team_month TO mainstem_app;
GRANT SELECT, INSERT ON sponsor_move, holding_tank TO mainstem_company;
GRANT UPDATE (state, decided_by, decided_at, words, done_at) ON sponsor_move TO mainstem_company;
GRANT UPDATE (left_at, left_by) ON holding_tank TO mainstem_company;
