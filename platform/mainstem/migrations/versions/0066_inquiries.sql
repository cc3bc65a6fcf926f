-- What an affiliate asks about a commission, or about an order that they were not paid for, and what staff
-- answered (docs/decisions/67). What was asked is never changed; the answer stands beside it, once.

CREATE TABLE commission_inquiry (
  home_id bigint NOT NULL REFERENCES affiliate,   -- who asks
  id uuid NOT NULL,
  about text NOT NULL CHECK (about IN ('amount', 'missing')),
  number text NOT NULL CHECK (number <> ''),      -- the order's, as it is kept; as it was typed where there is none
  order_home_id bigint,                           -- no foreign key: an order may be of another shop
  order_id uuid,
  rule text NOT NULL DEFAULT '',                  -- of an amount: which line of it
  level smallint NOT NULL DEFAULT 0 CHECK (level >= 0),
  words text NOT NULL CHECK (words <> ''),
  paper_hash text NOT NULL DEFAULT '' CHECK (paper_hash ~ '^([0-9a-f]{64})?$'),
  paper_name text NOT NULL DEFAULT '',
  paper_kind text NOT NULL DEFAULT '' CHECK (paper_kind IN ('', 'pdf', 'jpg', 'png')),
  asked_by text NOT NULL,
  asked_at timestamptz NOT NULL,
  due_on date NOT NULL,                           -- the last day to answer, by the company's calendar
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'upheld', 'declined', 'withdrawn')),
  answer text NOT NULL DEFAULT '',
  decided_by text,
  decided_at timestamptz,
  PRIMARY KEY (home_id, id),
  CHECK ((order_home_id IS NULL) = (order_id IS NULL)),
  CHECK (about = 'missing' OR (rule <> '' AND order_id IS NOT NULL)),
  CHECK ((paper_hash = '') = (paper_name = '') AND (paper_hash = '') = (paper_kind = '')),
  CHECK ((state = 'open') = (decided_at IS NULL)),
  CHECK ((decided_at IS NULL) = (decided_by IS NULL)),
  CHECK ((answer <> '') = (state IN ('upheld', 'declined')))
);
-- The same thing is asked once at a time.
CREATE UNIQUE INDEX commission_inquiry_once ON commission_inquiry (home_id, number, rule, level) WHERE state = 'open';
CREATE INDEX commission_inquiry_open ON commission_inquiry (due_on, asked_at, home_id, id) WHERE state = 'open';
CREATE INDEX commission_inquiry_newest ON commission_inquiry (asked_at, home_id, id);
CREATE INDEX commission_inquiry_asked ON commission_inquiry (home_id, asked_at, id);
CREATE INDEX commission_inquiry_order ON commission_inquiry (order_home_id, order_id) WHERE order_id IS NOT NULL;
CREATE INDEX commission_inquiry_paper ON commission_inquiry (paper_hash) WHERE paper_hash <> '';

ALTER TABLE commission_inquiry ENABLE ROW LEVEL SECURITY;
ALTER TABLE commission_inquiry FORCE ROW LEVEL SECURITY;
CREATE POLICY company ON commission_inquiry TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true);
CREATE POLICY home ON commission_inquiry FOR SELECT TO mainstem_app USING (home_id = (SELECT current_home()));
CREATE POLICY reader ON commission_inquiry FOR SELECT TO mainstem_read USING (true);
GRANT SELECT, INSERT ON commission_inquiry TO mainstem_company;
GRANT UPDATE (state, answer, decided_by, decided_at) ON commission_inquiry TO mainstem_company;
-- Whoever asks sees their own words and the answer, and not whose shop the order is of.
GRANT SELECT (home_id, id, about, number, rule, level, words, paper_name, asked_at, due_on, state, answer, decided_at)
  ON commission_inquiry TO mainstem_app;
GRANT SELECT ON commission_inquiry TO mainstem_read;
