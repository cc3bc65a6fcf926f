-- The day by which the goods of an order were promised, from its payment on; null where none were.
ALTER TABLE orders ADD COLUMN promised_on date;
GRANT UPDATE (promised_on) ON orders TO mainstem_company;

-- Clients whose goods are under way were shown five days from Monday to Friday after the payment.
UPDATE orders o SET promised_on = paid.day + CASE extract(isodow FROM paid.day) WHEN 6 THEN 6 WHEN 7 THEN 5 ELSE 7 END
  FROM (SELECT home_id, id, (paid_at AT TIME ZONE 'Europe/Stockholm')::date AS day FROM orders
         WHERE state = 'placed' AND channel <> 'import' AND paid_at IS NOT NULL
           AND fulfillment_status NOT IN ('delivered', 'canceled')) AS paid
 WHERE o.home_id = paid.home_id AND o.id = paid.id
   AND EXISTS (SELECT 1 FROM order_line l WHERE l.home_id = o.home_id AND l.order_id = o.id AND l.kind = 'goods');
