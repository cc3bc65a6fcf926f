-- Work of one affiliate reads what store credit made of its own orders, as the API tells it to their storefront; not
-- whose credit it was, who gave it, nor why.
CREATE POLICY home ON store_credit_entry FOR SELECT TO mainstem_app USING (home_id = (SELECT current_home()));
GRANT SELECT (home_id, order_id, kind, amount_minor) ON store_credit_entry TO mainstem_app;

-- Orders of services that pay by milestones, of which an audit did not look at what sending a friend gave.
ALTER TABLE audit_run ADD COLUMN rewards_not_audited bigint NOT NULL DEFAULT 0 CHECK (rewards_not_audited >= 0);
