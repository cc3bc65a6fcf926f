-- What tells a participant's own purchase apart from a client's, and the orders that wait for somebody to look.

ALTER TABLE payment ADD COLUMN method_fingerprint text;   -- the card or bank account, as the gateway knows it again

-- A delivery address in the form in which two of them can be compared: spelling and floor aside.
CREATE FUNCTION place_of(address jsonb) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (address ->> 'country') || ':' || regexp_replace(lower(address ->> 'postal_code'), '[^[:alnum:]]', '', 'g')
         || ':' || nullif(regexp_replace(lower(address ->> 'line1'), '[^[:alnum:]]', '', 'g'), '')
$$;

CREATE TABLE participant_trace (        -- by what else a participant is known: learned from their own purchases
  kind text NOT NULL CHECK (kind IN ('payment_method', 'address')),
  key text NOT NULL,
  affiliate_id bigint NOT NULL REFERENCES affiliate,
  learned_from text NOT NULL,           -- the number of the order
  learned_at timestamptz NOT NULL,
  PRIMARY KEY (kind, key, affiliate_id)
);

CREATE TABLE commission_review (        -- an order that may be a participant's own purchase
  home_id bigint NOT NULL,
  order_id uuid NOT NULL,
  state text NOT NULL CHECK (state IN ('held', 'released', 'refused')),
  reasons jsonb NOT NULL,               -- [{kind, affiliate_id, learned_from}]
  held_at timestamptz NOT NULL,
  decided_by text,
  decided_at timestamptz,
  reason text CHECK (reason <> ''),
  PRIMARY KEY (home_id, order_id),
  FOREIGN KEY (home_id, order_id) REFERENCES orders (home_id, id),
  CHECK ((state = 'held') = (decided_at IS NULL)),
  CHECK ((decided_at IS NULL) = (decided_by IS NULL) AND (decided_at IS NULL) = (reason IS NULL))
);
CREATE INDEX commission_review_held ON commission_review (held_at) WHERE state = 'held';

-- Own purchases that were paid before: the addresses that they went to.
INSERT INTO participant_trace (kind, key, affiliate_id, learned_from, learned_at)
SELECT DISTINCT ON (place_of(o.address), a.affiliate_id) 'address', place_of(o.address), a.affiliate_id, o.number, o.paid_at
  FROM orders o
  JOIN (SELECT mailbox, id AS affiliate_id FROM affiliate
        UNION SELECT p.mailbox, m.affiliate_id FROM person p
                JOIN membership m ON m.person_id = p.id AND m.affiliate_id IS NOT NULL) AS a
    ON a.mailbox = mailbox_of(o.client_key)
 WHERE o.earns_reason = 'buyer_is_participant' AND o.paid_at IS NOT NULL AND place_of(o.address) IS NOT NULL
 ORDER BY place_of(o.address), a.affiliate_id, o.paid_at;

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['participant_trace', 'commission_review'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY company ON %I TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true)', t);
    EXECUTE format('CREATE POLICY reader ON %I FOR SELECT TO mainstem_read USING (true)', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO mainstem_company', t);
    EXECUTE format('GRANT SELECT ON %I TO mainstem_read', t);
  END LOOP;
END $$;
GRANT UPDATE (state, decided_by, decided_at, reason) ON commission_review TO mainstem_company;
