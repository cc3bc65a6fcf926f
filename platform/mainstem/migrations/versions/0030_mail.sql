-- What people are told: one row for each reason, thing and recipient, however often its fact comes.
-- The context is frozen when it is queued: what was promised then is what is read later.
CREATE TABLE mail (
  home_id bigint NOT NULL,              -- the affiliate that it belongs to; 0: the parent's own
  id uuid NOT NULL,
  reason text NOT NULL CHECK (reason ~ '^[a-z_]{1,60}$'),
  subject text NOT NULL CHECK (subject <> ''),                 -- what it is about, as facts name it
  recipient text NOT NULL CHECK (recipient LIKE '%_@_%'),      -- the address as it was given
  recipient_key text NOT NULL CHECK (recipient_key = lower(recipient_key)),
  recipient_name text NOT NULL DEFAULT '',
  recipient_kind text NOT NULL CHECK (recipient_kind IN ('client', 'affiliate', 'staff')),
  person_id bigint REFERENCES person,   -- who may choose, where it is somebody who signs in
  locale text NOT NULL CHECK (locale IN ('en', 'sv')),
  context jsonb NOT NULL,
  -- kept: there was no server to send it by, so that it is only there to be read
  state text NOT NULL CHECK (state IN ('queued', 'sent', 'kept', 'failed', 'suppressed')),
  attempts int NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  leased_until timestamptz,             -- by the machine's clock: somebody is sending it
  message_id text,
  error text,
  created_at timestamptz NOT NULL,
  sent_at timestamptz,
  PRIMARY KEY (home_id, id),
  UNIQUE (home_id, reason, subject, recipient_key),
  CHECK ((sent_at IS NOT NULL) = (state = 'sent'))
) WITH (fillfactor = 80);
CREATE INDEX mail_created ON mail (created_at, home_id, id);
CREATE INDEX mail_state ON mail (state, created_at, home_id, id) WHERE state IN ('queued', 'failed', 'suppressed');
CREATE INDEX mail_recipient ON mail (recipient_key, created_at, home_id, id);

CREATE TABLE mail_settings (            -- who writes: without a row nothing is queued
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  sender_name text NOT NULL CHECK (sender_name <> ''),
  sender_address text NOT NULL CHECK (sender_address LIKE '%_@_%'),
  reply_to text NOT NULL DEFAULT ''
);
CREATE TABLE bounced_address (          -- where nothing arrives: nothing more is sent there
  address_key text PRIMARY KEY CHECK (address_key = lower(address_key)),
  error text NOT NULL,
  bounced_at timestamptz NOT NULL
);
CREATE TABLE mail_preference (          -- how often somebody wants what they may refuse
  person_id bigint NOT NULL REFERENCES person,
  topic text NOT NULL CHECK (topic IN ('credit_digest', 'weekly_summary')),
  choice text NOT NULL CHECK (choice IN ('daily', 'weekly', 'never')),
  chosen_at timestamptz NOT NULL,
  PRIMARY KEY (person_id, topic)
);

-- The company's alone. What was queued stays as it was; only how far it has come changes.
GRANT SELECT, INSERT ON mail, mail_settings, bounced_address, mail_preference TO mainstem_company;
GRANT UPDATE (state, attempts, leased_until, message_id, error, sent_at) ON mail TO mainstem_company;
GRANT UPDATE ON mail_settings, mail_preference, bounced_address TO mainstem_company;
GRANT DELETE ON mail_settings, bounced_address TO mainstem_company;
GRANT SELECT ON mail, mail_settings, bounced_address, mail_preference TO mainstem_read;
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['mail', 'mail_settings', 'bounced_address', 'mail_preference'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY company ON %I TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true)', t);
    EXECUTE format('CREATE POLICY reader ON %I FOR SELECT TO mainstem_read USING (true)', t);
  END LOOP;
END $$;
