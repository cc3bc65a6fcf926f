-- A key of a storefront says what it is for, as a program's does; and a key that another has taken the place
-- of may go on for some days.
ALTER TABLE storefront_key
  ADD COLUMN scopes text[] NOT NULL DEFAULT '{leads:read,leads:write,orders:read,orders:write}',
  ADD COLUMN rolled_at timestamptz,
  ADD COLUMN expires_at timestamptz CHECK (expires_at >= rolled_at);
ALTER TABLE storefront_key ALTER COLUMN scopes DROP DEFAULT;
ALTER TABLE storefront_key ADD CONSTRAINT storefront_key_scopes CHECK (
  cardinality(scopes) > 0 AND scopes <@ '{leads:read,leads:write,orders:read,orders:write}');
ALTER TABLE api_key
  ADD COLUMN rolled_at timestamptz,
  ADD COLUMN expires_at timestamptz CHECK (expires_at >= rolled_at);
