-- What somebody wants in force is proposed, and a second person publishes it (docs/decisions/77).

CREATE TABLE plan_proposal (
  id uuid PRIMARY KEY,
  document jsonb NOT NULL,
  effective_from timestamptz,                       -- none: as soon as it is published
  accepted text[] NOT NULL DEFAULT '{}',            -- warnings that are meant, by code and place
  state text NOT NULL CHECK (state IN ('needs_approval', 'published', 'denied', 'canceled')),
  nobody_to_ask boolean NOT NULL DEFAULT false,     -- the first plan, or nobody else who may publish
  proposed_by text NOT NULL,
  proposed_at timestamptz NOT NULL,
  decided_by text,
  decided_at timestamptz,
  words text NOT NULL DEFAULT '',                   -- why not
  version int REFERENCES plan_version,
  CHECK ((state = 'needs_approval') = (decided_by IS NULL)),
  CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
  CHECK ((state = 'published') = (version IS NOT NULL)),
  CHECK (state <> 'denied' OR words <> ''),
  CHECK (state IN ('needs_approval', 'canceled') OR nobody_to_ask OR decided_by <> proposed_by),
  CHECK (NOT nobody_to_ask OR state = 'published')
);
-- One at a time: the next would be compared with a version that the first one replaces.
CREATE UNIQUE INDEX plan_proposal_waiting ON plan_proposal ((true)) WHERE state = 'needs_approval';
CREATE INDEX plan_proposal_newest ON plan_proposal (proposed_at, id);
CREATE UNIQUE INDEX plan_proposal_version ON plan_proposal (version) WHERE version IS NOT NULL;

CREATE FUNCTION check_nobody_to_ask() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM plan_version WHERE version <> NEW.version)
     AND EXISTS (SELECT FROM membership m JOIN person p ON p.id = m.person_id
                  WHERE m.role IN ('finance', 'admin') AND m.revoked_at IS NULL
                    AND p.password_hash IS NOT NULL
                    AND 'staff:' || p.id IS DISTINCT FROM NEW.proposed_by
                    AND NOT EXISTS (SELECT FROM api_key k WHERE 'integration:' || k.id = NEW.proposed_by
                                       AND k.created_by = 'staff:' || p.id)) THEN
    RAISE EXCEPTION 'somebody else may publish this plan, and was not asked' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER plan_proposal_nobody_to_ask BEFORE INSERT OR UPDATE ON plan_proposal
  FOR EACH ROW WHEN (NEW.nobody_to_ask) EXECUTE FUNCTION check_nobody_to_ask();

ALTER TABLE plan_proposal ENABLE ROW LEVEL SECURITY;
ALTER TABLE plan_proposal FORCE ROW LEVEL SECURITY;
CREATE POLICY company ON plan_proposal TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true);
CREATE POLICY reader ON plan_proposal FOR SELECT TO mainstem_read USING (true);
GRANT SELECT ON plan_proposal TO mainstem_read, mainstem_company;
GRANT INSERT, UPDATE (state, decided_by, decided_at, words, version) ON plan_proposal TO mainstem_company;

-- ---------------------------------------------------------------------------- the Plan Lab's runs

CREATE TABLE backtest_run (              -- a plan over what was sold, beside another one; worked out by a worker
  id uuid PRIMARY KEY,
  document jsonb NOT NULL,               -- the plan that is tried
  against int NOT NULL REFERENCES plan_version,
  first_on date NOT NULL,
  last_on date NOT NULL,                 -- included
  state text NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed', 'canceled')),
  asked_by text NOT NULL,
  asked_at timestamptz NOT NULL,
  moved_at timestamptz NOT NULL,         -- the last sign of life of whoever works it out
  ended_at timestamptz,
  step text NOT NULL DEFAULT '',
  steps_done int NOT NULL DEFAULT 0 CHECK (steps_done >= 0),
  steps int NOT NULL DEFAULT 0 CHECK (steps >= steps_done),
  report jsonb,
  error text NOT NULL DEFAULT '',
  CHECK (last_on >= first_on),
  CHECK ((state IN ('waiting', 'running')) = (ended_at IS NULL)),
  CHECK ((state = 'done') = (report IS NOT NULL)),
  CHECK ((state = 'failed') = (error <> ''))
);
CREATE UNIQUE INDEX backtest_run_open ON backtest_run ((true)) WHERE state IN ('waiting', 'running');
CREATE INDEX backtest_run_newest ON backtest_run (asked_at, id);
CREATE INDEX backtest_run_against ON backtest_run (against);

ALTER TABLE backtest_run ENABLE ROW LEVEL SECURITY;
ALTER TABLE backtest_run FORCE ROW LEVEL SECURITY;
CREATE POLICY company ON backtest_run TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true);
CREATE POLICY reader ON backtest_run FOR SELECT TO mainstem_read USING (true);
GRANT SELECT ON backtest_run TO mainstem_read;
GRANT SELECT, INSERT, UPDATE, DELETE ON backtest_run TO mainstem_company;

-- ---------------------------------------------------------------------------- what commission costs

-- Rolled up behind the writers, from entries of transactions that are all over: each entry is added once.
CREATE TABLE cost_month (
  month date NOT NULL CHECK (extract(day FROM month) = 1),
  account text NOT NULL CHECK (account IN ('sales', 'commission_expense')),
  rule text NOT NULL,                    -- of the plan, for commission; else empty
  currency char(3) NOT NULL,
  amount_minor bigint NOT NULL,          -- what was sold, or what commission has cost
  PRIMARY KEY (month, account, rule, currency)
);
CREATE TABLE earned_month (
  affiliate_id bigint NOT NULL REFERENCES affiliate,
  month date NOT NULL CHECK (extract(day FROM month) = 1),
  currency char(3) NOT NULL,
  amount_minor bigint NOT NULL,
  change_minor bigint NOT NULL,          -- since the month before; so the month after an earning has a row, too
  PRIMARY KEY (affiliate_id, month, currency)
);
CREATE INDEX earned_month_change ON earned_month (month, currency, change_minor, affiliate_id);
CREATE TABLE liability_age (             -- what is owed to affiliates, worked out anew each hour
  currency char(3) NOT NULL,
  age text NOT NULL CHECK (age IN ('payable', 'to_7', 'to_14', 'to_31', 'later', 'debt')),
  affiliates int NOT NULL CHECK (affiliates > 0),
  amount_minor bigint NOT NULL,          -- below zero: owed by them
  PRIMARY KEY (currency, age)
);
CREATE TABLE cost_mark (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  before_xid xid8 NOT NULL,              -- entries of transactions below this are in the months
  at timestamptz
);
INSERT INTO cost_mark (before_xid) VALUES ('0');

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['cost_month', 'earned_month', 'liability_age', 'cost_mark'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY company ON %I TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true)', t);
    EXECUTE format('CREATE POLICY reader ON %I FOR SELECT TO mainstem_read USING (true)', t);
    EXECUTE format('GRANT SELECT ON %I TO mainstem_read', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO mainstem_company', t);
  END LOOP;
END $$;
