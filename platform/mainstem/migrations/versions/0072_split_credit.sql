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

-- What each of those that an order is credited to has of an amount: whole parts by largest remainder, a tie to the
-- earlier of them. Somebody who is there twice has both.
CREATE FUNCTION credited_parts(whole bigint, seller bigint, also jsonb)
  RETURNS TABLE (affiliate_id bigint, minor bigint) LANGUAGE sql IMMUTABLE AS $$
  WITH party (no, affiliate_id, part_bp) AS (
    SELECT 0, seller, 10000 - (SELECT sum((one ->> 'part_bp')::int) FROM jsonb_array_elements(also) AS one)
     UNION ALL
    SELECT no, (one -> 'upline' ->> 0)::bigint, (one ->> 'part_bp')::int
      FROM jsonb_array_elements(also) WITH ORDINALITY AS each (one, no)),
  part AS (
    SELECT affiliate_id, whole::numeric * part_bp AS exact,
           row_number() OVER (ORDER BY whole::numeric * part_bp % 10000 DESC, no) AS turn,
           sum(whole::numeric * part_bp % 10000) OVER () / 10000 AS remains
      FROM party)
  SELECT affiliate_id, sum(div(exact, 10000) + (turn <= remains)::int)::bigint FROM part GROUP BY affiliate_id
$$;

-- The settings that a plan may have since.
DO $$
DECLARE body text := pg_get_functiondef('plan_wrong(jsonb)'::regprocedure);
BEGIN
  body := replace(body, '''period'', ''minimum_payout_minor''', '''period'', ''cap_by'', ''credit'', ''minimum_payout_minor''');
  body := replace(body, '''levels_of'', ''at_most_minor''', '''levels_of'', ''cap_by'', ''at_most_minor''');
  ASSERT body LIKE '%''credit''%' AND body LIKE '%''levels_of'', ''cap_by''%', 'plan_wrong says what a plan may say';
  EXECUTE body;
END $$;
