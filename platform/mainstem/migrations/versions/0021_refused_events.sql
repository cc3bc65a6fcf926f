-- What came to the webhook endpoints and was not taken, a row a day and reason however often it came:
-- anybody may knock there, and a wrong secret must be seen by staff and not only in a log.
CREATE TABLE refused_event (
  day date NOT NULL,
  reason text NOT NULL CHECK (reason IN ('unsigned','signature','too_old','ahead','not_event','wrong_mode','other_account')),
  times bigint NOT NULL CHECK (times > 0),
  last_at timestamptz NOT NULL,
  last_type text NOT NULL DEFAULT '',   -- of a signed one: the event's type and account
  last_account text NOT NULL DEFAULT '',
  PRIMARY KEY (day, reason)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON refused_event TO mainstem_company;
GRANT SELECT ON refused_event TO mainstem_read;
ALTER TABLE refused_event ENABLE ROW LEVEL SECURITY; ALTER TABLE refused_event FORCE ROW LEVEL SECURITY;
CREATE POLICY company ON refused_event TO mainstem_company, mainstem_owner USING (true) WITH CHECK (true);
CREATE POLICY reader ON refused_event FOR SELECT TO mainstem_read USING (true);
