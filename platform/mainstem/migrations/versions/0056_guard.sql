-- ---------------------------------------------------------------------------- sessions ended by staff

CREATE TABLE session_ending (            -- an admin ended every session of somebody, and said why
  id uuid PRIMARY KEY,
  person_id bigint NOT NULL REFERENCES person,
  ended_by text NOT NULL,
  reason text NOT NULL CHECK (reason <> ''),
  ended_at timestamptz NOT NULL
);
CREATE INDEX session_ending_person ON session_ending (person_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON session_ending
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT ON session_ending TO mainstem_company;
GRANT SELECT ON session_ending TO mainstem_read;
ALTER TABLE session_ending ENABLE ROW LEVEL SECURITY;
ALTER TABLE session_ending FORCE ROW LEVEL SECURITY;
CREATE POLICY company ON session_ending TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true);
CREATE POLICY reader ON session_ending FOR SELECT TO mainstem_read USING (true);

-- ---------------------------------------------------------------------------- recovery codes

-- Those of before were kept under the company's secret; what was kept is hashed once more, with a salt.
ALTER TABLE recovery_code ADD COLUMN salt bytea;
ALTER TABLE recovery_code ADD COLUMN is_keyed boolean NOT NULL DEFAULT false;

-- ---------------------------------------------------------------------------- own domains

-- What proves a host, as its owner was told it: it stays when the company's secret is exchanged.
ALTER TABLE storefront_domain ADD COLUMN challenge text NOT NULL DEFAULT '';
