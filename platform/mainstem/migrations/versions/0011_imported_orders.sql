-- What files of imported orders have said, so that a later one may know more, and nothing else.

CREATE TABLE imported_order (
  home_id bigint NOT NULL,
  storefront_id bigint NOT NULL,
  external_id text NOT NULL,
  order_id uuid NOT NULL,
  said jsonb NOT NULL,                  -- {column: value}, in the form in which it is compared
  lines jsonb NOT NULL,                 -- [{no, sku, quantity, total_minor, refunded_minor, refunded_at}]
  PRIMARY KEY (home_id, storefront_id, external_id),
  UNIQUE (home_id, order_id),
  FOREIGN KEY (home_id, order_id) REFERENCES orders (home_id, id)
);

CREATE FUNCTION pg_temp.told(at timestamptz) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '')
$$;

-- Orders that came before this was kept: what the import made of them says what the file did. Where nobody
-- had written down when the goods left, it took when they arrived.
INSERT INTO imported_order (home_id, storefront_id, external_id, order_id, said, lines)
SELECT o.home_id, o.storefront_id, o.external_id, o.id,
       jsonb_build_object(
         'placed_at', pg_temp.told(o.placed_at), 'currency', o.currency, 'locale', o.locale,
         'client_name', o.client ->> 'name', 'client_email', o.client_key,
         'client_phone', coalesce(o.client ->> 'phone', ''),
         'address_line1', o.address ->> 'line1', 'address_line2', coalesce(o.address ->> 'line2', ''),
         'postal_code', o.address ->> 'postal_code', 'city', o.address ->> 'city',
         'country', o.address ->> 'country', 'code', upper(coalesce(o.attribution -> 'code' ->> 0, '')),
         'paid_at', pg_temp.told(p.captured_at), 'payment_reference', coalesce(p.reference, ''),
         'shipped_at', pg_temp.told(nullif(f.shipped_at, f.delivered_at)), 'delivered_at', pg_temp.told(f.delivered_at)),
       l.lines
  FROM orders o
  JOIN idempotency i ON i.home_id = o.home_id AND i.storefront_id = o.storefront_id AND i.route = 'orders'
   AND i.key = 'imported order: ' || o.external_id AND i.subject_id = o.id
  JOIN payment p ON p.home_id = o.home_id AND p.order_id = o.id AND p.attempt = 1
  LEFT JOIN (SELECT home_id, subject, min(happened_at) FILTER (WHERE name = 'order.shipped') AS shipped_at,
                    max(happened_at) FILTER (WHERE name = 'order.delivered') AS delivered_at
               FROM fact WHERE actor = 'system:import' AND name IN ('order.shipped', 'order.delivered')
              GROUP BY 1, 2) AS f ON f.home_id = o.home_id AND f.subject = o.id::text
 CROSS JOIN LATERAL (
       SELECT jsonb_agg(jsonb_build_object(
                'no', line_no, 'sku', sku, 'quantity', quantity, 'total_minor', total_minor,
                'refunded_minor', coalesce(r.amount, 0), 'refunded_at', pg_temp.told(r.at)) ORDER BY line_no) AS lines
         FROM order_line l
         LEFT JOIN (SELECT (part ->> 'line_no')::int AS line_no, sum((part ->> 'amount_minor')::bigint) AS amount,
                           max(r.succeeded_at) AS at
                      FROM refund r CROSS JOIN LATERAL jsonb_array_elements(r.lines) AS part
                     WHERE r.home_id = o.home_id AND r.order_id = o.id AND r.reason = 'imported'
                     GROUP BY 1) AS r USING (line_no)
        WHERE l.home_id = o.home_id AND l.order_id = o.id) AS l
 WHERE o.channel = 'import';

DROP FUNCTION pg_temp.told;

-- The company's own: no affiliate reads or writes what files said.
ALTER TABLE imported_order ENABLE ROW LEVEL SECURITY;
ALTER TABLE imported_order FORCE ROW LEVEL SECURITY;
CREATE POLICY company ON imported_order TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true);
CREATE POLICY reader ON imported_order FOR SELECT TO mainstem_read USING (true);
GRANT SELECT, INSERT ON imported_order TO mainstem_company;
GRANT UPDATE (said, lines) ON imported_order TO mainstem_company;
GRANT SELECT ON imported_order TO mainstem_read;
