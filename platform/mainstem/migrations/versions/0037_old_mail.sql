-- What a mail said is kept for a time; that it was said, for ever: the unique key stays.
ALTER TABLE mail ALTER COLUMN context DROP NOT NULL;   -- NULL: no longer kept
ALTER TABLE mail ADD CONSTRAINT mail_waits_with_words CHECK (state <> 'queued' OR context IS NOT NULL);
-- As small as the time for which bodies are kept, however long the history.
CREATE INDEX mail_said ON mail (created_at) WHERE context IS NOT NULL;
GRANT UPDATE (context, recipient_name) ON mail TO mainstem_company;

ALTER TABLE mail_preference DROP CONSTRAINT mail_preference_topic_check;
ALTER TABLE mail_preference ADD CONSTRAINT mail_preference_topic_check
  CHECK (topic IN ('credit_digest', 'weekly_summary', 'low_stock'));
ALTER TABLE mail_preference DROP CONSTRAINT mail_preference_choice_check;
ALTER TABLE mail_preference ADD CONSTRAINT mail_preference_choice_check
  CHECK (choice IN ('always', 'daily', 'weekly', 'never'));
