-- How the account at the gateway was found, each time that somebody looked. No key is kept.
CREATE TABLE payment_check (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account text NOT NULL,                -- empty where the key led to none
  livemode boolean NOT NULL,
  key_end text NOT NULL CHECK (length(key_end) <= 4),   -- by which people know the key again
  findings jsonb NOT NULL CHECK (jsonb_typeof(findings) = 'array'),
  destinations jsonb NOT NULL CHECK (jsonb_typeof(destinations) = 'array'),
  passed boolean NOT NULL,
  checked_at timestamptz NOT NULL,
  checked_by text NOT NULL CHECK (checked_by <> ''),
  CHECK (NOT passed OR account <> '')
);
-- Who has it asks the gateway to send events; whoever comes meanwhile waits. By the machine's clock.
CREATE TABLE destination_lease (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  leased_until timestamptz NOT NULL
);

GRANT SELECT, INSERT ON payment_check, destination_lease TO mainstem_company;
GRANT UPDATE, DELETE ON destination_lease TO mainstem_company;
GRANT SELECT ON payment_check, destination_lease TO mainstem_read;
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['payment_check', 'destination_lease'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY company ON %I TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true)', t);
    EXECUTE format('CREATE POLICY reader ON %I FOR SELECT TO mainstem_read USING (true)', t);
  END LOOP;
END $$;
