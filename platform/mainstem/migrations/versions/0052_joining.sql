-- ---------------------------------------------------------------------------- affiliates

-- What an affiliate is called, as look-alikes are found by (mainstem/kit/lookalike.py).
ALTER TABLE affiliate ADD COLUMN skeletons text[] NOT NULL DEFAULT '{}';
CREATE INDEX affiliate_skeletons ON affiliate USING gin (skeletons);

-- What somebody is to an affiliate. Whoever signed in for one until now did everything.
ALTER TABLE membership ADD COLUMN affiliate_role text CHECK (affiliate_role IN ('owner', 'seller', 'accountant'));
UPDATE membership SET affiliate_role = 'owner' WHERE role = 'affiliate';
ALTER TABLE membership ADD CONSTRAINT membership_affiliate_role
  CHECK ((role = 'affiliate') = (affiliate_role IS NOT NULL));
CREATE INDEX membership_affiliate ON membership (affiliate_id) WHERE affiliate_id IS NOT NULL AND revoked_at IS NULL;

-- An affiliate as a company, in versions: what stood on a statement was said by somebody.
CREATE TABLE affiliate_details (
  affiliate_id bigint NOT NULL REFERENCES affiliate,
  version int NOT NULL CHECK (version > 0),
  legal_name text NOT NULL CHECK (legal_name <> ''),
  legal_form text NOT NULL DEFAULT '',
  number text NOT NULL DEFAULT '',
  vat_number text NOT NULL DEFAULT '',
  line1 text NOT NULL DEFAULT '',
  postal_code text NOT NULL DEFAULT '',
  city text NOT NULL DEFAULT '',
  phone text NOT NULL DEFAULT '',
  languages text[] NOT NULL DEFAULT '{}' CHECK (languages <@ ARRAY['en', 'sv']),
  said_by text NOT NULL,
  said_at timestamptz NOT NULL,
  PRIMARY KEY (affiliate_id, version)
);
CREATE INDEX affiliate_details_number ON affiliate_details (number) WHERE number <> '';

-- ---------------------------------------------------------------------------- the programme

CREATE TABLE programme (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  is_open boolean NOT NULL,
  recruiters text NOT NULL CHECK (recruiters IN ('nobody', 'everybody', 'proven')),
  deliveries_min int NOT NULL CHECK (deliveries_min > 0),
  levels_max int NOT NULL CHECK (levels_max BETWEEN 1 AND 10),
  texts jsonb NOT NULL,                 -- {block: {locale: text}}
  requirements jsonb NOT NULL           -- [{code, names, help, needs, required}], in order
);

-- A link by which staff ask somebody to apply.
CREATE TABLE programme_invitation (
  id uuid PRIMARY KEY,
  email text NOT NULL CHECK (email LIKE '%_@_%'),
  name text NOT NULL CHECK (name <> ''),
  locale text NOT NULL CHECK (locale IN ('en', 'sv')),
  sponsor_id bigint REFERENCES affiliate,
  invited_by text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL CHECK (expires_at > created_at)
);
CREATE INDEX programme_invitation_age ON programme_invitation (created_at, id);

-- ---------------------------------------------------------------------------- applications

-- Its states are an affiliate's (mainstem/network.py), and before them: nobody has confirmed the e-mail.
CREATE TABLE application (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('unconfirmed', 'applied', 'in_review', 'active', 'rejected')),
  company_name text NOT NULL CHECK (company_name <> ''),
  skeletons text[] NOT NULL,
  company_number text NOT NULL CHECK (company_number <> ''),
  country char(2) NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
  contact_name text NOT NULL CHECK (contact_name <> ''),
  email text NOT NULL CHECK (email LIKE '%_@_%'),
  mailbox_key text NOT NULL CHECK (mailbox_key = lower(mailbox_key)),
  phone text NOT NULL,
  phone_key text NOT NULL CHECK (phone_key ~ '^\+[1-9][0-9]{5,14}$'),
  locale text NOT NULL CHECK (locale IN ('en', 'sv')),
  how text NOT NULL CHECK (how <> ''),
  website text NOT NULL DEFAULT '',
  sponsor_id bigint REFERENCES affiliate,
  invitation_id uuid REFERENCES programme_invitation,
  origin text NOT NULL,                 -- the network that it came from; empty where nobody could say
  -- What was agreed to: the very text by its version, its hash, when, from where, in which language.
  agreement_kind text NOT NULL DEFAULT 'programme' CHECK (agreement_kind = 'programme'),
  agreement_locale text NOT NULL,
  agreement_version int NOT NULL,
  agreement_hash bytea NOT NULL CHECK (length(agreement_hash) = 32),
  agreed_at timestamptz NOT NULL,
  agreed_from text NOT NULL,
  asked_at timestamptz NOT NULL,        -- last sent in
  mailed_at timestamptz,                -- last written to because somebody sent it in
  confirmed_at timestamptz,
  decided_at timestamptz,
  affiliate_id bigint UNIQUE REFERENCES affiliate,
  person_reference uuid,                -- by which the invitation of its first person is known
  FOREIGN KEY (agreement_kind, agreement_locale, agreement_version) REFERENCES company_document (kind, locale, version),
  CHECK ((state = 'unconfirmed') = (confirmed_at IS NULL)),
  CHECK ((state IN ('active', 'rejected')) = (decided_at IS NOT NULL)),
  CHECK ((state = 'active') = (affiliate_id IS NOT NULL))
) WITH (fillfactor = 80);
-- One mailbox has one application that is not decided.
CREATE UNIQUE INDEX application_open ON application (mailbox_key) WHERE state IN ('unconfirmed', 'applied', 'in_review');
CREATE INDEX application_unconfirmed ON application (asked_at, id) WHERE state = 'unconfirmed';
CREATE INDEX application_waiting ON application (confirmed_at, id) WHERE state IN ('applied', 'in_review');
CREATE INDEX application_state ON application (state, confirmed_at, id) WHERE state <> 'unconfirmed';
CREATE INDEX application_confirmed ON application (confirmed_at, id) WHERE state <> 'unconfirmed';
CREATE INDEX application_origin ON application (origin, asked_at);
CREATE INDEX application_phone ON application (phone_key) WHERE state <> 'unconfirmed';
CREATE INDEX application_number ON application (company_number) WHERE state <> 'unconfirmed';
CREATE INDEX application_skeletons ON application USING gin (skeletons) WHERE state <> 'unconfirmed';

-- A link by which an applicant confirms the e-mail: only its hash, used once.
CREATE TABLE application_confirmation (
  token_hash bytea PRIMARY KEY,
  reference uuid NOT NULL UNIQUE,
  application_id uuid NOT NULL REFERENCES application,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
  used_at timestamptz
);
CREATE INDEX application_confirmation_of ON application_confirmation (application_id);

-- What an applicant has given for a requirement; the last one counts, the earlier ones stay.
CREATE TABLE application_answer (
  id uuid PRIMARY KEY,
  application_id uuid NOT NULL REFERENCES application,
  requirement text NOT NULL CHECK (requirement <> ''),
  words text NOT NULL DEFAULT '',
  paper_hash text NOT NULL DEFAULT '' CHECK (paper_hash ~ '^([0-9a-f]{64})?$'),
  paper_name text NOT NULL DEFAULT '',
  paper_kind text NOT NULL DEFAULT '' CHECK (paper_kind IN ('', 'pdf', 'jpg', 'png')),
  paper_bytes bigint NOT NULL DEFAULT 0 CHECK (paper_bytes >= 0),
  given_at timestamptz NOT NULL,
  CHECK ((words <> '') <> (paper_hash <> ''))
);
CREATE INDEX application_answer_of ON application_answer (application_id, requirement, given_at DESC);

CREATE TABLE application_question (
  id uuid PRIMARY KEY,
  application_id uuid NOT NULL REFERENCES application,
  question text NOT NULL CHECK (question <> ''),
  asked_by text NOT NULL,
  asked_at timestamptz NOT NULL,
  answer text NOT NULL DEFAULT '',
  answered_at timestamptz,
  CHECK ((answer <> '') = (answered_at IS NOT NULL))
);
CREATE INDEX application_question_of ON application_question (application_id, asked_at);

-- Every step of an applicant and of an affiliate: from which state to which, who, when and why.
CREATE TABLE affiliate_step (
  id uuid PRIMARY KEY,
  application_id uuid REFERENCES application,
  affiliate_id bigint REFERENCES affiliate,
  before text NOT NULL,
  after text NOT NULL,
  why text NOT NULL DEFAULT '',
  actor text NOT NULL,
  work_id uuid NOT NULL,
  at timestamptz NOT NULL,
  CHECK (application_id IS NOT NULL OR affiliate_id IS NOT NULL)
);
CREATE INDEX affiliate_step_of ON affiliate_step (affiliate_id, at DESC) WHERE affiliate_id IS NOT NULL;
CREATE INDEX affiliate_step_application ON affiliate_step (application_id, at) WHERE application_id IS NOT NULL;

-- ---------------------------------------------------------------------------- who may

GRANT SELECT, INSERT ON affiliate_details, programme, programme_invitation, application, application_confirmation,
  application_answer, application_question, affiliate_step TO mainstem_company;
GRANT UPDATE ON programme TO mainstem_company;
GRANT DELETE ON application, application_confirmation TO mainstem_company;   -- what nobody confirmed
-- What was said and agreed to is replaced as long as nobody has confirmed it; afterwards a trigger keeps it.
GRANT UPDATE ON application TO mainstem_company;
GRANT UPDATE (used_at) ON application_confirmation TO mainstem_company;
GRANT UPDATE (answer, answered_at) ON application_question TO mainstem_company;
GRANT SELECT ON affiliate_details, programme TO mainstem_app;
GRANT SELECT ON affiliate_details, programme, programme_invitation, application, application_answer, application_question,
  affiliate_step TO mainstem_read;

CREATE FUNCTION keep_application() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state <> 'unconfirmed' AND
     (to_jsonb(NEW) - ARRAY['state', 'mailed_at', 'decided_at', 'affiliate_id', 'person_reference'])
     IS DISTINCT FROM
     (to_jsonb(OLD) - ARRAY['state', 'mailed_at', 'decided_at', 'affiliate_id', 'person_reference']) THEN
    RAISE EXCEPTION 'what application % has said is confirmed, and stays', OLD.id;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER application_stays BEFORE UPDATE ON application FOR EACH ROW EXECUTE FUNCTION keep_application();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON affiliate_step
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON affiliate_details
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON application_answer
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['affiliate_details', 'programme_invitation', 'application', 'application_confirmation',
                           'application_answer', 'application_question', 'affiliate_step'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY company ON %I TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true)', t);
    EXECUTE format('CREATE POLICY reader ON %I FOR SELECT TO mainstem_read USING (true)', t);
  END LOOP;
END $$;
CREATE POLICY own ON affiliate_details FOR SELECT TO mainstem_app USING (affiliate_id = (SELECT current_home()));
