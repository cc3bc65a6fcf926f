-- Accounts that are safe: second factors, links for a new password, sessions that people see and end.

-- ---------------------------------------------------------------------------- sessions

ALTER TABLE sign_in_session
  ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY UNIQUE,  -- what a page may name it by
  ADD COLUMN address text NOT NULL DEFAULT '',               -- shortened: a region, no household
  ADD COLUMN proven_at timestamptz;                          -- when they last proved who they are
UPDATE sign_in_session SET proven_at = created_at;
ALTER TABLE sign_in_session ALTER COLUMN proven_at SET NOT NULL;

CREATE TABLE pending_sign_in (           -- the password was right, and the second factor is to come
  token_hash bytea PRIMARY KEY,
  person_id bigint NOT NULL REFERENCES person,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL CHECK (expires_at > created_at)
);
CREATE INDEX pending_sign_in_person ON pending_sign_in (person_id);
CREATE INDEX pending_sign_in_end ON pending_sign_in (expires_at);

-- A browser that somebody has signed in from. The hash is of the cookie and the person together, so
-- that two people at one browser cannot be told to be.
CREATE TABLE known_device (
  person_id bigint NOT NULL REFERENCES person,
  device_hash bytea NOT NULL,
  first_seen_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL CHECK (seen_at >= first_seen_at),
  PRIMARY KEY (person_id, device_hash)
);
CREATE INDEX known_device_seen ON known_device (seen_at);

-- ---------------------------------------------------------------------------- a new password by mail

-- Every request, whoever made it and whether or not somebody has that e-mail. It counts against the
-- limits, and the worker looks up whose it is.
CREATE TABLE password_reset_request (
  id uuid PRIMARY KEY,
  email_key text NOT NULL,
  address text NOT NULL,
  at timestamptz NOT NULL
);
CREATE INDEX password_reset_request_email ON password_reset_request (email_key, at);
CREATE INDEX password_reset_request_address ON password_reset_request (address, at);
CREATE INDEX password_reset_request_at ON password_reset_request (at);

CREATE TABLE password_reset (            -- one a person: a newer link takes the place of the one before
  person_id bigint PRIMARY KEY REFERENCES person,
  request_id uuid NOT NULL,
  token_hash bytea NOT NULL UNIQUE,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
  used_at timestamptz
);
CREATE INDEX password_reset_end ON password_reset (expires_at);

-- ---------------------------------------------------------------------------- second factors

CREATE TABLE totp (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person_id bigint NOT NULL REFERENCES person,
  secret bytea NOT NULL,                 -- encrypted by a key made from the company's secret
  created_at timestamptz NOT NULL,
  confirmed_at timestamptz,              -- null: begun, and not one code of it seen yet
  last_step bigint NOT NULL DEFAULT 0    -- of the last code that was taken
);
CREATE UNIQUE INDEX totp_confirmed_once ON totp (person_id) WHERE confirmed_at IS NOT NULL;
CREATE UNIQUE INDEX totp_begun_once ON totp (person_id) WHERE confirmed_at IS NULL;

-- A code is good for one step of time, and a step for one code: whoever sends it again is too late.
CREATE FUNCTION refuse_used_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.last_step <= OLD.last_step THEN
    RAISE EXCEPTION 'this step has been used' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER steps_go_on BEFORE UPDATE OF last_step ON totp
  FOR EACH ROW EXECUTE FUNCTION refuse_used_step();

CREATE TABLE passkey (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person_id bigint NOT NULL REFERENCES person,
  credential_id bytea NOT NULL UNIQUE CHECK (length(credential_id) BETWEEN 1 AND 1023),
  public_key bytea NOT NULL,
  sign_count bigint NOT NULL CHECK (sign_count >= 0),
  label text NOT NULL CHECK (label <> ''),
  created_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX passkey_person ON passkey (person_id);

CREATE TABLE passkey_challenge (         -- gone when it is answered
  challenge bytea PRIMARY KEY,
  person_id bigint NOT NULL REFERENCES person,
  purpose text NOT NULL CHECK (purpose IN ('registration', 'authentication')),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL CHECK (expires_at > created_at)
);
CREATE INDEX passkey_challenge_end ON passkey_challenge (expires_at);

CREATE TABLE recovery_code (
  person_id bigint NOT NULL REFERENCES person,
  code_hash bytea NOT NULL,              -- keyed by the company's secret: the database alone guesses none
  created_at timestamptz NOT NULL,
  used_at timestamptz,
  PRIMARY KEY (person_id, code_hash)
);

CREATE TABLE second_factor_attempt (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person_id bigint NOT NULL REFERENCES person,
  at timestamptz NOT NULL
);
CREATE INDEX second_factor_attempt_person ON second_factor_attempt (person_id, at);
CREATE INDEX second_factor_attempt_at ON second_factor_attempt (at);

CREATE TABLE second_factor_removal (     -- an admin took a colleague's away, and said why
  id uuid PRIMARY KEY,
  person_id bigint NOT NULL REFERENCES person,
  removed_by text NOT NULL,
  reason text NOT NULL CHECK (reason <> ''),
  removed_at timestamptz NOT NULL
);
CREATE INDEX second_factor_removal_person ON second_factor_removal (person_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON second_factor_removal
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- ---------------------------------------------------------------------------- who may

GRANT SELECT, INSERT ON pending_sign_in, known_device, password_reset_request, password_reset, totp, passkey,
  passkey_challenge, recovery_code, second_factor_attempt, second_factor_removal TO mainstem_company;
GRANT UPDATE ON known_device, password_reset, totp, passkey, recovery_code TO mainstem_company;
GRANT DELETE ON pending_sign_in, known_device, password_reset_request, password_reset, totp, passkey,
  passkey_challenge, recovery_code, second_factor_attempt TO mainstem_company;
GRANT SELECT ON second_factor_removal TO mainstem_read;
-- What lets somebody in is the company's alone.
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['pending_sign_in', 'known_device', 'password_reset_request', 'password_reset', 'totp',
                           'passkey', 'passkey_challenge', 'recovery_code', 'second_factor_attempt',
                           'second_factor_removal'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY company ON %I TO mainstem_company, mainstem_owner
                    USING (true) WITH CHECK (true)', t);
    EXECUTE format('CREATE POLICY reader ON %I FOR SELECT TO mainstem_read USING (true)', t);
  END LOOP;
END $$;
