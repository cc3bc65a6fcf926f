-- An order may be credited to several (docs/decisions/71). Whoever would have it alone stays its seller; beside
-- them are kept the others, each with their part in basis points and everybody above them as of the sale:
--   [{"part_bp": 4000, "upline": [3, 1], "groups": {"3": ["gold"]}, "upline_facts": {"1": {"own_sales": 2}}}]
CREATE FUNCTION is_also_credited(said jsonb) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN jsonb_typeof(said) = 'array' AND jsonb_array_length(said) > 0
     AND NOT EXISTS (SELECT FROM jsonb_array_elements(said) AS party
                      WHERE public.plan_number(party -> 'part_bp', 1, 9999) IS NULL
                         OR jsonb_typeof(party -> 'upline') IS DISTINCT FROM 'array'
                         OR jsonb_array_length(party -> 'upline') = 0)
     AND (SELECT sum((party ->> 'part_bp')::int) FROM jsonb_array_elements(said) AS party) < 10000;
END $$;
ALTER TABLE orders ADD COLUMN also_credited jsonb CHECK (is_also_credited(also_credited));
GRANT UPDATE (also_credited) ON orders TO mainstem_company;
-- Staff may share it afterwards, also between whoever had it and others, and take that back.
ALTER TABLE attribution_change ADD COLUMN also_credited jsonb CHECK (is_also_credited(also_credited));
GRANT UPDATE (also_credited) ON attribution_change TO mainstem_company;
ALTER TABLE attribution_change DROP CONSTRAINT attribution_change_check;

-- The settings that a plan may have since.
DO $$
DECLARE body text := pg_get_functiondef('plan_wrong(jsonb)'::regprocedure);
BEGIN
  body := replace(body, '''period'', ''minimum_payout_minor''', '''period'', ''cap_by'', ''credit'', ''minimum_payout_minor''');
  body := replace(body, '''levels_of'', ''at_most_minor''', '''levels_of'', ''cap_by'', ''at_most_minor''');
  ASSERT body LIKE '%''credit''%' AND body LIKE '%''levels_of'', ''cap_by''%', 'plan_wrong says what a plan may say';
  EXECUTE body;
END $$;
