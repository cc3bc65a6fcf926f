-- What an affiliate is found by is kept beside it: worked out for each row of a search, it cost more than
-- all else on the page, and the planner cannot know.
DROP INDEX affiliate_found;
ALTER TABLE affiliate ADD COLUMN found tsvector NOT NULL
  GENERATED ALWAYS AS (found_by(name, phone_key, NULL, slug, email_key)) STORED;
CREATE INDEX affiliate_found ON affiliate USING gin (found);

ALTER TABLE storefront ADD COLUMN folded text NOT NULL GENERATED ALWAYS AS (folded(name)) STORED;
