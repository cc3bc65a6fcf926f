-- Pieces of a line can be called off while their order goes on.

-- What was promised shrinks by what no longer goes; a promise of which nothing is left is given back.
GRANT UPDATE (quantity) ON reservation TO mainstem_company;

-- All that was picked of a line may have to go back on the shelf.
ALTER TABLE pick DROP CONSTRAINT pick_quantity_check;
ALTER TABLE pick ADD CONSTRAINT pick_quantity_check CHECK (quantity >= 0);

CREATE TABLE pick_stop (                -- pieces called off while somebody had their list in hand
  home_id bigint NOT NULL,
  id uuid NOT NULL,
  order_id uuid NOT NULL,
  fulfilment_no smallint NOT NULL,
  line_no smallint NOT NULL,
  pieces int NOT NULL CHECK (pieces > 0),
  in_box int NOT NULL CHECK (in_box BETWEEN 0 AND pieces),     -- picked already: they go back on the shelf
  actor text NOT NULL,                  -- who called them off
  at timestamptz NOT NULL,
  cleared_at timestamptz,               -- when the picker had put them back
  cleared_by text,
  PRIMARY KEY (home_id, id),
  FOREIGN KEY (home_id, order_id, line_no, fulfilment_no)
    REFERENCES reservation (home_id, order_id, line_no, fulfilment_no),
  CHECK ((cleared_at IS NULL) = (cleared_by IS NULL))
);
CREATE INDEX pick_stop_open ON pick_stop (home_id, order_id, fulfilment_no) WHERE cleared_at IS NULL;

-- Whether the goods of a refund still go, and how many pieces of each line do not: {line_no: pieces}.
ALTER TABLE refund ADD COLUMN goods_go boolean NOT NULL DEFAULT false;
ALTER TABLE refund ADD COLUMN pieces jsonb NOT NULL DEFAULT '{}';

ALTER TABLE pick_stop ENABLE ROW LEVEL SECURITY;
ALTER TABLE pick_stop FORCE ROW LEVEL SECURITY;
CREATE POLICY company ON pick_stop TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true);
CREATE POLICY home ON pick_stop FOR SELECT TO mainstem_app USING (home_id = (SELECT current_home()));
CREATE POLICY reader ON pick_stop FOR SELECT TO mainstem_read USING (true);
GRANT SELECT, INSERT ON pick_stop TO mainstem_company;
GRANT UPDATE (cleared_at, cleared_by) ON pick_stop TO mainstem_company;
GRANT SELECT ON pick_stop TO mainstem_app, mainstem_read;
