-- Affiliates, clients and balances that a company brings from another programme.
CREATE TABLE network_file (             -- a file on its way into the network
  id uuid PRIMARY KEY,
  name text NOT NULL CHECK (name <> ''),
  kind text NOT NULL CHECK (kind IN ('affiliates', 'clients', 'shopify_customers')),
  state text NOT NULL CHECK (state IN ('uploaded', 'applying', 'applied', 'refused')),
  content bytea NOT NULL,
  columns jsonb NOT NULL CHECK (jsonb_typeof(columns) = 'object'),
  report jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(report) = 'object'),
  total int NOT NULL DEFAULT 0 CHECK (total >= 0),
  done int NOT NULL DEFAULT 0 CHECK (done >= 0),
  uploaded_at timestamptz NOT NULL,
  uploaded_by text NOT NULL
);
CREATE INDEX network_file_uploaded ON network_file (uploaded_at);
GRANT SELECT ON network_file TO mainstem_company, mainstem_read;
GRANT INSERT, UPDATE, DELETE ON network_file TO mainstem_company;
ALTER TABLE network_file ENABLE ROW LEVEL SECURITY;
ALTER TABLE network_file FORCE ROW LEVEL SECURITY;
CREATE POLICY company ON network_file TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true);
CREATE POLICY reader ON network_file FOR SELECT TO mainstem_read USING (true);

-- Whoever was bound elsewhere was bound by no order of ours.
ALTER TABLE client_binding ALTER COLUMN home_id DROP NOT NULL, ALTER COLUMN order_id DROP NOT NULL;
ALTER TABLE client_binding ADD CONSTRAINT client_binding_made_by CHECK (
  (home_id IS NULL) = (order_id IS NULL) AND (order_id IS NULL) = (reason = 'brought_in'));

ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_check;
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_check CHECK (
  (owner_id = 0 AND account IN ('gateway_cash','bank_cash','sales','tax','commission_expense','fees',
                                'disputes','chargeback_losses','fx_difference','write_off','suspense',
                                'opening_balances'))
  OR (owner_id > 0 AND account IN ('pending','payable','payout_clearing')));
