-- A rule may say what one line of a sale pays a level at most (docs/decisions/83).
DO $$
DECLARE body text := pg_get_functiondef('plan_wrong(jsonb)'::regprocedure);
BEGIN
  body := replace(body, '''cap_by'', ''at_most_minor''', '''cap_by'', ''at_most_line_minor'', ''at_most_minor''');
  ASSERT body LIKE '%''at_most_line_minor''%', 'plan_wrong says what a rule may say';
  EXECUTE body;
END $$;
