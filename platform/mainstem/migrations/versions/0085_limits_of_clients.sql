-- A rule may say what all sales to one client pay a level at most (docs/decisions/86).
DO $$
DECLARE body text := pg_get_functiondef('plan_wrong(jsonb)'::regprocedure);
BEGIN
  body := replace(body, '''cap_by'', ''at_most_line_minor''',
                  '''cap_by'', ''at_most_client_minor'', ''at_most_line_minor''');
  ASSERT body LIKE '%''at_most_client_minor''%', 'plan_wrong says what a rule may say';
  EXECUTE body;
END $$;

-- Whether a rule of it limits what all sales to one client pay: then a client's orders are settled together.
ALTER TABLE plan_version ADD COLUMN limits_clients boolean NOT NULL
  GENERATED ALWAYS AS (document::text LIKE '%"at_most_client_minor"%') STORED;
