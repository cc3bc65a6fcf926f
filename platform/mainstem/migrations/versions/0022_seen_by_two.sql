-- An order or lead is seen where it began and by whoever is credited for it. Said as an OR, the rule was
-- taken to let almost nothing through, and to be worth an index: an affiliate's newest orders were all
-- read and sorted. As a CASE it is taken to let half through, and a page walks along the index that its
-- own question names.
ALTER POLICY home ON orders
  USING (CASE WHEN home_id = (SELECT current_home()) THEN true ELSE seller_id = (SELECT current_home()) END);
ALTER POLICY home ON lead
  USING (CASE WHEN home_id = (SELECT current_home()) THEN true ELSE seller_id = (SELECT current_home()) END);

-- A storefront has one home: whoever asks for both asks for one of them. Without being told, the planner
-- takes the storefront's orders to be few and sorts all of them for a page.
CREATE STATISTICS orders_of_storefront (dependencies) ON home_id, storefront_id FROM orders;
CREATE STATISTICS leads_of_storefront (dependencies) ON home_id, storefront_id FROM lead;
ANALYZE orders (home_id, storefront_id), lead (home_id, storefront_id);
