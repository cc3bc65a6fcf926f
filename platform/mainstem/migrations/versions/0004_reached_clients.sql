-- Until now a request under a contact held that contact against every other storefront at once.
-- From here on it holds it in its own storefront, and against the others once the client was reached.

ALTER TABLE lead ADD COLUMN reached_at timestamptz,
  ADD COLUMN reached_by text CHECK (reached_by IN ('phone', 'email', 'link')),
  ADD CHECK ((reached_at IS NULL) = (reached_by IS NULL));
CREATE INDEX IF NOT EXISTS lead_client ON lead (client_key);
CREATE INDEX IF NOT EXISTS lead_phone ON lead (phone_key) WHERE phone_key IS NOT NULL;

-- Whoever has opened her quote had its link.
UPDATE lead l SET reached_at = opened.at, reached_by = 'link'
  FROM (SELECT home_id, lead_id, min(coalesce(answered_at, sent_at)) AS at FROM quote
         WHERE state IN ('viewed', 'accepted', 'declined') GROUP BY 1, 2) AS opened
 WHERE l.home_id = opened.home_id AND l.id = opened.lead_id;

ALTER TABLE lead_claim ADD COLUMN storefront_id bigint, ADD COLUMN protected_at timestamptz;
UPDATE lead_claim c
   SET storefront_id = l.storefront_id,
       protected_at = CASE WHEN c.contact_key LIKE 'email:%' THEN l.reached_at END
  FROM lead l WHERE l.home_id = c.home_id AND l.id = c.lead_id;
ALTER TABLE lead_claim ALTER COLUMN storefront_id SET NOT NULL,
  DROP CONSTRAINT lead_claim_pkey, ADD PRIMARY KEY (product_id, contact_key, storefront_id);
-- One lead at a time has the client.
CREATE UNIQUE INDEX lead_claim_protects ON lead_claim (product_id, contact_key) WHERE protected_at IS NOT NULL;

-- How much one network address asks.
CREATE INDEX consent_address ON consent (address, given_at) WHERE address <> '';
