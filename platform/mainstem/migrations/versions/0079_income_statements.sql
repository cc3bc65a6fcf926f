-- What everybody who took part in twelve months earned (docs/decisions/81). What was published stays.
CREATE TABLE income_statement (
  until_on date PRIMARY KEY,            -- the first day that it is not of
  from_on date NOT NULL CHECK (from_on < until_on),
  figures jsonb NOT NULL,
  hash text NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),   -- of its days and figures
  made_at timestamptz NOT NULL
);
GRANT SELECT, INSERT ON income_statement TO mainstem_company;
GRANT SELECT ON income_statement TO mainstem_app, mainstem_read;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON income_statement
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What participants bought themselves, which is little beside all else.
CREATE INDEX orders_own_purchase ON orders (placed_at) WHERE earns_reason = 'buyer_is_participant';
