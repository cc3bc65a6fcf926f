-- A code as one sees it: without dashes, 0 as O, 1 and L as I; and its letters alone. The same rule
-- as mainstem.referrals.fold.
ALTER TABLE referral_code
  ADD COLUMN folded text NOT NULL GENERATED ALWAYS AS (translate(code, '01L-', 'OII')) STORED,
  ADD COLUMN stem text NOT NULL GENERATED ALWAYS AS (translate(code, 'L0123456789-', 'I')) STORED;

-- Of two that look alike the younger is retired; staff may give it to whom it belongs.
WITH younger AS (
  UPDATE referral_code c SET retired_at = now()
   WHERE c.retired_at IS NULL
     AND EXISTS (SELECT 1 FROM referral_code o WHERE o.folded = c.folded AND o.retired_at IS NULL
                    AND (o.created_at, o.code) < (c.created_at, c.code))
  RETURNING c.affiliate_id, c.code)
INSERT INTO fact (home_id, id, name, subject, actor, work_id, happened_at)
SELECT affiliate_id, gen_random_uuid(), 'code.retired', code, 'system', gen_random_uuid(), now() FROM younger;

CREATE UNIQUE INDEX referral_code_folded ON referral_code (folded) WHERE retired_at IS NULL;
CREATE INDEX referral_code_any ON referral_code (folded text_pattern_ops);
CREATE INDEX referral_code_stem ON referral_code (stem);
CREATE INDEX referral_code_owner ON referral_code (affiliate_id);

-- What a code may be depends on what others are called, which an affiliate's scope does not see: it
-- is the company's work, done for the affiliate.
DROP POLICY choose ON referral_code;
DROP POLICY say ON fact;
REVOKE INSERT ON referral_code, fact FROM mainstem_app;
