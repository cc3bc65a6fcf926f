
-- What one piece of an article counts for in points, whatever its price and in every currency (docs/decisions/87).
ALTER TABLE variant ADD COLUMN points int NOT NULL DEFAULT 0 CHECK (points BETWEEN 0 AND 10000000);

-- Of a line of an order, all its pieces together, as the article was when it was ordered. Lines from before, and
-- those of a history that is imported, have none.
ALTER TABLE order_line ADD COLUMN points bigint NOT NULL DEFAULT 0 CHECK (points >= 0);
