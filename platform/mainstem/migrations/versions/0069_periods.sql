-- What a month, a quarter or a year pays beside its sales (docs/decisions/65). A period is open while its
-- days last, previewed when somebody has looked at what it would pay, and closed by a second person. What it
-- was worked out of is kept with it, so that anybody can work it out again; once it is closed nothing of
-- that changes, and what comes later is settled in further steps.

CREATE TABLE period (
  starts_on date PRIMARY KEY,
  ends_on date NOT NULL,                -- the first day that is no part of it
  every text NOT NULL CHECK (every IN ('month', 'quarter', 'year')),
  counted_at text NOT NULL CHECK (counted_at IN ('order', 'delivery', 'end_of_hold')),
  zone text NOT NULL CHECK (zone <> ''),-- where its days begin and end
  plan_version int NOT NULL REFERENCES plan_version,
  plan_hash text NOT NULL CHECK (plan_hash <> ''),
  state text NOT NULL CHECK (state IN ('open', 'previewed', 'closed')),
  figured_at timestamptz NOT NULL,      -- when its figures were worked out, so far or for good
  preview int NOT NULL DEFAULT 0 CHECK (preview >= 0),
  previewed_by text,
  previewed_at timestamptz,
  outcome_hash text,                    -- of all that the newest preview was worked out of and came to
  closed_by text,
  closed_at timestamptz,
  CHECK (ends_on > starts_on),
  CHECK ((state = 'open') = (previewed_at IS NULL)),
  CHECK ((previewed_at IS NULL) = (previewed_by IS NULL) AND (previewed_at IS NULL) = (outcome_hash IS NULL)
         AND (previewed_at IS NULL) = (preview = 0)),
  CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
  CHECK ((closed_at IS NULL) = (closed_by IS NULL)),
  CONSTRAINT closed_by_another CHECK (closed_by <> previewed_by)
);
CREATE INDEX period_plan ON period (plan_version);

CREATE TABLE period_participant (       -- who took part, and under whom they stood when it ended
  home_id bigint NOT NULL REFERENCES affiliate,
  starts_on date NOT NULL REFERENCES period,
  sponsor_id bigint REFERENCES affiliate,
  house boolean NOT NULL,
  suspended boolean NOT NULL,
  groups text[] NOT NULL,
  PRIMARY KEY (home_id, starts_on)
);
CREATE INDEX period_participant_of ON period_participant (starts_on, home_id);

CREATE TABLE period_volume (            -- what each sold to clients that was delivered and did not come back
  home_id bigint NOT NULL REFERENCES affiliate,
  starts_on date NOT NULL REFERENCES period,
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  volume_minor bigint NOT NULL CHECK (volume_minor >= 0),
  clients int NOT NULL CHECK (clients >= 0),
  reached_at timestamptz NOT NULL,      -- when the last of it counted
  PRIMARY KEY (home_id, starts_on, currency)
);
CREATE INDEX period_volume_of ON period_volume (starts_on, currency, home_id);

CREATE TABLE period_standing (          -- ranks by name, '' for none, and what they came of
  home_id bigint NOT NULL REFERENCES affiliate,
  starts_on date NOT NULL REFERENCES period,
  highest text NOT NULL,
  paid_as text NOT NULL,
  paid_as_before text NOT NULL,
  qualified text NOT NULL,
  grace_used int NOT NULL CHECK (grace_used >= 0),
  PRIMARY KEY (home_id, starts_on)
);
CREATE INDEX period_standing_of ON period_standing (starts_on, home_id);

CREATE TABLE period_team (              -- what the team of whoever sold came to, and what the next rank asks
  home_id bigint NOT NULL REFERENCES affiliate,
  starts_on date NOT NULL REFERENCES period,
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  volume_minor bigint NOT NULL CHECK (volume_minor >= 0),
  next_rank text NOT NULL,              -- '' where there is no higher one
  asked jsonb NOT NULL,                 -- [[what, have, need]]
  PRIMARY KEY (home_id, starts_on, currency)
);
CREATE INDEX period_team_of ON period_team (starts_on, home_id);

CREATE TABLE period_preview_earning (   -- what the two newest previews would pay
  home_id bigint NOT NULL REFERENCES affiliate,
  starts_on date NOT NULL REFERENCES period,
  preview int NOT NULL CHECK (preview >= 0),          -- 0: so far, while the period is open
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  rule text NOT NULL CHECK (rule <> ''),
  of_minor bigint NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  PRIMARY KEY (home_id, starts_on, preview, currency, rule)
);
CREATE INDEX period_preview_earning_of ON period_preview_earning (starts_on, preview, amount_minor DESC, home_id);

CREATE TABLE period_settlement (        -- 1 is the close; each further one is for what came later
  starts_on date NOT NULL REFERENCES period,
  no int NOT NULL CHECK (no > 0),
  settled_by text NOT NULL,
  settled_at timestamptz NOT NULL,
  outcome_hash text NOT NULL,
  PRIMARY KEY (starts_on, no)
);

CREATE TABLE period_correction (        -- whose volume is another one since a settlement after the close
  home_id bigint NOT NULL REFERENCES affiliate,
  starts_on date NOT NULL,
  settlement int NOT NULL CHECK (settlement > 1),
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  volume_minor bigint NOT NULL CHECK (volume_minor >= 0),
  clients int NOT NULL CHECK (clients >= 0),
  reached_at timestamptz NOT NULL,
  PRIMARY KEY (home_id, starts_on, settlement, currency),
  FOREIGN KEY (starts_on, settlement) REFERENCES period_settlement
);
CREATE INDEX period_correction_of ON period_correction (starts_on, settlement);

CREATE TABLE period_touch (             -- an order of a period changed after somebody had previewed it
  home_id bigint NOT NULL,
  starts_on date NOT NULL REFERENCES period,
  order_id uuid NOT NULL,
  PRIMARY KEY (home_id, starts_on, order_id),
  FOREIGN KEY (home_id, order_id) REFERENCES orders (home_id, id)
);
CREATE INDEX period_touch_of ON period_touch (starts_on);
CREATE INDEX period_touch_order ON period_touch (home_id, order_id);

-- Lines are delivered about in the order in which they were written: a few pages say where a month lies.
CREATE INDEX order_line_delivered ON order_line USING brin (delivered_at);

ALTER TABLE earning ADD FOREIGN KEY (period_from) REFERENCES period;
CREATE INDEX earning_period ON earning (period_from, home_id) WHERE source = 'period';

-- ---------------------------------------------------------------------------- closed stays closed

CREATE FUNCTION check_period_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'closed' THEN
    RAISE EXCEPTION 'period % is closed', OLD.starts_on USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER closed_stays BEFORE UPDATE OR DELETE ON period FOR EACH ROW EXECUTE FUNCTION check_period_stays();

-- A look for the whole statement: a close writes a row for every affiliate there is.
CREATE FUNCTION check_period_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM (SELECT DISTINCT starts_on FROM changed) c JOIN period p USING (starts_on) WHERE p.state = 'closed') THEN
    RAISE EXCEPTION '% is of a closed period', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['period_participant', 'period_volume', 'period_standing', 'period_team'] LOOP
    EXECUTE format('CREATE TRIGGER closed_gets_none AFTER INSERT ON %I REFERENCING NEW TABLE AS changed
                    FOR EACH STATEMENT EXECUTE FUNCTION check_period_open()', t);
    EXECUTE format('CREATE TRIGGER closed_keeps AFTER DELETE ON %I REFERENCING OLD TABLE AS changed
                    FOR EACH STATEMENT EXECUTE FUNCTION check_period_open()', t);
    EXECUTE format('CREATE TRIGGER never_changed BEFORE UPDATE OR TRUNCATE ON %I
                    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['period_settlement', 'period_correction'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
                    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t);
  END LOOP;
END $$;

-- ---------------------------------------------------------------------------- who may

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['period_participant', 'period_volume', 'period_standing', 'period_team',
                           'period_preview_earning', 'period_correction', 'period_touch'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY company ON %I TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true)', t);
    EXECUTE format('CREATE POLICY home ON %I FOR SELECT TO mainstem_app USING (home_id = (SELECT current_home()))', t);
    EXECUTE format('CREATE POLICY reader ON %I FOR SELECT TO mainstem_read USING (true)', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO mainstem_company', t);
    EXECUTE format('GRANT SELECT ON %I TO mainstem_app, mainstem_read', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['period_participant', 'period_volume', 'period_standing', 'period_team',
                           'period_preview_earning', 'period_touch'] LOOP
    EXECUTE format('GRANT DELETE ON %I TO mainstem_company', t);
  END LOOP;
END $$;

-- When periods begin and end is everybody's to know.
GRANT SELECT, INSERT ON period, period_settlement TO mainstem_company;
GRANT UPDATE (ends_on, every, counted_at, zone, plan_version, plan_hash, state, figured_at, preview,
              previewed_by, previewed_at, outcome_hash, closed_by, closed_at) ON period TO mainstem_company;
GRANT SELECT ON period, period_settlement TO mainstem_app, mainstem_read;
