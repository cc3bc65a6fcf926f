-- The gateway tells of one payment in some five events, and one look answers them all: what waits
-- under one `group_key` is taken together.
ALTER TABLE inbox ADD COLUMN intent_id text;
ALTER TABLE fact_waiting ADD COLUMN group_key text;
CREATE INDEX fact_waiting_group ON fact_waiting (group_key) WHERE group_key IS NOT NULL;
