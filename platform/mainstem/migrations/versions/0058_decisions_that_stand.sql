-- ---------------------------------------------------------------------------- withdrawals

-- What somebody wants to accept of a withdrawal while a second person decides about its money.
ALTER TABLE withdrawal
  ADD COLUMN approval_id uuid,
  ADD COLUMN to_accept jsonb,                                  -- {line: {pieces, deducted_minor}}
  ADD COLUMN to_accept_reason text NOT NULL DEFAULT '',
  ADD FOREIGN KEY (home_id, approval_id) REFERENCES approval (home_id, id),
  ADD CONSTRAINT withdrawal_waits CHECK ((approval_id IS NULL) = (to_accept IS NULL)),
  ADD CONSTRAINT withdrawal_waits_open CHECK (approval_id IS NULL OR state = 'received');
CREATE UNIQUE INDEX withdrawal_approval ON withdrawal (home_id, approval_id) WHERE approval_id IS NOT NULL;
GRANT UPDATE (approval_id, to_accept, to_accept_reason) ON withdrawal TO mainstem_company;

-- ---------------------------------------------------------------------------- applications

-- How long what a rejected applicant has said is kept. The facts stay: that somebody applied, and who decided.
ALTER TABLE programme ADD COLUMN kept_days int NOT NULL DEFAULT 180 CHECK (kept_days BETWEEN 30 AND 3650);
CREATE INDEX application_rejected ON application (decided_at, id) WHERE state = 'rejected';
-- Papers of applications that are forgotten: their files go once that is certain, unless somebody else gave the same.
CREATE TABLE forgotten_paper (
  hash text PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'),
  forgotten_at timestamptz NOT NULL
);
CREATE INDEX application_answer_paper ON application_answer (paper_hash) WHERE paper_hash <> '';
ALTER TABLE forgotten_paper ENABLE ROW LEVEL SECURITY;
ALTER TABLE forgotten_paper FORCE ROW LEVEL SECURITY;
CREATE POLICY company ON forgotten_paper TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true);
CREATE POLICY reader ON forgotten_paper FOR SELECT TO mainstem_read USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON forgotten_paper TO mainstem_company;
GRANT SELECT ON forgotten_paper TO mainstem_read;
GRANT DELETE ON application_answer, application_question, affiliate_step TO mainstem_company;

-- Only what was rejected, or what nobody confirmed, is ever forgotten.
CREATE FUNCTION refuse_to_forget() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE of_application uuid := coalesce(to_jsonb(OLD) ->> 'application_id', to_jsonb(OLD) ->> 'id')::uuid;
BEGIN
  IF TG_TABLE_NAME = 'affiliate_step' AND to_jsonb(OLD) ->> 'application_id' IS NULL
     OR NOT EXISTS (SELECT FROM application WHERE id = of_application AND state IN ('rejected', 'unconfirmed')) THEN
    RAISE EXCEPTION '% of whoever was not rejected stays', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN OLD;
END $$;
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['affiliate_step', 'application_answer'] LOOP
    EXECUTE format('DROP TRIGGER append_only ON %I', t);
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON %I
                    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['affiliate_step', 'application_answer', 'application_question', 'application'] LOOP
    EXECUTE format('CREATE TRIGGER forgotten BEFORE DELETE ON %I
                    FOR EACH ROW EXECUTE FUNCTION refuse_to_forget()', t);
  END LOOP;
END $$;
