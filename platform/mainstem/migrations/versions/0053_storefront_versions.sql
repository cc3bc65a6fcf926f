-- ---------------------------------------------------------------------------- how a storefront looks

ALTER TABLE storefront
  ADD COLUMN typeface text NOT NULL DEFAULT '',
  ADD COLUMN accent text NOT NULL DEFAULT '' CHECK (accent ~ '^(#[0-9a-f]{6})?$'),
  ADD COLUMN departments text[],                       -- NULL: all of them, in the company's order
  ADD COLUMN featured bigint[] NOT NULL DEFAULT '{}',  -- products that stand first, in this order
  ADD COLUMN arrangement text NOT NULL DEFAULT ''
    CHECK (arrangement IN ('', 'newest', 'price', 'name'));

-- Until now these three were style sheets; they are palettes now, which any storefront may choose.
UPDATE storefront SET theme = CASE theme WHEN 'kulla' THEN 'linseed' WHEN 'langkok' THEN 'brass' ELSE 'spruce' END
 WHERE theme IN ('kulla', 'langkok', 'emberside');

-- Whether what affiliates make of their storefronts is looked at before clients see it.
ALTER TABLE company_profile ADD COLUMN storefront_approval boolean NOT NULL DEFAULT true;

-- ---------------------------------------------------------------------------- drafts and versions

-- What an affiliate makes of their storefront: one open draft at most, and each version that clients have seen.
CREATE TABLE storefront_version (
  home_id bigint NOT NULL REFERENCES affiliate,
  id uuid NOT NULL,
  storefront_id bigint,                                -- NULL: the draft of one that is not open yet
  number int CHECK (number > 0),                       -- given when it is published
  state text NOT NULL CHECK (state IN ('draft', 'submitted', 'returned', 'published', 'discarded')),
  document jsonb NOT NULL,
  began_from jsonb,                                    -- what clients saw when the draft began
  saved int NOT NULL DEFAULT 1,                        -- how often; by it two editors know of each other
  saved_by_other int NOT NULL DEFAULT 0,               -- at the last time that it was somebody else's
  reason text NOT NULL DEFAULT '',                     -- why it came back
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  changed_at timestamptz NOT NULL,
  changed_by text NOT NULL,
  submitted_at timestamptz,
  submitted_by text,
  decided_at timestamptz,
  decided_by text,
  PRIMARY KEY (home_id, id),
  UNIQUE (home_id, storefront_id, number),
  FOREIGN KEY (home_id, storefront_id) REFERENCES storefront (home_id, id),
  CHECK ((state = 'published') = (number IS NOT NULL)),
  CHECK (state <> 'published' OR (storefront_id IS NOT NULL AND decided_at IS NOT NULL AND decided_by IS NOT NULL)),
  CHECK (state <> 'submitted' OR submitted_at IS NOT NULL),
  CHECK (state <> 'returned' OR reason <> '')
);
CREATE UNIQUE INDEX storefront_version_open ON storefront_version (home_id, coalesce(storefront_id, 0))
 WHERE state IN ('draft', 'submitted', 'returned');
CREATE INDEX storefront_version_waiting ON storefront_version (submitted_at) WHERE state = 'submitted';

-- What clients have seen stays as they saw it.
CREATE FUNCTION keep_published_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state IN ('published', 'discarded') THEN
    RAISE EXCEPTION 'a version that is published or discarded never changes';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keep_published BEFORE UPDATE ON storefront_version
  FOR EACH ROW EXECUTE FUNCTION keep_published_version();

GRANT SELECT, INSERT, UPDATE ON storefront_version TO mainstem_company;
GRANT SELECT ON storefront_version TO mainstem_app, mainstem_read;
ALTER TABLE storefront_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE storefront_version FORCE ROW LEVEL SECURITY;
CREATE POLICY company ON storefront_version TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true);
CREATE POLICY home ON storefront_version FOR SELECT TO mainstem_app USING (home_id = (SELECT current_home()));
CREATE POLICY reader ON storefront_version FOR SELECT TO mainstem_read USING (true);
