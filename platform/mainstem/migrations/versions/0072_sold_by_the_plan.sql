-- What a plan asks of a sale is frozen on it (docs/decisions/69): of whoever stands above the seller and is
-- not paid, or only for what they sold themselves, by how many steps above they are; and of a line that no rule
-- was for, that there is none.

ALTER TABLE orders ADD COLUMN upline_facts jsonb CHECK (jsonb_typeof(upline_facts) = 'object');
ALTER TABLE order_line ALTER COLUMN rule DROP NOT NULL;

-- Whether a sponsor sells themselves is asked by the day on which something reached a client.
CREATE INDEX orders_delivered_by ON orders (seller_id, delivered_at) WHERE delivered_at IS NOT NULL AND earns;
