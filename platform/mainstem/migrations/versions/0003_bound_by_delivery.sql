-- Until now a client was bound by whatever was ordered or asked under her e-mail address. Only those
-- bindings stay that a delivered order supports: one that was bought since, earns somebody something,
-- was not wholly paid back before it arrived, and would have been credited to the same affiliate without the binding.
-- The first such order makes the binding from here on, from its delivery.

ALTER TABLE client_binding ADD COLUMN home_id bigint, ADD COLUMN order_id uuid;

UPDATE client_binding b
   SET home_id = made.home_id, order_id = made.id, bound_at = made.delivered_at,
       bound_until = made.delivered_at + (b.bound_until - b.bound_at), reason = made.attributed_by
  FROM (SELECT DISTINCT ON (o.client_key) o.client_key, o.home_id, o.id, o.delivered_at, o.attributed_by
          FROM client_binding k
          JOIN orders o ON o.client_key = k.client_key AND o.seller_id = k.affiliate_id
         WHERE o.delivered_at IS NOT NULL AND o.earns AND o.placed_at >= k.bound_at
           AND o.paid_minor > coalesce((SELECT sum(r.amount_minor) FROM refund r
                                         WHERE r.home_id = o.home_id AND r.order_id = o.id
                                           AND r.state = 'succeeded' AND r.requested_at < o.delivered_at), 0)
           AND (o.attributed_by <> 'binding' OR o.home_id = o.seller_id)
         ORDER BY o.client_key, o.delivered_at, o.id) AS made
 WHERE b.client_key = made.client_key;

DELETE FROM client_binding WHERE order_id IS NULL;

ALTER TABLE client_binding ALTER COLUMN home_id SET NOT NULL, ALTER COLUMN order_id SET NOT NULL;
COMMENT ON COLUMN client_binding.order_id IS 'the delivered order that made it; may be of any home, so no foreign key';

GRANT DELETE ON client_binding TO mainstem_company;
