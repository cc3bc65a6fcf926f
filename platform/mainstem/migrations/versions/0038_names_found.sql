-- A part of a name is found by its groups of three letters, as pg_trgm would: the embedded databases have
-- no extensions. Without it, every search reads what all products and articles are called.
CREATE FUNCTION trigrams(said text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY(SELECT DISTINCT substr(said, n, 3) FROM generate_series(1, length(said) - 2) AS n);

CREATE INDEX product_text_trigrams ON product_text USING gin (trigrams(folded));
CREATE INDEX variant_trigrams ON variant USING gin (trigrams(folded));
CREATE INDEX product_trigrams ON product USING gin (trigrams(slug));
