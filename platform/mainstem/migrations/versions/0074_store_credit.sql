-- Store credit (docs/decisions/74) and refer-a-friend (docs/decisions/75). The ledger holds what all clients
-- have together; whose it is stands here, credit by credit, and a check compares the two.

ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_check;
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_check CHECK (
  (owner_id = 0 AND account IN ('gateway_cash','bank_cash','sales','tax','commission_expense','fees',
                                'disputes','chargeback_losses','fx_difference','write_off','suspense',
                                'opening_balances','store_credit','store_credit_cost'))
  OR (owner_id > 0 AND account IN ('pending','payable','payout_clearing')));

CREATE TABLE store_credit (
  id uuid PRIMARY KEY,
  key text NOT NULL UNIQUE CHECK (key <> ''),    -- what it is given for, so that it is given once
  client_key text NOT NULL CHECK (client_key <> ''),
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  kind text NOT NULL CHECK (kind IN ('goodwill', 'referrer', 'friend')),
  home_id bigint,                                -- the order that it is a reward of
  order_id uuid,
  reason text NOT NULL DEFAULT '',
  actor text NOT NULL,
  granted_at timestamptz NOT NULL,
  available_on date NOT NULL,                    -- held until then, by the company's days
  expires_on date,                               -- the first day on which it is worth nothing
  may_be_owed boolean NOT NULL DEFAULT false,    -- what was spent is taken back all the same
  over boolean NOT NULL DEFAULT false,           -- its day has come, and what was left of it has ended
  FOREIGN KEY (home_id, order_id) REFERENCES orders (home_id, id),
  CHECK ((home_id IS NULL) = (order_id IS NULL)),
  CHECK ((kind = 'goodwill') = (home_id IS NULL)),
  CHECK ((kind = 'goodwill') = (reason <> '')),
  CHECK (expires_on > available_on)
);
CREATE INDEX store_credit_client ON store_credit (client_key, currency, available_on, id);
CREATE INDEX store_credit_order ON store_credit (home_id, order_id) WHERE order_id IS NOT NULL;
CREATE INDEX store_credit_expiring ON store_credit (expires_on, id) WHERE expires_on IS NOT NULL AND NOT over;

CREATE TABLE store_credit_entry (
  credit_id uuid NOT NULL REFERENCES store_credit,
  no int NOT NULL CHECK (no > 0),
  kind text NOT NULL CHECK (kind IN ('granted', 'taken_back', 'spent', 'given_back', 'expired')),
  amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
  home_id bigint,                                -- the order that it was spent on
  order_id uuid,
  reason text NOT NULL DEFAULT '',
  actor text NOT NULL,
  entered_at timestamptz NOT NULL,
  PRIMARY KEY (credit_id, no),
  FOREIGN KEY (home_id, order_id) REFERENCES orders (home_id, id),
  CHECK ((home_id IS NULL) = (order_id IS NULL)),
  CHECK ((kind IN ('spent', 'given_back')) = (order_id IS NOT NULL)),
  CHECK (kind NOT IN ('spent', 'expired') OR amount_minor < 0)
);
CREATE INDEX store_credit_entry_order ON store_credit_entry (home_id, order_id) WHERE order_id IS NOT NULL;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON store_credit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE client_code (              -- what a client gives a friend to type
  code text PRIMARY KEY CHECK (code ~ '^[A-Z0-9-]{2,32}$'),
  client_key text NOT NULL UNIQUE CHECK (client_key <> ''),
  made_at timestamptz NOT NULL
);

CREATE TABLE client_referral (          -- which client sent whoever ordered; frozen at intake
  home_id bigint NOT NULL,
  order_id uuid NOT NULL,
  code text NOT NULL REFERENCES client_code,
  referrer_key text NOT NULL CHECK (referrer_key <> ''),
  excluded text NOT NULL DEFAULT '' CHECK (excluded IN ('', 'same_person', 'participant')),
  placed_at timestamptz NOT NULL,
  PRIMARY KEY (home_id, order_id),
  FOREIGN KEY (home_id, order_id) REFERENCES orders (home_id, id)
);
CREATE INDEX client_referral_referrer ON client_referral (referrer_key, placed_at);
CREATE INDEX client_referral_code ON client_referral (code);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON client_referral
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE reward (                   -- what an order has earned either side of it, step by step
  home_id bigint NOT NULL,
  order_id uuid NOT NULL,
  side text NOT NULL CHECK (side IN ('referrer', 'friend')),
  no int NOT NULL CHECK (no > 0),
  client_key text NOT NULL CHECK (client_key <> ''),
  kind text NOT NULL CHECK (kind IN ('credit', 'reversal', 'restored')),
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
  base_minor bigint NOT NULL CHECK (base_minor >= 0),
  returned_minor bigint NOT NULL CHECK (returned_minor BETWEEN 0 AND base_minor),
  plan_version int NOT NULL REFERENCES plan_version,
  explanation jsonb NOT NULL,
  settled_at timestamptz NOT NULL,
  PRIMARY KEY (home_id, order_id, side, no),
  FOREIGN KEY (home_id, order_id) REFERENCES client_referral (home_id, order_id),
  CHECK (kind <> 'reversal' OR amount_minor < 0),
  CHECK (kind <> 'restored' OR amount_minor > 0)
);
CREATE INDEX reward_plan ON reward (plan_version);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reward
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['store_credit','store_credit_entry','client_code','client_referral','reward'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY company ON %I TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true)', t);
    EXECUTE format('CREATE POLICY reader ON %I FOR SELECT TO mainstem_read USING (true)', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO mainstem_company', t);
    EXECUTE format('GRANT SELECT ON %I TO mainstem_read', t);
  END LOOP;
END $$;
-- When a reward may be used follows from when the last of its order came.
GRANT UPDATE (available_on, expires_on, over) ON store_credit TO mainstem_company;

-- The setting that a plan may have since; what it gives is held like every other pay.
DO $$
DECLARE body text := pg_get_functiondef('plan_wrong(jsonb)'::regprocedure);
BEGIN
  body := replace(body, '''minimum_payout_minor''', '''refer_a_friend'', ''minimum_payout_minor''');
  body := replace(body, '  RETURN NULL;' || chr(10) || 'END',
    '  IF jsonb_typeof(plan -> ''refer_a_friend'') = ''object''
     AND plan_number(plan -> ''refer_a_friend'' -> ''hold_days'', 14, 365) IS NULL THEN
    RETURN ''hold_days is from 14 to 365'';
  END IF;
  RETURN NULL;' || chr(10) || 'END');
  ASSERT body LIKE '%''refer_a_friend'', ''minimum%' AND body LIKE '%''refer_a_friend'' -> ''hold_days''%',
    'plan_wrong says what a plan may say';
  EXECUTE body;
END $$;
