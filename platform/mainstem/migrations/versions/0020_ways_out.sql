-- One account a currency; an account at the gateway may take several.
ALTER TABLE pay_account DROP CONSTRAINT pay_account_pkey;
ALTER TABLE pay_account ADD PRIMARY KEY (home_id, currency);
ALTER TABLE pay_account DROP CONSTRAINT pay_account_provider_account_key;
ALTER TABLE pay_account ADD UNIQUE (provider, account, currency);
ALTER TABLE pay_account ADD COLUMN opened_at timestamptz NOT NULL DEFAULT clock_timestamp();
UPDATE pay_account SET opened_at = updated_at;

-- What our own bank wrote on a payout that it made.
ALTER TABLE payout ADD COLUMN reference text CHECK (reference <> '');

CREATE TABLE exchange_rate (            -- what one unit of a currency is in another, as somebody published it
  from_currency char(3) NOT NULL CHECK (from_currency ~ '^[A-Z]{3}$'),
  to_currency char(3) NOT NULL CHECK (to_currency ~ '^[A-Z]{3}$' AND to_currency <> from_currency),
  published_at timestamptz NOT NULL,
  rate_billionths bigint NOT NULL CHECK (rate_billionths > 0),
  source text NOT NULL CHECK (source <> ''),
  actor text NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (from_currency, to_currency, published_at)
);
CREATE TABLE conversion (               -- money that was changed to be part of a payout
  home_id bigint NOT NULL REFERENCES affiliate,
  id uuid NOT NULL,
  payout_id uuid NOT NULL,
  from_currency char(3) NOT NULL,
  from_minor bigint NOT NULL CHECK (from_minor > 0),
  to_currency char(3) NOT NULL CHECK (to_currency <> from_currency),
  to_minor bigint NOT NULL CHECK (to_minor > 0),
  rate_billionths bigint NOT NULL CHECK (rate_billionths > 0),
  rate_source text NOT NULL,
  rate_published_at timestamptz NOT NULL,
  converted_at timestamptz NOT NULL,
  PRIMARY KEY (home_id, id),
  FOREIGN KEY (home_id, payout_id) REFERENCES payout (home_id, id)
);
CREATE INDEX conversion_payout ON conversion (home_id, payout_id);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON exchange_rate FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON conversion FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON exchange_rate, conversion TO mainstem_company;
GRANT SELECT ON exchange_rate, conversion TO mainstem_app, mainstem_read;
ALTER TABLE conversion ENABLE ROW LEVEL SECURITY;
ALTER TABLE conversion FORCE ROW LEVEL SECURITY;
CREATE POLICY company ON conversion TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true);
CREATE POLICY reader ON conversion FOR SELECT TO mainstem_read USING (true);
CREATE POLICY home ON conversion FOR SELECT TO mainstem_app USING (home_id = (SELECT current_home()));
