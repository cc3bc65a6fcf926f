-- ---------------------------------------------------------------------------- hosts of storefronts

CREATE TABLE storefront_domain (
  home_id bigint NOT NULL,
  id uuid NOT NULL,
  storefront_id bigint NOT NULL,
  host text NOT NULL CHECK (length(host) <= 253
    AND host ~ '^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]*[a-z0-9])?$'),
  shown text NOT NULL CHECK (shown <> ''),             -- as people read it
  state text NOT NULL CHECK (state IN ('pending', 'proved', 'paused', 'removed')),
  problem text NOT NULL DEFAULT '',                    -- what the last look has found instead of the proof
  missed_days int NOT NULL DEFAULT 0 CHECK (missed_days >= 0),
  missed_on date,
  added_at timestamptz NOT NULL,
  added_by text NOT NULL,
  checked_at timestamptz,
  proved_at timestamptz,
  removed_at timestamptz,
  removed_by text,
  PRIMARY KEY (home_id, id),
  FOREIGN KEY (home_id, storefront_id) REFERENCES storefront (home_id, id),
  CHECK ((state = 'removed') = (removed_at IS NOT NULL)),
  CHECK (state NOT IN ('proved', 'paused') OR proved_at IS NOT NULL)
);
-- One host, one storefront. Whoever has not proved it yet keeps nobody else from proving it.
CREATE UNIQUE INDEX storefront_domain_host ON storefront_domain (host) WHERE state IN ('proved', 'paused');
CREATE UNIQUE INDEX storefront_domain_asked ON storefront_domain (home_id, host) WHERE state <> 'removed';
CREATE INDEX storefront_domain_of ON storefront_domain (home_id, storefront_id) WHERE state <> 'removed';

-- The host on which an order or a lead began, where that was a storefront's own.
CREATE TABLE begun_on (
  home_id bigint NOT NULL,
  subject uuid NOT NULL,
  host text NOT NULL CHECK (host <> ''),
  PRIMARY KEY (home_id, subject)
);

GRANT SELECT, INSERT, UPDATE ON storefront_domain TO mainstem_company;
GRANT SELECT, INSERT ON begun_on TO mainstem_company;
GRANT SELECT ON storefront_domain, begun_on TO mainstem_app, mainstem_read;
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['storefront_domain', 'begun_on'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY company ON %I TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true)', t);
    EXECUTE format('CREATE POLICY home ON %I FOR SELECT TO mainstem_app USING (home_id = (SELECT current_home()))', t);
    EXECUTE format('CREATE POLICY reader ON %I FOR SELECT TO mainstem_read USING (true)', t);
  END LOOP;
END $$;
