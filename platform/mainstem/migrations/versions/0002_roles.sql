-- Roles by audience (docs/decisions/27).
--
--   mainstem_company   the company's own work: every row. Its policies are plainly true, so that the
--                      planner, which takes any other policy to let one row in a hundred through,
--                      leaves them out and sees the tables as full as they are.
--   mainstem_app       work that is bound to one affiliate: the portal, and a storefront's key. It
--                      sees that affiliate's rows and writes what such work writes, which is little.
--   mainstem_read      reports and checks: every row that is no secret, and writes nothing.
--   mainstem_owner     owns the tables: migrations, and the rebuilding of balances.

-- Whose rows this transaction may see. No policy gives anybody all of them by a setting any more.
CREATE OR REPLACE FUNCTION current_home() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
  RETURN NULLIF(current_setting('mainstem.affiliate', true), '')::bigint;

-- ---------------------------------------------------------------------------- the company

GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO mainstem_company;
REVOKE INSERT ON alembic_version FROM mainstem_company;
GRANT USAGE ON SEQUENCE affiliate_id_seq TO mainstem_company;
GRANT UPDATE ON pick, person, affiliate, sponsorship, membership, sign_in_session, setup_token, product, product_text, variant,
  shipping_rate, catalogue_version, storefront, storefront_key, referral_code, client_binding, location, stock_level, team,
  fulfilment, parcel, lead, lead_claim, quote, job, payment, refund, dispute, operation, pay_account,
  ledger_balance, ledger_held, ledger_mark, payout, fact_waiting, demo_clock TO mainstem_company;
GRANT DELETE ON sign_in_attempt, idempotency, lead_claim, job_slot, ledger_held, fact_waiting TO mainstem_company;
-- What was frozen at capture stays frozen: only these columns of an order, a line or a reservation ever change.
GRANT UPDATE (state, payment_status, fulfillment_status, paid_minor, refunded_minor, unallocated_minor, disputed_minor,
  paid_at, delivered_at, closed_at) ON orders TO mainstem_company;
GRANT UPDATE (canceled, shipped, delivered, refunded_minor) ON order_line TO mainstem_company;
GRANT UPDATE (released_at) ON reservation TO mainstem_company;

DO $$
DECLARE p record;
BEGIN
  FOR p IN SELECT polrelid::regclass AS t, polname FROM pg_policy WHERE polname <> 'reader' LOOP
    EXECUTE format('DROP POLICY %I ON %s', p.polname, p.t);
  END LOOP;
  FOR p IN SELECT oid::regclass AS t FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relrowsecurity LOOP
    EXECUTE format('CREATE POLICY company ON %s TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true)', p.t);
  END LOOP;
END $$;

-- ---------------------------------------------------------------------------- one affiliate

-- `column = (one value)` and not IN: the planner may then use an index that begins with the column.
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['storefront','storefront_key','order_line','idempotency','fulfilment','reservation','pick','parcel',
                           'routing_decision','consent','lead_note','quote','lead_claim','job','job_slot','payment','refund','dispute',
                           'operation','pay_account','ledger_transfer','payout','fact','fact_waiting'] LOOP
    EXECUTE format('CREATE POLICY home ON %I FOR SELECT TO mainstem_app USING (home_id = (SELECT current_home()))', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['ledger_entry','ledger_balance','ledger_held'] LOOP
    EXECUTE format('CREATE POLICY owner ON %I FOR SELECT TO mainstem_app USING (owner_id = (SELECT current_home()))', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['client_binding','referral_code','membership'] LOOP
    EXECUTE format('CREATE POLICY own ON %I FOR SELECT TO mainstem_app USING (affiliate_id = (SELECT current_home()))', t);
  END LOOP;
  -- An order or lead is seen where it began and by whoever is credited for it.
  FOREACH t IN ARRAY ARRAY['orders','lead'] LOOP
    EXECUTE format('CREATE POLICY home ON %I FOR SELECT TO mainstem_app
                    USING (home_id = (SELECT current_home()) OR seller_id = (SELECT current_home()))', t);
  END LOOP;
END $$;
-- Money belongs to whoever earns it, wherever the order began.
CREATE POLICY beneficiary ON commission FOR SELECT TO mainstem_app USING (beneficiary_id = (SELECT current_home()));
-- An affiliate sees themselves and those below them in the tree, nobody else; and their own people.
CREATE POLICY tree ON affiliate FOR SELECT TO mainstem_app
  USING (id = (SELECT current_home()) OR upline @> ARRAY[(SELECT current_home())]);
CREATE POLICY tree ON sponsorship FOR SELECT TO mainstem_app
  USING (affiliate_id = (SELECT current_home()) OR sponsor_id = (SELECT current_home()));
CREATE POLICY own ON person FOR SELECT TO mainstem_app
  USING (EXISTS (SELECT 1 FROM membership m WHERE m.person_id = person.id AND m.revoked_at IS NULL
                    AND m.affiliate_id = (SELECT current_home())));
-- What an affiliate does by their own hand: they choose a code, and the fact of it is kept. Nothing
-- that money follows from is theirs to say.
CREATE POLICY choose ON referral_code FOR INSERT TO mainstem_app WITH CHECK (affiliate_id = (SELECT current_home()));
CREATE POLICY say ON fact FOR INSERT TO mainstem_app
  WITH CHECK (home_id = (SELECT current_home()) AND name LIKE 'code.%');

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM mainstem_app;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM mainstem_app;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO mainstem_app;
-- Neither letters from outside nor what opens a door.
REVOKE SELECT ON inbox, sign_in_session, sign_in_attempt, setup_token, person, storefront_key FROM mainstem_app;
GRANT SELECT (id, email, email_key, phone_key, name, locale, created_at) ON person TO mainstem_app;
GRANT SELECT (home_id, storefront_id, label, created_at, revoked_at) ON storefront_key TO mainstem_app;
GRANT INSERT ON referral_code, fact TO mainstem_app;
