-- ---------------------------------------------------------------------------- deadlines

-- Until when the client's bank takes our answer; the gateway says it with each look.
ALTER TABLE dispute ADD COLUMN respond_by timestamptz;
CREATE INDEX dispute_to_answer ON dispute (respond_by)
  WHERE status IN ('needs_response', 'warning_needs_response');

-- ---------------------------------------------------------------------------- who did what

-- The feed is of what people and clients did. What the clock starts and what is asked again of the
-- gateway is kept apart, so that neither is read past to show the other.
DROP INDEX fact_newest;
CREATE INDEX fact_told ON fact (id, home_id) WHERE split_part(name, '.', 1) NOT IN ('clock', 'reconcile');
CREATE INDEX fact_of_clock ON fact (id, home_id) WHERE split_part(name, '.', 1) IN ('clock', 'reconcile');
-- Kinds that are few among all the others. Those that every order brings are found in the feed itself.
CREATE INDEX fact_kind ON fact (split_part(name, '.', 1), id, home_id)
  WHERE split_part(name, '.', 1) NOT IN
        ('clock', 'reconcile', 'order', 'payment', 'fulfilment', 'commission', 'mail', 'webhook');
CREATE INDEX fact_by_people ON fact (actor, id, home_id)
  WHERE split_part(actor, ':', 1) IN ('staff', 'person', 'affiliate', 'integration');

-- ---------------------------------------------------------------------------- one client, one article

DROP INDEX orders_client;
CREATE INDEX orders_client ON orders (client_key, placed_at, home_id, id);
DROP INDEX lead_mailbox;
CREATE INDEX lead_mailbox ON lead (mailbox, created_at, home_id, id);
-- Ids of orders are made in the order of time: the latest sales of an article are the last of it.
CREATE INDEX order_line_variant ON order_line (variant_id, order_id);
CREATE INDEX person_found ON person USING gin (found_by(name, phone_key, NULL, NULL, email_key));
